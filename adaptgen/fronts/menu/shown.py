"""What one caller is shown of one part of a server: every tool, every tool in short, or the menu."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from adaptgen import brief
from adaptgen.fronts.menu import outer
from adaptgen.model import Json, Surface

SEARCH_BUDGET = 8_000
"""Bytes of the list where agents search."""

Mode = Literal["list", "brief", "search"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How tools are to be shown: ``bytes`` is the budget of a list, ``pin`` the names that a search lists too."""

    mode: Surface = "auto"
    bytes: int = brief.BUDGET
    pin: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """``result``: the answer to ``tools/list``. ``tools``: every tool that the caller has there, whole, by name."""

    mode: Mode
    result: dict[str, Json]
    tools: Mapping[str, Mapping[str, Json]]

    @property
    def own(self) -> frozenset[str]:
        """The names of the menu's own tools in the list."""
        if self.mode == "list":
            return frozenset()
        return outer.NAMES if self.mode == "search" else frozenset((outer.DESCRIBE,))


def show(listed: Mapping[str, Json], tools: Sequence[Mapping[str, Any]], wanted: Wanted, writes: bool) -> Shown:
    """What to show of ``tools``, which are those of ``listed`` (an answer to ``tools/list``) or a part of them.

    ``writes``: whether any tool of the server could write where the caller asks; a part that reads has no
    ``call_write_tool``.
    """
    by_name = {str(one["name"]): one for one in tools}
    if wanted.mode == "list":
        return _whole(listed, tools, by_name)
    if wanted.mode == "auto":
        if brief.within(tools, wanted.bytes):
            return _whole(listed, tools, by_name)
        own = outer.describe(brief=True)
        # A server that has a tool of this name keeps it: then its list cannot be cut.
        step = brief.fitting(tools, wanted.bytes - brief.size(own)) if outer.DESCRIBE not in by_name else None
        if step is not None:
            short = [own, *(brief.brief(one, step) for one in tools)]
            return Shown("brief", {**listed, "tools": short}, by_name)
    menu = [outer.search(len(by_name)), outer.describe(brief=False), outer.call(outer.READ)]
    if writes:
        menu.append(outer.call(outer.WRITE))
    left = SEARCH_BUDGET - sum(brief.size(one) for one in menu)
    pinned = [by_name[name] for name in dict.fromkeys(wanted.pin) if name in by_name and name not in outer.NAMES]
    return Shown("search", {**listed, "tools": [*menu, *_within(pinned, left)]}, by_name)


def _whole(listed: Mapping[str, Json], tools: Sequence[Mapping[str, Any]], by_name: dict[str, Any]) -> Shown:
    # The very same object as long as nothing is left out: the wire has its bytes already.
    same = listed if listed.get("tools") == tools else {**listed, "tools": list(tools)}
    return Shown("list", same if isinstance(same, dict) else dict(same), by_name)


def _within(pinned: Sequence[Mapping[str, Any]], left: int) -> Iterable[Mapping[str, Any]]:
    """Pinned tools, in short where they are too many, and the first of them where they still are."""
    step = brief.fitting(pinned, left + brief.ENVELOPE)
    if step is not None:
        return [brief.brief(one, step) for one in pinned]
    kept = []
    for one in pinned:
        short = brief.brief(one, len(brief.STEPS))
        left -= brief.size(short)
        if left < brief.ENVELOPE:
            break
        kept.append(short)
    return kept
