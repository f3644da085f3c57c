"""Which answers are searched in a thread."""

from __future__ import annotations

import pytest

from adaptgen.pii.structured_text import NEVER, takes_long

PROSE = "The contract is renewed for another year; nobody has to call before Tuesday. "


def of(text: str, size: int) -> str:
    return (text * (size // len(text) + 1))[:size]


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
