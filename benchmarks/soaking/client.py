"""One connection of one worker to the proxy: every answer is handed over as it came."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from governed.client import META

_IDLE = 2.0
"""Seconds after which a connection is not used again: the other side may be about to close it."""


@dataclass(frozen=True)
class Said:
    """One answer. ``text``: of the tool's result, or of the error; ``raw``: head and body, to be searched."""

    status: int
    raw: bytes
    text: str
    failed: bool
    code: int = 0

    def rows(self) -> list[dict[str, Any]]:
        """The items of a list."""
        answer = orjson.loads(self.text)
        if "fields" in answer:
            return [dict(zip(answer["fields"], row, strict=True)) for row in answer["items"]]
        return list(answer["items"])


class Connection:
    """Requests of 2026-07-28, one at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._number = 0
        self._used = 0.0
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
            self._reader = self._writer = None

    async def call(self, token: str, tool: str, arguments: Mapping[str, Any]) -> Said:
        """One ``tools/call``."""
        if time.monotonic() - self._used > _IDLE:
            self.close()
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 22)
        self._number += 1
        params = {"name": tool, "arguments": arguments, "_meta": META}
        body = orjson.dumps({"jsonrpc": "2.0", "id": self._number, "method": "tools/call", "params": params})
        self._writer.write(
            f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Type: application/json\r\n"
            "Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n"
            f"Mcp-Method: tools/call\r\nMcp-Name: {tool}\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        size = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
        content = await self._reader.readexactly(size)
        if b"connection: close" in lower:
            self.close()
        self._used = time.monotonic()
        return _said(int(head.split(b" ")[1]), head + content, content)


def _said(status: int, raw: bytes, content: bytes) -> Said:
    answer = orjson.loads(content)
    error = answer.get("error")
    if error is not None:
        return Said(status, raw, str(error.get("message")), True, int(error.get("code", 0)))
    result = answer["result"]
    text = "".join(str(block.get("text")) for block in result["content"])
    return Said(status, raw, text, bool(result.get("isError")))
