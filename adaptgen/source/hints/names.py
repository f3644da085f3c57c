"""Names in hints: of logins and what they save, of the caller, of steps and arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from adaptgen.config.checker import Checker
from adaptgen.diagnostics import did_you_mean
from adaptgen.net.addresses import find_problem
from adaptgen.source.hints import values as hint_values
from adaptgen.source.hints.kinds import check_secret
from adaptgen.source.hints.table import FORMS
from adaptgen.syntax.templates import TemplateError, placeholders

_SECRET = re.compile(r"(?i)pass(word|wd|phrase)?|pwd|((client|app|api)[_-]?)?(secret|key)")


def check_names(raw: Mapping[str, Any], checker: Checker) -> None:
    """Report names that nothing defines, and those that two things have."""
    for name, auth in raw.get("auth", {}).items():
        check_auth(auth, ("auth", name), checker)
    for name, tool in raw.get("tools", {}).items():
        _check_tool(tool, ("tools", name), checker)


def check_auth(auth: Mapping[str, Any], at: tuple[str, ...], checker: Checker) -> None:
    """Report names in ``auth`` that nothing defines."""
    chain = auth.get("chain", [])
    ids: set[str] = set()
    for index, login in enumerate(chain):
        if login["id"] in ids:
            checker.report(
                f"two calls of the chain have the id {login['id']!r}", (*at, "chain", index, "id"), code="AG039"
            )
        ids.add(login["id"])
        for name, value in login.get("with", {}).items():
            if _SECRET.fullmatch(name) and isinstance(value, str):
                check_secret(checker, value, (*at, "chain", index, "with", name))
    _check_callers(auth, at, checker)
    _check_connecting(auth, at, checker)
    refresh = auth.get("refresh", {})
    for index, call in enumerate(refresh.get("then", ())):
        if call not in ids:
            problem = f"the chain has no call {call!r}"
            checker.report(problem, (*at, "refresh", "then", index), did_you_mean(call, ids), "AG037")
    if not chain:
        return  # it is inferred from the document, and so are the names that it saves
    saved = {"caller", *auth.get("start", {}), *refresh.get("save", {})}
    saved |= {name for login in chain for name in login.get("save", {})}
    parts: list[tuple[tuple[str | int, ...], Any]] = [
        ((*at, "send"), auth.get("send", [])),
        ((*at, "refresh"), refresh),
    ]
    parts += [((*at, "chain", index), login) for index, login in enumerate(chain)]
    for where, value in parts:
        _check_defined(value, where, saved, "nothing saves", checker)


_TOKENS = ("body_format", "save", "expires")
_CONSENT = ("authorization_url", "refresh_url", "revocation_url", "issuer", "pkce", "client_auth", *_TOKENS)
_SAVED = ("access", "refresh")
_OTHERS = ("start", "chain", "refresh")
_KNOWN = ("value", "username", "password", "token")


def _check_connecting(auth: Mapping[str, Any], at: tuple[str, ...], checker: Checker) -> None:
    """Report what does not go together where each caller connects an account of its own, or seems to."""
    kind, ask = auth.get("kind"), bool(auth.get("ask"))
    consents = auth.get("grant") == "authorization_code"
    if consents and kind != "oauth2":
        checker.report("authorization_code is a grant of kind oauth2", (*at, "grant"), "write kind: oauth2", "AG135")
    if ask and kind not in hint_values.ASKED:
        help = "ask belongs to api_key, bearer and basic; with oauth2 write grant: authorization_code"
        checker.report(f"kind {kind} asks nobody for a key", (*at, "ask"), help, "AG135")
    if not (consents or ask):
        for key in (*_CONSENT, "title"):
            if key in auth:
                help = "add grant: authorization_code, or remove it"
                checker.report(f"{key} belongs to an account of the caller's own", (*at, key), help, "AG135")
        return
    what = "an account that a person connects" if consents else "a key that each caller enters"
    if auth.get("per") != "caller":
        where = (*at, "per") if "per" in auth else (*at, "grant" if consents else "ask")
        checker.report(f"{what} is the caller's own", where, "write per: caller", "AG135")
    wrong = [*_OTHERS, *(_KNOWN if ask else ("username", "password", "refresh_token"))]
    wrong += [*_CONSENT, "scopes", "token_url"] if ask and not consents else []
    for key in wrong:
        if key in auth:
            checker.report(f"{what} does not take {key}", (*at, key), f"remove {key}", "AG135")
    for name in auth.get("save", {}):
        if name not in _SAVED:
            help = "write save: {access: $.…, refresh: $.…}"
            checker.report(f"an account keeps no {name!r}", (*at, "save", name), help, "AG135")
    if consents:
        _check_urls(auth, at, checker)


def _check_urls(auth: Mapping[str, Any], at: tuple[str, ...], checker: Checker) -> None:
    """Report addresses of a consent that are not safe."""
    for key in ("authorization_url", "token_url", "refresh_url", "revocation_url"):
        url = str(auth.get(key, "/"))
        # A reference is known when the server runs; a path lies below the main base.
        if "${" not in url and not url.startswith("/") and (problem := find_problem(url)):
            checker.report(f"{key} {problem}", (*at, key), "write https://…", "AG137")
    if "issuer" in auth:
        _check_issuer(str(auth["issuer"]), (*at, "issuer"), checker)


def _check_issuer(issuer: str, at: tuple[str, ...], checker: Checker) -> None:
    """Report what no service can name as its issuer: every answer would be taken for another service's."""
    if "${" in issuer:
        return  # it is known when the server runs
    problem: str | None = find_problem(issuer)
    if problem is None and "?" in issuer:
        problem = "has a query"
    if problem:
        help = "write what the service sends as iss, an https URL, or leave issuer out"
        checker.report(f"issuer {problem} (RFC 9207)", at, help, "AG137")


def _check_callers(auth: Mapping[str, Any], at: tuple[str, ...], checker: Checker) -> None:
    if auth.get("per") == "server" and hint_values.personal(auth):
        what = "an exchange" if auth.get("kind") == "exchange" else "an auth with tags"
        checker.report(f"{what} is per caller", (*at, "per"), "leave per: out", "AG039")
    if auth.get("tags") and not auth.get("role"):
        checker.report("session tags need a role that is assumed", (*at, "tags"), "add role: arn:aws:iam::…", "AG039")
    parts: list[tuple[tuple[str | int, ...], Any]] = [((*at,), dict(auth))]
    while parts:
        where, value = parts.pop()
        if isinstance(value, dict):
            parts += [((*where, key), item) for key, item in value.items() if key not in ("call", "save", "document")]
        elif isinstance(value, list):
            parts += [((*where, index), item) for index, item in enumerate(value)]
        elif isinstance(value, str):
            _check_caller(value, where, hint_values.personal(auth), checker)


def _check_caller(text: str, at: tuple[str | int, ...], personal: bool, checker: Checker) -> None:
    try:
        names = {name for name in placeholders(text) if name == "caller" or name.startswith("caller.")}
    except TemplateError:
        return
    for name in sorted(names):
        if name == "caller.token":
            checker.report("the caller's token is never sent on", at, "kind: exchange gets another one for it", "AG037")
        elif name == "caller":
            checker.report(
                "'caller' is not a value", at, "say {caller.sub}, {caller.tenant} or {caller.<claim>}", "AG037"
            )
        elif not personal:
            checker.report(f"{name!r} differs from caller to caller", at, "add per: caller", "AG037")


def _check_tool(tool: Mapping[str, Any], at: tuple[str, ...], checker: Checker) -> None:
    if "steps" not in tool:
        if "result" in tool and tool["result"] not in FORMS:
            help = "only a tool with steps has a template of its answer"
            checker.report(f"{'.'.join(at)}.result must be {', '.join(FORMS)}", (*at, "result"), help)
        return
    if "call" in tool:
        checker.report("a tool has a call or steps, not both", (*at, "call"), "make the call a step", "AG039")
    ids: set[str] = set()
    for index, step in enumerate(tool["steps"]):
        if step["id"] in ids:
            checker.report(f"two steps have the id {step['id']!r}", (*at, "steps", index, "id"), code="AG039")
        ids.add(step["id"])
    arguments = tool.get("arguments", {})
    for name in sorted(ids & arguments.keys()):
        checker.report(f"{name!r} is a step and an argument", (*at, "arguments", name), "rename one of them", "AG039")


def _check_defined(value: Any, at: tuple[str | int, ...], known: set[str], problem: str, checker: Checker) -> None:
    """Report placeholders that name nothing. Keys that hold no templates hold no braces either."""
    if isinstance(value, str):
        try:
            names = placeholders(value)
        except TemplateError:
            return
        for name in sorted(names):
            if name not in known and name.partition(".")[0] not in known:
                checker.report(f"{problem} {name!r}", at, did_you_mean(name, known), "AG037")
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in ("call", "save", "document"):
                _check_defined(item, (*at, key), known, problem, checker)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_defined(item, (*at, index), known, problem, checker)
