"""Tools whose paging stands in a body or inside a parameter: their requests, their arguments, and the proof."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Param
from adaptgen.source import Hints
from adaptgen.source.hints.model import CallHint, PageHint, StepHint, ToolHint

INTEGER = {"type": "integer"}
TEXT = {"type": "string"}
ROWS = {"type": "array", "items": {"type": "object", "properties": {"id": INTEGER, "name": TEXT}}}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def operation(body: Any = None, *parameters: Any, name: str = "searchThings") -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": name, "parameters": list(parameters),
        "responses": {"200": {"content": {"application/json": {"schema": obj(items=ROWS)}}}},
    }  # fmt: skip
    return {**made, "requestBody": {"content": {"application/json": {"schema": body}}}} if body else made


BLOCK = obj(q=TEXT, paging=obj(mode=TEXT, offset=INTEGER, limit=INTEGER), page=obj(expand=TEXT))
FILTER = {
    "name": "filter",
    "in": "query",
    "content": {"application/json": {"schema": obj(skip=INTEGER, limit=INTEGER)}},
}


def test_a_search_pages_in_its_body(planned: Any) -> None:
    done = planned({"/things/search": {"post": operation(BLOCK)}})
    (tool,) = done.tools.values()
    assert tool.effect == "read"
    assert tool.page.place == "body"
    assert {one.name for one in tool.call.body.params} == {"q", "paging", "page"}
    shown = done.properties(tool.name)
    assert set(shown["paging"]["properties"]) == {"mode"}
    assert {"cursor", "limit", "fields"} <= set(shown)
    assert done.fates()["body", "paging.offset"] == "absorbed"
    assert done.fates()["body", "paging.mode"] == "argument"


def test_a_parameter_that_only_pages_is_no_argument(planned: Any) -> None:
    done = planned({"/things": {"get": operation(None, FILTER, name="listThings")}})
    (tool,) = done.tools.values()
    assert tool.call.query == (Param("filter", value={}, encode="json"),)
    assert "filter" not in done.properties(tool.name)
    assert done.fates()["query", "filter"] == "absorbed"


def test_a_call_that_writes_cannot_be_hinted_to_page(planned: Any) -> None:
    hint = ToolHint(call=CallHint("POST", "/things"), page=PageHint(offset="offset", place="body"))
    paths = {"/things": {"post": operation(obj(name=TEXT, offset=INTEGER), name="createThing")}}
    with pytest.raises(AdaptgenError, match="an operation that changes something is not a list") as told:
        planned(paths, Hints(path=None, tools={"things": hint}))
    assert told.value.diagnostics[0].help == "add effect: read, if it only reads"


def test_a_hint_that_it_reads_lets_inference_page_it(planned: Any) -> None:
    hint = ToolHint(call=CallHint("POST", "/things"), effect="read")
    paths = {"/things": {"post": operation(obj(name=TEXT, offset=INTEGER, limit=INTEGER), name="doThings")}}
    done = planned(paths, Hints(path=None, tools={"things": hint}))
    assert done.tools["things"].page.place == "body"


NUMBER = {"name": "page", "in": "path", "required": True, "schema": INTEGER}


def test_a_step_that_reads_every_page_has_the_first_one_in_its_address(planned: Any) -> None:
    step = StepHint(id="all", call=CallHint("GET", "/things/{page}"), all_pages=True)
    hint = ToolHint(steps=(step,), result="{all}")
    done = planned({"/things/{page}": {"get": operation(None, NUMBER)}}, Hints(path=None, tools={"report": hint}))
    (made,) = done.tools["report"].steps
    assert made.page.place == "path"
    assert made.call.path_params == (Param("page", value=1),)
    assert "page" not in done.properties("report")
