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


# ------------------------------------------------------------------------------------------------------- bodies


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
