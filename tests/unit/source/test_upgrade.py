"""Swagger 2.0 in the shape of OpenAPI 3.0: expected values are those of the two specifications."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptgen.source import Document, read
from adaptgen.source.upgrade import Upgraded, upgrade
from adaptgen.text.parse import parse


def upgraded(text: str) -> Upgraded:
    return upgrade(parse(f"swagger: '2.0'\n{text}".encode(), "t.yaml").value)


def operation(text: str, more: str = "") -> dict[str, Any]:
    """``text`` is the operation, in flow style."""
    found: dict[str, Any] = upgraded(f"{more}\npaths: {{/x: {{post: {text}}}}}\n").root["paths"]["/x"]["post"]
    return found


def codes(found: Upgraded) -> list[tuple[str, str]]:
    return [(one.code, "/".join(one.at)) for one in found.findings]


# ------------------------------------------------------------------------------------------------------ servers


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("host: a.example\nbasePath: /v1\nschemes: [http, https]", ["https://a.example/v1", "http://a.example/v1"]),
        ("host: a.example", ["https://a.example"]),
        ("host: a.example:8080\nbasePath: /\nschemes: [http]", ["http://a.example:8080"]),
        ("host: https://a.example/\nbasePath: v1/", ["https://a.example/v1"]),
        ("host: a.example\nschemes: [wss]", ["https://a.example"]),
        ("basePath: /v1", ["/v1"]),
        ("basePath: /", []),
        ("info: {}", []),
    ],
)
def test_host_base_path_and_schemes_become_servers(text: str, urls: list[str]) -> None:
    assert [one["url"] for one in upgraded(text).root.get("servers", [])] == urls


def test_schemes_of_an_operation_replace_those_of_the_document() -> None:
    more = "host: a.example\nschemes: [http]"
    assert operation("{schemes: [https]}", more)["servers"] == [{"url": "https://a.example"}]
    assert "servers" not in operation("{schemes: [http]}", more)


def test_a_parameterized_host_becomes_a_template() -> None:
    found = upgraded(
        "host: ignored.example\nx-ms-parameterized-host: {hostTemplate: '{acc}.a.example',"
        " parameters: [{name: acc, in: path, description: d, default: main}]}"
    )
    expected = [{"url": "https://{acc}.a.example", "variables": {"acc": {"default": "main", "description": "d"}}}]
    assert found.root["servers"] == expected


# --------------------------------------------------------------------------------------------------- parameters


@pytest.mark.parametrize(
    ("place", "listed", "expected"),
    [
        ("query", None, {"style": "form", "explode": False}),
        ("query", "csv", {"style": "form", "explode": False}),
        ("query", "multi", {"style": "form", "explode": True}),
        ("query", "ssv", {"style": "spaceDelimited", "explode": False}),
        ("query", "pipes", {"style": "pipeDelimited", "explode": False}),
        ("path", "csv", {"style": "simple"}),
        ("header", None, {"style": "simple"}),
    ],
)
def test_collection_formats_become_styles(place: str, listed: str | None, expected: dict[str, Any]) -> None:
    said = f", collectionFormat: {listed}" if listed else ""
    text = f"{{parameters: [{{name: a, in: {place}, type: array, items: {{type: integer}}{said}}}]}}"
    (found,) = operation(text)["parameters"]
    schema = {"type": "array", "items": {"type": "integer"}}
    assert found == {"name": "a", "in": place, "schema": schema, **expected}


@pytest.mark.parametrize(
    ("place", "listed", "by"), [("query", "tsv", "a tab"), ("path", "pipes", "a vertical bar (|)")]
)
def test_what_3_0_cannot_separate_is_one_text(place: str, listed: str, by: str) -> None:
    text = f"{{parameters: [{{name: a, in: {place}, type: array, items: {{}}, collectionFormat: {listed}}}]}}"
    (found,) = operation(text)["parameters"]
    assert found["schema"] == {"type": "string"}
    assert found["description"] == f"Several values are separated by {by}."


def test_an_unknown_collection_format_is_reported() -> None:
    for wrong in ("semi", "[csv]"):
        text = (
            f"paths: {{/x: {{get: {{parameters: [{{name: a, in: query, type: array, collectionFormat: {wrong}}}]}}}}}}"
        )
        assert codes(upgraded(text)) == [("AG020", "paths//x/get/parameters/0/collectionFormat")]


def test_what_a_parameter_says_of_its_value_moves_into_its_schema() -> None:
    text = (
        "{parameters: [{name: a, in: query, required: true, description: d, type: string, format: date, enum: [x],"
        " default: x, maxLength: 3, allowEmptyValue: true, x-nullable: true, x-my: 1}]}"
    )
    (found,) = operation(text)["parameters"]
    assert found == {
        "name": "a",
        "in": "query",
        "required": True,
        "description": "d",
        "allowEmptyValue": True,
        "x-nullable": True,
        "x-my": 1,
        "schema": {
            "type": "string",
            "format": "date",
            "enum": ["x"],
            "default": "x",
            "maxLength": 3,
            "nullable": True,
        },
    }


def test_shared_parameters_stay_shared_unless_they_are_bodies() -> None:
    found = upgraded(
        "parameters: {Q: {name: q, in: query, type: string}, B: {name: b, in: body, schema: {type: object}}}\n"
        "paths: {/x: {post: {parameters: [{$ref: '#/parameters/B'}, {$ref: '#/parameters/Q'}]}}}"
    )
    post = found.root["paths"]["/x"]["post"]
    assert post["parameters"] == [{"$ref": "#/components/parameters/Q"}]
    assert post["requestBody"]["content"] == {"application/json": {"schema": {"type": "object"}}}
    assert found.root["components"]["parameters"] == {"Q": {"name": "q", "in": "query", "schema": {"type": "string"}}}
    assert found.original(["paths", "/x", "post", "parameters", "0", "schema"])[:5] == [
        "paths", "/x", "post", "parameters", "1",
    ]  # fmt: skip
    assert found.original(["paths", "/x", "post", "requestBody"]) == ["paths", "/x", "post", "parameters", "0"]


def test_parameters_of_a_path_hold_for_its_operations() -> None:
    found = upgraded(
        "paths: {/x: {parameters: [{name: q, in: query, type: string}, {name: b, in: body, schema: {type: array}}],"
        " post: {}, put: {parameters: [{name: b, in: body, schema: {type: object}}]}}}"
    )
    item = found.root["paths"]["/x"]
    assert item["parameters"] == [{"name": "q", "in": "query", "schema": {"type": "string"}}]
    assert item["post"]["requestBody"]["content"]["application/json"]["schema"] == {"type": "array"}
    assert item["put"]["requestBody"]["content"]["application/json"]["schema"] == {"type": "object"}
    assert found.findings == []


# ------------------------------------------------------------------------------------------------------- bodies


def test_a_body_takes_the_types_of_the_operation_or_of_the_document() -> None:
    body = "parameters: [{name: b, in: body, required: true, description: d, schema: {$ref: '#/definitions/B'}}]"
    schema = {"schema": {"$ref": "#/components/schemas/B"}}
    more = "consumes: [application/xml]"
    assert operation(f"{{{body}}}", more)["requestBody"] == {
        "description": "d",
        "required": True,
        "x-body-name": "b",
        "content": {"application/xml": schema},
    }
    own = operation(f"{{consumes: [text/json, application/json], {body}}}", more)["requestBody"]
    assert own["content"] == {"text/json": schema, "application/json": schema}
    assert operation(f"{{consumes: [], {body}}}", more)["requestBody"]["content"] == {"application/json": schema}


@pytest.mark.parametrize(
    ("consumes", "media"),
    [
        ("", ["application/x-www-form-urlencoded"]),
        ("consumes: [application/json], ", ["application/x-www-form-urlencoded"]),
        ("consumes: [multipart/form-data], ", ["multipart/form-data"]),
        (
            "consumes: [application/x-www-form-urlencoded, multipart/form-data], ",
            ["application/x-www-form-urlencoded", "multipart/form-data"],
        ),
    ],
)
def test_form_parameters_become_one_body(consumes: str, media: list[str]) -> None:
    fields = "{name: a, in: formData, type: integer, required: true, description: d}"
    fields += ", {name: b, in: formData, type: array, items: {type: string}, collectionFormat: multi}"
    body = operation(f"{{{consumes}parameters: [{fields}]}}")["requestBody"]
    assert body["required"] is True
    assert list(body["content"]) == media
    for one in body["content"].values():
        assert one["encoding"] == {"b": {"style": "form", "explode": True}}
        assert one["schema"] == {
            "type": "object",
            "required": ["a"],
            "properties": {
                "a": {"type": "integer", "description": "d"},
                "b": {"type": "array", "items": {"type": "string"}},
            },
        }


def test_a_file_makes_the_form_multipart() -> None:
    text = "{consumes: [application/x-www-form-urlencoded], parameters: [{name: f, in: formData, type: file}]}"
    assert operation(text)["requestBody"] == {
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"f": {"type": "string", "format": "binary"}}}
            }
        }
    }


def test_several_bodies_of_plain_values_become_the_members_of_one() -> None:
    bodies = "{in: body, name: a, required: true, schema: {type: string}}"
    bodies += ", {in: body, name: b, description: d, type: array, items: {type: integer}}"
    found = upgraded(f"paths: {{/x: {{post: {{parameters: [{bodies}]}}}}}}")
    body = found.root["paths"]["/x"]["post"]["requestBody"]
    assert body["required"] is True
    assert body["content"]["application/json"]["schema"] == {
        "type": "object",
        "required": ["a"],
        "properties": {
            "a": {"type": "string"},
            "b": {"type": "array", "items": {"type": "integer"}, "description": "d"},
        },
    }
    assert codes(found) == [("AG022", "paths//x/post/parameters/1")]
    place = ["paths", "/x", "post", "requestBody", "content", "application/json", "schema", "properties", "b"]
    assert found.original(place) == ["paths", "/x", "post", "parameters", "1"]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("[{in: body, name: a, type: string}, {in: body, name: a, type: string}]", [("AG022", "1")]),
        ("[{in: body, name: a, schema: {}}, {in: body, name: b, schema: {}}]", [("AG022", "1")]),
        ("[{in: body, name: a, schema: {}}, {in: formData, name: b, type: string}]", [("AG022", "1")]),
        ("[{in: formData, type: string}]", [("AG022", "0")]),
        ("[{in: query, name: a, schema: {type: string}}]", [("AG020", "0")]),
    ],
)
def test_flaws_of_parameters_are_reported(parameters: str, expected: list[tuple[str, str]]) -> None:
    found = upgraded(f"paths: {{/x: {{post: {{parameters: {parameters}}}}}}}")
    assert codes(found) == [(code, f"paths//x/post/parameters/{index}") for code, index in expected]


# ------------------------------------------------------------------------------------------------------ answers


def test_answers_take_the_types_that_are_produced() -> None:
    more = "produces: [application/json, application/xml]\nresponses: {E: {description: e, schema: {type: string}}}"
    found = operation(
        "{responses: {200: {description: ok, schema: {type: array, items: {$ref: '#/definitions/A'}},"
        " headers: {X-Total: {type: integer, description: t}}, examples: {application/json: [1]}},"
        " 204: {description: none}, default: {$ref: '#/responses/E'}}}",
        more,
    )["responses"]
    schema = {"type": "array", "items": {"$ref": "#/components/schemas/A"}}
    assert found == {
        "200": {
            "description": "ok",
            "headers": {"X-Total": {"description": "t", "schema": {"type": "integer"}}},
            "content": {
                "application/json": {"schema": schema, "example": [1]},
                "application/xml": {"schema": schema},
            },
        },
        "204": {"description": "none"},
        "default": {"$ref": "#/components/responses/E"},
    }


def test_a_shared_answer_is_copied_where_the_operation_produces_other_types() -> None:
    more = "produces: [application/json]\nresponses: {E: {description: e, schema: {type: string}}}"
    found = operation("{produces: [text/csv], responses: {200: {$ref: '#/responses/E'}}}", more)["responses"]
    assert found["200"] == {"description": "e", "content": {"text/csv": {"schema": {"type": "string"}}}}


@pytest.mark.parametrize(("produces", "media"), [("", "application/octet-stream"), ("produces: [a/b], ", "a/b")])
def test_a_file_answer_is_binary(produces: str, media: str) -> None:
    found = operation(f"{{{produces}responses: {{200: {{description: f, schema: {{type: file}}}}}}}}")["responses"]
    assert found["200"]["content"] == {media: {"schema": {"type": "string", "format": "binary"}}}


# ------------------------------------------------------------------------------------------ schemas, security


def test_schemas_are_put_into_the_words_of_3_0() -> None:
    found = upgraded(
        "definitions:\n  A: {discriminator: kind, x-nullable: true, properties: {discriminator: {type: string},"
        " default: {$ref: '#/definitions/B'}, $ref: {type: string}}, example: {$ref: '#/definitions/B'}, x-keep: 1}\n"
    )
    assert found.root["components"]["schemas"]["A"] == {
        "discriminator": {"propertyName": "kind"},
        "nullable": True,
        "properties": {
            "discriminator": {"type": "string"},
            "default": {"$ref": "#/components/schemas/B"},
            "$ref": {"type": "string"},
        },
        "example": {"$ref": "#/definitions/B"},
        "x-keep": 1,
    }


def test_references_into_paths_are_hoisted() -> None:
    found = upgraded(
        "paths: {/x: {get: {responses: {200: {description: d, schema: {type: object}}}}}}\n"
        "definitions: {A: {$ref: '#/paths/~1x/get/responses/200/schema'}}\n"
    )
    document = Document(found.root)
    assert document.deref({"$ref": "#/components/schemas/A"}) == {"type": "object"}


def test_security_definitions_become_security_schemes() -> None:
    found = upgraded(
        "security: [{k: []}]\nsecurityDefinitions:\n  b: {type: basic}\n  k: {type: apiKey, name: X, in: header}\n"
        "  app: {type: oauth2, flow: application, tokenUrl: https://t, scopes: {a: A}}\n"
        "  code: {type: oauth2, flow: accessCode, authorizationUrl: https://a, tokenUrl: https://t}\n"
        "  imp: {type: oauth2, flow: implicit, authorizationUrl: https://a, scopes: {}, x-keep: 1}\n"
        "  pass: {type: oauth2, flow: password, tokenUrl: https://t, scopes: {}}\n"
    ).root
    assert found["security"] == [{"k": []}]
    assert found["components"]["securitySchemes"] == {
        "b": {"type": "http", "scheme": "basic"},
        "k": {"type": "apiKey", "name": "X", "in": "header"},
        "app": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://t", "scopes": {"a": "A"}}}},
        "code": {
            "type": "oauth2",
            "flows": {"authorizationCode": {"authorizationUrl": "https://a", "tokenUrl": "https://t", "scopes": {}}},
        },
        "imp": {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "https://a", "scopes": {}}}, "x-keep": 1},
        "pass": {"type": "oauth2", "flows": {"password": {"tokenUrl": "https://t", "scopes": {}}}},
    }


# --------------------------------------------------------------------------------------------------- whole files


def test_parts_in_other_files_are_upgraded_too(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(
        "body: {name: b, in: body, schema: {$ref: '#/S'}}\nlimit: {name: limit, in: query, type: integer}\n"
        "S: {type: object, discriminator: k}\nErr: {description: e, schema: {$ref: '#/S'}}\n",
        encoding="utf-8",
    )
    (tmp_path / "x.yaml").write_text(
        "post:\n  parameters: [{$ref: 'p.yaml#/body'}, {$ref: 'p.yaml#/limit'}]\n"
        "  responses: {default: {$ref: 'p.yaml#/Err'}}\n",
        encoding="utf-8",
    )
    (tmp_path / "api.yaml").write_text("swagger: '2.0'\npaths:\n  /x: {$ref: x.yaml}\n", encoding="utf-8")
    document = read(tmp_path / "api.yaml")
    post = document.root["paths"]["/x"]["post"]
    assert post["parameters"] == [{"name": "limit", "in": "query", "schema": {"type": "integer"}}]
    schema = post["requestBody"]["content"]["application/json"]["schema"]
    assert document.deref(schema) == {"type": "object", "discriminator": {"propertyName": "k"}}
    assert post["responses"]["default"]["content"]["application/json"]["schema"] == schema


def test_places_are_those_of_the_file_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(
        "swagger: '2.0'\nhost: a.example\npaths:\n  /x:\n    post:\n      parameters:\n"
        "        - {in: body, name: b, schema: {type: object}}\n        - {in: query, name: q, type: string}\n"
        "definitions:\n  A:\n    type: object\n",
        encoding="utf-8",
    )
    document = read(path)
    lines = {
        "#/servers/0": 2,
        "#/paths/~1x/post/requestBody": 7,
        "#/paths/~1x/post/requestBody/content/application~1json/schema/type": 7,
        "#/paths/~1x/post/parameters/0": 8,
        "#/components/schemas/A/type": 11,
    }
    assert {pointer: document.where(pointer).line for pointer in lines} == lines


_WORDS = ("body", "formData", "query", "file", "array", "csv", "application/json", "#/definitions/A", "#/parameters/A")
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(_WORDS),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(("$ref", "type", "A")), below),
    max_leaves=6,
)


def _objects(*keys: str, **known: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mappings with any of the keys, whose values may be anything at all; or anything at all."""
    values = dict.fromkeys(keys, _ANY) | {key: value | _ANY for key, value in known.items()}
    return st.fixed_dictionaries({}, optional=values)


_PARAMETER = _objects("$ref", "name", "in", "type", "schema", "items", "collectionFormat", "required", "description")
_ANSWER = _objects("$ref", "schema", "headers", "examples", "description")
_OPERATION = _objects(
    "consumes",
    "produces",
    "schemes",
    parameters=st.lists(_PARAMETER),
    responses=st.dictionaries(st.just("200"), _ANSWER),
)
_ITEM = _objects("$ref", parameters=st.lists(_PARAMETER), post=_OPERATION)
_DOCUMENT = _objects(
    "host", "basePath", "schemes", "consumes", "produces", "definitions", "security", "x-ms-parameterized-host",
    paths=st.dictionaries(st.sampled_from(("/x", "x-y")), _ITEM),
    parameters=st.dictionaries(st.just("A"), _PARAMETER),
    responses=st.dictionaries(st.just("A"), _ANSWER),
    securityDefinitions=st.dictionaries(st.just("A"), _objects("type", "flow", "scopes", "tokenUrl")),
)  # fmt: skip


@settings(max_examples=300)
@given(_DOCUMENT)
def test_no_document_makes_it_fail_or_changes_what_was_read(root: dict[str, Any]) -> None:
    before = copy.deepcopy(root)
    upgrade(root)
    assert root == before
