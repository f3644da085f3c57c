"""The dotted path grammar."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptgen.syntax.field_paths import EACH, MISSING, PathError, get, parse, split, text

ITEM: dict[str, Any] = {
    "id": 7,
    "organization": {"name": "Acme", "vat": None},
    "tags": [{"name": "a"}, {"name": None}, {"label": "x"}],
    "metrics": {"cpu.load": 3},
    "notes": "abcdefgh",
    "a]b": 1,
    "": 2,
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", 7),
        ("organization.name", "Acme"),
        ("organization.vat", None),
        ("organization.tax", MISSING),
        ("id.name", MISSING),
        ("tags[*].name", ["a", None]),
        ("tags.name", ["a", None]),
        ("tags[].label", ["x"]),
        ("tags[0].name", "a"),
        ("tags[-1].label", "x"),
        ("tags[9].name", MISSING),
        ("tags[1:].label", ["x"]),
        ('metrics["cpu.load"]', 3),
        ("metrics['cpu.load']", 3),
        ("notes[2:5]", "cde"),
        ('["a]b"]', 1),
        ('[""]', 2),
    ],
)
def test_get(path: str, value: Any) -> None:
    assert get(ITEM, path) == value or get(ITEM, path) is value


@pytest.mark.parametrize(
    ("path", "at"),
    [
        ("", 0),
        ("  ", 0),
        (".a", 0),
        ("a.", 2),
        ("a..b", 2),
        ("a[", 1),
        ("a[b]", 2),
        ('a["b', 2),
        ('a["b"', 1),
        ("a]b", 1),
        ("$.a", 0),
        ("a[*]b", 4),
    ],
)
def test_errors_name_the_character(path: str, at: int) -> None:
    with pytest.raises(PathError) as caught:
        parse(path)
    assert caught.value.at == at


@given(st.lists(st.one_of(st.text(), st.just(EACH), st.integers(-9, 99)), min_size=1, max_size=6))
def test_text_and_parse_are_inverse(segments: list[Any]) -> None:
    assert parse(text(segments)) == tuple(segments)


@given(st.text(max_size=30))
def test_any_text_parses_or_is_an_error_within_it(path: str) -> None:
    try:
        segments = parse(path)
    except PathError as problem:
        at = problem.at
    else:
        assert parse(text(segments)) == segments
        at = 0
    assert 0 <= at <= len(path)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("a", ["a"]),
        ("a, b.c ,d[*].e", ["a", "b.c", "d[*].e"]),
        ('x["f,g"].h, ["i\\",j"]', ['x["f,g"].h', '["i\\",j"]']),
        ("a['b,c'], d", ["a['b,c']", "d"]),
        (" , ", []),
    ],
)
def test_paths_are_separated_by_commas(text: str, paths: list[str]) -> None:
    assert split(text) == paths
