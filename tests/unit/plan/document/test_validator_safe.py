"""What is certainly a JSON Schema is one for the validator that the runtime uses."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptgen.plan.document.validator_safe import certain

WORDS = (
    "type", "properties", "items", "additionalProperties", "not", "enum", "required", "anyOf", "minLength", "minItems",
    "minimum", "exclusiveMaximum", "multipleOf", "default", "const", "uniqueItems", "title", "format", "pattern",
    "$ref", "$schema", "oneOf",
)  # fmt: skip
SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(), max_size=4),
    st.sampled_from(["string", "object", "array", "(", "#/x"]),
)  # fmt: skip
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
)


@given(st.dictionaries(st.sampled_from(WORDS), ANYTHING, max_size=4))
def test_what_is_certain_is_a_schema_for_the_validator(schema: dict[str, Any]) -> None:
    if certain(schema):
        jsonschema_rs.validator_for(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "text"},
        {"type": ["string", "string"]},
        {"pattern": "a"},
        {"description": "\ud800"},
        {"properties": {"\udfff": {}}},
        {"required": ["a", "a"]},
        {"anyOf": []},
        {"minLength": -1},
        {"minLength": True},
        {"maximum": float("inf")},
        {"minimum": float("nan")},
        {"multipleOf": 0},
        {"items": {"$ref": "#/nowhere"}},
        {"default": {"a": 1}},
    ],
)
def test_what_may_be_refused_is_not(schema: dict[str, Any]) -> None:
    assert not certain(schema)
