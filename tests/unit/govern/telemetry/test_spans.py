"""Spans and metrics: the names of the conventions, the right parents, and never a value."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern import telemetry
from adaptgen.govern.settings.load import parse
from adaptgen.govern.telemetry import tracer
from adaptgen.govern.telemetry.spans import Tracer
from adaptgen.mcp.protocol import Challenge, Context, RpcError
from adaptgen.model.tables import Caller

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
ADA = Caller("ada@acme.example", "acme")


@dataclass
class Recorded:
    tracer: Tracer
    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader

    @property
    def spans(self) -> list[ReadableSpan]:
        assert self.tracer.flush(5)
        return list(self.exporter.get_finished_spans())

    def points(self, name: str) -> list[tuple[dict[str, Any], Any]]:
        data = self.reader.get_metrics_data()
        assert data is not None
        return [
            (dict(point.attributes or {}), point)
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    made = tracer(parse(b"adaptgen: 1\n", "g.yaml"), exporter=exporter, reader=reader)
    yield Recorded(made, exporter, reader)
    made.close()


def context(**given: Any) -> Context:
    return Context(request_id="r1", **given)


def test_a_call_is_a_server_span_by_the_conventions(recorded: Recorded) -> None:
    headers = {"host": "mcp.bank.example"}
    with recorded.tracer.request("tools/call", "crm__find", context(headers=headers, session="s3cret")) as span:
        span.outcome("ok", ADA)
    (found,) = recorded.spans
    assert (found.name, found.kind, found.status.status_code) == (
        "tools/call crm__find",
        SpanKind.SERVER,
        StatusCode.UNSET,
    )
    attributes = dict(found.attributes or {})
    assert len(str(attributes.pop("mcp.session.id"))) == 32
    assert attributes == {
        "mcp.method.name": "tools/call",
        "mcp.protocol.version": "2026-07-28",
        "gen_ai.tool.name": "crm__find",
        "gen_ai.operation.name": "execute_tool",
        "network.transport": "tcp",
        "network.protocol.name": "http",
        "adaptgen.request.id": "r1",
        "adaptgen.outcome": "ok",
    }
    assert "s3cret" not in found.to_json()
    assert found.resource.attributes["service.name"] == "adaptgen"


def test_other_requests_are_named_after_their_methods(recorded: Recorded) -> None:
    for method, name in (("tools/list", ""), ("prompts/get", "greet"), ("x/secret@acme.example", "")):
        with recorded.tracer.request(method, name, context()):
            pass
    assert [span.name for span in recorded.spans] == ["tools/list", "prompts/get greet", "_OTHER"]
    attributes = [dict(span.attributes or {}) for span in recorded.spans]
    assert attributes[1]["gen_ai.prompt.name"] == "greet"
    assert all("gen_ai.operation.name" not in one for one in attributes)
    assert attributes[0]["network.transport"] == "pipe"


def test_the_state_of_the_trace_travels_on(recorded: Recorded) -> None:
    meta = {"traceparent": PARENT, "tracestate": "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"}
    with recorded.tracer.request("tools/list", "", context(meta=meta)) as span:
        assert recorded.tracer.carrier(span)["tracestate"] == meta["tracestate"]
    with recorded.tracer.request("tools/list", "", context(meta={**meta, "tracestate": "a=b\r\nx: y"})) as span:
        assert "tracestate" not in recorded.tracer.carrier(span)


@pytest.mark.parametrize(
    ("problem", "kind", "code"),
    [
        (RpcError(-32602, "no secret@acme.example"), "-32602", "-32602"),
        (Challenge(403, "Bearer secret@acme.example", "no secret@acme.example"), "403", None),
        (ValueError("secret@acme.example"), "ValueError", None),
    ],
)
def test_an_error_is_recorded_by_its_type_alone(
    recorded: Recorded, problem: Exception, kind: str, code: str | None
) -> None:
    with pytest.raises(type(problem)), recorded.tracer.request("tools/call", "crm__find", context()):
        raise problem
    (found,) = recorded.spans
    attributes = dict(found.attributes or {})
    assert (attributes["error.type"], attributes.get("rpc.response.status_code")) == (kind, code)
    assert (found.status.status_code, found.status.description, found.events) == (StatusCode.ERROR, None, ())
    assert "secret" not in found.to_json()
    ((measured, _),) = recorded.points("mcp.server.operation.duration")
    assert (measured["error.type"], measured.get("rpc.response.status_code")) == (kind, code)


def test_a_share_of_requests_is_traced_whatever_the_caller_wants() -> None:
    exporter = InMemorySpanExporter()
    settings = parse(b"adaptgen: 1\ntrace: {sample: 0}\n", "g.yaml")
    made = tracer(settings, exporter=exporter)
    with made.request("tools/list", "", context(meta={"traceparent": PARENT})) as span:
        assert made.carrier(span)["traceparent"].endswith("-00")
    made.flush(5)
    assert exporter.get_finished_spans() == ()
    made.close()


# ----------------------------------------------------------------------------------------------------- when it is off


def test_nothing_is_recorded_and_nothing_loaded_when_it_is_off() -> None:
    code = (
        "import sys\n"
        "from adaptgen.govern.settings.load import parse\n"
        "from adaptgen.govern.telemetry import tracer\n"
        "tracer(parse(b'{\"adaptgen\": 1}', 'g.json'))\n"
        "print([one for one in sys.modules if one.startswith(('opentelemetry', 'yaml', 'boto3', 'httpx'))])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_a_collector_without_opentelemetry_is_located(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delitem(sys.modules, "adaptgen.govern.telemetry.otel", raising=False)
    monkeypatch.delattr(telemetry, "otel", raising=False)
    settings = parse(b"adaptgen: 1\ntrace: http://127.0.0.1:4318\n", "g.yaml")
    with pytest.raises(AdaptgenError, match=r"g.yaml:2:1: error AG070: tracing needs OpenTelemetry"):
        tracer(settings)


def test_a_collector_that_hangs_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adaptgen.govern.telemetry.otel.CLOSING", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:
        text = f"adaptgen: 1\ntrace: http://127.0.0.1:{server.getsockname()[1]}\n"
        made = tracer(parse(text.encode(), "g.yaml"))
        with made.request("tools/list", "", context()):
            pass
        began = time.monotonic()
        assert not made.flush(0.05)
        made.close()
        assert time.monotonic() - began < 5
