"""From declared inputs to arguments and rows of the request."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.model.tables import Body, Param

OK: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}


def query(name: str, **rest: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string"}, **rest}


def header(name: str, **rest: Any) -> dict[str, Any]:
    return {"name": name, "in": "header", "schema": {"type": "string"}, **rest}


def body(schema: Any, media: str = "application/json", **rest: Any) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media: {"schema": schema, **rest}}}}


def call_of(planned: Any, operation: dict[str, Any], method: str = "post", path: str = "/things") -> Any:
    done = planned({path: {method: {**operation, **OK}}})
    (tool,) = done.tools.values()
    return tool.call, done.contracts[tool.name].input_schema, done


def test_negotiation_headers_are_arguments_only_where_there_is_a_choice(planned: Any) -> None:
    choice = {"type": "string", "enum": ["application/json", "text/csv"]}
    operation = {"parameters": [header("Accept", required=True), header("Content-Type"), header("X-A")]}
    call, _, done = call_of(planned, operation)
    assert call.headers == (Param("X-A"),)
    assert done.fates()["header", "Accept"] == "absorbed"
    call, _, _ = call_of(planned, {"parameters": [header("accept", schema=choice)]}, "get")
    assert call.headers == (Param("accept"),)


def test_a_content_type_is_sent_without_a_body_where_it_is_required(planned: Any) -> None:
    kind = header("content-type", required=True, schema={"type": "string", "default": "text/{x}"})
    call, _, _ = call_of(planned, {"parameters": [kind]}, "get")
    assert call.headers == (Param("content-type", value="text/{{x}}"),)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "array", "items": {"type": "string"}}, Body(whole=Param("body"))),
        ({"oneOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}, Body(whole=Param("body"))),
        ({"type": "string"}, Body(whole=Param("body"))),
        ({"type": "object"}, Body(whole=Param("data"))),
        ({"type": "object", "additionalProperties": {"type": "string"}}, Body(whole=Param("data"))),
        ({}, Body(whole=Param("data"))),
        (
            {"properties": {"a": {}}, "additionalProperties": {"type": "string"}},
            Body(params=(Param("a"),), extra="extra"),
        ),
        ({"properties": {"a": {}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, Body(params=(Param("a"),))),
        ({"allOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}, Body(params=(Param("a"), Param("b")))),
        # A part that only restricts allows nothing more; one that says so does.
        ({"allOf": [{"properties": {"a": {}}}, {"type": "object", "required": ["a"]}]}, Body(params=(Param("a"),))),
        ({"allOf": [{"properties": {"a": {}}}, {"description": "A thing"}]}, Body(params=(Param("a"),))),
        ({"allOf": [{"type": "object"}, {"type": "object"}]}, Body(whole=Param("data"))),
        (
            {"allOf": [{"properties": {"a": {}}}, {"type": "object", "additionalProperties": True}]},
            Body(params=(Param("a"),), extra="extra"),
        ),
    ],
)
def test_shapes_of_json_bodies(planned: Any, schema: Any, expected: Body) -> None:
    call, _, done = call_of(planned, body(schema))
    assert call.body == expected
    assert "lost" not in done.fates().values()


@pytest.mark.parametrize(
    ("method", "schema", "expected"),
    [
        ("post", {"type": "object"}, True),
        ("post", {"type": "object", "description": "Lists the users."}, True),
        ("put", {"type": "object"}, None),
        ("post", {"type": "object", "additionalProperties": True}, None),
        ("post", {"type": "object", "required": ["a"]}, None),
        ("post", {"type": "array", "items": {}}, None),
    ],
)
def test_a_message_without_members_need_not_be_given(planned: Any, method: str, schema: Any, expected: Any) -> None:
    """The argument stays; of a PUT, which replaces, and of an object of any members it is required."""
    operation = {"operationId": "listUsers", **body({"$ref": "#/components/schemas/ListRequest"})}
    done = planned({"/users/list": {method: operation}}, components={"schemas": {"ListRequest": schema}})
    (tool,) = done.tools.values()
    (contract,) = done.contracts.values()
    assert tool.call.body.empty is expected
    assert set(contract.input_schema["properties"]) & {"data", "body", "a"}
    assert bool(contract.input_schema.get("required")) is (expected is None)


def test_form_fields_are_encoded_as_the_document_says(planned: Any) -> None:
    schema = {"properties": {"a": {"type": "array"}, "b": {"type": "object"}, "c": {"type": "object"}, "d": {}}}
    encoding = {"a": {"explode": False}, "c": {"style": "deepObject"}, "d": {"contentType": "application/json"}}
    call, _, _ = call_of(planned, body(schema, "application/x-www-form-urlencoded", encoding=encoding))
    assert call.body == Body(
        "application/x-www-form-urlencoded",
        (Param("a", explode=False), Param("b", encode="json"), Param("c", style="deepObject"),
         Param("d", encode="json")),
    )  # fmt: skip


def test_files_of_a_multipart_form_are_file_arguments(planned: Any) -> None:
    schema = {
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "more": {"type": "array", "items": {"type": "string", "format": "binary"}},
            "image": {"type": "string"},
            "meta": {"type": "object"},
        }
    }
    call, made, _ = call_of(
        planned, body(schema, "multipart/form-data", encoding={"image": {"contentType": "image/png"}})
    )
    assert {one.name: one.encode for one in call.body.params} == {
        "file": "file", "more": "file", "image": "file", "meta": "json"
    }  # fmt: skip
    assert set(made["properties"]["file"]["properties"]) == {"filename", "media_type", "text", "base64"}
    assert made["properties"]["more"]["items"] == made["properties"]["file"]


def test_what_the_document_says_of_a_file_is_in_its_contract(planned: Any) -> None:
    schema = {
        "properties": {
            "photo": {"type": "string", "format": "binary", "maxLength": 5000},
            "scans": {"type": "array", "items": {"type": "string", "contentMediaType": "application/pdf"}},
            "other": {"type": "string", "format": "binary"},
        }
    }
    encoding = {"photo": {"contentType": "image/png, image/JPEG"}, "other": {"contentType": "application/octet-stream"}}
    _, made, _ = call_of(planned, body(schema, "multipart/form-data", encoding=encoding))
    photo, scans, other = (made["properties"][name] for name in ("photo", "scans", "other"))
    assert (photo["x-media-types"], photo["x-max-bytes"]) == (["image/png", "image/jpeg"], 5000)
    assert photo["description"].startswith("A file (image/png, image/jpeg)")
    assert scans["items"]["x-media-types"] == ["application/pdf"]
    assert not {"x-media-types", "x-max-bytes"} & other.keys()


def test_deprecated_inputs_say_so(planned: Any) -> None:
    _, made, _ = call_of(planned, {"parameters": [query("q", description="Old.", deprecated=True)]})
    assert made["properties"]["q"]["description"] == "Deprecated. Old."


def test_a_header_that_no_request_can_carry_is_absorbed_or_ends_the_tool(planned: Any) -> None:
    call, _, done = call_of(planned, {"parameters": [header("bad name"), header("X-Good:")]})
    assert call.headers == (Param("X-Good"),)
    assert done.fates()["header", "bad name"] == "absorbed"
    done = planned({"/a": {"get": {"parameters": [header("bad name", required=True)], **OK}}, "/b}": {"get": OK}})
    assert not done.tools
    assert [one.why for one in done.plan.left_out] == ["broken", "broken"]


def test_what_is_required_must_hold_something_where_an_empty_value_is_not_sent(planned: Any) -> None:
    listed = {"schema": {"type": "array", "items": {"type": "string"}}}
    operation = {"parameters": [{**query("ids", required=True), **listed}, {**query("tags"), **listed}]}
    _, schema, _ = call_of(planned, operation | body({"type": "string"}, "text/plain"))
    assert schema["properties"]["ids"]["minItems"] == 1
    assert "minItems" not in schema["properties"]["tags"]
    assert schema["properties"]["body"]["minLength"] == 1


def test_null_and_an_empty_list_are_refused_where_they_would_not_be_sent(planned: Any) -> None:
    listed = {"type": ["array", "null"], "items": {"type": "string"}}
    choice = {"type": ["string", "null"], "enum": ["a", None]}
    form = body({"type": "object", "required": ["ids"], "properties": {"ids": listed, "more": listed}},
                "application/x-www-form-urlencoded")  # fmt: skip
    parameters = [{**query("to", required=True), "schema": listed}, {**query("by", required=True), "schema": choice}]
    _, schema, _ = call_of(planned, {"parameters": parameters, **form})
    made = schema["properties"]
    assert {name: (made[name]["type"], made[name].get("minItems")) for name in ("ids", "to", "by", "more")} == {
        "ids": ("array", 1), "to": ("array", 1), "by": ("string", None), "more": (["array", "null"], None)
    }  # fmt: skip
    assert made["by"]["enum"] == ["a"]


def test_what_is_required_and_not_declared_is_an_argument(planned: Any) -> None:
    inner = {"type": "object", "properties": {"a": {}}, "required": ["a", "b"]}
    schema = {"type": "object", "properties": {"name": {}, "inner": inner}, "required": ["name", "Name ", "token"]}
    call, made, _ = call_of(planned, body(schema))
    assert call.body == Body(params=(Param("name"), Param("inner"), Param("token")))
    assert set(made["required"]) == {"name", "token"}  # `Name ` is a slip of the pen
    assert made["properties"]["inner"]["required"] == ["a", "b"]
    closed = {**schema, "additionalProperties": False}
    assert "token" not in call_of(planned, body(closed))[1]["properties"]
