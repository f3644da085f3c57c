"""The Cedar schema of tools: what becomes of each kind of JSON Schema, and that lowered arguments always fit it."""

from __future__ import annotations

import json
from typing import Any

import cedarpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptgen.cedar_schema import Action, Record, SetOf, input_record, schema_json, schema_text
from adaptgen.govern.authorization import cedar_context as lowering


def typed(schema: Any, **others: Any) -> Any:
    """The type of an argument with ``schema``; None where it is left out."""
    return input_record({"type": "object", "properties": {"x": schema}, **others}).attributes.get("x")


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "format": "date"}, "String"),
        ({"type": "integer"}, "Long"),
        ({"type": "number"}, "decimal"),
        ({"type": ["integer", "number"]}, "decimal"),
        ({"type": "boolean"}, "Bool"),
        ({"type": ["string", "null"]}, "String"),
        ({"enum": ["a", "b", None]}, "String"),
        ({"const": 3}, "Long"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}, SetOf(SetOf("Long"))),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "String"),
        ({"oneOf": [{"type": "string", "maxLength": 3}, {"type": "string"}]}, "String"),
        ({"allOf": [{"$ref": "#/$defs/text"}]}, "String"),
        ({"$ref": "#/$defs/text"}, "String"),
        (
            {"type": "object", "properties": {"a": {"type": "string"}, "b": {}}, "required": ["a", "b"]},
            Record({"a": "String"}, frozenset("a")),
        ),
        # Text or another scalar: the text that it is.
        ({"type": ["string", "integer"]}, "String"),
        ({"type": ["boolean", "string"]}, "String"),
        ({"enum": ["a", 1]}, "String"),
        # Nothing in Cedar holds these.
        ({}, None),
        (True, None),
        ({"type": "null"}, None),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, None),
        ({"type": "object"}, None),
        ({"type": "object", "additionalProperties": {"type": "string"}}, None),
        ({"type": "array"}, None),
        ({"$ref": "#/$defs/around"}, None),
        ({"$ref": "https://example.org/schema"}, None),
        ({"$ref": "#/$defs/gone"}, None),
    ],
)
def test_types(schema: Any, expected: Any) -> None:
    defs = {"text": {"type": "string"}, "around": {"$ref": "#/$defs/around"}}

    assert typed(schema, **{"$defs": defs}) == expected


def test_an_argument_is_required_unless_it_may_be_null() -> None:
    properties = {"a": {"type": "string"}, "b": {"type": ["string", "null"]}, "c": {"type": "string"}}

    record = input_record({"type": "object", "properties": properties, "required": ["a", "b"]})

    assert record.required == {"a"}


def test_a_schema_that_explodes_is_cut() -> None:
    wide = {f"p{n}": {"$ref": "#/$defs/wide"} for n in range(20)} | {"id": {"type": "integer"}}

    text = schema_text([action(input_record({"properties": wide, "$defs": {"wide": {"properties": wide}}}))])

    assert len(text) < 200_000


def action(record: Record, id: str = "crm__do") -> Action:
    return Action(id=id, server="crm", effect="write", open=False, input=record)


NAMES = st.one_of(st.text(max_size=8), st.sampled_from(("id", "in", "if", "__cedar", '"};', "a b", "__extn", "Set")))
LEAVES = st.sampled_from([{"type": kind} for kind in ("string", "integer", "number", "boolean", "null")] + [{}])
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(lambda one: {"type": "array", "items": one}),
        inner.map(lambda one: {"anyOf": [one, {"type": "null"}]}),
        st.tuples(st.dictionaries(NAMES, inner, max_size=4), st.booleans()).map(
            lambda two: {"type": "object", "properties": two[0], "required": list(two[0]) if two[1] else []}
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, SCHEMAS, max_size=5), st.data())
def test_lowered_arguments_fit_the_schema(properties: dict[str, Any], data: st.DataObject) -> None:
    # Oracle: Cedar itself, which holds a request against the schema of its action.
    record = input_record({"type": "object", "properties": properties})
    actions = [action(record)]
    schema = cedarpy.Schema.from_str(schema_text(actions))
    cedarpy.Schema.from_json_str(schema_json(actions))
    arguments = {name: data.draw(values(one)) for name, one in properties.items()}

    try:
        context = lowering.context(record, arguments, None)
    except lowering.UnrepresentableValue:
        return
    request = {
        "principal": 'Caller::"ann"',
        "action": 'Action::"crm__do"',
        "resource": 'Server::"crm"',
        "context": context,
    }
    answer = cedarpy.is_authorized(request, "permit (principal, action, resource);", "[]", schema)

    assert answer.decision.value == "Allow", (answer.diagnostics.errors, context)


def values(schema: Any) -> st.SearchStrategy[Any]:
    """Values that fit a schema, for the most part."""
    kind = schema.get("type")
    if "anyOf" in schema:
        return st.one_of(st.none(), values(schema["anyOf"][0]))
    if kind == "array":
        return st.lists(values(schema["items"]), max_size=3)
    if kind == "object":
        return st.fixed_dictionaries({name: values(one) for name, one in schema["properties"].items()})
    simple: dict[str | None, st.SearchStrategy[Any]] = {
        "string": st.text(max_size=5) | st.integers(),
        "integer": st.integers(-(2**64), 2**64) | st.sampled_from(("7", 3.0)),
        "number": st.decimals(-1000, 1000, places=3).map(float) | st.integers(-(2**63), 2**63) | st.just("1.5"),
        "boolean": st.booleans() | st.just("true"),
        "null": st.none(),
    }
    return simple.get(kind, st.integers() | st.text(max_size=3))


def test_the_order_of_keys_changes_nothing() -> None:
    one = {"properties": {"a": {"type": "string"}, "b": {"type": "object", "properties": {"y": {}, "x": {"const": 1}}}}}
    other = json.loads(json.dumps(one, sort_keys=True))
    other["properties"] = dict(reversed(other["properties"].items()))
    first, second = (action(input_record(one), name) for name in ("crm__b", "crm__a"))

    assert schema_text([first, second]) == schema_text([second, action(input_record(other), "crm__b")])
