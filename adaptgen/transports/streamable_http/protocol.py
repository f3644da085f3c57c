"""An HTTP protocol for uvicorn that allows no client more than its share, in any state of its connection.

httptools and uvicorn bound neither heads nor trailers, and read whatever comes after an answer. Here every state has a
number of bytes and a number of seconds, counted on the bytes themselves: it makes no difference whether they come in
one packet or one by one. Nothing of a body is read before the application asks for it, which it does once it knows
the caller; trailers are counted and dropped.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from adaptgen.transports.streamable_http.connections import Connections

MAX_HEAD = 64 * 1024
"""Bytes of a request's head."""
MAX_FIELDS = 100
"""Header lines of a head: each costs a hundred bytes besides its own."""
MAX_TARGET = 8 * 1024
"""Bytes of the target of a request."""
MAX_TRAILER = 8 * 1024
"""Bytes of trailers, and of anything else between two bytes of a body: chunk extensions, line breaks."""
OVERHEAD = 8
"""Bytes around a byte of a body: a chunk of one byte has five."""
UNREAD = 64 * 1024
"""Bytes of a body that are read and dropped: after an early answer, or during a stream."""
MAX_PIPELINED = 4
"""Requests of a connection that wait for the answer of the one before."""
HEAD_SECONDS = 30.0
"""Seconds in which a head must have come, from the connection or from its first byte on."""
IDLE_SECONDS = 75.0
"""Seconds that an unused connection lives: longer than load balancers keep theirs (60), so that they end it."""
LINGER_SECONDS = 5.0
"""Seconds that a client may still send a body after the answer to its request."""
STALL_SECONDS = 60.0
"""Seconds in which a client that reads slowly must have read something."""
CLOSE_SECONDS = 10.0
"""Seconds in which a client may take what was still to be sent when its connection was closed."""
RECEIVE = 16 * 1024
"""Bytes that are read at once."""
_SLICE = 8 * 1024
"""Bytes that are parsed at once: limits hold to within as much."""


class _State(Enum):
    HEAD = "waiting for a head, or for the rest of it"
    BODY = "the head is there, the body is not"
    DONE = "nothing more is taken from this client"


class _LimitError(Exception):
    """Ends the parsing of what exceeds a limit."""


class SingleWriteProtocol(HttpToolsProtocol):
    """uvicorn's protocol over httptools, on a transport that writes once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(SingleWriteTransport(transport))  # type: ignore[arg-type]


class WireProtocol(SingleWriteProtocol):
    """uvicorn's protocol over httptools, with limits."""

    def __init__(self, *arguments: Any, connections: Connections | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._all = Connections() if connections is None else connections
        self._state = _State.HEAD
        self._offered = False
        self._head = 0
        self._fields = 0
        self._size = 0
        self._body = 0
        self._taken = 0
        self._gap = 0
        self._trailer = 0
        self._upgraded = False
        self._answer = (400, b"Bad Request")
        self._late: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    # ---------------------------------------------------------------------------------------------------- connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # What one read may bring is held before anybody has looked at it (asyncio's own measure is 256 KB).
        if hasattr(transport, "max_size"):
            transport.max_size = RECEIVE
        super().connection_made(transport)
        self._all.opened(self)
        self._within(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish()
        self._all.closed(self)
        super().connection_lost(exc)
        if self.cycle is not None:
            self.cycle.body = bytearray()

    def evict(self) -> None:
        """End it at once, whatever is still to be sent or read."""
        self._finish()
        self.transport.abort()

    def pause_writing(self) -> None:
        """The client reads more slowly than it is answered."""
        super().pause_writing()
        self._stalled = self.loop.call_later(STALL_SECONDS, self.evict)

    def resume_writing(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        super().resume_writing()

    # --------------------------------------------------------------------------------------------------------- bytes

    def data_received(self, data: bytes) -> None:
        if len(data) <= _SLICE:
            self._feed(data)
        else:
            view = memoryview(data)
            for start in range(0, len(data), _SLICE):
                self._feed(bytes(view[start : start + _SLICE]))
        if self._state is _State.BODY and not self._offered:
            self._offered = True
            self.flow.pause_reading()  # until the application asks

    def _feed(self, data: bytes) -> None:
        if self._state is _State.DONE or self.transport.is_closing():
            return
        if self._upgraded:
            self._unread(len(data))
            return
        if self._state is _State.HEAD:
            if not self._head:
                self._within(HEAD_SECONDS)
            self._head += len(data)
        else:
            # What of it turns out to be body is taken off again.
            self._taken += len(data)
            self._gap += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            self._end()
        elif self._state is _State.HEAD:
            if self._head > MAX_HEAD:
                self._refuse(431, b"Request Header Fields Too Large")
            else:
                self._all.holds(self, self._head)
        elif self._state is _State.BODY:
            self._check_body()

    def _check_body(self) -> None:
        if self._gap > MAX_TRAILER or self._taken - self._body > 2 * MAX_TRAILER + OVERHEAD * self._body:
            self._refuse(400, b"Bad Request")
            return
        if self.cycle.response_complete:
            self._unread(0)
        self._all.holds(self, len(self.cycle.body) + self._gap)

    def _unread(self, size: int) -> None:
        """Unwanted bytes; a client that sends too many is no longer listened to, but may read."""
        self._taken += size
        if self._taken > UNREAD:
            self.flow.pause_reading()

    # ------------------------------------------------------------------------------------------- what the parser finds

    def on_message_begin(self) -> None:
        if self._state is _State.DONE:
            raise _LimitError
        self._fields = self._size = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._size += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header line, or a trailer: those come too late to say anything, and are dropped."""
        size = len(name) + len(value) + 4
        if self._state is not _State.HEAD:
            self._trailer += size
            if self._trailer > MAX_TRAILER:
                raise _LimitError
            return
        self._fields += 1
        self._size += size
        if self._fields > MAX_FIELDS or self._size > MAX_HEAD:
            self._answer = (431, b"Request Header Fields Too Large")
            raise _LimitError
        super().on_header(name, value)

    def send_400_response(self, msg: str) -> None:
        """The parser found something other than HTTP, or more than is accepted."""
        if self._state is not _State.DONE:
            self._refuse(*self._answer)

    def on_headers_complete(self) -> None:
        if self._state is _State.DONE:
            return
        if len(self.url) > MAX_TARGET:
            self._answer = (414, b"URI Too Long")
            raise _LimitError
        if len(self.pipeline) >= MAX_PIPELINED:
            self.evict()
            raise _LimitError
        self._settle()
        self._state, self._offered = _State.BODY, False
        self._head = self._body = self._taken = self._gap = self._trailer = 0
        self._all.holds(self, 0)
        super().on_headers_complete()
        if self.parser.should_upgrade():  # not done here; nothing after such a request is read as HTTP
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """A part of the body. Nobody has asked for it as long as nobody has read the one before."""
        if self._state is not _State.BODY:
            return
        size = len(body)
        self._body += size
        self._gap = 0
        if self.cycle.response_complete:
            return
        self._all.uploads(self)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._state is not _State.BODY:
            return
        self._state = _State.HEAD
        self._upgraded = self.parser.should_upgrade()
        answered = self.cycle.response_complete
        super().on_message_complete()
        if answered:
            self._await_next()
        else:
            self._all.works(self)

    def on_response_complete(self) -> None:
        """The answer is out; a client that still sends its request has a little time to end."""
        super().on_response_complete()
        if self._state is _State.DONE:
            return
        if self.transport.is_closing():
            self._end()
        elif self.cycle.response_complete:  # else another request has been waiting for this one's answer
            self.cycle.body = bytearray()
            self._all.holds(self, self._head)
            if self._state is _State.BODY:
                self._unset_keepalive_if_required()
                self._all.waits(self)
                self._taken = self._body = self._gap = 0
                self._within(LINGER_SECONDS)
            else:
                self._await_next()

    # -------------------------------------------------------------------------------------------------------- inside

    def _await_next(self) -> None:
        """The connection is free for the next request, of which some may have come already."""
        self._unset_keepalive_if_required()
        self._all.waits(self)
        self._within(HEAD_SECONDS if self._head else IDLE_SECONDS)

    def _refuse(self, status: int, phrase: bytes) -> None:
        """Refuse a request unless an answer is under way, and read nothing more."""
        reading = self._state is _State.BODY and not self.pipeline and not self.cycle.response_started
        if reading or self.cycle is None or self.cycle.response_complete:
            head = b"HTTP/1.1 %d %b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % (status, phrase)
            self.transport.write(head)
        self._end()

    def _end(self) -> None:
        """Close, once what was written is sent, if that is soon."""
        self._finish()
        self.transport.close()
        self._late = self.loop.call_later(CLOSE_SECONDS, self.evict)

    def _finish(self) -> None:
        self._state = _State.DONE
        self._settle()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _within(self, seconds: float) -> None:
        self._settle()
        self._late = self.loop.call_later(seconds, self._end)

    def _settle(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class SingleWriteTransport:
    """A transport whose writes of one turn of the event loop leave together."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._waiting: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Takes ``data`` to be sent when the loop turns."""
        if not self._waiting:
            self._loop.call_soon(self._send)
        self._waiting.append(data)

    def close(self) -> None:
        """Closes after what was taken is handed over."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        data = b"".join(self._waiting)
        self._waiting.clear()
        if data and not self._transport.is_closing():
            self._transport.write(data)
