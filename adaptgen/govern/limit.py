"""Limits: how many calls a caller, a group, a tenant may make."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Final

from adaptgen.govern.desk import Facts
from adaptgen.govern.vocabulary import Limit
from adaptgen.runtime.caller import Caller
from adaptgen.runtime.store import Store

_MEMORY: Final = 4096
"""Callers and tools whose buckets are remembered, so that names are matched against globs once."""

_Bucket = tuple[str, float, float]


class Limiter:
    """Token buckets in ``store``, one for each combination that a limit names.

    A limit whose ``per`` has ``group`` gives every group of the caller a bucket of its own, and a call takes from all
    of them; a caller without groups shares the bucket of the nameless group of its tenant.
    """

    def __init__(self, limits: Sequence[Limit], store: Store) -> None:
        self._limits = tuple(limits)
        self._store = store
        self._found: dict[tuple[str, str, tuple[str, ...], str, str], tuple[_Bucket, ...]] = {}

    async def take(self, caller: Caller, tool: Facts) -> float:
        """Count one call. 0.0 where every limit permits it, else the seconds after which the strictest one would.

        A call that one limit refuses is given back to the others. Until that is done, another call of the same moment
        may be refused for it, and where the store fails in between, the others have counted it: never the reverse.

        Raises:
            StoreError: the store cannot be reached; the call must be refused.
        """
        key = (caller.tenant, caller.sub, caller.groups, tool.server, tool.own)
        buckets = self._found.get(key)
        if buckets is None:
            if len(self._found) >= _MEMORY:
                self._found.clear()
            buckets = self._found[key] = self._buckets(caller, tool)
        take = self._store.take
        longest = 0.0
        taken = []
        for bucket in buckets:
            name, rate, burst = bucket
            wait = await take(name, rate=rate, burst=burst)
            if wait > 0:
                longest = max(longest, wait)
            else:
                taken.append(bucket)
        if longest:
            for name, rate, burst in taken:
                await take(name, rate=rate, burst=burst, cost=-1)
        return longest

    def _buckets(self, caller: Caller, tool: Facts) -> tuple[_Bucket, ...]:
        name = f"{tool.server}/{tool.own}"
        found: list[_Bucket] = []
        for limit in self._limits:
            if limit.tools and not any(fnmatchcase(name, glob) for glob in limit.tools):
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


_PARTS: Final[dict[str, Callable[[Caller, Facts, str], Sequence[str]]]] = {
    # Users and groups of one name may exist in two tenants.
    "sub": lambda caller, tool, group: (caller.tenant, caller.sub),
    "tenant": lambda caller, tool, group: (caller.tenant,),
    "group": lambda caller, tool, group: (caller.tenant, group),
    "tool": lambda caller, tool, group: (tool.server, tool.own),
    "server": lambda caller, tool, group: (tool.server,),
}


def _key(limit: Limit, caller: Caller, tool: Facts, group: str) -> str:
    """The name of a bucket: a hash, for callers choose names with any characters and any length."""
    parts = [limit.text, f"{limit.rate:g}/{limit.burst:g}", *limit.tools, "", *limit.groups, "", *sorted(limit.per)]
    for one in sorted(limit.per):
        parts += _PARTS[one](caller, tool, group)
    hashed = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode(errors="surrogatepass")
        hashed.update(len(data).to_bytes(4, "big") + data)
    return f"limit/{hashed.hexdigest()}"
