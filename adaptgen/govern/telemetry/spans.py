"""Spans and metrics of requests, by the OpenTelemetry conventions for MCP and GenAI; nothing where none are wanted.

This file is what the pipeline sees, and what it costs when nobody traces: less than a microsecond a request. The
working twins are :mod:`adaptgen.govern.telemetry.otel` and :mod:`adaptgen.govern.telemetry.console`, each loaded only
where the settings ask for it.

Nothing that a caller or an API says is recorded: no argument, answer, URI, header or text of an exception. Names are
those of tools that exist, methods those of the specification, callers one of 4,096 numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from types import TracebackType
from typing import Literal, TypeAlias

from adaptgen.govern.settings.model import Settings
from adaptgen.mcp.protocol import Challenge, Context, ToolInfo
from adaptgen.model.tables import Caller, Json

Attribute: TypeAlias = str | int | float | bool
TokenOutcome: TypeAlias = Literal["hit", "miss", "refused"]
"""What becomes of PII tokens in arguments: restored; none of ours, or mangled; not permitted there."""


METHODS = frozenset((
    "completion/complete", "initialize", "logging/setLevel", "ping", "prompts/get", "prompts/list", "resources/list",
    "resources/read", "resources/subscribe", "resources/templates/list", "resources/unsubscribe", "server/discover",
    "subscriptions/listen", "tools/call", "tools/list",
))  # fmt: skip
"""Methods of the specification. Another one is the caller's own text, and is never recorded."""


class Span:
    """One request. A context manager: leaving it ends the span, with the type of what was raised as its error."""

    __slots__ = ()

    def __enter__(self) -> Span:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def set(self, key: str, value: Attribute) -> None:
        """Set an attribute; no value of a caller or an API."""

    def error(self, kind: str) -> None:
        """The request ends with an error of this kind (``error.type``)."""

    def caller(self, caller: Caller) -> None:
        """Who asks."""

    def decided(self, policies: tuple[str, ...], *, logged_only: bool = False) -> None:
        """The call is let through, by these policies; ``logged_only``: although they refuse it."""

    def refused(self, reason: str, policies: tuple[str, ...]) -> None:
        """The call is not let through, by these policies; ``reason``: a word, as in the audit trail."""

    def restored(self, tokens: int) -> None:
        """PII tokens of the arguments were restored."""

    def answered(self, status: Json, redactions: int, *, unreachable: bool = False) -> None:
        """The API has answered with this HTTP status (None: unknown). ``redactions``: values that became tokens;
        ``unreachable``: the API, or the server behind the proxy, did not answer."""

    def listed(self, shown: int, tools: int) -> None:
        """A list shows ``shown`` of ``tools`` tools."""

    def outcome(self, outcome: str, caller: Caller | None = None) -> None:
        """How a call of a tool ended: ``ok``, ``repeated`` (it got the first answer of the same write), ``error``,
        ``unknown``, ``withheld`` or ``refused:<reason>``.

        Everything but the first two is counted for the tool, and for the caller where it is given.
        """


class Tracer:
    """Records nothing."""

    buffers = False
    """Whether there may be something for ``flush`` to send."""

    def request(self, method: str, name: str, context: Context) -> Span:
        """The span of one request. ``name``: of the tool or prompt, where there is such a one."""
        return _NOTHING

    def carrier(self, span: Span) -> Mapping[str, str]:
        """``traceparent`` and ``tracestate`` (W3C Trace Context) for ``_meta`` of what is sent below ``span``."""
        return _EMPTY

    def adopt(self, settings: Settings) -> None:
        """Other settings are in effect from now on."""

    def challenged(self, refusal: Challenge) -> None:
        """A request was not authenticated."""

    def called(self, tool: ToolInfo, seconds: float, below: float) -> None:
        """A call took ``seconds`` in all, of which ``below`` in the target: the rest is what governance added."""

    def tokens(self, outcome: TokenOutcome, kind: str, count: int = 1) -> None:
        """PII tokens of a kind were seen in arguments."""

    def checkpoint(self, record: Mapping[str, Json]) -> None:
        """A checkpoint of the audit trail, to be held by the collector: chain, seq, event and mac."""

    def flush(self, timeout: float) -> bool:
        """Send what is waiting; False where that takes more than ``timeout`` seconds. Blocks: call it from a thread."""
        return True

    def close(self) -> None:
        """Send what is waiting, and stop."""


_NOTHING = Span()
_EMPTY: Mapping[str, str] = {}


@lru_cache(maxsize=4096)
def number_of(caller: Caller) -> str:
    """One of 4,096 numbers for a caller: enough to see that one of them fails and the others do not, too little to
    say who it is. The audit trail says that."""
    return hashlib.sha256(f"{caller.tenant}\0{caller.sub}".encode(errors="surrogatepass")).hexdigest()[:3]


def is_outage(status: Json, unreachable: bool) -> bool:
    """Whether a call failed because the API is down: it did not answer, or a status of 500 and above (RFC 9110)."""
    return unreachable or (isinstance(status, int) and status >= 500)
