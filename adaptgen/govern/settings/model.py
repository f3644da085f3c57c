"""The governance settings as values: what ``governance.yaml`` says.

``settings.table`` describes each key, ``settings.load`` reads them from the file. Templates (``${env:…}``,
``${secret:…#key}``, ``${ssm:…}``) are kept as written and resolved at start. Durations are seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

from adaptgen.diagnostics import Where
from adaptgen.model.frozen import value
from adaptgen.net.addresses import is_loopback
from adaptgen.runtime.files.rules import FileRules

Mode: TypeAlias = Literal["embedded", "behind", "proxy"]
Template: TypeAlias = str

KINDS = (
    "email", "phone", "card", "iban", "national_id", "name", "address", "birth_date", "account", "ip_address", "secret",
)  # fmt: skip
"""The kinds of personal data that can be tokenized; a setting may add its own names."""


CONSOLE = "console"
"""In the place of a collector: standard error."""


@value(kw_only=True)
class Listen:
    """Where the proxy, or an embedded server, listens. ``resource``: its identifier (RFC 9728 and RFC 8707)."""

    http: str = "127.0.0.1:8000"
    resource: str = ""
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()


@value(kw_only=True)
class UpstreamAuth:
    """How the proxy authenticates to a server behind it: ``oauth2`` by client credentials (RFC 6749, 4.4), ``exchange``
    by the caller's token (RFC 8693), ``sigv4`` by the proxy's role, or by ``role`` assumed with ``tags``.
    """

    kind: Literal["none", "bearer", "oauth2", "exchange", "sigv4"] = "none"
    token: Template = ""
    token_url: Template = ""
    client_id: Template = ""
    client_secret: Template = ""
    scopes: tuple[str, ...] = ()
    audience: str = ""
    resource: str = ""
    service: str = "lambda"
    region: Template = ""
    role: Template = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@value(kw_only=True)
class Upstream:
    """One MCP server behind the proxy.

    ``prefix``: None for the name and ``__``. ``handover``: "" for a server that knows nothing of it, a third party.
    ``changed``: what differs from its pin is ``quarantine`` (not served), ``flag`` (served, reported) or ``accept``.
    ``resources``: "" for as ``changed``. ``ours``: None for whether there is a handover.
    """

    url: Template
    auth: UpstreamAuth = UpstreamAuth()
    prefix: str | None = None
    handover: str = ""
    ours: bool | None = None
    changed: Literal["quarantine", "flag", "accept"] = "quarantine"
    resources: Literal["", "quarantine", "flag", "accept"] = ""
    unpinned: Literal["accept", "quarantine"] = "accept"
    resync: float = 60.0
    timeout: float = 30.0


def is_development(issuer: str) -> bool:
    """Whether an issuer is a process on this machine, without TLS."""
    try:
        parts = urlsplit(issuer)
        return parts.scheme == "http" and is_loopback(parts.hostname or "")
    except ValueError:
        return False


@value(kw_only=True)
class Claims:
    """Which claim holds what of a caller (a dotted path, or a claim of exactly that name)."""

    sub: str = "sub"
    tenant: str = ""
    groups: str = ""
    keep: tuple[str, ...] = ()


@value(kw_only=True)
class Authenticate:
    """OAuth 2.1 resource server. ``jwks``: "" for the issuer's metadata (RFC 8414, or OpenID Connect Discovery).
    ``stale``: seconds; then nobody is let in. ``client_ids``: clients whose tokens are accepted without an audience.
    """

    issuer: str = ""
    audience: tuple[str, ...] = ()
    client_ids: tuple[str, ...] = ()
    jwks: str = ""
    algorithms: tuple[str, ...] = ("RS256", "ES256", "EdDSA")
    scopes: tuple[str, ...] = ()
    caller: Claims = Claims()
    leeway: float = 30.0
    stale: float = 3600.0
    iam: bool = False

    @property
    def development(self) -> bool:
        """Whether the issuer is a process on this machine, without TLS: anyone here can be any caller."""
        return is_development(self.issuer)


LOGIN_CALLBACK = "/login/callback"
"""Where the identity provider sends browsers back to, below the URL of the pages (its redirect URI)."""


@value(kw_only=True)
class Login:
    """People log in at the company's identity provider (OpenID Connect), and MCP clients get tokens of this server's
    own authorization server (OAuth 2.1). ``issuer``: "" for the one of ``authenticate``. ``claims``: where the claims
    of a person are read. ``audience``, ``resource``: whom the provider's access tokens shall be for. ``clients``: how
    clients may introduce themselves: ``dynamic`` (RFC 7591), ``metadata``
    (Client ID Metadata Documents). ``redirects``: hosts that may get a code besides loopback; none for all (https).
    ``access``, ``refresh``, ``consent``, ``browser``: seconds for which access tokens, unused refresh tokens, a
    remembered consent, and the login of a browser count. ``registrations``: the rate of dynamic ones, in all.
    """

    client_id: Template
    client_secret: Template = ""
    issuer: Template = ""
    scopes: tuple[str, ...] = ("openid", "profile", "offline_access")
    claims: Literal["id_token", "userinfo", "access_token"] = "id_token"
    audience: Template = ""
    resource: Template = ""
    clients: tuple[Literal["dynamic", "metadata"], ...] = ("dynamic", "metadata")
    redirects: tuple[str, ...] = ()
    access: float = 900.0
    refresh: float = 30 * 86400.0
    consent: float = 90 * 86400.0
    browser: float = 3600.0
    registrations: str = "60/m"


@value(kw_only=True)
class Accept:
    """For ``mode: behind``: which proxy's identities are accepted. ``jwks``: a JWK Set, a file or a URL."""

    issuer: str
    audience: str
    jwks: Any
    principal: str = ""


@value(kw_only=True)
class Authorize:
    """Who decides. ``policies``: files and folders, relative to the settings. ``default``: what needs no policy:
    nothing, or the tools that only read, of servers that are ours."""

    engine: Literal["cedar", "verified_permissions"] = "cedar"
    default: Literal["none", "read"] = "none"
    policies: tuple[str, ...] = ()
    store: Template = ""
    mode: Literal["enforce", "log_only"] = "enforce"


@value(kw_only=True)
class Switch:
    """The kill switch. Names may end in ``*``."""

    servers: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    callers: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    read_only: bool = False
    source: str = ""
    every: float = 2.0


@value(kw_only=True)
class Limit:
    """At most ``rate`` calls a second, on average, for each combination of ``per``; no ``tools``, ``groups``: all."""

    per: tuple[Literal["sub", "tenant", "group", "tool", "server"], ...]
    rate: float
    burst: float
    text: str = ""
    tools: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    counts: Literal["calls", "requests"] = "calls"


@value(kw_only=True)
class Detector:
    """A second opinion on free text: ``guardrail`` (Bedrock ApplyGuardrail) or ``comprehend``."""

    kind: Literal["guardrail", "comprehend"]
    guardrail: str = ""
    version: str = "DRAFT"
    language: str = "en"
    region: str = ""
    timeout: float = 2.0


@value(kw_only=True)
class Tokenize:
    """``expires`` and ``epoch`` are seconds; a token of an epoch resolves to the end of the next. ``epoch`` 0: tokens
    do not end. ``release``: any file may hold something sensitive.
    """

    direction: Literal["model", "api"] = "model"
    kinds: tuple[str, ...] = ("email", "phone", "card", "iban", "national_id", "name")
    scope: Literal["tenant", "server", "caller"] = "tenant"
    form: Literal["sealed", "short"] = "sealed"
    expires: float = 30 * 86400.0
    sweep: bool = True
    detectors: tuple[Detector, ...] = ()
    release: tuple[str, ...] = ()
    guesses: int = 60
    epoch: float = 0.0


@value(kw_only=True)
class TokenKeys:
    """``all``: id -> template. ``padded``: a key that made other tokens already keeps its form."""

    current: str
    all: Mapping[str, Template]
    padded: tuple[str, ...] = ()


@value(kw_only=True)
class Keys:
    """References to the keys: 32 bytes in base64 or hex, but for ``handover`` and ``checkpoints``. Besides a template,
    each may be ``${file:PATH}`` (``key_files``)."""

    tokens: TokenKeys | None = None
    surrogates: Template = ""
    cursors: Template = ""
    handover: Template = ""
    audit: Template = ""
    checkpoints: Template = ""
    pins: Template = ""


SECRECY = ("tokens", "cursors", "handover")
"""The keys that only servers need, in order: the first one that the settings name seals logins. Anyone who verifies
audit trails has ``audit``; ``pins`` and ``surrogates`` outlive every login."""


@value(kw_only=True)
class State:
    """Where what several processes share lives."""

    store: Literal["memory", "redis", "dynamodb"] = "memory"
    url: Template = ""
    table: Template = ""
    region: Template = ""
    endpoint: Template = ""
    prefix: str = "adaptgen"


@value(kw_only=True)
class Trace:
    """``otlp``: the endpoint of an OTLP/HTTP collector ("" for none), or ``console``."""

    otlp: Template = ""
    service: str = ""
    sample: float = 1.0

    @property
    def console(self) -> bool:
        """Whether each request leaves a line on standard error instead."""
        return self.otlp == CONSOLE


@value(kw_only=True)
class Metrics:
    """``listen``: HOST:PORT where Prometheus scrapes ``/metrics``, apart from the port of MCP ("" for nowhere).
    ``cloudwatch``: whether each call prints a line in CloudWatch's embedded metric format; None: where the platform
    is Lambda or AgentCore Runtime."""

    listen: str = ""
    cloudwatch: bool | None = None


@value(kw_only=True)
class Audit:
    """The audit trail. A copy of the checkpoints that is held elsewhere shows a tail that was cut."""

    sink: str = "stderr"
    checkpoint: int = 100
    copy: str = ""
    kms_key: Template = ""
    refusals: int = 10


@value(kw_only=True)
class Hook:
    """``call``: ``package.module:function`` of the user's own. It gets at most ``timeout`` seconds."""

    call: str
    timeout: float = 1.0


@value(kw_only=True)
class ToolRule:
    """What a person says of tools whose name (``server/tool``) fits a glob, above all of third parties."""

    effect: Literal["read", "write", "delete"] | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    sensitive: Mapping[str, str] = field(default_factory=dict)
    release: tuple[str, ...] = ()
    hide: bool = False


@value(kw_only=True)
class Local:
    """The one caller on stdio, where there is no token."""

    sub: str = "local"
    tenant: str = ""
    groups: tuple[str, ...] = ()


@value(kw_only=True)
class Surface:
    """How tools are shown."""

    mode: Literal["auto", "list", "search"] = "auto"
    bytes: int = 32_000
    pin: tuple[str, ...] = ()


def _nowhere(*keys: str | int) -> Where | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``governance.yaml``. ``hash`` is the SHA-256, in hex, of its text and of the policies it names; ``where`` returns
    the location of a key path, for errors.
    """

    mode: Mode = "embedded"
    path: str = ""
    hash: str = ""
    listen: Listen = field(default_factory=Listen)
    local: Local = field(default_factory=Local)
    upstreams: Mapping[str, Upstream] = field(default_factory=dict)
    authenticate: Authenticate | None = None
    login: Login | None = None
    accept: Accept | None = None
    authorize: Authorize | None = None
    switch: Switch = field(default_factory=Switch)
    limits: tuple[Limit, ...] = ()
    tokenize: Tokenize | None = None
    keys: Keys = field(default_factory=Keys)
    state: State = field(default_factory=State)
    trace: Trace = field(default_factory=Trace)
    metrics: Metrics = field(default_factory=Metrics)
    audit: Audit | None = None
    before: tuple[Hook, ...] = ()
    after: tuple[Hook, ...] = ()
    tools: Mapping[str, ToolRule] = field(default_factory=dict)
    surface: Surface | None = None
    files: FileRules | None = None
    policies: Mapping[str, str] = field(default_factory=dict)
    where: Callable[..., Where | None] = field(default=_nowhere, compare=False, repr=False)

    @property
    def folder(self) -> Path | None:
        """Where settings lie that are a file; None for others."""
        return Path(self.path).parent if self.path and "://" not in self.path else None
