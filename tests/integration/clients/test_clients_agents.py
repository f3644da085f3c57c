"""The agent frameworks: openai-agents, strands-agents and langchain-mcp-adapters, without a model. Each lists the tools
and calls one, where all tools are listed and where they are searched."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from support.services import Unavailable, environment

from .conftest import Served, serving, unstarted, wired
from .test_clients_foreign import inspect, inspector, old, old_python

__all__ = ["inspector", "old_python"]

pytestmark = [pytest.mark.slow, pytest.mark.network]

MENU = ["call_read_tool", "call_write_tool", "describe_tool", "search_tools"]
SCRIPT = """\
import asyncio, json, sys

NAME, URL, CALLS = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])


async def openai_agents():
    from agents.mcp import MCPServerStreamableHttp

    async with MCPServerStreamableHttp(params={"url": URL}) as server:
        names = [tool.name for tool in await server.list_tools()]
        texts = [(await server.call_tool(name, given)).content[0].text for name, given in CALLS]
    return names, texts


def strands_agents():
    from mcp.client.streamable_http import streamablehttp_client
    from strands.tools.mcp import MCPClient

    with MCPClient(lambda: streamablehttp_client(URL)) as client:
        names = [tool.tool_name for tool in client.list_tools_sync()]
        texts = [client.call_tool_sync(str(at), *call)["content"][0]["text"] for at, call in enumerate(CALLS)]
    return names, texts


async def langchain():
    from langchain_mcp_adapters.client import MultiServerMCPClient

    client = MultiServerMCPClient({"server": {"url": URL, "transport": "streamable_http"}})
    tools = {tool.name: tool for tool in await client.get_tools()}
    texts = []
    for name, given in CALLS:
        answer = await tools[name].ainvoke(given)
        texts.append(answer if isinstance(answer, str) else answer[0]["text"])
    return list(tools), texts


if NAME == "strands_agents":
    found = strands_agents()
else:
    found = asyncio.run({"openai_agents": openai_agents, "langchain": langchain}[NAME]())
print("found:" + json.dumps(found))
"""
SEARCHED = [
    ("search_tools", {"query": "read a single note"}),
    ("describe_tool", {"name": "get_note"}),
    ("call_read_tool", {"name": "get_note", "arguments": {"id": 3}}),
]


@pytest.fixture(scope="module")
def agents_python() -> str:
    """An interpreter with the three frameworks."""
    try:
        return str(environment("agents", sys.executable) / "python")
    except Unavailable as reason:
        pytest.skip(f"agent frameworks: {reason}")


@pytest.fixture(scope="module")
def searched(
    notes_package: Path, notes_api: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, Served]]:
    """The same tools, searched instead of listed, over FastMCP and on the wire."""
    folder = tmp_path_factory.mktemp("searched")
    package = folder / "notes"
    shutil.copytree(notes_package, package)
    server = package / "server.py"
    server.write_text(server.read_text().replace("tools=TOOLS,", 'tools=TOOLS,\n    surface="search",'))
    notes = unstarted(package, notes_api, folder)
    with serving(notes) as usual, wired(notes) as wire:
        yield usual, wire


def asked(python: str, framework: str, url: str, calls: list[Any]) -> tuple[list[str], list[str]]:
    """The names that the framework lists, and the texts of its calls."""
    command = [python, "-c", SCRIPT, framework, url, json.dumps(calls)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    names, texts = json.loads(done.stdout.rpartition("found:")[2])
    return sorted(names), texts


@pytest.mark.parametrize("framework", ["openai_agents", "strands_agents", "langchain"])
def test_a_framework_lists_and_calls(agents_python: str, notes_fronts: tuple[Served, Served], framework: str) -> None:
    for served in notes_fronts:
        names, (text, page) = asked(
            agents_python, framework, served.url, [("get_note", {"id": 3}), ("find_notes", {"limit": 2})]
        )
        assert names == ["find_notes", "get_note"]
        assert json.loads(text)["text"] == "note 3"
        assert json.loads(page)["items"] == [[1, "note 1"], [2, "note 2"]]


def expect_searched(names: list[str], texts: list[str]) -> None:
    found, described, called = texts
    assert sorted(names) == MENU
    assert "get_note" in found
    assert '"id"' in described
    assert json.loads(called)["text"] == "note 3"


@pytest.mark.parametrize("framework", ["openai_agents", "strands_agents", "langchain"])
def test_a_framework_searches_and_calls(agents_python: str, searched: tuple[Served, Served], framework: str) -> None:
    for served in searched:
        expect_searched(*asked(agents_python, framework, served.url, SEARCHED))


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
def test_fastmcp_searches_and_calls(searched: tuple[Served, Served], era: str) -> None:
    async def session(url: str) -> tuple[list[str], list[str]]:
        async with Client(StreamableHttpTransport(url), mode=era) as client:
            names = [tool.name for tool in await client.list_tools()]
            return names, [(await client.call_tool(name, given)).content[0].text for name, given in SEARCHED]  # type: ignore[union-attr]

    for served in searched:
        expect_searched(*asyncio.run(session(served.url)))


def test_mcp_2_searches_and_calls(searched: tuple[Served, Served]) -> None:
    async def run(url: str) -> tuple[list[str], list[str]]:
        async with streamable_http_client(url) as streams, ClientSession(streams[0], streams[1]) as session:
            await session.initialize()
            names = [tool.name for tool in (await session.list_tools()).tools]
            return names, [(await session.call_tool(name, given)).content[0].text for name, given in SEARCHED]  # type: ignore[union-attr]

    for served in searched:
        expect_searched(*asyncio.run(run(served.url)))


def test_mcp_1_searches_and_calls(old_python: str, searched: tuple[Served, Served]) -> None:
    for served in searched:
        texts = []
        for name, given in SEARCHED:
            _, names, text = old(old_python, name, dict(given), served.url)
            texts.append(text)
        expect_searched(names, texts)


def test_the_inspector_searches_and_calls(
    inspector: list[str], searched: tuple[Served, Served], tmp_path: Path
) -> None:
    for served in searched:
        target = [served.url, "--transport", "http"]
        listed = inspect(inspector, tmp_path, *target, "--method", "tools/list")
        texts = []
        for name, given in SEARCHED:
            words = ["--method", "tools/call", "--tool-name", name]
            for key, value in given.items():
                words += ["--tool-arg", f"{key}={value if isinstance(value, str) else json.dumps(value)}"]
            texts.append(inspect(inspector, tmp_path, *target, *words)["content"][0]["text"])
        expect_searched([tool["name"] for tool in listed["tools"]], texts)
