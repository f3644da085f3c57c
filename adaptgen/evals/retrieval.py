"""L1: whether a caller who asks the question is shown the tool that answers it, within two steps.

The first step is the list of tools. Where the tool is not in it, the second is a search for the question in its own
words; a search of the same words that asks for as many tools as there may be is still the second step.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

from adaptgen.diagnostics import did_you_mean
from adaptgen.evals.model import Case, Check, ExpectedCall
from adaptgen.evals.surface import Surface
from adaptgen.mcp import tool_listing
from adaptgen.model.tables import Caller
from adaptgen.tool_search import menu_tools
from adaptgen.tool_search.menu_tools import DESCRIBE, SEARCH

_MOST_FORCED: Final = 4 * tool_listing.BUDGET
"""Bytes of a list that settings want whole, whatever its size."""


class Retrieval:
    """The lists of callers and what was searched, each once."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self._lists: dict[tuple[str, tuple[str, ...]], list[dict[str, Any]]] = {}
        self._hits: dict[tuple[str, tuple[str, ...], str], tuple[str, ...]] = {}

    async def check(self, case: Case) -> AsyncIterator[Check]:
        """A check for each expected call: one of its tools is shown; and one for the list."""
        listed = await self.listed(case.caller)
        if case.calls:
            yield self._fits(case, listed)
        for call in case.calls:
            if call.error is not None and not await self._sees(case.caller, call):
                continue  # the right thing is that it is refused
            yield await self._shown(case, call)

    async def steps(self, case: Case) -> int:
        """How many searches the expected calls take before they can be made: none for tools in the list."""
        names = {tool["name"] for tool in await self.listed(case.caller)}
        return int(any(call.tool not in names for call in case.calls) and SEARCH in names)

    async def listed(self, caller: Caller) -> list[dict[str, Any]]:
        """The list of a caller."""
        key = (caller.key, caller.groups)
        if key not in self._lists:
            self._lists[key] = await self._surface.list(caller)
        return self._lists[key]

    def _fits(self, case: Case, listed: list[dict[str, Any]]) -> Check:
        size = tool_listing.ENVELOPE + sum(map(tool_listing.size, listed))
        if size <= _MOST_FORCED:
            return Check("L1", case.id, "retrieval.size", "passed", where=case.where)
        message = f"the list of tools has {size:,} bytes, which is more than models read with care"
        help = "surface: auto shortens it, or makes it a search"
        return Check("L1", case.id, "retrieval.size", "failed", message, case.where, help)

    async def _sees(self, caller: Caller, call: ExpectedCall) -> bool:
        tool = self._surface.find(call.tool)
        return tool is not None and tool.name in await self._surface.visible(caller)

    async def _shown(self, case: Case, call: ExpectedCall) -> Check:
        def failed(message: str, help: str) -> Check:
            return Check("L1", case.id, "retrieval.shown", "failed", message, call.where, help)

        known = {one: self._surface.find(one) for one in (call.tool, *(other.tool for other in call.instead))}
        names = [tool.name for tool in known.values() if tool is not None]
        if not names:
            help = did_you_mean(call.tool, self._surface.tools) or "adaptgen tools DIR lists them"
            return failed(f"there is no tool {call.tool}", help)
        listed = [str(tool["name"]) for tool in await self.listed(case.caller)]
        if any(name in listed for name in names):
            return Check("L1", case.id, "retrieval.shown", "passed", where=call.where)
        if not await self._surface.visible(case.caller) & set(names):
            help = "permit it in the policies, or correct the caller of the case"
            return failed(f"{names[0]} is not shown to this caller: no policy permits a call of it", help)
        if SEARCH not in listed:
            own = "shortens the list" if DESCRIBE in listed else "lists the tools"
            return failed(f"{names[0]} is not in the list", f"the server {own}; look at surface and pin")
        hits = await self._search(case)
        if any(name in hits for name in names):
            return Check("L1", case.id, "retrieval.shown", "passed", where=call.where)
        instead = f"; it finds {', '.join(hits[:3])}" if hits else ""
        help = f"say in its description, or under also, with which words people ask for {names[0]}"
        return failed(f"a search for the question does not find {names[0]}{instead}", help)

    async def _search(self, case: Case) -> tuple[str, ...]:
        """The tools that a search for the question shows, with the default number of hits and with the most."""
        key = (case.caller.key, case.caller.groups, case.question)
        if key not in self._hits:
            found: dict[str, None] = {}
            for limit in (menu_tools.DEFAULT, menu_tools.MOST):
                arguments = {"query": case.question, "limit": limit}
                called = await self._surface.call(case.caller, SEARCH, arguments)
                found |= dict.fromkeys(_names(called.text.split("\n"), self._surface.tools))
            self._hits[key] = tuple(found)
        return self._hits[key]


def _names(lines: Iterable[str], tools: Iterable[str]) -> list[str]:
    """The tools that the hits of a search name: each has a line that begins with it."""
    known = frozenset(tools)
    return [name for line in lines if (name := line.partition("(")[0]) in known]
