"""JSON text becomes values; what people get wrong in it is read over and reported, or refused with a place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptgen.diagnostics import AdaptgenError
from adaptgen.text.parse import Parsed, parse


def codes(parsed: Parsed) -> list[tuple[str, int, int]]:
    return [(one.code, one.where.line, one.where.column) for one in parsed.diagnostics if one.where]


def refused(text: str, file: str = "t.json", *, strict: bool = False) -> tuple[str, int, int]:
    with pytest.raises(AdaptgenError) as caught:
        parse(text.encode(), file, strict=strict)
    (one,) = caught.value.diagnostics
    assert one.where is not None
    return one.code, one.where.line, one.where.column


def test_numbers_that_json_does_not_have_become_null() -> None:
    parsed = parse(b'{"a": NaN, "b": -Infinity, "c": 1e999, "d": 1e3}', "t.json")
    assert parsed.value == {"a": None, "b": None, "c": None, "d": 1000.0}
    assert [code for code, _, _ in codes(parsed)] == ["AG006"]


def test_a_duplicate_key_is_reported_and_the_last_one_wins() -> None:
    text = '{"a": {"k": 1, "x": ["k", {"k": 2}],\n  "k": 3}, "b": {"k": 4}}'
    parsed = parse(text.encode(), "t.json")
    assert parsed.value == {"a": {"k": 3, "x": ["k", {"k": 2}]}, "b": {"k": 4}}
    assert codes(parsed) == [("AG003", 2, 3)]
    assert refused(text, strict=True) == ("AG003", 2, 3)


def test_a_path_that_stands_twice_keeps_the_operations_of_both() -> None:
    parsed = parse(b'{"/x": {"get": 1}, "/x": {"post": 2}}', "t.json")
    assert parsed.value == {"/x": {"get": 1, "post": 2}}


@pytest.mark.parametrize(
    ("text", "value", "place"),
    [
        ('{"a": 1,\n "b": [1, 2,],}', {"a": 1, "b": [1, 2]}, (2, 12)),
        ('{"a": 1, // why\n "b": /* not */ "x // y"}', {"a": 1, "b": "x // y"}, (1, 10)),
        ('{"a": "C:\\path\\d+"}', {"a": "C:\\path\\d+"}, (1, 7)),
        ('{"a": "two\nlines"}', {"a": "two\nlines"}, (1, 1)),
    ],
)
def test_common_flaws_are_read_over_and_reported(text: str, value: Any, place: tuple[int, int]) -> None:
    parsed = parse(text.encode(), "t.json")
    assert parsed.value == value
    assert codes(parsed) == [("AG006", *place)]


def test_deep_nesting_is_refused() -> None:
    assert refused('{"a":' * 300 + "1" + "}" * 300)[0] == "AG005"
    assert refused("[" * 100_000)[0] in ("AG002", "AG005")


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
    max_leaves=20,
))  # fmt: skip
def test_what_is_json_is_read_as_json(value: Any) -> None:
    text = json.dumps({"a": value}, ensure_ascii=True)
    if "\\ud" not in text:
        assert parse(text.encode(), "t.json").value == {"a": value}


@given(st.binary(max_size=60))
def test_no_bytes_lead_to_a_traceback(data: bytes) -> None:
    for start in (b"", b"{", b"a: ", b'["'):
        try:
            parse(start + data, "t")
        except AdaptgenError:
            pass
