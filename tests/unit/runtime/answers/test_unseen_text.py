"""What a person cannot see does not reach a model."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptgen.runtime.core.text import clean, encode


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("plain", "plain"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("pay\u202eload\u202c", "payload"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("tag\U000e0041\U000e007f", "tag"),
        ("bell\x07\x1b[31m\x9b", "bell"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x07 \x9b2Jcleared", "link cleared"),
        ("an escape \x1b alone", "an escape  alone"),
        ("v\ufe0f\ufe0e\ufe0f\ufe0e\ufe0f", "v\ufe0f"),
        ("variation\U000e0100", "variation"),
        ("half\ud800", "half"),
        ("Ümläut 漢字 🙂", "Ümläut 漢字 🙂"),
    ],
)
def test_clean(text: str, left: str) -> None:
    assert clean(text) == left


def test_keys_and_nested_values_are_cleaned() -> None:
    value = {"a\u200b": ["x\u202e", {"b": "\x00c"}], "n": 2**70, "t": (1, "d\u2066")}
    assert orjson.loads(encode({"a\u200b": ["x\u202e", {"b": "\x00c"}]})) == {"a": ["x", {"b": "c"}]}
    assert encode(value) == b'{"a":["x",{"b":"c"}],"n":1180591620717411303424,"t":[1,"d"]}'


@given(st.text())
def test_encoded_text_holds_what_cleaning_leaves(text: str) -> None:
    assert orjson.loads(encode([text])) == [clean(text)]


def test_a_backslash_in_text_survives() -> None:
    assert orjson.loads(encode(["C:\\users\\u0041"])) == ["C:\\users\\u0041"]


def test_a_number_that_json_does_not_have_is_null() -> None:
    assert encode([2**70, float("inf"), float("nan")]) == b"[1180591620717411303424,null,null]"
