"""Sessions: log in once for everybody, renew in time, remember what must outlive the process.

A session has a *generation*, which grows with each renewal. Whoever was refused says with which generation; if another
call has renewed since, nothing more is done. A renewal runs in a task of its own: a caller that gives up does not
tear down the login, and with it a refresh token that can be used once.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from adaptgen.model import Auth, Json, Login
from adaptgen.references import fill, placeholders, references
from adaptgen.runtime import expiry
from adaptgen.runtime.credentials import Credentials, Missing
from adaptgen.runtime.errors import ToolError
from adaptgen.runtime.http import Client
from adaptgen.runtime.login import TRANSIENT, Attempt, placeholders_of, references_of
from adaptgen.runtime.request import Request
from adaptgen.runtime.response import Response
from adaptgen.runtime.sending import apply
from adaptgen.runtime.state import StateFile

Address = Callable[[str], str]
"""From the name of a base to its URL."""

_COOL = 300.0


class Session:
    """What one :class:`~adaptgen.model.Auth` has got by logging in."""

    def __init__(
        self, auth: Auth, credentials: Credentials, client: Client, address: Address, state: Path, server: str
    ) -> None:
        self.auth = auth
        self.generation = 0
        self._credentials = credentials
        self._client = client
        self._address = address
        self._state = state
        self._server = server
        self._saved: dict[str, Json] = {}
        self._cookies: dict[str, str] = {}
        self._live: tuple[dict[str, Json], dict[str, str]] = ({}, {})
        self._ends: tuple[float, float] | None = None
        self._active = False
        self._stamp = ""
        self._file: StateFile | None = None
        self._opened = False
        self._task: asyncio.Task[None] | None = None
        self._failed: tuple[str, ToolError] | None = None
        self._cool: tuple[float, ToolError] | None = None
        self._sent = placeholders([send.as_ for send in auth.send])
        logins = (*auth.chain, *((auth.refresh,) if auth.refresh else ()))
        self.references = frozenset(
            references(list(auth.start.values())) | references([send.as_ for send in auth.send])
        ).union(*map(references_of, logins))
        self._start_references = references(list(auth.start.values()))
        self._chain_references = references([send.as_ for send in auth.send]).union(*map(references_of, auth.chain))

        names = self.variables()
        look = f"Check {' and '.join(names)}." if names else "Check the hints of this login."
        self._attempt = Attempt(auth.name, look, credentials, client, self.secrets)

    def __repr__(self) -> str:
        return f"Session({self.auth.name!r}, generation={self.generation})"

    @property
    def logs_in(self) -> bool:
        """Whether there is anything that can be renewed; a static credential has nothing."""
        return bool(self.auth.chain or self.auth.refresh)

    # ------------------------------------------------------------------------------------------------------- using

    async def ready(self) -> int:
        """Log in or renew where that is due. The generation that requests are sent with; -1 for "without".

        Raises:
            ToolError: a credential is missing or refused; nothing of the call was sent.
        """
        if not self.logs_in:
            if not self.auth.optional:
                await self._credentials.prepare(self.references, f"{self.auth.name!r} needs")
            if self.auth.start and not self._saved:
                self._saved = self._started()
                self._live = (self._saved, {})
            return 0
        if self._usable():
            return self.generation
        if self.auth.optional and self._credentials.missing(self.references) and not self._active:
            return -1
        if not self._opened and self.auth.store == "file":
            await self._credentials.prepare([one for one in self._start_references if one.kind != "env"], "")
            if self._open() and self._usable():
                return self.generation
        await self.renew(self.generation)
        return self.generation

    def _usable(self) -> bool:
        if not self._active or self._ends is None:
            return self._active
        ends, lifetime = self._ends
        return time.time() < ends - expiry.margin(lifetime)

    def expired(self) -> bool:
        """Whether the token is known to have ended."""
        return self._ends is not None and time.time() >= self._ends[0]

    def apply(self, request: Request) -> None:
        """Put the credentials into a request."""
        saved, cookies = self._live
        apply(request, self.auth.send, saved, self._credentials, optional=self.auth.optional)
        request.cookies += [f"{name}={value}" for name, value in cookies.items()]

    def absorb(self, response: Response) -> None:
        """Servers roll their session cookies with any answer: keep the new values of the cookies that are kept."""
        for name, value in response.cookies.items():
            if value and name in self._live[1]:
                self._live[1][name] = self._cookies[name] = value

    def secrets(self) -> list[str]:
        """Every value that must not be shown."""
        live, cookies = self._live
        saved = [one for one in (*self._saved.values(), *live.values()) if isinstance(one, str)]
        return [*saved, *self._cookies.values(), *cookies.values(), *self._credentials.values(self.references)]

    def variables(self) -> list[str]:
        """The names behind the credentials, to tell a person where to look."""
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
        if self._task is None or self._task.done() or self._task.get_loop() is not asyncio.get_running_loop():
            self._task = asyncio.create_task(self._renew())
            self._task.add_done_callback(_retrieved)
        await asyncio.shield(self._task)

    async def settle(self) -> None:
        """Wait for a renewal under way."""
        if self._task is not None and not self._task.done() and self._task.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([self._task])

    async def _renew(self) -> None:
        self._cooled()
        if self.auth.store == "file":
            self._open()
            assert self._file is not None
            async with self._file.lock(self._client.timeout):
                if not self._adopt():
                    await self._obtain()
        else:
            await self._obtain()

    def _cooled(self) -> None:
        """A login that was refused is not tried again with the same credentials, a busy API not before its time."""
        if self._cool is not None and time.monotonic() < self._cool[0]:
            raise _copy(self._cool[1])
        if self._failed is not None and self._failed[0] == self._credentials.fingerprint(self.references):
            raise _copy(self._failed[1])

    async def _obtain(self) -> None:
        try:
            await self._try()
        except Missing:
            raise
        except ToolError as problem:
            if problem.status in TRANSIENT:
                if problem.retry_after:
                    self._cool = (time.monotonic() + min(problem.retry_after, _COOL), problem)
                raise
            if problem.status is None:
                raise
            if await self.reread():  # a secret may have been rotated since it was read
                await self._try()
                return
            self._failed = (self._credentials.fingerprint(self.references), problem)
            raise

    async def _try(self) -> None:
        """Start values, else refresh, else the chain."""
        auth = self.auth
        fresh = not self._saved and not self._active
        if fresh and auth.start and (not auth.chain or not self._credentials.missing(self._start_references)):
            await self._credentials.prepare(self._start_references, f"{auth.name!r} starts with")
            self._saved = self._started()
            if self._sent and self._sent <= self._saved.keys():
                self._done()
                return
        if auth.refresh is not None and self._can(auth.refresh):
            await self._credentials.prepare(references_of(auth.refresh), f"{auth.name!r} is renewed with")
            try:
                await self._refresh(auth.refresh)
                return
            except ToolError as problem:
                if problem.status is None or (problem.status in TRANSIENT and not auth.chain):
                    raise
                self._forget_refresh(auth.refresh)
                if not auth.chain:
                    self._saved, self._active = {}, False  # a new start value begins anew
                    raise
        if not auth.chain:
            names = " and ".join(self.variables()) or "the hints"
            raise ToolError(f"The session {auth.name!r} has ended and nothing can renew it; see {names}.", status=401)
        await self._credentials.prepare(self._chain_references, f"{auth.name!r} logs in with")
        self._active, self._ends = False, None
        self._saved = {name: value for name, value in self._saved.items() if name in auth.start}
        self._cookies = {}
        wanted = self._wanted()
        for login in auth.chain:
            await self._login(login, wanted)
        self._done()

    def _started(self) -> dict[str, Json]:
        return {name: fill(value, {}, self._credentials.resolve) for name, value in self.auth.start.items()}

    def _can(self, login: Login) -> bool:
        """Whether the session holds every value that this call sends."""
        wanted = placeholders_of(login)
        return bool(wanted) and all(self._saved.get(name.partition(".")[0], self._saved.get(name)) for name in wanted)

    async def _refresh(self, login: Login) -> None:
        await self._login(login, self._sent)
        for again in self.auth.chain:
            if again.id in self.auth.then:
                await self._login(again, self._wanted())
        self._done()

    def _forget_refresh(self, login: Login) -> None:
        for name in placeholders_of(login) - self._sent:
            self._saved.pop(name, None)

    def _wanted(self) -> frozenset[str]:
        """The saved values that something sends; without one of them a login is worth nothing."""
        logins = frozenset[str]().union(*map(placeholders_of, self.auth.chain))
        return logins | self._sent

    def _done(self) -> None:
        self._active = True
        self._go_live()
        self._failed = self._cool = None
        self.generation += 1
        self._keep()

    def _go_live(self) -> None:
        """From here on requests send these values; while a login runs they send the last complete ones."""
        self._live = (dict(self._saved), dict(self._cookies))

    # ----------------------------------------------------------------------------------------------------- one call

    async def _login(self, login: Login, wanted: Iterable[str]) -> None:
        """One call of the chain; what it saves is stored before anything uses it."""
        got = await self._attempt.run(login, self._address(login.call.base), self._saved, self._cookies)
        for name in login.save:
            if name in wanted and name not in got.found and (login is self.auth.refresh or name not in self._saved):
                raise self._attempt.without(login, name, got.response)
        self._saved |= got.found
        self._cookies |= got.cookies
        tokens = [got.found[name] for name in self._sent if name in got.found]
        ends = expiry.ends(login.expires, got.response, tokens)
        if ends is not None or tokens:
            self._ends = ends
        self._stamp = secrets.token_hex(8)
        self._keep(complete=False)

    # ------------------------------------------------------------------------------------------------------- keeping

    def _open(self) -> bool:
        """Read the state file once; whether it held a session."""
        if self.auth.store != "file":
            return False
        if self._file is None:
            parts = [self._server, self.auth.name, self._address(self._base())]
            parts.append(self._credentials.fingerprint(self._start_references))
            self._file = StateFile(self._state, f"{self._server}-{self.auth.name}", "\n".join(parts))
        if self._opened:
            return False
        self._opened = True
        return self._adopt()

    def _base(self) -> str:
        logins = (*self.auth.chain, *((self.auth.refresh,) if self.auth.refresh else ()))
        return str(logins[0].call.base)

    def _adopt(self) -> bool:
        """Take over what another process, or an earlier one, has stored. Whether it can be used as it is."""
        assert self._file is not None
        stored = self._file.read()
        if not stored or stored.get("stamp") in (None, self._stamp) or not isinstance(stored.get("saved"), dict):
            return False
        self._saved = dict(stored["saved"])
        self._cookies = dict(stored.get("cookies") or {})
        ends = stored.get("ends")
        self._ends = (float(ends[0]), float(ends[1])) if isinstance(ends, list) and len(ends) == 2 else None
        self._stamp = str(stored["stamp"])
        self._active = bool(stored.get("complete"))
        if self._active:
            self._go_live()
        if self._usable():
            self.generation += 1
            return True
        return False

    def _keep(self, *, complete: bool = True) -> None:
        if self.auth.store == "file" and self._file is not None:
            self._file.write(
                {
                    "auth": self.auth.name,
                    "stamp": self._stamp,
                    "complete": complete,
                    "saved": self._saved,
                    "cookies": self._cookies,
                    "ends": list(self._ends) if self._ends else None,
                }
            )


def _retrieved(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.exception()


def _copy(problem: ToolError) -> ToolError:
    return ToolError(problem.text, status=problem.status, retry_after=problem.retry_after)
