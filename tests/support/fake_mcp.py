"""An MCP server on a loopback socket that does exactly what a test tells it, down to the bytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from adaptgen.govern.settings.model import Upstream
from adaptgen.proxy.proxy_target import UpstreamAggregator

Message = dict[str, Any]


@dataclass
class Exchange:
    """One HTTP request that has come, and the ways to answer it."""

    verb: str
    headers: Mapping[str, str]
    message: Message
    writer: asyncio.StreamWriter
    answered: bool = False

    @property
    def method(self) -> str:
        """The JSON-RPC method, or the HTTP verb of a request without a body."""
        return str(self.message.get("method", "response" if self.message else self.verb))

    @property
    def params(self) -> dict[str, Any]:
        """The params."""
        found: dict[str, Any] = self.message.get("params") or {}
        return found

    def raw(self, head: str, body: bytes = b"") -> None:
        """Status line and headers, and a body of known length."""
        self.answered = True
        self.writer.write(f"HTTP/1.1 {head}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)

    def json(self, value: Any, status: str = "200 OK", more: str = "") -> None:
        """A JSON body."""
        self.raw(f"{status}\r\ncontent-type: application/json{more}", json.dumps(value).encode())

    def result(self, value: Any, more: str = "") -> None:
        """A JSON-RPC result."""
        self.json({"jsonrpc": "2.0", "id": self.message.get("id"), "result": value}, more=more)

    def error(self, code: int, text: str, status: str = "200 OK") -> None:
        """A JSON-RPC error."""
        body = {"jsonrpc": "2.0", "id": self.message.get("id"), "error": {"code": code, "message": text}}
        self.json(body, status)

    def stream(self) -> None:
        """Begin server-sent events."""
        self.answered = True
        self.writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")

    async def event(self, value: Any, head: str = "") -> None:
        """One event."""
        self.writer.write(f"{head}data: {json.dumps(value)}\n\n".encode())
        await self.writer.drain()

    async def final(self, value: Any) -> None:
        """The result as the last event."""
        await self.event({"jsonrpc": "2.0", "id": self.message.get("id"), "result": value})
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.answered = True
        self.writer.close()


Handler = Callable[[Exchange], Awaitable[None]]


@dataclass
class FakeServer:
    """``on`` answers methods; what it does not know is answered by ``tools`` and friends.

    ``modern``: it speaks 2026-07-28; ``session``: the id that ``initialize`` gives, "" for none, None where it knows
    no handshake.
    """

    url: str = ""
    modern: bool = True
    session: str | None = None
    capabilities: dict[str, Any] = field(default_factory=lambda: {"tools": {}})
    tools: list[dict[str, Any]] = field(default_factory=list)
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    on: dict[str, Handler] = field(default_factory=dict)
    seen: list[Exchange] = field(default_factory=list)
    down: bool = False

    def of(self, method: str) -> list[Exchange]:
        """The requests of one method so far."""
        return [one for one in self.seen if one.method == method]

    async def handle(self, exchange: Exchange) -> None:
        """Answer one request."""
        self.seen.append(exchange)
        if self.down:
            exchange.close()
        elif exchange.method in self.on:
            await self.on[exchange.method](exchange)
        elif exchange.method == "server/discover" and self.modern:
            exchange.result({"supportedVersions": ["2026-07-28"], "capabilities": self.capabilities})
        elif exchange.method == "initialize" and self.session is not None:
            more = f"\r\nmcp-session-id: {self.session}" if self.session else ""
            told = {"protocolVersion": "2025-11-25", "capabilities": self.capabilities, "serverInfo": {"name": "f"}}
            exchange.result(told, more)
        elif exchange.method == "tools/list":
            exchange.result({"tools": self.tools})
        elif exchange.method in self.lists:
            exchange.result(self.lists[exchange.method])
        elif exchange.method == "tools/call":
            exchange.result({"content": [{"type": "text", "text": exchange.params["name"]}]})
        elif exchange.method in ("GET", "DELETE"):
            exchange.raw("405 Method Not Allowed")
        elif "id" not in exchange.message or exchange.method == "response":
            exchange.raw("202 Accepted")
        else:
            exchange.error(-32601, "Method not found", "404 Not Found")


@asynccontextmanager
async def running(server: FakeServer) -> Any:
    """The server, on a free port."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")

                plain = {line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in head[1:] if ": " in line}
                body = await reader.readexactly(int(plain.get("content-length", "0")))
                exchange = Exchange(head[0].split()[0], plain, json.loads(body) if body else {}, writer)
                await server.handle(exchange)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/mcp"
    try:
        yield server
    finally:
        listening.close()


def tool(name: str, description: str = "Does it", **more: Any) -> dict[str, Any]:
    """A Tool."""
    return {"name": name, "description": description, "inputSchema": {"type": "object"}, **more}


@asynccontextmanager
async def aggregated(
    *servers: FakeServer, settings: Mapping[str, Any] | None = None, **more: Any
) -> AsyncIterator[UpstreamAggregator]:
    """A aggregator of running servers: the first is ``a``, the second ``b``, …"""
    async with AsyncExitStack() as stack:
        for server in servers:
            await stack.enter_async_context(running(server))
        names = "abcdef"[: len(servers)]
        upstreams = {
            name: Upstream(url=server.url, **(settings or {})) for name, server in zip(names, servers, strict=True)
        }
        aggregator = UpstreamAggregator(upstreams, **more)
        stack.push_async_callback(aggregator.aclose)
        await aggregator.start()
        yield aggregator


async def until(true: Callable[[], bool]) -> None:
    """Wait for what other tasks do; a test that waits in vain fails by its time limit."""
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0)
