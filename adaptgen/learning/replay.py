"""Probes without an API: recorded traffic, and a dry run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

from adaptgen.building.result import BuildResult
from adaptgen.learning.guard import Route, make_route
from adaptgen.learning.probe import NO_INPUTS, Credentials, ReadInputs, Reply
from adaptgen.learning.replies import readable_tools
from adaptgen.plan.document.operation import Operation
from adaptgen.plan.document.reader import operations
from adaptgen.readiness.cassettes import Exchange

_PLENTY = 1_000_000
_ANYWHERE = "http://localhost"


class ReplayProbe:
    """Answers what was recorded: of each operation that may be read its exchanges, in their order."""

    def __init__(self, result: BuildResult, traffic: Sequence[Exchange]) -> None:
        self._tools = readable_tools(result)
        self._recorded: dict[str, list[tuple[str, Mapping[str, str], Reply]]] = {}
        routes: list[tuple[Operation, Route]] = []
        for operation in operations(result.document)[0]:
            route = make_route(operation.method, _ANYWHERE, operation.path, operation.pointer in self._tools)
            if route is not None:
                routes.append((operation, route))
        for exchange in traffic:
            called = _called(exchange, routes)
            if called is not None and called.pointer in self._tools:
                url = urlsplit(exchange.url)
                query = dict(parse_qsl(url.query, keep_blank_values=True))
                row = (exchange.url, query, _reply(exchange))
                self._recorded.setdefault(called.pointer, []).append(row)

    @property
    def operations(self) -> int:
        """How many operations have recorded answers."""
        return len(self._recorded)

    @property
    def remaining(self) -> int:
        return _PLENTY

    def may_read(self, operation: Operation) -> bool:
        return operation.pointer in self._tools

    def recorded(self, operation: Operation) -> Sequence[tuple[Mapping[str, str], Reply]]:
        return [(query, reply) for _, query, reply in self._recorded.get(operation.pointer, ())]

    async def read(
        self, operation: Operation, inputs: ReadInputs = NO_INPUTS, *, credentials: Credentials = "session"
    ) -> Reply:
        rows = self._recorded.get(operation.pointer, []) if credentials == "session" and inputs.body is None else []
        values = {str(value) for value in inputs.path.values()}
        rows = [row for row in rows if values <= set(unquote(urlsplit(row[0]).path).split("/"))]
        if inputs.query:
            return next((reply for _, asked, reply in rows if dict(asked) == dict(inputs.query)), _UNRECORDED)
        good = [reply for _, _, reply in rows if reply.ok]
        return max(good, key=lambda one: one.bytes) if good else rows[0][2] if rows else _UNRECORDED

    async def follow(self, operation: Operation, url: str) -> Reply:
        wanted = urlsplit(url)
        for asked, _, reply in self._recorded.get(operation.pointer, ()):
            here = urlsplit(asked)
            if here.path == wanted.path and parse_qsl(here.query) == parse_qsl(wanted.query):
                return reply
        return _UNRECORDED


class DryProbe:
    """Sends nothing, and notes what it would ask first. What depends on an answer cannot be known before."""

    def __init__(self, result: BuildResult) -> None:
        self._tools = readable_tools(result)
        self.asked: list[str] = []

    @property
    def remaining(self) -> int:
        return _PLENTY

    def may_read(self, operation: Operation) -> bool:
        return operation.pointer in self._tools

    def recorded(self, operation: Operation) -> Sequence[tuple[Mapping[str, str], Reply]]:
        return ()

    async def read(
        self, operation: Operation, inputs: ReadInputs = NO_INPUTS, *, credentials: Credentials = "session"
    ) -> Reply:
        said = "&".join(f"{name}={value}" for name, value in inputs.query.items())
        how = {"session": "", "none": " without credentials", "broken": " with a broken token"}[credentials]
        self.asked.append(f"{operation.key}{'?' if said else ''}{said}{how}")
        return Reply(0, {}, None, failed="dry run")

    async def follow(self, operation: Operation, url: str) -> Reply:
        return Reply(0, {}, None, failed="dry run")


_UNRECORDED = Reply(0, {}, None, failed="not recorded")


def _called(exchange: Exchange, routes: Sequence[tuple[Operation, Route]]) -> Operation | None:
    """The operation that an exchange is a call of. Where the API is mounted is not known, so that the path is compared
    at its end."""
    path = unquote(urlsplit(exchange.url).path)
    tails = [path[at:] for at, letter in enumerate(path) if letter == "/"]
    fitting = [
        (route.weight, operation)
        for operation, route in routes
        if operation.method == exchange.method and any(route.pattern.fullmatch(tail) for tail in tails)
    ]
    return max(fitting, key=lambda one: one[0])[1] if fitting else None


def _reply(exchange: Exchange) -> Reply:
    headers = {name.lower(): value for name, value in exchange.headers.items()}
    media = exchange.media.partition(";")[0].strip().lower()
    return Reply(exchange.status, headers, exchange.json(), media, len(exchange.body))
