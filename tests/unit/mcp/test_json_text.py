"""JSON text to values: what is exact, and what is refused."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adaptgen.mcp import json_text

_DIGITS = st.text("0123456789", min_size=1, max_size=25)
_WHOLE = _DIGITS.map(lambda digits: digits.lstrip("0") or "0")
_EXPONENTS = st.sampled_from(["", "e5", "E-320", "e-400", "e+400", "E308"])
_NUMBERS = st.builds(
    "".join,
    st.tuples(st.sampled_from(["", "-"]), _WHOLE, _DIGITS.map(lambda digits: f".{digits}") | st.just(""), _EXPONENTS),
)


@given(st.lists(_NUMBERS, min_size=1, max_size=5), st.sampled_from(["", " ", "\n  "]))
@example(["-9223372036854775809", "18446744073709551616"], "")
@example(["123456789012345678e2"], "")
@example(["12345678.12345678"], " ")
def test_no_number_loses_a_digit_when_it_is_read_and_written(numbers: list[str], space: str) -> None:
    text = f'{{"a":{space}[{f",{space}".join(numbers)}{space}]}}'
    written = json_text.encode(json_text.loads(text)).decode()
    parts = written.removeprefix('{"a":[').removesuffix("]}").split(",")
    assert [Decimal(part) for part in parts] == [Decimal(number) for number in numbers]


@pytest.mark.parametrize(
    "text",
    [
        '{"id":1917043659912705297,"price":12.50,"at":"2026-03-31T15:00:00.123456Z"}',
        '["e4c1a7de-1234-4567-89ab-9e-400","192.168.100.100",12345678901234.0]',
        "[123456789012345,1e300,0.000001]",
    ],
)
def test_text_with_short_numbers_takes_the_fast_parser(text: str) -> None:
    assert not json_text.has_long_number(text.encode())


def test_an_object_that_is_read_exactly_has_no_number_that_would_become_null() -> None:
    with pytest.raises(ValueError):
        json_text.loads_unique('{"a": -1e999}')


def test_numbers_are_equal_by_all_their_digits() -> None:
    one, other, short = json_text.loads_exact("[12345678901234567.89, 12345678901234567.90, 1.10]", as_written=True)
    assert one != other
    assert short == 1.1
    assert {short: "a"}[1.1] == "a"
    assert pickle.loads(pickle.dumps(one)).text == "12345678901234567.89"
