"""Events of Lambda as requests, and answers as what a function returns."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import Any

import pytest
from support.lambda_runtime import ANN, http_event, rest_event

from adaptgen.mcp.http_messages import HttpAnswer
from adaptgen.transports.aws_lambda.event import Event, NoRequest, prefix, read
from adaptgen.transports.aws_lambda.handler import LIMIT, response

LINES = [("Content-Type", "application/json"), ("Mcp-Session-Id", "a"), ("Mcp-Session-Id", "b")]
KINDS = {"url": http_event, "rest": rest_event}


def asked(event: dict[str, Any], *prefixes: str) -> Event:
    return read(event, 60.0, prefixes)


def payload(event: Event) -> bytes:
    return asyncio.run(event.http.read(1 << 20))


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_arrives_as_it_was_sent(kind: str) -> None:
    event = asked(KINDS[kind]("POST", "/mcp", "a=1", LINES, b'{"id": "\xc3\xa9"}'))
    assert (event.http.method, event.http.path, event.http.principal) == ("POST", "/mcp", ANN)
    assert event.http.headers["content-type"] == "application/json"
    assert event.http.source == "192.0.2.1"
    assert payload(event) == b'{"id": "\xc3\xa9"}'
    assert not event.http.streaming


def test_repeated_headers_are_seen_where_the_platform_shows_them() -> None:
    assert asked(rest_event("POST", "/mcp", lines=LINES)).http.ambiguous == "mcp-session-id"
    assert asked(http_event("POST", "/mcp", lines=LINES)).http.headers["mcp-session-id"] == "a,b"


def test_a_body_in_base64_is_decoded() -> None:
    event = asked(http_event("POST", "/mcp", lines=[("content-type", "application/octet-stream")], body=b"\xff{}"))
    assert payload(event) == b"\xff{}"


def test_cookies_of_payload_2_are_one_header() -> None:
    event = asked(http_event("GET", "/mcp", lines=[("Cookie", "a=1; b=2")]))
    assert event.http.headers["cookie"] == "a=1; b=2"


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (http_event("POST", "/prod/mcp", stage="prod"), "/mcp"),
        (http_event("POST", "/mcp/mcp", stage="mcp"), "/mcp"),
        (http_event("POST", "/mcp", stage="mcp"), "/mcp"),
        (rest_event("POST", "/prod/mcp"), "/mcp"),
        (rest_event("POST", "/mcp", stage="mcp"), "/mcp"),
        (http_event("POST", "/crm/mcp"), "/mcp"),
        (http_event("GET", "/prod/.well-known/oauth-protected-resource/prod/mcp", stage="prod"),
         "/.well-known/oauth-protected-resource/prod/mcp"),
        (http_event("GET", "/prod/healthz", stage="prod"), "/healthz"),
        (http_event("GET", "/prod/other", stage="prod"), "/prod/other"),
        (http_event("GET", "/prod/", stage="prod"), "/"),
        (rest_event("GET", "/crm/"), "/"),
        (rest_event("GET", "/crm/login/callback"), "/login/callback"),
        (rest_event("GET", "/crm/.well-known/oauth-authorization-server"), "/.well-known/oauth-authorization-server"),
        (rest_event("GET", "/.well-known/oauth-authorization-server/crm"),
         "/.well-known/oauth-authorization-server/crm"),
        (http_event("POST", "/login/mcp", stage="login"), "/mcp"),
        (http_event("GET", "/login/callback", stage="login"), "/login/callback"),
        (http_event("POST", "/mcp/", stage="mcp"), "/mcp/"),
        (http_event("GET", "/production/mcp", stage="prod"), "/production/mcp"),
    ],
)  # fmt: skip
def test_stages_and_mappings_are_no_part_of_the_path(event: dict[str, Any], path: str) -> None:
    assert asked(event, "/crm").http.path == path


def test_the_public_url_tells_what_its_mapping_is() -> None:
    found = [prefix(f"https://mcp.example{path}") for path in ("/crm/mcp", "/mcp", "/mcp/", "", "/other")]
    assert found == ["/crm", "", "", "", ""]


@pytest.mark.parametrize("kind", KINDS)
def test_no_principal_without_one_that_the_platform_vouches_for(kind: str) -> None:
    lines = [("x-amzn-iam-user-arn", "arn:aws:iam::1:root"), ("userarn", "arn:aws:iam::1:root")]
    assert asked(KINDS[kind]("POST", "/mcp", lines=lines, principal="")).http.principal == ""


def test_the_deadline_leaves_a_margin_and_knows_what_the_gateway_waits() -> None:
    now = time.monotonic()
    url, gateway = asked(http_event("POST", "/mcp")), asked(rest_event("POST", "/mcp"))
    short = read(http_event("POST", "/mcp"), 1.0)
    for one, left in ((url, 59.5), (gateway, 28.0), (short, 0.8)):
        assert left <= (one.http.deadline or 0) - now + 0.001 < left + 0.2


@pytest.mark.parametrize(
    "event",
    [
        None,
        "text",
        {},
        {"source": "aws.events", "detail": {}},
        {"Records": []},
        {"version": "2.0", "requestContext": {}},
        {"requestContext": {"http": None}, "version": "2.0", "rawPath": "/mcp"},
        {**http_event("POST", "/mcp"), "body": "no base64!", "isBase64Encoded": True},
        {**http_event("POST", "/mcp"), "body": {"id": 1}},
    ],
)
def test_what_is_no_request_is_told_apart(event: Any) -> None:
    with pytest.raises(NoRequest):
        read(event, 1.0)


def test_strange_headers_break_nothing() -> None:
    event = http_event("GET", "/mcp") | {"headers": {"A": None, "b": 5, "c": " x\t"}, "multiValueHeaders": {"d": "x"}}
    assert asked(event).http.headers == {}
    assert asked({**event, "multiValueHeaders": None}).http.headers == {"b": "5", "c": "x"}


# Answers


def called(kind: str = "url") -> Event:
    return asked(KINDS[kind]("POST", "/mcp", lines=LINES, body=b'{"jsonrpc":"2.0","id":"seven","method":"tools/call"}'))


def test_an_answer_is_text() -> None:
    made = response(HttpAnswer(200, {"content-type": "application/json"}, '{"a":"é"}'.encode()), called())
    assert made == {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": '{"a":"é"}',
        "isBase64Encoded": False,
    }


def test_a_body_that_grows_as_text_goes_out_in_base64() -> None:
    body = b'"' * (LIMIT * 5 // 8)
    made = response(HttpAnswer(200, {}, body), called())
    assert made["isBase64Encoded"]
    assert base64.b64decode(made["body"]) == body
    assert len(json.dumps(made)) < 6_291_556


@pytest.mark.parametrize(("kind", "size"), [("url", LIMIT), ("rest", LIMIT * 5 // 8)])
def test_an_answer_that_lambda_would_refuse_says_so(kind: str, size: int) -> None:
    made = response(HttpAnswer(200, {}, b'"' * size), called(kind))
    said = json.loads(made["body"])
    assert (made["statusCode"], said["id"]) == (200, "seven")
    assert "6 MB at most" in said["error"]["message"]


def test_bytes_that_are_no_text_go_out_in_base64() -> None:
    assert response(HttpAnswer(200, {}, b"\xff\x00"), called())["body"] == base64.b64encode(b"\xff\x00").decode()


def test_head_has_no_body() -> None:
    assert response(HttpAnswer(200, {}, b"{}"), asked(http_event("HEAD", "/healthz")))["body"] == ""
