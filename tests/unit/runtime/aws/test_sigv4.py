"""SigV4: the signature that botocore makes for the same request."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from botocore import auth as botocore_auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from adaptgen.runtime.aws.sigv4 import AwsKeys, sign
from adaptgen.runtime.files.content import BodyStream

NOW = datetime.datetime(2026, 11, 21, 7, 8, 9, tzinfo=datetime.UTC)


def oracle(
    monkeypatch: pytest.MonkeyPatch, method: str, url: str, headers: dict[str, str], body: bytes, token: str, name: str
) -> dict[str, Any]:
    monkeypatch.setattr(botocore_auth, "get_current_datetime", lambda: NOW)
    kind = botocore_auth.S3SigV4Auth if name == "s3" else botocore_auth.SigV4Auth
    url = url if url.count("/") > 2 else url + "/"  # as HTTP clients send it
    request = AWSRequest(method, url, headers=dict(headers), data=body)
    kind(Credentials("AKID", "secret", token or None), name, "eu-central-1").add_auth(request)
    return {key: value for key, value in request.headers.items() if key not in headers}


@pytest.mark.parametrize("service", ["execute-api", "lambda", "s3"])
@pytest.mark.parametrize("token", ["", "session-token"])
@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "https://api.example.com/items"),
        ("GET", "https://api.example.com"),
        ("POST", "http://127.0.0.1:8000/a//b/../c%20d/%2Fe/?b=2&a=1&a=0&empty=&flag"),
        ("delete", "https://API.example.com:443/%C3%BC/x~y?q=a%20b%2Bc&Q=%7E"),
    ],
)
def test_signature_is_botocores(
    monkeypatch: pytest.MonkeyPatch, method: str, url: str, token: str, service: str
) -> None:
    headers = {"Content-Type": "application/json", "X-Many": " a   b ", "Accept": "*/*"}
    url = url.replace("%7E", "~")  # botocore trusts the query to be encoded as RFC 3986 wants it
    expected = oracle(monkeypatch, method, url, headers, b'{"a":1}', token, service)
    given = sign(
        method, url, headers, b'{"a":1}', AwsKeys("AKID", "secret", token),
        region="eu-central-1", service=service, now=NOW,
    )  # fmt: skip
    assert {name.lower(): value for name, value in given.items()} == {
        name.lower(): value for name, value in expected.items()
    }


def test_a_body_that_is_sent_in_pieces_is_signed_by_its_hash() -> None:
    body, keys = b"a file" * 1000, AwsKeys("AKID", "secret")
    known = {"region": "eu-central-1", "service": "execute-api", "now": NOW}
    whole = sign("PUT", "https://api.example.com/x", {}, body, keys, **known)  # type: ignore[arg-type]
    digest = BodyStream([body[:10], body[10:]]).sha256()
    pieces = sign("PUT", "https://api.example.com/x", {}, b"", keys, digest=digest, **known)  # type: ignore[arg-type]
    assert pieces == whole
