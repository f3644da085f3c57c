"""Shapes, leaves and self-contained schemas."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import orjson
import pytest

from adaptgen.plan.document.inline_schema import inline, safe_pattern
from adaptgen.plan.document.schemas import leaves, shape

NODE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "next": {"$ref": "#/components/schemas/Node"}},
}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "nullable": True},
        {"type": "string", "x-nullable": True},
        {"type": ["string", "null"]},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"oneOf": [{"enum": [None]}, {"type": "string"}]},
    ],
)
def test_all_spellings_of_null_are_one(make: Any, schema: Any) -> None:
    one = shape(make({}), schema)
    assert (one.type, one.nullable, one.variants) == ("string", True, ())
    made, _ = inline(make({}), schema, budget=1000, direction="input")
    assert made == {"type": ["string", "null"]}


@pytest.mark.parametrize(
    ("schema", "null"),
    [
        ({"allOf": [{"type": "string"}, {"type": "string", "nullable": True}]}, False),
        ({"allOf": [{"type": ["string", "null"]}, {"type": ["string", "null"]}]}, True),
        ({"allOf": [{"type": ["string", "null"]}, {"description": "A"}]}, True),
        ({"nullable": True, "allOf": [{"type": "string"}]}, True),
    ],
)
def test_null_is_a_value_of_all_of_where_every_part_takes_it(make: Any, schema: Any, null: bool) -> None:
    assert shape(make({}), schema).nullable is null


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


def test_the_order_of_properties_does_not_depend_on_the_document(make: Any) -> None:
    schema = {"required": ["z"], "properties": {"b": {}, "z": {}, "a": {}}}
    assert list(shape(make({}), schema).properties) == ["z", "a", "b"]


def test_a_reference_that_leads_nowhere_is_open(make: Any) -> None:
    one = shape(make({}), {"$ref": "#/components/schemas/Missing"})
    assert one.additional is True


def test_leaves_end_at_cycles_and_quote_odd_names(make: Any) -> None:
    schemas = {"Node": NODE}
    root = {
        "properties": {"node": {"$ref": "#/components/schemas/Node"}, "a.b": {"type": "string"}, "tags": {"items": {}}}
    }
    found = {leaf.path: leaf.type for leaf in leaves(make({}, schemas), root)}
    assert found == {'["a.b"]': "string", "node.name": "string", "node.next": "object", "tags[*]": None}


def test_leaves_of_a_bare_array_and_of_alternatives(make: Any) -> None:
    schema = {
        "items": {"oneOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": {"type": "integer"}}}]}
    }
    assert [leaf.path for leaf in leaves(make({}), schema)] == ["[*].a", "[*].b"]


def test_a_cycle_is_cut_to_an_open_object_that_says_what_it_is(make: Any) -> None:
    made, cut = inline(make({}, {"Node": NODE}), {"$ref": "#/components/schemas/Node"}, budget=5000, direction="input")
    assert cut
    inner = made["properties"]["next"]
    assert inner["type"] == "object"
    assert "Node" in inner["description"]
    validator = jsonschema_rs.validator_for(made)
    assert validator.is_valid({"name": "a", "next": {"name": "b", "next": {"anything": 1}}})


def test_an_exploding_schema_stays_in_its_budget_and_takes_what_the_api_takes(make: Any) -> None:
    # 4 ** 9 leaves: every level has four properties of the next one.
    schemas: dict[str, Any] = {"L0": {"type": "string"}}
    for level in range(1, 10):
        below = {"$ref": f"#/components/schemas/L{level - 1}"}
        schemas[f"L{level}"] = {"type": "object", "properties": {f"p{n}": below for n in range(4)}}
    made, cut = inline(make({}, schemas), {"$ref": "#/components/schemas/L9"}, budget=4000, direction="input")
    assert cut
    assert len(orjson.dumps(made)) <= 4000
    deep: Any = "x"
    for _ in range(9):
        deep = {"p3": deep}
    assert jsonschema_rs.validator_for(made).is_valid(deep)


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


def test_read_only_is_no_input_and_write_only_no_output(make: Any) -> None:
    schema = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "name": {"type": "string"},
            "pin": {"writeOnly": True},
        },
    }
    made, _ = inline(make({}), schema, budget=1000, direction="input")
    assert set(made["properties"]) == {"name", "pin"}
    assert made["required"] == ["name"]
    made, _ = inline(make({}), schema, budget=1000, direction="output")
    assert set(made["properties"]) == {"id", "name"}


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


def test_what_one_argument_says_is_not_told_of_another_with_the_same_schema(planned: Any) -> None:
    def query(name: str, schema: Any, **rest: Any) -> dict[str, Any]:
        return {"name": name, "in": "query", "schema": schema, **rest}

    same = {"$ref": "#/components/schemas/Flag"}
    parameters = [
        query("a", same, description="For the managers"),
        query("b", same),
        query("c", {"type": "integer", "minimum": 1}, description="A number"),
        query("d", {"type": "integer", "minimum": 1}),
    ]
    paths = {"/things": {"get": {"operationId": "list", "parameters": parameters, "responses": {}}}}
    done = planned(paths, schemas={"Flag": {"type": "boolean"}})
    (name,) = done.tools
    properties = done.properties(name)
    assert properties["a"] == {"type": "boolean", "description": "For the managers"}
    assert properties["b"] == {"type": "boolean"}
    assert properties["c"]["description"] == "A number"
    assert properties["d"] == {"type": "integer", "minimum": 1}
