"""Sessions: log in once for everybody, renew in time, remember what must outlive the process.

A session has a *generation*, which grows with each renewal. A caller that was refused says with which generation; if
another call has renewed since, nothing more is done. A renewal runs in a task of its own: a caller that gives up does
not tear down the login, and with it a refresh token that can be used once.

A session that is kept for other processes too is renewed by one of them at a time, which marks it *in doubt* before it
sends a token that may be used once. A process that finds the mark knows that a holder was killed in between, and logs
in anew where it can.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from adaptgen.model.frozen import lazy
from adaptgen.model.tables import LOCAL, Auth, Caller, Json, Login, Send
from adaptgen.runtime.auth import expiry
from adaptgen.runtime.auth.caller_templates import describe_caller, saved_names
from adaptgen.runtime.auth.credentials_in_requests import add_credentials, other_forms, select_sends
from adaptgen.runtime.auth.login_attempts import WINDOW, LoginRefused, describe_wait
from adaptgen.runtime.auth.login_call import TRANSIENT, LoginCall, LoginResult, placeholders_of, references_of
from adaptgen.runtime.auth.session_files import LeaseLost, SessionStore
from adaptgen.runtime.auth.session_store import LEASE
from adaptgen.runtime.auth.shared_context import SessionContext
from adaptgen.runtime.auth.signer import Signer
from adaptgen.runtime.aws.credentials import Missing
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.caches import SingleFlight, margin
from adaptgen.runtime.http.expected_answer import LEAST
from adaptgen.runtime.http.logged_out import Signs
from adaptgen.runtime.http.request import Request
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.store.protocol import StoreError
from adaptgen.syntax.templates import Reference, fill, placeholders, references
from adaptgen.syntax.token_names import FIND_CSRF, is_csrf

COOL = 900.0
"""Seconds that an API can ask for at most between two attempts."""
_WHO = lazy(r"(?i)(^|_)(user(_?name)?|login|e?mail|client_?id|tenant|account|region|url|host)$")
_REFUSED = 3600.0
"""Seconds for which other processes do not try credentials that the API refused."""
_CALLERS = 7 * 86400.0
"""Seconds for which the session of one caller is kept in a store."""


class Session:
    """What one :class:`~adaptgen.model.tables.Auth` has got by logging in, for everybody or (``per="caller"``) for
    one."""

    def __init__(self, auth: Auth, common: SessionContext, caller: Caller = LOCAL, key: str = "") -> None:
        self.auth = auth
        self.generation = 0
        self.obtained = 0.0
        """When what requests send was obtained, or taken over, on the clock of this process."""
        self._fresh = 0
        self._common = common
        self._credentials = common.credentials
        self._key = key
        self._saved: dict[str, Json] = {}
        self._cookies: dict[str, str] = {}
        self._live: tuple[dict[str, Json], dict[str, str]] = ({}, {})
        self._ends: tuple[float, float] | None = None
        self._active = False
        self._stamp = ""
        self._kept: SessionStore | None = None
        self._doubt = False
        self._unsaved = False
        self._stored = ""
        self._renewals: SingleFlight[int, None] = SingleFlight()
        self._failed: tuple[str, ToolError] | None = None
        self._cool: tuple[float, ToolError] | None = None
        self._personal = auth.per == "caller"
        exchange = auth.kind == "exchange"
        self._about: Mapping[str, Any] = describe_caller(caller) if self._personal else {}
        self._subject: Mapping[str, Any] = describe_caller(caller, token=True) if exchange else self._about
        self._signer = Signer(auth.sign, common, caller, self._about) if auth.sign is not None else None
        self._hidden = [caller.token] if exchange and caller.token else []
        self._pairs: list[str] = []  # name and password as HTTP Basic sends them
        self._sent = self._own(placeholders([send.as_ for send in auth.send]))
        logins = (*auth.chain, *((auth.refresh,) if auth.refresh else ()))
        self._searched = {
            name: source for login in auth.chain for name, source in login.save.items() if source.startswith("find:")
        }
        self._single_use = auth.refresh is not None and bool(placeholders_of(auth.refresh) & auth.refresh.save.keys())
        own = [*auth.start.values(), *(send.as_ for send in auth.send)]
        own += [auth.sign.region, auth.sign.role] if auth.sign is not None else []
        self.references = references(own).union(*map(references_of, logins))
        self._secret = [one for one in self.references if not _WHO.search(one.name)]
        self._start_references = references(list(auth.start.values()))
        renewing = placeholders_of(auth.refresh) if auth.refresh is not None else frozenset()
        self._renewing = self._own(renewing) - self._sent
        self._chain_references = references([send.as_ for send in auth.send]).union(*map(references_of, auth.chain))
        self._attempt = self._login_call(tuple(self.variables()), self.secrets)
        self._began_with: dict[str, Json] = {}
        self.signs = Signs()
        caller_token = hashlib.sha256(caller.token.encode()).hexdigest() if self._hidden and caller.token else ""
        self._credential_of = f"{auth.name} {key} {caller_token}"

    def __repr__(self) -> str:
        return f"Session({self.auth.name!r}, generation={self.generation})"

    @property
    def _shares(self) -> bool:
        """Whether other processes know what this one obtains."""
        return self.auth.store != "memory"

    @property
    def connection(self) -> str:
        """Which account of the caller's own it holds: the same through renewals, another one for each account that is
        connected. "" where it holds none."""
        return ""

    @property
    def logs_in(self) -> bool:
        """Whether there is anything that can be renewed; a static credential has nothing."""
        return bool(self.auth.chain or self.auth.refresh)

    @property
    def renews(self) -> bool:
        """Whether it can be renewed now, without asking anybody."""
        return self.logs_in

    # ------------------------------------------------------------------------------------------------------- using

    async def ready(self, *, optional: bool = False) -> int:
        """Log in or renew where that is due. The generation that requests are sent with; -1 for "without", which is
        what is done without credentials where they are ``optional``.

        Raises:
            ToolError: a credential is missing or refused; nothing of the call was sent.
        """
        optional = optional or self.auth.optional
        if not self.logs_in:
            if optional and not self.auth.optional and self._credentials.missing(self.references):
                return -1
            if not self.auth.optional:
                await self._credentials.prepare(self.references, f"{self.auth.name!r} needs")
            if self.auth.start and not self._saved:
                self._saved = self._started()
                self._live = (self._saved, {})
            return 0
        if self._usable():
            return self.generation
        if optional and not self._active and not self.equipped():
            return -1
        await self.renew(self.generation)
        return self.generation

    def equipped(self) -> bool:
        """Whether there is anything to log in with: the credentials of the login, or what a session begins with."""
        credentials = self._credentials
        if not self.auth.optional and self.auth.chain and not credentials.missing(self._chain_references):
            return True
        if self.auth.start and not credentials.missing(self._start_references):
            return True
        return not credentials.missing(self.references)

    def _usable(self) -> bool:
        if not self._active or self._ends is None:
            return self._active
        ends, lifetime = self._ends
        return time.time() < ends - margin(lifetime)

    def may_have_expired(self) -> bool:
        """Whether the token may have ended: more than half of its lifetime is over. Its end is known to a second at
        best (``exp`` and ``Date`` are whole seconds), and later by as much as its login was slow."""
        if self._ends is None:
            return False
        ends, lifetime = self._ends
        return time.time() >= ends - lifetime / 2

    def fresh(self, generation: int) -> bool:
        """Whether what ``generation`` stands for was got here, and not taken over from another process."""
        return generation == self._fresh

    def may_go(self, url: str) -> None:
        """Nothing where what this session is made of may be used at ``url``.

        Raises:
            ToolError: nobody has named the address for it.
        """
        self._common.destinations.check(self.references, url)

    def apply(self, request: Request) -> None:
        """Put the credentials into a request."""
        self.may_go(request.url)
        live, cookies = self._live
        scope = {**live, **self._about}
        add_credentials(request, self._found(self.sends, live), scope, self._credentials, optional=self.auth.optional)
        request.cookies += [f"{name}={value}" for name, value in cookies.items()]
        pairs = [request.headers.get(send.name, "").partition(" ")[2] for send in self.auth.send if send.basic]
        self._pairs = [one for one in pairs if one]

    def _found(self, sends: Iterable[Send], saved: Mapping[str, Json]) -> tuple[Send, ...]:
        """``sends`` without those of values that were looked for and are not there."""
        lacking = self._searched.keys() - saved.keys()
        return tuple(one for one in sends if not (lacking and lacking & placeholders(one.as_)))

    async def sign(self, request: Request) -> None:
        """Sign a request that has everything else already.

        Raises:
            ToolError: AWS has no keys, or the caller lacks a claim of the session tags.
        """
        if self._signer is not None:
            await self._signer.sign(request)

    def try_other_form(self, generation: int) -> bool:
        """Send the token of a login in ``Authorization`` with ``Bearer`` where it went without, or without, as long as
        nobody knows in this process what the API accepts. Whether there is another form."""
        if self.auth.name in self._common.forms or not self.auth.chain or generation < 0:
            return False
        sends = next(other_forms(self.auth.send), None)
        if sends is not None:
            self._common.forms[self.auth.name] = sends
        return sends is not None

    def settle_form(self, *, accepted: bool) -> None:
        """Keep the form of the token that was sent where it was accepted, else the declared one."""
        if accepted:
            self._common.forms.setdefault(self.auth.name, self.auth.send)
        else:
            self._common.forms[self.auth.name] = self.auth.send

    @property
    def sends(self) -> tuple[Send, ...]:
        """Where the credentials go in a request, as far as this process knows."""
        return self._common.forms.get(self.auth.name, self.auth.send)

    def absorb(self, response: Response) -> None:
        """Servers roll their session cookies with any answer: keep the new values of the cookies that are kept."""
        for name, value in response.cookies.items():
            if value and (before := self._live[1].get(name)):
                self._live[1][name] = self._cookies[name] = value
                for csrf, source in self._searched.items():
                    # A cookie next to another token is its secret, not the token.
                    if source == FIND_CSRF and is_csrf(name) and self._live[0].get(csrf) == unquote(before):
                        self._live[0][csrf] = self._saved[csrf] = unquote(value)

    def held(self) -> tuple[dict[str, Json], dict[str, str]]:
        """What requests send now: the saved values, and the cookies."""
        live, cookies = self._live
        return dict(live), dict(cookies)

    def hold(self, saved: Mapping[str, Json]) -> None:
        """Send these values from here on, in addition to what a login saved: they were found in its answer."""
        self._saved |= saved
        self._go_live()

    def secrets(self) -> list[str]:
        """Every value that must not be shown."""
        live, cookies = self._live
        held = [one for one in (*self._saved.values(), *live.values()) if isinstance(one, str)]
        held += [*self._cookies.values(), *cookies.values(), *self._hidden, *self._pairs]
        if self._signer is not None:
            held += self._signer.secrets()
        return [*held, *self._credentials.values(self.references)]

    def tokens(self) -> list[str]:
        """The values that prove who is calling, which no answer may show: tokens, cookies, keys and passwords, but not
        who logs in."""
        live, cookies = self._live
        held = [live.get(name) or self._saved.get(name) for name in (*self._sent, *self._renewing)]
        held += [*self._cookies.values(), *cookies.values(), *self._hidden, *self._pairs]
        held += self._signer.secrets() if self._signer is not None else []
        held += self._credentials.values(self._secret)
        return [one for one in held if isinstance(one, str) and len(one) >= LEAST and not one.isdigit()]

    def sent(self, request: Request) -> list[str]:
        """The variables whose values this request carries; those that it could carry where none is set."""
        optional = self.auth.optional
        sends = select_sends(self.auth.send, request, self._credentials, optional=optional) or self.auth.send
        found = references([send.as_ for send in sends])
        if self.logs_in and not found:
            began = bool(self._began_with) and all(self._saved.get(k) == v for k, v in self._began_with.items())
            found = self._start_references if began else self._chain_references
        return sorted({one.name if one.kind == "env" else str(one) for one in found or self.references})

    def variables(self) -> list[str]:
        """The names behind the credentials, to show where to look."""
        named = {one.name if one.kind == "env" else str(one) for one in self.references}
        return sorted(named)

    async def reread(self) -> bool:
        """Ask AWS again for a static credential that was refused; whether it is another one now."""
        before = self._credentials.fingerprint(self.references)
        if not self._credentials.forget():
            return False
        await self._credentials.prepare([one for one in self.references if one.kind != "env"], "")
        return self._credentials.fingerprint(self.references) != before

    # ----------------------------------------------------------------------------------------------------- renewing

    async def renew(self, generation: int) -> None:
        """Renew once for everybody who was refused with ``generation``; nothing if that is over already.

        Raises:
            ToolError: logging in failed; the text names the variables, never their values.
        """
        if self.generation != generation:
            return
        await self._renewals.run(0, self._renew)

    async def settle(self) -> None:
        """Wait for a renewal under way."""
        await self._renewals.settle()

    async def _renew(self) -> None:
        if not self._shares:
            self._cooled()
            await self._obtain()
            return
        await self._credentials.prepare([one for one in self._start_references if one.kind != "env"], "")
        kept = self._kept = self._kept or self._opened()
        ends = time.monotonic() + self._common.client.timeout + (0 if self.auth.store == "file" else LEASE)
        pause = 0.02
        while True:
            try:
                if await self._adopt(kept):
                    return
                self._cooled()
                if await kept.acquire():
                    await self._held(kept)
                    return
                problem = "Another process has been renewing the session for too long. Try again."
            except StoreError as away:
                problem = f"The session cannot be shared: {away}. Try again later."
            except LeaseLost:  # it was held for too long; what the other process wrote is used
                problem = "Another process renews the session again and again. Try again."
            if time.monotonic() > ends:
                raise ToolError(problem)
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
            pause = min(pause * 1.5, 0.2)

    async def _held(self, kept: SessionStore) -> None:
        try:
            if await self._adopt(kept):
                return
            self._told(await kept.failure())
            await self._obtain()
        finally:
            await kept.release()

    def _told(self, why: Mapping[str, Json] | None) -> None:
        """Another process was refused, or told to wait: what it learnt counts here too.

        Raises:
            ToolError: its error.
        """
        if why is None:
            return
        problem = ToolError(
            str(why.get("text")),
            status=why.get("status"),
            retry_after=why.get("retry_after"),
            unreachable=why.get("unreachable") is True,
        )
        if why.get("retry_after"):
            raise problem
        if why.get("credentials") == self._credentials.fingerprint(self.references):
            self._failed = (str(why["credentials"]), problem)
            raise problem.reworded(problem.text)

    async def _tell(self, problem: ToolError, seconds: float, **more: Json) -> None:
        if self._kept is not None:
            try:
                told = {"text": problem.text, "status": problem.status, "unreachable": problem.unreachable}
                await self._kept.fail({**told, **more}, seconds)
            except StoreError:
                pass  # the others find out for themselves

    def _cooled(self) -> None:
        """A login that was refused is not tried again with the same credentials, a busy API not before its time."""
        now = self._common.attempts.now()
        if self._cool is not None and now < self._cool[0] <= now + WINDOW:
            raise _later(self._cool[1], self._cool[0] - now)
        if self._failed is not None and self._failed[0] == self._credentials.fingerprint(self.references):
            raise self._failed[1].reworded(self._failed[1].text)
        if wait := self._common.attempts.wait(self.credential()):
            text = f"The login of {self.auth.name!r} failed before, with the same credentials. Nothing was sent."
            raise _later(ToolError(text, status=429), wait)

    def credential(self) -> str:
        """What attempts are counted by."""
        return hashlib.sha256(
            f"{self._credential_of} {self._credentials.fingerprint(self.references)}".encode()
        ).hexdigest()

    async def _obtain(self) -> None:
        for again in (True, False):
            try:
                await self._try()
                return
            except Missing:
                raise
            except ToolError as problem:
                if problem.status is None:
                    raise  # it was not reached
                if not _final(problem):
                    wait = self._pause(problem)
                    self._cool = (self._common.attempts.now() + wait, problem)
                    await self._tell(problem, wait, retry_after=wait)
                    raise _later(problem, wait) from None
                if again and await self.reread():  # a secret may have been rotated since it was read
                    continue
                self._common.attempts.failed(self.credential())
                self._failed = (self._credentials.fingerprint(self.references), problem)
                await self._tell(problem, _REFUSED, credentials=self._failed[0])
                raise

    async def _try(self) -> None:
        """Start values, else refresh, else the chain."""
        if not (await self._begun() or await self._refreshed()):
            await self._log_in()

    async def _begun(self) -> bool:
        """Whether the session could begin with a token that was set."""
        auth = self.auth
        fresh = (not self._saved and not self._active) or self._changed()
        if not (fresh and auth.start and (not auth.chain or not self._credentials.missing(self._start_references))):
            return False
        await self._credentials.prepare(self._start_references, f"{auth.name!r} starts with")
        self._saved = self._started()
        self._began_with = dict(self._saved)
        needed = {name for name in self._sent if self._searched.get(name) != FIND_CSRF}
        if not ((needed and needed <= self._saved.keys()) or await self._went_on()):
            return False
        await self._done()
        return True

    async def _refreshed(self) -> bool:
        """Whether the session could be refreshed."""
        auth = self.auth
        if auth.refresh is None or not self._can(auth.refresh) or (self._doubt and auth.chain):
            return False
        await self._credentials.prepare(references_of(auth.refresh), f"{auth.name!r} is renewed with")
        try:
            await self._refresh(auth.refresh)
            return True
        except ToolError as problem:
            if problem.status is None or (not _final(problem) and not auth.chain):
                raise
            self._forget_refresh(auth.refresh)
            if not auth.chain:
                self._saved, self._active = {}, False  # a new start value begins anew
                raise
            return False

    async def _log_in(self) -> None:
        """Run the chain.

        Raises:
            ToolError: there is no chain, it lacks a credential, or the API refused one.
        """
        auth = self.auth
        if not auth.chain:
            names = " and ".join(self.variables()) or "the hints"
            raise ToolError(f"The session {auth.name!r} has ended and nothing can renew it; see {names}.", status=401)
        missing = self._credentials.missing(self._chain_references)
        if missing and self._began_with and not self._credentials.missing(self._start_references):
            began = " and ".join(sorted(one.name for one in self._start_references))
            raise LoginRefused(
                f"The API did not accept the token of {began}. Set one that is valid, or "
                f"{' and '.join(missing)} to log in.",
                status=401,
                final=True,
            )
        await self._credentials.prepare(self._chain_references, f"{auth.name!r} logs in with")
        self._active, self._ends = False, None
        self._saved = {name: value for name, value in self._saved.items() if name in auth.start}
        self._cookies = {}
        wanted = self._wanted()
        for login in auth.chain:
            await self._login(login, wanted, last=login is auth.chain[-1])
        self._common.attempts.succeeded(self.credential())
        await self._done()

    def _changed(self) -> bool:
        """Whether another token was set to begin with since."""
        if not self._began_with or not self.auth.chain or self._credentials.missing(self._start_references):
            return False
        return self._started() != self._began_with

    async def _went_on(self) -> bool:
        """A token to begin with stands for the call that would get it; the rest of the chain (a CSRF token) is run."""
        done = [one for one in self.auth.chain if one.save and one.save.keys() <= self._saved.keys()]
        rest = [one for one in self.auth.chain if one not in done]
        needed = frozenset[Reference]().union(*map(references_of, rest))
        if not done or self.auth.chain[0] not in done or self._credentials.missing(needed):
            return False
        await self._credentials.prepare(needed, f"{self.auth.name!r} needs")
        try:
            for login in rest:
                await self._login(login, self._wanted(), last=login is rest[-1])
        except LoginRefused:
            if self._credentials.missing(self._chain_references):
                raise
            return False
        return True

    def _started(self) -> dict[str, Json]:
        return {name: fill(value, {}, self._credentials.resolve) for name, value in self.auth.start.items()}

    def _can(self, login: Login) -> bool:
        """Whether the session holds every value that this call sends."""
        wanted = self._own(placeholders_of(login))
        return bool(wanted) and all(self._saved.get(name.partition(".")[0], self._saved.get(name)) for name in wanted)

    async def _refresh(self, login: Login) -> None:
        if self._single_use and self._kept is not None:
            await self._keep(doubt=True)
        then = [again for again in self.auth.chain if again.id in self.auth.then]
        await self._login(login, self._sent, last=not then)
        for again in then:
            await self._login(again, self._wanted(), last=again is then[-1])
        self._common.attempts.succeeded(self.credential())
        await self._done()

    def _forget_refresh(self, login: Login) -> None:
        for name in placeholders_of(login) - self._sent:
            self._saved.pop(name, None)

    def _wanted(self) -> frozenset[str]:
        """The saved values that something sends; without one of them a login is worth nothing."""
        logins = frozenset[str]().union(*map(placeholders_of, self.auth.chain))
        return self._own(logins) | self._sent

    def _own(self, names: Iterable[str]) -> frozenset[str]:
        """The saved values among the names of templates."""
        return saved_names(names) if self._personal else frozenset(names)

    async def _done(self) -> None:
        self._active = True
        await self._keep()
        self._go_live()
        self._failed = self._cool = None
        self._count()
        self._fresh = self.generation

    def _count(self) -> None:
        self.generation += 1
        self.obtained = time.monotonic()

    def _go_live(self) -> None:
        """From here on requests send these values; while a login runs they send the last complete ones."""
        self._live = (dict(self._saved), dict(self._cookies))

    # ----------------------------------------------------------------------------------------------------- one call

    def _login_call(self, variables: tuple[str, ...], secrets: Callable[[], list[str]]) -> LoginCall:
        common = self._common
        return LoginCall(
            self.auth.name, variables, common.credentials, common.client, secrets, self._may_log_in, common.client_forms
        )

    def _may_log_in(self, login: Login, url: str) -> None:
        self._common.destinations.check(references_of(login) | self.references, url)

    async def _login(self, login: Login, wanted: Iterable[str], *, last: bool) -> None:
        """One call of the chain; what it saves is stored before anything uses it (of the ``last`` one, when done)."""
        if self.auth.kind == "exchange" and not self._hidden:
            raise ToolError("The caller came without an access token that could be exchanged. Nothing was sent.")
        scope = {**self._saved, **self._subject}
        sent = replace(login, send=self._found(login.send, scope))
        got = await self._attempt.run(sent, self._common.address(login.call.base), scope, self._cookies)
        if self._common.observe is not None:
            self._common.observe(login, got.response)
        for name in login.save:
            lacks = name in wanted and name not in got.found and name not in self._searched
            if lacks and (login is self.auth.refresh or name not in self._saved):
                raise self._attempt.without(login, name, got.response)
        self._saved |= self._taken(got)
        self._cookies |= got.cookies
        tokens = [got.found[name] for name in self._sent if name in got.found]
        ends = expiry.find_end(login.expires, got.response, tokens)
        if ends is not None or tokens:
            self._ends = ends
        self._stamp = secrets.token_hex(8)
        self._doubt = False
        if not last:
            await self._keep(complete=False)

    def _taken(self, got: LoginResult) -> Mapping[str, Json]:
        """What is kept of the answer of a login.

        Raises:
            ToolError: nothing of it can be used.
        """
        return got.found

    def _pause(self, problem: ToolError) -> float:
        """Note an attempt that failed for another reason than its credentials; seconds until the next one."""
        wait = self._common.attempts.failed(self.credential())
        return max(wait, min(problem.retry_after or 0.0, COOL))

    # ------------------------------------------------------------------------------------------------------- keeping

    def _opened(self) -> SessionStore:
        auth, common = self.auth, self._common
        logins = (*auth.chain, *((auth.refresh,) if auth.refresh else ()))
        parts = [common.server, auth.name, common.address(str(logins[0].call.base))]
        parts += [self._credentials.fingerprint(self._start_references), *([self._key] if self._key else [])]
        key = "\n".join(parts)
        if auth.store == "file" or (auth.store == "state" and common.shared is None):
            return common.files.file(f"{common.server}-{auth.name}", key)
        if common.shared is None:
            raise ToolError(f"The session {auth.name!r} needs a {auth.store} store; set ADAPTGEN_STORE_URL.")
        return common.shared.state(key, _CALLERS if self._personal else None)

    async def _adopt(self, kept: SessionStore) -> bool:
        """Take over what another process, or an earlier one, has stored. Whether it can be used as it is."""
        return self._take_over(await kept.read())

    def _take_over(self, stored: Mapping[str, Json] | None) -> bool:
        if not stored or not isinstance(stored.get("saved"), dict) or stored.get("stamp") is None:
            # Where everything is gone, nobody knows whether our own single-use token was used since.
            self._doubt = self._doubt or (self._single_use and bool(self._stamp) and not self._unsaved)
            return False
        if self._unsaved and stored["stamp"] == self._stored:
            return False  # ours is the newer one, which could not be written
        self._stored = str(stored["stamp"])
        self._doubt = bool(stored.get("doubt"))
        if stored["stamp"] == self._stamp:
            return False
        self._saved = dict(stored["saved"])
        self._cookies = dict(stored.get("cookies") or {})
        ends = stored.get("ends")
        self._ends = (float(ends[0]), float(ends[1])) if isinstance(ends, list) and len(ends) == 2 else None
        self._stamp = str(stored["stamp"])
        self._unsaved = False
        self._active = bool(stored.get("complete"))
        if self._active:
            self._go_live()
        if self._usable():
            self._count()
            return True
        return False

    async def _keep(self, *, complete: bool = True, doubt: bool = False) -> None:
        if self._kept is None:
            return
        self._unsaved = self._unsaved or not doubt
        await self._kept.write(self._to_keep(complete=complete, doubt=doubt))
        self._unsaved, self._stored = False, self._stamp

    def _to_keep(self, *, complete: bool, doubt: bool) -> dict[str, Json]:
        return {
            "auth": self.auth.name,
            "stamp": self._stamp,
            "complete": complete,
            "doubt": doubt,
            "saved": self._saved,
            "cookies": self._cookies,
            "ends": list(self._ends) if self._ends else None,
        }


def _final(problem: ToolError) -> bool:
    """Whether trying the same credentials again does not help."""
    return problem.final if isinstance(problem, LoginRefused) else problem.status not in TRANSIENT


def _later(problem: ToolError, wait: float) -> ToolError:
    """``problem`` of a login, with when it is tried again."""
    text = f"{problem.text} The login is tried again {describe_wait(wait)}, not before."
    return ToolError(text, status=problem.status, retry_after=wait, unreachable=problem.unreachable)
