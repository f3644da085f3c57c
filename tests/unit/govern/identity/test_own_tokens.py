"""Access tokens of our own authorization server: for this resource, as long as nobody has ended them."""

from __future__ import annotations

import pytest

from adaptgen.govern.identity.own_tokens import (
    Grant,
    NotAccepted,
    OwnTokens,
    family_key,
    mint,
)
from adaptgen.model.tables import Caller
from adaptgen.runtime.core.seals import Seals
from adaptgen.runtime.store.protocol import MemoryStore, StoreError

pytestmark = pytest.mark.asyncio

RESOURCE = "https://mcp.bank.example/mcp"
ANN = Caller("ann", "north", ("staff",), {"region": "eu"}, "provider-token")
GRANT = Grant("f1", "c1", "ann", "north", 1000.0)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Counting(MemoryStore):
    asked = 0
    away = False

    async def get(self, key: str) -> bytes | None:
        self.asked += 1
        if self.away:
            raise StoreError("away")
        return await super().get(key)


async def made(clock: Clock) -> tuple[Seals, Counting, OwnTokens, str]:
    seals, store = Seals([b"k" * 32], clock=clock), Counting()
    await store.put(family_key("f1"), b"{}")
    own = OwnTokens(seals, store, RESOURCE, clock=clock)
    return seals, store, own, mint(seals, GRANT, ANN, RESOURCE, "read", 900)


async def test_it_is_for_one_resource() -> None:
    seals, _, own, _ = await made(Clock())
    with pytest.raises(NotAccepted, match="audience"):
        await own.open(mint(seals, GRANT, ANN, "https://other.example/mcp", "", 900))
