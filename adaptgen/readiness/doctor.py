"""Reach the API, log in, read one tool of each kind of security; say what is wrong, and what to do about it."""

from __future__ import annotations

import asyncio
import email.utils
import hashlib
import json
import secrets
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from adaptgen.model.tables import LOCAL, Auth, Json, Server, Tool, Unpaged, calls_of
from adaptgen.output.write import write_file
from adaptgen.plan.auth.written_hint import auth_hint
from adaptgen.readiness.drafting.lines import flow
from adaptgen.readiness.record import login_path, needed_references
from adaptgen.readiness.replay import missing_view_paths
from adaptgen.runtime.auth.authenticator import describe_sign
from adaptgen.runtime.auth.credentials_in_requests import WORDS, other_forms
from adaptgen.runtime.auth.login_attempts import Attempts
from adaptgen.runtime.auth.session import Session
from adaptgen.runtime.calls import Execution
from adaptgen.runtime.core.answer import Answer, Text, ToolError
from adaptgen.runtime.engine import Engine
from adaptgen.runtime.http.client import MOVED, Elsewhere, not_tls
from adaptgen.runtime.http.request import Request
from adaptgen.runtime.http.response import Response
from adaptgen.text.files import state_folder

_PATIENCE = 5.0
"""Seconds for a name, a connection and a handshake each."""
_TRIES = 4
"""Tools that are called at most, one after the other, where the API wants what the document does not require."""
_KINDS = 6
"""Kinds of security of which one tool each is read."""
_SKEW = 60
"""Seconds by which clocks may differ before tokens are taken for expired, or for not yet valid."""


class FailedLogins:
    """The failed logins of one server within an hour, kept in ``folder`` between two runs of the doctor: trying again
    and again locks no account.

    The file holds when a credential failed, under a salted hash that takes work to compute; nothing shows which
    credential it was.
    """

    def __init__(self, folder: Path, server: str) -> None:
        self._path = folder / f"failed-logins-{hashlib.sha256(server.encode()).hexdigest()[:16]}.json"

    def load(self, sessions: Iterable[Session], attempts: Attempts) -> None:
        """Let ``attempts`` know what earlier runs tried with the credentials of ``sessions``."""
        try:
            known: dict[str, Any] = json.loads(self._path.read_bytes())
            salt = bytes.fromhex(known["salt"])
            for session in sessions:
                times = known["failed"].get(_digest(session.credential(), salt))
                if isinstance(times, list):
                    attempts.remember({session.credential(): [float(one) for one in times]})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return  # nothing is known

    def save(self, attempts: Attempts) -> None:
        """Keep what failed; a folder that cannot be written keeps nothing."""
        known = attempts.known()
        try:
            if not known:
                self._path.unlink(missing_ok=True)
                return
            salt = secrets.token_bytes(16)
            text = json.dumps({"salt": salt.hex(), "failed": {_digest(one, salt): at for one, at in known.items()}})
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_file(self._path, text.encode(), mode=0o600)
        except OSError:
            return


def _digest(credential: str, salt: bytes) -> str:
    return hashlib.scrypt(credential.encode(), salt=salt, n=2**13, r=8, p=1, dklen=32).hex()


@dataclass(frozen=True, slots=True)
class Check:
    """``ok``: None where it is worth knowing and nothing is wrong."""

    name: str
    ok: bool | None
    text: str
    fix: str = ""


@dataclass(slots=True)
class _Sent:
    """One request of the call. ``path`` is without the query, which may hold personal data, and without credentials,
    which some APIs want there."""

    method: str
    path: str
    login: bool
    response: Response | None = None
    problem: str = ""

    def text(self) -> str:
        if self.response is None:
            return f"{self.method} {self.path}: {self.problem}"
        return f"{self.method} {self.path}: {self.response.status} in {self.response.elapsed * 1000:.0f} ms"


async def examine(
    server: Server, environ: Mapping[str, str], *, tool: str = "", said: Callable[[Check], None] = lambda _: None
) -> list[Check]:
    """Every check, also handed to ``said`` as soon as it is made; it ends with the first that makes the others vain.
    ``tool``: the one to read with."""
    found: list[Check] = []

    def note(*checks: Check) -> bool:
        for one in checks:
            found.append(one)
            said(one)
        return all(one.ok is not False for one in checks)

    engine = Engine(server, environ=environ)
    execution = engine.execution()
    logins = FailedLogins(state_folder(environ), f"{server.name} {sorted(_urls(execution, server))}")
    sessions = execution.sessions([one.name for one in server.auth if one.per == "server"])
    logins.load(sessions, execution.attempts)
    try:
        if not note(*_variables(server, environ), *_unserved(server)):
            return found
        for base in server.bases:
            if not note(*await _address(execution, server, base.name)):
                return found
        kinds = _kinds(engine, server, tool)
        if not kinds:
            help = "name one that can: adaptgen doctor DIR --tool NAME"
            note(Check("read", None, "no tool reads without being given something", help))
            return found
        login_told = False
        for choice in kinds:
            checks = await _read_of_a_kind(engine, execution, server, choice, environ)
            # The login is the same for all of them.
            note(*(one for one in checks if one.name != "login" or not login_told or one.ok is False))
            login_told = True
        note(*_learnt(sessions))
    finally:
        logins.save(execution.attempts)
        await engine.aclose()
    return found


async def _read_of_a_kind(
    engine: Engine, execution: Execution, server: Server, choice: list[Tool], environ: Mapping[str, str]
) -> list[Check]:
    """One tool of a kind of security is read; another one where the API wants more than it declares."""
    before: list[_Sent] = []
    refused: list[Check] = []
    for chosen in choice:
        answer, sent = await _called(engine, execution, server, chosen)
        if answer.connection is not None:
            return [_account(answer.connection[0], answer)]
        if not _wants_more(answer) or chosen is choice[-1]:
            refusal = _is_refused(server, chosen, answer, sent, environ)
            others = await _other_ways(execution, server, chosen, environ) if refusal else []
            return [*_logins(server, before + sent), *refused, *_read(chosen, answer, sent), *others, *_clock(sent)]
        before += sent
        refused.append(Check("read", None, f"{chosen.name}: {_said(answer)}"))
    return refused


def _account(auth: str, answer: Answer) -> Check:
    """What is said of a caller without an account of its own: that nothing else can be checked in its name."""
    fix = f"connect yours: adaptgen connect DIR --auth {auth}"
    return Check("account", None, _said(answer), fix)


def _is_refused(server: Server, tool: Tool, answer: Answer, sent: list[_Sent], environ: Mapping[str, str]) -> bool:
    """Whether the API refused the credentials of a call, or they are not set; not where a login itself failed."""
    if not answer.is_error or any(one.login and (one.response is None or one.response.status >= 400) for one in sent):
        return False
    if not sent:
        return any(_unset(_wanted(one, environ), environ) for one in server.auth if one.name in tool.auth)
    own = [one.response for one in sent if not one.login and one.response is not None]
    return any(one.status in (401, 403) for one in own)


def _ways(execution: Execution, server: Server, tool: Tool) -> Iterator[Auth]:
    """Other ways into the API: the same credential with another word before it, and logins that no tool uses."""
    for auth in (one for one in server.auth if one.name in tool.auth):
        yield from _forms(auth)
    for auth in (one for one in server.instead if _is_at_home(execution, tool, one)):
        auth = replace(auth, optional=False)
        yield auth
        yield from _forms(auth)


def _forms(auth: Auth) -> Iterator[Auth]:
    yield from (replace(auth, send=sends) for sends in other_forms(auth.send, WORDS[:3]))


def _is_at_home(execution: Execution, tool: Tool, auth: Auth) -> bool:
    """Whether a tool is called at the origin of a login: what the login returns goes nowhere else."""
    calls = (*calls_of(tool), *(one.call for one in auth.chain))
    try:
        return len({urlsplit(execution.base(one.base))[:2] for one in calls}) == 1
    except ToolError:
        return False


async def _other_ways(mine: Execution, server: Server, tool: Tool, environ: Mapping[str, str]) -> list[Check]:
    """Try the other ways into the API, until one is accepted or a login fails."""
    attempts = mine.attempts
    for auth in _ways(mine, server, tool):
        unset = sorted(_unset(_wanted(auth, environ), environ))
        if unset:
            return [Check("login", None, f"{auth.name} may be the way in; not set: {', '.join(unset)}", _line(auth))]
        called = replace(tool, auth=(auth.name,))
        tools = tuple(called if one is tool else replace(one, auth=(), anonymous=False) for one in server.tools)
        trial = replace(server, auth=(auth,), tools=tools)
        engine = Engine(trial, environ=environ)
        execution = engine.execution()
        execution.attempts.remember(attempts.known())
        try:
            answer, sent = await _called(engine, execution, trial, called)
            auth = replace(auth, send=execution.sessions([auth.name])[0].sends)
        finally:
            known = attempts.known()
            failed = execution.attempts.known().items()
            attempts.remember({one: [at for at in times if at not in known.get(one, ())] for one, times in failed})
            await engine.aclose()
        if not answer.is_error:
            return [Check("login", None, f"{tool.name}: the API accepts {_form_of(auth)}", _line(auth))]
        if any(one.login and (one.response is None or one.response.status >= 400) for one in sent):
            return [Check("login", None, f"{auth.name} is not accepted either: {_said(answer)}")]
    return []


def _form_of(auth: Auth) -> str:
    calls = [f"{one.call.method} {one.call.path}" for one in auth.chain]
    sends = [f"{one.name}: {one.as_}" for one in auth.send if one.only is None]
    return f"{', '.join(calls)} with {' and '.join(sends) or 'its cookies'}" if calls else " and ".join(sends)


def _line(auth: Auth) -> str:
    """The line of the hints that makes an auth the server's."""
    if not auth.chain:
        one = auth.send[0]
        return f"auth: {flow({auth.name: {'kind': 'api_key', one.place: one.name, 'value': one.as_}})}"
    return f"auth: {flow({auth.name: auth_hint(auth)})}"


def _learnt(sessions: list[Session]) -> list[Check]:
    """What the API says of sessions that have ended, and how it takes tokens, where the hints do not say it."""
    forms = [replace(one.auth, send=one.sends) for one in sessions if one.sends != one.auth.send]
    return [
        *(Check("login", None, f"the API accepts {_form_of(auth)}", _line(auth)) for auth in forms),
        *(
            Check(
                "session",
                None,
                f"{one.auth.name}: the API says by {sign} that no user is logged in",
                describe_sign(sign, one),
            )
            for one in sessions
            for sign in one.signs.learnt()
        ),
    ]


def _urls(execution: Execution, server: Server) -> list[str]:
    found = []
    for base in server.bases:
        try:
            found.append(execution.base(base.name))
        except ToolError:
            continue
    return found


# -------------------------------------------------------------------------------------------------------- variables


def _variables(server: Server, environ: Mapping[str, str]) -> list[Check]:
    asked, wanted = _demanding(server, environ), demanded(server, environ)
    missing = [name for name in wanted if not environ.get(name, "").strip()]
    ways = [_unset(one, environ) for one in (*asked, *(_wanted(one, environ) for one in server.instead))]
    if missing and len(ways) > 1 and not all(ways):  # another way is open, and some tools may need no more
        return [Check("environment", None, f"not set: {', '.join(missing)}", "tools that need them cannot be called")]
    if missing:
        text = f"not set: {', '.join(missing)}"
        return [Check("environment", False, text, "set them; the server's README.md says what each is")]
    return [Check("environment", True, f"{', '.join(wanted)} set" if wanted else "nothing is needed")]


def _unserved(server: Server) -> Iterator[Check]:
    """The declared schemes for which nothing can be sent."""
    for auth in server.auth:
        if auth.kind == "unserved":
            fix = "write another way in as auth: in the hints, or client_cert under connection: for mutual TLS"
            yield Check("login", None, f"{auth.name} cannot be served: no credential is sent for it", fix)


def demanded(server: Server, environ: Mapping[str, str]) -> list[str]:
    """The variables without which calls of the server fail, by name: credentials, not its addresses."""
    demanding = replace(server, auth=tuple(_demanding(server, environ)), instead=())
    return sorted({one.name for one in needed_references(demanding) if one.kind == "env"})


def _demanding(server: Server, environ: Mapping[str, str]) -> list[Auth]:
    # What an auth can do without is no reason to stop; the read shows whether the API can.
    # Nor is a token to begin with where a chain fetches one, nor the chain where there is a token to begin with.
    return [_wanted(one, environ) for one in server.auth if not one.optional]


def _unset(auth: Auth, environ: Mapping[str, str]) -> list[str]:
    return [one.name for one in needed_references(auth) if one.kind == "env" and not environ.get(one.name, "").strip()]


def _wanted(auth: Auth, environ: Mapping[str, str]) -> Auth:
    if not auth.chain:
        return auth
    begins = {one.name for one in needed_references(auth.start) if one.kind == "env"}
    if begins and all(environ.get(name, "").strip() for name in begins):
        return replace(auth, chain=(), refresh=None)
    return replace(auth, start={})


# ---------------------------------------------------------------------------------------------------------- address


async def _address(execution: Execution, server: Server, name: str) -> list[Check]:
    label = f"address {name}".strip()
    try:
        url = urlsplit(execution.base(name))
    except ToolError as problem:
        return [Check(label, False, problem.text, "the base URL comes from the environment or server.base_url")]
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    shown = f"{url.scheme}://{host}:{port}{url.path}"
    if server.connection is not None and server.connection.proxy:
        return [Check(label, None, f"{shown}, through the egress proxy")]
    try:
        async with asyncio.timeout(_PATIENCE):
            places = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError):
        return [Check(label, False, f"the name {host} cannot be resolved", "check the base URL, DNS and the VPN")]
    checks = [Check(label, True, f"{shown}, {len(places)} addresses" if len(places) > 1 else shown)]
    began = time.monotonic()
    try:
        async with asyncio.timeout(_PATIENCE):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as problem:
        if isinstance(problem, TimeoutError):
            why = "in time"
        elif isinstance(problem, ConnectionRefusedError):
            why = "(connection refused)"
        else:
            why = f"({problem.strerror or type(problem).__name__})"
        text = f"nothing answers at {host}:{port} {why}"
        return [*checks, Check("connection", False, text, "check the port, firewalls and connection.proxy")]
    checks.append(Check("connection", True, f"{(time.monotonic() - began) * 1000:.0f} ms"))
    writer.close()
    # With certificates of its own the server makes its own connection; the read below shows how that goes.
    if url.scheme == "https" and (server.connection is None or not server.connection.ca):
        checks.append(await _handshake(host, port))
    return checks


async def _handshake(host: str, port: int) -> Check:
    try:
        async with asyncio.timeout(_PATIENCE):
            _, writer = await asyncio.open_connection(host, port, ssl=ssl.create_default_context())
    except ssl.SSLCertVerificationError as problem:
        fix = "trust its authority: connection: {ca: corp.pem}"
        return Check("TLS", False, f"the certificate is not trusted: {problem.verify_message}", fix)
    except (OSError, TimeoutError) as problem:
        if not_tls(str(problem)):
            fix = "the base URL must begin with http, or name the port that speaks https"
            return Check("TLS", False, "that port speaks plain http; it is not a matter of certificates", fix)
        return Check("TLS", False, f"the handshake failed ({type(problem).__name__})", "is it https at all?")
    tls = writer.get_extra_info("ssl_object")
    certificate = tls.getpeercert() or {}
    writer.close()
    left = (ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()) / 86400 if certificate else 0
    text = f"{tls.version()}, the certificate ends in {left:.0f} days"
    return Check("TLS", True if left > 14 else None, text)


# ------------------------------------------------------------------------------------------------------ the one call


def _kinds(engine: Engine, server: Server, wanted: str) -> list[list[Tool]]:
    """Tools that read with GET and need nothing, by their kind of security, the likeliest of each first: lists, and
    those that page. Kinds that log in come first."""
    tools = [one for one in server.tools if one.effect == "read" and (not wanted or one.name == wanted)]
    tools = [one for one in tools if all(call.method == "GET" for call in calls_of(one))]
    free = [one for one in tools if not (contract := engine.get(one.name)) or not contract.input_schema.get("required")]
    free.sort(
        key=lambda one: (not one.auth, one.page is None, isinstance(one.page, Unpaged), bool(one.steps), one.name)
    )
    kinds: dict[tuple[tuple[str, ...], bool, str], list[Tool]] = {}
    for one in free:
        base = one.call.base if one.call is not None else ""
        kinds.setdefault((one.auth, one.anonymous, base), []).append(one)
    return [found[:_TRIES] for found in list(kinds.values())[:_KINDS]]


def _wants_more(answer: Answer) -> bool:
    """Whether the API wants an input that its document does not require: another tool may show more."""
    return answer.is_error and answer.status in (400, 422)


def _said(answer: Answer) -> str:
    return next((one.text for one in answer.content if isinstance(one, Text)), "")


async def _called(engine: Engine, execution: Execution, server: Server, tool: Tool) -> tuple[Answer, list[_Sent]]:
    sent: list[_Sent] = []
    client = execution.client
    secrets = execution.scrubbing(tool, lambda: [one.name for one in server.auth], {})
    plain = client.send

    async def watched(request: Request, **more: Any) -> Response:
        path = urlsplit(request.url).path
        scrub = secrets()
        one = _Sent(request.method, scrub.text(unquote(path)), login_path(server, path))
        sent.append(one)
        try:
            one.response = await plain(request, **more) if one.login else await _unled(plain, request, more)
        except ToolError as problem:
            one.problem = scrub.text(problem.text)
            raise
        return one.response

    client.send = watched  # type: ignore[method-assign]
    arguments: dict[str, Json] = {"limit": 3} if tool.page is not None else {}
    try:
        return await engine.call(LOCAL, tool.name, arguments), sent
    finally:
        client.send = plain  # type: ignore[method-assign]


async def _unled(send: Callable[..., Awaitable[Response]], request: Request, more: Mapping[str, Any]) -> Response:
    """Send a read, and follow a redirect to the same path alone: where else an API leads is not known to be a read.

    Raises:
        Elsewhere: it leads to another path.
    """
    more = {**more, "keep": {*more.get("keep", ()), *MOVED}}
    response = await send(request, **more)
    target = urljoin(request.url, response.headers.get("location", "")) if response.status in MOVED else ""
    if not target:
        return response
    here, there = urlsplit(request.url), urlsplit(target)
    if (here[:2], here.path.rstrip("/")) != (there[:2], there.path.rstrip("/")):
        text = "The API redirects this read to another path. It was not followed."
        raise Elsewhere(text, status=response.status, target=target)
    request.url = target
    return await send(request, **more)


def _logins(server: Server, sent: list[_Sent]) -> list[Check]:
    checks = []
    for one in sent:
        if one.login:
            good = one.response is not None and one.response.status < 400
            fix = "" if good else "check the credentials, and auth: in the hints: what the login takes and where"
            checks.append(Check("login", good, one.text(), fix))
    if not checks and any(auth.chain for auth in server.auth):
        checks.append(Check("login", None, "was not needed: a session was there already, or the tool is public"))
    return checks


def _read(tool: Tool, answer: Answer, sent: list[_Sent]) -> list[Check]:
    own = [one for one in sent if not one.login]
    text = _said(answer)
    if answer.is_error:
        checks = [Check("read", None, one.text()) for one in own]
        return [*checks, Check("read", False, f"{tool.name}: {text}", _fix_for(own))]
    checks = [Check("read", True, f"{tool.name}: {one.text()}") for one in own]
    bodies = []
    for one in own:
        if one.response is not None and one.response.status < 400:
            try:
                bodies.append(one.response.json())
            except ToolError:
                continue
    raw = sum(len(one.response.content) for one in own if one.response is not None)
    checks.append(Check("answer", True, f"{raw:,} bytes from the API, {len(text.encode()):,} for the agent"))
    if lacking := missing_view_paths(tool, bodies):
        shown = ", ".join(lacking)
        fix = f"tools: {{{tool.name}: {{view: […]}}}}; adaptgen call shows all fields with fields='[\"*\"]'"
        checks.append(Check("answer", None, f"no record has {shown}, which the default view keeps", fix))
    return checks


def _fix_for(own: list[_Sent]) -> str:
    last = own[-1].response if own else None
    if last is None:
        return "nothing came back: see the address above"
    if last.status in (401, 403):
        return "the credentials are not accepted here: check them, and where auth: in the hints sends them"
    if last.status == 404:
        return "the path does not exist there: the base URL may lack a part of the path, or have too much of it"
    if last.content.lstrip()[:1] == b"<":
        return "a web page came: a login page or a proxy answers in the place of the API"
    return ""


def _clock(sent: list[_Sent]) -> list[Check]:
    for one in sent:
        date = email.utils.parsedate_to_datetime(_date(one)) if _date(one) else None
        if date is not None:
            off = date.timestamp() - time.time()
            if abs(off) > _SKEW:
                text = f"the API's clock is {abs(off):.0f} s {'ahead' if off > 0 else 'behind'}"
                return [Check("clock", None, text, "tokens may be taken for expired: set the clock of this machine")]
            return []
    return []


def _date(one: _Sent) -> str:
    given = one.response.headers.get("date", "") if one.response is not None else ""
    try:
        email.utils.parsedate_to_datetime(given)
    except (TypeError, ValueError):
        return ""
    return given
