"""The same write asked twice is done once where the policy says so, and its first answer comes again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support.approving import ANN, POLICIES

from adaptgen.govern.approvals import repeats
from adaptgen.mcp.protocol import META_STATUS, META_UNKNOWN, ToolInfo
from adaptgen.model.tables import Caller
from adaptgen.runtime.core.seals import Seals
from adaptgen.runtime.store.protocol import MemoryStore

pytestmark = pytest.mark.asyncio

ONCE = '@once("10m") permit (principal, action, resource);'


def counting() -> Any:
    """An answer with the number of the call, and a personal value."""
    numbers = iter(range(1, 1000))
    return lambda arguments: {"content": [{"type": "text", "text": f"paid {next(numbers)} to bob@example.org"}]}


async def test_the_same_write_is_done_once_in_the_time_that_the_policy_says(served: Any) -> None:
    async with served(ONCE, counting()) as world:
        first = await world.call(text="a")
        again = await world.call(text="a")
        other, _ = await world.call(text="b")
        foreign, _ = await world.call(Caller("tom", "acme"), text="a")
        world.clock.now += 600
        later, _ = await world.call(text="a")

    assert first == again
    assert first[0].startswith("paid 1 to tok_email_")  # tokens, in the repeated answer too
    assert [text.split()[1] for text in (other, foreign, later)] == ["2", "3", "4"]
    assert world.steps()[:4] == ["permit", "result ok", "permit", "result repeated"]


async def test_calls_at_the_same_time_wait_for_the_first(served: Any) -> None:
    async with served(ONCE, counting()) as world:
        found = await asyncio.gather(*(world.call(text="a") for _ in range(50)))

    assert len(world.calls) == 1
    assert len(set(found)) == 1


async def test_who_waits_too_long_is_told_to_look_first(served: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(repeats, "WAITS", 0.0)
    gate = asyncio.Event()
    async with served(ONCE) as world:
        whole = world.target.call

        async def slow(*given: Any) -> Any:
            await gate.wait()
            return await whole(*given)

        world.target.call = slow
        first = asyncio.create_task(world.call(text="a"))
        await asyncio.sleep(0)
        while not world.made.store._values:
            await asyncio.sleep(0)
        text, failed = await world.call(text="a")
        gate.set()
        await first

    assert failed
    assert text.startswith("Not executed again: the same call is in progress.")
    assert len(world.calls) == 1


@pytest.mark.parametrize(
    ("answer", "calls"),
    [
        ({"content": [{"type": "text", "text": "422"}], "isError": True, "_meta": {META_STATUS: 422}}, 2),
        ({"content": [{"type": "text", "text": "?"}], "isError": True, "_meta": {META_UNKNOWN: True}}, 1),
        ({"content": [{"type": "text", "text": "500"}], "isError": True, "_meta": {META_STATUS: 500}}, 1),
    ],
)
async def test_only_what_changed_nothing_may_be_tried_again(served: Any, answer: Any, calls: int) -> None:
    async with served(ONCE, answer) as world:
        await world.call(text="a")
        text, failed = await world.call(text="a")

    assert failed
    assert len(world.calls) == calls
    assert ("check first" in text) is (calls == 1)


@pytest.mark.parametrize("text", ["x" * 70_000, '"' * 30_000, "\u00e9" * 30_000])
async def test_a_long_answer_is_not_kept_and_the_call_says_when_it_was_done(served: Any, text: str) -> None:
    long = {"content": [{"type": "text", "text": text}]}
    async with served(ONCE, long) as world:
        await world.call(text="a")
        text, failed = await world.call(text="a")

    assert not failed
    assert text == "Done already at 2027-01-15T08:00:00Z, and not executed again. Its answer was not kept: look it up."
    assert len(world.calls) == 1


async def test_what_cannot_be_read_in_the_store_is_not_done_again(served: Any) -> None:
    async with served(ONCE) as world:
        await world.call(text="a")
        keys = [one for one in world.made.store._values if one.startswith("once:") and not one.endswith(":lease")]
        assert len(keys) == 3  # one for each key of the settings
        for key in keys:
            await world.made.store.put(key, b"something else")
        text, failed = await world.call(text="a")

    assert failed
    assert "check first" in text
    assert len(world.calls) == 1


async def test_a_repeated_write_that_was_approved_gets_its_answer_and_no_second_request(served: Any) -> None:
    async with served(POLICIES.replace('@approval("1h")', '@approval("1h") @once("10m")'), counting()) as world:
        asked, _ = await world.call(text="a")
        await world.approve(asked)
        first = await world.call(text="a")
        again = await world.call(text="a")
        world.clock.now += 600
        later, failed = await world.call(text="a")

    assert first == again
    assert failed
    assert later.startswith("The same call was approved and executed before. Not executed: pay needs the approval")
    assert len(world.calls) == 1


async def test_without_http_and_login_a_write_is_done_once_too(served: Any) -> None:
    async with served(ONCE, counting(), login=None, authenticate=None, listen=None) as world:
        first = await world.call(text="a")

        assert await world.call(text="a") == first


OLD, NEW, OTHER = (bytes([number]) * 32 for number in (1, 2, 3))
PAY = ToolInfo("pay", "fake", "pay", "write", open=False, wire={})


@pytest.mark.parametrize(
    ("first", "then"),
    [((OLD,), (NEW, OLD)), ((NEW, OLD), (OLD,)), ((OLD, NEW), (NEW, OLD)), ((OLD, OTHER), (NEW, OTHER))],
)
async def test_a_write_is_not_done_again_by_a_replica_that_has_other_keys_first(first: Any, then: Any) -> None:
    store = MemoryStore()
    one, other = (repeats.Repeats(store, Seals(keys)) for keys in (first, then))
    claim = await one.claim(one.keys_of(ANN, PAY, "pay 10"), 600)
    assert claim is not None
    assert await other.claim(other.keys_of(ANN, PAY, "pay 10"), 600) is None  # it is being done

    await one.finish(claim, "done", {"content": []})

    assert await other.claim(other.keys_of(ANN, PAY, "pay 10"), 600) is None
    try:
        found = await other.find(other.keys_of(ANN, PAY, "pay 10"), 600)
    except repeats.Doubtful:  # it cannot read what is there
        assert set(first) - set(then)
    else:
        assert found is not None
        assert found.result == {"content": []}
    assert await other.claim(other.keys_of(ANN, PAY, "pay 11"), 600) is not None


async def test_a_write_that_changed_nothing_may_be_repeated_by_any_replica() -> None:
    store = MemoryStore()
    one, other = (repeats.Repeats(store, Seals(keys)) for keys in ((NEW, OLD), (OLD,)))
    claim = await one.claim(one.keys_of(ANN, PAY, "pay 10"), 600)
    assert claim is not None
    await one.finish(claim, "nothing", None)
    assert await other.claim(other.keys_of(ANN, PAY, "pay 10"), 600) is not None
