"""Shapes, leaves and self-contained schemas."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from adaptgen.plan.document.inline_schema import inline, safe_pattern
from adaptgen.plan.document.schemas import shape

NODE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "next": {"$ref": "#/components/schemas/Node"}},
}


def test_alternatives_that_only_require_keep_what_they_require(make: Any) -> None:
    properties = {"url": {"type": "string"}, "html": {"type": "string"}, "id": {"type": "string", "readOnly": True}}
    alternatives = [{"required": ["url"]}, {"required": ["html", "id"]}]
    schema = {"type": "object", "properties": properties, "oneOf": alternatives}
    made, _ = inline(make({}), schema, budget=2000, direction="input")
    takes = jsonschema_rs.validator_for(made).is_valid
    assert [takes(one) for one in ({}, {"url": "a"}, {"html": "b"})] == [False, True, True]


def test_alternatives_require_what_the_schema_around_them_requires(make: Any) -> None:
    cat, dog = ({"type": "object", "properties": {"kind": {"enum": [name]}, name: {}}} for name in ("cat", "dog"))
    made, _ = inline(make({}), {"oneOf": [cat, dog], "required": ["kind"]}, budget=2000, direction="input")
    takes = jsonschema_rs.validator_for(made).is_valid
    assert [takes(one) for one in ({}, {"kind": "cat"}, {"kind": "owl"})] == [False, True, False]


def test_all_of_is_merged_and_may_refer_to_itself(make: Any) -> None:
    schemas = {
        "Base": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
        "Pet": {
            "allOf": [{"$ref": "#/components/schemas/Base"}, {"$ref": "#/components/schemas/Pet"}],
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
        },
    }
    one = shape(make({}, schemas), {"$ref": "#/components/schemas/Pet"})
    assert set(one.properties) == {"id", "name"}
    assert one.required == {"id", "name"}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, {"type": "integer", "exclusiveMinimum": 0}),
        ({"type": "integer", "maximum": "10"}, {"type": "integer", "maximum": 10}),
        (
            {"type": "string", "pattern": "(?<=a)b", "minLength": -1},
            {"type": "string", "description": "Pattern: (?<=a)b"},
        ),
        ({"type": "string", "pattern": "^[A-Z]{2}$"}, {"type": "string", "pattern": "^[A-Z]{2}$"}),
        ({"type": "string", "enum": [False, "on", 1]}, {"type": "string", "enum": ["false", "on", "1"]}),
        ({"type": "integer", "enum": ["1", "2"]}, {"type": "integer", "enum": [1, 2]}),
        ({"const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"type": "file"}, {"type": "string", "format": "binary"}),
        ({"type": "array", "items": [{"type": "string"}]}, {"type": "array", "prefixItems": [{"type": "string"}]}),
        (True, {}),
        ({"type": "string", "xml": {}, "example": "x", "discriminator": {}, "default": "d"},
         {"type": "string", "default": "d"}),
    ],
)  # fmt: skip
def test_every_dialect_becomes_2020_12(make: Any, schema: Any, expected: Any) -> None:
    made, _ = inline(make({}), schema, budget=1000, direction="input")
    assert made == expected
    jsonschema_rs.validator_for(made)


def test_a_long_enum_becomes_text_so_that_no_value_is_refused(make: Any) -> None:
    schema = {"type": "string", "enum": [f"value-{n}" for n in range(500)]}
    made, cut = inline(make({}), schema, budget=2000, direction="input")
    assert cut
    assert "enum" not in made
    assert "500 values" in made["description"]
    assert jsonschema_rs.validator_for(made).is_valid("value-499")


@pytest.mark.parametrize(
    "pattern", [r"(a+)+$", r"a(?=b)", r"(?i)a", r"\p{L}+", r"[", r"a{2,1}", r"/^x$/", "a" * 300, r"\1(a)"]
)
def test_patterns_that_dialects_read_differently_are_dropped(pattern: str) -> None:
    assert not safe_pattern(pattern)


def test_the_property_of_a_discriminator_has_the_values_that_mean_each_alternative(make: Any) -> None:
    kind = {"type": "object", "properties": {"kind": {"type": "string"}}}
    schemas = {
        "Cat": kind,
        "Dog": kind,
        "Pet": {
            "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
            "discriminator": {"propertyName": "kind", "mapping": {"feline": "#/components/schemas/Cat", "tom": "Cat"}},
        },
    }
    made, _ = inline(make({}, schemas), {"$ref": "#/components/schemas/Pet"}, budget=1000, direction="input")
    assert [one["properties"]["kind"].get("enum") for one in made["anyOf"]] == [["feline", "tom"], ["Dog"]]


@pytest.mark.parametrize("schema", [{"type": "null"}, {"enum": [None]}, {"const": None}])
def test_a_value_that_can_only_be_null_is_null(make: Any, schema: Any) -> None:
    assert inline(make({}), schema, budget=1000, direction="input")[0] == {"type": "null"}


def test_an_alternative_behind_a_reference_may_be_null(make: Any) -> None:
    schemas = {"Kind": {"type": "string", "enum": ["a"]}, "None": {"enum": [None]}}
    schema = {"oneOf": [{"$ref": "#/components/schemas/Kind"}, {"$ref": "#/components/schemas/None"}]}
    made, _ = inline(make({}, schemas), schema, budget=1000, direction="input")
    assert made == {"type": ["string", "null"], "enum": ["a", None]}


@pytest.mark.parametrize(
    ("written", "type", "format"),
    [
        ("Date", "string", None), ("DateTime", "string", "date-time"), ("Long", "integer", "int64"),
        ("int", "integer", None), ("Double", "number", "double"), ("BigDecimal", "number", None),
        ("Boolean", "boolean", None), ("List", "array", None), ("Map", "object", None), ("UUID", "string", "uuid"),
        (["String", "null"], "string", None), ("Pet", None, None), ("any", None, None), ("timestamp", None, None),
        ("constructor", None, None),
    ],
)  # fmt: skip
def test_types_of_other_languages(make: Any, written: Any, type: str | None, format: str | None) -> None:
    found = shape(make({}), {"type": written})
    assert (found.type, found.format) == (type, format)


def test_a_format_that_is_written_stays(make: Any) -> None:
    assert shape(make({}), {"type": "long", "format": "int32"}).format == "int32"


def test_a_property_that_says_itself_that_it_is_required(make: Any) -> None:
    """JSON Schema, draft 3, 5.7; a list there is that of draft 4, about the properties of the property."""
    own = {"a": {"required": True}, "b": {"required": False}, "c": {"required": ["x"]}, "d": {}}
    assert shape(make({}), {"properties": own, "required": ["d"]}).required == {"a", "d"}
