"""Limits: how many calls a caller, a group, a tenant may make, and how many requests to the API these may take."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Final

from adaptgen.govern.settings.model import Limit
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Caller
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.caches import LruCache
from adaptgen.runtime.store.protocol import Store, StoreError

_MEMORY: Final = 4096
"""Callers and tools whose buckets are remembered, so that names are matched against globs once."""

_DEBT: Final = 1e9
"""A burst that holds any debt: what was used is taken, whether it was left or not."""

_Bucket = tuple[str, float, float]


class Limiter:
    """Token buckets in ``store``, one for each combination that a limit names. Its methods raise StoreError where the
    store cannot be reached: the call or the request must not be made.

    A limit whose ``per`` has ``group`` has one bucket for each group of the caller, and a call takes from all of them;
    a caller without groups shares the bucket of the nameless group of its tenant.
    """

    def __init__(self, limits: Sequence[Limit], store: Store) -> None:
        self._limits = tuple(limits)
        self._store = store
        self._found: LruCache[tuple[str, str, tuple[str, ...], str, str], tuple[tuple[_Bucket, ...], int]] = LruCache(
            _MEMORY
        )
        self.counts_requests = any(one.counts == "requests" for one in self._limits)

    async def take(self, caller: Caller, tool: ToolInfo, *, requests: bool = True) -> float:
        """Count one call, and (with ``requests``) the first request that it makes. 0.0 where every limit permits it,
        else the seconds after which the strictest one would.

        A call that one limit refuses is given back to the others. Until that is done, another call of the same moment
        may be refused for it, and where the store fails in between, the others have counted it: never the reverse.
        """
        buckets, calls = self._known(caller, tool)
        return await self._take(buckets if requests else buckets[:calls])

    async def take_request(self, caller: Caller, tool: ToolInfo) -> float:
        """Count one more request of a call that is under way, as :meth:`take` counts a call."""
        buckets, calls = self._known(caller, tool)
        return await self._take(buckets[calls:])

    async def debit(self, caller: Caller, tool: ToolInfo, count: int) -> None:
        """Count requests that were made, whatever is left: what comes next waits for it."""
        buckets, calls = self._known(caller, tool)
        await asyncio.gather(*(self._one((name, rate, _DEBT), count) for name, rate, _ in buckets[calls:]))

    def _known(self, caller: Caller, tool: ToolInfo) -> tuple[tuple[_Bucket, ...], int]:
        """The buckets of a call, those that count calls first, and how many these are."""
        key = (caller.tenant, caller.sub, caller.groups, tool.server, tool.own)
        known = self._found.get(key)
        if known is None:
            calls = self._buckets(caller, tool, "calls")
            known = self._found.put(key, (calls + self._buckets(caller, tool, "requests"), len(calls)))
        return known

    async def _take(self, buckets: Sequence[_Bucket]) -> float:
        if len(buckets) == 1:
            name, rate, burst = buckets[0]
            return await self._store.take(name, rate=rate, burst=burst)
        waits = await asyncio.gather(*map(self._one, buckets), return_exceptions=True)
        taken = [bucket for bucket, wait in zip(buckets, waits, strict=True) if wait == 0]
        if len(taken) < len(buckets):
            await asyncio.gather(*(self._one(bucket, -1) for bucket in taken))
        for wait in waits:
            if isinstance(wait, BaseException):
                raise wait
        return max((wait for wait in waits if not isinstance(wait, BaseException)), default=0.0)

    async def _one(self, bucket: _Bucket, cost: float = 1) -> float:
        name, rate, burst = bucket
        return await self._store.take(name, rate=rate, burst=burst, cost=cost)

    def _buckets(self, caller: Caller, tool: ToolInfo, counts: str) -> tuple[_Bucket, ...]:
        found: list[_Bucket] = []
        for limit in self._limits:
            if limit.counts != counts:
                continue
            if limit.tools and not any(fnmatchcase(name, glob) for glob in limit.tools for name in tool.paths):
                continue
            groups = [
                one for one in caller.groups if not limit.groups or any(fnmatchcase(one, g) for g in limit.groups)
            ]
            if limit.groups and not groups:
                continue
            # A bucket must hold one whole call to ever give one.
            burst = max(limit.burst, 1.0)
            for group in (groups or [""]) if "group" in limit.per else [""]:
                found.append((_key(limit, caller, tool, group), limit.rate, burst))
        return tuple(dict.fromkeys(found))


class RequestMeter:
    """Counts the requests to the API of one call under way. The first is paid for when the call is admitted. A call
    that reads stops where a limit is reached; one that changes something goes on, for half of it would be worse, and
    the next call waits.
    """

    def __init__(self, limiter: Limiter | None, caller: Caller, tool: ToolInfo) -> None:
        self.count = 0
        self._limiter = limiter
        self._caller = caller
        self._tool = tool

    async def __call__(self) -> None:
        """One more request; ToolError where a limit is reached, or cannot be counted: the request must not be made."""
        self.count += 1
        if self.count == 1 or self._limiter is None:
            return
        try:
            if self._tool.effect != "read":
                await self._limiter.debit(self._caller, self._tool, 1)
                return
            wait = await self._limiter.take_request(self._caller, self._tool)
        except StoreError:
            raise ToolError("The shared state cannot be reached; try again later.") from None
        if wait > 0:
            raise ToolError(
                f"The limit of requests to the API is reached after {self.count - 1} requests of this call. Try again "
                f"in {max(1, round(wait + 0.5))} s, or ask for less at a time.",
                retry_after=wait,
            )

    async def report(self, requests: int) -> None:
        """What a server that is ours says of a call that it made; StoreError where it cannot be counted."""
        if self._limiter is not None and requests > 1:
            await self._limiter.debit(self._caller, self._tool, requests - 1)


_PARTS: Final[dict[str, Callable[[Caller, ToolInfo, str], Sequence[str]]]] = {
    # Users and groups of one name may exist in two tenants.
    "sub": lambda caller, tool, group: (caller.tenant, caller.sub),
    "tenant": lambda caller, tool, group: (caller.tenant,),
    "group": lambda caller, tool, group: (caller.tenant, group),
    "tool": lambda caller, tool, group: (tool.server, tool.own),
    "server": lambda caller, tool, group: (tool.server,),
}


def _key(limit: Limit, caller: Caller, tool: ToolInfo, group: str) -> str:
    """The name of a bucket: a hash, for callers choose names with any characters and any length."""
    parts = [limit.text, f"{limit.rate:g}/{limit.burst:g}", *limit.tools, "", *limit.groups, "", *sorted(limit.per)]
    if limit.counts != "calls":
        parts.append(limit.counts)
    for one in sorted(limit.per):
        parts += _PARTS[one](caller, tool, group)
    hashed = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode(errors="surrogatepass")
        hashed.update(len(data).to_bytes(4, "big") + data)
    return f"limit/{hashed.hexdigest()}"
