"""What the settings must say together: rules between keys, and what a target that others can reach needs."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from adaptgen.config.checker import Checker
from adaptgen.config.types import KeyPath
from adaptgen.diagnostics import AdaptgenError, Diagnostic, did_you_mean, error
from adaptgen.govern.settings.login_rules import check_login, check_no_metadata, missing_for_login
from adaptgen.govern.settings.model import KINDS, SECRECY, Settings, Upstream, UpstreamAuth, is_development
from adaptgen.net.addresses import UrlProblem, find_problem, is_loopback

_SEALING: Final = (*SECRECY, "surrogates", "audit", "pins")
"""Keys that seal the sessions of clients (:func:`adaptgen.govern.settings.keys.session_keys`)."""

_WANTED: Mapping[str, tuple[str, ...]] = {
    "bearer": ("token",),
    "oauth2": ("token_url", "client_id", "client_secret"),
    "exchange": ("token_url",),
}
_CLIENT = ("token_url", "client_id", "client_secret", "scopes", "audience", "resource", "grant")
_BELONGS: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "bearer": ("token",),
    "oauth2": _CLIENT,
    "exchange": tuple(name for name in _CLIENT if name != "grant"),
    "sigv4": ("service", "region", "role", "tags"),
}
_NOT_BEHIND = {
    "authenticate": "the proxy authenticates callers",
    "login": "people log in at the proxy",
    "authorize": "the proxy decides",
    "limits": "the proxy limits",
    "switch": "the proxy switches tools off",
    "surface": "the proxy shows the tools of all its servers",
}


def check(settings: Settings, raw: Mapping[str, Any], checker: Checker) -> None:
    """Report where keys that are right alone do not fit together. ``raw`` is the text's own mapping."""
    for rule in (
        _mode,
        _upstreams,
        _authenticate,
        check_login,
        _accept,
        _authorize,
        _listen,
        _keys,
        _tokenize,
        _state,
        _trace,
        _metrics,
        _tools,
        _files,
    ):
        rule(settings, raw, checker)


def _mode(settings: Settings, raw: Mapping[str, Any], checker: Checker) -> None:
    if settings.mode == "proxy":
        if not settings.upstreams:
            at: KeyPath = ("upstreams",) if "upstreams" in raw else ("mode",)
            checker.report("a proxy needs upstreams", at, "upstreams: {crm: {url: https://…}}")
    elif "upstreams" in raw:
        checker.report(f"only a proxy has upstreams, and mode is {settings.mode}", ("upstreams",), "mode: proxy")
    if settings.mode == "behind":
        if settings.accept is None:
            checker.report("mode: behind needs accept", ("mode",), "accept: {issuer: …, audience: …, jwks: …}")
        for name, why in _NOT_BEHIND.items():
            if name in raw:
                checker.report(f"{name} has no place behind a proxy: {why}", (name,), "remove it, or mode: embedded")
    elif "accept" in raw:
        checker.report(
            f"only a server behind a proxy accepts its identities, and mode is {settings.mode}",
            ("accept",),
            "mode: behind",
        )


def _upstreams(settings: Settings, raw: Mapping[str, Any], checker: Checker) -> None:
    kept = settings.authenticate.caller.keep if settings.authenticate else ()
    claims = ("sub", "tenant", "groups", *kept)
    for name, upstream in settings.upstreams.items():
        at: KeyPath = ("upstreams", name)
        auth, given = upstream.auth, _given(raw, name)
        for wanted in _WANTED.get(auth.kind, ()):
            if not getattr(auth, wanted):
                checker.report(f"auth of {name!r}: {auth.kind} needs {wanted!r}", (*at, "auth"))
        for key in given:
            if key != "kind" and key not in _BELONGS[auth.kind]:
                checker.report(f"auth of {name!r}: {auth.kind} has no {key!r}", (*at, "auth", key))
        if auth.kind == "exchange" and (settings.authenticate is None or settings.authenticate.iam):
            checker.report(
                f"auth of {name!r}: exchange needs callers that come with a token",
                (*at, "auth"),
                "authenticate: {issuer: …, audience: …}",
            )
        if auth.tags and not auth.role:
            checker.report(f"auth of {name!r}: session tags need a role that is assumed", (*at, "auth", "tags"))
        _tags(auth, claims, (*at, "auth", "tags"), checker)


def _given(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    upstream = raw["upstreams"][name]
    auth = upstream.get("auth") if isinstance(upstream, dict) else None
    return auth if isinstance(auth, dict) else {}


def _tags(auth: UpstreamAuth, claims: tuple[str, ...], at: KeyPath, checker: Checker) -> None:
    for tag, claim in auth.tags.items():
        if claim not in claims:
            help = did_you_mean(claim, claims) or "authenticate.caller.keep names the claims that may travel on"
            checker.report(f"unknown claim {claim!r}: callers do not have it", (*at, tag), help)


def _authenticate(settings: Settings, raw: Mapping[str, Any], checker: Checker) -> None:
    one = settings.authenticate
    if one is None:
        return
    if one.iam:
        for key in ("issuer", "audience", "client_ids", "jwks"):
            if key in raw["authenticate"]:
                checker.report(f"authenticate: iam works without tokens, so {key} has no effect", ("authenticate", key))
        return
    if not one.issuer:
        checker.report("authenticate needs 'issuer'", ("authenticate",), "issuer: https://idp.example/", "AG074")
    check_no_metadata(one.issuer, ("authenticate", "issuer"), checker, "AG074")
    if not one.audience and not one.client_ids:
        checker.report(
            "authenticate needs 'audience': without it a token for another server would be accepted",
            ("authenticate",),
            "audience: the resource URL of this server",
            "AG074",
        )


def _accept(settings: Settings, raw: Mapping[str, Any], checker: Checker) -> None:
    if settings.accept is None:
        return
    at: KeyPath = ("accept", "jwks")
    jwks = settings.accept.jwks
    if isinstance(jwks, str):
        if "://" in jwks and (why := find_problem(jwks)):
            quoted = "the URL" if why == UrlProblem.CREDENTIALS else repr(jwks)
            checker.report(f"accept.jwks: {quoted} {why}", at, "https, or http on loopback")
        return
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not keys or not all(isinstance(one, dict) for one in keys):
        checker.report("accept.jwks is not a JWK Set", at, "jwks: {keys: [{kty: EC, crv: P-256, x: …, y: …}]}", "AG074")
    elif any("d" in one or one.get("kty") == "oct" for one in keys):
        checker.report(
            "accept.jwks holds a private key", at, "only the proxy may hold it: keep its public part here", "AG073"
        )


def _authorize(settings: Settings, raw: Mapping[str, Any], checker: Checker) -> None:
    one = settings.authorize
    if one is None:
        return
    if one.engine == "verified_permissions":
        if not one.store:
            checker.report("authorize: verified_permissions needs 'store'", ("authorize",))
        if one.policies:
            checker.report(
                "authorize: the policies of verified_permissions are in its store", ("authorize", "policies")
            )
    elif one.store:
        checker.report("authorize: only verified_permissions has a store", ("authorize", "store"))


def _listens_on_loopback(settings: Settings) -> bool:
    return is_loopback(settings.listen.http.rpartition(":")[0] or "127.0.0.1")


def _listen(settings: Settings, raw: Mapping[str, Any], checker: Checker) -> None:
    if int(settings.listen.http.rpartition(":")[2]) > 65535:
        checker.report("listen.http: the port is above 65535", ("listen", "http"))
    if not _listens_on_loopback(settings) and settings.mode != "behind" and settings.authenticate is None:
        checker.report(
            f"{settings.listen.http} can be reached by others, and nothing says who may call",
            ("listen", "http"),
            "add authenticate, or listen on 127.0.0.1",
            "AG078",
        )


def _keys(settings: Settings, raw: Mapping[str, Any], checker: Checker) -> None:
    tokens = settings.keys.tokens
    if settings.tokenize is not None and settings.tokenize.epoch and settings.tokenize.form == "short":
        checker.report(
            "tokenize.epoch: short tokens end with their entries in the vault", ("tokenize", "epoch"), "say expires"
        )
    for name in tokens.padded if tokens is not None else ():
        if tokens is not None and name not in tokens.all:
            checker.report(
                f"keys.tokens.padded: the key {name!r} is not among all",
                ("keys", "tokens", "padded"),
                did_you_mean(name, tokens.all),
                "AG073",
            )
    if tokens is not None and tokens.current not in tokens.all:
        message = f"keys.tokens: the current key {tokens.current!r} is not among all"
        help = did_you_mean(tokens.current, tokens.all)
        checker.report(message, ("keys", "tokens", "current"), help, "AG073")
    if settings.mode == "behind":
        for name in ("tokens", "surrogates", "handover"):
            if getattr(settings.keys, name):
                kind = "token key" if name != "handover" else "key of the proxy"
                message = f"a server behind a proxy holds no {kind}"
                checker.report(message, ("keys", name), "only the proxy does: remove it", "AG073")
        if not settings.keys.cursors:
            checker.report(
                "a server behind a proxy needs keys.cursors",
                ("keys",) if "keys" in raw else ("mode",),
                'keys: {cursors: "${secret:name#key}"}',
                "AG073",
            )
    one = settings.tokenize
    if one is not None and one.direction == "api" and settings.mode != "behind" and not settings.keys.surrogates:
        lost = "what a random key wrote into the API could never be read again"
        message = f"tokenize.direction: api needs keys.surrogates: {lost}"
        help = 'keys: {surrogates: "${secret:name#key}"}'
        checker.report(message, ("tokenize", "direction"), help, "AG073")


def _tokenize(settings: Settings, raw: Mapping[str, Any], checker: Checker) -> None:
    one = settings.tokenize
    if one is None:
        return
    given = raw["tokenize"].get("kinds", [])
    for index, kind in enumerate(given if isinstance(given, list) else [given]):
        _kind(kind, ("tokenize", "kinds", index) if isinstance(given, list) else ("tokenize", "kinds"), checker)
    for index, detector in enumerate(one.detectors):
        if detector.kind == "guardrail" and not detector.guardrail:
            checker.report("a guardrail needs its id", ("tokenize", "detectors", index), "guardrail: its id or ARN")


def _kind(kind: str, at: KeyPath, checker: Checker) -> None:
    """Custom kinds are allowed, but one letter off a known kind is a typo that would leave data in the clear."""
    close = [] if kind in KINDS else difflib.get_close_matches(kind, KINDS, n=1, cutoff=0.75)
    if close:
        checker.report(f"unknown kind {kind!r}", at, f"did you mean {close[0]!r}?")


def _state(settings: Settings, raw: Mapping[str, Any], checker: Checker) -> None:
    state = settings.state
    if state.store == "redis" and not state.url:
        checker.report("state: redis needs 'url'", ("state",), "url: rediss://host:6379/0")
    elif state.store == "dynamodb" and not state.table:
        checker.report("state: dynamodb needs 'table'", ("state",), "table: adaptgen")


def _trace(settings: Settings, raw: Mapping[str, Any], checker: Checker) -> None:
    given = raw.get("trace")
    for key in ("service", "sample"):
        if settings.trace.console and isinstance(given, dict) and key in given:
            checker.report(f"trace.{key} is for collectors, and has no effect on the console", ("trace", key))


def _metrics(settings: Settings, raw: Mapping[str, Any], checker: Checker) -> None:
    address = settings.metrics.listen
    if not address:
        return
    at = ("metrics", "listen")
    if int(address.rpartition(":")[2]) > 65535:
        checker.report("metrics.listen: the port is above 65535", at)
    if address == settings.listen.http:
        checker.report("metrics.listen is where agents call", at, "a port that only your monitoring reaches")
    if settings.trace.console:
        checker.report("metrics.listen has no effect together with trace: console", at, "leave one of them out")


def _tools(settings: Settings, raw: Mapping[str, Any], checker: Checker) -> None:
    for glob, rule in settings.tools.items():
        for section in ("arguments", "sensitive"):
            for name, kind in getattr(rule, section).items():
                _kind(kind, ("tools", glob, section, name), checker)
        server = glob.partition("/")[0]
        plain = settings.mode == "proxy" and "/" in glob and not set(server) & set("*?[")
        if plain and server not in settings.upstreams:
            checker.report(f"upstream {server!r} not found", ("tools", glob), did_you_mean(server, settings.upstreams))


def _files(settings: Settings, raw: Mapping[str, Any], checker: Checker) -> None:
    files = settings.files
    if files is None:
        return
    if settings.mode == "proxy":
        checker.report("a proxy takes no files: they go past it", ("files",), "write files into the servers' settings")
    elif settings.mode == "behind" and not files.store:
        help = "files: {store: s3://bucket/prefix}"
        checker.report("clients cannot reach a server behind a proxy: files need a store", ("files",), help, "AG107")


# ------------------------------------------------------------------------------------------------------ the target


_KEY_SAMPLE = '"${env:NAME}"'
_KEY_SAMPLES = {"tokens": '{current: k1, all: {k1: "${env:NAME}"}}'}


def check_target(settings: Settings, loopback: bool) -> None:
    """Refuse settings that do not suffice for a target that others can reach.

    ``loopback``: it listens on stdio or loopback only, where keys may be random per process.

    Raises:
        AdaptgenError: AG078 where nothing says who may call, AG073 for each key that is missing, AG076 for state that
            does not outlive the process, AG130 for either where people log in.
    """
    found = [] if loopback else list(_missing(settings))
    if found:
        raise AdaptgenError(*found)


def check_issuer(settings: Settings, loopback: bool) -> None:
    """Refuse an issuer on this machine for a server that others can reach: its tokens prove nothing. ``settings``:
    with every reference replaced; ``loopback``: as for :func:`check_target`.

    Raises:
        AdaptgenError: AG074, or AG129 for that of ``login``.
    """
    rules = settings.authenticate
    if settings.login is not None and not loopback and is_development(settings.login.issuer):
        raise error(
            "AG129",
            f"others can reach this server, and people log in at a provider for development: {settings.login.issuer}",
            settings.where("login", "issuer"),
            "name an issuer with https, or listen on 127.0.0.1",
        )
    if rules is not None and rules.development and not loopback:
        raise error(
            "AG074",
            f"others can reach this server, and its issuer is one for development: {rules.issuer}",
            settings.where("authenticate", "issuer"),
            "name an issuer with https, or listen on 127.0.0.1",
        )


def _missing(settings: Settings) -> Iterator[Diagnostic]:
    if settings.authenticate is None and settings.mode != "behind":
        yield Diagnostic(
            "AG078",
            "others can reach this server, and nothing says who may call",
            settings.where("mode"),
            "add authenticate, or listen on stdio or loopback",
        )
    for name, why in _needed(settings):
        if not getattr(settings.keys, name):
            yield Diagnostic(
                "AG073",
                f"keys.{name} is missing: {why}",
                settings.where("keys"),
                f"add keys: {{{name}: {_KEY_SAMPLES.get(name, _KEY_SAMPLE)}}}; a key that is random per process is for "
                "stdio and loopback only",
            )
    one = settings.tokenize
    if one is not None and one.form == "short" and settings.state.store == "memory" and settings.mode != "behind":
        yield Diagnostic(
            "AG076",
            "tokenize.form: short needs a vault that outlives the process",
            settings.where("tokenize", "form"),
            "state: {store: dynamodb, table: …}",
        )
    if settings.login is not None and settings.mode != "behind":
        sealed = any(getattr(settings.keys, name) for name in SECRECY)
        yield from missing_for_login(settings, sealed=sealed)


def _needed(settings: Settings) -> Iterator[tuple[str, str]]:
    """The keys that a target needs which others can reach, each with the reason."""
    if settings.mode == "proxy":
        if any(one.handover for one in settings.upstreams.values()):
            yield "handover", "callers' identities are handed to upstreams"
    else:
        yield "cursors", "the pages of a list would end when a process ends"
    if settings.mode != "behind" and settings.tokenize is not None:
        if settings.tokenize.direction == "model":
            yield "tokens", "nobody could restore tokens of another process"
        else:
            yield "surrogates", "nobody could restore surrogates of another process"
    if settings.audit is not None and settings.audit.sink != "none":
        yield "audit", "nobody could verify the trail"


def advice(settings: Settings, *, processes: bool) -> list[Diagnostic]:
    """Warnings about settings that are right and may surprise. ``processes``: several processes serve together."""
    found: list[Diagnostic] = []

    def warn(message: str, at: KeyPath, help: str, code: str = "AG076") -> None:
        found.append(Diagnostic(code, message, settings.where(*at), help, "warning"))

    audit = settings.audit
    if processes and audit is not None and audit.sink != "none" and not (settings.keys.checkpoints or audit.kms_key):
        warn(
            "checkpoints of the audit trail are signed with a key derived from keys.audit: who can verify the trail "
            "could also forge it",
            ("audit",),
            "keys: {checkpoints: …}, or audit: {kms_key: …}",
        )
    if processes and settings.state.store == "memory":
        help = "state: {store: redis, url: …} or {store: dynamodb, table: …}"
        at: KeyPath = ("state", "store")
        if settings.limits:
            warn(
                "store: memory counts calls per process: together the processes allow a multiple of the limits",
                at,
                help,
            )
        if settings.mode == "behind":
            warn("store: memory remembers identities per process: each process accepts one of them once", at, help)
        if settings.tokenize is not None and settings.tokenize.form == "short":
            warn("store: memory keeps the vault per process: another process cannot restore its tokens", at, help)
    if processes and settings.mode == "proxy" and any(not _ours(one) for one in settings.upstreams.values()):
        kept = "MCP sessions before 2026-07-28 are kept by one process, and another one answers 404"
        if settings.state.store == "memory":
            warn(f"store: memory: {kept}", ("state", "store"), help="state: {store: redis, url: …}", code="AG125")
        elif not any(getattr(settings.keys, name) for name in _SEALING):
            help = "keys: {audit: …}, or any other key of these settings"
            warn(f"no key seals sessions: {kept}", ("keys",), help=help, code="AG125")
    return found


def _ours(upstream: Upstream) -> bool:
    return bool(upstream.handover) if upstream.ours is None else upstream.ours
