"""The dotted path grammar."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptgen.syntax.field_paths import EACH, PathError, parse, text


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
