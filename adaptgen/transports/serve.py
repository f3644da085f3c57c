"""Run a server without governance: the FastMCP front on stdio, the wire over HTTP on loopback.

Each imports packages that the other does without, so they are imported when it runs.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

from adaptgen.govern.pipeline.ungoverned import UngovernedHandler
from adaptgen.mcp.advertised_schema import Profile
from adaptgen.runtime.engine import Engine
from adaptgen.tool_search import menu_of
from adaptgen.tool_search.toolsets import WHOLE, Part
from adaptgen.transports import settle

if TYPE_CHECKING:
    from fastmcp import FastMCP

_LAST_ANSWERS: Final = 30.0
"""Seconds for answers after stdin has ended."""


def stdio(engine: Engine, part: Part = WHOLE, profile: Profile = "") -> None:
    """Serve on stdin and stdout until stdin ends or a signal comes. Nothing but MCP reaches stdout."""
    from adaptgen.transports.fastmcp import front

    settle()
    asyncio.run(stdio_of(front(engine, part, profile), engine.aclose))


async def stdio_of(mcp: FastMCP[Any], closing: Callable[[], Awaitable[None]]) -> None:
    """Serve a front on stdin and stdout; ``closing`` is awaited when a signal ends it."""
    loop = asyncio.get_running_loop()

    async def leave() -> None:
        await closing()
        sys.stderr.flush()
        # The thread that waits for stdin cannot be woken: an ordinary exit would wait for one more line.
        os._exit(0)

    stopping: list[asyncio.Task[None]] = []
    for sign in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(sign, lambda: stopping.append(loop.create_task(leave())))
        except NotImplementedError:
            pass  # Windows: Ctrl-C ends the process by itself
    gc.freeze()
    server: Any = mcp._mcp_server
    run = server.run

    async def run_to_the_end(reading: Any, writing: Any, *more: Any) -> None:
        pending = PendingRequests()
        await run(Reading(reading, pending), Writing(writing, pending), *more)

    server.run = run_to_the_end
    await mcp.run_stdio_async(show_banner=False)


class PendingRequests:
    """The requests of a client that have no answer yet. The SDK drops them when stdin ends; a client that writes all it
    has and closes stdin would wait in vain."""

    def __init__(self) -> None:
        self._ids: set[int | str] = set()
        self._settled = asyncio.Event()

    def came(self, message: Any) -> None:
        """Note a message of the client: a request, or that one is cancelled, which has no answer."""
        method = getattr(message, "method", None)
        if method == "notifications/cancelled":
            self._ids.discard((message.params or {}).get("requestId"))
        elif method is not None and (number := getattr(message, "id", None)) is not None:
            self._ids.add(number)

    def left(self, message: Any) -> None:
        """Note a message to the client."""
        if getattr(message, "method", None) is None:
            self._ids.discard(getattr(message, "id", None))
            if not self._ids:
                self._settled.set()

    async def settle(self) -> None:
        """Wait until every request is answered, for a while: a client that is gone reads nothing."""
        self._settled.clear()
        if self._ids:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._settled.wait(), _LAST_ANSWERS)


class _Stream:
    """A stream of the SDK, with what is done to it noted."""

    def __init__(self, stream: Any, pending: PendingRequests) -> None:
        self._stream = stream
        self._pending = pending

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *problem: Any) -> Any:
        return await self._stream.__aexit__(*problem)


class Reading(_Stream):
    """What the client sends. It ends when stdin has, and everything is answered."""

    async def receive(self) -> Any:
        """The next message."""
        from anyio import EndOfStream

        try:
            said = await self._stream.receive()
        except EndOfStream:
            await self._pending.settle()
            raise
        self._pending.came(getattr(said, "message", None))
        return said

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        from anyio import EndOfStream

        try:
            return await self.receive()
        except EndOfStream:
            raise StopAsyncIteration from None


class Writing(_Stream):
    """What the client is answered."""

    async def send(self, said: Any) -> None:
        """Send one message."""
        await self._stream.send(said)
        self._pending.left(said.message)


def http(engine: Engine, listener: socket.socket, profile: Profile = "") -> None:
    """Serve streamable HTTP under ``/mcp`` on ``listener`` until a signal comes, with toolsets under ``/mcp/<tag>``.

    Every revision; Host and Origin of every request must be loopback (DNS rebinding).
    """
    from adaptgen.transports import address
    from adaptgen.transports.streamable_http import serve as wire
    from adaptgen.transports.streamable_http.files import routes

    async def close() -> None:
        await engine.aclose()
        if engine.files is not None:
            await engine.files.aclose()

    handler = menu_of(UngovernedHandler(engine), engine.server, profile=profile)
    wire.serve(handler, listener, closing=close, files=routes(handler, engine.files, address.url(listener)))
