"""SigV4: the signature that botocore makes for the same request."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from botocore import auth as botocore_auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from adaptgen.runtime.aws.sigv4 import AwsKeys, presign, sign
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


def test_what_the_connection_adds_is_not_signed() -> None:
    plain = sign("GET", "https://a.example/", {}, b"", AwsKeys("AKID", "s"), region="r", service="lambda", now=NOW)
    noisy = sign(
        "GET", "https://a.example/", {"User-Agent": "x", "Connection": "close", "Authorization": "Bearer no"}, b"",
        AwsKeys("AKID", "s"), region="r", service="lambda", now=NOW,
    )  # fmt: skip
    assert plain == noisy


def test_keys_show_no_secret() -> None:
    assert "hidden" not in repr(AwsKeys("AKID", "hidden", "hidden-too"))


def test_a_body_that_is_sent_in_pieces_is_signed_by_its_hash() -> None:
    body, keys = b"a file" * 1000, AwsKeys("AKID", "secret")
    known = {"region": "eu-central-1", "service": "execute-api", "now": NOW}
    whole = sign("PUT", "https://api.example.com/x", {}, body, keys, **known)  # type: ignore[arg-type]
    digest = BodyStream([body[:10], body[10:]]).sha256()
    pieces = sign("PUT", "https://api.example.com/x", {}, b"", keys, digest=digest, **known)  # type: ignore[arg-type]
    assert pieces == whole


@pytest.mark.parametrize(
    ("method", "query", "signature"),
    [
        ("GET", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("GET", "?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ],
)
def test_the_suite_of_aws_is_signed_as_it_says(method: str, query: str, signature: str) -> None:
    """get-vanilla, post-vanilla and get-vanilla-query-order-key-case of AWS's Signature Version 4 test suite."""
    keys = AwsKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    now = datetime.datetime(2015, 8, 30, 12, 36, tzinfo=datetime.UTC)
    url = f"https://example.amazonaws.com/{query}"
    given = sign(method, url, {}, b"", keys, region="us-east-1", service="service", now=now)
    assert given["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}"
    )


def test_the_example_of_a_signed_url_is_signed_as_it_says() -> None:
    """S3 API reference, "Authenticating Requests: Using Query Parameters"."""
    keys = AwsKeys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    now = datetime.datetime(2013, 5, 24, tzinfo=datetime.UTC)
    url = presign(
        "GET", "https://examplebucket.s3.amazonaws.com/test.txt", {}, keys, region="us-east-1", seconds=86400, now=now
    )
    assert url == (
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
