"""Spans and metrics through the OpenTelemetry SDK: semantic conventions for MCP, ``gen-ai/mcp.md``.

Spans are made without entering the SDK's context, and what a span and a metric share is made once: a request costs
tens of microseconds.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

from opentelemetry import trace as api
from opentelemetry.metrics import Counter, Histogram
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from adaptgen import __version__
from adaptgen.govern.settings import model as vocabulary
from adaptgen.govern.telemetry.spans import METHODS, Attribute, Span, TokenOutcome, Tracer, is_outage, number_of
from adaptgen.mcp.protocol import Challenge, Context, RpcError, ToolInfo
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Caller, Json

SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)
"""Bucket boundaries of ``mcp.server.operation.duration`` by the conventions."""

FINE = (
    0.0001, 0.00025, 0.0005, 0.00075, 0.001, 0.00125, 0.0015, 0.002, 0.0025, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.025,
    0.05, 0.1, 0.5, 1,
)  # fmt: skip
"""Bucket boundaries of ``adaptgen.governance.added``, in seconds."""

CLOSING = 3.0
"""Seconds for which the end of the process waits for the collector."""

_PARENT = lazy(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_ID = lazy(r"[0-9A-Za-z_.:-]{1,64}")
_STATE = lazy(r"[\x20-\x7e]{1,512}")


def make(
    settings: vocabulary.Trace,
    exporter: SpanExporter | None = None,
    readers: Sequence[MetricReader] = (),
    *,
    closing: Callable[[], None] | None = None,
) -> OtelTracer:
    """A tracer that sends to the collector of the settings where it names one, to ``exporter`` and to ``readers``.
    ``closing`` is called when it closes."""
    resource = Resource.create({"service.name": settings.service or "adaptgen", "service.version": __version__})
    if settings.otlp and not settings.console and exporter is None:
        from adaptgen.govern.telemetry.exporters import collector

        exporter, sending = collector(settings.otlp)
        readers = [*readers, *sending]
    # Not by the parent: a caller must not decide that it leaves no trace.
    traces = TracerProvider(
        sampler=TraceIdRatioBased(settings.sample if exporter is not None else 0.0),
        resource=resource,
        span_limits=SpanLimits(max_span_attribute_length=256),
        shutdown_on_exit=False,
    )
    if exporter is not None:
        traces.add_span_processor(BatchSpanProcessor(exporter))
    meters = MeterProvider(
        readers,
        resource=resource,
        shutdown_on_exit=False,
        # Exemplars look at the current span of the SDK's context, which is never entered here.
        exemplar_filter=AlwaysOffExemplarFilter(),
    )
    return OtelTracer(traces, meters, closing)


class OtelTracer(Tracer):
    """Spans to a batch processor, metrics to readers."""

    buffers = True

    def __init__(
        self, traces: TracerProvider, meters: MeterProvider, closing: Callable[[], None] | None = None
    ) -> None:
        self._closing = closing
        self._traces = traces
        self._meters = meters
        self.spans = traces.get_tracer("adaptgen.govern", __version__)
        meter = meters.get_meter("adaptgen.govern", __version__)
        self.duration: Histogram = meter.create_histogram(
            "mcp.server.operation.duration",
            unit="s",
            description="MCP request duration as observed on the receiver",
            explicit_bucket_boundaries_advisory=list(SECONDS),
        )
        self._added: Histogram = meter.create_histogram(
            "adaptgen.governance.added",
            unit="s",
            description="What governance adds to the duration of a tool call",
            explicit_bucket_boundaries_advisory=list(FINE),
        )
        self._tokens: Counter = meter.create_counter(
            "adaptgen.tokens", unit="{token}", description="PII tokens in arguments, by kind and outcome"
        )
        self.errors: Counter = meter.create_counter(
            "adaptgen.errors", unit="{call}", description="Calls that did not end well, by tool and caller"
        )
        self.outages: Counter = meter.create_counter(
            "adaptgen.upstream.failures",
            unit="{call}",
            description="Calls whose API, or server behind the proxy, did not answer, or answered with a 5xx",
        )
        self._challenges: Counter = meter.create_counter(
            "adaptgen.challenges", unit="{request}", description="Requests that were not authenticated, by HTTP status"
        )

    def request(self, method: str, name: str, context: Context) -> Span:
        return OtelSpan(self, method if method in METHODS else "_OTHER", name, context)

    def carrier(self, span: Span) -> Mapping[str, str]:
        return span.carrier() if isinstance(span, OtelSpan) else {}

    def called(self, tool: ToolInfo, seconds: float, below: float) -> None:
        self._added.record(max(0.0, seconds - below), {"gen_ai.tool.name": tool.name})

    def tokens(self, outcome: TokenOutcome, kind: str, count: int = 1) -> None:
        self._tokens.add(count, {"adaptgen.token.kind": kind, "adaptgen.token.outcome": outcome})

    def challenged(self, refusal: Challenge) -> None:
        self._challenges.add(1, {"http.response.status_code": refusal.status})

    def checkpoint(self, record: Mapping[str, Json]) -> None:
        span = self.spans.start_span("audit checkpoint")
        span.add_event("adaptgen.audit.checkpoint", {f"adaptgen.audit.{key}": value for key, value in record.items()})
        span.end()

    def flush(self, timeout: float) -> bool:
        return _within(timeout, self._traces.force_flush, self._meters.force_flush)

    def close(self) -> None:
        _within(CLOSING, self._traces.shutdown, self._meters.shutdown)
        if self._closing is not None:
            self._closing()


def _within(timeout: float, *acts: Callable[[], object]) -> bool:
    """Do these at once, and wait for them no longer than ``timeout`` seconds; whether all were done in time.

    The SDK's own timeouts do not bound what an exporter does with a collector that hangs or is gone.
    """
    end = time.monotonic() + timeout
    threads = [threading.Thread(target=act, daemon=True, name="adaptgen-trace") for act in acts]
    for one in threads:
        one.start()
    for one in threads:
        one.join(max(0.0, end - time.monotonic()))
    return not any(one.is_alive() for one in threads)


class OtelSpan(Span):
    """One request: a SERVER span, and its duration when it ends."""

    __slots__ = ("_attributes", "_began", "_error", "_name", "_span", "_tracer")

    def __init__(self, tracer: OtelTracer, method: str, name: str, context: Context) -> None:
        shared: dict[str, Any] = {"mcp.method.name": method, "mcp.protocol.version": context.version}
        if name:
            if method == "tools/call":
                shared["gen_ai.tool.name"] = name
                shared["gen_ai.operation.name"] = "execute_tool"
            elif method == "prompts/get":
                shared["gen_ai.prompt.name"] = name
        if context.headers:
            shared["network.transport"] = "tcp"
            shared["network.protocol.name"] = "http"
        else:
            shared["network.transport"] = "pipe"
        own = {**shared, "adaptgen.request.id": context.request_id}
        if context.session:
            # Anyone who knows the identifier of a session may speak in it; a hash distinguishes sessions as well.
            own["mcp.session.id"] = hashlib.sha256(context.session.encode(errors="replace")).hexdigest()[:32]
        rpc = getattr(context, "rpc", None)  # fronts over HTTP know the client's own id
        if _ID.fullmatch(str(rpc)) and rpc is not None:
            own["jsonrpc.request.id"] = str(rpc)
        self._tracer = tracer
        self._name = name
        self._attributes = shared
        self._error = False
        self._began = time.perf_counter()
        self._span = tracer.spans.start_span(
            f"{method} {name}" if name else method, _parent(context), SpanKind.SERVER, own
        )

    def __enter__(self) -> OtelSpan:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(problem, RpcError):
            self.set("rpc.response.status_code", str(problem.code))
            self._attributes["rpc.response.status_code"] = str(problem.code)
            self.error(str(problem.code))
        elif isinstance(problem, Challenge):
            self.error(str(problem.status))
        elif kind is not None:
            self.error(kind.__name__)
        if self._error:
            # Without a description: the text of an error may hold what the error is about.
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()
        self._tracer.duration.record(time.perf_counter() - self._began, self._attributes)

    def set(self, key: str, value: Attribute) -> None:
        self._span.set_attribute(key, value)

    def error(self, kind: str) -> None:
        self._error = True
        self._attributes["error.type"] = kind
        self._span.set_attribute("error.type", kind)

    def answered(self, status: Json, redactions: int, *, unreachable: bool = False) -> None:
        if is_outage(status, unreachable):
            self._tracer.outages.add(1, {"gen_ai.tool.name": self._name} if self._name else {})

    def outcome(self, outcome: str, caller: Caller | None = None) -> None:
        self._span.set_attribute("adaptgen.outcome", outcome)
        if outcome in ("ok", "repeated"):
            return
        self.error("tool_error")  # what the conventions say of a CallToolResult with isError
        counted: dict[str, Attribute] = {"adaptgen.outcome": outcome}
        if self._name:
            counted["gen_ai.tool.name"] = self._name
        if caller is not None:
            counted["adaptgen.caller"] = number_of(caller)
        self._tracer.errors.add(1, counted)

    def carrier(self) -> Mapping[str, str]:
        """``traceparent`` and, where the caller sent one, ``tracestate``."""
        context = self._span.get_span_context()
        found = {"traceparent": f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags & 1:02x}"}
        if context.trace_state:
            found["tracestate"] = context.trace_state.to_header()
        return found


def _parent(context: Context) -> Any:
    """The SDK context of the caller's span: ``_meta`` says it, else the HTTP request; None where neither does."""
    for carrier in (context.meta, context.headers):
        text = carrier.get("traceparent")
        match = _PARENT.fullmatch(text) if isinstance(text, str) else None
        if match is not None:
            state = carrier.get("tracestate")
            states = [state] if isinstance(state, str) and _STATE.fullmatch(state) else []
            remote = SpanContext(
                int(match[1], 16),
                int(match[2], 16),
                is_remote=True,
                trace_flags=TraceFlags(int(match[3], 16)),
                trace_state=TraceState.from_header(states) if states else None,
            )
            return api.set_span_in_context(api.NonRecordingSpan(remote), _ROOT)
    return _ROOT


_ROOT = api.set_span_in_context(api.INVALID_SPAN)
