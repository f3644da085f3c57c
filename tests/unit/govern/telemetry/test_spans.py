"""Spans and metrics: the names of the conventions, the right parents, and never a value."""

from __future__ import annotations

import gzip
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern import telemetry
from adaptgen.govern.settings.load import parse
from adaptgen.govern.telemetry import tracer
from adaptgen.govern.telemetry.spans import Tracer, number_of
from adaptgen.mcp.protocol import Challenge, Context, RpcError, ToolInfo
from adaptgen.model.tables import Caller

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
FIND = ToolInfo("crm__find", "crm", "find", "read", True, {})
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


@pytest.mark.parametrize(("rpc", "shown"), [(7, "7"), ("a-1", "a-1"), (None, None), ("a@acme.example", None)])
def test_the_id_of_a_request_is_an_identifier_or_nothing(recorded: Recorded, rpc: Any, shown: str | None) -> None:
    one: Any = context()
    one.rpc = rpc
    with recorded.tracer.request("tools/list", "", one):
        pass
    assert dict(recorded.spans[0].attributes or {}).get("jsonrpc.request.id") == shown


def test_other_requests_are_named_after_their_methods(recorded: Recorded) -> None:
    for method, name in (("tools/list", ""), ("prompts/get", "greet"), ("x/secret@acme.example", "")):
        with recorded.tracer.request(method, name, context()):
            pass
    assert [span.name for span in recorded.spans] == ["tools/list", "prompts/get greet", "_OTHER"]
    attributes = [dict(span.attributes or {}) for span in recorded.spans]
    assert attributes[1]["gen_ai.prompt.name"] == "greet"
    assert all("gen_ai.operation.name" not in one for one in attributes)
    assert attributes[0]["network.transport"] == "pipe"


@pytest.mark.parametrize(
    ("meta", "headers", "trace", "parent"),
    [
        ({"traceparent": PARENT}, {}, PARENT[3:35], PARENT[36:52]),
        ({}, {"traceparent": PARENT}, PARENT[3:35], PARENT[36:52]),
        ({"traceparent": PARENT}, {"traceparent": OTHER}, PARENT[3:35], PARENT[36:52]),
        ({"traceparent": OTHER}, {}, OTHER[3:35], OTHER[36:52]),
    ],
)
def test_the_parent_is_the_one_of_meta_else_of_the_headers(
    recorded: Recorded, meta: dict[str, Any], headers: dict[str, str], trace: str, parent: str
) -> None:
    with recorded.tracer.request("tools/list", "", context(meta=meta, headers=headers)) as span:
        carried = recorded.tracer.carrier(span)
    (found,) = recorded.spans
    assert found.parent is not None
    assert found.context is not None
    assert (f"{found.parent.trace_id:032x}", f"{found.parent.span_id:016x}") == (trace, parent)
    assert carried == {"traceparent": f"00-{trace}-{found.context.span_id:016x}-01"}


@pytest.mark.parametrize(
    "text", ["", "00-" + "0" * 32 + "-00f067aa0ba902b7-01", PARENT + "\n", PARENT.upper(), "ff" + PARENT[2:], 5, None]
)
def test_a_parent_that_is_none_is_not_taken(recorded: Recorded, text: Any) -> None:
    with recorded.tracer.request("tools/list", "", context(meta={"traceparent": text})):
        pass
    assert recorded.spans[0].parent is None


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


def test_a_call_that_does_not_end_well_is_counted_for_its_tool_and_caller(recorded: Recorded) -> None:
    for outcome in ("ok", "refused:limit", "refused:limit", "error"):
        with recorded.tracer.request("tools/call", "crm__find", context()) as span:
            span.outcome(outcome, ADA)
    assert [dict(span.attributes or {}).get("error.type") for span in recorded.spans] == [
        None, "tool_error", "tool_error", "tool_error",
    ]  # fmt: skip
    counted = {one["adaptgen.outcome"]: (one, point.value) for one, point in recorded.points("adaptgen.errors")}
    expected = {"gen_ai.tool.name": "crm__find", "adaptgen.caller": number_of(ADA)}
    assert counted == {
        "refused:limit": ({**expected, "adaptgen.outcome": "refused:limit"}, 2),
        "error": ({**expected, "adaptgen.outcome": "error"}, 1),
    }
    assert len(number_of(ADA)) == 3
    assert number_of(ADA) != number_of(Caller("ada@acme.example", "other"))


def test_durations_have_the_buckets_of_the_conventions_and_added_latency_finer_ones(recorded: Recorded) -> None:
    with recorded.tracer.request("tools/call", "crm__find", context()):
        recorded.tracer.called(FIND, 0.0123, 0.0111)
    ((attributes, duration),) = recorded.points("mcp.server.operation.duration")
    assert duration.explicit_bounds == (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)
    assert attributes == {
        "mcp.method.name": "tools/call",
        "mcp.protocol.version": "2026-07-28",
        "gen_ai.tool.name": "crm__find",
        "gen_ai.operation.name": "execute_tool",
        "network.transport": "pipe",
    }
    ((attributes, added),) = recorded.points("adaptgen.governance.added")
    assert attributes == {"gen_ai.tool.name": "crm__find"}
    assert added.sum == pytest.approx(0.0012)
    index = added.bucket_counts.index(1)
    assert added.explicit_bounds[index - 1 : index + 1] == (0.001, 0.00125)


def test_tokens_are_counted_by_kind_and_outcome(recorded: Recorded) -> None:
    recorded.tracer.tokens("hit", "email", 3)
    recorded.tracer.tokens("refused", "phone")
    counted = {(one["adaptgen.token.outcome"], one["adaptgen.token.kind"]): point.value
               for one, point in recorded.points("adaptgen.tokens")}  # fmt: skip
    assert counted == {("hit", "email"): 3, ("refused", "phone"): 1}


def test_checkpoints_of_the_audit_trail_are_events(recorded: Recorded) -> None:
    recorded.tracer.checkpoint({"chain": "c1", "seq": 100, "event": "checkpoint", "mac": "ab"})
    (event,) = recorded.spans[0].events
    assert dict(event.attributes or {}) == {
        "adaptgen.audit.chain": "c1",
        "adaptgen.audit.seq": 100,
        "adaptgen.audit.event": "checkpoint",
        "adaptgen.audit.mac": "ab",
    }


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


def test_tracing_that_is_off_costs_next_to_nothing() -> None:
    off, one = tracer(parse(b"adaptgen: 1\n", "g.yaml")), context()

    def round_() -> float:
        began = time.process_time()
        for _ in range(1000):
            with off.request("tools/call", "crm__find", one) as span:
                off.carrier(span)
                span.outcome("ok", ADA)
        return (time.process_time() - began) / 1000

    assert min(round_() for _ in range(20)) < 4e-6  # half a microsecond on an idle machine; a span costs tens


def test_a_collector_without_opentelemetry_is_located(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delitem(sys.modules, "adaptgen.govern.telemetry.otel", raising=False)
    monkeypatch.delattr(telemetry, "otel", raising=False)
    settings = parse(b"adaptgen: 1\ntrace: http://127.0.0.1:4318\n", "g.yaml")
    with pytest.raises(AdaptgenError, match=r"g.yaml:2:1: error AG070: tracing needs OpenTelemetry"):
        tracer(settings)


class Collector(BaseHTTPRequestHandler):
    """Keeps what is sent to it."""

    received: ClassVar[dict[str, bytes]] = {}

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.received[self.path] = body
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.mark.parametrize("suffix", ["", "/", "/v1/traces"])
def test_a_collector_gets_spans_and_metrics_when_they_are_flushed(suffix: str) -> None:
    Collector.received = {}
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}{suffix}"
        made = tracer(parse(f"adaptgen: 1\ntrace: {{otlp: '{address}', service: bank}}\n".encode(), "g.yaml"))
        with made.request("tools/call", "crm__find", context()) as span:
            span.outcome("ok", ADA)
        assert made.flush(5)
        made.close()
        server.shutdown()
    assert sorted(Collector.received) == ["/v1/metrics", "/v1/traces"]
    assert b"tools/call crm__find" in Collector.received["/v1/traces"]
    assert b"bank" in Collector.received["/v1/traces"]
    assert b"mcp.server.operation.duration" in Collector.received["/v1/metrics"]


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
