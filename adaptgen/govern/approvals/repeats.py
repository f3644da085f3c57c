"""Writes that are done once: the same write of the same caller gets the first answer for a while.

What is kept is the answer as the tool gave it, sealed: it passes through the tokenizer for each call that gets it. An
answer that is too long is not kept; the repeated call then only learns when it was done.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.frozen import value
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.core.seals import LONGEST, Seals
from adaptgen.runtime.store.protocol import Store

Outcome: TypeAlias = Literal["done", "nothing", "unknown"]
"""What became of an execution: it has an answer; it certainly changed nothing; nobody knows."""

LEASE: Final = 30.0
WAITS: Final = 20.0
"""Seconds for which a repeated call waits for the first one."""
_LONGEST: Final = 3600.0
"""Seconds for which at least it is remembered that a write was begun."""
_PAUSE: Final = (0.02, 0.5)
_PURPOSE: Final = "once"


@value()
class Claim:
    """The right to do a write: ``data`` is what the store holds under each of its keys while it is done."""

    data: Mapping[str, bytes]
    seconds: float


@value()
class Repeated:
    """The write was done ``at``. ``result``: its answer, None where it was too long."""

    at: float
    result: dict[str, Json] | None


class Doubtful(Exception):
    """The first write began ``at``, and is being done, or may have been done. ``busy``: it is being done."""

    def __init__(self, at: float, *, busy: bool) -> None:
        super().__init__("the same write may have been done")
        self.at = at
        self.busy = busy


class Repeats:
    """The writes of all callers. ``clock``: seconds since the epoch. StoreError: the state cannot be reached.

    A write is noted under a key of the store for each key of the settings, and one that is found suffices: where keys
    are replaced, processes that share any of them do not repeat each other's writes."""

    def __init__(self, store: Store, seals: Seals, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._seals = seals
        self.clock = clock

    def keys_of(self, caller: Caller, tool: ToolInfo, text: str) -> tuple[str, ...]:
        """The keys of a write; ``text`` says the call, see ``requests.call_text``."""
        return tuple(f"once:{name}" for name in self._seals.names(_PURPOSE, text))

    async def find(self, keys: Sequence[str], seconds: float) -> Repeated | None:
        """The first answer, where the write was done within the last ``seconds``; None where it may be done now.
        Waits for a call that is doing it.

        Raises:
            Doubtful: it is being done by another call for longer than this one waits, or it may have been done.
        """
        until = time.monotonic() + WAITS
        there = await asyncio.gather(*(self._store.get(key) for key in keys))
        for key, data in zip(keys, there, strict=True):
            found = await self._first(key, seconds, until) if data is not None else None
            if found is not None:
                return found
        return None

    async def _first(self, key: str, seconds: float, until: float) -> Repeated | None:
        pause = _PAUSE[0]
        while True:
            data = await self._store.get(key)
            if data is None:
                return None
            about = self._open(key, data)
            if about is None:  # not what was written here
                raise Doubtful(self.clock(), busy=False)
            busy = await self._is_busy(key, about)
            if not busy:
                if await self._store.get(key) != data:
                    continue
                if self.clock() - about["at"] >= seconds:
                    return None
                if about["state"] != "done":
                    raise Doubtful(about["at"], busy=False)
                kept = about["result"]
                return Repeated(about["at"], json.loads(kept) if kept is not None else None)
            if time.monotonic() >= until:
                raise Doubtful(about["at"], busy=True)
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _PAUSE[1])

    async def claim(self, keys: Sequence[str], seconds: float) -> Claim | None:
        """The right to do the write; None where another call has it or has done it."""
        taken: dict[str, bytes] = {}
        for key in sorted(keys):  # in one order everywhere: of several calls one gets all of them
            data = await self._take(key, seconds)
            if data is None:
                await self.finish(Claim(taken, seconds), "nothing", None)
                return None
            taken[key] = data
        return Claim(taken, seconds)

    async def _take(self, key: str, seconds: float) -> bytes | None:
        before = await self._store.get(key)
        about = self._open(key, before) if before is not None else None
        if before is not None and about is None:
            return None
        if about is not None and (self.clock() - about["at"] < seconds or await self._is_busy(key, about)):
            return None
        longest = max(seconds, _LONGEST)
        data = self._seal(key, {"state": "doing", "at": self.clock(), "result": None}, longest)
        await self._hold(key, data)
        return data if await self._store.swap(key, before, data, ttl=longest) else None

    async def _is_busy(self, key: str, about: Mapping[str, Json]) -> bool:
        return about["state"] == "doing" and await self._store.get(f"{key}:lease") is not None

    async def hold(self, claim: Claim) -> None:
        """Say that the write is being done."""
        await asyncio.gather(*(self._hold(key, data) for key, data in claim.data.items()))

    async def _hold(self, key: str, data: bytes) -> None:
        await self._store.put(f"{key}:lease", _holder(data), ttl=LEASE)

    async def finish(self, claim: Claim, outcome: Outcome, result: Mapping[str, Json] | None) -> None:
        """Keep what became of it: a write that changed nothing may be repeated."""
        about = {"state": outcome, "at": self.clock(), "result": _text(result) if outcome == "done" else None}
        await asyncio.gather(*(self._finish(key, held, about, claim.seconds) for key, held in claim.data.items()))

    async def _finish(self, key: str, held: bytes, about: Mapping[str, Json], seconds: float) -> None:
        if about["state"] == "nothing":
            await self._store.swap(key, held, None)
        else:
            data = self._seal(key, about, seconds)
            if len(data) > LONGEST:  # it could not be opened again
                data = self._seal(key, {**about, "result": None}, seconds)
            await self._store.swap(key, held, data, ttl=seconds)
        # Another call may have begun in the meantime: its lease stays.
        await self._store.swap(f"{key}:lease", _holder(held), None)

    def _seal(self, key: str, about: Mapping[str, Json], seconds: float) -> bytes:
        about = {**about, "claim": secrets.token_hex(8)}
        return self._seals.seal(_PURPOSE, about, seconds + 60, bound=key.encode()).encode()

    def _open(self, key: str, data: bytes) -> dict[str, Json] | None:
        return self._seals.open(_PURPOSE, data.decode("ascii", errors="replace"), bound=key.encode())


def _holder(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()


def _text(result: Mapping[str, Json] | None) -> str | None:
    """A result as text; None where JSON cannot hold it."""
    try:
        return json.dumps(result) if result is not None else None
    except (TypeError, ValueError):
        return None
