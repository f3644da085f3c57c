"""The Python clients of this environment: fastmcp and mcp 2.x, over stdio and HTTP, in both eras."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import pytest
from fastmcp import Client
from fastmcp.client.transports import ClientTransport, StdioTransport, StreamableHttpTransport
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from .conftest import NOTES, Served

ERAS = ("legacy", "2026-07-28")


def transport(kind: str, served: Served) -> ClientTransport:
    if kind == "http":
        return StreamableHttpTransport(served.url)
    return StdioTransport(served.command[0], served.command[1:], env=served.environ, keep_alive=False)


async def everything(client: Client[Any]) -> tuple[list[str], list[list[Any]]]:
    """The names of the tools, and every row of a list read to its end."""
    names = [tool.name for tool in await client.list_tools()]
    rows: list[list[Any]] = []
    given: dict[str, Any] = {"limit": 2}
    while True:
        result = await client.call_tool("find_notes", given)
        (block,) = result.content
        assert block.type == "text"
        answer = json.loads(block.text)
        assert result.structured_content is None
        rows += answer["items"]
        if not answer.get("next_cursor"):
            return names, rows
        given = {"limit": 2, "cursor": answer["next_cursor"]}


@pytest.mark.parametrize("era", ERAS)
def test_fastmcp_over_http(notes_http: Served, era: str) -> None:
    async def session() -> tuple[list[str], list[list[Any]]]:
        async with Client(transport("http", notes_http), mode=era) as client:
            return await everything(client)

    assert asyncio.run(session()) == (["find_notes", "get_note"], [[note["id"], note["text"]] for note in NOTES])


@pytest.mark.parametrize("era", ERAS)
def test_fastmcp_over_stdio(notes: Served, era: str) -> None:
    async def session() -> tuple[list[str], list[list[Any]]]:
        async with Client(transport("stdio", notes), mode=era) as client:
            return await everything(client)

    assert asyncio.run(session()) == (["find_notes", "get_note"], [[note["id"], note["text"]] for note in NOTES])


async def one_note(session: ClientSession) -> tuple[list[str], Any, Any]:
    await session.initialize()
    names = [tool.name for tool in (await session.list_tools()).tools]
    good = await session.call_tool("get_note", {"id": 3})
    bad = await session.call_tool("get_note", {"id": 99})
    return names, good, bad


def expect_one_note(found: tuple[list[str], Any, Any]) -> None:
    names, good, bad = found
    assert names == ["find_notes", "get_note"]
    assert json.loads(good.content[0].text) == {"id": 3, "text": "note 3", "author": {"name": "Ada"}}
    assert bad.is_error


def test_mcp_2_over_http(notes_http: Served) -> None:
    async def run() -> tuple[list[str], Any, Any]:
        async with streamable_http_client(notes_http.url) as streams, ClientSession(streams[0], streams[1]) as session:
            return await one_note(session)

    expect_one_note(asyncio.run(run()))


def test_mcp_2_over_stdio(notes: Served) -> None:
    parameters = StdioServerParameters(command=notes.command[0], args=notes.command[1:], env=notes.environ)

    async def run() -> tuple[list[str], Any, Any]:
        async with stdio_client(parameters) as streams, ClientSession(streams[0], streams[1]) as session:
            return await one_note(session)

    expect_one_note(asyncio.run(run()))


@pytest.mark.parametrize("era", ERAS)
def test_the_crm_lists_and_answers(crm_http: Served, era: str) -> None:
    async def session() -> tuple[set[str], Any]:
        async with Client(transport("http", crm_http), mode=era) as client:
            names = {tool.name for tool in await client.list_tools()}
            return names, await client.call_tool("list_customers", {"limit": 3})

    names, result = asyncio.run(session())
    assert "list_customers" in names
    assert not {name for name in names if "login" in name}
    assert len(json.loads(result.content[0].text)["items"]) == 3


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"host": "127.0.0.1.evil.example:8000"}, 421),
        ({"origin": "http://localhost:5173"}, 200),
        ({}, 200),
    ],
)
def test_other_hosts_and_origins_are_turned_away(notes_http: Served, headers: dict[str, str], status: int) -> None:
    accept = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    answer = httpx2.post(notes_http.url, json=body, headers=accept | headers)
    assert answer.status_code == status
    if status == 200:
        assert answer.headers["content-type"] == "application/json"
        assert "mcp-session-id" not in answer.headers
