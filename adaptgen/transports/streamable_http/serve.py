"""Run the wire with uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import uvicorn

from adaptgen.mcp.advertised_schema import Profile
from adaptgen.mcp.protocol import McpHandler
from adaptgen.net.addresses import base_url
from adaptgen.tool_search import over
from adaptgen.transports import address, settle
from adaptgen.transports.streamable_http.asgi import App, app
from adaptgen.transports.streamable_http.connections import Connections
from adaptgen.transports.streamable_http.files import FileRoutes, routes
from adaptgen.transports.streamable_http.protocol import IDLE_SECONDS, WireProtocol
from adaptgen.transports.streamable_http.shared_sessions import shared_sessions
from adaptgen.web import web_of

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.assemble import GovernedServer

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
GRACE = 10
"""Seconds that requests under way have when the server stops."""

ACCEPTED = 16
"""Connections that are accepted at once, between two turns of all others."""
WAITING = 1024
"""Connections that wait to be accepted."""


class _Server(uvicorn.Server):
    """Ends the streams that would never end by themselves before it waits for the others.

    uvicorn raises a signal that ended it once more, and SIGTERM would then end the process before anything is closed.
    """

    def __init__(self, config: uvicorn.Config, served: App, drain: float = 0.0) -> None:
        """``drain``: seconds for which it goes on to accept after the first signal, while /readyz says so."""
        super().__init__(config)
        self._served = served
        self._drain = drain

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop: after ``drain`` at the first signal, at once at the second."""
        kernel = self._served.kernel
        if self._drain and not kernel.draining:
            kernel.draining = True
            asyncio.get_running_loop().call_later(self._drain, super().handle_exit, sig, frame)
        else:
            kernel.draining = True
            super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM stop the server, and nothing else."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        try:
            for sign in _SIGNALS:
                loop.add_signal_handler(sign, self.handle_exit, sign, None)
        except NotImplementedError:  # Windows
            with super().capture_signals():
                yield
            return
        try:
            yield
        finally:
            for sign in _SIGNALS:
                loop.remove_signal_handler(sign)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept: few connections at a time, of the many that may wait for it."""
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(WAITING)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, let requests under way end, close."""
        self._served.kernel.drain()
        await super().shutdown(sockets)


async def run(handler: McpHandler, listener: socket.socket, *, drain: float = 0.0, **options: Any) -> None:
    """Serve ``handler`` on ``listener`` until SIGINT or SIGTERM, and for ``drain`` seconds more; ``options`` are those
    of :class:`~adaptgen.transports.streamable_http.server.StreamableHttpServer`. Sessions are ended when it returns;
    the handler is the caller's to close.
    """
    served = app(handler, **options)
    config = uvicorn.Config(
        served,
        http=partial(WireProtocol, connections=Connections()),  # type: ignore[arg-type]
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
        backlog=ACCEPTED,
        timeout_keep_alive=int(IDLE_SECONDS),
    )
    gc.freeze()
    await _Server(config, served, drain).serve([listener])


async def run_governed(governed: GovernedServer, listener: socket.socket, profile: Profile = "") -> None:
    """:func:`run` as the settings of governance say."""
    settle()
    listen = governed.settings.listen
    # The public name of the server is a Host of its own, beside loopback.
    public = urlsplit(listen.resource).netloc
    hosts = (*listen.hosts, *((public,) if public else ()))
    handler = over(governed, profile=profile)
    files = governed_files(governed, handler, listen.resource or address.url(listener))
    shared = shared_sessions(governed)
    web = web_of(governed)
    origins, base = listen.origins, base_of(governed)
    await run(handler, listener, hosts=hosts, origins=origins, files=files, shared=shared, web=web, base=base)


def base_of(governed: GovernedServer) -> str:
    """What the public URL has before the paths that are served; "" for nothing."""
    return urlsplit(base_url(governed.settings.listen.resource)).path


def governed_files(governed: GovernedServer, handler: McpHandler, url: str) -> FileRoutes | None:
    """The files of a governed server whose endpoint is ``url``, each on record."""
    return routes(handler, governed.files, url, governed.handler.admit_file)


def serve(
    handler: McpHandler,
    listener: socket.socket,
    *,
    closing: Callable[[], Awaitable[None]] | None = None,
    **options: Any,
) -> None:
    """:func:`run` in a loop of its own; ``closing`` is awaited in it at the end."""
    settle()

    async def whole() -> None:
        try:
            await run(handler, listener, **options)
        finally:
            if closing is not None:
                await closing()

    try:
        asyncio.run(whole())
    except KeyboardInterrupt:
        pass  # while it started, or on Windows, where uvicorn raises the signal again
    finally:
        listener.close()
