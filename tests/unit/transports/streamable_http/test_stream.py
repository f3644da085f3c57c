"""When an answer becomes a stream, and what is on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from adaptgen.transports.streamable_http import stream as module
from adaptgen.transports.streamable_http.stream import PING, Gone, Stream


def nothing() -> None:
    """Nobody asks."""


async def collected(stream: Stream) -> list[bytes]:
    return [one async for one in stream.events(nothing)]


def run(work: Callable[[], Awaitable[object]]) -> object:
    async def whole() -> object:
        return await work()

    return asyncio.run(whole())


def test_an_answer_without_events_is_none() -> None:
    async def work() -> bool:
        stream = Stream(True, 10)
        asyncio.get_running_loop().call_soon(stream.end, b"last")
        return await stream.decided()

    assert run(work) is False


def test_the_first_event_makes_it_one_and_the_end_comes_last() -> None:
    async def work() -> None:
        stream = Stream(True, 10)
        await stream.send(b"1")
        assert await stream.decided()
        stream.end(b"last")
        assert await collected(stream) == [b"event: message\ndata: 1\n\n", b"event: message\ndata: last\n\n"]

    run(work)


def test_a_slow_answer_becomes_one_and_is_kept_alive() -> None:
    async def work() -> None:
        stream = Stream(True, 0.01)
        assert await stream.decided()
        events = stream.events(nothing)
        assert await anext(events) == PING
        stream.end(b"x")
        assert [one async for one in events] == [b"event: message\ndata: x\n\n"]

    run(work)


def test_one_that_may_not_stream_never_does() -> None:
    async def work() -> None:
        stream = Stream(False, 0.001)
        with pytest.raises(Gone):
            await stream.send(b"1")
        asyncio.get_running_loop().call_later(0.01, stream.end, b"last")
        assert await stream.decided() is False

    run(work)


def test_whoever_sends_more_than_is_read_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKLOG", 2)

    async def work() -> None:
        stream = Stream(True, 10)
        await stream.send(b"1")
        await stream.send(b"2")
        waiting = asyncio.ensure_future(stream.send(b"3"))
        await asyncio.sleep(0)
        assert not waiting.done()
        events = stream.events(nothing)
        await anext(events)
        await waiting
        stream.end()
        assert len([one async for one in events]) == 2

    run(work)


def test_a_client_that_never_reads_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKLOG", 1)

    async def work() -> None:
        stream = Stream(True, 10, patience=0.01)
        await stream.send(b"1")
        with pytest.raises(Gone):
            await stream.send(b"2")

    run(work)


def test_a_reader_that_leaves_is_noticed_and_whoever_waits_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKLOG", 1)
    left: list[bool] = []

    async def work() -> None:
        stream = Stream(True, 10)
        await stream.send(b"1")
        events = stream.events(lambda: left.append(True))
        await anext(events)
        await stream.send(b"2")
        waiting = asyncio.ensure_future(stream.send(b"3"))
        await asyncio.sleep(0)
        await events.aclose()  # type: ignore[attr-defined]
        with pytest.raises(Gone):
            await waiting
        with pytest.raises(Gone):
            await stream.send(b"4")

    run(work)
    assert left == [True]


def test_whoever_waits_goes_on_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKLOG", 1)

    async def work() -> None:
        stream = Stream(True, 10)
        await stream.send(b"1")
        waiting = asyncio.ensure_future(stream.send(b"2"))
        await asyncio.sleep(0)
        stream.end()
        with pytest.raises(Gone):
            await asyncio.wait_for(waiting, 5)

    run(work)
