"""Reading operations: what the specification allows, and what people write all the same."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.plan.document.reader import Operation, operations

OK: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}


def only(document: Any) -> Operation:
    found, left_out, _ = operations(document)
    assert not left_out
    assert len(found) == 1
    return found[0]


def test_a_path_item_may_be_a_reference_with_siblings(make: Any) -> None:
    item = {"get": {"operationId": "x", **OK}}
    document = make(
        {"/a": {"$ref": "#/components/pathItems/A", "summary": "said here"}}, components={"pathItems": {"A": item}}
    )
    operation = only(document)
    assert (operation.key, operation.id, operation.summary) == ("GET /a", "x", "said here")


@pytest.mark.parametrize(
    ("written", "declared", "sent"),
    [
        ("/a/{Account_Id}", "accountId", "/a/{accountId}"),
        ("/a/{id:[0-9]+}", "id", "/a/{id}"),
        ("/a/{proxy+}", "proxy", "/a/{proxy}"),
        ("/a/:id/b", "id", "/a/{id}/b"),
        ("a/{id}", "id", "/a/{id}"),
    ],
)
def test_placeholders_get_the_name_that_is_declared(make: Any, written: str, declared: str, sent: str) -> None:
    parameter = {"name": declared, "in": "path", "required": True, "schema": {"type": "string"}}
    operation = only(make({written: {"get": {"parameters": [parameter], **OK}}}))
    assert operation.path == sent
    assert [one.name for one in operation.parameters] == [declared]


def test_a_query_string_in_the_path_gives_constants_and_parameters(make: Any) -> None:
    operation = only(make({"/a?action=list&page={n}#part": {"get": OK}}))
    assert operation.path == "/a"
    assert operation.constants == (("action", "list"),)
    assert [(one.name, one.place) for one in operation.parameters] == [("page", "query")]


PAGE = {"page": {"type": "integer"}, "sort": {"type": "array", "items": {"type": "string"}}}
OBJECT = {"type": "object", "properties": PAGE, "required": ["page"]}


@pytest.mark.parametrize(
    ("parameter", "names"),
    [
        ({"schema": OBJECT}, ["page", "sort"]),
        ({"schema": {"$ref": "#/components/schemas/Page"}}, ["page", "sort"]),
        ({"schema": {"allOf": [OBJECT, {"properties": {"size": {"type": "integer"}}}]}}, ["page", "sort", "size"]),
        ({"schema": OBJECT, "style": "form", "explode": True}, ["page", "sort"]),
        ({"schema": {"type": "object", "properties": {"o": {"type": "string"}}}}, ["o"]),
        ({"schema": {"properties": {**PAGE, "q": {"type": "string"}}, "type": "object"}}, ["page", "sort"]),
        ({"schema": OBJECT, "explode": False}, ["o"]),
        ({"schema": OBJECT, "style": "deepObject"}, ["o"]),
        ({"content": {"application/json": {"schema": OBJECT}}}, ["o"]),
        ({"schema": {**OBJECT, "additionalProperties": True}}, ["o"]),
        ({"schema": {"type": "object", "properties": {"of": OBJECT}}}, ["o"]),
        ({"schema": {"type": "object", "properties": {"of": {"type": "array", "items": OBJECT}}}}, ["o"]),
        ({"schema": {"type": "object"}}, ["o"]),
        ({"schema": OBJECT, "in": "header"}, ["o"]),
    ],
)
def test_an_exploded_object_is_its_properties(make: Any, parameter: Any, names: list[str]) -> None:
    """Spring's ``pageable``: a request has ``page=0&sort=a&sort=b``."""
    parameters = [
        {"name": "o", "in": "query", "required": True, **parameter},
        {"name": "q", "in": "query", "schema": {"type": "string"}},
    ]
    operation = only(make({"/a": {"get": {"parameters": parameters, **OK}}}, components={"schemas": {"Page": OBJECT}}))
    assert [one.name for one in operation.parameters] == [*names, "q"]


def test_a_property_is_required_where_the_object_and_the_property_are(make: Any) -> None:
    for required in (True, False):
        parameter = {"name": "o", "in": "query", "required": required, "schema": OBJECT}
        operation = only(make({"/a": {"get": {"parameters": [parameter], **OK}}}))
        assert {one.name: one.required for one in operation.parameters} == {"page": required, "sort": False}


def test_what_is_no_operation_is_left_out_by_name(make: Any) -> None:
    found, left_out, diagnostics = operations(make({"/a": {"get": "later", "post": OK}, "/b": 3, "x-note": {}}))
    assert [one.key for one in found] == ["POST /a"]
    assert [(one.operation, one.why) for one in left_out] == [("GET /a", "broken")]
    assert [one.code for one in diagnostics] == ["AG021", "AG021"]


FILE = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}, "name": {"type": "string"}}}
PLAIN = {"type": "object", "properties": {"name": {"type": "string"}}}


@pytest.mark.parametrize(
    ("content", "chosen"),
    [
        ({"application/xml": PLAIN, "application/json": PLAIN}, "application/json"),
        (
            {"multipart/form-data": PLAIN, "application/x-www-form-urlencoded": PLAIN},
            "application/x-www-form-urlencoded",
        ),
        ({"text/plain": PLAIN, "application/vnd.api+json": PLAIN}, "application/vnd.api+json"),
        ({"application/json-patch+json": {}, "application/merge-patch+json": PLAIN}, "application/merge-patch+json"),
        # JSON cannot carry the file that both declare.
        ({"application/json": FILE, "multipart/form-data": FILE}, "multipart/form-data"),
        # The multipart form only adds optional files to what JSON takes.
        ({"application/json": PLAIN, "multipart/form-data": FILE}, "application/json"),
    ],
)
def test_the_media_type_that_loses_nothing_is_chosen(make: Any, content: Any, chosen: str) -> None:
    body = {"content": {media: {"schema": schema} for media, schema in content.items()}}
    operation = only(make({"/a": {"post": {"requestBody": body, **OK}}}))
    assert operation.body is not None
    assert operation.body.media == chosen
    assert set(operation.body.alternatives) == set(content) - {chosen}


def test_a_body_or_form_parameter_of_swagger_2_becomes_the_body(make: Any) -> None:
    parameters = [
        {"name": "a", "in": "formData", "required": True, "type": "string"},
        {"name": "f", "in": "formData", "type": "file"},
    ]
    operation = only(make({"/a": {"post": {"parameters": parameters, **OK}}}))
    assert operation.parameters == ()
    assert operation.body is not None
    assert operation.body.media == "multipart/form-data"
    assert list(operation.body.schema["properties"]) == ["a", "f"]
