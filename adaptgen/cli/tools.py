"""Finding a tool of a generated server by its name."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.model.tables import Server, Tool


def find_tool(server: Server, name: str) -> Tool:
    """The tool that is, or was, called ``name``.

    Raises:
        AdaptgenError: AG063, with the nearest names.
    """
    names = {old: tool for tool in server.tools for old in tool.aliases} | {tool.name: tool for tool in server.tools}
    if name not in names:
        raise unknown_tool(server.name, name, names)
    return names[name]


def unknown_tool(server: str, name: str, names: Collection[str]) -> AdaptgenError:
    """The error for a tool that ``server`` does not have."""
    near = get_close_matches(name, names, 3, 0.5) or sorted(names)[:8]
    more = "" if len(near) == len(names) else f" (of {len(names)} tools)"
    return error("AG063", f"{server} has no tool {name!r}", help=f"tools: {', '.join(near)}{more}")
