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


def test_own_parameters_override_those_of_the_path_by_name_and_place(make: Any) -> None:
    shared = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "id", "in": "query", "schema": {"type": "string"}},
    ]
    own = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    operation = only(make({"/a/{id}": {"parameters": shared, "get": {"parameters": own, **OK}}}))
    assert [(one.place, one.schema["type"]) for one in operation.parameters] == [
        ("path", "integer"),
        ("query", "string"),
    ]


def test_a_path_item_may_be_a_reference_with_siblings(make: Any) -> None:
    item = {"get": {"operationId": "x", **OK}}
    document = make(
        {"/a": {"$ref": "#/components/pathItems/A", "summary": "said here"}}, components={"pathItems": {"A": item}}
    )
    operation = only(document)
    assert (operation.key, operation.id, operation.summary) == ("GET /a", "x", "said here")


def test_a_placeholder_that_nobody_declares_is_a_required_string(make: Any) -> None:
    document = make({"/a/{x}-{y}": {"get": OK}})
    operation = only(document)
    assert [(one.name, one.place, one.required) for one in operation.parameters] == [
        ("x", "path", True),
        ("y", "path", True),
    ]
    assert [one.code for one in operations(document)[2]] == ["AG020", "AG020"]


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


def test_operations_that_differ_by_fragment_only_stay_two(make: Any) -> None:
    found, _, _ = operations(make({"/a#one": {"post": OK}, "/a#two": {"post": OK}}))
    assert [(one.key, one.path) for one in found] == [("POST /a#one", "/a"), ("POST /a#two", "/a")]


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


@pytest.mark.parametrize(
    ("responses", "best"),
    [
        ({"204": {}, "200": {"content": {"application/json": {}}}}, "200"),
        ({"default": {"content": {"application/json": {}}}, "2xx": {"content": {"application/json": {}}}}, "2XX"),
        ({"default": {"content": {"application/json": {}}}, "404": {}}, "default"),
        ({"201": {"content": {"application/json": {}}}, "202": {"content": {"application/json": {}}}}, "201"),
        ({"404": {}}, None),
    ],
)
def test_the_best_success_answer(make: Any, responses: Any, best: str | None) -> None:
    operation = only(make({"/a": {"post": {"responses": responses}}}))
    success = operation.success()
    assert (success.status if success else None) == best


def test_servers_of_the_operation_win_over_those_of_the_path(make: Any) -> None:
    item = {
        "servers": [{"url": "https://path.example"}],
        "get": {"servers": [{"url": "https://{r}.example", "variables": {"r": {"default": "eu"}}}], **OK},
        "put": OK,
    }
    found, _, _ = operations(make({"/a": item}))
    assert {one.method: one.servers for one in found} == {
        "GET": ("https://eu.example",),
        "PUT": ("https://path.example",),
    }


def test_security_none_and_empty_are_different(make: Any) -> None:
    document = make({"/a": {"get": {"security": [], **OK}, "put": OK}}, security=[{"key": []}])
    found, _, _ = operations(document)
    assert {one.method: one.security for one in found} == {"GET": (), "PUT": ({"key": []},)}
    assert only(make({"/a": {"get": OK}})).security is None


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


def test_a_document_without_operations_gives_no_tools_and_says_so(planned: Any) -> None:
    done = planned({}, webhooks={"x": {"post": OK}})
    assert not done.tools
    assert "AG020" in [one.code for one in done.diagnostics]


def test_a_description_does_not_speak_of_paging_that_agents_do_not_see(planned: Any) -> None:
    said = (
        "Rows in order of creation, a page at a time. Pass nextCursor to get the next rows. `cursor` comes from the "
        "answer before. One cursor lives an hour."
    )
    page = {"type": "object", "properties": {
        "rows": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}}}},
        "nextCursor": {"type": "string"}}}  # fmt: skip
    operation = {
        "description": said,
        "parameters": [{"name": "cursor", "in": "query", "schema": {"type": "string"}}],
        "responses": {"200": {"content": {"application/json": {"schema": page}}}},
    }
    text = planned({"/deals": {"get": operation}}).contracts["list_deals"].description
    assert text.startswith("Rows in order of creation, a page at a time. One cursor lives an hour. Each item has")
