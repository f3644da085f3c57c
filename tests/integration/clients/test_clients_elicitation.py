"""Real clients and a link for their person: mcp 2.x in both eras, and mcp 1.30."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from mcp import Client
from mcp.shared.exceptions import MCPError, UrlElicitationRequiredError
from mcp.types import ElicitResult
from support.services import Unavailable, environment
from support.wire import FakeDesk

from adaptgen.govern.pipeline.elicitation import ask_to_open
from adaptgen.mcp.protocol import Context
from adaptgen.transports.streamable_http.asgi import app

pytestmark = pytest.mark.slow

URL = "https://tools.example/connections/abc"
MESSAGE = "Connect your own account at CRM."
ERAS = ("legacy", "2026-07-28")


class Desk:
    """A server whose tool needs an account; ``connected`` is what a page would have set."""

    def __init__(self) -> None:
        self.connected = False
        self.calls = 0
        self.url = ""

    async def call(self, params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        self.calls += 1
        if self.connected:
            return {"content": [{"type": "text", "text": "done"}]}
        return ask_to_open(context, URL, MESSAGE, id="connect.crm")


@contextmanager
def serving() -> Iterator[Desk]:
    desk = Desk()
    config = uvicorn.Config(app(FakeDesk(remembers=True, tools_call=desk.call)), port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until = time.monotonic() + 30
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        desk.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/mcp"
        yield desk
    finally:
        server.should_exit = True
        thread.join()


def called(desk: Desk, era: str, action: Any = None) -> tuple[str, list[Any]]:
    """The text of a call, and what the client was asked; ``action``: what its person does, None without a callback.

    Raises:
        MCPError: the server answered with an error.
    """
    asked: list[Any] = []

    async def elicited(context: Any, params: Any) -> ElicitResult:
        asked.append(params)
        desk.connected = action == "connect"
        return ElicitResult(action="accept" if action == "connect" else action)

    async def session() -> str:
        more = {"elicitation_callback": elicited} if action else {}
        async with Client(desk.url, mode=era, **more) as client:
            result = await client.call_tool("echo", {})
            return str(result.content[0].text)

    return asyncio.run(session()), asked


def test_mcp_2_opens_the_link_and_repeats_the_call() -> None:
    with serving() as desk:
        text, asked = called(desk, "2026-07-28", "connect")
    assert (text, desk.calls) == ("done", 2)
    assert [(one.mode, one.url, one.message) for one in asked] == [("url", URL, MESSAGE)]


@pytest.mark.parametrize(
    ("action", "words"), [("accept", "not finished"), ("decline", "declined"), ("cancel", "dismissed")]
)
def test_mcp_2_is_asked_once(action: str, words: str) -> None:
    with serving() as desk:
        text, asked = called(desk, "2026-07-28", action)
    assert words in text
    assert (len(asked), desk.calls) == (1, 2)


def test_mcp_2_reads_the_error_of_2025_11_25() -> None:
    with serving() as desk, pytest.raises((MCPError, ExceptionGroup)) as raised:
        called(desk, "legacy", "connect")
    problem: Any = raised.value
    while isinstance(problem, ExceptionGroup):
        (problem,) = problem.exceptions
    (elicitation,) = UrlElicitationRequiredError.from_error(problem.error).elicitations
    assert (elicitation.mode, elicitation.url, elicitation.message) == ("url", URL, MESSAGE)


@pytest.mark.parametrize("era", ERAS)
def test_mcp_2_without_links_gets_the_text(era: str) -> None:
    with serving() as desk:
        text, _ = called(desk, era)
    assert URL in text


MCP_1 = """\
import asyncio, json, sys

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from mcp.shared.exceptions import McpError, UrlElicitationRequiredError


async def elicited(context, params):
    raise AssertionError("nobody asks in a session")


async def main():
    async with streamablehttp_client(sys.argv[1]) as streams:
        more = {"elicitation_callback": elicited} if sys.argv[2] == "links" else {}
        async with ClientSession(streams[0], streams[1], **more) as session:
            await session.initialize()
            try:
                result = await session.call_tool("echo", {})
                print(json.dumps({"text": result.content[0].text}))
            except McpError as problem:
                (one,) = UrlElicitationRequiredError.from_error(problem.error).elicitations
                print(json.dumps({"mode": one.mode, "url": one.url, "message": one.message}))


asyncio.run(main())
"""


@pytest.mark.network
@pytest.mark.parametrize("kind", ["links", "text"])
def test_mcp_1_30_gets_the_link(kind: str) -> None:
    try:
        python = environment("mcp1", sys.executable) / "python"
    except Unavailable as reason:
        pytest.skip(f"mcp 1.30: {reason}")
    with serving() as desk:
        command = [str(python), "-c", MCP_1, desk.url, kind]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    if kind == "links":
        assert found == {"mode": "url", "url": URL, "message": MESSAGE}
    else:
        assert URL in found["text"]
