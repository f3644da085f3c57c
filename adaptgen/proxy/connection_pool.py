"""HTTP/1.1 connections to the servers behind the proxy: asyncio below, h11 for the grammar, and a pool of idle ones.

A call costs a fifth of what it costs through httpx, and a hundred at once do not slow each other down: httpx looks at
every connection of its pool for every request.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from typing import TypeAlias

import h11

from adaptgen.model.frozen import value

CONNECT = 5.0
KEEP = 4.0
"""Seconds that an idle connection is kept: servers close theirs after 5 s (uvicorn) or later."""
IDLE = 100
"""Idle connections kept per server."""
_HEAD = 64 * 1024
_AHEAD = 1 << 20
"""Bytes of an answer that may wait to be read before the server is held up."""

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]


class ConnectionBroken(Exception):
    """No complete answer arrived. ``early``: not even one byte; ``slow``: the connection was silent for too long."""

    def __init__(self, *, early: bool = False, slow: bool = False) -> None:
        super().__init__()
        self.early = early
        self.slow = slow


@value()
class Origin:
    """Where a server listens."""

    host: str
    port: int
    tls: bool


class Connection(asyncio.Protocol):
    """One connection, for one request after the other."""

    def __init__(self) -> None:
        self.since = 0.0
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD)
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._lost = False
        self._resting = True
        self._ahead = 0
        self._paused = False

    # ------------------------------------------------------------------------------------------------------- protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Bytes of an answer. Unrequested ones could be taken for the answer to the next request."""
        if self._resting:
            self.abort()
            return
        self._ahead += len(data)
        if self._ahead > _AHEAD and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._http.receive_data(data)
        self._wake()

    def eof_received(self) -> None:
        self.connection_lost(None)

    def connection_lost(self, problem: Exception | None) -> None:
        if not self._lost:
            self._lost = True
            if not self._resting:
                self._http.receive_data(b"")
            self._wake()

    # -------------------------------------------------------------------------------------------------------- request

    @property
    def usable(self) -> bool:
        return not self._lost and time.monotonic() - self.since < KEEP

    async def send(self, method: bytes, target: bytes, headers: Headers, body: bytes, silence: float) -> h11.Response:
        """Send a request, and the head of its answer.

        Raises:
            h11.LocalProtocolError: a header cannot be sent; nothing was.
            ConnectionBroken: there is no answer.
        """
        assert self._transport is not None
        http = self._http
        head = http.send(h11.Request(method=method, target=target, headers=list(headers)))
        data = http.send(h11.Data(data=body)) if body else b""
        end = http.send(h11.EndOfMessage())
        self._resting, self._ahead = False, 0
        self._transport.write(b"".join(part for part in (head, data, end) if part))
        while True:
            event = await self._next(silence, first=True)
            if isinstance(event, h11.Response):
                return event

    async def chunks(self, silence: float) -> AsyncIterator[bytes]:
        """The content as it comes; ConnectionBroken where it ends early."""
        while True:
            event = await self._next(silence)
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)):
                return

    def finish(self) -> bool:
        """Make ready for another request; False where the answer was not read to its end, or was the last."""
        try:
            # What is left may be nothing but the mark of the end, in the same packet as the last event.
            while self._http.their_state is h11.SEND_BODY:
                event = self._http.next_event()
                if event is h11.NEED_DATA or isinstance(event, h11.Data):
                    return False
            if self._lost or self._http.trailing_data[0]:
                return False
            self._http.start_next_cycle()
        except (h11.LocalProtocolError, h11.RemoteProtocolError):
            return False
        self._resting, self.since = True, time.monotonic()
        return True

    def abort(self) -> None:
        self._lost = True
        if self._transport is not None:
            self._transport.abort()

    async def _next(self, silence: float, *, first: bool = False) -> object:
        try:
            while True:
                event = self._http.next_event()
                if event is not h11.NEED_DATA:
                    return event
                if self._lost:
                    raise ConnectionBroken(early=first and not self._ahead)
                await self._more(silence)
        except h11.RemoteProtocolError:
            raise ConnectionBroken(early=first and not self._ahead) from None

    async def _more(self, silence: float) -> None:
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        self._ahead = min(self._ahead, 1)
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(silence):
                await self._waiting
        except TimeoutError:
            raise ConnectionBroken(slow=True) from None
        finally:
            self._waiting = None

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class Pool:
    """Connections to any number of servers. Only its own event loop may use it."""

    def __init__(self) -> None:
        self._idle: dict[Origin, list[Connection]] = {}
        self._open: set[Connection] = set()
        self._tls: ssl.SSLContext | None = None

    async def get(self, origin: Origin) -> Connection:
        """A connection: the idle one that was used last, or a new one (OSError, TimeoutError)."""
        idle = self._idle.get(origin, [])
        while idle:
            found = idle.pop()
            if found.usable:
                return found
            self.drop(found)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT):
            _, made = await loop.create_connection(
                Connection,
                origin.host,
                origin.port,
                ssl=self._context() if origin.tls else None,
                happy_eyeballs_delay=0.25,
            )
        self._open.add(made)
        return made

    def give_back(self, origin: Origin, connection: Connection) -> None:
        idle = self._idle.setdefault(origin, [])
        if connection.finish() and len(idle) < IDLE:
            idle.append(connection)
        else:
            self.drop(connection)
        # The longest unused lie in front.
        while idle and not idle[0].usable:
            self.drop(idle.pop(0))

    def close(self) -> None:
        for connection in list(self._open):
            self.drop(connection)
        self._idle.clear()

    def drop(self, connection: Connection) -> None:
        self._open.discard(connection)
        connection.abort()

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls
