"""Calls of tools that a side file replaces, wraps or adds, and requests that it changes.

Whatever an override answers passes through the same marks, views and budgets as what the API answers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from adaptgen.mcp.json_text import loads
from adaptgen.model.tables import Body, Call, Json, Param, Tool, Unpaged
from adaptgen.runtime.answers.record import show
from adaptgen.runtime.api_client import ApiCall, DryRun
from adaptgen.runtime.calls import Execution, ToolRequest
from adaptgen.runtime.core.answer import Answer, NotConnected, Text, ToolError
from adaptgen.runtime.core.text import clean
from adaptgen.runtime.http import parameters as serialize
from adaptgen.runtime.http.body import MISSING
from adaptgen.runtime.http.page import Fetch
from adaptgen.runtime.http.parameters import to_json
from adaptgen.runtime.http.request import Request, build
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.overrides import Override, Overrides
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.classifier import mark_values
from adaptgen.runtime.pii.pointers import positions
from adaptgen.runtime.queries.query import serve_items
from adaptgen.views.vocabulary import is_projection

_FIXED = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"})


class ToolCall:
    """One call, as an override sees it.

    ``arguments`` were checked by the tool's contract; ``fields``, ``limit``, ``cursor`` and ``dry_run`` are not among
    them: the runtime applies them to what the override answers. ``caller`` comes without its access token.
    """

    def __init__(
        self, execution: Execution, request: ToolRequest, others: Callable[[str, Mapping[str, Json]], Awaitable[Answer]]
    ) -> None:
        tool, caller = request.tool, request.caller
        self.tool = tool.name
        self.arguments: dict[str, Json] = dict(request.arguments)
        self.caller = replace(caller, token="") if caller.token else caller
        self.dry_run = request.dry_run
        self._execution = execution
        self._auth = tool.auth or tuple(auth.name for auth in execution.server.auth)
        self._send = ApiCall(execution, tool, request.arguments, request.marks, auth=self._auth, base="").send
        self._others = others

    async def send(
        self,
        method: str,
        path: str,
        *,
        path_params: Mapping[str, Json] = {},
        query: Mapping[str, Json] = {},
        headers: Mapping[str, str] = {},
        body: Json = MISSING,
    ) -> Response:
        """Call the API with the server's credentials: ``await call.send("GET", "/api/contacts/{id}", path_params={"id":
        7})``. ``path`` is relative to the base; values are escaped. ``body`` is sent as JSON. In a dry run the first
        request that does not read ends the call with the request that would be sent.

        Raises:
            ToolError: the API refused or failed, its status in ``status``.
        """
        if not path.startswith("/"):
            raise ToolError(
                "The override of this tool names an address that is not a path of the API. Nothing was sent."
            )
        call = Call(
            method.upper(),
            path,
            path_params=tuple(Param(name, arg=f"p.{name}") for name in path_params),
            query=tuple(Param(name, arg=f"q.{name}") for name in query),
            headers=tuple(Param(name, arg=f"h.{name}") for name in headers),
            body=Body(whole=Param("body")) if body is not MISSING else None,
        )
        values: dict[str, Json] = {f"p.{name}": value for name, value in path_params.items()}
        values |= {f"q.{name}": value for name, value in query.items()}
        values |= {f"h.{name}": value for name, value in headers.items()}
        if body is not MISSING:
            values["body"] = body
        request = build(call, self._execution.base(""), self._execution.inputs(values))
        if self.dry_run and not request.reads:
            raise DryRun(request, self._auth)
        return await self._send(request)

    async def call(self, tool: str, arguments: Mapping[str, Json] = {}) -> Answer:
        """The answer of another tool of this server, in the name of the same caller. Governance has decided on this
        tool and does not decide again: declare the strongest effect of what you call.

        Raises:
            NotConnected: it needs an account of the caller's, who is asked for it if this passes.
            ToolError: it answered with an error.
        """
        answer = await self._others(tool, arguments)
        if answer.is_error:
            text = next((one.text for one in answer.content if isinstance(one, Text)), "")
            if answer.connection is not None:
                auth, title, lost = answer.connection
                raise NotConnected(auth, title, text, lost)
            raise ToolError(text, status=answer.status, unknown=answer.unknown, unreachable=answer.unreachable)
        return answer


def value_of(answer: Answer) -> Json:
    """The JSON of an answer's first text, or the text where it is not JSON; None without a text."""
    text = next((one.text for one in answer.content if isinstance(one, Text)), None)
    if text is None:
        return None
    try:
        return loads(text)
    except ValueError:
        return text


class Outgoing:
    """A request about to be sent, as ``overrides.request`` sees it. Method and address are fixed.

    The read of a partial update takes no selection of fields: what it leaves out would be written back as missing.
    ``left_out`` says whether a query parameter is such a one.
    """

    def __init__(
        self,
        request: Request,
        tool: str,
        arguments: Mapping[str, Json],
        left_out: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._request = request
        self._left_out = left_out
        self.tool = tool
        self.arguments = arguments

    @property
    def method(self) -> str:
        """Its method."""
        return self._request.method

    @property
    def path(self) -> str:
        """The path of its address."""
        return urlsplit(self._request.url).path

    @property
    def headers(self) -> dict[str, str]:
        """A copy of its headers; credentials are not among them."""
        return dict(self._request.headers)

    def set_header(self, name: str, value: str | None) -> None:
        """Give a header this value, in place of what it was; None removes it.

        Raises:
            ToolError: the connection owns it, or the value is not allowed in a header (RFC 9110, 5.5).
        """
        if name.lower() in _FIXED or not name.isascii() or not name.isprintable() or ":" in name or " " in name:
            raise ToolError(f"The override of this tool cannot set the header {name[:40]!r}. Nothing was sent.")
        if value is not None and (not value.isascii() or not value.isprintable()):
            raise ToolError(f"The override of this tool sets {name[:40]!r} to a value that no header can hold.")
        for given in [one for one in self._request.headers if one.lower() == name.lower()]:
            del self._request.headers[given]
        if value is not None:
            self._request.headers[name] = value

    @property
    def query(self) -> dict[str, str]:
        """A copy of its query, decoded; of a repeated parameter the last value."""
        return dict(parse_qsl(urlsplit(self._request.url).query, keep_blank_values=True))

    def set_query(self, name: str, value: Json) -> None:
        """Give a query parameter this value, in place of what it was; None removes it."""
        if value is not None and self._left_out(name):
            return
        address, _, query = self._request.url.partition("?")
        kept = [pair for pair in query.split("&") if pair and unquote_plus(pair.partition("=")[0]) != name]
        self._request.url = f"{address}?{'&'.join(kept)}" if kept else address
        if value is not None:
            self._request.set_query({name: serialize.scalar(value)})

    @property
    def json(self) -> Json:
        """Its body as JSON; None without a body."""
        return None if self._request.content is None else loads(self._request.content)

    @json.setter
    def json(self, value: Json) -> None:
        self._request.content, self._request.stream = to_json(value), None
        if not any(name.lower() == "content-type" for name in self._request.headers):
            self._request.headers["content-type"] = "application/json"


class OverriddenCalls(Execution):
    """Execution of a server whose requests a side file changes."""

    @property
    def _edits(self) -> Overrides:
        edits = self.server.edits
        assert isinstance(edits, Overrides)
        return edits

    def shaped(self, tool: Tool, request: Request, arguments: Mapping[str, Json]) -> Request:
        """A copy of ``request`` with the changes of the side file."""
        if not self._edits.shaping(tool.name):
            return request
        request = request.copy()
        left_out = partial(_is_left_out, tool) if tool.update is not None and request.reads else lambda _: False
        outgoing = Outgoing(request, tool.name, dict(arguments), left_out)
        for one in self._edits.shaping(tool.name):
            one.function(outgoing)
        return request


def _is_left_out(tool: Tool, name: str) -> bool:
    """Whether the read of an update must not have this query parameter: a selection of fields, by its name or because
    the tool takes it and the plan kept it from the read."""
    assert tool.update is not None
    assert tool.call is not None
    kept = {param.name for param in tool.update.read.query}
    return name not in kept and (is_projection(name) or any(param.name == name for param in tool.call.query))


_Inner: TypeAlias = Callable[[Mapping[str, Json] | None], Awaitable[Answer]]
"""What answers inside of an override; other arguments than the call's, or None."""


class OverriddenCall:
    """One call of a tool that is replaced, wrapped or added.

    ``plain`` calls the tool as it was generated, ``others`` another tool, and ``lists`` cuts a list into pages.
    """

    def __init__(
        self,
        execution: Execution,
        request: ToolRequest,
        plain: _Inner,
        others: Callable[[str, Mapping[str, Json]], Awaitable[Answer]],
        lists: Callable[[Tool, Fetch, Sequence[str] | None], Awaitable[Answer]],
    ) -> None:
        self._execution = execution
        self._request = request
        self._plain = plain
        self._lists = lists
        self._call = ToolCall(execution, request, others)

    async def answer(self, acting: Sequence[Override]) -> Answer:
        """The answer of what the side file puts in place of the tool, and around it.

        Raises:
            ToolError: the tool, or what the side file puts in its place, failed.
        """
        own = next((override for override in acting if override.kind != "wrap"), None)
        inner = self._plain if own is None else partial(self._replaced, own)
        for override in reversed([override for override in acting if override.kind == "wrap"]):
            inner = partial(self._wrapped, override, inner)
        try:
            return await inner(None)
        except DryRun as stopped:
            return self._execution.dry(self._request.tool, stopped.request, self._request.marks, stopped.auth)

    async def _replaced(self, own: Override, arguments: Mapping[str, Json] | None) -> Answer:
        if arguments is not None:
            self._call.arguments = dict(arguments)
        return await self._shown(await own.function(self._call))

    async def _wrapped(self, override: Override, inner: _Inner, arguments: Mapping[str, Json] | None) -> Answer:
        if arguments is not None:
            self._call.arguments = dict(arguments)
        answers: list[Answer] = []

        async def proceed(arguments: Mapping[str, Json] | None = None) -> Answer:
            answers.append(answer := await inner(arguments))
            return answer

        result = await override.function(self._call, proceed)
        if any(result is answer for answer in answers):
            return result  # type: ignore[no-any-return]
        if isinstance(result, (Answer, str)):
            return await self._shown(result)
        # It was made of an answer in which the view has been applied already: what was classified there still is.
        request = self._request
        bare = replace(request.tool, view=None, payload="$", page=None, steps=())
        known = _known(result, request.marks)
        return show(bare, known, fields=["*"], max_bytes=request.max_bytes, marks=request.marks)

    async def _shown(self, result: Any) -> Answer:
        """What an override returned, as the answer of the tool."""
        tool, marks, max_bytes = self._request.tool, self._request.marks, self._request.max_bytes
        if isinstance(result, Answer):
            return _marked(result, marks)
        if isinstance(result, str):
            return marks.finish(Answer((Text(marks.capped(clean(result), max_bytes)),)))
        content = to_json(result)  # what is not JSON fails here
        plain = tool.view is None and tool.call is None and not tool.steps
        fields = self._request.fields or (["*"] if plain else None)
        if tool.page is not None and isinstance(result, list):
            return await self._lists(replace(tool, page=Unpaged()), serve_items(loads(content)), fields)
        bare = replace(tool, payload="$", page=None)
        return show(bare, loads(content), fields=fields, max_bytes=max_bytes, marks=marks)


def _known(value: Json, marks: PiiTracker) -> Json:
    """``value`` with every leaf marked that is a classified value of this call."""
    return mark_values({"": value}, marks.seen)[""] if marks.enabled else value


def _marked(answer: Answer, marks: PiiTracker) -> Answer:
    """An answer put together by hand, with the positions of what is classified in its JSON."""
    if not marks.enabled or not answer.content or not isinstance(answer.content[0], Text):
        return marks.finish(answer)
    try:
        value = loads(answer.content[0].text)
    except ValueError:
        return marks.finish(answer)
    shown = marks.mark(_known(value, marks))
    finished = marks.finish(answer)
    return replace(finished, sensitive={**dict(answer.sensitive), **positions(shown)})
