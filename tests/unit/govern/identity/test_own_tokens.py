"""Access tokens of our own authorization server: for this resource, as long as nobody has ended them."""

from __future__ import annotations

import pytest

from adaptgen.govern.identity.own_tokens import (
    ACCESS,
    FRESH,
    Grant,
    NotAccepted,
    OwnTokens,
    ended_keys,
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


async def test_it_holds_the_caller_as_he_logged_in() -> None:
    _, _, own, token = await made(Clock())
    caller, grant, scopes = await own.open(token)
    assert (caller, caller.claims, caller.token) == (ANN, {"region": "eu"}, "provider-token")
    assert (grant, scopes) == (GRANT, {"read"})
    assert token.startswith(ACCESS)
    assert "ann" not in token


async def test_it_is_for_one_resource() -> None:
    seals, _, own, _ = await made(Clock())
    with pytest.raises(NotAccepted, match="audience"):
        await own.open(mint(seals, GRANT, ANN, "https://other.example/mcp", "", 900))


async def test_it_ends() -> None:
    clock = Clock()
    _, _, own, token = await made(clock)
    clock.now += 899
    await own.open(token)
    clock.now += 1
    with pytest.raises(NotAccepted, match="expired"):
        await own.open(token)


async def test_what_was_sealed_for_something_else_is_no_access_token() -> None:
    seals, _, own, _ = await made(Clock())
    held = {"fam": "f1", "client": "c1", "aud": RESOURCE, "sub": "ann", "tenant": "north", "began": 1000.0, "scope": ""}
    with pytest.raises(NotAccepted):
        await own.open(ACCESS + seals.seal("refresh token", held, 900))
    with pytest.raises(NotAccepted):
        await own.open(ACCESS + Seals([b"o" * 32], clock=Clock()).seal("access token", held, 900))


async def test_a_family_that_has_ended_ends_it_within_seconds() -> None:
    clock = Clock()
    _, store, own, token = await made(clock)
    await own.open(token)
    await store.delete(family_key("f1"))
    clock.now += FRESH - 0.1
    await own.open(token)
    clock.now += 0.1
    with pytest.raises(NotAccepted, match="revoked"):
        await own.open(token)


async def test_the_state_is_not_asked_for_each_call() -> None:
    clock = Clock()
    _, store, own, token = await made(clock)
    for _ in range(5):
        await own.open(token)
    assert store.asked == 3  # the family, the person, the client


@pytest.mark.parametrize(("at", "counts"), [(939.0, True), (940.0, False), (1000.0, False), (2000.0, False)])
@pytest.mark.parametrize("whom", [{"person": ("north", "ann")}, {"client": "c1"}])
async def test_an_operator_ends_what_began_until_then(at: float, counts: bool, whom: dict[str, str]) -> None:
    """It began at 1000, by a clock that may be a minute ahead of the operator's."""
    _, store, own, token = await made(Clock())
    for key in ended_keys(**whom):  # type: ignore[arg-type]
        await store.put(key, repr(at).encode())
    if counts:
        await own.open(token)
    else:
        with pytest.raises(NotAccepted, match="revoked"):
            await own.open(token)


async def test_another_key_does_not_bring_back_what_was_ended() -> None:
    clock = Clock()
    _, store, _, token = await made(clock)
    await store.put(ended_keys(person=("north", "ann"))[0], b"1000.0")
    rotated = OwnTokens(Seals([b"n" * 32, b"k" * 32], clock=clock), store, RESOURCE, clock=clock)
    with pytest.raises(NotAccepted, match="revoked"):
        await rotated.open(token)


async def test_a_state_that_is_away_lets_nobody_in() -> None:
    clock = Clock()
    _, store, own, token = await made(clock)
    store.away = True
    with pytest.raises(StoreError):
        await own.open(token)


async def test_the_parts_of_a_name_do_not_run_together() -> None:
    assert ended_keys(person=("a", "bc")) != ended_keys(person=("ab", "c"))
    assert ended_keys(person=("", "c1")) != ended_keys(client="c1")
