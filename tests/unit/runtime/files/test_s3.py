"""References to a bucket, without the bucket: what they are bound to, and what is asked of S3."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from adaptgen.model.tables import Caller
from adaptgen.runtime.aws import s3 as aws_s3
from adaptgen.runtime.aws.api import AwsApi
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.files.content import Spool
from adaptgen.runtime.files.rules import FileRules
from adaptgen.runtime.files.s3 import S3Slots

ADA, EVE = Caller("ada", "bank"), Caller("ada", "shop")
RULES = FileRules(store="s3://crm-files/agents/", region="eu-central-1", expires=900)
KEY = bytes(range(32))


class Bucket:
    """What is asked of S3, over the network."""

    def __init__(self, data: bytes = b"data") -> None:
        self.data = data
        self.asked: list[tuple[httpx.Request, bytes]] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        body = b"".join([part async for part in request.stream])  # type: ignore[union-attr]
        self.asked.append((request, body))
        assert request.headers["x-amz-content-sha256"] == hashlib.sha256(body).hexdigest()
        return httpx.Response(200, stream=httpx.ByteStream(self.data if request.method == "GET" else b""))


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


def slots(bucket: Bucket, key: bytes = KEY, now: float = 1000.0) -> S3Slots:
    made = S3Slots(RULES, key, lambda: now)
    api = AwsApi("s3", RULES.region, transport=httpx.MockTransport(bucket))
    made._made = aws_s3.Bucket(api, "crm-files")
    return made


def offered(bucket: Bucket) -> str:
    return asyncio.run(slots(bucket).create(ADA, "Ada.txt", 4, "text/plain")).reference


def test_any_process_with_the_key_reads_it_for_its_caller() -> None:
    bucket = Bucket()
    file = asyncio.run(slots(bucket).take(ADA, offered(bucket)))
    assert (file.read(), file.name, file.media_type) == (b"data", "Ada.txt", "text/plain")
    file.close()


@pytest.mark.parametrize(
    ("caller", "key", "now", "change"),
    [
        (EVE, KEY, 1000.0, str),
        (ADA, bytes(32), 1000.0, str),
        (ADA, KEY, 1900.0, str),
        (ADA, KEY, 1000.0, lambda text: text[:-1] + ("a" if text[-1] != "a" else "b")),
        (ADA, KEY, 1000.0, lambda text: text[:-2]),
        (ADA, KEY, 1000.0, lambda text: "upload://"),
        (ADA, KEY, 1000.0, lambda text: "upload://" + "a" * 100_000),
    ],
)
def test_anything_else_is_no_slot(caller: Caller, key: bytes, now: float, change: Any) -> None:
    bucket = Bucket()
    reference = change(offered(bucket))
    with pytest.raises(ToolError, match="upload slot is not known"):
        asyncio.run(slots(bucket, key, now).take(caller, reference))
    assert bucket.asked == []


@pytest.mark.parametrize("data", [b"dat", b"data!"])
def test_an_object_of_another_size_is_not_used(data: bytes) -> None:
    bucket = Bucket(data)
    with pytest.raises(ToolError, match="declared size"):
        asyncio.run(slots(bucket).take(ADA, offered(bucket)))


def test_an_answer_is_put_under_a_random_key_and_signed() -> None:
    bucket, spool = Bucket(), Spool(100)
    spool.write(b"%PDF-1.7")
    file = spool.finish("Ada.pdf", "application/pdf")
    link = asyncio.run(slots(bucket).hand_out(ADA, file))
    file.close()
    ((put, body),) = bucket.asked
    assert (put.method, put.url.host) == ("PUT", "crm-files.s3.eu-central-1.amazonaws.com")
    assert (body, put.headers["content-length"]) == (b"%PDF-1.7", "8")
    assert put.headers["content-type"] == "application/pdf"
    assert urlsplit(link.uri).path == put.url.path
    assert "Ada" not in put.url.path
    assert "X-Amz" not in repr(link)
