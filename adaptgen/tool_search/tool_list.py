"""What one caller is shown of one part of a server: every tool, every tool in short, or the menu."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from adaptgen.mcp import tool_listing as brief
from adaptgen.mcp.advertised_schema import Profile, advertised_tool
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Json, Surface
from adaptgen.tool_search import menu_tools, resources

SEARCH_BUDGET = 8_000
"""Bytes of the list where agents search."""

Mode = Literal["list", "brief", "search"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How tools are to be shown: ``bytes`` is the budget of a list, ``pin`` the names that a search lists too,
    ``profile`` the providers that the schemas are for ("": all of them)."""

    mode: Surface = "auto"
    bytes: int = brief.BUDGET
    pin: tuple[str, ...] = ()
    profile: Profile = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """``result``: the answer to ``tools/list``. ``tools``: every tool that the caller has there, whole, by name."""

    mode: Mode
    result: dict[str, Json]
    tools: Mapping[str, Mapping[str, Json]]

    @property
    def searched(self) -> str:
        """What the description of ``search_tools`` says."""
        listed: Any = self.result["tools"]
        return str(listed[0]["description"]) if self.mode == "search" else ""

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
    """What to show of ``tools``, which are those of ``listed`` (an answer to ``tools/list``) or a part of them.

    ``writes``: whether any tool of the server could write where the caller asks; a part that reads has no
    ``call_write_tool``. ``facts``: what is known of the tools.
    """
    by_name = {str(one["name"]): one for one in tools}

    def finish(tool: Mapping[str, Any]) -> dict[str, Any]:
        return advertised_tool(tool, wanted.profile)

    if wanted.mode == "list" or (wanted.mode == "auto" and brief.within(map(finish, tools), wanted.bytes)):
        return Shown("list", {**listed, "tools": [finish(one) for one in tools]}, by_name)
    # A server that has a tool of this name keeps it: then its list cannot be cut.
    if wanted.mode == "auto" and menu_tools.DESCRIBE not in by_name:
        own = finish(menu_tools.describe(brief=True))
        step = brief.fitting(tools, wanted.bytes - brief.size(own), finish)
        if step is not None:
            return Shown(
                "brief", {**listed, "tools": [own, *(finish(brief.brief(one, step)) for one in tools)]}, by_name
            )
    menu = [
        menu_tools.search(len(by_name), _tags(by_name, facts)),
        menu_tools.describe(brief=False),
        menu_tools.call(menu_tools.READ),
    ]
    if writes:
        menu.append(menu_tools.call(menu_tools.WRITE))
    menu = [finish(one) for one in menu]
    left = SEARCH_BUDGET - sum(brief.size(one) for one in menu)
    pinned = [by_name[name] for name in dict.fromkeys(wanted.pin) if name in by_name and name not in menu_tools.NAMES]
    return Shown("search", {**listed, "tools": [*menu, *_within(pinned, left, finish)]}, by_name)


def _tags(names: Iterable[str], facts: Mapping[str, ToolInfo]) -> str:
    """The tags of the tools that the caller has, in the order of the document."""
    return resources.tags((tag, 1) for name in names if (known := facts.get(name)) for tag in known.tags)


def _within(
    pinned: Sequence[Mapping[str, Any]], left: int, finish: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> Iterable[Mapping[str, Any]]:
    """Pinned tools, in short where they are too many, and the first of them where they still are."""
    step = brief.fitting(pinned, left + brief.ENVELOPE, finish)
    if step is not None:
        return [finish(brief.brief(one, step)) for one in pinned]
    kept = []
    for one in pinned:
        short = finish(brief.brief(one, len(brief.STEPS)))
        left -= brief.size(short)
        if left < brief.ENVELOPE:
            break
        kept.append(short)
    return kept
