"""The key set of an issuer in the shared state: read by processes that start, and believed only where it is ours."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from joserfc.jwk import ECKey

from adaptgen.govern.identity.http_fetch import Fetched, FetchError
from adaptgen.govern.identity.jwks import COOLDOWN, FRESH, KeySource
from adaptgen.govern.identity.key_cache import LIFETIME, KeySetCache
from adaptgen.runtime.store.protocol import MemoryStore, StoreError

ISSUER = ("https://idp.example", "")
SECRET = bytes(range(32))
FIRST, SECOND = (
    {**ECKey.generate_key("P-256", private=True).as_dict(private=False), "kid": name} for name in ("a", "b")
)


class World:
    """A clock, a store and an issuer that counts."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.store = MemoryStore(clock=lambda: self.now)
        self.keys: list[dict[str, Any]] = [FIRST]
        self.fetched = 0
        self.down = False

    async def requests(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, limit: int, timeout: float
    ) -> Fetched:
        self.fetched += 1
        if self.down:
            raise FetchError("down")
        return 200, {}, orjson.dumps({"keys": self.keys})

    async def address(self) -> str:
        return "https://idp.example/jwks"

    def cache(self, *secrets: bytes, issuer: tuple[str, str] = ISSUER) -> KeySetCache:
        return KeySetCache(self.store, secrets or (SECRET,), issuer, lambda: self.now)

    async def process(self, *secrets: bytes, issuer: tuple[str, str] = ISSUER) -> KeySource:
        """A process that has started."""
        cache = self.cache(*secrets, issuer=issuer)
        made = KeySource(self.address, self.requests, clock=lambda: self.now, cache=cache)  # type: ignore[arg-type]
        await made.start()
        await cache.aclose()
        return made

    @property
    def name(self) -> str:
        return self.cache()._name


@pytest.mark.asyncio
async def test_a_key_that_is_unknown_is_fetched_at_once_and_then_seldom() -> None:
    world = World()
    await world.process()
    world.keys = [FIRST, SECOND]
    second = await world.process()
    assert await second.key("ES256", "b") is not None
    for _ in range(5):
        assert await second.key("ES256", "c") is None
    assert world.fetched == 2
    world.now += COOLDOWN
    assert await second.key("ES256", "c") is None
    assert world.fetched == 3


@pytest.mark.asyncio
async def test_keys_from_the_state_are_as_old_as_they_are() -> None:
    world = World()
    await world.process()
    world.now += FRESH + 1
    second = await world.process()
    assert world.fetched == 1
    await second.key("ES256", "a")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert world.fetched == 2


@pytest.mark.asyncio
async def test_after_its_lifetime_the_issuer_is_asked() -> None:
    world = World()
    await world.process()
    kept = await world.store.get(world.name)
    assert kept is not None
    world.now += LIFETIME + 1
    assert await world.store.get(world.name) is None
    # Whoever can write to the store puts the old answer back.
    await world.store.put(world.name, kept)
    await world.process()
    assert world.fetched == 2


@pytest.mark.asyncio
async def test_a_moment_in_the_future_is_not_believed() -> None:
    world = World()
    await world.process()
    world.now -= 60
    await world.process()
    assert world.fetched == 2


def forged(secret: bytes, keys: list[dict[str, Any]], fetched: float) -> bytes:
    content = orjson.dumps({"fetched": fetched, "document": {"keys": keys}})
    return hmac.digest(secret, content, "sha256") + content


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "how", ["without a mac", "under another key", "changed", "short", "empty", "of another issuer"]
)
async def test_a_store_that_lies_inserts_no_key(how: str) -> None:
    world = World()
    await world.process()
    kept = await world.store.get(world.name)
    assert kept is not None
    other = {**ECKey.generate_key("P-256", private=True).as_dict(private=False), "kid": "evil"}
    if how == "of another issuer":
        world.keys = [other]
        await world.process(issuer=("https://evil.example", ""))
        world.keys, world.fetched = [FIRST], 1
        evil = world.cache(issuer=("https://evil.example", ""))._name
        lie = await world.store.get(evil)
        assert lie is not None
    else:
        lie = {
            "without a mac": orjson.dumps({"fetched": world.now, "document": {"keys": [other]}}),
            "under another key": forged(bytes(32), [other], world.now),
            "changed": kept[:32] + kept[32:].replace(b'"kid":"a"', b'"kid":"evil"'),
            "short": kept[:31],
            "empty": b"",
        }[how]
    await world.store.put(world.name, lie)
    process = await world.process()
    assert world.fetched == 2
    assert await process.key("ES256", "evil") is None
    assert await process.key("ES256", "a") is not None


@pytest.mark.asyncio
async def test_without_the_state_the_issuer_is_asked() -> None:
    class Broken(MemoryStore):
        async def get(self, key: str) -> bytes | None:
            raise StoreError("away")

        async def put(self, key: str, value: bytes, *, ttl: float | None = None) -> None:
            raise StoreError("away")

    world = World()
    world.store = Broken()
    assert await (await world.process()).key("ES256", "a") is not None
    assert world.fetched == 1
