"""What is left of an answer without a token stays what it was: a header with the address of the next page, and JSON."""

from __future__ import annotations

import time

import pytest

from adaptgen.runtime.http.expected_answer import withhold_tokens
from adaptgen.runtime.http.response import Response


@pytest.mark.parametrize(
    ("token", "written"), [("key-0123456789", "key-0123456789"), ("key/01+23456789", "key%2F01%2B23456789")]
)
def test_only_the_token_is_withheld(token: str, written: str) -> None:
    headers = {"link": f'</users?page=2&apikey={written}>; rel="next"', "x-total": "5"}
    kept = withhold_tokens(Response(200, headers, b"[]", url="http://127.0.0.1/users"), [token])
    assert kept.headers == {"link": '</users?page=2&apikey=[withheld]>; rel="next"', "x-total": "5"}


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


def test_quotes_without_an_end_hold_up_nobody() -> None:
    content = b"[" + b'\\"' * 20_000 + b" 12345678"
    begun = time.process_time()
    withhold_tokens(Response(200, {}, content, media_type="application/json"), ["12345678"])
    assert time.process_time() - begun < 0.5
