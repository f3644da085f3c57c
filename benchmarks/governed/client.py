"""A client that costs next to nothing: JSON-RPC over one kept-alive connection, on asyncio streams."""

from __future__ import annotations

import asyncio

import orjson

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Lean:
    """One connection to one MCP server that speaks 2026-07-28."""

    def __init__(self, port: int, token: str = "") -> None:
        self._port = port
        self._token = token
        self._id = 0

    async def __aenter__(self) -> Lean:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 22)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def call(self, tool: str, arguments: dict[str, object]) -> bytes:
        """The body of the answer to one ``tools/call``.

        Raises:
            AssertionError: it is no success.
        """
        self._id += 1
        params = {"name": tool, "arguments": arguments, "_meta": META}
        body = orjson.dumps({"jsonrpc": "2.0", "id": self._id, "method": "tools/call", "params": params})
        head = (
            f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Type: application/json\r\n"
            "Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n"
            f"Mcp-Method: tools/call\r\nMcp-Name: {tool}\r\nContent-Length: {len(body)}\r\n"
        )
        if self._token:
            head += f"Authorization: Bearer {self._token}\r\n"
        self._writer.write(head.encode() + b"\r\n" + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        lower = answer.lower()
        assert lower.startswith(b"http/1.1 200"), answer
        if b"content-length:" in lower:
            content = await self._reader.readexactly(int(lower.split(b"content-length:")[1].split(b"\r\n")[0]))
        else:
            content = b""
            while size := int(await self._reader.readuntil(b"\r\n"), 16):
                content += (await self._reader.readexactly(size + 2))[:-2]
            await self._reader.readexactly(2)
        assert b'"isError":true' not in content, content[:500]
        assert b'"error"' not in content[:60], content[:500]
        return content
