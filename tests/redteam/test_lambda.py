"""The same attacks where Lambda hands over the request: what a stranger sends is not read, nor what is ambiguous."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.governing import KEYS, FakeTarget, fact, settings
from support.lambda_runtime import http_event, rest_event

from adaptgen.govern.pipeline.assemble import GovernedServer, assemble
from adaptgen.govern.pipeline.factory import ServingContext
from adaptgen.govern.settings.source import source
from adaptgen.transports.aws_lambda.handler import Handler
from adaptgen.transports.streamable_http import server as kernel

LINES = [("content-type", "application/json"), ("accept", "application/json")]
SESSION = "arn:aws:sts::123456789012:assumed-role/agent/s"
PROXY = "arn:aws:sts::123456789012:assumed-role/proxy/s"
JWK = {
    "keys": [{"kty": "EC", "crv": "P-256", "kid": "k", "alg": "ES256",
              "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]
}  # fmt: skip
Made = Callable[..., Handler]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """Makes handlers, and closes them."""
    handlers: list[Handler] = []

    def make(**given: Any) -> Handler:
        target = FakeTarget(fact("read_note"))
        path = settings(tmp_path, **{"authenticate": {"iam": True}, "tokenize": None, **given})

        async def build(place: ServingContext) -> GovernedServer:
            async def over(_: Any) -> FakeTarget:
                return target

            return await assemble(source(str(path), place.environ), over, place)

        handlers.append(Handler(build, {**os.environ, **KEYS}))
        return handlers[-1]

    yield make
    for one in handlers:
        one.close()


def call(size: int = 10) -> bytes:
    params = {"name": "read_note", "arguments": {"text": "x" * size}}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()


def event(body: bytes, principal: str = SESSION, *, lines: Any = (), version: str = "2.0") -> dict[str, Any]:
    make = http_event if version == "2.0" else rest_event
    return make("POST", "/mcp", lines=[*LINES, *lines], body=body, principal=principal)


def answered(handler: Handler, asked: Any) -> tuple[int, Any]:
    answer = handler(asked)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.mark.parametrize("version", ["2.0", "1.0"])
@pytest.mark.parametrize("size", [10, 60_000, 3_000_000])
def test_a_stranger_is_refused_before_the_body_is_looked_at(made: Made, version: str, size: int) -> None:
    for body in (call(size), b"[" * size, b'{"a":1,"a":2}' + b" " * size):
        status, said = answered(made(), event(body, "", version=version))
        assert status == 401
        assert "IAM" in said["error"]["message"]


@pytest.mark.parametrize(
    ("version", "said", "place", "status"),
    [
        ("2.0", "2.0", "authorizer", 200),
        ("2.0", "2.0", "identity", 401),
        ("1.0", None, "identity", 200),
        ("1.0", "1.0", "identity", 200),
        ("1.0", None, "authorizer", 401),
        ("1.0", "1.0", "authorizer", 401),
        ("1.0", "3.0", "identity", 401),
        ("1.0", "", "identity", 401),
    ],
)
def test_an_identity_counts_only_where_the_payload_has_it(
    made: Made, version: str, said: str | None, place: str, status: int
) -> None:
    asked = event(call(), "", version=version)
    about = asked["requestContext"]
    signed = {"userArn": SESSION}
    about["identity" if place == "identity" else "authorizer"] = signed if place == "identity" else {"iam": signed}
    if said is not None:
        asked["version"] = said
    assert answered(made(), asked)[0] == status


def test_a_caller_sends_megabytes(made: Made) -> None:
    handler = made()
    status, said = answered(handler, event(call(3_000_000)))
    assert (status, said["result"]["content"][0]["text"]) == (200, "done")
    assert answered(handler, event(call(4_500_000)))[0] == 413
    encoded = event(call(3_000_000))
    encoded |= {"body": base64.b64encode(call(3_000_000)).decode(), "isBase64Encoded": True}
    assert answered(handler, encoded)[0] == 200


@pytest.mark.parametrize("principal", ["", "arn:aws:sts::123456789012:assumed-role/other/s"])
def test_behind_a_proxy_large_bodies_are_for_the_proxy(made: Made, principal: str) -> None:
    bare = {"authenticate": None, "authorize": None, "keys": {"cursors": "${env:T_CURSORS}", "audit": "${env:T_AUDIT}"}}
    accept = {"issuer": "https://proxy.example", "audience": "crm", "jwks": JWK}
    handler = made(mode="behind", accept=accept, **bare)
    status, said = answered(handler, event(call(kernel.UNPROVEN), principal))
    assert status == 413
    assert answered(handler, event(call(1000), principal))[0] == 401  # read, and without a handover
    status, said = answered(handler, event(call(kernel.UNPROVEN), principal, lines=[("adaptgen-handover", "a.b.c")]))
    assert status == 401
    assert "handover" in said["error"]["message"]
    named = made(mode="behind", accept={**accept, "principal": PROXY}, **bare)
    assert answered(named, event(call(kernel.UNPROVEN), principal))[0] == 403
    assert answered(named, event(call(kernel.UNPROVEN), PROXY))[0] == 401  # the body was read


@pytest.mark.parametrize(
    "body",
    [
        b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_note","arguments":{"a":1,"\\u0061":2}}}',
        b'{"jsonrpc":"2.0","id":1,"id":1,"method":"ping"}',
    ],
)
def test_duplicate_keys_are_refused(made: Made, body: bytes) -> None:
    status, said = answered(made(), event(body))
    assert (status, said["error"]["code"], said["id"]) == (400, -32600, None)


@pytest.mark.parametrize("name", ["Authorization", "Content-Type", "Mcp-Session-Id", "Mcp-Protocol-Version", "Origin"])
@pytest.mark.parametrize("form", ["two spellings", "two values"])
def test_duplicate_headers_are_refused(made: Made, name: str, form: str) -> None:
    asked = event(call(), version="1.0")
    value = "application/json" if name == "Content-Type" else "http://localhost"
    headers = {key: [one] for key, one in (*LINES, ("host", "localhost")) if key != name.lower()}
    if form == "two spellings":
        asked["multiValueHeaders"] = {**headers, name: [value], name.lower(): [value]}
    else:
        asked["multiValueHeaders"] = {**headers, name: [value, value]}
    status, said = answered(made(), asked)
    assert status in (400, 403)
    assert said["error"]
