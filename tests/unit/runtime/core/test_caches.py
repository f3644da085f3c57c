"""Caches: the values used last stay, what ends is obtained once, a failure counts for a while."""

from __future__ import annotations

import asyncio

import pytest

from adaptgen.runtime.core.caches import ExpiringCache, LruCache, SingleFlight


class Refused(Exception):
    """No token."""


def test_the_value_not_used_for_longest_goes_first() -> None:
    cache: LruCache[str, int] = LruCache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert (list(cache), cache.get("b"), len(cache)) == (["a", "c"], None, 2)


@pytest.mark.asyncio
async def test_a_failure_is_raised_again_for_the_pause() -> None:
    now, asked = 100.0, 0
    cache: ExpiringCache[str, int] = ExpiringCache(10, pause=5.0, failure=Refused, clock=lambda: now)

    async def obtain() -> tuple[int, float]:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise Refused("no")
        return asked, now + 60

    for _ in range(2):
        with pytest.raises(Refused, match="no"):
            await cache.get("key", obtain)
    assert asked == 1
    now = 105.0
    assert await cache.get("key", obtain) == 2
    assert not cache.forget("key")
    now = 110.0
    assert cache.forget("key")


@pytest.mark.asyncio
async def test_a_waiter_that_gives_up_does_not_stop_the_task() -> None:
    done: list[int] = []
    flight: SingleFlight[str, None] = SingleFlight()

    async def work() -> None:
        await asyncio.sleep(0.01)
        done.append(1)

    waiter = asyncio.create_task(flight.run("key", work))
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.sleep(0)
    await flight.settle()
    assert done == [1]
