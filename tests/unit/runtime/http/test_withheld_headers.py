"""What is left of an answer without a token stays what it was: a header with the address of the next page, and JSON."""

from __future__ import annotations

import pytest

from adaptgen.runtime.http.expected_answer import withhold_tokens
from adaptgen.runtime.http.response import Response


@pytest.mark.parametrize(
    ("token", "written", "shown"),
    [
        ("12345678.5", b'{"a": 12345678.5, "b": "12345678.5", "c": 912345678.51}',
         b'{"a": "[withheld]", "b": "[withheld]", "c": 912345678.51}'),
        ("-12345678", b"[-12345678]", b'["[withheld]"]'),
        ("true", b'{"a": true, "b": "true"}', b'{"a": true, "b": "[withheld]"}'),
        ('pa/ss"word\u00e9', b'["pa\\/ss\\"word\\u00E9", "pa/ss\\u0022word\\u00e9"]', b'["[withheld]", "[withheld]"]'),
    ],
)  # fmt: skip
def test_what_is_left_of_json_is_json(token: str, written: bytes, shown: bytes) -> None:
    assert withhold_tokens(Response(200, {}, written, media_type="application/json"), [token]).content == shown
