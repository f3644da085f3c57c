"""Metrics of calls for CloudWatch, in its embedded metric format: one JSON line on standard output for each call.

Lambda and AgentCore Runtime send what a process prints to CloudWatch Logs, which makes metrics of such lines: no
request, no agent, and nothing to wait for. The alarms of a stack watch these metrics, because a call that fails is an
answer, and the platform counts it as a success.

A line holds counts, a duration, the name of a tool that exists, and how the call ended.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Final

import orjson

from adaptgen.govern.settings.model import Settings
from adaptgen.govern.telemetry.spans import Attribute, Span, TokenOutcome, Tracer, is_outage
from adaptgen.mcp.protocol import Challenge, Context, RpcError, ToolInfo
from adaptgen.model.tables import Caller, Json

NAMESPACE: Final = "adaptgen"
COUNTS: Final = (
    "Calls", "FailedCalls", "DeniedCalls", "InvalidCalls", "LimitedCalls", "UpstreamFailures", "StateFailures",
    "Unauthenticated",
)  # fmt: skip
"""Names of metrics with the unit Count. Every line of a call has a value for each but the last, so that the average
of ``FailedCalls`` is the share of calls that failed."""
DURATION: Final = "CallDuration"
"""Milliseconds from the request to its answer."""

_OUTCOMES: Final[Mapping[str, tuple[str, ...]]] = {
    "ok": (),
    "refused:unknown": ("InvalidCalls",),
    "refused:arguments": ("InvalidCalls",),
    "refused:token": ("InvalidCalls",),
    "refused:search": ("DeniedCalls",),
    "refused:denied": ("DeniedCalls",),
    "refused:hidden": ("DeniedCalls",),
    "refused:hook": ("DeniedCalls",),
    "refused:switch": ("DeniedCalls",),
    "refused:limit": ("LimitedCalls",),
    "refused:state": ("FailedCalls", "StateFailures"),
}
"""How a call ended -> what counts it. Every other outcome is a failure: the API's, or of what governs the call."""

Write = Callable[[bytes], object]


class EmbeddedMetrics(Tracer):
    """Writes a line for each call of a tool, and lets ``inner`` trace what it traces.

    ``dimension``: name and value by which CloudWatch distinguishes servers. ``write`` takes a line with its end.
    """

    def __init__(self, inner: Tracer, dimension: tuple[str, str], write: Write | None = None) -> None:
        self.inner = inner
        self.buffers = inner.buffers
        self._dimension = dimension
        self._write = write or _to_stdout

    def request(self, method: str, name: str, context: Context) -> Span:
        span = self.inner.request(method, name, context)
        return MeasuredSpan(self, span, name) if method == "tools/call" else span

    def emit(self, counts: Mapping[str, float], **said: str) -> None:
        """Write one line; standard output that is gone stops no request."""
        metrics = [{"Name": one, "Unit": "Milliseconds" if one == DURATION else "Count"} for one in counts]
        name, value = self._dimension
        directive = {"Namespace": NAMESPACE, "Dimensions": [[name]], "Metrics": metrics}
        head = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
        with suppress(OSError):
            self._write(orjson.dumps({"_aws": head, name: value, **said, **counts}) + b"\n")

    def challenged(self, refusal: Challenge) -> None:
        self.inner.challenged(refusal)
        failed = refusal.status >= 500  # the caller could not be identified, through no fault of theirs
        self.emit({"FailedCalls": 1, "Calls": 1} if failed else {"Unauthenticated": 1})

    def carrier(self, span: Span) -> Mapping[str, str]:
        return self.inner.carrier(span.inner if isinstance(span, MeasuredSpan) else span)

    def adopt(self, settings: Settings) -> None:
        self.inner.adopt(settings)

    def called(self, tool: ToolInfo, seconds: float, below: float) -> None:
        self.inner.called(tool, seconds, below)

    def tokens(self, outcome: TokenOutcome, kind: str, count: int = 1) -> None:
        self.inner.tokens(outcome, kind, count)

    def checkpoint(self, record: Mapping[str, Json]) -> None:
        self.inner.checkpoint(record)

    def flush(self, timeout: float) -> bool:
        return self.inner.flush(timeout)

    def close(self) -> None:
        self.inner.close()


class MeasuredSpan(Span):
    """One call of a tool, with the span that ``inner`` keeps of it."""

    __slots__ = ("_began", "_metrics", "_name", "_outcome", "_unreachable", "inner")

    def __init__(self, metrics: EmbeddedMetrics, inner: Span, name: str) -> None:
        self.inner = inner
        self._metrics = metrics
        self._name = name
        self._outcome = ""
        self._unreachable = False
        self._began = time.perf_counter()

    def __enter__(self) -> MeasuredSpan:
        self.inner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.inner.__exit__(kind, problem, trace)
        if isinstance(problem, Challenge):
            return  # it is counted where it is put on record
        outcome = self._outcome or ("ok" if kind is None else "error")
        if not self._outcome and isinstance(problem, RpcError) and problem.code == -32602:
            outcome = "refused:arguments"
        counts = dict.fromkeys(COUNTS[:-1], 0.0)
        counts["Calls"] = 1
        for one in _OUTCOMES.get(outcome, ("FailedCalls",)):
            counts[one] = 1
        if self._unreachable:
            counts["UpstreamFailures"] = 1
        counts[DURATION] = round((time.perf_counter() - self._began) * 1000, 3)
        self._metrics.emit(counts, Tool=self._name, Outcome=outcome)

    def set(self, key: str, value: Attribute) -> None:
        self.inner.set(key, value)

    def error(self, kind: str) -> None:
        self.inner.error(kind)

    def caller(self, caller: Caller) -> None:
        self.inner.caller(caller)

    def decided(self, policies: tuple[str, ...], *, logged_only: bool = False) -> None:
        self.inner.decided(policies, logged_only=logged_only)

    def refused(self, reason: str, policies: tuple[str, ...]) -> None:
        self.inner.refused(reason, policies)

    def restored(self, tokens: int) -> None:
        self.inner.restored(tokens)

    def answered(self, status: Json, redactions: int, *, unreachable: bool = False) -> None:
        self._unreachable = is_outage(status, unreachable)
        self.inner.answered(status, redactions, unreachable=unreachable)

    def listed(self, shown: int, tools: int) -> None:
        self.inner.listed(shown, tools)

    def outcome(self, outcome: str, caller: Caller | None = None) -> None:
        self._outcome = outcome
        self.inner.outcome(outcome, caller)


def _to_stdout(line: bytes) -> None:
    os.write(1, line)
