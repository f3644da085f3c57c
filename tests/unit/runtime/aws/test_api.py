"""Requests to AWS: signed, tried again where that can help, and errors that show no value."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from email.utils import formatdate
from typing import Any

import httpx
import pytest
from support.aws_transcripts import fixed_keys

from adaptgen.runtime.aws import api as aws
from adaptgen.runtime.aws.api import AwsApi
from adaptgen.runtime.aws.errors import AwsError
from adaptgen.runtime.aws.s3 import Bucket

pytestmark = pytest.mark.asyncio

Answers = list[httpx.Response | Exception]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nothing waits before it tries again; how it would have: base by base."""
    waited: list[float] = []

    def pause(times: int, base: float) -> float:
        waited.append(base)
        return 0.0

    monkeypatch.setattr(aws, "_pause", pause)
    monkeypatch.setattr(aws._Clock, "offset", 0.0)
    return waited


def answer(status: int = 200, body: bytes = b"{}", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return httpx.Response(status, headers=named, stream=httpx.ByteStream(body))


def refused(code: str, status: int = 400, **headers: str) -> httpx.Response:
    return answer(status, json.dumps({"__type": f"com.amazon.coral#{code}", "message": "hunter2"}).encode(), **headers)


def over(answers: Answers, service: str = "dynamodb", **options: Any) -> tuple[AwsApi, list[httpx.Request]]:
    """An API that gets these answers one after the other, and the requests that it sends."""
    sent: list[httpx.Request] = []

    async def network(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        found = answers[min(len(sent), len(answers)) - 1]
        if isinstance(found, Exception):
            raise found
        return found

    options.setdefault("keys", fixed_keys)
    return AwsApi(service, "eu-west-1", transport=httpx.MockTransport(network), **options), sent


@pytest.mark.parametrize(
    ("first", "throttled"),
    [
        (refused("ProvisionedThroughputExceededException"), True),
        (refused("ThrottlingException"), True),
        (answer(429), True),
        (answer(503), False),
        (refused("InternalServerError", 500), False),
        (httpx.ConnectError("no"), False),
        (httpx.ReadTimeout("no"), False),
        (httpx.RemoteProtocolError("closed"), False),
        (answer(200, b"{}", x_amz_crc32="1"), False),
    ],
)
async def test_what_may_pass_is_tried_again(first: Any, throttled: bool, at_once: list[float]) -> None:
    api, sent = over([first, answer(body=b'{"Item": {}}')])
    assert await api.call("GetItem", {"TableName": "t"}) == {"Item": {}}
    assert len(sent) == 2
    assert at_once == [0.3 if throttled else 0.05]


async def test_attempts_end() -> None:
    api, sent = over([answer(503) for _ in range(3)])
    with pytest.raises(AwsError, match="AWS refuses GetItem: 503"):
        await api.call("GetItem", {})
    assert len(sent) == 3
    api, sent = over([httpx.ConnectError("http://canary")])
    with pytest.raises(AwsError, match=r"^AWS cannot be asked for GetItem: ConnectError$"):
        await api.call("GetItem", {})
    assert len(sent) == 3


async def test_all_attempts_have_one_limit() -> None:
    async def silent(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    api = AwsApi("kms", "eu-west-1", keys=fixed_keys, limit=0.02, transport=httpx.MockTransport(silent))
    with pytest.raises(AwsError, match=r"no answer in 0\.02 s"):
        await api.call("Sign", {})


async def test_a_wrong_clock_is_put_right() -> None:
    there = formatdate(time.time() + 900, usegmt=True)
    api, sent = over([refused("InvalidSignatureException", date=there), answer()])
    await api.call("GetItem", {})
    stamps = [time.strptime(one.headers["x-amz-date"], "%Y%m%dT%H%M%SZ") for one in sent]
    assert 890 < time.mktime(stamps[1]) - time.mktime(stamps[0]) < 910
    here = formatdate(time.time() + 900, usegmt=True)
    api, sent = over([refused("InvalidSignatureException", date=here)])
    with pytest.raises(AwsError, match="InvalidSignatureException"):
        await api.call("GetItem", {})
    assert len(sent) == 1, "the time was right: another attempt has the same signature"


async def test_keys_that_ended_are_found_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    found = iter(["old", "new"])
    current = next(found)

    async def get() -> aws.AwsKeys:
        return aws.AwsKeys(current, "secret")

    def forget() -> None:
        nonlocal current
        current = next(found)

    monkeypatch.setattr(aws.OWN_KEYS, "get", get)
    monkeypatch.setattr(aws.OWN_KEYS, "forget", forget)
    api, sent = over([refused("ExpiredTokenException"), answer()], keys=None)
    await api.call("GetItem", {})
    assert [one.headers["authorization"].split("=")[1].split("/")[0] for one in sent] == ["old", "new"]


async def test_answers_are_bounded_and_must_be_json() -> None:
    api, _ = over([answer(body=b"x" * 11)])
    with pytest.raises(AwsError, match="too large"):
        await api.send("GET", "/", most=10)
    for body in (b"[1]", b"nonsense", b"\xff"):
        api, _ = over([answer(body=body, x_amz_crc32=str(zlib.crc32(body)))])
        with pytest.raises(AwsError, match="cannot be read"):
            await api.call("GetItem", {})


async def test_a_bucket_elsewhere_is_found_there(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts: list[str] = []

    async def network(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        if "us-east-2" not in request.url.host:
            return answer(301, b"<Error><Code>PermanentRedirect</Code></Error>", x_amz_bucket_region="us-east-2")
        assert "/us-east-2/s3/aws4_request" in request.headers["authorization"]
        return answer(body=b"data", etag='"1"')

    bucket = Bucket(AwsApi("s3", "eu-west-1", keys=fixed_keys, transport=httpx.MockTransport(network)), "crm-files")
    assert (await bucket.get("a b/ü.txt")).body == b"data"
    await bucket.get("a")
    assert hosts == ["crm-files.s3.eu-west-1.amazonaws.com", *["crm-files.s3.us-east-2.amazonaws.com"] * 2]


async def test_a_region_that_s3_names_cannot_lead_elsewhere() -> None:
    api, sent = over([answer(301, b"", x_amz_bucket_region="evil.example/")], "s3")
    with pytest.raises(AwsError):
        await Bucket(api, "crm-files").get("a")
    assert len(sent) == 1


@pytest.mark.parametrize("name", ["..", "evil.example/x", "A_B", "a", "x" * 64, "user@host"])
async def test_a_name_that_no_bucket_has_is_not_asked(name: str) -> None:
    with pytest.raises(AwsError, match="name of the bucket"):
        Bucket(over([answer()], "s3")[0], name)
