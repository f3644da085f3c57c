"""Arguments: what is read as it was meant, and what an agent is told."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.runtime import ToolError
from adaptgen.runtime.validation import Arguments

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "limit": {"type": "integer", "minimum": 1, "maximum": 100},
        "ratio": {"type": ["number", "null"]},
        "active": {"type": "boolean"},
        "zip": {"type": "string", "pattern": "^[0-9]+$"},
        "status": {"enum": ["open", "won", "lost"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "contact": {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]},
        "when": {"type": "string", "format": "date"},
        "numbers": {"type": "array", "items": {"type": "integer"}},
        "people": {"type": "array", "items": {"type": "object", "properties": {"age": {"type": "integer"}}}},
        "partial": {"type": "string", "enum": ["true", "false"]},
        "id": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
    },
    "required": ["limit"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"limit": "5"}, {"limit": 5}),
        ({"limit": 5.0}, {"limit": 5}),
        ({"limit": 1, "ratio": "0.5"}, {"limit": 1, "ratio": 0.5}),
        ({"limit": 1, "ratio": None}, {"limit": 1, "ratio": None}),
        ({"limit": 1, "active": "True"}, {"limit": 1, "active": True}),
        ({"limit": 1, "zip": 1010}, {"limit": 1, "zip": "1010"}),
        ({"limit": 1, "zip": None}, {"limit": 1}),
        ({"limit": 1, "partial": True}, {"limit": 1, "partial": "true"}),
        ({"limit": 1, "when": "2026-01-31"}, {"limit": 1, "when": "2026-01-31"}),
        ({"limit": 1, "when": ""}, {"limit": 1, "when": ""}),
        ({"limit": 1, "tags": "urgent"}, {"limit": 1, "tags": ["urgent"]}),
        ({"limit": 1, "tags": "a, b"}, {"limit": 1, "tags": ["a, b"]}),
        ({"limit": 1, "tags": '["a", 1]'}, {"limit": 1, "tags": ["a", "1"]}),
        ({"limit": 1, "tags": "[draft] note"}, {"limit": 1, "tags": ["[draft] note"]}),
        ({"limit": 1, "numbers": "1,2"}, {"limit": 1, "numbers": [1, 2]}),
        ({"limit": 1, "contact": '{"age": 3}'}, {"limit": 1, "contact": {"age": 3}}),
        ({"limit": 1, "people": '{"age": 3}'}, {"limit": 1, "people": [{"age": 3}]}),
        ({"limit": 1, "numbers": "[12345678901234567890123]"}, {"limit": 1, "numbers": [12345678901234567890123]}),
        ({"limit": 1, "id": "007"}, {"limit": 1, "id": "007"}),
    ],
)
def test_what_is_lossless_is_read_as_meant(given: dict[str, Any], meant: dict[str, Any]) -> None:
    checked = Arguments(SCHEMA).check(given)
    assert checked == meant
    assert list(map(type, checked.values())) in (list(map(type, meant.values())), [float])


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "Argument `limit` is missing."),
        ({"limit": "many"}, 'Argument `limit` must be a whole number, not "many".'),
        ({"limit": "007"}, "must be a whole number"),
        ({"limit": True}, "Argument `limit` must be a whole number, not true."),
        ({"limit": 0}, "Argument `limit`: 0 is less than the minimum of 1."),
        ({"limit": 1, "status": "opne"}, 'must be one of "open", "won", "lost", not "opne". Did you mean \'open\'?'),
        ({"limit": 1, "when": "tomorrow"}, 'must be a date such as 2026-01-31, not "tomorrow".'),
        ({"limit": 1, "contact": '{"age": "x"}'}, "Argument `contact.age` must be a whole number"),
        ({"limit": 1, "contact": "{age: 3}"}, "Argument `contact` must be an object"),
        ({"limit": 1, "contact": '{"age": 3, "price": 1e999}'}, "Argument `contact` must be an object"),
        ({"limit": 1, "contact": '{"age": 3, "name": "\\ud800"}'}, "Argument `contact` must be an object"),
        ({"limit": "9" * 5000}, "Argument `limit` must be a whole number"),
        ({"limit": 1, "numbers": "1,b"}, "Argument `numbers[1]` must be a whole number"),
        ({"limit": 1, "tags": ["a", 1]}, "Argument `tags[1]` must be a string, not 1."),
        ({"limit": 1, "contact": {}}, "Argument `age` in `contact` is missing."),
        ({"limit": 1, "active": "yes"}, "Argument `active` must be true or false"),
        ({"limit": 1, "statsu": "open"}, "There is no argument `statsu`; did you mean `status`?"),
        ({"limit": 1, "Limit": 2}, "There is no argument `Limit`; did you mean `limit`?"),
    ],
)
def test_what_is_wrong_is_named(given: dict[str, Any], text: str) -> None:
    with pytest.raises(ToolError) as caught:
        Arguments(SCHEMA).check(given)
    assert text in caught.value.text


def test_a_property_named_pattern_is_no_pattern() -> None:
    schema = {
        "type": "object",
        "properties": {"pattern": {"type": "integer"}, "b": {"type": "string", "pattern": "(["}},
    }
    with pytest.raises(ToolError, match="whole number"):
        Arguments(schema).check({"pattern": "x"})
