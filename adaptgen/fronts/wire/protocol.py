"""An HTTP protocol for uvicorn that gives no client more than its share: heads have a size and must come in time."""

from __future__ import annotations

import asyncio
from typing import Any

from adaptgen.fronts.corked import CorkedProtocol

MAX_HEAD = 64 * 1024
"""Bytes of a request's head; httptools itself would read one without end."""
HEAD_SECONDS = 30.0
"""Seconds in which a head must have come, from the connection or from its first byte on."""
_COUNTED = hasattr(CorkedProtocol, "on_message_begin")


class WireProtocol(CorkedProtocol):
    """uvicorn's own protocol over httptools, with limits; over h11, which has one of its own, as it is."""

    _head = 0
    _reading = _COUNTED
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._settle()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of the client."""
        super().data_received(data)
        if self._reading:
            self._head += len(data)
            if self._head > MAX_HEAD:
                self.transport.close()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._head, self._reading = 0, True
        self._watch()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._reading = False
        self._settle()
        super().on_headers_complete()

    def _watch(self) -> None:
        if not _COUNTED:
            return
        self._settle()
        self._late = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._give_up)

    def _settle(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        transport: Any = self.transport
        if not transport.is_closing():
            transport.close()
