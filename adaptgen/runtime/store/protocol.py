"""What a store of shared state can do, what is done while it is away, and the store in memory: for laptops, tests and
servers that run once."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol, TypeVar

_log = logging.getLogger("adaptgen.store")
_T = TypeVar("_T")

QUIET: Final = 10.0
"""Seconds between two lines about one store: every request that needs it fails."""
_PAUSE: Final = 0.2
_FIRST_SWEEP: Final = 1024


class Store(Protocol):
    """Small values under text keys, each with a lifetime in seconds (None: until deleted).

    Every method is atomic across the processes that share the store. A store that cannot be reached raises
    ``StoreError``; a caller that asks for security reasons then refuses.
    """

    async def get(self, key: str) -> bytes | None:
        """The value; None if it is missing or its lifetime is over."""

    async def put(self, key: str, value: bytes, *, ttl: float | None = None) -> None:
        """Set the value whatever was there."""

    async def add(self, key: str, value: bytes, *, ttl: float | None = None) -> bool:
        """Set the value only if it is missing; whether it was set. For leases and for identifiers used once."""

    async def swap(self, key: str, old: bytes | None, new: bytes | None, *, ttl: float | None = None) -> bool:
        """Replace ``old`` (None: nothing there) by ``new`` (None: delete); whether ``old`` was there."""

    async def delete(self, key: str) -> None:
        """Remove the value, if any."""

    async def increment(self, key: str, by: float = 1, *, ttl: float | None = None) -> float:
        """Add to a number that starts at 0; its new value. ``ttl`` counts from the first increment."""

    async def count(self, key: str, counts: Mapping[str, float]) -> None:
        """Add to the counters of one row, which lasts until it is deleted: name -> by how much."""

    async def counts(self, key: str) -> dict[str, float]:
        """The counters of one row."""

    async def take(self, key: str, *, rate: float, burst: float, cost: float = 1) -> float:
        """Take ``cost`` from a token bucket that refills ``rate`` a second up to ``burst``.

        Returns 0.0 when it was taken, else the seconds until it could be; then nothing is taken. A negative ``cost``
        puts back.
        """

    async def aclose(self) -> None:
        """Close connections."""


class StoreError(Exception):
    """The shared state cannot be reached or refuses; the text names the store, never a value."""


class OutageLog:
    """Writes down that one store is away."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next: float | None = None

    def error(self, text: str) -> StoreError:
        """The error to raise, which is in the log as well. ``text``: names the store, never a value."""
        now = self._clock()
        if self._next is None or now >= self._next:
            self._next = now + QUIET
            _log.warning("the shared state is away, and what needs it is refused: %s", text)
        return StoreError(text)


async def insist(attempt: Callable[[], Awaitable[_T]], seconds: float) -> _T:
    """What ``attempt`` returns, which is tried again for as long as the store is away, up to ``seconds``. Its answer
    may have been lost after it took effect, so it must recognize what it has done itself.

    Raises:
        StoreError: of the last attempt.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return await attempt()
        except StoreError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(_PAUSE)


class MemoryStore:
    """Values in this process alone. What has expired is swept out now and then; at most ``most`` keys are held.

    A full store refuses new keys instead of forgetting old ones: among them may be identifiers that must not be used
    twice. ``clock`` returns seconds and never goes back.
    """

    local = True
    """No other process sees it."""

    def __init__(self, *, most: int = 250_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._values: dict[str, tuple[bytes, float | None]] = {}
        self._buckets: dict[str, float] = {}
        self._rows: dict[str, dict[str, float]] = {}
        self._sweep_at = min(_FIRST_SWEEP, most)

    def __repr__(self) -> str:
        return f"MemoryStore({self._held()})"

    async def get(self, key: str) -> bytes | None:
        return self._get(key)

    def _get(self, key: str) -> bytes | None:
        found = self._values.get(key)
        if found is None:
            return None
        if found[1] is not None and found[1] <= self._clock():
            del self._values[key]
            return None
        return found[0]

    async def put(self, key: str, value: bytes, *, ttl: float | None = None) -> None:
        self._set(key, value, ttl)

    def _set(self, key: str, value: bytes, ttl: float | None) -> None:
        if key not in self._values:
            self._make_room()
        self._values[key] = (value, None if ttl is None else self._clock() + ttl)

    async def add(self, key: str, value: bytes, *, ttl: float | None = None) -> bool:
        if self._get(key) is not None:
            return False
        self._set(key, value, ttl)
        return True

    async def swap(self, key: str, old: bytes | None, new: bytes | None, *, ttl: float | None = None) -> bool:
        if self._get(key) != old:
            return False
        if new is None:
            self._values.pop(key, None)
        else:
            self._set(key, new, ttl)
        return True

    async def delete(self, key: str) -> None:
        self._values.pop(key, None)
        self._rows.pop(key, None)

    async def count(self, key: str, counts: Mapping[str, float]) -> None:
        if key not in self._rows:
            self._make_room()
        row = self._rows.setdefault(key, {})
        for name, by in counts.items():
            row[name] = row.get(name, 0) + by

    async def counts(self, key: str) -> dict[str, float]:
        return dict(self._rows.get(key, {}))

    async def increment(self, key: str, by: float = 1, *, ttl: float | None = None) -> float:
        found = self._get(key)
        if found is None:
            self._set(key, number_text(by), ttl)
            return by
        try:
            total = float(found) + by
        except ValueError:
            raise StoreError("the memory of this process holds no number there") from None
        self._values[key] = (number_text(total), self._values[key][1])
        return total

    async def take(self, key: str, *, rate: float, burst: float, cost: float = 1) -> float:
        # The bucket is kept as the moment at which it will be full again (GCRA): one number, and the lifetime of it.
        now = self._clock()
        full = self._buckets.get(key)
        if full is None or full < now:
            if full is None:
                self._make_room()
            full = now
        full += cost / rate
        wait = full - now - burst / rate
        if wait > 1e-6:
            return wait
        self._buckets[key] = full
        return 0.0

    def _held(self) -> int:
        return len(self._values) + len(self._buckets) + len(self._rows)

    def _make_room(self) -> None:
        held = self._held()
        if held < self._sweep_at:
            return
        now = self._clock()
        self._values = {key: one for key, one in self._values.items() if one[1] is None or one[1] > now}
        self._buckets = {key: full for key, full in self._buckets.items() if full > now}
        held = self._held()
        if held >= self._most:
            raise StoreError(f"the memory of this process holds {held} keys already")
        self._sweep_at = min(max(_FIRST_SWEEP, 2 * held), self._most)

    async def aclose(self) -> None:
        """Forget everything."""
        self._values.clear()
        self._buckets.clear()
        self._rows.clear()


def number_text(number: float) -> bytes:
    """A counter as ``get`` gives it: decimal text, whole numbers without a point."""
    return f"{number:.17g}".encode()
