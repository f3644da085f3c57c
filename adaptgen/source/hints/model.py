"""Hints: what a person says about an API in ``hints.yaml``, as typed values.

The keys are those of the file; ``in``, ``as`` and ``with`` are called ``place``, ``as_`` and ``with_`` here. Templates
(``adaptgen.syntax.templates``), JSONPaths and dotted paths are kept as text; they were checked when the file was read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from adaptgen.diagnostics import Where
from adaptgen.model.plan import Registry
from adaptgen.model.tables import Connection, Effect, Json, Layout, Lookup, Place, Surface, Until, When, value
from adaptgen.source.arazzo import Description
from adaptgen.source.document import Document

if TYPE_CHECKING:
    from adaptgen.source.hints.learned import Learned

MISSING: Final[Any] = type("Missing", (), {"__repr__": lambda _: "MISSING", "__bool__": lambda _: False})()
"""Where null is a value of its own: nothing was said."""

Texts: TypeAlias = Mapping[str, str]


@value()
class CallHint:
    """An operation: ``method`` in capitals, ``path`` a template path or an absolute URL. ``document``: another
    OpenAPI document, as written in the hints (a key of ``Hints.documents``).
    """

    method: str
    path: str
    document: str | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@value(kw_only=True)
class SendHint:
    """A credential of a request: ``as_`` is a template."""

    place: Literal["header", "query", "cookie"]
    name: str
    as_: str
    only: Literal["read", "write"] | None = None


@value(kw_only=True)
class ExpiresHint:
    """JSONPath of a duration (``after``) or of a moment (``at``)."""

    after: str | None = None
    at: str | None = None
    unit: Literal["s", "ms", "min", "iso"] | None = None


@value(kw_only=True)
class LoginHint:
    """One call of a login chain, or the renewal. ``save``: name -> JSONPath, ``header:<Name>``, ``cookie:<name>``, or
    ``find:token`` and ``find:csrf``, which are searched for.
    ``then``: of a renewal, the ids of chain calls that follow it. ``id`` of a renewal is ``refresh``.
    """

    id: str
    call: CallHint
    with_: Mapping[str, Json] = field(default_factory=dict)
    save: Texts = field(default_factory=dict)
    expires: ExpiresHint | None = None
    send: tuple[SendHint, ...] = ()
    cookies: bool = False
    then: tuple[str, ...] = ()


@value(kw_only=True)
class RefusedHint:
    """An answer that means "not logged in". ``body``: dotted path -> glob pattern."""

    status: int
    body: Texts = field(default_factory=dict)
    replay: bool = True


@value(kw_only=True)
class AuthHint:
    """One way to authenticate. ``refused`` None: nothing was said. ``ask``: what a person is asked for, "" for
    nothing."""

    kind: Literal["session", "api_key", "basic", "bearer", "oauth2", "exchange", "sigv4"]
    per: Literal["server", "caller"] = "server"
    store: Literal["memory", "file", "redis", "dynamodb", "state"] = "memory"
    start: Texts = field(default_factory=dict)
    chain: tuple[LoginHint, ...] = ()
    send: tuple[SendHint, ...] = ()
    refresh: LoginHint | None = None
    refused: tuple[RefusedHint, ...] | None = None
    header: str | None = None
    query: str | None = None
    cookie: str | None = None
    value: str | None = None
    username: str | None = None
    password: str | None = None
    token: str | None = None
    ask: str = ""
    title: str = ""
    grant: Literal["client_credentials", "password", "refresh_token", "authorization_code"] | None = None
    authorization_url: str | None = None
    token_url: str | None = None
    refresh_url: str | None = None
    revocation_url: str | None = None
    issuer: str = ""
    client_auth: Literal["basic", "post"] = "basic"
    body_format: Literal["form", "json"] = "form"
    save: Texts = field(default_factory=dict)
    expires: ExpiresHint | None = None
    pkce: bool = True
    client_id: str | None = None
    client_secret: str | None = None
    refresh_token: str | None = None
    scopes: tuple[str, ...] = ()
    audience: str | None = None
    resource: str | None = None
    service: str | None = None
    region: str | None = None
    role: str | None = None
    tags: Texts = field(default_factory=dict)


@value(kw_only=True)
class PageHint:
    """How an operation pages; the names of parameters, and JSONPaths in the answer. None: nothing was said."""

    style: Literal["offset", "page", "cursor", "link", "header", "next_url", "none"] | None = None
    limit: str | None = None
    offset: str | None = None
    page: str | None = None
    size: str | None = None
    cursor: str | None = None
    next: str | None = None
    rel: str | None = None
    header: str | None = None
    items: str | None = None
    total: str | None = None
    more: str | None = None
    first: int | None = None
    max_size: int | None = None
    single_use: bool | None = None
    place: Place | None = None
    inside: str | None = None


@value(kw_only=True)
class ArgumentHint:
    """One input of a tool. ``value``: a template that supplies it. ``name``: what agents call it. ``place``: where an
    input goes that the document does not declare. ``schema``: members of its JSON Schema. ``names``: the list tool
    whose items it names, with ``id`` "" and ``labels`` () where they are to be found out. ``holds``: the separators
    that values of a path parameter hold (None: what the document shows). ``searches``: paths of the fields that it
    searches, () for none of those that are personal.
    """

    hide: bool = False
    value: Json = MISSING
    encode: str | None = None
    description: str | None = None
    type: str | None = None
    required: bool | None = None
    place: Literal["query", "header", "body", "cookie", "path"] | None = None
    name: str | None = None
    schema: Mapping[str, Json] = field(default_factory=dict)
    names: Lookup | None = None
    holds: str | None = None
    searches: tuple[str, ...] | None = None


@value(kw_only=True)
class StepHint:
    """One call of a tool of several calls. ``items``: JSONPath of a list in the answer. ``all_pages``: True, or the
    number of items at most."""

    id: str
    call: CallHint
    with_: Mapping[str, Json] = field(default_factory=dict)
    save: Texts = field(default_factory=dict)
    view: tuple[str, ...] | None = None
    items: str | None = None
    when: When | None = None
    each: str = ""
    until: Until | None = None
    all_pages: bool | int = False
    on_error: Literal["fail", "omit", "null"] = "fail"


@value(kw_only=True)
class ToolHint:
    """One tool: a ``call``, or ``steps`` with a ``result`` template (MISSING: nothing was said)."""

    call: CallHint | None = None
    description: str | None = None
    view: tuple[str, ...] | None = None
    page: PageHint | None = None
    arguments: Mapping[str, ArgumentHint] = field(default_factory=dict)
    answer: str | None = None
    form: Layout | None = None
    effect: Effect | None = None
    sensitive: Texts = field(default_factory=dict)
    steps: tuple[StepHint, ...] = ()
    result: Json = MISSING
    update: Literal["merge", "replace"] | None = None
    page_size: int | None = None
    max_bytes: int | None = None
    was: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@value(kw_only=True)
class SourceHint:
    """Where the document comes from: ``url`` and the values of ``headers`` are templates."""

    url: str
    headers: Texts = field(default_factory=dict)
    format: Literal["json", "yaml"] | None = None


@value(kw_only=True)
class JoinHint:
    """Another document of the same server. ``base_url``: a template, "" where nothing was said."""

    path: Path
    base_url: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Hints:
    """The whole file. ``joins``: the documents that are joined to the main one, by their names. ``workflows``: Arazzo
    descriptions; documents that they name are under ``documents`` by their paths.

    ``timeout`` in seconds; files of ``connection`` are relative to the hints. ``documents``: the
    other documents by the path as written. ``inputs``: (path relative to the folder of the hints, SHA-256 of the bytes)
    of everything that was read, sorted. ``learned``: what was learned, of which ``auth`` and ``sensitive`` hold what
    the hints do not say.
    """

    path: Path | None = None
    name: str | None = None
    title: str | None = None
    base_url: str | None = None
    trusted_origins: tuple[str, ...] = ()
    credentials: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    surface: Surface = "auto"
    registry: Registry = field(default_factory=Registry)
    timeout: float | None = None
    source: SourceHint | None = None
    connection: Connection | None = None
    page_size: int | None = None
    max_bytes: int | None = None
    form: Layout | None = None
    auth: Mapping[str, AuthHint] = field(default_factory=dict)
    sensitive: Texts = field(default_factory=dict)
    tools: Mapping[str, ToolHint] = field(default_factory=dict)
    hide: tuple[str, ...] = ()
    pin: tuple[str, ...] = ()
    overlays: tuple[Path, ...] = ()
    references: Mapping[str, Path] = field(default_factory=dict)
    joins: Mapping[str, JoinHint] = field(default_factory=dict)
    workflows: tuple[Description, ...] = ()
    documents: Mapping[str, Document] = field(default_factory=dict)
    inputs: tuple[tuple[str, str], ...] = ()
    learned: Learned | None = field(default=None, repr=False)
    locate: Callable[[list[str]], Where] | None = field(default=None, repr=False)

    def where(self, *keys: str | int) -> Where:
        """The place of a key path as written in the file, or of its nearest ancestor that exists."""
        if self.locate is None:
            return Where(self.path.as_posix() if self.path else "hints")
        return self.locate([str(key) for key in keys])


EMPTY = Hints()
"""Nothing was said."""
