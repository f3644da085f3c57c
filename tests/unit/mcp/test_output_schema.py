"""Typed answers: what the output schema says, and that every answer of an API fits it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adaptgen.mcp.output_schema import fits, make_fitting, output_schema
from adaptgen.model.tables import LOCAL, Base, Call, Offset, Server, Tool
from adaptgen.runtime.core.answer import Answer, Binary, Text, make_result, with_structure
from adaptgen.runtime.engine import Engine

VIEW = ("id", "name", "open", "amount", "owner.name", "tags[*].name", "refs", "notes[0:20]")
RETURNS = {
    "id": "integer", "name": "string", "open": "boolean", "amount": "number", "owner.name": "string",
    "tags[*].name": "string", "refs": "array",
}  # fmt: skip
RECORD = Tool(name="get_thing", call=Call("GET", "/things/1"), view=VIEW, layout="structured")
LIST = Tool(
    name="list_things",
    call=Call("GET", "/things"),
    view=VIEW,
    page=Offset(offset="offset", items="$.things", total="$.total"),
    layout="structured",
)
WRITE = Tool(name="create_thing", call=Call("POST", "/things"), view=VIEW, effect="write", layout="structured")


def valid(value: Any, schema: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(schema).is_valid(value))


@pytest.mark.parametrize(
    ("value", "whole"),
    [
        ({"id": 5, "name": None, "more": {"any": 1}}, True),
        ({"id": "007", "open": 1, "amount": "1.50", "owner": None}, True),
        ({"id": "tok_id_ab", "owner": 7, "tags": {"name": "a"}}, True),
        ({"id": {"value": 5}}, False),
        ({"owner": {"name": ["Ada"]}}, False),
        ({"tags": [{"name": "a"}, {"name": {}}]}, False),
        ([1, 2], False),
    ],
)
def test_what_does_not_fit_comes_whole_under_result(value: Any, whole: bool) -> None:
    schema = output_schema(RECORD, RETURNS)
    assert make_fitting(value, schema) == (value if whole else {"result": value})
    assert valid(make_fitting(value, schema), schema)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["id", "name", "open", "amount", "owner", "tags", "refs", "notes", "things", "items", "total",
                         "note", "result", "complete", "omitted", "count", "fields", "next_cursor", "x"]),
        inner, max_size=6),
    max_leaves=20,
)  # fmt: skip


@given(value=ANY)
def test_fitting_is_what_a_validator_says(value: Any) -> None:
    for tool in (RECORD, LIST):
        schema = output_schema(tool, RETURNS)
        assert fits(value, schema) == valid(value, schema)
        assert valid(make_fitting(value, schema), schema)


def engine(folder: Path, body: bytes, media: str = "application/json") -> Engine:
    contracts = folder / "tools"
    contracts.mkdir(exist_ok=True)
    entries = {tool.name: {"description": "", "arguments": {}, "returns": RETURNS} for tool in (RECORD, LIST, WRITE)}
    (contracts / "things.json").write_text(json.dumps(entries))

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": media}, stream=httpx.ByteStream(body))

    server = Server(name="things", bases=(Base("http://api.test"),), tools=(RECORD, LIST, WRITE), contracts=contracts)
    return Engine(server, environ={}, transport=httpx.MockTransport(answer), cursor_key=b"k" * 32)


def results(made: Engine, calls: list[tuple[Tool, dict[str, Any]]]) -> list[dict[str, Any]]:
    async def ask() -> list[dict[str, Any]]:
        try:
            return [make_result(await made.call(LOCAL, tool.name, arguments)) for tool, arguments in calls]
        finally:
            await made.aclose()

    return asyncio.run(ask())


CALLS: list[tuple[Tool, dict[str, Any]]] = [
    (RECORD, {}),
    (RECORD, {"fields": ["name", "x.y", "owner"]}),
    (RECORD, {"fields": ["*"]}),
    (RECORD, {"fields": ["$"]}),
    (LIST, {}),
    (LIST, {"limit": 1}),
    (LIST, {"fields": ["tags", "id"]}),
    (LIST, {"count": True}),
    (LIST, {"count": "name"}),
    (LIST, {"group_by": "name, open"}),
    (LIST, {"sum": "amount", "max": "id"}),
    (LIST, {"distinct": "name"}),
    (LIST, {"where": {"id": {">": 1}}, "sort": "-id"}),
    (WRITE, {"dry_run": True}),
    (WRITE, {}),
]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=st.one_of(ANY, st.fixed_dictionaries({"things": st.lists(ANY, max_size=4), "total": ANY})))
def test_whatever_an_api_answers_is_structured_as_the_schema_says(
    tmp_path_factory: pytest.TempPathFactory, body: Any
) -> None:
    folder = tmp_path_factory.mktemp("things")
    found = results(engine(folder, json.dumps(body).encode()), CALLS)
    assert not any("isError" in result for result in (found[0], found[2], found[3], found[4], found[-2], found[-1]))
    for (tool, arguments), result in zip(CALLS, found, strict=True):
        if not result.get("isError"):
            assert valid(result["structuredContent"], output_schema(tool, RETURNS)), (tool.name, arguments, result)
            assert json.loads(result["content"][0]["text"]) in (
                result["structuredContent"],
                result["structuredContent"].get("result"),
            )


@pytest.mark.parametrize(
    ("body", "media"),
    [(b"hello", "text/plain"), (b"id,name\n1,Ada\n", "text/csv"), (b"\x89PNG", "image/png"), (b"", "text/plain")],
)
def test_answers_that_are_not_json_are_structured_too(tmp_path: Path, body: bytes, media: str) -> None:
    for result in results(engine(tmp_path, body, media), [(RECORD, {}), (WRITE, {})]):
        assert valid(result["structuredContent"], output_schema(RECORD, RETURNS))


def test_an_error_has_no_structured_content(tmp_path: Path) -> None:
    (result,) = results(engine(tmp_path, b"{}"), [(RECORD, {"fields": ["a..b"]})])
    assert result["isError"]
    assert "structuredContent" not in result


def test_text_and_files_are_not_copied() -> None:
    for content in ((Text("Ada Lovelace"),), (Binary(b"x", "image/png"),), (Text("{}"), Text("{}"))):
        made = with_structure(Answer(content), RECORD, RETURNS)
        assert made.structured == {"note": "This answer is not JSON; it is in `content`."}


def test_a_server_gives_its_layout_to_the_tools_that_have_none(tmp_path: Path) -> None:
    made = engine(tmp_path, b"{}")
    plain = Server(
        name="things",
        bases=(Base("http://api.test"),),
        tools=(Tool(name="get_thing", call=RECORD.call), Tool(name="list_things", call=LIST.call, layout="columns")),
        contracts=made.server.contracts,
        layout="structured",
    )
    (made.server.contracts / "things.json").write_text(
        json.dumps({name: {"description": "", "arguments": {}} for name in ("get_thing", "list_things")})
    )
    assert [tool.layout for tool in Engine(plain, environ={}).server.tools] == ["structured", "columns"]
