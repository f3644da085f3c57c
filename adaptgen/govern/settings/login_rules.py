"""What ``login`` needs besides its own keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from adaptgen.config.checker import Checker, dotted
from adaptgen.config.types import KeyPath
from adaptgen.diagnostics import Diagnostic
from adaptgen.govern.settings.model import Settings
from adaptgen.net.addresses import UrlProblem, find_problem, is_loopback, is_metadata


def missing_for_login(settings: Settings, *, sealed: bool) -> Iterator[Diagnostic]:
    """What is missing where others can reach the server. ``sealed``: a key of :data:`SECRECY` outlives the process."""
    if not sealed:
        yield missing_key(settings)
    if settings.state.store == "memory":
        yield Diagnostic(
            "AG130",
            "login needs state that all processes share: a code or a refresh token that was used at one of them would "
            "be accepted by the others",
            settings.where("state") or settings.where("login"),
            "state: {store: redis, url: …} or {store: dynamodb, table: …}; on loopback memory is enough",
        )


def missing_key(settings: Settings) -> Diagnostic:
    """No key seals logins that other processes, or this one after a restart, have too."""
    return Diagnostic(
        "AG130",
        "no key for logins outlives the process: what one process seals for a browser or a client, another one cannot "
        "open; keys.audit is not used for it, as anyone who verifies the trail could then log in as anybody",
        settings.where("keys") or settings.where("login"),
        'keys: {cursors: "${env:NAME}"}, or keys.tokens or keys.handover',
    )


def check_login(settings: Settings, raw: Mapping[str, Any], checker: Checker) -> None:
    """Report what people could not log in with. ``raw`` is the text's own mapping."""
    one = settings.login
    if one is None or settings.mode == "behind":
        return
    if settings.authenticate is None:
        help = "authenticate: {issuer: …, audience: …}"
        checker.report("login needs authenticate, which says who people are", ("login",), help, "AG129")
    elif settings.authenticate.iam:
        help = "authenticate: {issuer: …, audience: …}, or no login"
        checker.report("people cannot log in where callers come with an IAM identity", ("login",), help, "AG129")
    if not settings.listen.resource:
        help = "listen: {resource: https://mcp.bank.example/mcp}"
        checker.report("login needs listen.resource, the public URL of this server", ("login",), help, "AG129")
    issuer = one.issuer
    if issuer and "${" not in issuer and (why := find_problem(issuer)):
        quoted = "the URL" if why == UrlProblem.CREDENTIALS else repr(issuer)
        checker.report(f"login.issuer: {quoted} {why}", ("login", "issuer"), "https, or http on loopback", "AG129")
    else:
        check_no_metadata(issuer, ("login", "issuer"), checker, "AG129")
    theirs = settings.authenticate.issuer if settings.authenticate is not None else ""
    if one.claims == "access_token" and issuer and theirs and issuer != theirs and "${" not in issuer + theirs:
        help = "name one issuer, or read the claims of id_token or userinfo"
        message = "login.claims: access_token needs the tokens of authenticate.issuer, and people log in elsewhere"
        checker.report(message, ("login", "claims"), help, "AG129")
    given = raw["login"].get("redirects", [])
    for index, host in enumerate(one.redirects):
        if not _is_host(host):
            at: KeyPath = ("login", "redirects", index) if isinstance(given, list) else ("login", "redirects")
            help = (
                "a host such as claude.ai, without port or *, or a private-use scheme such as cursor, without colon; "
                "loopback needs no entry"
            )
            checker.report(f"login.redirects: {host!r} is not the name of a host", at, help, "AG129")


def check_no_metadata(issuer: str, at: KeyPath, checker: Checker, code: str = "") -> None:
    """Report an issuer that is the URL of its metadata: no token names it so."""
    before, found, _ = issuer.partition("/.well-known/")
    if found:
        message = f"{dotted(at)} is the URL of the provider's metadata, and not its issuer"
        checker.report(message, at, f"the part before /.well-known/…, as a rule {before}", code)


def _is_host(text: str) -> bool:
    """Whether it is the name of a host that browsers reach by https, as URLs write it (RFC 3986, 3.2.2; RFC 1123)."""
    labels = text.split(".")
    named = all(re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", one) for one in labels)
    return named and not is_metadata(text) and not is_loopback(text)
