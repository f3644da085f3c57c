"""JSON text to values: what is exact, and what is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adaptgen.mcp import json_text


@given(st.text("0123456789-.a", max_size=60).map(str.encode))
@example(b"   -1234567890123456789")
@example(b"12345678901234567890")
def test_an_integer_that_64_bits_may_not_hold_is_found_wherever_it_is(data: bytes) -> None:
    assert json_text.has_long_number(data) == (re.search(rb"[0-9]{20}|-[0-9]{19}", data) is not None)


def test_an_object_that_is_read_exactly_has_no_number_that_would_become_null() -> None:
    with pytest.raises(ValueError):
        json_text.loads_unique('{"a": -1e999}')


def test_numbers_that_a_float_would_round_keep_their_digits() -> None:
    text = '{"a": 12345678901234567.89, "b": 0.1, "c": 1e-400, "d": 5, "e": 12345678901234567890123}'
    assert json_text.has_long_decimal(text.encode())
    assert not json_text.has_long_decimal(b'{"b": 0.1, "id": 123456789012345}')
    read = json_text.loads_exact(text)
    assert (read["a"].text, read["c"].text) == ("12345678901234567.89", "1e-400")
    assert type(read["b"]) is float
    assert (read["d"], read["e"]) == (5, 12345678901234567890123)
