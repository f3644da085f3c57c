import base64
import json
from typing import Any

import pytest

from adaptgen.learning.login.tokens import break_token, find_lifetime, find_place
from adaptgen.model.tables import Expires
from adaptgen.runtime.http.response import Response


def test_a_broken_token_keeps_its_form() -> None:
    assert break_token("abc.def.ghi") == "abc.def.tuv"
    assert break_token("0123456789abcdef01") == "5678901234defabc56"
    assert break_token("sk_Live9") == "fx_Yvir4"


JWT = f"eyJhbGciOiJIUzI1NiJ9.{base64.urlsafe_b64encode(json.dumps({'exp': 1}).encode()).decode().rstrip('=')}.c2ln"


@pytest.mark.parametrize(
    ("body", "expires"),
    [
        ({"token": "abc", "expires_in": 3600}, Expires(after="$.expires_in")),
        ({"data": {"token": "abc", "ttl": 60}}, Expires(after="$.data.ttl")),
        ({"token": "abc", "expires_at": "2030-01-02T03:04:05Z"}, Expires(at="$.expires_at", unit="iso")),
        ({"token": "abc", "expires_at": 1900000000}, Expires(at="$.expires_at")),
        ({"token": "abc", "expires_at": 1900000000000}, Expires(at="$.expires_at", unit="ms")),
        ({"token": "abc", "refresh_expires_in": 3600}, None),
        ({"token": "abc", "expires_in": True}, None),
        ({"token": JWT, "expires_in": 3600}, None),
    ],
)
def test_the_answer_of_a_login_shows_when_its_token_ends(body: Any, expires: Expires | None) -> None:
    token = body["data"]["token"] if "data" in body else body["token"]
    assert find_lifetime(Response(200, {}, json.dumps(body).encode()), token) == expires


@pytest.mark.parametrize(
    ("response", "place"),
    [
        (Response(200, {}, b'{"data": {"id": 1, "jwt": "abcdefgh"}}'), "$.data.jwt"),
        (Response(200, {"x-auth-token": "abcdefgh"}, b""), "header:x-auth-token"),
        (Response(200, {"authorization": "Bearer abcdefgh"}, b"{}"), "header:authorization"),
        (Response(204, {}, b"", cookies={"sid": "abcdefgh"}), "cookie:sid"),
        (Response(200, {}, b'{"ada@example.com": {"jwt": "abcdefgh"}}'), ""),
    ],
)
def test_a_token_is_found_where_a_name_leads_to_it(response: Response, place: str) -> None:
    assert find_place("abcdefgh", response) == place
