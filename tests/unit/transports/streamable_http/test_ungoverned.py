"""An engine without governance behind the wire, and what a process of it loads."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support.wire import MODERN, Client, said

from adaptgen.govern.pipeline.ungoverned import UngovernedHandler
from adaptgen.runtime.engine import Engine
from adaptgen.transports.streamable_http import StreamableHttpServer

if TYPE_CHECKING:
    from .conftest import FakeEngine

VERSIONS = ("2025-11-25", MODERN)


def results(engine: Engine, version: str, *asked: tuple[str, dict[str, Any]]) -> list[Any]:
    async def work() -> list[Any]:
        client = Client(StreamableHttpServer(UngovernedHandler(engine)), version)
        return [said(await client.ask(method, params)) for method, params in asked]

    return asyncio.run(work())


@pytest.mark.parametrize("version", VERSIONS)
def test_tools_are_listed_and_called(engine: Engine, fake: FakeEngine, version: str) -> None:
    given = {"name": "text", "arguments": {"a": 1}}
    listed, called = results(engine, version, ("tools/list", {}), ("tools/call", given))
    tools = listed["result"]["tools"]
    assert [tool["name"] for tool in tools] == ["file", "image", "refused", "structured", "text"]
    assert tools[-1]["inputSchema"] == {"type": "object", "properties": {"a": {"type": "integer"}}}
    assert called["result"]["content"] == [{"type": "text", "text": '{"items":[]}'}]
    assert fake.calls == [("text", {"a": 1})]


def test_nothing_but_tools(engine: Engine) -> None:
    (answer,) = results(engine, MODERN, ("prompts/list", {}))
    assert answer["error"]["code"] == -32601


def test_no_library_of_others_is_loaded() -> None:
    heavy = ("fastmcp", "mcp", "mcp_types", "pydantic", "starlette", "uvicorn", "httpx", "anyio", "cryptography")
    code = (
        "import sys, adaptgen.transports.streamable_http, adaptgen.govern.pipeline.ungoverned\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    program = "import sys, adaptgen.transports.streamable_http.serve"
    code = f"{program}\nprint([name for name in {heavy[:5]} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
