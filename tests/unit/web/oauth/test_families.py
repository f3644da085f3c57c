"""Codes and families by themselves: what happens once happens once, whatever comes between its steps."""

from __future__ import annotations

import pytest

from adaptgen.govern.identity.own_tokens import Grant
from adaptgen.model.tables import Caller
from adaptgen.runtime.core.seals import Seals
from adaptgen.runtime.store.protocol import MemoryStore
from adaptgen.web.oauth.codes import Authorized, Codes
from adaptgen.web.oauth.families import Ended, Families, Issue, Lifetimes

pytestmark = pytest.mark.asyncio

ANN = Caller("ann", "north", ("staff",), {"region": "eu"}, "provider-token")
UPSTREAM = {"refresh": "r1", "access": "provider-token"}


async def test_another_code_opens_nothing() -> None:
    store = MemoryStore()
    codes = Codes(store, Seals([b"k" * 32]))
    one, two = [
        await codes.issue(Authorized("c1", "https://client.example/cb", "x", "s", True, ANN, {})) for _ in range(2)
    ]
    await store.put(codes._key(two), await store.get(codes._key(one)) or b"")
    assert await codes.find(two) is None


async def test_a_family_that_was_ended_does_not_begin() -> None:
    ended: list[str] = []
    families = Families(MemoryStore(), Seals([b"k" * 32]), Lifetimes(900, 86400), forget=ended.append)
    grant = Grant("f1", "c1", "ann", "north", 1000.0)
    await families.end("f1")
    with pytest.raises(Ended):
        await families.begin(Issue(grant, ANN, "s", "https://mcp.bank.example/mcp", UPSTREAM))
    assert ended == ["f1"]
