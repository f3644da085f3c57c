"""A desk whose answers a test writes, and a client of the wire without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from adaptgen.mcp.protocol import Challenge, Context, RpcError, ServerInfo
from adaptgen.model.tables import Caller
from adaptgen.transports.streamable_http import HttpAnswer, HttpRequest, StreamableHttpServer, folded, whole
from adaptgen.transports.streamable_http.request_context import RequestContext

VERSION = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
MODERN = "2026-07-28"
SCHEMA = {"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}}

Handler = Callable[[Mapping[str, Any], RequestContext], Awaitable[dict[str, Any]]]


class FakeDesk:
    """Answers with ``handlers`` (method -> coroutine function of params and context); keeps what it was told.

    Callers are who the Bearer token names (``tenant/sub``); without one it is ``/anna``, and with ``locked`` nobody.
    """

    def __init__(
        self, *, stateful: bool = False, locked: bool = False, remembers: bool = False, **handlers: Handler
    ) -> None:
        self.handlers = {name.replace("_", "/", 1): handler for name, handler in handlers.items()}
        self.locked = locked
        self.seen: list[tuple[Caller, str, Mapping[str, Any], Context]] = []
        self.notices: list[tuple[str, Mapping[str, Any]]] = []
        self.gone: list[str] = []
        self.tools: dict[str, Any] = {"tools": [{"name": "echo", "inputSchema": SCHEMA}]}
        self._about = ServerInfo(
            "fake", "1.2", title="Fake", instructions="Ask.", stateful=stateful, remembers=remembers
        )

    def about(self) -> ServerInfo:
        return self._about

    async def authenticate(self, headers: Mapping[str, str], context: Context) -> Caller:
        given = headers.get("authorization", "").removeprefix("Bearer ")
        if not given and self.locked:
            raise Challenge(401, 'Bearer resource_metadata="https://x.example/"', "a token is needed")
        tenant, _, sub = (given or "/anna").rpartition("/")
        return Caller(sub, tenant)

    async def schema(self, caller: Caller, tool: str, context: Context) -> Mapping[str, Any] | None:
        return SCHEMA if tool == "echo" else None

    async def request(self, caller: Caller, method: str, params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        self.seen.append((caller, method, params, context))
        assert isinstance(context, RequestContext)
        if method in self.handlers:
            return await self.handlers[method](params, context)
        if method == "tools/list":
            return self.tools
        if method == "tools/call":
            return {"content": [{"type": "text", "text": "done"}]}
        raise RpcError(-32601, "Method not found")

    async def notification(self, caller: Caller, method: str, params: Mapping[str, Any], context: Context) -> None:
        self.notices.append((method, params))

    async def close_session(self, session: str, caller: Caller | None = None) -> None:
        self.gone.append(session)

    def metadata(self) -> Mapping[str, Any] | None:
        return {"resource": "https://x.example/mcp"} if self.locked else None


def request(method: str, path: str = "/mcp", body: bytes = b"", **headers: str) -> HttpRequest:
    """An HTTP request to loopback; ``_`` in the names of headers is a hyphen."""
    given = {"host": "127.0.0.1:8000", **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines, twice = folded(given.items())
    return HttpRequest(method, path, lines, whole(body), twice)


class Client:
    """Sends what MCP clients send."""

    def __init__(self, kernel: StreamableHttpServer, version: str = MODERN, **headers: str) -> None:
        self.kernel = kernel
        self.version = version
        self.headers = {
            "content_type": "application/json",
            "accept": "application/json, text/event-stream",
            "mcp_protocol_version": version,
            **headers,
        }

    async def send(self, body: Any, **headers: str) -> HttpAnswer:
        """A POST of ``body``: bytes as they are, everything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.kernel.handle(request("POST", body=data, **{**self.headers, **headers}))

    async def ask(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        id: int | str = 1,
        meta: Mapping[str, Any] | None = None,
        **headers: str,
    ) -> HttpAnswer:
        """A POST of one request, with what the revision demands around it."""
        given = dict(params or {})
        more: dict[str, str] = {}
        if self.version == MODERN:
            given["_meta"] = {VERSION: MODERN, CAPABILITIES: {}, **(meta or {})}
            more["mcp_method"] = method
            named = given.get("uri" if method == "resources/read" else "name")
            if method in ("tools/call", "prompts/get", "resources/read") and isinstance(named, str):
                more["mcp_name"] = named
        elif meta:
            given["_meta"] = dict(meta)
        body = {"jsonrpc": "2.0", "id": id, "method": method, "params": given}
        return await self.send(body, **{**more, **headers})

    async def call(self, tool: str = "echo", arguments: Mapping[str, Any] | None = None, **more: Any) -> HttpAnswer:
        """tools/call."""
        return await self.ask("tools/call", {"name": tool, "arguments": dict(arguments or {})}, **more)

    async def open(self, version: str = "2025-11-25", **capabilities: Any) -> None:
        """The handshake; the client is in its session from then on."""
        info = {"name": "test", "version": "1"}
        params = {"protocolVersion": version, "capabilities": capabilities, "clientInfo": info}
        self.headers.pop("mcp_session_id", None)
        self.version = self.headers["mcp_protocol_version"] = version
        answer = await self.ask("initialize", params)
        if "mcp-session-id" in answer.headers:
            self.headers["mcp_session_id"] = answer.headers["mcp-session-id"]

    async def get(self, **headers: str) -> HttpAnswer:
        """A GET for the stream of what the server says unasked."""
        given = {**self.headers, "accept": "text/event-stream", **headers}
        return await self.kernel.handle(request("GET", **given))

    async def delete(self, **headers: str) -> HttpAnswer:
        """The end of the session."""
        return await self.kernel.handle(request("DELETE", **{**self.headers, **headers}))


def said(answer: HttpAnswer) -> Any:
    """The JSON of an answer that is no stream."""
    assert isinstance(answer.body, bytes), "the answer is a stream"
    return json.loads(answer.body)


def stream(answer: HttpAnswer) -> AsyncIterator[bytes]:
    """The events of an answer that is one."""
    assert not isinstance(answer.body, bytes), answer.body
    assert answer.headers["content-type"] == "text/event-stream"
    return answer.body


def parsed(event: bytes) -> Any:
    """The message of one event."""
    assert event.startswith(b"event: message\ndata: ")
    assert event.endswith(b"\n\n")
    return json.loads(event[len(b"event: message\ndata: ") :])


async def messages(answer: HttpAnswer) -> list[Any]:
    """Every message of a stream that ends."""
    return [parsed(one) async for one in stream(answer) if not one.startswith(b":")]


async def settle() -> None:
    """Lets everything that is ready run."""
    for _ in range(20):
        await asyncio.sleep(0)
