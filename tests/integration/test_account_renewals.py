"""Accounts of twenty callers in three engines over one Redis, with tokens that live for a second."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import redis as redis_server
from support.own_accounts import NotesApi, Replica
from support.services import Service, Unavailable, running

from adaptgen.model.tables import Caller
from adaptgen.runtime.store.redis import RedisStore

pytestmark = [pytest.mark.slow, pytest.mark.asyncio]

CALLERS = [Caller(f"caller{number:02}", "bank") for number in range(20)]
RENEWALS = 6
"""Of each account, at least. They take a second each on a machine that does nothing else."""
LEAST, MOST = 8.0, 60.0
"""Seconds."""


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Service]:
    try:
        with running(redis_server.start, tmp_path) as service:
            yield service
    except Unavailable as reason:
        pytest.skip(f"Redis: {reason}")


async def test_no_account_is_mixed_up_or_lost_and_all_end_at_once(redis: Service, tmp_path: Path) -> None:
    api = NotesApi(lifetime=1.0)
    stores = [RedisStore(redis.url) for _ in range(3)]
    replicas = [Replica(tmp_path, api, store) for store in stores]
    chance = random.Random(15)
    calls = 0
    try:
        for caller in CALLERS:
            assert await chance.choice(replicas).connect(api, caller) == {"connected": True}
        begun, enough = time.monotonic(), len(CALLERS) * RENEWALS

        async def work(caller: Caller) -> None:
            nonlocal calls
            while time.monotonic() < begun + LEAST or (api.refreshed < enough and time.monotonic() < begun + MOST):
                text = await chance.choice(replicas).text(caller)
                assert f"note of {caller.sub}" in text
                assert not [token for token in api.ends if token in text]
                calls += 1

        await asyncio.gather(*(work(caller) for caller in CALLERS for _ in range(2)))
        assert api.reused == 0
        assert not [grant for grant in api.grants if grant.ended]
        assert len(api.grants) == len(CALLERS)
        assert api.refreshed >= enough
        for caller in CALLERS:
            assert await chance.choice(replicas).ask(caller, "disconnect") == {"disconnected": True, "revoked": True}
            sent = len(api.calls)
            answers = await asyncio.gather(*(replica.call(caller) for replica in replicas))
            assert [answer.connection for answer in answers] == [("notes", "Notes", "")] * 3
            assert len(api.calls) == sent
        assert calls > 500
    finally:
        for replica in replicas:
            await replica.engine.aclose()
        for store in stores:
            await store.aclose()
