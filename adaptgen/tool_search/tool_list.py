"""The list of tools for one caller and one part of a server: all tools, all with short descriptions, or the menu."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from adaptgen.mcp import tool_listing as brief
from adaptgen.mcp.advertised_schema import Profile, advertised_tool
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.frozen import value
from adaptgen.model.tables import Json, Surface
from adaptgen.tool_search import menu_tools, resources

SEARCH_BUDGET = 8_000
"""Bytes of the list if agents search."""

Mode = Literal["list", "brief", "search"]


@value()
class Wanted:
    """How to show tools. ``bytes``: budget of a list. ``pin``: names that a search lists too. ``profile``: providers
    of the schemas ("": all)."""

    mode: Surface = "auto"
    bytes: int = brief.BUDGET
    pin: tuple[str, ...] = ()
    profile: Profile = ""


@value()
class Shown:
    """``result``: the answer to ``tools/list``. ``tools``: every tool of the caller there, by name, not shortened."""

    mode: Mode
    result: dict[str, Json]
    tools: Mapping[str, Mapping[str, Json]]

    @property
    def searched(self) -> str:
        """The description of ``search_tools``, or ""."""
        listed: Any = self.result["tools"]
        return str(listed[0]["description"]) if self.mode == "search" else ""

    @property
    def tagged(self) -> bool:
        """Whether ``search_tools`` takes a tag."""
        listed: Any = self.result["tools"]
        return self.mode == "search" and "tag" in listed[0]["inputSchema"]["properties"]

    @property
    def own(self) -> frozenset[str]:
        """The names of the menu's own tools in the list."""
        if self.mode == "list":
            return frozenset()
        return menu_tools.NAMES if self.mode == "search" else frozenset((menu_tools.DESCRIBE,))


def show(
    listed: Mapping[str, Json],
    tools: Sequence[Mapping[str, Any]],
    wanted: Wanted,
    writes: bool,
    facts: Mapping[str, ToolInfo],
) -> Shown:
    """The list of ``tools``, which are those of ``listed`` (an answer to ``tools/list``) or a part of them.

    ``writes``: whether the part may have tools that write; else there is no ``call_write_tool``. ``facts``: what
    governance knows of the tools.
    """
    by_name = {str(row["name"]): row for row in tools}

    def finish(tool: Mapping[str, Any]) -> dict[str, Any]:
        return advertised_tool(tool, wanted.profile)

    if wanted.mode == "list" or (wanted.mode == "auto" and brief.within(map(finish, tools), wanted.bytes)):
        return Shown("list", {**listed, "tools": [finish(row) for row in tools]}, by_name)
    # If the server has a tool of this name, its list cannot be shortened.
    if wanted.mode == "auto" and menu_tools.DESCRIBE not in by_name:
        own = finish(menu_tools.describe(brief=True))
        step = brief.fitting(tools, wanted.bytes - brief.size(own), finish)
        if step is not None:
            return Shown(
                "brief", {**listed, "tools": [own, *(finish(brief.brief(row, step)) for row in tools)]}, by_name
            )
    menu = [
        menu_tools.search(len(by_name), _tags(by_name, facts)),
        menu_tools.describe(brief=False),
        menu_tools.call(menu_tools.READ),
    ]
    if writes:
        menu.append(menu_tools.call(menu_tools.WRITE))
    menu = [finish(row) for row in menu]
    left = SEARCH_BUDGET - sum(brief.size(row) for row in menu)
    # What the server adds is in no index, so a search would not find it.
    pins = dict.fromkeys((*wanted.pin, *(name for name in by_name if name not in facts)))
    pinned = [by_name[name] for name in pins if name in by_name and name not in menu_tools.NAMES]
    return Shown("search", {**listed, "tools": [*menu, *_within(pinned, left, finish)]}, by_name)


def _tags(names: Iterable[str], facts: Mapping[str, ToolInfo]) -> str:
    """The tags of the caller's tools, in the order of the document."""
    return resources.tags((tag, 1) for name in names if (info := facts.get(name)) for tag in info.tags)


def _within(
    pinned: Sequence[Mapping[str, Any]], left: int, finish: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> Iterable[Mapping[str, Any]]:
    """The pinned tools; shortened if they are too long, and then as many as fit."""
    step = brief.fitting(pinned, left + brief.ENVELOPE, finish)
    if step is not None:
        return [finish(brief.brief(tool, step)) for tool in pinned]
    chosen = []
    for tool in pinned:
        short = finish(brief.brief(tool, len(brief.STEPS)))
        left -= brief.size(short)
        if left < brief.ENVELOPE:
            break
        chosen.append(short)
    return chosen
