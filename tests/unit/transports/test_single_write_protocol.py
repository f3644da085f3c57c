"""Head and body of an answer leave together."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from adaptgen.transports.streamable_http.protocol import SingleWriteTransport


class Recorded:
    """A transport that keeps what happens to it."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.closing = False

    def write(self, data: bytes) -> None:
        self.events.append(data)

    def close(self) -> None:
        self.closing = True
        self.events.append("close")

    def is_closing(self) -> bool:
        return self.closing

    def get_extra_info(self, name: str) -> str:
        return f"info {name}"


def after(*steps: Any) -> list[Any]:
    """The events after ``steps``, each with the corked transport, a turn of the loop between two of them."""

    async def run() -> list[Any]:
        recorded = Recorded()
        corked = SingleWriteTransport(cast(asyncio.Transport, recorded))
        for step in steps:
            step(corked)
            await asyncio.sleep(0)
        return recorded.events

    return asyncio.run(run())


def test_nothing_is_lost_when_the_connection_closes() -> None:
    assert after(lambda corked: (corked.write(b"last"), corked.close())) == [b"last", "close"]


def test_everything_else_is_the_transports() -> None:
    async def run() -> str:
        corked = SingleWriteTransport(cast(asyncio.Transport, Recorded()))
        return str(corked.get_extra_info("peername"))

    assert asyncio.run(run()) == "info peername"
