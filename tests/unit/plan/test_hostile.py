"""Any node of a document may be anything: planning never crashes and never emits what cannot be served."""

from __future__ import annotations

import copy
import random
from typing import Any

import jsonschema_rs
import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Tool
from adaptgen.plan import plan
from adaptgen.source import EMPTY, Document
from adaptgen.syntax.templates import references

ODD: list[Any] = [
    None, True, 5, -1, 1.5, [], {}, "x", "", [None], {"$ref": "#/nowhere"}, {"$ref": 5}, {"$ref": "#"}, "{", "${env:X}",
    "\n", [[]], {"a": 1}, 10**30, "\ud800", {"$ref": "#/components/schemas/Loop"},
]  # fmt: skip
ROOT: dict[str, Any] = {
    "openapi": "3.0.0",
    "info": {"title": "T"},
    "servers": [{"url": "https://{v}.example", "variables": {"v": {"default": "a", "enum": ["a"]}}}],
    "security": [{"key": []}],
    "paths": {
        "/a/{id}?x=1": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "enum": [1]}}],
            "get": {
                "operationId": "getA", "tags": ["t"], "summary": "s", "description": "d",
                "parameters": [
                    {"name": "q", "in": "query", "style": "deepObject",
                     "schema": {"$ref": "#/components/schemas/Item"}},
                    {"name": "H", "in": "header", "content": {"application/json": {"schema": {"type": "object"}}}},
                ],
                "responses": {"200": {"content": {"application/json": {"schema": {
                    "type": "array", "items": {"$ref": "#/components/schemas/Item"}}}},
                    "headers": {"X": {"schema": {}}}}},
            },
            "put": {
                "requestBody": {"required": True, "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Item"}},
                    "multipart/form-data": {"schema": {"properties": {"f": {"type": "string", "format": "binary"}}},
                                            "encoding": {"f": {"contentType": "image/png"}}}}},
                "responses": {"2XX": {"description": "ok"}}, "servers": [{"url": "https://b.example"}],
            },
        }
    },
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        "schemas": {
            "Item": {
                "allOf": [{"type": "object", "required": ["name"], "properties": {
                    "name": {"type": "string", "minLength": 1, "pattern": "^a+$", "default": "x"},
                    "kind": {"oneOf": [{"type": "string"}, {"type": "null"}, {"const": 1}]},
                    "item": {"$ref": "#/components/schemas/Item"},
                    "tuple": {"type": "array", "prefixItems": [{"type": "string"}], "items": False},
                    "map": {"additionalProperties": {"type": "integer", "exclusiveMinimum": True, "minimum": 0}},
                }}]
            },
            "Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}]},
        },
    },
}  # fmt: skip


def places(node: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [(*at, key) for key, _ in children] + [place for key, one in children for place in places(one, (*at, key))]


def changed(rng: random.Random) -> dict[str, Any]:
    root = copy.deepcopy(ROOT)
    for _ in range(rng.choice((1, 1, 3, 8))):
        here: Any = root
        *above, last = rng.choice(places(root))
        for key in above:
            here = here[key]
        here[last] = copy.deepcopy(rng.choice(ODD))
    return root


def rows(tool: Tool) -> list[Any]:
    assert tool.call is not None
    body = tool.call.body
    every = [*tool.call.path_params, *tool.call.query, *tool.call.headers, *tool.call.cookies]
    return [row.value for row in (*every, *(body.params if body else ())) if row.value is not None]


@pytest.mark.parametrize("seed", range(300))
def test_odd_documents(seed: int) -> None:
    try:
        made, _ = plan(Document(changed(random.Random(seed))), EMPTY, "x")
    except AdaptgenError as wrong:
        pytest.fail(f"refused: {wrong}")
    assert not [one for one in made.inputs if one.fate == "lost"]
    for module in made.modules:
        for contract in module.contracts.values():
            jsonschema_rs.validator_for(dict(contract.input_schema))
    for tool in made.server.tools:
        # Nothing that a document says can name an environment variable.
        assert references(rows(tool)) == frozenset()
