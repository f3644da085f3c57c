"""The wire as an ASGI 3 application."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest, TooLarge, TooSlow, folded
from adaptgen.mcp.protocol import McpHandler
from adaptgen.transports.streamable_http.server import StreamableHttpServer

Event: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Event]]
Send: TypeAlias = Callable[[Event], Awaitable[None]]

WATCH = 0.05
"""Seconds after which somebody looks whether the client is still there: most answers are out sooner."""
UPLOAD = 30.0
"""Seconds in which a body must have come,"""
RATE = 32 * 1024
"""and how many of its bytes buy another second: a large body may come over a slow line, one that trickles may not."""
UNREAD = 64 * 1024
"""Bytes that a client may send during an answer that does not wait for them."""


class App:
    """ASGI 3, HTTP and lifespan. Scopes of other types are refused."""

    def __init__(self, kernel: StreamableHttpServer) -> None:
        self.kernel = kernel
        self._turns = ConcurrencyLimiter()

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._turns.wait()
            await _Http(self.kernel, scope, receive, send).serve()
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1003})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif event["type"] == "lifespan.shutdown":
                await self.kernel.aclose()
                await send({"type": "lifespan.shutdown.complete"})
                return


def app(handler: McpHandler, **options: Any) -> App:
    """The application that serves ``handler``; ``options`` are those of
    :class:`~adaptgen.transports.streamable_http.server.StreamableHttpServer`."""
    return App(StreamableHttpServer(handler, **options))


class _Http:
    """One HTTP request."""

    def __init__(self, kernel: StreamableHttpServer, scope: Event, receive: Receive, send: Send) -> None:
        self._server = kernel
        self._scope = scope
        self._receive = receive
        self._send = send
        self._gone = False
        self._late: asyncio.TimerHandle | None = None
        self._watching: asyncio.Task[None] | None = None
        self._task = asyncio.current_task()

    async def serve(self) -> None:
        """Answer it. A client that leaves cancels what it asked for."""
        lines = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in self._scope["headers"])
        headers, twice = folded(lines)
        query = self._scope.get("query_string", b"").decode("latin-1")
        request = HttpRequest(
            self._scope["method"], self._scope["path"], headers, self._body, twice, query=query, chunks=self._chunks
        )
        try:
            answer = await self._server.handle(request)
            if isinstance(answer.body, bytes):
                await self._whole(answer, answer.body)
            else:
                await self._streamed(answer, answer.body)
        except asyncio.CancelledError:
            if not self._gone:
                raise
        finally:
            if self._late is not None:
                self._late.cancel()
            if self._watching is not None:
                self._watching.cancel()

    async def _body(self, limit: int) -> bytes:
        parts = [part async for part in self._chunks(limit)]
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _chunks(self, limit: int) -> AsyncIterator[bytes]:
        declared = next((value for name, value in self._scope["headers"] if name == b"content-length"), b"")
        if declared.isdigit() and int(declared) > limit:
            raise TooLarge
        size = 0
        loop = asyncio.get_running_loop()
        end = loop.time() + UPLOAD
        more = True
        while more:
            try:
                async with asyncio.timeout_at(end + size / RATE):
                    event = await self._receive()
            except TimeoutError:
                raise TooSlow from None
            if event["type"] != "http.request":
                raise TooSlow
            part = event.get("body", b"")
            size += len(part)
            if size > limit:
                raise TooLarge
            more = event.get("more_body", False)
            yield part
        # Only now: until here the body was what came.
        self._late = loop.call_later(WATCH, self._watch)

    def _watch(self) -> None:
        if self._watching is None:
            self._watching = asyncio.get_running_loop().create_task(self._wait_for_the_end())

    async def _wait_for_the_end(self) -> None:
        unread = 0
        while unread <= UNREAD and (event := await self._receive())["type"] == "http.request":
            unread += len(event.get("body", b"")) or 1
        self._gone = True
        if self._task is not None:
            self._task.cancel()

    async def _whole(self, answer: HttpAnswer, body: bytes) -> None:
        # The answer to a HEAD has the length of what a GET would send (RFC 9110, 9.3.2).
        known = "content-length" in answer.headers
        await self._start(answer, *(() if known else ((b"content-length", b"%d" % len(body)),)))
        await self._send({"type": "http.response.body", "body": b"" if self._scope["method"] == "HEAD" else body})

    async def _streamed(self, answer: HttpAnswer, events: AsyncIterator[bytes]) -> None:
        self._watch()
        try:
            await self._start(answer)
            async for event in events:
                await self._send({"type": "http.response.body", "body": event, "more_body": True})
            await self._send({"type": "http.response.body", "body": b""})
        finally:
            if isinstance(events, AsyncGenerator):
                await events.aclose()

    async def _start(self, answer: HttpAnswer, *more: tuple[bytes, bytes]) -> None:
        headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in answer.headers.items()]
        headers += [(b"set-cookie", one.encode("latin-1", "replace")) for one in answer.cookies]
        await self._send({"type": "http.response.start", "status": answer.status, "headers": [*headers, *more]})


AT_ONCE = 8
"""Requests that begin between two turns of the event loop."""


class ConcurrencyLimiter:
    """Requests that come at once begin a few at a time, so that those under way go on between them; first come, first
    served."""

    def __init__(self) -> None:
        self._begun = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Returns when it is this request's turn."""
        if self._begun < AT_ONCE and not self._waiting:
            if not self._begun:
                asyncio.get_running_loop().call_soon(self._turn)
            self._begun += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _turn(self) -> None:
        self._begun = 0
        while self._waiting and self._begun < AT_ONCE:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._begun += 1
        if self._begun:
            asyncio.get_running_loop().call_soon(self._turn)
