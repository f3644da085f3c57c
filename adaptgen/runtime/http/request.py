"""Requests: a call of the model and its arguments become a method, a URL, headers and a body."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Body, Call, Json, Param
from adaptgen.net.addresses import read_origin
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.files.content import BodyStream
from adaptgen.runtime.http import parameters as serialize
from adaptgen.runtime.http.body import MISSING, collect, encode, wrap
from adaptgen.runtime.http.page_parameters import PageParameters
from adaptgen.runtime.http.path_values import SEPARATORS
from adaptgen.syntax.templates import Reference, fill, fill_present, placeholders

Resolve = Callable[[Reference], str]

_PLACEHOLDER = lazy(r"\{([^{}]+)\}")
_REFERENCE = lazy(r"\$\{(env|secret|ssm):([^{}]+)\}")
_HOP = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"})
"""Headers that belong to the connection (RFC 9110, 7.6.1) and are never arguments."""
_ACCEPT = "application/json, */*;q=0.5"


@dataclass(slots=True, repr=False)
class Request:
    """One HTTP request. ``headers`` keep their order; ``cookies`` become one header when it is sent. A body with files
    on disk is a ``stream``, and ``content`` is None.

    ``safe``: whether it may be sent twice without harm, where that is known better than by the method: a POST that
    only searches, a GET that deletes. ``account``: the caller's own account that it is sent in, whose limits are its
    own; "" for a request in the name of the server.
    """

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)
    content: bytes | None = None
    safe: bool | None = None
    stream: BodyStream | None = None
    account: str = ""

    def __repr__(self) -> str:  # queries and headers carry credentials and personal data
        return f"Request({self.method!r}, {self.url.partition('?')[0]!r})"

    def copy(self) -> Request:
        """A request that can be changed without changing this one."""
        headers, cookies = dict(self.headers), list(self.cookies)
        return Request(self.method, self.url, headers, cookies, self.content, self.safe, self.stream, self.account)

    def to_get(self, url: str) -> Request:
        """A GET of ``url`` with the same headers, without a body."""
        headers = {name: value for name, value in self.headers.items() if name.lower() != "content-type"}
        return Request("GET", url, headers, list(self.cookies), account=self.account)

    def add_query(self, pairs: list[str]) -> None:
        """Append encoded ``name=value`` pairs to the URL."""
        if pairs:
            self.url += ("&" if "?" in self.url else "?") + "&".join(pairs)

    def set_query(self, values: Mapping[str, str]) -> None:
        """Give query parameters these values, in place of what they were."""
        encoded = {quote(name, safe=""): quote(value, safe="") for name, value in values.items()}
        address, mark, query = self.url.partition("?")
        if mark:
            kept = [pair for pair in query.split("&") if pair.partition("=")[0] not in encoded]
            self.url = f"{address}?{'&'.join(kept)}" if kept else address
        self.add_query([f"{name}={value}" for name, value in encoded.items()])

    @property
    def reads(self) -> bool:
        """Whether the method is safe (RFC 9110, 9.2.1)."""
        return self.method in ("GET", "HEAD", "OPTIONS")

    @property
    def harmless(self) -> bool:
        """Whether sending it again changes nothing."""
        return self.reads if self.safe is None else self.safe


class Inputs:
    """Where the parameters of a call get their values: ``arguments``, and ``scope`` for templates.

    ``absent``: whether a template that names something unknown leaves its parameter out (an optional argument that was
    not given) instead of failing.
    """

    __slots__ = ("_absent", "_scope", "arguments", "resolve")

    def __init__(
        self,
        arguments: Mapping[str, Json],
        resolve: Resolve,
        scope: Mapping[str, Any] | None = None,
        *,
        absent: bool = True,
    ) -> None:
        self.arguments = arguments
        self.resolve = resolve
        self._scope = arguments if scope is None else scope
        self._absent = absent

    def get(self, param: Param) -> Json:
        """The value of a parameter, or MISSING."""
        if param.value is not None:
            try:
                # An optional argument that was not given is left out of an object too.
                return (fill_present if self._absent else fill)(param.value, self._scope, self.resolve)
            except KeyError as missing:
                if self._absent:
                    return MISSING
                raise ToolError(f"There is no value for {missing.args[0]!r}, which {param.name!r} needs.") from None
        value = self.arguments.get(param.arg or param.name, MISSING)
        if value is MISSING and param.fill == "uuid":
            return str(uuid.uuid4())
        return value


def templates(call: Call) -> list[Json]:
    """The templates that supply parameters of a call."""
    params: list[Param] = [*call.path_params, *call.query, *call.headers, *call.cookies]
    if call.body is not None:
        params += [*call.body.params, *((call.body.whole,) if call.body.whole else ())]
    return [param.value for param in params if param.value is not None]


@lru_cache(maxsize=4096)
def _template(path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The literal parts of a path template, encoded, and the names between them."""
    parts = _PLACEHOLDER.split(path)
    return tuple(quote(part, safe="/%:@!$&'()*+,;=~?|") for part in parts[::2]), tuple(parts[1::2])


def build(
    call: Call, base: str, inputs: Inputs, body: Json = MISSING, *, placed: PageParameters | None = None
) -> Request:
    """The request of a call against ``base`` (a URL without a trailing slash).

    ``body`` replaces the body made from the arguments (an update's merged resource), not yet wrapped.
    ``placed``: values of paging, where they are not all query parameters.

    Raises:
        ToolError: an argument does not fit where it belongs; the text names it.
    """
    url = _address(call, base, inputs, placed)
    request = Request(call.method, url, {"accept": call.accept or _ACCEPT})
    request.add_query(_query(call, inputs, placed))
    _add_headers(request, call, inputs, placed)
    for param in call.cookies:
        value = inputs.get(param)
        if value is not MISSING:
            request.cookies += serialize.cookie(param, value)
    within = placed if placed is not None and not placed.beside_body else None
    if call.body is not None or within is not None:
        _add_body(request, call, inputs, body, within)
    return request


def _query(call: Call, inputs: Inputs, placed: PageParameters | None) -> list[str]:
    query: list[str] = []
    for param in call.query:
        if placed is not None and placed.takes(param.name):
            continue
        value = inputs.get(param)
        if placed is not None and placed.holds("query", param):
            value = placed.parameter(param, value)
        if value is not MISSING:
            query += serialize.query(param, value)
    if placed is not None:
        if (holder := placed.undeclared(call.query, call.headers)) is not None:
            query += serialize.query(holder, placed.parameter(holder, MISSING))
        query += placed.pairs()
    return query


def _add_headers(request: Request, call: Call, inputs: Inputs, placed: PageParameters | None) -> None:
    for param in call.headers:
        value = inputs.get(param)
        if placed is not None and placed.holds("header", param):
            value = placed.parameter(param, value)
        lower = param.name.lower()
        if value is MISSING and lower == "accept-encoding":
            request.headers["accept-encoding"] = ""  # the API gives it values of its own; the client's is none of them
        if value is MISSING or lower in _HOP:
            continue
        text = serialize.header(param, value, param.arg or param.name)
        if text is not None:
            if lower == "accept":
                request.headers.pop("accept", None)  # the choice of the call is the only one
            request.headers[param.name] = text
    if placed is not None:
        placed.put_headers(request.headers)


def find_references(path: str) -> frozenset[Reference]:
    """The references in the address of a token endpoint (``${env:IDP}/token``)."""
    return frozenset(Reference(*found) for found in _REFERENCE.findall(path)) if "${" in path else frozenset()


def _address(call: Call, base: str, inputs: Inputs, placed: PageParameters | None) -> str:
    address = call.path
    if "${" in address:
        address = _REFERENCE.sub(lambda found: inputs.resolve(Reference(*found.groups())).rstrip("/"), address)
    literals, names = _template(address)
    absolute = address.startswith(("http://", "https://"))
    if not names:
        return literals[0] if absolute else base + literals[0]
    known = {param.name: param for param in call.path_params}
    parts = ["" if absolute else base, literals[0]]
    for name, literal in zip(names, literals[1:], strict=True):
        param = known.get(name) or Param(name)
        value = MISSING if placed is None else placed.address(name)
        if value is MISSING:
            value = inputs.get(param)
        argument = param.arg or name
        if value is MISSING or value is None:
            raise ToolError(f"Argument `{argument}` is missing; it is a part of the address.")
        if param.value is not None and not _named(param.value):
            param = replace(param, holds=SEPARATORS)  # what the operator writes is what the operator means
        parts += (serialize.path(param, value, argument), literal)
    return "".join(parts)


def _named(template: Json) -> bool:
    """Whether a template takes anything from arguments or answers: it is neither a constant nor a credential."""
    return bool(_names(template) if isinstance(template, str) else placeholders(template))


@lru_cache(maxsize=1024)
def _names(template: str) -> frozenset[str]:
    return placeholders(template)


def _add_body(request: Request, call: Call, inputs: Inputs, body: Json, placed: PageParameters | None) -> None:
    declared = call.body or Body()
    if body is MISSING:
        extra = inputs.arguments.get(declared.extra, MISSING) if declared.extra else MISSING
        body = collect(declared, inputs.get, extra)
    if body is MISSING:
        # A body of named properties of which none was given: most servers want an empty object, not nothing.
        named = declared.whole is None and call.method in ("POST", "PUT", "PATCH")
        if placed is None and not (named if declared.empty is None else declared.empty):
            return
        body = {}
    whole = wrap(declared, body)
    content, kind = encode(declared, whole if placed is None else placed.body(whole, declared))
    if isinstance(content, BodyStream):
        request.stream = content
    else:
        request.content = content
    given = next((name for name in request.headers if name.lower() == "content-type"), None)
    if given is not None and kind.startswith("multipart/"):
        del request.headers[given]  # it cannot know the boundary (RFC 2046, 5.1.1)
        given = None
    if given is None:
        request.headers["content-type"] = kind


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an absolute URL (RFC 6454).

    Raises:
        ToolError: it is not an http or https URL with a host.
    """
    return _origin("/".join(url.split("/", 3)[:3]).partition("?")[0].partition("#")[0])


def host_of(url: str) -> str:
    """Scheme, host and port of an absolute URL, as messages name it.

    Raises:
        ToolError: it is not an http or https URL with a host.
    """
    scheme, host, port = origin(url)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


@lru_cache(maxsize=256)
def _origin(url: str) -> tuple[str, str, int]:
    try:
        return read_origin(url)
    except ValueError:
        text = "The address of the API must be an absolute http or https URL, with no % in its host."
        raise ToolError(text) from None
