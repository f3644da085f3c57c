"""Menus for large APIs: a thousand tools as four, toolsets by tag, lists that keep a budget.

:func:`menu_of` puts the menu before an engine without governance, :func:`over` before a pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adaptgen.mcp.advertised_schema import Profile
from adaptgen.tool_search.menu import Menu
from adaptgen.tool_search.tool_list import Wanted
from adaptgen.tool_search.toolsets import WHOLE, Part, slug

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.assemble import GovernedServer
    from adaptgen.govern.pipeline.pipeline import Pipeline
    from adaptgen.govern.pipeline.ungoverned import UngovernedHandler
    from adaptgen.mcp.protocol import McpHandler
    from adaptgen.model.tables import Server
    from adaptgen.tool_search.vectors import Meaning

__all__ = ["Menu", "Part", "Wanted", "menu_of", "menu_over", "over", "slug"]


def menu_of(handler: UngovernedHandler, server: Server, part: Part = WHOLE, profile: Profile = "") -> Menu:
    """The menu of a server without governance, as its document and hints want it; ``profile``: for which providers."""
    wanted = Wanted(server.surface, pin=server.pin, profile=profile)
    return Menu(handler, handler.tools, lambda: wanted, part, _meaning(server))


def over(governed: GovernedServer, part: Part = WHOLE, profile: Profile = "") -> McpHandler:
    """The menu of a governed server or of the proxy: as the settings say, else as the server does. A server behind a
    proxy shows every tool to the proxy, which has the menu for all of its servers."""
    if governed.settings.mode == "behind":
        return governed.handler
    return menu_over(governed.handler, governed.server, part, profile)


def menu_over(handler: Pipeline, server: Server | None, part: Part = WHOLE, profile: Profile = "") -> Menu:
    """The menu of a pipeline; ``server``: the generated one that it governs."""

    def wanted() -> Wanted:
        surface = handler.parts.settings.surface
        own = server.pin if server is not None else ()
        if surface is not None:
            return Wanted(surface.mode, surface.bytes, surface.pin or own, profile)
        return Wanted(server.surface if server is not None else "auto", pin=own, profile=profile)

    return Menu(handler, lambda: handler.adopted, wanted, part, _meaning(server))


def _meaning(server: Server | None) -> Meaning | None:
    """The ranking by meaning of a server whose hand edits have an embedder."""
    embedder = server.edits.embedder if server is not None and server.edits is not None else None
    if server is None or embedder is None:
        return None
    from adaptgen.tool_search.vectors import NAME, Meaning

    return Meaning(embedder, server.contracts.parent / NAME)
