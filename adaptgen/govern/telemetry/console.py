"""``trace: console``: one line on standard error for each request, for people who try settings out.

    adaptgen trace: bob [interns] tools/call get_customer: permitted by readers-read, ok, 31 ms, HTTP 200, 4 tokenized

A line holds what a span holds: names, counts and times, never an argument, an answer, a header or the text of an error.
Who calls is named where the name was made up on this machine: the caller of ``local``, and callers with a token of a
development issuer. Anybody else is one of 4,096 numbers, as in other spans; the audit trail says who it is.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from adaptgen.govern.settings.model import Settings
from adaptgen.govern.telemetry.spans import METHODS, Attribute, Span, Tracer, number_of
from adaptgen.mcp.protocol import Challenge, Context, RpcError
from adaptgen.model.tables import Caller, Json

_LONGEST = 120
"""Characters of one name."""
_MOST = 8
"""Groups or policies that are named in a line."""

Write = Callable[[str], object]


class ConsoleTracer(Tracer):
    """Writes a line when a request ends. ``write`` takes a line with its end."""

    def __init__(self, settings: Settings, write: Write | None = None) -> None:
        self._write = write or _to_stderr
        self.adopt(settings)

    def adopt(self, settings: Settings) -> None:
        self._local = settings.local
        self._named = settings.authenticate is None or settings.authenticate.development

    def request(self, method: str, name: str, context: Context) -> Span:
        return ConsoleSpan(self, method if method in METHODS else "an unknown method", name)

    def challenged(self, refusal: Challenge) -> None:
        self.line(f"not authenticated: HTTP {refusal.status}, {_printable(refusal.text)}")

    def name_of(self, caller: Caller) -> str:
        """How a line names a caller."""
        local = (caller.sub, caller.tenant, caller.groups) == (self._local.sub, self._local.tenant, self._local.groups)
        if not self._named and not local:
            return f"caller {number_of(caller)}"
        name = _printable(f"{caller.tenant}/{caller.sub}" if caller.tenant else caller.sub)
        return f"{name} [{_some(caller.groups)}]"

    def line(self, text: str) -> None:
        """Write one line; standard error that is gone stops no request."""
        with suppress(OSError, ValueError):
            self._write(f"adaptgen trace: {text}\n")


class ConsoleSpan(Span):
    """What is known of one request when it ends."""

    __slots__ = ("_began", "_caller", "_decision", "_error", "_facts", "_method", "_name", "_tracer")

    def __init__(self, tracer: ConsoleTracer, method: str, name: str) -> None:
        self._tracer = tracer
        self._method = method
        self._name = name
        self._caller = ""
        self._decision = ""
        self._error = ""
        self._facts: list[str] = []
        self._began = time.perf_counter()

    def __enter__(self) -> ConsoleSpan:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(problem, RpcError):
            self._error = f"error {problem.code}"
        elif isinstance(problem, Challenge):
            self._error = f"HTTP {problem.status}"
        elif kind is not None:
            self._error = kind.__name__
        what = f"{self._caller} {self._method} {_printable(self._name)}".strip()
        took = f"{(time.perf_counter() - self._began) * 1000:.0f} ms"
        self._tracer.line(f"{what}: {', '.join(filter(None, (self._decision, self._error, took, *self._facts)))}")

    def caller(self, caller: Caller) -> None:
        self._caller = self._tracer.name_of(caller)

    def decided(self, policies: tuple[str, ...], *, logged_only: bool = False) -> None:
        self._decision = f"permitted by {_some(policies)}" if policies else "permitted"
        if logged_only:
            self._decision = f"would be refused{f' by {_some(policies)}' if policies else ''} (mode: log_only)"

    def refused(self, reason: str, policies: tuple[str, ...]) -> None:
        self._decision = f"refused ({reason}{f': {_some(policies)}' if policies else ''})"

    def answered(self, status: Json, redactions: int, *, unreachable: bool = False) -> None:
        if isinstance(status, int):
            self._facts.append(f"HTTP {status}")
        if redactions:
            self._facts.append(f"{redactions} tokenized")

    def restored(self, tokens: int) -> None:
        if tokens:
            self._facts.append(f"{tokens} restored")

    def listed(self, shown: int, tools: int) -> None:
        self._facts.append(f"{shown} of {tools} tools")

    def set(self, key: str, value: Attribute) -> None:
        """Attributes are for collectors."""

    def error(self, kind: str) -> None:
        self._error = kind

    def outcome(self, outcome: str, caller: Caller | None = None) -> None:
        refused, _, reason = outcome.partition(":")
        if refused == "refused":
            self._decision = self._decision or f"refused ({reason})"
        else:
            self._error = outcome


def _to_stderr(line: str) -> None:
    stream = sys.stderr
    if stream is not None:
        encoding = stream.encoding or "ascii"
        stream.write(line.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(_printable(one) for one in names[:_MOST])
    return f"{shown}, …" if len(names) > _MOST else shown


def _printable(text: str) -> str:
    """Names come from tokens and third parties: one line, nothing that a terminal acts on."""
    plain = "".join(char if char.isprintable() else "?" for char in text[: _LONGEST + 1])
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"
