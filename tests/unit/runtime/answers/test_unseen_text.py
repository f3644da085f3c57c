"""What a person cannot see does not reach a model."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from adaptgen.runtime.core.text import clean, encode


@given(st.text())
def test_encoded_text_holds_what_cleaning_leaves(text: str) -> None:
    assert orjson.loads(encode([text])) == [clean(text)]


def test_a_number_that_json_does_not_have_is_null() -> None:
    assert encode([2**53, -1, float("inf"), float("nan")]) == b'["9007199254740992",-1,null,null]'
