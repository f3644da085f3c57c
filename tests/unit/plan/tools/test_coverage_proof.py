"""The proof: it must find what a broken generator would lose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.plan import Input
from adaptgen.model.tables import Contract, Tool
from adaptgen.plan.document.reader import operations
from adaptgen.plan.tools import tool as tools
from adaptgen.plan.tools.coverage_proof import InputCoverage, inputs_of
from adaptgen.plan.tools.tool import BuiltTool

BODY = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "address": {"type": "object", "properties": {"city": {"type": "string"}, "zip": {"type": "string"}}},
        "tags": {"type": "array", "items": {"type": "object", "properties": {"label": {"type": "string"}}}},
    },
}
PATHS = {
    "/things/{id}": {
        "post": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                {"name": "q", "in": "query", "schema": {"type": "string"}},
                {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
            ],
            "requestBody": {"content": {"application/json": {"schema": BODY}}},
            "responses": {"200": {"description": "ok"}},
        }
    }
}


@pytest.fixture
def walk(make: Any, planned: Any) -> Any:
    """``walk(tool=…, contract=…)``: the fates, after these changes of the emitted tool and its contract."""
    document = make(PATHS)
    done = planned(PATHS)
    (tool,) = done.tools.values()
    contract = done.contracts[tool.name]
    (operation,), _, _ = operations(document)

    def run(change: Any = None, shrink: Any = None, auths: Any = None) -> dict[tuple[str, str], Input]:
        changed: Tool = change(tool) if change else tool
        shown: Contract = replace(contract, input_schema=shrink(contract.input_schema)) if shrink else contract
        proof = InputCoverage(document, auths or {}, {}, frozenset())
        return {(one.place, one.name): one for one in inputs_of(proof, operation, [(changed, shown)])}

    return run


def test_a_row_that_is_missing_is_lost(walk: Any) -> None:
    found = walk(lambda tool: replace(tool, call=replace(tool.call, query=())))
    assert [key for key, one in found.items() if one.fate == "lost"] == [("query", "q")]


def test_a_body_that_is_not_sent_loses_every_leaf(walk: Any) -> None:
    found = walk(lambda tool: replace(tool, call=replace(tool.call, body=None)))
    assert {key[0] for key, one in found.items() if one.fate == "lost"} == {"body"}


def test_a_lost_input_ends_the_build(planned: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    build_tool = tools.build_tool

    def forgetful(*arguments: Any) -> BuiltTool:
        built: BuiltTool = build_tool(*arguments)
        assert built.tool.call is not None
        return replace(built, tool=replace(built.tool, call=replace(built.tool.call, headers=())))

    monkeypatch.setattr(tools, "build_tool", forgetful)
    with pytest.raises(AdaptgenError) as caught:
        planned(PATHS)
    assert [one.code for one in caught.value.diagnostics] == ["AG040"]
    assert "X-Trace" in str(caught.value)


def test_leaves_beyond_the_limit_are_counted_once_per_property(make: Any, planned: Any) -> None:
    wide = {"type": "object", "properties": {f"p{n:04}": {"type": "string"} for n in range(1900)}}
    schema = {"type": "object", "properties": {"a": wide, "b": wide, "c": wide, "d": wide}}
    body = {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": {"200": {}}}
    done = planned({"/a": {"post": body}})
    names = {one.name for one in done.plan.inputs}
    assert {"c", "d"} <= names
    assert {one.fate for one in done.plan.inputs} == {"argument"}


def body_of(planned: Any, media: str, schema: Any) -> set[tuple[str, str]]:
    """The inputs of a body and their fates."""
    item = {
        "requestBody": {"content": {media: {"schema": schema}}},
        "responses": {"200": {"description": "ok"}},
    }
    return {(one.name, one.fate) for one in planned({"/x": {"put": item}}).plan.inputs if one.place == "body"}


def test_lines_of_json_are_a_text(planned: Any) -> None:
    """`application/ndjson` ends in "json" and is none: the whole body is one text."""
    schema = {"type": "array", "items": {"type": "object", "properties": {"op": {"type": "string"}}}}

    assert body_of(planned, "application/ndjson", schema) == {("[*].op", "argument")}


def test_what_the_api_sets_may_be_left_out_beyond_the_limit_too(planned: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adaptgen.plan.tools.coverage_proof.LIMIT", 1)
    schema = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": "string"}, "mac": {"type": "string", "readOnly": True}},
    }

    assert body_of(planned, "application/json", schema) == {("a", "argument"), ("mac", "absorbed")}
