"""Schemas as every provider takes them, and arguments back in the names and types of the tool."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptgen.mcp.advertised_schema import advertised, advertised_tool, legal_names
from adaptgen.mcp.provider_rules import PROVIDERS, RULES, check_tool
from adaptgen.mcp.restored_arguments import ArgumentReader

TEXT = {"type": "string"}
ANYTHING = {
    "anyOf": [{**TEXT, "description": "JSON for objects and lists"}, {"type": "number"}, {"type": "boolean"}],
}
OPEN = ("anthropic", "openai", "gemini")


def tool(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "make_it", "inputSchema": {"type": "object", "properties": properties, **more}}


def one(schema: Any, **more: Any) -> Any:
    """What is advertised of one argument."""
    return advertised(tool({"it": schema}, **more)["inputSchema"])["properties"].get("it")


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "N"},
         {"type": "integer", "description": "N", "nullable": True}),
        ({"oneOf": [TEXT, {"type": "integer"}], "description": "Id"},
         {"anyOf": [{"type": "string", "description": "Id"}, {"type": "integer"}]}),
        ({"type": ["integer", "string"]}, {"anyOf": [{"type": "integer"}, TEXT]}),
        ({"type": "array"}, {"type": "array", "items": ANYTHING}),
        ({"type": "array", "prefixItems": [TEXT, TEXT]}, {"type": "array", "items": TEXT}),
        ({"type": "object"}, {"type": "string", "description": "JSON object"}),
        ({"type": "object", "additionalProperties": {"type": "integer"}, "description": "Limits."},
         {"type": "string", "description": "Limits (JSON object, values: integer)."}),
        ({"enum": ["", "a", None], "type": "string"}, {"type": "string", "enum": ["a"], "nullable": True}),
        ({"type": "integer", "enum": [1, 2]}, {"type": "integer", "description": "One of 1, 2"}),
        ({"const": "x"}, {"type": "string", "enum": ["x"]}),
        ({"type": "string", "format": "date"}, {"type": "string", "description": "Date"}),
        ({"type": "string", "format": "uuid", "description": "The id."},
         {"type": "string", "description": "The id (uuid)."}),
        ({"type": "string", "format": "date-time"}, {"type": "string", "format": "date-time"}),
        ({"type": "integer", "format": "int64", "exclusiveMinimum": 0}, {"type": "integer", "minimum": 1}),
        ({"$ref": "#/$defs/Name"}, {"type": "string", "maxLength": 9}),
        ({"allOf": [{"properties": {"a": TEXT}}, {"properties": {"b": TEXT}, "required": ["b"]}]},
         {"type": "object", "properties": {"b": TEXT, "a": TEXT}, "required": ["b"]}),
        ({"type": "object", "properties": {"kind": TEXT},
          "anyOf": [{"properties": {"a": TEXT}}, {"properties": {"b": TEXT}}]},
         {"type": "object", "properties": {"kind": TEXT, "a": TEXT, "b": TEXT}}),
        (False, None),
    ],
)  # fmt: skip
def test_what_providers_refuse_is_said_otherwise(schema: Any, shown: Any) -> None:
    assert one(schema, **{"$defs": {"Name": {"type": "string", "maxLength": 9}}}) == shown


def test_what_holds_itself_ends() -> None:
    node = {"type": "object", "properties": {
        "a": {"$ref": "#/$defs/Node"}, "b": {"$ref": "#/$defs/Node"}, "c": {"$ref": "#/$defs/List"},
        "d": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
        "e": {"allOf": [{"$ref": "#/$defs/Node"}]}}}  # fmt: skip
    defs = {
        "Node": node,
        "List": {"type": "array", "items": {"$ref": "#/$defs/List"}},
        "Loop": {"$ref": "#/$defs/Loop"},
        "Twice": {"anyOf": [{"$ref": "#/$defs/Twice"}, {"$ref": "#/$defs/Twice"}, {"type": "string"}]},
    }
    given = tool(
        {"tree": {"$ref": "#/$defs/Node"}, "loop": {"$ref": "#/$defs/Loop"}, "t": {"$ref": "#/$defs/Twice"}},
        **{"$defs": defs},
    )
    for provider, profile in (("gemini", ""), ("openai-strict", "openai-strict")):
        shown = advertised_tool(given, profile)  # type: ignore[arg-type]
        assert list(check_tool(shown, provider)) == []
        assert len(str(shown)) < 20_000
    tree: Any = {"text": "x"}
    for _ in range(100):
        tree = {"a": tree}
    arguments = {"tree": tree}
    assert ArgumentReader(given["inputSchema"]).read(arguments) == arguments


NAMES = st.text(st.sampled_from("ab$[]@ ./é_-"), min_size=0, max_size=80)
SCALARS = st.sampled_from(
    [TEXT, {"type": "integer"}, {}, {"type": ["string", "null"]}, {"type": "string", "enum": ["", "x"]},
     {"type": "array"}, {"type": "object"}, {"type": "string", "format": "uri"}, {"type": "number", "maximum": 1.5},
     True, {"const": 4}, {"type": "object", "additionalProperties": TEXT}, {"enum": [1, "a", None]}, {"type": "null"}]
)  # fmt: skip
SCHEMAS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.builds(lambda members: {"type": "object", "properties": members}, st.dictionaries(NAMES, inner, max_size=4)),
        st.builds(lambda items: {"type": "array", "items": items}, inner),
        st.builds(lambda several: {"anyOf": several, "description": "Either"}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda a, b: {"type": "object", "properties": {"k": a}, "oneOf": [b, a]}, inner, inner),
    ),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, SCHEMAS, max_size=4), st.data())
def test_whatever_a_document_says_no_provider_refuses_it(properties: dict[str, Any], data: st.DataObject) -> None:
    required = data.draw(st.lists(st.sampled_from(sorted(properties)), unique=True)) if properties else []
    given = tool(properties, required=required)
    for provider in OPEN:
        assert list(check_tool(advertised_tool(given), provider)) == []
    assert list(check_tool(advertised_tool(given, "openai-strict"), "openai-strict")) == []


@given(st.lists(NAMES, unique=True, max_size=12))
def test_names_are_legal_unique_and_the_same_each_time(names: list[str]) -> None:
    legal = legal_names(names)
    assert legal == legal_names(names)
    shown = [legal.get(name, name) for name in names]
    assert len(set(shown)) == len(shown)
    assert all(not list(check_tool(advertised_tool(tool(dict.fromkeys(shown, TEXT))), one)) for one in OPEN)


def test_every_rule_has_a_source() -> None:
    assert all(rule.sources and all(one.startswith("https://") for one in rule.sources) for rule in RULES)
    assert {one for rule in RULES for one in rule.providers} == set(PROVIDERS)


# ------------------------------------------------------------------------------------------------------- the way back


DEEP = {
    "type": "object",
    "properties": {
        "body": {
            "type": "object",
            "properties": {
                "filter[name]": TEXT,
                "a" * 70: TEXT,
                "lines": {"type": "array", "items": {"type": "object", "properties": {"@type": TEXT, "note": TEXT}}},
            },
        },
        "where": {"type": "object"},
        "labels": {"type": "object", "additionalProperties": TEXT},
        "any": {},
        "text": TEXT,
        "either": {"type": ["string", "object"]},
        "sort": {"type": "array", "items": TEXT},
        "count": TEXT,
    },
}


def read(profile: Any = "", **arguments: Any) -> Any:
    return ArgumentReader(DEEP, profile).read(arguments)


def test_json_text_is_read_where_no_text_is_allowed() -> None:
    assert read(where='{"status": "OPEN"}', labels=' {"a": "b"}') == {"where": {"status": "OPEN"}, "labels": {"a": "b"}}
    assert read(body='{"lines": [{"type": "z"}]}') == {"body": {"lines": [{"@type": "z"}]}}
    assert read(any='[1, {"a": 2}]') == {"any": [1, {"a": 2}]}
    same = {"text": '{"a": 1}', "either": '{"a": 1}', "where": "{not json", "any": "12"}
    assert read(**same) == same
    twice = {"where": '{"a": 1, "a": 2}'}
    assert read(**twice) == twice


def test_strict_mode_sends_null_for_what_is_absent() -> None:
    schema = tool(
        {"id": TEXT, "note": {"type": ["string", "null"]}, "lines": {"type": "array", "items": {
            "type": "object", "required": ["of"],
            "properties": {"n": {"type": "integer"}, "of": {"type": ["string", "null"]}}}}},
        required=["id"],
    )["inputSchema"]  # fmt: skip
    shown = advertised(schema, "openai-strict")
    assert shown["required"] == ["id", "note", "lines"]
    assert shown["additionalProperties"] is False
    assert shown["properties"]["note"] == {"type": ["string", "null"]}
    assert shown["properties"]["lines"]["items"]["required"] == ["n", "of"]
    given = {"id": "7", "note": None, "lines": [{"n": None, "of": None}]}
    # A required null is a value; an optional one is what strict mode has for "absent".
    assert ArgumentReader(schema, "openai-strict").read(given) == {"id": "7", "lines": [{"of": None}]}
    assert ArgumentReader(schema).read(given) == given
