"""Run the FastMCP front: on stdio, or over streamable HTTP on loopback."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from fastmcp import FastMCP

from adaptgen.fronts.corked import CorkedProtocol
from adaptgen.fronts.fastmcp import front
from adaptgen.fronts.process import settle
from adaptgen.runtime.engine import Engine


def stdio(engine: Engine) -> None:
    """Serve on stdin and stdout until stdin ends or a signal comes. Nothing but MCP reaches stdout."""
    settle()
    asyncio.run(stdio_of(front(engine), engine.aclose))


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


def http(engine: Engine, listener: socket.socket) -> None:
    """Serve streamable HTTP under ``/mcp`` on ``listener`` until a signal comes.

    JSON answers, no sessions, both revisions; Host and Origin of every request must be loopback (DNS rebinding).
    """
    settle()
    try:
        asyncio.run(_http(engine, listener))
    except KeyboardInterrupt:
        pass  # uvicorn has shut down and raises the signal again
    finally:
        listener.close()


async def _http(engine: Engine, listener: socket.socket) -> None:
    mcp = front(engine)
    gc.freeze()
    host, port = listener.getsockname()[:2]
    await mcp.run_http_async(
        show_banner=False,
        host=host,
        port=port,
        path="/mcp",
        json_response=True,
        stateless_http=True,
        host_origin_protection=True,
        allowed_hosts=[],
        allowed_origins=[],
        uvicorn_config={
            "http": CorkedProtocol,
            "ws": "none",
            "log_config": None,
            "access_log": False,
            "server_header": False,
        },
        sockets=[listener],
    )
