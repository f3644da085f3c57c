"""What clients of every model provider get, and what they send back."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.generated import generate
from support.governing import FakeTarget, fact, governed, settings

from adaptgen.govern.pipeline.ungoverned import UngovernedHandler
from adaptgen.mcp.provider_rules import PROVIDERS, check_tool
from adaptgen.model.tables import LOCAL
from adaptgen.runtime.engine import Engine
from adaptgen.tool_search import menu_of, over
from adaptgen.transports.load import load_server

from .conftest import ask, call, text

TEXT = {"type": "string"}
ITEM = {
    "type": "object",
    "properties": {
        "id": TEXT,
        "filter[name]": TEXT,
        "state": {"type": "string", "enum": ["", "open", "closed"]},
        "labels": {"type": "object", "additionalProperties": TEXT},
        "parent": {"$ref": "#/components/schemas/Item"},
        "children": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
        "level": {"type": "integer", "enum": [1, 2, 3], "format": "int32"},
        "due": {"type": "string", "format": "date", "nullable": True},
        "anything": {},
        "reference": {"oneOf": [{"type": "integer"}, TEXT]},
    },
    "additionalProperties": False,
}
JSON_ITEM = {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Items", "version": "1"},
    "servers": [{"url": "http://api.test"}],
    "components": {"schemas": {"Item": ITEM}},
    "paths": {
        "/items": {
            "get": {
                "operationId": "listItems",
                "parameters": [{"name": "raw", "in": "query"},
                               {"name": "ids", "in": "query", "schema": {"type": "array"}}],
                "responses": {"200": {"description": "ok", "content": {"application/json": {
                    "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}}}}},
            },
            "post": {
                "operationId": "createItem",
                "requestBody": {"required": True, "content": JSON_ITEM},
                "responses": {"201": {"description": "ok", "content": JSON_ITEM}},
            },
        }
    },
}  # fmt: skip


def answered(status: int, body: Any) -> httpx.Response:
    """An answer whose body is still to be read, as one of a real API."""
    stream = httpx.ByteStream(json.dumps(body).encode())
    return httpx.Response(status, headers={"Content-Type": "application/json"}, stream=stream)


class Api:
    """Answers with two items, and keeps what it was sent."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.queries: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.bodies.append(json.loads(request.content))
            return answered(201, {"id": "9"})
        self.queries.append(request.url.query.decode())
        return answered(200, [{"id": "1", "state": "open"}, {"id": "2", "state": "closed"}])


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return generate(tmp_path, "items", {"items.json": json.dumps(DOCUMENT).encode()}, "")


def desk(package: Path, api: Api, profile: Any = "", **changes: Any) -> Any:
    server = replace(load_server(package), **changes)
    return menu_of(
        UngovernedHandler(Engine(server, environ={}, transport=httpx.MockTransport(api))), server, profile=profile
    )


@pytest.mark.parametrize("surface", ["list", "auto", "search"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_list_is_one_that_the_provider_takes(package: Path, surface: Any, provider: str) -> None:
    profile = "openai-strict" if provider == "openai-strict" else ""
    served = desk(package, Api(), profile, surface=surface, pin=("create_item",))
    tools = asyncio.run(ask(served, LOCAL, "tools/list"))["tools"]
    assert "create_item" in {one["name"] for one in tools}
    assert [str(found) for one in tools for found in check_tool(one, provider)] == []


def test_what_follows_the_list_reaches_the_api_as_the_api_knows_it(package: Path) -> None:
    api = Api()
    served = desk(package, api)
    tools = {one["name"]: one for one in asyncio.run(ask(served, LOCAL, "tools/list"))["tools"]}
    shown = tools["create_item"]["inputSchema"]["properties"]
    assert shown["labels"]["type"] == "string"
    assert "filter_name" in shown
    nested = next(one for one in shown["children"]["items"].get("properties", {"filter_name": 0}) if "filter" in one)
    arguments = {"filter_name": "x", "labels": '{"a": "b"}', "children": [{nested: "y"}], "anything": '{"k": [1]}'}
    assert "isError" not in asyncio.run(call(served, LOCAL, "create_item", arguments))
    assert api.bodies[0]["filter[name]"] == "x"
    assert api.bodies[0]["labels"] == {"a": "b"}
    assert api.bodies[0]["anything"] == {"k": [1]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"where": {"state": "open"}}, '"1"'),
        ({"where": '{"state": "open"}'}, '"1"'),
        ({"count": True}, '"count":2'),
        ({"count": "true"}, '"count":2'),
        ({"sort": "-id", "limit": 1}, '"2"'),
        ({"sort": ["-id"], "limit": 1}, '"2"'),
    ],
)  # fmt: skip
def test_questions_are_taken_in_every_form(package: Path, arguments: dict[str, Any], said: str) -> None:
    for wrapper in (None, "call_read_tool"):
        served = desk(package, Api(), surface="search" if wrapper else "list")
        given = {"name": "list_items", "arguments": json.dumps(arguments)} if wrapper else arguments
        answer = text(asyncio.run(call(served, LOCAL, wrapper or "list_items", given))).replace(" ", "")
        assert said in answer


def test_text_of_a_query_stays_text(package: Path) -> None:
    api = Api()
    asyncio.run(call(desk(package, api), LOCAL, "list_items", {"raw": '{"a":1}'}))
    assert "raw=%7B%22a%22%3A1%7D" in api.queries[0]


def test_strict_mode_sends_nulls_and_the_api_gets_none(package: Path) -> None:
    api = Api()
    served = desk(package, api, "openai-strict")
    tools = {one["name"]: one for one in asyncio.run(ask(served, LOCAL, "tools/list"))["tools"]}
    arguments: dict[str, Any] = dict.fromkeys(tools["create_item"]["inputSchema"]["properties"])
    asyncio.run(call(served, LOCAL, "create_item", {**arguments, "id": "7"}))
    assert api.bodies == [{"id": "7"}]
    every = dict.fromkeys(tools["list_items"]["inputSchema"]["properties"])
    assert "isError" not in asyncio.run(call(served, LOCAL, "list_items", every))


def test_what_decides_sees_what_is_meant(tmp_path: Path) -> None:
    """The pipeline stands behind the schemas: it sees objects and the tool's own names."""
    schema = {"type": "object", "properties": {"$top": {"type": "integer"}, "where": {"type": "object"}}}
    wire = {"name": "find", "title": "Find", "description": "Find.", "inputSchema": schema}
    target = FakeTarget(fact("find", wire=wire, arguments={}))

    async def run() -> list[dict[str, Any]]:
        async with governed(settings(tmp_path, tokenize=None), target) as made:
            served = over(made)
            await call(served, LOCAL, "find", {"top": 3, "where": '{"a": 1}'})
            await call(served, LOCAL, "find", {"$top": 4, "where": {"a": 2}})
            return list((await ask(served, LOCAL, "tools/list"))["tools"])

    (shown,) = asyncio.run(run())
    assert set(shown["inputSchema"]["properties"]) == {"top", "where"}
    assert [given for _, _, given in target.calls] == [{"$top": 3, "where": {"a": 1}}, {"$top": 4, "where": {"a": 2}}]
