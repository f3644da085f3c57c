"""A store of which single operations fail, before they take effect or after it, and that can be down altogether."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from adaptgen.runtime.store.protocol import MemoryStore, StoreError

_T = TypeVar("_T")
LOST = "after"
REFUSED = "before"


class FlakyStore(MemoryStore):
    """``down``: nothing works. ``seen``: the operations since :meth:`fail`."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False
        self.seen: list[str] = []
        self._at = -1
        self._when = REFUSED

    def fail(self, at: int, when: str = REFUSED) -> None:
        """Let the operation with this number fail, from now on; -1 for none."""
        self._at, self._when, self.seen = at, when, []

    async def _pass(self, name: str, work: Coroutine[Any, Any, _T]) -> _T:
        number = len(self.seen)
        self.seen.append(name)
        failing = self.down or number == self._at
        if not failing:
            return await work
        if self._when == LOST and not self.down:
            await work
        else:
            work.close()
        raise StoreError("the store of this test is away")

    async def get(self, key: str) -> bytes | None:
        return await self._pass("get", super().get(key))

    async def put(self, key: str, value: bytes, *, ttl: float | None = None) -> None:
        await self._pass("put", super().put(key, value, ttl=ttl))

    async def add(self, key: str, value: bytes, *, ttl: float | None = None) -> bool:
        return await self._pass("add", super().add(key, value, ttl=ttl))

    async def swap(self, key: str, old: bytes | None, new: bytes | None, *, ttl: float | None = None) -> bool:
        return await self._pass("swap", super().swap(key, old, new, ttl=ttl))

    async def delete(self, key: str) -> None:
        await self._pass("delete", super().delete(key))

    async def take(self, key: str, *, rate: float, burst: float, cost: float = 1) -> float:
        return await self._pass("take", super().take(key, rate=rate, burst=burst, cost=cost))
