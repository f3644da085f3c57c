"""Usage counters for each group and tool, so that features can be priced by their use.

Counted in the process, and added to the store every few seconds: never in the way of a call. What a killed process had
not yet added is lost, so the counters say a little less than the audit trail, never more.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Caller
from adaptgen.runtime.store.protocol import Store, StoreError

_log = logging.getLogger("adaptgen.govern")

_EVERY: Final = 5.0
_TRIES: Final = 50
_INDEX: Final = "usage/index"


@dataclass(frozen=True, slots=True)
class Row:
    """What the callers of one group had of one tool. ``bytes_out``: bytes of the answers as callers got them."""

    tenant: str
    group: str
    tool: str
    calls: int
    errors: int
    bytes_out: int


_Pair = tuple[str, str, str]


class Usage:
    """Counters in ``store``. A caller in several groups counts in each, one in none under the group "". StoreError
    where the store cannot be reached; what was not added stays counted here.

    Rows of different groups may therefore not be added up; those of different tools may.
    """

    def __init__(self, store: Store, *, every: float = _EVERY, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._every = every
        self._clock = clock
        self._waiting: dict[_Pair, list[int]] = {}
        self._known: set[_Pair] = set()
        self._due = clock() + every
        self._task: asyncio.Task[None] | None = None
        self._flushing = asyncio.Lock()

    async def count(self, caller: Caller, tool: ToolInfo, *, bytes_out: int, error: bool) -> None:
        """Count one call that has been answered with ``bytes_out`` bytes."""
        name = f"{tool.server}/{tool.own}"
        for group in caller.groups or ("",):
            row = self._waiting.setdefault((caller.tenant, group, name), [0, 0, 0])
            row[0] += 1
            row[1] += error
            row[2] += bytes_out
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
            try:
                await self._learn(waiting.keys() - self._known)
                for pair, row in waiting.items():
                    for place, one in enumerate(row):
                        if one:
                            await self._store.increment(_key(pair, place), one)
                            row[place] = 0
            finally:
                for pair, row in waiting.items():
                    if any(row):
                        newer = self._waiting.setdefault(pair, [0, 0, 0])
                        self._waiting[pair] = [a + b for a, b in zip(newer, row, strict=True)]

    async def _learn(self, new: set[_Pair]) -> None:
        """Note which counters there are: one list of tools for each group, one list of the groups."""
        groups = {pair[:2] for pair in new}
        for tenant, group in groups:
            await self._note(_tools(tenant, group), {tool for t, g, tool in new if (t, g) == (tenant, group)})
        await self._note(_INDEX, {json.dumps(one) for one in groups})
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
        for tenant, group in sorted(map(json.loads, json.loads(await self._store.get(_INDEX) or b"[]"))):
            for tool in json.loads(await self._store.get(_tools(tenant, group)) or b"[]"):
                pair = (tenant, group, tool)
                counts = [int(float(await self._store.get(_key(pair, place)) or 0)) for place in range(3)]
                rows.append(Row(tenant, group, tool, *counts))
        return rows

    async def aclose(self) -> None:
        """Add what is left; the store stays open."""
        if self._task is not None and not self._task.done():
            await asyncio.wait([self._task])
        await self.flush_quietly()


def _tools(tenant: str, group: str) -> str:
    return f"usage/tools/{json.dumps([tenant, group])}"


def _key(pair: _Pair, place: int) -> str:
    return f"usage/{('calls', 'errors', 'bytes')[place]}/{json.dumps(pair)}"
