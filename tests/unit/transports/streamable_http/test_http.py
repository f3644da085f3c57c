"""HTTP around MCP: paths, methods, headers, limits, who may ask."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from support.wire import FakeDesk, request, said

from adaptgen.mcp.http_messages import TooSlow
from adaptgen.mcp.protocol import Challenge, Context, RpcError
from adaptgen.model.tables import Caller
from adaptgen.transports.streamable_http import HttpAnswer, HttpRequest, StreamableHttpServer, folded

POST = {"content_type": "application/json", "accept": "application/json"}
PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'


def handled(http: HttpRequest, desk: FakeDesk | None = None, **options: Any) -> HttpAnswer:
    async def work() -> HttpAnswer:
        return await StreamableHttpServer(desk or FakeDesk(), **options).handle(http)

    return asyncio.run(work())


@pytest.mark.parametrize(
    ("http", "status"),
    [
        (request("POST", body=PING, **POST), 200),
        (request("POST", "/mcp/", body=PING, **POST), 200),
        (request("POST", "/", body=PING, **POST), 404),
        (request("POST", "/mcp/other", body=PING, **POST), 404),
        (request("PUT", body=PING, **POST), 405),
        (request("GET"), 405),
        (request("DELETE"), 405),
        (request("POST", body=PING, accept="*/*"), 415),
        (request("POST", body=PING, **{**POST, "content_type": "text/plain"}), 415),
        (request("POST", body=PING, **{**POST, "content_type": "Application/JSON; charset=utf-8"}), 200),
        (request("POST", body=PING, **{**POST, "accept": "text/html"}), 406),
        (request("POST", body=PING, content_type="application/json"), 200),
        (request("POST", body=b"{", **POST), 400),
        (request("POST", body=PING, **POST, host="evil.example"), 421),
        (request("POST", body=PING, **POST, origin="https://evil.example"), 403),
        (request("GET", "/healthz", host="10.0.0.7:8000"), 200),
        (request("GET", "/ping", host="10.0.0.7:8000"), 200),
        (request("POST", "/ping"), 404),
        (request("GET", "/.well-known/oauth-protected-resource"), 404),
    ],
)
def test_what_is_answered(http: HttpRequest, status: int) -> None:
    assert handled(http).status == status


def test_the_path_and_the_hosts_can_be_others() -> None:
    there = request("POST", "/crm", body=PING, **POST, host="mcp.bank.example", origin="https://app.example")
    options: dict[str, Any] = {"path": "/crm", "hosts": ("mcp.bank.example",), "origins": ("https://app.example",)}
    assert handled(there, **options).status == 200
    assert handled(request("POST", body=PING, **POST), **options).status == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [("/crm/mcp", 200), ("/crm/mcp/", 200), ("/mcp", 200), ("/crm/crm/mcp", 404), ("/crmx/mcp", 404), ("/crm/x", 404)],
)
def test_a_gateway_may_leave_the_base_of_the_public_url(path: str, status: int) -> None:
    """Load balancers choose by a path and pass it on as it is; others take it away."""
    assert handled(request("POST", path, body=PING, **POST), base="/crm").status == status


def test_health_is_asked_below_the_base_too() -> None:
    found = [handled(request("GET", f"{at}/healthz"), base="/crm").status for at in ("", "/crm", "/crm/crm")]
    assert found == [200, 200, 404]


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def never(limit: int) -> bytes:
        raise TooSlow

    lines, _ = folded([("host", "localhost"), ("content-type", "application/json")])
    assert handled(HttpRequest("POST", "/mcp", lines, never)).status == 408


def test_refusals_repeat_nothing_of_the_request() -> None:
    for body in (b"ada@example.com", b'{"jsonrpc":"2.0","id":1,"method":5,"x":"ada@example.com"}'):
        answer = handled(request("POST", body=body, **POST, authorization="Bearer ada@example.com"))
        assert isinstance(answer.body, bytes)
        assert b"ada" not in answer.body


# -------------------------------------------------------------------------------------------------- who may ask


def test_the_metadata_is_open() -> None:
    for path in ("/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/public/mcp"):
        answer = handled(request("GET", path), FakeDesk(locked=True))
        assert (answer.status, said(answer)) == (200, {"resource": "https://x.example/mcp"})
        assert handled(request("POST", path), FakeDesk(locked=True)).status == 404


class Broken(FakeDesk):
    """Authentication fails in a way of its own."""

    def __init__(self, problem: Exception) -> None:
        super().__init__()
        self.problem = problem

    async def authenticate(self, headers: Mapping[str, str], context: Context) -> Caller:
        raise self.problem


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (Challenge(403, "Bearer", "no"), 403),
        (RpcError(-32000, "keys cannot be fetched"), 503),
        (ValueError("ada@example.com"), 500),
    ],
)
def test_broken_authentication_lets_nobody_in(
    problem: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Broken(problem)
    answer = handled(request("POST", body=PING, **POST), desk)
    assert (answer.status, desk.seen) == (status, [])
    assert "example.com" not in json.dumps(said(answer)) + caplog.text


# ------------------------------------------------------------------------------------------------------ browsers


def test_pages_of_allowed_origins_may_read_the_answers() -> None:
    origin = "http://localhost:5173"
    before = handled(request("OPTIONS", origin=origin, access_control_request_method="POST"), FakeDesk(locked=True))
    assert before.status == 204
    assert "authorization" in before.headers["access-control-allow-headers"]
    after = handled(request("POST", body=PING, **POST, origin=origin))
    for answer in (before, after):
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["vary"] == "origin"
    assert "mcp-session-id" in after.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in handled(request("POST", body=PING, **POST)).headers
