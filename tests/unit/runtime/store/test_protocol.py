"""What is in the log while a store is away."""

from __future__ import annotations

import logging

import pytest

from adaptgen.runtime.store import protocol
from adaptgen.runtime.store.protocol import OutageLog, StoreError, insist
from adaptgen.runtime.store.redis import RedisStore


def test_an_outage_is_in_the_log_and_not_once_for_every_request(caplog: pytest.LogCaptureFixture) -> None:
    now = [100.0]
    log = OutageLog(lambda: now[0])
    for moment in (100.0, 101.0, 109.9, 110.0):
        now[0] = moment
        assert str(log.error("Redis at r.example cannot be reached")) == "Redis at r.example cannot be reached"
    said = [one.getMessage() for one in caplog.records]
    assert said == ["the shared state is away, and what needs it is refused: Redis at r.example cannot be reached"] * 2


@pytest.mark.asyncio
async def test_a_redis_that_is_gone_is_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("redis")
    store = RedisStore("redis://:hunter2@127.0.0.1:9/0")  # the port of "discard": nothing listens
    with caplog.at_level(logging.WARNING), pytest.raises(StoreError):
        await store.get("key")
    assert "Redis at 127.0.0.1:9 cannot be reached" in caplog.text
    assert "hunter2" not in caplog.text


@pytest.mark.asyncio
async def test_what_was_begun_is_tried_until_the_store_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_PAUSE", 0.0)
    answers = iter([StoreError("away"), StoreError("away"), 7])

    async def attempt() -> int:
        found = next(answers)
        if isinstance(found, StoreError):
            raise found
        return found

    assert await insist(attempt, 5.0) == 7

    async def never() -> int:
        raise StoreError("away")

    with pytest.raises(StoreError):
        await insist(never, 0.0)
