"""Vendors' extensions: what they say of paging, names, inputs, and of what agents do not see."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from support.passes import find_paging

from adaptgen.model.plan import Plan
from adaptgen.model.tables import Cursor, NextUrl, Offset, PageNumber, Paging, Tool
from adaptgen.plan import plan
from adaptgen.source import EMPTY, Hints, read, read_hints

INT, TEXT = {"type": "integer"}, {"type": "string"}
ROWS = {"type": "array", "items": {"type": "object", "properties": {"id": INT, "name": TEXT}}}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def page(api: SimpleNamespace, schema: Any, parameters: list[Any], root: Any = None, **more: Any) -> Paging | None:
    made, found = api.document({"/things": {"get": {"parameters": parameters, **api.answer(schema), **more}}})
    made.root.update(root or {})
    return find_paging(made, found["GET /things"]).page


def speakeasy(kind: str, outputs: dict[str, str], **inputs: str) -> dict[str, Any]:
    given = [{"name": name, "in": "parameters", "type": what} for what, name in inputs.items()]
    return {"x-speakeasy-pagination": {"type": kind, "inputs": given, "outputs": outputs}}


# The names are such that inference alone finds nothing.
@pytest.mark.parametrize(
    ("extension", "expected"),
    [
        (speakeasy("offsetLimit", {"results": "$.found"}, offset="at", limit="n"),
         Offset(offset="at", limit="n", items="$.found")),
        (speakeasy("offsetLimit", {"results": "$.found"}, page="at"), PageNumber(page="at", items="$.found")),
        (speakeasy("cursor", {"results": "$.found", "nextCursor": "$.found[-1].id"}, cursor="at"),
         Cursor(cursor="at", next="$.found[-1].id", items="$.found")),
        (speakeasy("url", {"results": "$.found", "nextUrl": "$.then"}), NextUrl(next="$.then", items="$.found")),
        ({"x-fern-pagination": {"offset": "$request.at", "results": "$response.found"}},
         PageNumber(page="at", items="$.found")),
        ({"x-fern-pagination": {"offset": "$request.at", "step": "$request.n", "results": "$response.found"}},
         Offset(offset="at", limit="n", items="$.found")),
        ({"x-fern-pagination": {"cursor": "$request.at", "next_cursor": "$response.then", "results": "$response.found",
                                "has-next-page": "$response.more"}},
         Cursor(cursor="at", next="$.then", items="$.found", more="$.more")),
        ({"x-fern-pagination": {"next_uri": "$response.then", "results": "$response.found"}},
         NextUrl(next="$.then", items="$.found")),
        ({"x-ms-pageable": {"nextLinkName": "then", "itemName": "found"}}, NextUrl(next="$.then", items="$.found")),
    ],
)  # fmt: skip
def test_paging(api: SimpleNamespace, extension: dict[str, Any], expected: Paging) -> None:
    answer = obj(found=ROWS, then=TEXT, more={"type": "boolean"})
    assert page(api, answer, api.query("at", "n"), **extension) == expected


def test_paging_of_the_whole_document(api: SimpleNamespace) -> None:
    every = {"cursor": "$request.at", "next_cursor": "$response.then", "results": "$response.found"}
    root = {"x-fern-pagination": every}
    found = page(api, obj(found=ROWS, then=TEXT), api.query("at"), root, **{"x-fern-pagination": True})
    assert found == Cursor(cursor="at", next="$.then", items="$.found")


def purpose(schema: dict[str, Any], what: str) -> dict[str, Any]:
    return {**schema, "x-stainless-pagination-property": {"purpose": what}}


def test_paging_by_the_purpose_of_fields(api: SimpleNamespace) -> None:
    answer = obj(found=purpose(ROWS, "items"), info=obj(then=purpose(TEXT, "next_cursor_field")))
    found = page(api, answer, api.query(at=purpose(TEXT, "next_cursor_param")))
    assert found == Cursor(cursor="at", next="$.info.then", items="$.found")


def test_a_page_by_the_purpose_of_a_parameter(api: SimpleNamespace) -> None:
    found = page(api, obj(found=ROWS), api.query(at=purpose(INT, "page_number_param")))
    assert isinstance(found, PageNumber)
    assert found.page == "at"


@pytest.mark.parametrize(("said", "found"), [("page_number_param", "at"), ("", None)])
def test_a_purpose_next_to_a_reference_goes_before_that_of_the_target(
    api: SimpleNamespace, said: str, found: str | None
) -> None:
    root = {"components": {"schemas": {"Page": purpose(INT, "page_number_param" if not said else "other")}}}
    made = page(api, obj(found=ROWS), api.query(at=purpose({"$ref": "#/components/schemas/Page"}, said)), root)
    assert (made.page if isinstance(made, PageNumber) else None) == found


def test_an_extension_that_does_not_fit_is_not_used(api: SimpleNamespace) -> None:
    extension = speakeasy("offsetLimit", {"results": "$.found"}, offset="gone")
    assert page(api, obj(items=ROWS), api.query("limit", "offset"), **extension) == Offset(
        offset="offset", limit="limit", items="$.items"
    )


def test_an_extension_does_not_make_a_write_a_list(api: SimpleNamespace) -> None:
    extension = speakeasy("url", {"results": "$.found", "nextUrl": "$.then"})
    raw = {"summary": "Delete everything", **api.answer(obj(found=ROWS, then=TEXT)), **extension}
    made, found = api.document({"/things/purge": {"post": raw}})
    assert find_paging(made, found["POST /things/purge"]).page is None


# ------------------------------------------------------------------------------------------- names, inputs, surface

OK: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}


def planned(tmp_path: Path, paths: dict[str, Any], hints: str = "", **root: Any) -> Plan:
    spec = {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": paths, **root}
    (tmp_path / "t.yaml").write_text(yaml.safe_dump(spec))
    said: Hints = EMPTY
    if hints:
        (tmp_path / "hints.yaml").write_text(hints)
        said = read_hints(tmp_path / "hints.yaml")
    return plan(read(tmp_path / "t.yaml"), said, "t")[0]


def tools(made: Plan) -> dict[str, Tool]:
    return {tool.source: tool for tool in made.server.tools}


@pytest.mark.parametrize("key", ["x-speakeasy-mcp", "x-mcp"])
def test_the_name_and_the_description_of_a_tool(tmp_path: Path, key: str) -> None:
    said = {"name": "find-books", "description": "Find <b>books</b>.", "scopes": ["library"]}
    made = planned(tmp_path, {"/x": {"get": {"operationId": "list_all", "summary": "No", key: said, **OK}}})
    (contract,) = (one for module in made.modules for one in module.contracts.values())
    assert (contract.name, contract.description.startswith("Find books")) == ("find_books", True)


@pytest.mark.parametrize(
    ("operation", "path", "root", "there"),
    [
        ({"x-mcp": False}, {}, {}, False),
        ({"x-mcp": {"enabled": False}}, {}, {}, False),
        ({"x-speakeasy-mcp": {"disabled": True}}, {}, {}, False),
        ({"x-ms-visibility": "internal"}, {}, {}, False),
        ({"x-ms-visibility": "advanced"}, {}, {}, True),
        ({}, {"x-mcp": False}, {}, False),
        ({}, {}, {"x-mcp": False}, False),
        ({"x-mcp": True}, {"x-mcp": False}, {"x-mcp": False}, True),
        ({}, {}, {"x-mcp": {"protocolVersion": "2025-06-18"}}, True),
    ],
)
def test_what_agents_do_not_see(tmp_path: Path, operation: Any, path: Any, root: Any, there: bool) -> None:
    made = planned(tmp_path, {"/x": {"get": {**operation, **OK}, **path}, "/y": {"get": {"x-mcp": True, **OK}}}, **root)
    assert ("#/paths/~1x/get" in tools(made)) is there
    assert [one.why for one in made.left_out] == ([] if there else ["hidden"])


def test_an_internal_operation_that_gives_the_values_of_an_input_stays(tmp_path: Path) -> None:
    values = {"operationId": "Boards", "value-path": "id"}
    board = {"name": "board", "in": "query", "schema": TEXT, "x-ms-dynamic-values": values}
    made = planned(
        tmp_path,
        {
            "/boards": {"get": {"operationId": "Boards", "x-ms-visibility": "internal", **OK}},
            "/cards": {"get": {"parameters": [board], **OK}},
        },
    )
    assert len(made.server.tools) == 2


def test_an_internal_input_is_sent_with_its_default(tmp_path: Path) -> None:
    version = {"name": "v", "in": "query", "schema": {**TEXT, "default": "{1}"}, "x-ms-visibility": "internal"}
    made = planned(tmp_path, {"/x": {"get": {"parameters": [version], **OK}}})
    (tool,) = made.server.tools
    assert tool.call is not None
    assert [(param.name, param.value) for param in tool.call.query] == [("v", "{{1}}")]
    assert [(one.name, one.fate) for one in made.inputs] == [("v", "hidden")]


def test_an_internal_input_without_a_default_stays_an_argument(tmp_path: Path) -> None:
    hidden = {"name": "v", "in": "query", "schema": TEXT, "x-ms-visibility": "internal"}
    (tool,) = planned(tmp_path, {"/x": {"get": {"parameters": [hidden], **OK}}}).server.tools
    assert tool.call is not None
    assert [param.value for param in tool.call.query] == [None]


def test_a_get_that_is_not_read_only_is_a_write(tmp_path: Path) -> None:
    (tool,) = planned(tmp_path, {"/x": {"get": {"x-speakeasy-mcp": {"readOnlyHint": False}, **OK}}}).server.tools
    assert tool.effect == "write"
