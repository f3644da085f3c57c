"""Which answers are searched in a thread."""

from __future__ import annotations

import base64

import pytest

from adaptgen.pii.structured_text import ALWAYS, NEVER, takes_long

PROSE = "The contract is renewed for another year; nobody has to call before Tuesday. "


def of(text: str, size: int) -> str:
    return (text * (size // len(text) + 1))[:size]


@pytest.mark.parametrize(
    "value",
    [
        "x" * (ALWAYS + 1),
        {"items": [PROSE] * (ALWAYS // len(PROSE) + 1)},
        {of("k", 40_000): of("v", 40_000)},
        of("(1)", NEVER + 1),
        of("（１）", NEVER + 1),
        of("%28%31%29", NEVER + 1),
        of("\\u0031\\u0029", NEVER + 1),
        of(base64.b64encode(b"(1)(1)(1)" * 20).decode(), NEVER + 4),
        [{"text": of("12 34 56 ", 900)} for _ in range(20)],
    ],
)
def test_large_answers_and_those_full_of_digits_take_long(value: object) -> None:
    assert takes_long(value)


@pytest.mark.parametrize(
    "value",
    [
        of("(1)", NEVER),
        of(PROSE, 60_000),
        [{"id": at, "title": "Fix the parser", "created": "2011-04-22T13:33:48Z"} for at in range(300)],
        {"items": [{"note": PROSE, "amount": 12.5}] * 400},
        None,
    ],
)
def test_others_do_not(value: object) -> None:
    assert not takes_long(value)
