"""What every store does, in memory, in Redis and in DynamoDB; other code relies on nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from support import aws
from support import redis as redis_server
from support.services import Service, Unavailable, free_port, running

from adaptgen.runtime.aws.api import AwsApi
from adaptgen.runtime.store.dynamodb import DynamoStore
from adaptgen.runtime.store.protocol import MemoryStore, Store, StoreError
from adaptgen.runtime.store.redis import RedisStore

pytestmark = pytest.mark.asyncio


@dataclass
class Kept:
    """A store, and how to let time pass for it."""

    store: Store
    pass_: Callable[[float], Awaitable[None]]


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    async def pass_(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(scope="module")
def redis_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    try:
        with running(redis_server.start, tmp_path_factory.mktemp("redis")) as service:
            yield service
    except Unavailable as reason:
        pytest.skip(f"Redis: {reason}")


@pytest.fixture(scope="module")
def aws_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    try:
        with running(aws.start, tmp_path_factory.mktemp("aws")) as service:
            aws.state_table(service)
            yield service
    except Unavailable as reason:
        pytest.skip(f"moto: {reason}")


@pytest_asyncio.fixture(
    params=[
        "memory",
        pytest.param("redis", marks=[pytest.mark.slow, pytest.mark.network]),
        pytest.param("dynamodb", marks=pytest.mark.slow),
    ]
)
async def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kept]:
    prefix = request.node.name
    if request.param == "memory":
        clock = Clock(5.0)
        made = Kept(MemoryStore(clock=clock), clock.pass_)
    elif request.param == "redis":
        # Redis has a clock of its own: here time really passes.
        made = Kept(RedisStore(request.getfixturevalue("redis_service").url, prefix), asyncio.sleep)
    else:
        clock = Clock(time.time())
        for name, value in aws.KEYS.items():
            monkeypatch.setenv(name, value)
        url = request.getfixturevalue("aws_service").url
        made = Kept(DynamoStore("adaptgen", aws.REGION, url, prefix, clock=clock), clock.pass_)
    yield made
    await made.store.aclose()


async def test_increments_add_up(kept: Kept) -> None:
    await asyncio.gather(*(kept.store.increment("n") for _ in range(20)))
    assert await kept.store.increment("n", 0.5) == 20.5
    assert await kept.store.get("n") == b"20.5"
    assert await kept.store.increment("n", -0.5) == 20
    assert await kept.store.get("n") == b"20"


async def test_lifetime_of_a_counter_starts_with_the_first_increment(kept: Kept) -> None:
    assert await kept.store.increment("n", 2, ttl=0.4) == 2
    await kept.pass_(0.25)
    assert await kept.store.increment("n", 3, ttl=0.4) == 5
    await kept.pass_(0.25)
    assert await kept.store.increment("n", 1, ttl=0.4) == 1


@pytest.mark.slow
async def test_a_debt_in_dynamodb_expires_when_it_is_paid(
    aws_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in aws.KEYS.items():
        monkeypatch.setenv(name, value)
    now = time.time()
    store = DynamoStore("adaptgen", aws.REGION, aws_service.url, "debt", clock=Clock(now))
    try:
        for _ in range(2):
            assert await store.take("b", rate=1 / 6, burst=1e9, cost=5) == 0
        item = aws.client(aws_service, "dynamodb").get_item(TableName="adaptgen", Key={"key": {"S": "debt:b"}})["Item"]
        assert float(item["full"]["N"]) == pytest.approx(now + 60)
        assert float(item["expires"]["N"]) == pytest.approx(now + 60 + 7 * 86_400, abs=1)
    finally:
        await store.aclose()


@pytest.mark.slow
async def test_a_bucket_of_dynamodb_takes_one_request(aws_service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.KEYS.items():
        monkeypatch.setenv(name, value)
    asked: list[str] = []
    call = AwsApi.call

    async def counted(api: AwsApi, operation: str, parameters: Any) -> Any:
        asked.append(operation)
        return await call(api, operation, parameters)

    monkeypatch.setattr(AwsApi, "call", counted)
    clock = Clock(time.time())
    one, other = (DynamoStore("adaptgen", aws.REGION, aws_service.url, "once", clock=clock) for _ in range(2))
    try:
        for pause in (0.0, 0.0, 0.1, 30.0):
            clock.now += pause
            assert await one.take("b", rate=10, burst=5) == 0
        assert asked == ["UpdateItem"] * 4
        # Another process knows nothing of the bucket: its condition fails, and tells what is there.
        assert await other.take("b", rate=10, burst=5) == 0
        assert asked == ["UpdateItem"] * 6
        assert [await other.take("b", rate=10, burst=5) for _ in range(3)] == [0, 0, 0]
        assert 0 < await one.take("b", rate=10, burst=5) <= 0.1
        assert set(asked) == {"UpdateItem"}
    finally:
        await one.aclose()
        await other.aclose()


async def test_a_full_memory_refuses_new_keys_and_forgets_none() -> None:
    clock = Clock(0)
    store = MemoryStore(most=10, clock=clock)
    for n in range(8):
        await store.add(f"jti {n}", b"", ttl=60)
    for n in range(2):
        assert await store.take(f"bucket {n}", rate=1, burst=10) == 0
    with pytest.raises(StoreError, match="10 keys"):
        await store.add("one more", b"")
    with pytest.raises(StoreError):
        await store.take("one more", rate=1, burst=10)
    assert not await store.add("jti 0", b"")
    await clock.pass_(60)
    assert await store.add("one more", b"")


DEAD: list[Any] = [
    lambda port: RedisStore(f"redis://:hunter22@127.0.0.1:{port}/0", timeout=0.2),
    lambda port: DynamoStore("adaptgen", "eu-central-1", f"http://127.0.0.1:{port}", timeout=0.2),
]


@pytest.mark.parametrize("make", DEAD, ids=["redis", "dynamodb"])
async def test_a_dead_store_says_which_and_never_what(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.KEYS.items():
        monkeypatch.setenv(name, value)
    store = make(free_port())
    with pytest.raises(StoreError, match=r"127\.0\.0\.1|adaptgen") as problem:
        await store.put("key", b"hunter33")
    assert "hunter" not in f"{problem.value}{store!r}"
    assert problem.value.__cause__ is None
    await store.aclose()


@pytest.mark.slow
@pytest.mark.network
async def test_redis_may_restart(tmp_path: Path) -> None:
    try:
        service = redis_server.start(tmp_path)
    except Unavailable as reason:
        pytest.skip(f"Redis: {reason}")
    store = RedisStore(service.url)
    try:
        await asyncio.gather(*(store.put(f"k{n}", b"1") for n in range(5)))
        await asyncio.to_thread(service.stop)
        again = asyncio.create_task(store.put("k", b"2"))
        service = await asyncio.to_thread(redis_server.start, tmp_path, int(service.facts["port"]))
        await again
        assert [await store.get(key) for key in ("k0", "k")] == [None, b"2"]
    finally:
        await store.aclose()
        service.stop()
