"""An HTTP protocol for uvicorn that sends head and body of an answer in one piece.

uvicorn writes them one after the other, which costs two system calls here and two wake-ups at the client: with small
answers on loopback a good part of a call.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class CorkedTransport:
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


class CorkedProtocol(HttpToolsProtocol):
    """uvicorn's protocol over httptools, on a corked transport."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        super().connection_made(CorkedTransport(transport))  # type: ignore[arg-type]
