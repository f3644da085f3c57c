"""What a process keeps: the values used last, and values that end and are obtained once for everyone who waits."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from copy import copy
from typing import Any, Final, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

SHORT: Final = 10.0
"""Seconds; a token of a shorter lifetime is used until it ends."""


class LruCache(Generic[K, V]):
    """The ``most`` values that were used last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[K]:
        return iter(self._values)

    def get(self, key: K) -> V | None:
        """The value of ``key``, which is now the one used last; None if it is missing."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> V:
        """Keep ``value``, and drop those not used for longest. Returns ``value``."""
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._most:
            self._values.popitem(last=False)
        return value

    def pop(self, key: K) -> V | None:
        """Drop the value of ``key``."""
        return self._values.pop(key, None)

    def values(self) -> list[V]:
        """All values, the one not used for longest first."""
        return list(self._values.values())


class IdentityCache(Generic[K, V]):
    """What was made of objects, by their identity; each is kept with it, so that no other can come to have it."""

    def __init__(self, most: int, make: Callable[[K], V]) -> None:
        self._most = most
        self._make = make
        self._made: dict[int, tuple[K, V]] = {}

    def get(self, key: K) -> V:
        """What was made of ``key``, this very object."""
        known = self._made.get(id(key))
        if known is None or known[0] is not key:
            if len(self._made) >= self._most:
                self._made.clear()
            known = self._made[id(key)] = (key, self._make(key))
        return known[1]


class SingleFlight(Generic[K, V]):
    """Runs one task for each key at a time, for everyone who waits for it. A waiter that gives up does not stop it."""

    def __init__(self) -> None:
        self._tasks: dict[K, asyncio.Task[V]] = {}

    async def run(self, key: K, start: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """The result of the task of ``key``, which is started where none runs in this event loop."""
        task = self._tasks.get(key)
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = self._tasks[key] = asyncio.create_task(start())
            task.add_done_callback(lambda done: self._end(key, done))
        return await asyncio.shield(task)

    async def settle(self) -> None:
        """Wait for the tasks of this event loop."""
        loop = asyncio.get_running_loop()
        tasks = [task for task in self._tasks.values() if not task.done() and task.get_loop() is loop]
        if tasks:
            await asyncio.wait(tasks)

    def _end(self, key: K, task: asyncio.Task[V]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
        if not task.cancelled():
            task.exception()  # waiters are told; there may be none left


class ExpiringCache(Generic[K, V]):
    """Values that are good for a time, such as access tokens, each obtained once for everyone who waits for it.

    At most ``most`` are kept. After a ``failure`` the same value is not asked for again for ``pause`` seconds: the
    failure is raised again. ``clock`` returns seconds since the epoch.
    """

    def __init__(
        self,
        most: int,
        *,
        pause: float = 0.0,
        failure: type[Exception] = Exception,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._pause = pause
        self._failure = failure
        self._clock = clock
        self._values: LruCache[K, tuple[float, float, V]] = LruCache(most)
        self._failed: LruCache[K, tuple[float, Exception]] = LruCache(most)
        self._flight: SingleFlight[K, V] = SingleFlight()

    def __len__(self) -> int:
        return len(self._values)

    async def get(self, key: K, obtain: Callable[[], Awaitable[tuple[V, float]]]) -> V:
        """The value of ``key``; ``obtain`` returns a new one, and until when it is used (seconds since the epoch).

        Raises:
            Exception: of ``obtain``.
        """
        now = self._clock()
        entry = self._values.get(key)
        if entry is not None and now < entry[0]:
            return entry[2]
        failed = self._failed.get(key)
        if failed is not None and 0 <= now - failed[0] < self._pause:
            raise copy(failed[1])
        return await self._flight.run(key, lambda: self._obtain(key, obtain))

    def forget(self, key: K) -> bool:
        """Drop a value that was refused. False where it is so new that another one would not help."""
        entry = self._values.get(key)
        if entry is None or self._clock() - entry[1] < self._pause:
            return False
        self._values.pop(key)
        return True

    async def _obtain(self, key: K, obtain: Callable[[], Awaitable[tuple[V, float]]]) -> V:
        try:
            value, until = await obtain()
        except self._failure as problem:
            if self._pause:
                self._failed.put(key, (self._clock(), copy(problem)))
            raise
        self._values.put(key, (until, self._clock(), value))
        self._failed.pop(key)
        return value


def margin(lifetime: float) -> float:
    """How many seconds before its end a token is renewed: min(30 s, 10 %), none for short lifetimes."""
    return 0.0 if lifetime < SHORT else min(30.0, lifetime * 0.1)
