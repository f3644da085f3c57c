"""Metrics in CloudWatch's embedded metric format: one line for each call, which counts what became of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.governing import FakeTarget, ask, fact, governed, settings

from adaptgen.govern.telemetry.cloudwatch import EmbeddedMetrics
from adaptgen.govern.telemetry.spans import Span, Tracer
from adaptgen.mcp.protocol import META_STATUS, META_UNREACHABLE, Challenge, Context, RpcError
from adaptgen.model.tables import Caller
from adaptgen.transports.load import load_server

ADA = Caller("ada@acme.example", "acme")
ON_LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "crm-prod-Function-1"}
SAID = [{"type": "text", "text": "said"}]


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if '"_aws"' in line]


def counted(line: dict[str, Any]) -> dict[str, float]:
    """What a line counts beside calls."""
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("adaptgen", [["FunctionName"]])
    names = [one["Name"] for one in directive["Metrics"]]
    assert [one["Unit"] for one in directive["Metrics"]] == [
        "Milliseconds" if name == "CallDuration" else "Count" for name in names
    ]
    return {name: line[name] for name in names if name not in ("Calls", "CallDuration") and line[name]}


@pytest.mark.asyncio
async def test_every_call_leaves_a_line_that_counts_what_became_of_it(tmp_path: Path, capfd: Any) -> None:
    answers = {
        "a": {"content": SAID},
        "down": {"content": SAID, "isError": True, "_meta": {META_UNREACHABLE: True}},
        "broken": {"content": SAID, "isError": True, "_meta": {META_STATUS: 503}},
        "missing": {"content": SAID, "isError": True, "_meta": {META_STATUS: 404}},
    }
    tools = [fact(name, effect="write") for name in ("a", "down", "broken", "missing", "limited")]
    path = settings(tmp_path, limits=[{"per": ["sub"], "rate": "1/h", "tools": ["fake/limited"]}], audit=None)
    async with governed(path, FakeTarget(*tools, answers=answers), environ=ON_LAMBDA) as made:
        for name in ("a", "down", "broken", "missing", "limited", "limited", "nothing"):
            await ask(made, ADA, "tools/call", {"name": name, "arguments": {}})
        await ask(made, ADA, "tools/call", {"name": "a", "arguments": {"unknown": 1}})
        await ask(made, ADA, "tools/list", {})
    found = lines(capfd.readouterr().out)
    assert [(line["Tool"], counted(line)) for line in found] == [
        ("a", {}),
        ("down", {"FailedCalls": 1, "UpstreamFailures": 1}),
        ("broken", {"FailedCalls": 1, "UpstreamFailures": 1}),
        ("missing", {"FailedCalls": 1}),
        ("limited", {}),
        ("limited", {"LimitedCalls": 1}),
        ("", {"InvalidCalls": 1}),  # a name that the caller made up is not recorded
        ("a", {"InvalidCalls": 1}),
    ]
    assert {line["FunctionName"] for line in found} == {"crm-prod-Function-1"}
    assert all(line["Calls"] == 1 and 0 < line["CallDuration"] < 60_000 for line in found)
    assert "acme" not in json.dumps(found)


@pytest.mark.asyncio
async def test_what_policy_refuses_is_counted_as_denied(tmp_path: Path, capfd: Any) -> None:
    path = settings(tmp_path, "forbid (principal, action, resource);", audit=None)
    async with governed(path, FakeTarget(fact("a", effect="delete")), environ=ON_LAMBDA) as made:
        await ask(made, ADA, "tools/call", {"name": "a", "arguments": {}})
    (line,) = lines(capfd.readouterr().out)
    assert (counted(line), line["Outcome"]) == ({"DeniedCalls": 1}, "refused:hidden")


@pytest.mark.asyncio
async def test_an_api_that_cannot_be_reached_is_an_outage(tmp_path: Path, capfd: Any) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    server = load_server(Path(__file__).parents[4] / "generated" / "crm")
    login = {"CRM_BASE_URL": "http://127.0.0.1:1", "CRM_USERNAME": "u", "CRM_PASSWORD": "p"}
    async with governed(
        settings(tmp_path, audit=None),
        server=server,
        environ=ON_LAMBDA | login,
        transport=httpx.MockTransport(refuse),
    ) as made:
        await ask(made, ADA, "tools/call", {"name": "list_contacts", "arguments": {}})
    (line,) = lines(capfd.readouterr().out)
    assert counted(line) == {"FailedCalls": 1, "UpstreamFailures": 1}


class _Seen(Tracer):
    """Notes what reaches it."""

    def __init__(self) -> None:
        self.said: list[object] = []

    def request(self, method: str, name: str, context: Context) -> Span:
        self.said.append((method, name))
        return Span()

    def challenged(self, refusal: Challenge) -> None:
        self.said.append(refusal.status)


def test_requests_that_were_not_authenticated_have_lines_of_their_own() -> None:
    written: list[bytes] = []
    seen = _Seen()
    metrics = EmbeddedMetrics(seen, ("FunctionName", "crm"), written.append)
    metrics.challenged(Challenge(401, "Bearer", "no token"))
    metrics.challenged(Challenge(503, "", "the issuer cannot be reached"))
    assert [counted(json.loads(line)) for line in written] == [{"Unauthenticated": 1}, {"FailedCalls": 1}]
    assert seen.said == [401, 503]


@pytest.mark.parametrize(
    ("problem", "metric"),
    [
        (RpcError(-32602, "Invalid params"), "InvalidCalls"),
        (RpcError(-32603, "Internal error"), "FailedCalls"),
        (ValueError("a bug"), "FailedCalls"),
    ],
)
def test_a_call_that_raises_is_counted_too(problem: Exception, metric: str) -> None:
    written: list[bytes] = []
    metrics = EmbeddedMetrics(Tracer(), ("FunctionName", "crm"), written.append)
    with pytest.raises(type(problem)), metrics.request("tools/call", "a", Context(request_id="r")):
        raise problem
    (line,) = written
    assert counted(json.loads(line)) == {metric: 1}
    assert b"a bug" not in line
