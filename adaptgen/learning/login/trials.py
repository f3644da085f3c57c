"""Ways into an API that can be tried: what the document shows, and custom. Each is a session and where it is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from adaptgen.building.result import BuildResult
from adaptgen.learning.login.witness import TRIES, free_reads
from adaptgen.learning.replies import readable_tools
from adaptgen.model.tables import Auth, Send, Tool
from adaptgen.plan.auth.login_chain import find_logins, find_renewals
from adaptgen.plan.auth.security_schemes import SendPlace, basic_send, reference, schemes, static
from adaptgen.plan.document.reader import operations
from adaptgen.runtime.auth.credentials_in_requests import WORDS
from adaptgen.runtime.auth.login_call import references_of
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.syntax.templates import Reference, placeholders, references
from adaptgen.syntax.token_names import FIND_TOKEN

_HEADERS: Final = (
    "X-API-Key", "X-Auth-Token", "X-Access-Token", "X-Session-Token", "X-Token", "X-Session-Id", "Api-Key", "Token",
    "api_key", "apikey", "Access-Token",
)  # fmt: skip
_COOKIES: Final = ("session", "token", "access_token", "sessionid", "sid", "jwt", "auth_token")
_QUERIES: Final = ("access_token", "token", "api_key", "apikey", "key", "auth_token", "session")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,40}")


@dataclass(frozen=True, slots=True)
class Trial:
    """A way to try: ``auths`` together. ``declared``: the document, or the hints, show it."""

    auths: tuple[Auth, ...]
    declared: bool

    @property
    def name(self) -> str:
        return " and ".join(one.name for one in self.auths)

    @property
    def logs_in(self) -> bool:
        return any(one.chain for one in self.auths)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a token goes: ``sends``, and whether the cookies of the login are sent."""

    sends: tuple[Send, ...]
    cookies: bool = False
    declared: bool = False

    def __str__(self) -> str:
        parts = [f"{one.place} {one.name}: {'Basic' if one.basic else _shown(one.as_)}" for one in self.sends]
        return " and ".join([*parts, *(["the cookies of the login"] if self.cookies else [])]) or "nothing"


def _shown(template: str) -> str:
    return re.sub(r"\$\{[^{}]*\}|\{[^{}]*\}", "…", template)


def find_trials(result: BuildResult, tool: Tool) -> list[Trial]:
    """The ways into the API of ``tool``, in the order of the evidence."""
    server, document = result.plan.server, result.document
    by_name = {one.name: one for one in server.auth}
    planned = tuple(by_name[name] for name in tool.auth if name in by_name)
    found = [Trial(planned, True)] if planned else []
    found += [Trial((one,), True) for one in server.auth if (one,) != planned]
    found += [Trial((replace(one, optional=False),), True) for one in server.instead]
    if not result.hints.auth:
        logins = find_logins(document, operations(document)[0], server.name)
        found += [Trial((chain.auth,), True) for chain in logins.possible]
        renewals = find_renewals(document, operations(document)[0], server.name)
        found += [Trial((auth,), True) for auth in renewals]
        found += [Trial((auth,), True) for auth in _declared(result)]
    seen: set[object] = set()
    kept = []
    for one in found:
        key = tuple((auth.chain, auth.send, auth.refresh, auth.sign) for auth in one.auths)
        if repr(key) not in seen:
            seen.add(repr(key))
            kept.append(one)
    return kept


def _declared(result: BuildResult) -> Iterator[Auth]:
    """Every declared scheme, also those that no operation was planned with. A token endpoint takes a form (RFC 6749,
    4.3); one that wants JSON is tried after it. One of another origin, which the plan does not use, gets nothing."""
    document, name = result.document, result.plan.server.name
    declared = schemes(document)
    keys = [one for one in declared.values() if str(one.get("type")).lower() == "apikey"]
    made = [static(document, name, key, scheme, alone=len(keys) <= 1) for key, scheme in sorted(declared.items())]
    made = [one for one in made if one is not None and not any("://" in login.call.path for login in one.chain)]
    yield from (one for one in made if one is not None)
    for one in made:
        body = one.chain[0].call.body if one is not None and one.chain else None
        if one is None or body is None or not any(row.value == "password" for row in body.params):
            continue
        rows = tuple(row for row in body.params if row.name != "grant_type")
        call = replace(one.chain[0].call, body=replace(body, media="application/json", params=rows))
        login = replace(one.chain[0], call=call, save={"access": FIND_TOKEN}, expires=None)
        yield replace(one, kind="session", chain=(login,), refresh=None, then=())


def missing_of(trial: Trial, variables: Credentials) -> list[str]:
    """The variables without which a way cannot be tried."""
    missing: set[str] = set()
    for auth in trial.auths:
        lacking = _lacking(auth, variables)
        missing |= lacking
    return sorted(missing)


def _lacking(auth: Auth, variables: Credentials) -> set[str]:
    sent = references([one.as_ for one in auth.send]) if not auth.optional else frozenset()
    if auth.optional and not any(not variables.missing(references(one.as_)) for one in auth.send):
        return {one.name for send in auth.send for one in references(send.as_) if one.kind == "env"}
    chain = frozenset[Reference]().union(*map(references_of, auth.chain))
    begins = references(list(auth.start.values()))
    if auth.start and not variables.missing(begins):
        chain = frozenset()
    elif auth.start and not auth.chain:
        chain = begins
    return {*variables.missing(sent), *variables.missing(chain)}


def declared_places(result: BuildResult) -> list[tuple[SendPlace, str]]:
    """Where the document says that keys go, whichever login hands them out."""
    places: dict[str, SendPlace] = {"header": "header", "query": "query", "cookie": "cookie"}
    found = []
    for _, scheme in sorted(schemes(result.document).items()):
        place, name = places.get(str(scheme.get("in"))), scheme.get("name")
        if str(scheme.get("type")).lower() == "apikey" and place and isinstance(name, str) and _NAME.fullmatch(name):
            found.append((place, name))
    return found


def find_placements(
    auth: Auth,
    variables: Credentials,
    given: Iterable[str] = (),
    *,
    cookies: bool = False,
    declared: Iterable[tuple[SendPlace, str]] = (),
) -> Iterator[Placement]:
    """Where the credential of ``auth`` may go, where it is declared first. ``given``: what the login's answer calls
    its token; ``cookies``: that it set some; ``declared``: where keys of the API go.

    A password goes nowhere but into HTTP Basic, and what is sent in addition stays."""
    keeps = any(one.cookies for one in auth.chain)
    own = tuple(one for one in auth.send if not auth.optional or not variables.missing(references(one.as_)))
    reads = tuple(one for one in own if one.only != "write")
    if auth.optional:
        yield from (Placement((one,), declared=True) for one in reads)
    else:
        yield Placement(reads, keeps, True)
    token = next((one for one in reads if not one.basic and (placeholders(one.as_) or references(one.as_))), None)
    value = _value(auth, token)
    if not value and not cookies:
        return
    rest = tuple(one for one in reads if one is not token) if not auth.optional else ()
    tried = {(one.place, one.name.lower(), one.as_) for one in reads}
    if cookies:
        yield Placement(rest, True)
    for send in (*_key_sends(value, declared), *custom_sends(value, given)) if value else ():
        if (send.place, send.name.lower(), send.as_) not in tried:
            tried.add((send.place, send.name.lower(), send.as_))
            yield Placement((send, *rest))


def _value(auth: Auth, token: Send | None) -> str:
    """The credential alone, as a template."""
    if token is not None:
        found = re.search(r"\$\{[^{}]+\}|\{[^{}]+\}", token.as_)
        return found[0] if found else ""
    saved = next((name for one in auth.chain for name in one.save), "")
    return f"{{{saved}}}" if saved else ""


def _key_sends(value: str, declared: Iterable[tuple[SendPlace, str]]) -> Iterator[Send]:
    """A token in the places of keys; in headers also after the words that are usual before one."""
    for place, name in declared:
        for word in ("", "Bearer ", "Token ") if place == "header" else ("",):
            yield Send(place, name, f"{word}{value}")


def custom_sends(value: str, given: Iterable[str] = ()) -> Iterator[Send]:
    """The customary places of a token."""
    named = [one for one in given if _NAME.fullmatch(one)]
    rows: list[tuple[SendPlace, str, str]] = [("header", "Authorization", f"{word}{value}") for word in WORDS]
    rows += [("header", name, value) for name in (*named, *_HEADERS)]
    rows += [("cookie", name, value) for name in (*named, *_COOKIES)]
    rows += [("query", name, value) for name in (*named, *_QUERIES)]
    yield from (Send(place, name, text) for place, name, text in rows)


def environment_trials(name: str, variables: Credentials) -> list[Trial]:
    """Credentials of the environment that the document says nothing of: a token, an API key, HTTP Basic."""
    found = []
    for suffix in ("TOKEN", "API_KEY"):
        template = reference(name, suffix)
        if not variables.missing(references(template)):
            send = Send("header", "Authorization" if suffix == "TOKEN" else "X-API-Key", template)
            if suffix == "TOKEN":
                send = replace(send, as_=f"Bearer {template}")
            found.append(Trial((Auth(name=suffix.lower(), kind="api_key", send=(send,)),), False))
    basic = basic_send(name)
    if not variables.missing(references(basic.as_)):
        found.append(Trial((Auth(name="basic", kind="basic", send=(basic,)),), False))
    return found


def list_questions(result: BuildResult) -> list[str]:
    """What would be asked of logins, for a dry run."""
    reads = free_reads(result, readable_tools(result))[:TRIES]
    asked = [f"{operation.key} without credentials" for operation, _ in reads]
    for trial in find_trials(result, reads[0][1]) if reads else ():
        logins = [login for auth in trial.auths for login in (*auth.chain, *((auth.refresh,) if auth.refresh else ()))]
        calls = ", ".join(f"{one.call.method} {one.call.path}" for one in logins) or "no login"
        needed = ", ".join(missing_of(trial, Credentials({})))
        asked.append(f"{reads[0][0].key} with {trial.name}: {calls}{f'; needs {needed}' if needed else ''}")
    return asked
