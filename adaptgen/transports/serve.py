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
from typing import TYPE_CHECKING, Any

from adaptgen.govern.pipeline.ungoverned import UngovernedHandler
from adaptgen.mcp.advertised_schema import Profile
from adaptgen.runtime.engine import Engine
from adaptgen.tool_search import menu_of
from adaptgen.tool_search.toolsets import WHOLE, Part
from adaptgen.transports import settle

if TYPE_CHECKING:
    from fastmcp import FastMCP


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
    await mcp.run_stdio_async(show_banner=False)


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
