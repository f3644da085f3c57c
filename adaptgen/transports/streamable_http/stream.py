"""The answer of one HTTP exchange under way: bytes at the end, or server-sent events as soon as there is one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from adaptgen.mcp.jsonrpc import event

PING = b": ping\n\n"
BACKLOG = 64
"""Events that wait for the client to read; a sender of more waits with them."""


class Gone(Exception):
    """The client is not there any more, or does not read."""


class Stream:
    """Events of one answer. It becomes a stream at the first event, or when the answer takes longer than ``every``
    seconds (connections without traffic are cut by what lies between); until then nothing is committed.
    """

    def __init__(self, allowed: bool, every: float, patience: float = 30.0) -> None:
        """``allowed``: the client takes events. ``patience``: seconds that an event waits for a client."""
        self.allowed = allowed
        self.started = False
        self._every = every
        self._patience = patience
        self._queue: asyncio.Queue[bytes | None] | None = None
        self._ready: asyncio.Future[None] | None = None
        self._room = asyncio.Event()
        self._closed = False

    def begin(self) -> None:
        """Answer with events, even before the first."""
        self._start()

    async def send(self, body: bytes) -> None:
        """Send one message as an event; Gone if the client has left."""
        if not self.allowed or self._closed:
            raise Gone
        queue = self._start()
        if queue.qsize() >= BACKLOG:
            await self._reading(queue)
        queue.put_nowait(event(body))

    def end(self, last: bytes | None = None) -> None:
        """Nothing more will be sent but ``last``, where this is a stream; what waits is still delivered."""
        if self._queue is not None:
            if last is not None and not self._closed:
                self._queue.put_nowait(event(last))
            self._queue.put_nowait(None)
        self._closed = True
        self._room.set()
        self._wake()

    async def decided(self) -> bool:
        """Waits until it is clear what the answer is: true for events, false when it ended without one."""
        if not self.started and not self._closed:
            loop = asyncio.get_running_loop()
            self._ready = loop.create_future()
            late = loop.call_later(self._every, self._start) if self.allowed else None
            try:
                await self._ready
            finally:
                if late is not None:
                    late.cancel()
        return self.started

    async def events(self, gone: Callable[[], None]) -> AsyncIterator[bytes]:
        """The events, with comments in pauses. ``gone`` is called when the reader leaves before the end."""
        queue = self._start()
        ended = False
        try:
            while not ended:
                item: bytes | None = PING
                if self._closed and queue.empty():
                    break
                try:
                    async with asyncio.timeout(self._every):
                        item = await queue.get()
                        self._room.set()
                except TimeoutError:
                    pass
                if item is None:
                    break
                yield item
            ended = True
        finally:
            self._closed = True
            self._room.set()
            if not ended:
                gone()

    async def _reading(self, queue: asyncio.Queue[bytes | None]) -> None:
        try:
            async with asyncio.timeout(self._patience):
                while queue.qsize() >= BACKLOG and not self._closed:
                    self._room.clear()
                    await self._room.wait()
        except TimeoutError:
            raise Gone from None
        if self._closed:
            raise Gone

    def _start(self) -> asyncio.Queue[bytes | None]:
        if self._queue is None:
            self._queue = asyncio.Queue()
        self.started = True
        self._wake()
        return self._queue

    def _wake(self) -> None:
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(None)
