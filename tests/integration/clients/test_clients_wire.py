"""One generated server behind the FastMCP front and behind the lean wire: clients must not see a difference."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from .conftest import Served

ERAS = ("legacy", "2026-07-28")
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("get_note", {"id": 3}),
    ("get_note", {"id": 99}),
    ("get_note", {"id": "no integer"}),
    ("get_note", {}),
    ("find_notes", {"limit": 5}),
    ("find_notes", {"q": "note 2", "fields": ["*"]}),
    ("nothing", {}),
)


def plain(model: Any) -> Any:
    """A model of the SDK as the JSON that it came from, without the name of who served it."""
    value = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    value.pop("_meta", None)
    return value


@pytest.mark.parametrize("era", ERAS)
def test_fastmcp_sees_one_server(notes_fronts: tuple[Served, Served], era: str) -> None:
    async def session(url: str) -> Any:
        async with Client(StreamableHttpTransport(url), mode=era) as client:
            tools = [plain(tool) for tool in await client.list_tools()]
            results = [await client.call_tool_mcp(name, given) for name, given in CALLS]
            return tools, [plain(one) for one in results]

    usual, wire = (asyncio.run(session(served.url)) for served in notes_fronts)
    assert [tool["name"] for tool in usual[0]] == ["find_notes", "get_note"]
    assert wire == usual


def test_mcp_2_sees_one_server(notes_fronts: tuple[Served, Served]) -> None:
    async def session(url: str) -> Any:
        async with streamable_http_client(url) as streams, ClientSession(streams[0], streams[1]) as client:
            begun = await client.initialize()
            listed = await client.list_tools()
            results = [await client.call_tool(name, given) for name, given in CALLS]
            return plain(begun)["instructions"], plain(listed), [plain(one) for one in results]

    usual, wire = (asyncio.run(session(served.url)) for served in notes_fronts)
    assert wire == usual


META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
"""What each request of 2026-07-28 carries."""
REQUESTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("tools/list", {}),
    ("tools/call", {"name": "get_note", "arguments": {"id": 3}}),
    ("tools/call", {"name": "get_note", "arguments": {"id": 99}}),
    ("tools/call", {"name": "get_note", "arguments": []}),
    ("tools/call", {"arguments": {}}),
    ("unknown/method", {}),
    ("ping", {}),
)


def answered(url: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
    """Status and JSON of a raw request; of an error only its code, the words are everybody's own."""
    accept = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
    answer = httpx2.post(url, content=json.dumps(body).encode(), headers=accept | headers)
    found = answer.json() if answer.content else None
    if isinstance(found, dict) and "error" in found:
        return answer.status_code, found["error"]["code"]
    if isinstance(found, dict):
        found["result"].pop("_meta", None)
    return answer.status_code, found


@pytest.mark.parametrize(("method", "params"), REQUESTS)
def test_a_modern_request_is_answered_alike(
    notes_fronts: tuple[Served, Served], method: str, params: dict[str, Any]
) -> None:
    headers = {"mcp-protocol-version": "2026-07-28", "mcp-method": method, "mcp-name": str(params.get("name", ""))}
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": META}}
    usual, wire = (answered(served.url, body, headers) for served in notes_fronts)
    assert wire == usual
    without = {key: value for key, value in headers.items() if key != "mcp-method"}
    usual, wire = (answered(served.url, body, without) for served in notes_fronts)
    assert wire == usual == (400, -32020)


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
@pytest.mark.parametrize(("method", "params"), REQUESTS)
def test_a_handshake_request_is_answered_alike(
    notes_fronts: tuple[Served, Served], method: str, params: dict[str, Any], version: str
) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    usual, wire = (answered(served.url, body, {"mcp-protocol-version": version}) for served in notes_fronts)
    assert wire == usual


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2031-01-01"])
def test_the_handshake_is_alike(notes_fronts: tuple[Served, Served], version: str) -> None:
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
    usual, wire = (answered(served.url, body, {})[1]["result"] for served in notes_fronts)
    for key in ("protocolVersion", "instructions"):
        assert wire[key] == usual[key]
    assert wire["serverInfo"]["name"] == usual["serverInfo"]["name"]
    assert set(wire["capabilities"]) <= set(usual["capabilities"])
