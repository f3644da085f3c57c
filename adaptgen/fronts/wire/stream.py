"""The answer of one HTTP exchange under way: bytes at the end, or server-sent events as soon as there is one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from adaptgen.fronts.wire.message import event

PING = b": ping\n\n"
BACKLOG = 64
"""Events that wait for the client to read; whoever sends more waits with them."""


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
        self._closed = False

    def begin(self) -> None:
        """Answer with events, also when there is none yet."""
        self._start()

    async def send(self, body: bytes) -> None:
        """Send one message as an event.

        Raises:
            Gone: nobody will read it.
        """
        if not self.allowed or self._closed:
            raise Gone
        queue = self._start()
        try:
            if queue.full():
                async with asyncio.timeout(self._patience):
                    await queue.put(event(body))
            else:
                queue.put_nowait(event(body))
        except TimeoutError:
            raise Gone from None

    def end(self) -> None:
        """Nothing more will be sent; what waits is still delivered."""
        self._closed = True
        if self._queue is not None:
            # The last place is kept free by nobody: an overfull queue has a reader or will be dropped whole.
            try:
                self._queue.put_nowait(None)
            except asyncio.QueueFull:
                pass
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
                except TimeoutError:
                    pass
                if item is None:
                    break
                yield item
            ended = True
        finally:
            self._closed = True
            if not ended:
                gone()

    def _start(self) -> asyncio.Queue[bytes | None]:
        if self._queue is None:
            self._queue = asyncio.Queue(BACKLOG)
        self.started = True
        self._wake()
        return self._queue

    def _wake(self) -> None:
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(None)
