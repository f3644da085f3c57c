"""When an answer becomes a stream, and what is on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from adaptgen.transports.streamable_http import stream as module
from adaptgen.transports.streamable_http.stream import Gone, Stream


def run(work: Callable[[], Awaitable[object]]) -> object:
    async def whole() -> object:
        return await work()

    return asyncio.run(whole())


def test_one_that_may_not_stream_never_does() -> None:
    async def work() -> None:
        stream = Stream(False, 0.001)
        with pytest.raises(Gone):
            await stream.send(b"1")
        asyncio.get_running_loop().call_later(0.01, stream.end, b"last")
        assert await stream.decided() is False

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
