"""References to a bucket, without the bucket: what they are bound to, and what is asked of S3."""

from __future__ import annotations

import asyncio
import io
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from adaptgen.model.tables import Caller
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.files.content import Spool
from adaptgen.runtime.files.rules import FileRules
from adaptgen.runtime.files.s3 import S3Slots

ADA, EVE = Caller("ada", "bank"), Caller("ada", "shop")
RULES = FileRules(store="s3://crm-files/agents/", region="eu-central-1", expires=900)
KEY = bytes(range(32))


class Bucket:
    """What is asked of S3."""

    def __init__(self, data: bytes = b"data") -> None:
        self.data = data
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def generate_presigned_url(self, **given: Any) -> str:
        self.asked.append((given["ClientMethod"], given["Params"]))
        return f"https://crm-files.s3.example/{given['Params']['Key']}?X-Amz-Signature=secret"

    def get_object(self, **given: Any) -> dict[str, Any]:
        self.asked.append(("get", given))
        return {"ContentLength": len(self.data), "Body": io.BytesIO(self.data)}

    def put_object(self, **given: Any) -> dict[str, Any]:
        self.asked.append(("put", {**given, "Body": given["Body"].read()}))
        return {}


def slots(bucket: Bucket, key: bytes = KEY, now: float = 1000.0) -> S3Slots:
    made = S3Slots(RULES, key, lambda: now)
    made._client = bucket
    return made


def offered(bucket: Bucket) -> str:
    return asyncio.run(slots(bucket).create(ADA, "Ada.txt", 4, "text/plain")).reference


def test_a_slot_is_signed_for_one_object_of_one_size_and_type() -> None:
    bucket = Bucket()
    one = asyncio.run(slots(bucket).create(ADA, "Ada.txt", 4, "text/plain"))
    ((operation, given),) = bucket.asked
    assert operation == "put_object"
    assert (given["ContentLength"], given["ContentType"], given["IfNoneMatch"]) == (4, "text/plain", "*")
    assert given["Key"].startswith("agents/up/")
    assert "Ada" not in given["Key"] + one.reference
    assert "X-Amz" not in repr(one)
    assert one.reference.removeprefix("upload://").isalpha()


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
    bucket.asked.clear()
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
    (_, put), (operation, signed) = bucket.asked
    assert (put["Body"], put["ContentLength"], put["ContentType"]) == (b"%PDF-1.7", 8, "application/pdf")
    assert (operation, signed["Key"]) == ("get_object", put["Key"])
    assert "Ada" not in put["Key"]
    assert "X-Amz" not in repr(link)


def test_what_s3_signs_is_bound_to_length_type_and_a_new_object(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    offer = asyncio.run(S3Slots(RULES, KEY).create(ADA, "a.pdf", 5, "application/pdf"))
    signed = parse_qs(urlsplit(offer.url).query)
    assert signed["X-Amz-SignedHeaders"] == ["content-length;content-type;host;if-none-match"]
    assert signed["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert not any("checksum" in name.lower() for name in signed)
