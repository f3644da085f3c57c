"""Generated servers: what the build decides about their lists, and what agents get of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from support.generated import engine, generate

from adaptgen.cli.entry import main
from adaptgen.govern.pipeline.ungoverned import UngovernedHandler
from adaptgen.model.tables import LOCAL, Server
from adaptgen.runtime.engine import Engine
from adaptgen.tool_search import Part, menu_of
from adaptgen.transports.fastmcp import front
from adaptgen.transports.load import load_server

from .conftest import ask, call, text

WORDS = "A sentence about this parameter that says what it is good for and when to leave it out. "
Make = Callable[..., Path]


def document(resources: int, said: int = 1) -> dict[str, bytes]:
    """An API of so many resources, each of which is listed, read and created."""
    paths: dict[str, Any] = {}
    for number in range(resources):
        name = f"things{number:02}"
        answer = {"schema": {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}}
        several = {
            "200": {
                "description": "ok",
                "content": {"application/json": {"schema": {"type": "array", "items": answer["schema"]}}},
            }
        }
        one = {"200": {"description": "ok", "content": {"application/json": answer}}}
        given = [
            {"name": f"p{n}", "in": "query", "description": WORDS * said, "schema": {"type": "string"}}
            for n in range(6)
        ]
        body = {
            "content": {"application/json": {"schema": {"type": "object", "properties": {"name": {"type": "string"}}}}}
        }
        tags = ["Early Things" if number < 2 else "Late"]
        paths[f"/{name}"] = {
            "get": {"tags": tags, "summary": f"List {name}", "parameters": given, "responses": several},
            "post": {"tags": tags, "summary": f"Create {name}", "requestBody": body, "responses": one},
        }
        item = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        paths[f"/{name}/{{id}}"] = {
            "get": {"tags": tags, "summary": f"Get {name}", "parameters": [item], "responses": one}
        }
    root = {"openapi": "3.1.0", "info": {"title": "Things", "version": "1"}, "servers": [{"url": "http://127.0.0.1:9"}]}
    return {"things.json": json.dumps({**root, "paths": paths}).encode()}


@pytest.fixture
def make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Make:
    """Builds and loads a server of so many resources."""

    def build(resources: int, said: int = 1, hints: str = "") -> Path:
        return generate(tmp_path, "things", document(resources, said), hints)

    return build


def server(package: Path) -> Server:
    return load_server(package)


def tools(package: Path, part: Part | None = None) -> list[dict[str, Any]]:
    async def listed() -> list[dict[str, Any]]:
        made = Engine(load_server(package), environ={})
        return (await ask(menu_of(UngovernedHandler(made), made.server), LOCAL, "tools/list", part=part))["tools"]  # type: ignore[no-any-return]

    return asyncio.run(listed())


def test_a_small_server_lists_its_tools_and_says_nothing_of_it(make: Make) -> None:
    package = make(2)
    assert server(package).surface == "list"
    assert "surface" not in (package / "server.py").read_text()
    assert len(tools(package)) == 6
    assert server(package).tools[0].tags == ("Early Things",)


def test_a_server_that_fits_in_short_lists_every_tool_within_the_budget(make: Make) -> None:
    package = make(14, said=3)
    found = tools(package)
    assert server(package).surface == "auto"
    assert found[0]["name"] == "describe_tool"
    assert len(found) == 43
    assert len(json.dumps({"tools": found}, separators=(",", ":"))) < 32_000
    listing = next(one for one in found if one["name"] == "list_things03")["inputSchema"]["properties"]
    assert {f"p{number}" for number in range(6)} | {"cursor", "limit", "fields"} <= listing.keys()


def test_a_server_that_never_fits_is_searched(make: Make) -> None:
    package = make(80)
    found = tools(package)
    assert [one["name"] for one in found] == ["search_tools", "describe_tool", "call_read_tool", "call_write_tool"]
    assert len(json.dumps(found)) < 8_000
    assert len(tools(package, Part("early-things", "read"))) == 4


def test_hints_decide(make: Make) -> None:
    package = make(2, hints="server: {surface: search}\npin: [create_things01]\n")
    assert (server(package).surface, server(package).pin) == ("search", ("create_things01",))
    assert [one["name"] for one in tools(package)][-1] == "create_things01"


def test_a_pin_that_names_no_tool_is_refused_at_its_place(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AssertionError, match="build ended with 2"):
        make(2, hints="server: {surface: search}\npin: [create_thing01]\n")
    said = capsys.readouterr().err
    assert "hints.yaml:2:7: error AG037: there is no tool 'create_thing01' to pin" in said
    assert "did you mean 'create_things01'?" in said


def test_annotations_of_the_menu(make: Make) -> None:
    by_name = {one["name"]: one["annotations"] for one in tools(make(2, hints="server: {surface: search}\n"))}
    assert [by_name[name]["readOnlyHint"] for name in ("search_tools", "describe_tool", "call_read_tool")] == [True] * 3
    assert by_name["call_write_tool"]["readOnlyHint"] is False
    assert by_name["call_write_tool"]["destructiveHint"] is True


def test_what_a_typed_tool_answers_is_described(make: Make) -> None:
    hints = "server: {surface: search}\ndefaults: {result: structured}\ntools: {get_things01: {result: columns}}\n"
    made = engine(make(2, hints=hints), {})
    desk = menu_of(UngovernedHandler(made), made.server)

    async def described(name: str) -> Any:
        return json.loads(text(await call(desk, LOCAL, "describe_tool", {"name": name})))

    said = asyncio.run(described("get_things00"))["outputSchema"]
    assert said["properties"]["id"] == {"type": ["string", "integer", "number", "boolean", "null"]}
    assert "outputSchema" not in asyncio.run(described("get_things01"))


def test_what_is_described_is_the_contract(make: Make) -> None:
    package = make(2, hints="server: {surface: search}\n")
    made = engine(package, {})
    desk = menu_of(UngovernedHandler(made), made.server)

    async def described() -> list[str]:
        one = text(await call(desk, LOCAL, "describe_tool", {"name": "get_things00, create_things00"})).split("\n")
        wrong = text(await call(desk, LOCAL, "describe_tool", {"name": "get_thing00"}))
        return [*one, wrong]

    first, second, wrong = asyncio.run(described())
    contract = made.get("get_things00")
    assert contract is not None
    said = json.loads(first)
    assert said["inputSchema"] == contract.input_schema
    assert said["description"] == contract.description
    assert (said["effect"], said["tags"], said["call_with"]) == ("read", ["Early Things"], "call_read_tool")
    assert json.loads(second)["call_with"] == "call_write_tool"
    assert wrong == "There is no tool `get_thing00`; did you mean `get_things00`?"


def test_what_a_hit_says(make: Make) -> None:
    package = make(2, hints="server: {surface: search}\n")
    made = engine(package, {})
    desk = menu_of(UngovernedHandler(made), made.server)
    found = text(asyncio.run(call(desk, LOCAL, "search_tools", {"query": "get things01", "limit": 1})))
    assert found.split("\n")[0].startswith("get_things01(id) [read] Get things01.")
    assert len(found.split("\n")) == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Argument `query` is missing"),
        ({"query": " "}, "Argument `query` is missing"),
        ({"query": "x", "limit": 0}, "Argument `limit` must be"),
        ({"query": "x", "limit": "3"}, "Argument `limit` must be"),
    ],
)  # fmt: skip
def test_a_search_without_words_says_so(make: Make, given: dict[str, Any], said: str) -> None:
    made = engine(make(2, hints="server: {surface: search}\n"), {})
    result = asyncio.run(call(menu_of(UngovernedHandler(made), made.server), LOCAL, "search_tools", given))
    assert text(result).startswith(said)
    assert result["isError"]


def test_wrong_arguments_of_the_inner_tool_are_named(make: Make) -> None:
    made = engine(make(2, hints="server: {surface: search}\n"), {})
    given = {"name": "get_things00", "arguments": {"ident": "x"}}
    result = asyncio.run(call(menu_of(UngovernedHandler(made), made.server), LOCAL, "call_read_tool", given))
    assert "There is no argument `ident`" in text(result)
    assert "`id`" in text(result)


@pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
def test_fastmcp_serves_the_menu_and_the_tools_behind_it(make: Make, mode: Any) -> None:
    made = engine(make(2, hints="server: {surface: search}\n"), {})
    touched = front(made)

    async def session() -> tuple[list[str], list[str]]:
        found = []
        async with Client(front(made), mode=mode) as client:
            names = [one.name for one in await client.list_tools()]
            hits = await client.call_tool("search_tools", {"query": "things"})
            found.append(hits.content[0].text)
            dry = {"name": "create_things00", "arguments": {"name": "x", "dry_run": True}}
            answer = await client.call_tool("call_write_tool", dry)
            found.append(answer.content[0].text)
        # With something added to the front FastMCP's own way is taken, which looks a tool up by its name.
        touched.tool(lambda: "own", name="own")
        async with Client(touched, mode=mode) as client:
            again = await client.call_tool("create_things00", {"name": "x", "dry_run": True})
            found.append(again.content[0].text)
        return names, found

    names, (hits, dry, again) = asyncio.run(session())
    assert names == ["search_tools", "describe_tool", "call_read_tool", "call_write_tool"]
    assert "get_things00(id)" in hits
    assert "/things00" in dry
    assert again == dry


def test_serve_refuses_a_tag_that_there_is_not(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    package = make(2)
    assert main(["serve", str(package), "--tag", "early-thing"]) == 2
    assert "AG069" in (said := capsys.readouterr().err)
    assert "did you mean 'early-things'?" in said


def test_parts_are_asked_for_by_the_url_over_http(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", str(make(2)), "--http", "127.0.0.1:0", "--effect", "read"]) == 2
    assert "/mcp/<tag>?effect=read" in capsys.readouterr().err


def test_a_part_on_stdio(make: Make) -> None:
    made = engine(make(2), {})

    async def session() -> list[str]:
        async with Client(front(made, Part("early-things", "write"))) as client:
            return [one.name for one in await client.list_tools()]

    assert asyncio.run(session()) == ["create_things00", "create_things01"]
