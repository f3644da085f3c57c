"""Usage counters for each group and tool, so that features can be priced by their use.

Counted in the process, and added to the store every few seconds: never in the way of a call. The store has one row for
each tenant and tool, with the counters of its groups, so that what a call counts is added by one request. What a killed
process had not yet added is lost, and what was added by a request without an answer may be added twice: the audit trail
is exact, the counters are not.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from typing import Final

from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.frozen import value
from adaptgen.model.tables import Caller
from adaptgen.runtime.store.protocol import Store, StoreError

_log = logging.getLogger("adaptgen.govern")

_EVERY: Final = 5.0
_TRIES: Final = 50
_TENANTS: Final = "usage/tenants"
_PARTS: Final = ("calls", "errors", "bytes")


@value()
class Row:
    """What the callers of one group had of one tool. ``bytes_out``: bytes of the answers as callers got them."""

    tenant: str
    group: str
    tool: str
    calls: int
    errors: int
    bytes_out: int


_Place = tuple[str, str]
"""A tenant and a tool."""


class Usage:
    """Counters in ``store``. A caller in several groups counts in each, one in none under the group "". StoreError
    where the store cannot be reached; what was not added stays counted here.

    Rows of different groups may therefore not be added up; those of different tools may.
    """

    def __init__(self, store: Store, *, every: float = _EVERY, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._every = every
        self._clock = clock
        self._waiting: dict[_Place, dict[str, float]] = {}
        self._known: set[_Place] = set()
        self._counted: set[_Place] = set()
        self._due = clock() + every
        self._task: asyncio.Task[None] | None = None
        self._flushing = asyncio.Lock()

    async def count(self, caller: Caller, tool: ToolInfo, *, bytes_out: int, error: bool) -> None:
        """Count one call that has been answered with ``bytes_out`` bytes."""
        name = f"{tool.server}/{tool.own}"
        row = self._waiting.setdefault((caller.tenant, name), {})
        for group in caller.groups or ("",):
            for part, by in zip(_PARTS, (1, error, bytes_out), strict=True):
                if by:
                    counter = f"{part}/{group}"
                    row[counter] = row.get(counter, 0) + by
        if self._clock() >= self._due and (self._task is None or self._task.done()):
            self._due = self._clock() + self._every
            self._task = asyncio.create_task(self.flush_quietly())

    @property
    def waiting(self) -> bool:
        """Whether something was counted that the store does not have yet."""
        return bool(self._waiting) or self._flushing.locked()

    async def flush_quietly(self) -> None:
        """:meth:`flush`; a store that cannot be reached is reported, and tried again later."""
        try:
            await self.flush()
        except StoreError as problem:
            _log.warning("usage is counted here until the store is back: %s", problem)

    async def flush(self) -> None:
        """Add what has been counted to the store."""
        async with self._flushing:
            waiting, self._waiting = self._waiting, {}
            left = dict(waiting)

            async def add(place: _Place) -> None:
                await self._store.count(_row(place), waiting[place])
                del left[place]

            self._counted |= waiting.keys()
            try:
                # Both at once: a first call waits for them. What could not be noted is noted with the next counts.
                notes = self._learn(self._counted - self._known)
                done = await asyncio.gather(notes, *map(add, waiting), return_exceptions=True)
                for problem in done:
                    if isinstance(problem, BaseException):
                        raise problem
            finally:
                for place, row in left.items():
                    newer = self._waiting.setdefault(place, {})
                    for counter, by in row.items():
                        newer[counter] = newer.get(counter, 0) + by

    async def _learn(self, new: set[_Place]) -> None:
        """Note which rows there are: one list of tools for each tenant, one list of the tenants."""
        if not new:
            return
        tenants = {tenant for tenant, _ in new}
        notes = [self._note(_tools(one), {tool for tenant, tool in new if tenant == one}) for one in tenants]
        await asyncio.gather(self._note(_TENANTS, tenants), *notes)
        self._known |= new

    async def _note(self, key: str, names: set[str]) -> None:
        for _ in range(_TRIES):
            old = await self._store.get(key)
            there = set(json.loads(old)) if old else set()
            if names <= there or await self._store.swap(key, old, json.dumps(sorted(there | names)).encode()):
                return
        raise StoreError("the list of usage counters is too busy")

    async def read(self) -> list[Row]:
        """All rows, of every process that shares the store, ordered by tenant, group and tool."""
        await self.flush()
        rows = []
        for tenant in json.loads(await self._store.get(_TENANTS) or b"[]"):
            for tool in json.loads(await self._store.get(_tools(tenant)) or b"[]"):
                counts = await self._store.counts(_row((tenant, tool)))
                for group in {counter.partition("/")[2] for counter in counts}:
                    rows.append(Row(tenant, group, tool, *(int(counts.get(f"{one}/{group}", 0)) for one in _PARTS)))
        return sorted(rows, key=lambda row: (row.tenant, row.group, row.tool))

    async def aclose(self) -> None:
        """Add what is left; the store stays open."""
        if self._task is not None and not self._task.done():
            await asyncio.wait([self._task])
        await self.flush_quietly()


def _tools(tenant: str) -> str:
    return f"usage/tools-of/{json.dumps(tenant)}"


def _row(place: _Place) -> str:
    return f"usage/row/{json.dumps(place)}"
