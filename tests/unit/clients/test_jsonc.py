"""JSON with comments is edited in place; what Python's own parser reads of it is the oracle."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptgen.clients.jsonc import NotJsonc, drop, get, parse, put

NAMES = st.sampled_from(["a", "b", "mcpServers", 'quo"te', "ä", "//"])
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=6)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))
OBJECTS = st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=3), max_size=3)


@given(OBJECTS, NAMES, NAMES, VALUES, st.sampled_from([None, 2, "\t"]))
def test_a_member_is_put_and_dropped_as_in_a_dictionary(
    known: dict[str, Any], outer: str, inner: str, value: Any, indent: int | str | None
) -> None:
    text = json.dumps(known, indent=indent, ensure_ascii=False)
    assert parse(text).value == known
    expected = {**known, outer: {**known.get(outer, {}), inner: value}}
    changed = put(text, (outer, inner), value)
    assert json.loads(changed) == expected
    assert get(changed, (outer, inner)) == value
    expected[outer].pop(inner)
    assert json.loads(drop(changed, (outer, inner))) == expected


COMMENTED = """\
// first
{
    /* before a */ "a": 1, // after a
    "b": {
        // inside b
    },
    "c": [1, 2,], // after c
    // at the end
}
// last
"""
COMMENTS = re.compile(r"//.*|/\*.*?\*/")


@pytest.mark.parametrize("path", [("a",), ("b", "x"), ("c",), ("d",), ("d", "x")])
def test_comments_stay(path: tuple[str, ...]) -> None:
    changed = put(COMMENTED, path, {"new": [1]})
    assert COMMENTS.findall(changed) == COMMENTS.findall(COMMENTED)
    assert get(changed, path) == {"new": [1]}
    assert get(changed, ("a",)) == (1 if path != ("a",) else {"new": [1]})


def test_dropping_leaves_the_other_lines_as_they_were() -> None:
    text = '{\r\n  "a": 1,\r\n  "b": 2\r\n}\r\n'
    assert drop(text, ("b",)) == '{\r\n  "a": 1\r\n}\r\n'
    assert drop(text, ("a",)) == '{\r\n  "b": 2\r\n}\r\n'
    assert drop(text, ("x", "y")) == text


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ('{"a": 1 "b": 2}', 8),
        ('{"a": }', 6),
        ("{'a': 1}", 1),
        ('{"a": 1, "a": 2}', 9),
        ("{} x", 3),
        ("/* no end", 0),
        ('{"a": "line\n"}', 6),
        ("[" * 1000, 201),
        ('{"a": NaN}', 6),
    ],
)
def test_what_is_no_json_with_comments_is_refused_at_its_place(text: str, at: int) -> None:
    with pytest.raises(NotJsonc) as refused:
        parse(text)
    assert refused.value.at == at
