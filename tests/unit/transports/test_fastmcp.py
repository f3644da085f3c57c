"""The FastMCP front, in process, in both eras."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from fastmcp import Client, FastMCP
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext

from adaptgen.govern.pipeline.engine_target import INSTRUCTIONS
from adaptgen.runtime.engine import Engine
from adaptgen.transports.fastmcp import front

if TYPE_CHECKING:
    from .conftest import FakeEngine

ERAS = ("legacy", "2026-07-28")
MODERN = {"mcp-protocol-version": "2026-07-28", "accept": "application/json", "content-type": "application/json"}


def talk(mcp: FastMCP[Any], era: str, *calls: tuple[str, dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """The listed tools and the results of ``calls``."""

    async def session() -> tuple[list[Any], list[Any]]:
        async with Client(mcp, mode=era) as client:
            tools = await client.list_tools()
            return tools, [await client.call_tool(name, given, raise_on_error=False) for name, given in calls]

    return asyncio.run(session())


@pytest.mark.parametrize("era", ERAS)
def test_tools_are_listed_as_their_contracts_say(engine: Engine, era: str) -> None:
    tools, _ = talk(front(engine), era)
    assert [tool.name for tool in tools] == ["file", "image", "refused", "structured", "text"]
    text = tools[-1]
    assert text.description == "The tool text."
    assert text.input_schema == {"type": "object", "properties": {"a": {"type": "integer"}}}
    assert text.annotations.read_only_hint is True
    assert text.output_schema is None
    assert tools[3].output_schema == {"type": "object"}


@pytest.mark.parametrize("era", ERAS)
def test_answers_of_every_kind_arrive(engine: Engine, fake: FakeEngine, era: str) -> None:
    names = ("text", "refused", "image", "file", "structured")
    _, results = talk(front(engine), era, *((name, {"a": 1}) for name in names))
    text, refused, image, file, structured = results
    assert (text.content[0].text, text.is_error, text.structured_content) == ('{"items":[]}', False, None)
    assert (refused.content[0].text, refused.is_error) == ("no such folder", True)
    assert (image.content[0].type, image.content[0].mime_type) == ("image", "image/png")
    assert [block.type for block in file.content] == ["text", "resource"]
    assert (structured.structured_content, structured.content) == ({"items": [1]}, [])
    assert fake.calls == [(name, {"a": 1}) for name in names]


@pytest.mark.parametrize("era", ERAS)
def test_arguments_are_left_to_the_engine(engine: Engine, fake: FakeEngine, era: str) -> None:
    talk(front(engine), era, ("text", {"a": "no integer", "b": None}))
    assert fake.calls == [("text", {"a": "no integer", "b": None})]


@pytest.mark.parametrize("era", ERAS)
def test_an_unknown_tool_is_an_error_that_the_agent_reads(engine: Engine, era: str) -> None:
    _, (result,) = talk(front(engine), era, ("nothing", {}))
    assert result.is_error
    assert "nothing" in result.content[0].text


def test_the_server_says_what_it_is_and_how_its_own_arguments_are_used(engine: Engine, fake: FakeEngine) -> None:
    # Nothing is said of lists where there are none.
    assert front(engine).instructions == "Fake."
    own = ("cursor", "fields", "where", "dry_run")
    schema = {"type": "object", "properties": {name: {} for name in own}}
    fake.contracts["text"] = replace(fake.contracts["text"], input_schema=schema)
    fake.server = replace(fake.server, summary="Notes of a team.")
    assert front(engine).instructions == f"Fake. Notes of a team. {INSTRUCTIONS}"
    assert 'where takes paths and values: {"status": "OPEN"' in INSTRUCTIONS


def test_a_title_is_one_short_printable_line(engine: Engine, fake: FakeEngine) -> None:
    fake.server = replace(fake.server, title="CRM\u202e\n\n" + "x" * 500)
    said = front(engine).instructions
    assert said is not None
    assert said.startswith("CRM xxx")
    assert len(said) < len(INSTRUCTIONS) + 110


def test_the_engine_is_closed_when_the_front_ends(engine: Engine, fake: FakeEngine) -> None:
    talk(front(engine), "legacy")
    assert fake.closed == 1


class Counting(Middleware):
    """Counts what passes FastMCP's own way."""

    def __init__(self) -> None:
        self.seen: list[str | None] = []

    async def on_request(self, context: MiddlewareContext[Any], call_next: CallNext[Any, Any]) -> Any:
        self.seen.append(context.method)
        return await call_next(context)


@pytest.mark.parametrize("era", ERAS)
def test_middleware_that_someone_adds_sees_every_call(engine: Engine, era: str) -> None:
    mcp = front(engine)
    counting = Counting()
    mcp.add_middleware(counting)
    tools, (result,) = talk(mcp, era, ("text", {}))
    assert len(tools) == 5
    assert result.content[0].text == '{"items":[]}'
    assert [method for method in counting.seen if method in ("tools/list", "tools/call")] == [
        "tools/list",
        "tools/call",
    ]


def test_a_tool_that_someone_adds_is_listed_and_called(engine: Engine) -> None:
    mcp = front(engine)

    @mcp.tool
    def extra() -> str:
        """Something of our own."""
        return "ours"

    tools, (result,) = talk(mcp, "2026-07-28", ("extra", {}))
    assert len(tools) == 6
    assert result.content[0].text == "ours"


def test_the_front_can_be_mounted(engine: Engine, fake: FakeEngine) -> None:
    outer: FastMCP[Any] = FastMCP("outer")
    outer.mount(front(engine), "inner")
    tools, (text, image) = talk(outer, "2026-07-28", ("inner_text", {"a": 2}), ("inner_image", {}))
    assert "inner_text" in {tool.name for tool in tools}
    assert text.content[0].text == '{"items":[]}'
    assert text.structured_content is None
    assert image.content[0].type == "image"
    assert fake.calls[0] == ("text", {"a": 2})


def listings(mcp: FastMCP[Any], calls: int) -> int:
    """How often ``calls`` tool calls over HTTP at 2026-07-28 run the handler of tools/list."""
    server = mcp._mcp_server
    entry = server.get_request_handler("tools/list")
    assert entry is not None
    usual, seen = entry.handler, []

    async def counted(context: Any, params: Any) -> Any:
        seen.append(1)
        return await usual(context, params)

    server.add_request_handler("tools/list", entry.params_type, counted)
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    params = {"name": "text", "arguments": {"a": 1}, "_meta": meta}
    headers = MODERN | {"mcp-method": "tools/call", "mcp-name": "text"}

    async def session() -> None:
        app = mcp.http_app(path="/mcp", json_response=True, stateless_http=True)
        transport = httpx2.ASGITransport(app)
        async with (
            app.lifespan(app),
            httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
        ):
            for _ in range(calls):
                answer = await client.post("/mcp", json=body | {"params": params}, headers=headers)
                assert answer.json()["result"]["content"][0]["text"] == '{"items":[]}', answer.text

    asyncio.run(session())
    return len(seen)


def test_a_call_does_not_list_the_tools_again(engine: Engine) -> None:
    assert listings(front(engine), 3) == 0


def test_without_the_schema_lookup_every_call_would(engine: Engine) -> None:
    """The control: it fails when the SDK drops the attribute that closes the trap, or the trap itself."""
    mcp = front(engine)
    assert mcp._mcp_server.get_tool_input_schema is not None
    mcp._mcp_server.get_tool_input_schema = None
    assert listings(mcp, 3) == 3
