"""From declared inputs to arguments and rows of the request."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.model.tables import Body, Param
from adaptgen.plan.document.descriptions import clean

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


def test_colliding_names_are_resolved_by_place_and_recorded(planned: Any) -> None:
    operation = {"parameters": [query("id"), header("id")], **body({"properties": {"id": {"type": "integer"}}})}
    call, schema, done = call_of(planned, operation, path="/things/{id}")
    assert call.path_params == ()
    assert call.query == (Param("id", arg="query_id"),)
    assert call.headers == (Param("id", arg="header_id"),)
    assert call.body == Body(params=(Param("id", arg="body_id"),))
    assert set(schema["properties"]) == {"id", "query_id", "header_id", "body_id", "dry_run"}
    assert len([one for one in done.plan.evidence if one.aspect == "argument"]) == 3


def test_reserved_names_get_a_prefix_and_odd_ones_are_made_legal(planned: Any) -> None:
    call, _, _ = call_of(
        planned,
        {"parameters": [*map(query, ("sort", "where", "count", "distinct", "with[]", "filter[a]", "filter_a"))]},
    )
    assert call.query == (
        Param("sort", arg="api_sort"),
        Param("where", arg="api_where"),
        Param("count", arg="api_count"),
        Param("distinct", arg="api_distinct"),
        Param("with[]", arg="with"),
        Param("filter[a]", arg="filter_a"),
        Param("filter_a", arg="query_filter_a"),
    )


@pytest.mark.parametrize(
    ("declared", "row"),
    [
        ({"style": "form", "explode": True}, Param("q")),
        ({"explode": False}, Param("q", explode=False)),
        ({"style": "pipeDelimited"}, Param("q", style="pipeDelimited")),
        ({"style": "deepObject", "explode": True}, Param("q", style="deepObject")),
        ({"style": "matrix"}, Param("q")),
        ({"allowReserved": True}, Param("q", reserved=True)),
        ({"schema": None, "content": {"application/json": {"schema": {"type": "object"}}}}, Param("q", encode="json")),
    ],
)
def test_styles_are_kept_where_they_are_not_the_default(planned: Any, declared: Any, row: Param) -> None:
    call, _, _ = call_of(planned, {"parameters": [query("q", **declared)]})
    assert call.query == (row,)


def test_the_only_value_that_is_allowed_is_a_constant_and_no_template(planned: Any) -> None:
    only = {"type": "string", "enum": ["${env:HOME} {x}"]}
    operation = {"parameters": [query("q", required=True, schema=only), query("o", schema=only)]}
    call, schema, done = call_of(planned, operation)
    assert call.query == (Param("q", value="${{env:HOME}} {{x}}"), Param("o"))
    assert set(schema["properties"]) == {"o", "dry_run"}
    assert done.fates() == {("query", "q"): "absorbed", ("query", "o"): "argument"}


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


def test_an_idempotency_key_is_filled_by_the_runtime_and_may_be_given(planned: Any) -> None:
    call, schema, _ = call_of(planned, {"parameters": [header("X-Idempotency-Key", required=True)]})
    assert call.headers == (Param("X-Idempotency-Key", fill="uuid"),)
    assert "required" not in schema
    assert "X-Idempotency-Key" in schema["properties"]


def test_properties_of_the_body_are_flat(planned: Any) -> None:
    schema = {
        "type": "object",
        "required": ["name", "id"],
        "properties": {"id": {"readOnly": True}, "name": {"type": "string"}, "age": {"type": "integer"}},
    }
    call, made, done = call_of(planned, body(schema))
    assert call.body == Body(params=(Param("name"), Param("age")))
    assert made["required"] == ["name"]
    assert done.fates()["body", "id"] == "absorbed"


def test_a_body_that_says_it_is_optional_requires_nothing(planned: Any) -> None:
    operation = body({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}})
    operation["requestBody"]["required"] = False
    _, made, _ = call_of(planned, operation)
    assert "required" not in made


def test_a_single_wrapping_property_is_looked_through(planned: Any) -> None:
    inner = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "extra": {}}}
    call, made, _ = call_of(
        planned, body({"type": "object", "required": ["contact"], "properties": {"contact": inner}})
    )
    assert call.body == Body(inside="contact", params=(Param("name"), Param("extra")))
    assert made["required"] == ["name"]


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


@pytest.mark.parametrize(
    ("media", "row"),
    [
        ("application/octet-stream", Param("file", encode="file")),
        ("image/png", Param("file", encode="file")),
        ("application/xml", Param("body")),
        ("text/plain; charset=utf-8", Param("body")),
    ],
)
def test_other_media_types_are_text_or_a_file(planned: Any, media: str, row: Param) -> None:
    call, made, _ = call_of(planned, body({"type": "object", "properties": {"a": {"type": "string"}}}, media))
    assert call.body == Body(media, whole=row)
    assert made["properties"][row.name]["type"] == ("object" if row.encode else "string")


def test_bodies_of_get_and_delete_are_kept(planned: Any) -> None:
    call, _, _ = call_of(planned, body({"properties": {"a": {}}}), "delete")
    assert call.body == Body(params=(Param("a"),), empty=True)


def test_the_answer_decides_what_is_accepted(planned: Any) -> None:
    answer: dict[str, Any] = {"responses": {"200": {"content": {"text/csv": {}}}}}
    done = planned({"/a": {"get": answer}, "/b": {"get": {"responses": {"200": {"content": {"x\ny/z": {}}}}}}})
    assert {tool.call.path: tool.call.accept for tool in done.tools.values()} == {"/a": "text/csv", "/b": None}


def test_descriptions_are_cleaned(planned: Any) -> None:
    text = "<p>The <b>name</b>&nbsp;of‮ it.</p>\n![x](data:image/png;base64,iVBORw0KGgo=) See [docs](https://x.y/z)."
    _, made, _ = call_of(planned, {"parameters": [query("q", description=text)]})
    assert made["properties"]["q"]["description"] == "The name of it. See docs."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("> [!NOTE]\n> **Bold** and `code`.\n\n## Title\n---\nEnd.", "Bold and `code`. Title End."),
        ("Zero\u200bwidth, \u202ereversed\U000e0041, \x07bell.", "Zerowidth, reversed, bell."),
        ("<script>alert(1)</script>a < b &lt;b&gt;bold&lt;/b&gt;", "a < b bold"),
        ("One. " * 60, "One. " * 47 + "One."),
        ("<id> stays", "<id> stays"),
    ],
)
def test_texts_are_plain_and_short(text: str, expected: str) -> None:
    assert clean(text, 240) == expected


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


def test_a_tool_schema_keeps_to_its_budget_and_every_argument(planned: Any) -> None:
    parameters = [query(f"q{n}", description="long " * 200, schema={"enum": ["v" * 40] * 50}) for n in range(60)]
    deep = {
        "type": "object",
        "properties": {f"p{n}": {"type": "string", "description": "x " * 300} for n in range(200)},
    }
    import orjson

    _, made, _ = call_of(planned, {"parameters": parameters, **body({"properties": {"deep": deep, "b": {}}})})
    assert len(orjson.dumps(made)) <= 16_000
    assert {f"q{n}" for n in range(60)} | {"deep", "b"} <= set(made["properties"])


def test_what_is_required_must_hold_something_where_an_empty_value_is_not_sent(planned: Any) -> None:
    listed = {"schema": {"type": "array", "items": {"type": "string"}}}
    operation = {"parameters": [{**query("ids", required=True), **listed}, {**query("tags"), **listed}]}
    _, schema, _ = call_of(planned, operation | body({"type": "string"}, "text/plain"))
    assert schema["properties"]["ids"]["minItems"] == 1
    assert "minItems" not in schema["properties"]["tags"]
    assert schema["properties"]["body"]["minLength"] == 1


@pytest.mark.parametrize(
    ("method", "required", "needs", "empty"),
    [
        ("delete", True, [], True),
        ("delete", False, [], None),
        ("post", True, [], None),
        ("post", False, ["a"], False),
        ("post", False, [], None),
    ],
)
def test_an_empty_object_is_sent_where_it_is_a_body(
    planned: Any, method: str, required: bool, needs: list[str], empty: bool | None
) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": needs}
    operation = {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}
    call, _, _ = call_of(planned, operation, method=method)
    assert call.body == Body(params=(Param("a"),), empty=empty)


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


def test_a_wrapping_property_that_must_hold_something_stays(planned: Any) -> None:
    inner = {"type": "object", "minProperties": 1, "properties": {"mail": {"type": "string"}, "id": {"type": "string"}}}
    outer = {"type": "object", "required": ["who"], "properties": {"who": inner}}
    call, made, _ = call_of(planned, body(outer))
    assert call.body == Body(params=(Param("who"),))
    assert made["properties"]["who"]["minProperties"] == 1


def test_a_pattern_that_is_not_checked_is_told_beside_what_the_parameter_says(planned: Any) -> None:
    schema = {"type": "string", "description": "A box.", "pattern": "^(-*\\d+, *){3}$"}
    _, made, _ = call_of(planned, {"parameters": [{**query("bbox", description="Where."), "schema": schema}]})
    assert made["properties"]["bbox"] == {"type": "string", "description": r"Where. Pattern: ^(-*\d+, *){3}$"}
