"""The adapter model: what a generated MCP server *is*, as plain frozen values.

``plan`` produces these values, ``render`` prints them as Python, ``runtime`` executes them. Standard library only, no
behaviour. Defaults are what most tools have, so that a rendered table shows only what is special.

Words follow their specifications: operation, parameter, style and explode (OpenAPI 3.1, Parameter Object), media type
(RFC 9110), JSONPath (RFC 9535), tool, annotations and cursor (MCP). A *template* is a string (or a JSON value holding
strings) in the little language of ``adaptgen.syntax.templates``; a *path* is dotted, relative to one item
(``organization.name``, ``tags[*].name``); a *JSONPath* starts with ``$`` and addresses a whole body.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from adaptgen.model.frozen import INHERITED
from adaptgen.model.frozen import value as value
from adaptgen.model.toolsets import completed

FORMAT = 2
"""The format of generated servers. A runtime executes this one and the one before and refuses others by name."""

Json: TypeAlias = Any
"""A JSON value: None, bool, int, float, str, list or dict with string keys."""

Effect: TypeAlias = Literal["read", "write", "delete"]
Style: TypeAlias = Literal["form", "simple", "label", "matrix", "spaceDelimited", "pipeDelimited", "deepObject"]
Layout: TypeAlias = Literal["columns", "objects", "structured"]
Place: TypeAlias = Literal["query", "body", "header", "path"]
Surface: TypeAlias = Literal["auto", "list", "search"]


@value()
class Param:
    """One input of a request: a path, query, header or cookie parameter, or a property of the body.

    ``arg`` names the tool argument that supplies it (None: the one called ``name``). ``value`` is a template that
    supplies it instead of an argument. ``style`` None means the default of the place (path and header:
    simple; query, cookie and form bodies: form); ``explode`` None the default of the style. ``encode`` is ``"json"``
    for a value sent as JSON text, ``"file"`` for a file argument, or a media type. ``fill="uuid"`` lets the runtime
    supply a fresh UUID when the argument is absent (idempotency keys). ``holds``: the separators (``/``, ``\\``, ``;``,
    ``?``, ``#``) that values of a path parameter hold; any other is refused there. ``blank``: a path parameter that may
    be empty.
    """

    name: str
    arg: str | None = None
    value: Json = None
    style: Style | None = None
    explode: bool | None = None
    encode: str | None = None
    reserved: bool = False
    fill: Literal["uuid"] | None = None
    holds: str = ""
    blank: bool = False


_named = cache(Param)


def _params(params: Iterable[Param | str]) -> tuple[Param, ...]:
    return tuple([_named(param) if isinstance(param, str) else param for param in params])


def _rows() -> tuple[Param, ...]:
    """A field of parameters; a name stands for a parameter that is nothing but a name."""
    rows: tuple[Param, ...] = field(default=(), metadata={"convert": _params})
    return rows


@value()
class Body:
    """A request body. Either ``params``, one per top-level property, or ``whole``: one argument that is the body.

    ``inside`` is the single wrapping property of bodies such as ``{"contact": {...}}``: ``params`` are properties of
    the wrapped object. ``extra`` names an object argument whose members are added to ``params`` (an object that
    allows additional properties). ``empty``: whether an empty object is sent where none of ``params``, or no ``whole``,
    is given (None: of ``params`` with POST, PUT and PATCH).
    """

    media: str = "application/json"
    params: tuple[Param, ...] = _rows()
    whole: Param | None = None
    inside: str | None = None
    extra: str | None = None
    empty: bool | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            media: str = ...,
            params: tuple[Param | str, ...] = ...,
            whole: Param | None = ...,
            inside: str | None = ...,
            extra: str | None = ...,
            empty: bool | None = ...,
        ) -> None: ...


@value()
class Call:
    """One HTTP request of the API.

    ``path`` is an OpenAPI path template relative to the base (``/api/contacts/{pk}/``), or an absolute URL for token
    endpoints elsewhere. Placeholders without an entry in ``path_params`` take the argument of their own name. ``base``
    names one of the server's bases ("" is the main one).
    """

    method: str
    path: str
    path_params: tuple[Param, ...] = _rows()
    query: tuple[Param, ...] = _rows()
    headers: tuple[Param, ...] = _rows()
    cookies: tuple[Param, ...] = _rows()
    body: Body | None = None
    base: str = ""
    accept: str | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            method: str,
            path: str,
            path_params: tuple[Param | str, ...] = ...,
            query: tuple[Param | str, ...] = ...,
            headers: tuple[Param | str, ...] = ...,
            cookies: tuple[Param | str, ...] = ...,
            body: Body | None = ...,
            base: str = ...,
            accept: str | None = ...,
        ) -> None: ...


# ---------------------------------------------------------------------------------------------------------- paging
#
# ``place`` and ``inside`` say where the values of paging go. In the query they are parameters of these names. In the
# body (JSON or a form) the names are paths from its root (``page``, ``paging.cursor``), beside what arguments fill.
# In ``header`` they are headers, in ``path`` placeholders of the address, whose rows in the call have the first page's
# values; there only positions that count can stand. ``size_in_query``: the size is a query parameter all the same.
# ``inside`` names one query or header parameter, or one property of the body, that holds them as members: an object,
# or JSON text; the names are paths in it.


@value(kw_only=True)
class Offset:
    """limit/offset paging. ``items`` and ``total`` are JSONPaths; ``total`` may be ``header:<Name>``. ``first`` is the
    number of the first item (1 in SCIM: RFC 7644, 3.4.2.4)."""

    offset: str
    limit: str | None = None
    first: int = 0
    items: str = "$"
    total: str | None = None
    max_size: int | None = None
    place: Place = "query"
    inside: str = ""
    size_in_query: bool = False


@value(kw_only=True)
class PageNumber:
    """page/size paging. ``first`` is the number of the first page; ``guessed``: only custom says so, and the API may
    count from the number before it."""

    page: str
    size: str | None = None
    first: int = 1
    items: str = "$"
    total: str | None = None
    max_size: int | None = None
    place: Place = "query"
    inside: str = ""
    size_in_query: bool = False
    guessed: bool = False


@value(kw_only=True)
class Cursor:
    """The API hands out a token for the next page. ``next`` is its JSONPath in the answer or ``header:<Name>``. The
    token is sent back as the JSON value that it was; it may be a list or an object."""

    cursor: str
    next: str
    limit: str | None = None
    items: str = "$"
    total: str | None = None
    more: str | None = None
    single_use: bool = False
    max_size: int | None = None
    place: Place = "query"
    inside: str = ""
    size_in_query: bool = False


@value(kw_only=True)
class Link:
    """The URL of the next page comes in the ``Link`` header (RFC 8288) under relation ``rel``."""

    rel: str = "next"
    limit: str | None = None
    items: str = "$"
    total: str | None = None
    max_size: int | None = None
    place: Place = "query"
    inside: str = ""


@value(kw_only=True)
class NextHeader:
    """The URL of the next page comes in a header of its own (``Next-Page``)."""

    header: str
    limit: str | None = None
    items: str = "$"
    total: str | None = None
    max_size: int | None = None
    place: Place = "query"
    inside: str = ""


@value(kw_only=True)
class NextUrl:
    """The URL of the next page is in the body at JSONPath ``next``."""

    next: str
    limit: str | None = None
    items: str = "$"
    total: str | None = None
    max_size: int | None = None
    place: Place = "query"
    inside: str = ""


@value(kw_only=True)
class Unpaged:
    """No paging is known; what the API returns at once is sliced. ``whole``: hints say that it is the whole list.
    ``seek``: an input asks for a part of the list, so an undocumented header may lead on: ``Link``, or one with a token
    (``X-Next-Token``), which goes into ``cursor``. ``size_argument`` asks for a number
    of items and stays an argument; the API returns ``size_default`` of them without it, where it says so."""

    items: str = "$"
    total: str | None = None
    whole: bool = False
    size_argument: str | None = None
    size_default: int | None = None
    seek: bool = False
    cursor: str | None = None
    place: Place = "query"
    inside: str = ""


Paging: TypeAlias = Offset | PageNumber | Cursor | Link | NextHeader | NextUrl | Unpaged


# ----------------------------------------------------------------------------------------------------------- tools


@value(kw_only=True)
class When:
    """Whether a step runs: ``value``, a template, is one of ``is_`` and none of ``is_not``. With neither: it is there,
    and not null, false, 0, "", [] or {}.
    """

    value: Json
    is_: tuple[Json, ...] = ()
    is_not: tuple[Json, ...] = ()


@value(kw_only=True)
class Until:
    """Ask again until the value at JSONPath ``path`` is one of ``is_``; one of ``fails`` is a failure.

    ``every`` and ``at_most`` in seconds. After ``at_most`` the tool answers what it has, with a cursor to go on.
    """

    path: str
    is_: tuple[Json, ...]
    fails: tuple[Json, ...] = ()
    every: float = 1.0
    at_most: float = 25.0


@value()
class Check:
    """A condition on an answer (Arazzo 1.0, Criterion Object), as written there: ``$statusCode == 200``.

    ``context``: the runtime expression that a ``regex`` or ``jsonpath`` applies to.
    """

    condition: str
    context: str = ""
    kind: Literal["simple", "regex", "jsonpath"] = "simple"


@value(kw_only=True)
class Then:
    """What follows a step where ``checks`` hold (Arazzo 1.0, Success and Failure Action Objects).

    ``to``: the step where a ``goto`` goes on, or that runs before a ``retry``. ``after``: seconds before a retry,
    ``limit``: how many.
    """

    do: Literal["end", "goto", "retry"]
    to: str = ""
    checks: tuple[Check, ...] = ()
    after: float = 0.0
    limit: int = 1


@value(kw_only=True)
class Flow:
    """Steps inside a step: they see nothing but ``given`` (name -> template), and return ``result``."""

    steps: tuple[Step, ...]
    given: Mapping[str, Json] = field(default_factory=dict)
    result: Json = None


@value(kw_only=True)
class Step:
    """One call of a tool of several calls. Parameters without a template take the tool's arguments.

    ``save`` maps names to places in the raw answer (``{step.name}``): a JSONPath, ``header:<Name>``,
    ``cookie:<name>``, a JSON Pointer into the body (``#/data/0/id``, RFC 6901), ``status``, ``method`` or ``url``.
    ``{step}`` is the answer under ``view`` (a list of objects where ``items``, a JSONPath, is given). ``auth`` as in
    :class:`Tool`.

    ``each``: a template of one placeholder, a list; the step runs for each of its items (``{item}``, ``{item.path}``)
    and returns lists. ``page``: every page is read, up to ``max_items`` items. ``on_error``: what becomes of a failure
    (of an item, with ``each``): ``omit`` and ``null`` go on without it, and the answer says so. ``replace``: JSON
    Pointer into the body -> template of what is put there. ``success``, ``then`` and ``otherwise``: when the step has
    succeeded, and what follows in either case, the first that fits. A step has a ``flow`` or a ``call``.
    """

    id: str
    call: Call | None = None
    auth: tuple[str, ...] = INHERITED
    save: Mapping[str, str] = field(default_factory=dict)
    items: str | None = None
    view: tuple[str, ...] | None = None
    effect: Effect = "read"
    when: When | None = None
    each: str = ""
    until: Until | None = None
    page: Paging | None = None
    max_items: int | None = None
    on_error: Literal["fail", "omit", "null"] = "fail"
    replace: Mapping[str, Json] = field(default_factory=dict)
    success: tuple[Check, ...] = ()
    then: tuple[Then, ...] = ()
    otherwise: tuple[Then, ...] = ()
    flow: Flow | None = None


@value(kw_only=True)
class Update:
    """A write that changes only what the agent passed: read the raw resource, merge, write it back, guarded.

    ``read`` is the GET of the same resource: the write's path arguments and what the read requires, never a selection
    of fields. ``answer`` is the JSONPath of the resource in its answer; ``places``: property -> the JSONPath of what
    is next to the resource; ``accepts`` the properties that the write takes (None: all of what was read, without
    ``omits``). With ``patch`` only the changes are sent (PATCH), and of what was read what the write ``requires``; else
    the merged whole (PUT), unless the record that was read lacks one of ``needs`` that the agent did not pass.
    ``parts``: property -> the member of the objects that are read which the write takes in their place (an id).
    ``not_null``: properties that may be read as null and not be written as null: null is left out. ``unshown``:
    properties that the read is not declared to return (None: unknown). ``creates``: where there is no such record, what
    was given creates it. ``sensitive``: path -> kind of what is personal or secret in the record that is read, as far
    as the tool's own answers do not say so.

    Updates of one record are made one after the other. They are guarded by ``If-Match`` where the read returned an
    ``ETag`` (RFC 9110, 13.1.1), otherwise, where anything that was read is written, by reading again and comparing
    before writing, and by reading again afterwards.
    """

    read: Call
    answer: str = "$"
    accepts: tuple[str, ...] | None = None
    patch: bool = False
    requires: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    not_null: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    omits: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    unshown: tuple[str, ...] | None = None
    creates: bool = False
    sensitive: Mapping[str, str] = field(default_factory=dict)


@value(kw_only=True)
class Lookup:
    """Names in the place of ids: an argument also takes what people call an item of the list tool ``tool``.

    ``id``: the path in an item of what the API takes; ``labels``: the paths of what people say. ``keep``: values that
    are sent as they are (``me``).
    """

    tool: str
    id: str = "id"
    labels: tuple[str, ...] = ("name",)
    keep: tuple[str, ...] = ()


@value(kw_only=True)
class Tool:
    """One MCP tool: a ``call``, or ``steps`` with a ``result`` template.

    ``defaults``: what steps take for an argument that is left out. ``auth``: names of :class:`Auth` values, all of
    them applied. ``view``: the paths kept by default (None: chosen from the first answer). ``page``: set exactly when
    the tool answers a list. ``payload``: JSONPath of the payload of an answer that is not a list. ``layout``: how an
    answer is laid out (None: what is shortest). ``sensitive``: path -> kind of personal data, for every reachable
    field; the paths are relative to one item (with ``page``) or to the payload. ``sensitive_arguments``: argument, or
    JSON Pointer into arguments with ``*`` for every element, -> kind. ``searches``: argument (or JSON Pointer) that
    searches, compares or orders -> paths of the fields that it does it with, among them classified ones; empty where a
    hint says that it searches none. ``not_sensitive``: what hints say is not personal whatever its name, as paths or
    ``$..name`` for every field of that name. ``source``: JSON Pointer of the operation in the document. ``lookups``:
    argument -> where its names are looked up. ``aliases``: earlier names, still served. ``tags``: the toolsets that it
    belongs to, as the document writes them. ``also``: other words for it, which only search reads. ``filled``: its
    body must have at least one member. ``anonymous``: the document does not say how its calls authenticate, so that
    without credentials they are sent without.
    """

    name: str
    call: Call | None = None
    steps: tuple[Step, ...] = ()
    result: Json = None
    defaults: Mapping[str, Json] = field(default_factory=dict)
    auth: tuple[str, ...] = INHERITED
    view: tuple[str, ...] | None = None
    payload: str = "$"
    page: Paging | None = None
    update: Update | None = None
    layout: Layout | None = None
    page_size: int | None = None
    max_bytes: int | None = None
    sensitive: Mapping[str, str] = field(default_factory=dict)
    sensitive_arguments: Mapping[str, str] = field(default_factory=dict)
    searches: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_sensitive: tuple[str, ...] = INHERITED
    effect: Effect = "read"
    source: str = ""
    lookups: Mapping[str, Lookup] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = INHERITED
    also: tuple[str, ...] = ()
    filled: bool = False
    anonymous: bool = False


def walk_steps(steps: Iterable[Step]) -> Iterator[Step]:
    """Each step, and the steps of its flow after it."""
    for step in steps:
        yield step
        if step.flow is not None:
            yield from walk_steps(step.flow.steps)


def calls_of(tool: Tool) -> list[Call]:
    """What a tool sends, in order."""
    own = [tool.call] if tool.call is not None else []
    return own + [step.call for step in walk_steps(tool.steps) if step.call is not None]


def auths_of(tool: Tool) -> tuple[str, ...]:
    """The names of the auths that a tool and its steps send requests with."""
    names = [*(tool.auth or ()), *(name for step in walk_steps(tool.steps) for name in step.auth or ())]
    return tuple(dict.fromkeys(names))


# ------------------------------------------------------------------------------------------------------------ auth


@value()
class Send:
    """Put a credential into a request: ``as_`` is a template over saved values and references.

    ``place`` and ``name`` say where. ``basic``: the template is ``user:password``, sent as in RFC 7617; ``encoded``:
    what it refers to is form-encoded first, as an OAuth 2.0 client does (RFC 6749, 2.3.1).
    ``only``: for reading or for writing requests only.
    """

    place: Literal["header", "query", "cookie"]
    name: str
    as_: str
    basic: bool = False
    only: Literal["read", "write"] | None = None
    encoded: bool = False


@value()
class Expires:
    """When a saved token ends: JSONPath ``after`` (a duration) or ``at`` (a moment), in ``unit``."""

    after: str | None = None
    at: str | None = None
    unit: Literal["s", "ms", "min", "iso"] = "s"


@value(kw_only=True)
class Login:
    """One call of an authentication chain. Its parameters carry templates (credentials, saved values).

    ``save``: name -> JSONPath in the answer, ``header:<Name>``, ``cookie:<name>``, or, where it is unknown,
    ``find:token`` and ``find:csrf``: looked for in the usual members, headers and cookies. Then the cookies
    are kept, too. ``cookies``: keep the cookies of the answer for all later requests.
    """

    id: str
    call: Call
    send: tuple[Send, ...] = ()
    save: Mapping[str, str] = field(default_factory=dict)
    expires: Expires | None = None
    cookies: bool = False


@value()
class Refused:
    """An answer that means "not logged in, not executed": status, and glob patterns on the body by dotted path."""

    status: int
    body: Mapping[str, str] = field(default_factory=dict)
    replay: bool = True


@value(kw_only=True)
class SigV4:
    """AWS Signature Version 4: each request is signed last, after everything else.

    ``service`` and ``region`` (a template; "": the process's own) name what is called. ``role`` (a template): the ARN
    of the role that is assumed, with ``tags``: session tag -> claim of the caller.
    """

    service: str = "execute-api"
    region: str = ""
    role: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@value(kw_only=True)
class Consent:
    """How a caller connects an account of its own at the API. Without one, none of the caller's calls is sent.

    Either the person agrees at ``authorization_url`` (RFC 6749, 4.1) that ``client_id`` gets these ``scopes``;
    ``params`` are further parameters of that request, and ``pkce`` adds a challenge with S256 (RFC 7636). ``exchange``
    gets the tokens for ``{code}``, ``{redirect_uri}`` and ``{verifier}``; ``revoke`` ends the ``{token}`` (RFC 7009).
    ``issuer``: what the answer must name as ``iss`` (RFC 9207). ``bearer``: a token of another type is refused, for
    nobody said how it is sent. Or the person enters a key: ``ask`` is what it is
    called. It becomes the saved value ``key``. ``title`` is the name of the account for people.
    """

    title: str = ""
    authorization_url: str = ""
    client_id: str = ""
    scopes: tuple[str, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    pkce: bool = True
    issuer: str = ""
    bearer: bool = True
    exchange: Login | None = None
    revoke: Login | None = None
    ask: str = ""


@value(kw_only=True)
class Auth:
    """How requests authenticate. A static credential has an empty ``chain``; a session logs in by its ``chain``.

    ``start``: saved values that exist before any login (a refresh token), as templates. ``refresh``: tried before
    logging in again; ``then``: ids of chain calls repeated after it. ``store``: where the session's state lives;
    ``state``: in the state that processes share (of the settings, or ``ADAPTGEN_STORE_URL``), else in files.
    ``kind`` is for people. ``optional``: a send whose references are not all set is left out, and of several sends to
    the same place and name only the first that can be sent is sent. ``per``: with ``caller`` each caller has a session
    of its own, and templates may name ``{caller.sub}``, ``{caller.tenant}`` and ``{caller.<claim>}``; in the chain of
    an ``exchange`` (RFC 8693) also ``{caller.token}``. ``consent``: each caller connects an account of its own first.
    """

    name: str
    kind: Literal["session", "api_key", "basic", "bearer", "oauth2", "exchange", "sigv4", "unserved"]
    send: tuple[Send, ...] = ()
    chain: tuple[Login, ...] = ()
    start: Mapping[str, str] = field(default_factory=dict)
    refresh: Login | None = None
    then: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = (Refused(401),)
    store: Literal["memory", "file", "redis", "dynamodb", "state"] = "memory"
    optional: bool = False
    per: Literal["server", "caller"] = "server"
    sign: SigV4 | None = None
    consent: Consent | None = None


# ---------------------------------------------------------------------------------------------------------- server


@value()
class Base:
    """A base URL: ``url`` is a template; environment variable ``env``, where set, replaces it. ``follows``: the
    declared URL of the main base, where both are of one origin: an override of either moves the other along."""

    url: str = ""
    env: str = ""
    name: str = ""
    follows: str = ""


@value(kw_only=True)
class Connection:
    """How the API is reached. ``ca``: certificates to trust in addition to the usual ones; ``client_cert``: a
    certificate with its private key. Both are PEM: the path of a file, relative to the folder of the server, or a
    template whose value is PEM or such a path. ``proxy``: a template, the URL of an egress proxy. ``concurrency``:
    requests at once; ``rate``: requests in a time (``50/s``, ``1000/h``); "" for any.
    """

    ca: str = ""
    client_cert: str = ""
    proxy: str = ""
    concurrency: int | None = None
    rate: str = ""


@value()
class Toolset:
    """The tools of one module, which has the ``tag`` of most of them. They leave out what they share: ``tags``, what
    :class:`Server` says (``not_sensitive``, the only ``auth``), a ``source`` that the call implies, and what an update
    accepts where that is all of its body. The server completes them."""

    tag: str
    tools: tuple[Tool, ...]


@value(kw_only=True)
class Server:
    """A generated MCP server. ``contracts`` is the folder of its contract files (``tools/``). ``tools`` are complete;
    those of ``toolsets`` are completed, and become ``tools``. ``not_sensitive``: as in :class:`Tool`, for them.

    ``governance`` refers to the settings under which it may serve: a path relative to the folder of the server. They
    are read when it starts, and it does not start without them. ``overrides`` refers to the side file of hand edits in
    the same way; ``edits`` is what it says, once it is loaded (``adaptgen.runtime.Overrides``), and is never rendered.
    ``instead``: logins that no tool uses; ``adaptgen doctor`` tries them where the API refuses the credentials.
    ``summary``: what the API is, in the words of its document. ``surface``: how its tools are shown: ``list``;
    ``search``: agents search them; ``auto``: all of them are too many for one list, so agents search them unless
    those that a caller or a toolset has fit. ``pin``: tools that are listed also then. ``layout``: as in :class:`Tool`,
    for the tools that have none. ``declared``: the URLs of bases that only the document names, to which no
    credential of the environment goes unasked; ``trusted``: other addresses that the hints name; ``credentials``: an
    environment variable -> the addresses that the hints name for it. All are templates.
    """

    name: str
    title: str = ""
    summary: str = ""
    bases: tuple[Base, ...]
    declared: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    credentials: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    auth: tuple[Auth, ...] = ()
    instead: tuple[Auth, ...] = ()
    not_sensitive: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    toolsets: tuple[Toolset, ...] = ()
    page_size: int = 25
    max_bytes: int = 9000
    timeout: float = 30.0
    layout: Layout | None = None
    connection: Connection | None = None
    contracts: Path = Path("tools")
    governance: str = ""
    overrides: str = ""
    format: int = FORMAT
    surface: Surface = "list"
    pin: tuple[str, ...] = ()
    edits: Any = None

    def __post_init__(self) -> None:
        if self.toolsets:
            tools = (*self.tools, *completed(self))
            object.__setattr__(self, "toolsets", ())
            object.__setattr__(self, "tools", tools)


@value(kw_only=True)
class Contract:
    """What agents see of one tool. ``input_schema`` is JSON Schema 2020-12, ``annotations`` MCP ToolAnnotations.

    ``returns``: path of the view -> type, as the document declares it; agents see it in the output schema of tools with
    structured answers. ``adaptgen.model.contract_file`` reads a contract from ``tools/<module>.json``.
    """

    name: str
    description: str
    input_schema: Mapping[str, Json]
    annotations: Mapping[str, Json] = field(default_factory=dict)
    returns: Mapping[str, str] = field(default_factory=dict)


# ---------------------------------------------------------------------------------------------------------- callers


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated agent or user: ``sub`` as in RFC 7519, the tenant and the groups it belongs to.

    ``claims`` are the verified claims that the settings allow to travel on. ``token`` is the access token that the
    caller came with, kept for token exchange (RFC 8693) alone: it is never sent on, shown or logged. ``client`` is the
    OAuth client that acts for it, for the audit trail alone; "" where the token does not say. ``name`` is what people
    call it, for our own pages alone: it identifies nobody. ``searched`` is of
    one call: the arguments that search personal data which agents see as tokens, and whether they hold clear text;
    ``tokens`` is the form of the tokens that personal data in the answer becomes.
    """

    sub: str
    tenant: str = ""
    groups: tuple[str, ...] = ()
    claims: Mapping[str, Json] = field(default_factory=dict, compare=False, repr=False)
    token: str = field(default="", compare=False, repr=False)
    searched: Mapping[str, bool] = field(default_factory=dict, compare=False, repr=False)
    tokens: Literal["sealed", "padded", "short"] = field(default="sealed", compare=False, repr=False)
    client: str = field(default="", compare=False, repr=False)
    name: str = field(default="", compare=False, repr=False)

    @property
    def key(self) -> str:
        """Tenant and sub in one text: never the same for two different pairs, whatever their letters."""
        return f"{len(self.tenant)}:{self.tenant}/{self.sub}"


LOCAL = Caller("local")
