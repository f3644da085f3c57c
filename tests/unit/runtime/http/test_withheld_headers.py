"""A header that repeats a token of the session keeps the rest: the address of the next page repeats its query."""

from __future__ import annotations

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
