"""The same document gives the same plan, whatever the order of its keys."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.model.plan import Plan
from adaptgen.plan import plan
from adaptgen.source import EMPTY


def reordered(node: Any) -> Any:
    """The same JSON with the keys of every object the other way round."""
    if isinstance(node, dict):
        return {key: reordered(node[key]) for key in reversed(list(node))}
    return [reordered(item) for item in node] if isinstance(node, list) else node


CONTACT = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "id": {"type": "integer"}, "name": {"type": "string"}, "email": {"type": "string"},
        "status": {"enum": ["a", "b"]},
        "owner": {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}},
    },
}  # fmt: skip
PATHS = {
    "/contacts": {
        "get": {
            "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer"}},
                           {"name": "offset", "in": "query", "schema": {"type": "integer"}}],
            "responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": CONTACT}}}}},
        },
        "post": {
            "requestBody": {"content": {"text/plain": {}, "application/json": {"schema": CONTACT}}},
            "responses": {"200": {"description": "ok"}, "201": {"description": "made"}},
        },
    },
    "/contacts/{id}": {
        "get": {"responses": {"200": {"content": {"application/json": {"schema": CONTACT}}}}},
        "put": {"requestBody": {"content": {"application/json": {"schema": CONTACT}}}, "responses": {"200": {}}},
    },
    "/login": {
        "post": {
            "requestBody": {"content": {"application/json": {"schema": {
                "properties": {"username": {"type": "string"}, "password": {"type": "string"}}}}}},
            "responses": {"200": {"content": {"application/json": {"schema": {
                "properties": {"token": {"type": "string"}}}}}}},
        }
    },
}  # fmt: skip


def shown(made: Plan) -> str:
    # Orders that end up in generated files must be the same too, so no sorting here.
    return repr(made)


@pytest.mark.parametrize("schemes", [{}, {"b": {"type": "http", "scheme": "bearer"}}])
def test_the_order_of_keys_changes_nothing(make: Any, schemes: Any) -> None:
    document = make(PATHS, components={"securitySchemes": schemes}, security=[{name: []} for name in schemes])
    other = make(reordered(PATHS), components={"securitySchemes": schemes}, security=[{name: []} for name in schemes])
    first, _ = plan(document, EMPTY, "crm")
    second, _ = plan(other, EMPTY, "crm")
    assert shown(first) == shown(second)
