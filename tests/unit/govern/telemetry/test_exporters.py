"""OTLP to CloudWatch is signed, and to any other collector it is not."""

from __future__ import annotations

import re

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from adaptgen.govern.settings.load import parse
from adaptgen.govern.telemetry import tracer
from adaptgen.govern.telemetry.exporters import signed_session


@pytest.mark.parametrize(
    ("host", "takes"),
    [
        ("xray.eu-central-1.amazonaws.com", "traces"),
        ("monitoring.us-gov-west-1.amazonaws.com", "metrics"),
        ("xray.cn-north-1.amazonaws.com.cn", "traces"),
        ("logs.eu-central-1.amazonaws.com", None),
        ("xray.eu-central-1.amazonaws.com.evil.example", None),
        ("collector.example", None),
    ],
)
def test_what_an_endpoint_takes(host: str, takes: str | None) -> None:
    found = signed_session(f"https://{host}")
    assert (found[0] if found else None) == takes


def test_a_request_has_the_signature_that_botocore_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    url, body = "https://xray.eu-central-1.amazonaws.com/v1/traces", b"\x0a\x00spans"
    found = signed_session(url)
    assert found is not None
    asked = requests.Request("POST", url, data=body, headers={"Content-Type": "application/x-protobuf"})
    sent = found[1].prepare_request(asked)
    stamp, signature = sent.headers["X-Amz-Date"], sent.headers["Authorization"]
    signed = re.search("SignedHeaders=([^,]+)", str(signature))
    assert signed is not None
    headers = {name: str(sent.headers[name]) for name in signed[1].split(";") if name in sent.headers}
    oracle = AWSRequest("POST", url, headers, body)
    oracle.context["timestamp"] = stamp
    auth = SigV4Auth(
        Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session"), "xray", "eu-central-1"
    )
    text = auth.string_to_sign(oracle, auth.canonical_request(oracle))
    assert f"Signature={auth.signature(text, oracle)}" in str(signature)
    assert "/eu-central-1/xray/aws4_request" in str(signature)
    assert "wJalrXUtnFEMI" not in repr(sent.headers)


def test_metrics_are_not_sent_to_an_endpoint_for_spans() -> None:
    settings = parse(b'adaptgen: 1\ntrace: {otlp: "https://xray.eu-central-1.amazonaws.com"}\n', "g.yaml")
    made = tracer(settings, environ={})
    try:
        assert list(made._meters._metric_readers) == []  # type: ignore[attr-defined]
    finally:
        made.close()
