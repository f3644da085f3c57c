"""Codes and families by themselves: what happens once happens once, whatever comes between its steps."""

from __future__ import annotations

import asyncio
import time

import pytest

from adaptgen.govern.identity.own_tokens import Grant
from adaptgen.model.tables import Caller
from adaptgen.runtime.core.seals import Seals
from adaptgen.runtime.store.protocol import MemoryStore
from adaptgen.web.oauth.codes import Authorized, Codes, Used
from adaptgen.web.oauth.families import Ended, Families, Issue, Lifetimes, family_of

pytestmark = pytest.mark.asyncio

ANN = Caller("ann", "north", ("staff",), {"region": "eu"}, "provider-token")
UPSTREAM = {"refresh": "r1", "access": "provider-token"}


async def test_a_code_is_used_by_one() -> None:
    codes = Codes(MemoryStore(), Seals([b"k" * 32]))
    code = await codes.issue(Authorized("c1", "https://client.example/cb", "x", "s", True, ANN, UPSTREAM))
    first, second = await codes.find(code), await codes.find(code)
    assert first is not None
    assert second is not None
    held = first[0]
    assert isinstance(held, Authorized)
    assert (held.caller, held.caller.claims, held.caller.token) == (ANN, {"region": "eu"}, "provider-token")
    used = Used("c1", family_of(code))
    assert await codes.use(code, first[1], used)
    assert not await codes.use(code, second[1], used)
    third = await codes.find(code)
    assert third is not None
    assert third[0] == used


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


async def test_replicas_with_one_state_ask_the_provider_once() -> None:
    store, seals, lasts = MemoryStore(), Seals([b"k" * 32]), Lifetimes(900, 86400)
    replicas = [Families(store, Seals([b"k" * 32]), lasts) for _ in range(3)]
    grant = Grant("f1", "c1", "ann", "north", 1000.0)
    first = await Families(store, seals, lasts).begin(Issue(grant, ANN, "s", "r", {"refresh": "r1"}))
    asked: list[object] = []

    async def renew(upstream: object) -> Issue:
        asked.append(upstream)
        for _ in range(20):
            await asyncio.sleep(0)  # the others see that one refreshes
        return Issue(grant, ANN, "s", "r", {"refresh": f"r{len(asked) + 1}"})

    token = str(first["refresh_token"])
    answers = await asyncio.gather(*(one.refresh(token, grant, renew) for one in replicas * 3))
    assert asked == [{"refresh": "r1"}]
    assert len({one["refresh_token"] for one in answers}) == 1


async def test_a_replica_whose_clock_is_behind_repeats_the_answer_too() -> None:
    store, seals, lasts = MemoryStore(), Seals([b"k" * 32]), Lifetimes(900, 86400)
    ahead, behind = (Families(store, seals, lasts, clock=lambda now=now: now) for now in (time.time(), time.time() - 2))
    grant = Grant("f1", "c1", "ann", "north", 1000.0)

    async def renew(upstream: object) -> Issue:
        return Issue(grant, ANN, "s", "r", {"refresh": "r2"})

    first = await ahead.begin(Issue(grant, ANN, "s", "r", {"refresh": "r1"}))
    token = str(first["refresh_token"])
    answer = await ahead.refresh(token, grant, renew)
    assert (await behind.refresh(token, grant, renew))["refresh_token"] == answer["refresh_token"]
