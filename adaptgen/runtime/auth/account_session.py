"""The session of one caller whose account at the API it has connected itself: by consent (RFC 6749, 4.1), or a key.

Before each request the account is read where it is kept. One that is gone ends here at once, whatever this process
still holds, and a renewal does not bring it back. That costs one read of the store for each request to the API.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from adaptgen.model.tables import LOCAL, Auth, Caller, Consent, Json, Login
from adaptgen.runtime.auth import expiry
from adaptgen.runtime.auth.accounts import Accounts, readable
from adaptgen.runtime.auth.login_attempts import MOST, STEPS, LoginRefused
from adaptgen.runtime.auth.login_call import TRANSIENT, UNTIL_CHANGED, LoginResult, references_of
from adaptgen.runtime.auth.session import COOL, Session
from adaptgen.runtime.auth.session_files import SessionStore
from adaptgen.runtime.auth.shared_context import SessionContext
from adaptgen.runtime.core.answer import ENDED, REFUSED, NotConnected, ToolError
from adaptgen.runtime.http.error_messages import SHORTEST
from adaptgen.runtime.http.request import Request
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.store.protocol import StoreError
from adaptgen.syntax.templates import fill, references

_log = logging.getLogger("adaptgen.runtime")

_GONE: Final = frozenset(
    {"invalid_grant", "bad_refresh_token", "invalid_refresh_token", "token_revoked", "token_expired", "access_denied"}
)
"""Codes by which a token endpoint says that a refresh token is no longer valid: RFC 6749, 5.2, and those of services
with codes of their own."""
_PERSON: Final = frozenset({"interaction_required", "login_required", "consent_required", "account_selection_required"})
"""Codes by which it says that the person has to come back (OpenID Connect Core, 3.1.2.6)."""
_OURS: Final = frozenset(
    {"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_request", "invalid_scope"}
    | {"invalid_target", "server_error", "temporarily_unavailable", "slow_down"}
)
"""Codes that say nothing about the account (RFC 6749, 4.1.2.1 and 5.2; RFC 8707)."""
_UNSURE: Final = frozenset({"unauthorized_client", "invalid_request"})
"""Those that some services send with the words that the refresh token is not valid."""
_CLIENT: Final = frozenset({"invalid_client", "unauthorized_client", "invalid_request"})
_IN_BODY: Final = " Some services want the secret in the body: the operator writes client_auth: post in the hints."
_LACKING: Final = " Clients of most services have a secret: the operator writes client_secret in the hints."
_OVER: Final = 900.0
"""Seconds for which a refresh token that was refused is not sent again, nor a key that was refused three times."""
_REVOKING: Final = 10.0
"""Seconds that the revocation of one token may take."""
DOUBT: Final = 1.0
"""Seconds in which the process that marked a renewal may still write what it got, once the store is back."""
_wait = asyncio.sleep
_TOKEN: Final = 16 * 1024
"""Characters of a token."""
_HIDDEN: Final = 16
"""Tokens that were used before, and that no answer may show."""


class Unusable(LoginRefused):
    """A token endpoint granted something that cannot be sent, or of a type that is unknown here."""


class AccountSession(Session):
    """What an auth with :class:`~adaptgen.model.tables.Consent` has got for one caller."""

    def __init__(self, auth: Auth, common: SessionContext, caller: Caller = LOCAL, key: str = "") -> None:
        super().__init__(auth, common, caller, key)
        assert auth.consent is not None
        assert common.accounts is not None
        self.consent: Consent = auth.consent
        self.accounts: Accounts = common.accounts
        self._caller = caller
        self._view = self._opened()
        self._whose: dict[str, Json] = {}
        self._over = ("", 0.0)
        self._refusals = 0
        self._outages = 0
        self._ending: set[asyncio.Task[bool]] = set()

    @property
    def title(self) -> str:
        """What people call the account."""
        return self.consent.title or self._common.server

    @property
    def logs_in(self) -> bool:
        return True

    @property
    def _shares(self) -> bool:
        return True

    @property
    def renews(self) -> bool:
        login = self.auth.refresh
        return login is not None and self._can(login) and not self._is_over()

    @property
    def connection(self) -> str:
        return str(self._whose.get("id") or "")

    def equipped(self) -> bool:
        return self._active

    def variables(self) -> list[str]:
        return []

    # ------------------------------------------------------------------------------------------------------- using

    async def ready(self, *, optional: bool = False) -> int:
        """As of every session; but nothing is sent without an account, however the document declares the call.

        Raises:
            NotConnected: the caller has no account.
            ToolError: nobody knows whether it has one, or it cannot be renewed now.
        """
        try:
            kept = readable(await self._view.read())
        except StoreError as away:
            raise ToolError(f"The accounts cannot be read: {away}. Nothing was sent. Try again later.") from None
        if kept is None:
            self._drop()
            raise self._not_connected()
        if str(kept["stamp"]) != self._stamp or not self._usable():
            await self._renewals.run(0, self._catch_up)
        if self._refusals >= MOST and self._is_over():
            raise self._refused_key()
        return self.generation

    def apply(self, request: Request) -> None:
        super().apply(request)
        request.account += self.connection

    def absorb(self, response: Response) -> None:
        if response.status < 400:
            self._refusals = 0
        super().absorb(response)

    async def _catch_up(self) -> None:
        """Take over what is kept, and renew it where that is due."""
        kept = self._kept = self._kept or self._opened()
        with suppress(StoreError):  # the renewal tries again, and says so
            if await self._adopt(kept) or (self._usable() and not self._unsaved):
                return
        await self._renew()

    def _target(self) -> str:
        """The API that the account is for. A server that is pointed elsewhere takes no account along."""
        return self._common.address("")

    def _not_connected(self, why: str = "", lost: str = "") -> NotConnected:
        why = why or f"No account at {self.title} is connected. Nothing was sent."
        return NotConnected(self.auth.name, self.title, why, lost)

    def _drop(self) -> None:
        """Forget everything, but for what no answer may show."""
        self._hide(self._saved)
        self._saved, self._cookies, self._live = {}, {}, ({}, {})
        self._active, self._ends, self._stamp, self._doubt, self._unsaved = False, None, "", False, False
        self._whose = {}
        self._failed = self._cool = None

    def _hide(self, saved: Mapping[str, Json]) -> None:
        old = [one for one in saved.values() if isinstance(one, str) and one not in self._hidden]
        self._hidden = [*self._hidden, *old][-_HIDDEN:]

    def tokens(self) -> list[str]:
        held = super().tokens()
        if not self.consent.ask:
            return held
        keys = [one for one in (*self._live[0].values(), *self._saved.values(), *self._hidden) if isinstance(one, str)]
        words = [one.partition(":")[2] for one in keys] if self.auth.kind == "basic" else []
        # People have short keys, and some of digits only.
        return [*held, *(one for one in (*keys, *words) if len(one) >= SHORTEST)]

    # ------------------------------------------------------------------------------------------------------ renewing

    def _opened(self) -> SessionStore:
        return self.accounts.state(self.auth, self._caller)

    async def _adopt(self, kept: SessionStore) -> bool:
        before, lost = self._stamp, dict(self._saved) if self._unsaved else {}
        stored = readable(await kept.read())
        if stored is not None and stored.get("for") != self._target():
            stored = None
        if lost and (stored is None or stored.get("id") != self._whose.get("id")):
            self._revoke_later(lost)  # it was renewed while it was disconnected, or another one was connected
        if stored is None:
            self._drop()
            raise self._not_connected()
        if stored["stamp"] != before:
            self._hide(self._saved)
        used = self._take_over(stored)
        self._whose = {name: stored.get(name) for name in ("who", "since", "for", "id")}
        if self._stamp != before:
            self._refusals = self._outages = 0
            self._failed = self._cool = None
            self._active = True
        return used

    def _told(self, why: Mapping[str, Json] | None) -> None:
        if why is not None and why.get("stamp") == self._stamp:  # of this account, not of one before it
            super()._told(why)

    async def _tell(self, problem: ToolError, seconds: float, **more: Json) -> None:
        await super()._tell(problem, seconds, stamp=self._stamp, **more)

    def credential(self) -> str:
        # Another account of the same caller has not failed.
        return hashlib.sha256(f"{super().credential()} {self._stamp}".encode()).hexdigest()

    async def _try(self) -> None:
        login = self.auth.refresh
        if login is None:
            self._refusals += 1
            if self._refusals >= MOST:
                self._end_for_now()
            raise self._refused_key()
        if not self._can(login):
            raise self._not_connected(
                f"The connection with {self.title} has ended. Nothing was done. The person can connect again.", ENDED
            )
        ended = f"The API has ended the connection with {self.title}. Nothing was done. The person can connect again."
        if self._is_over():
            raise self._not_connected(ended, ENDED)
        await self._credentials.prepare(references_of(login), f"{self.auth.name!r} is renewed with")
        if self._doubt and not self._unsaved and self._kept is not None:
            # The token may have been sent before. A second time it could end the account.
            await _wait(DOUBT)
            if await self._adopt(self._kept):
                return
        try:
            await self._refresh(login)
        except Unusable:
            # What was sent may have been used up, and nobody can say what would help.
            self._end_for_now()
            why = f"The API renewed the connection with {self.title}, but returned no token that can be used."
            raise self._not_connected(f"{why} Nothing was done. The person can connect again.", ENDED) from None
        except LoginRefused as refused:
            if refused.error.lower() in _GONE:
                await self._end()
            elif _needs_person(refused):
                # Nobody can be sure, so the account stays. The token is not sent with each call from here on.
                self._end_for_now()
            else:
                raise
            raise self._not_connected(ended, ENDED) from None

    def _end_for_now(self) -> None:
        self._over = (self._stamp, time.monotonic() + _OVER)

    def _is_over(self) -> bool:
        return self._over[0] == self._stamp and time.monotonic() < self._over[1]

    def _refused_key(self) -> NotConnected:
        text = f"The API did not accept the key for {self.title}. Nothing was done. The person must enter another one."
        return self._not_connected(text, REFUSED)

    def _taken(self, got: LoginResult) -> Mapping[str, Json]:
        found = {name: got.found[name] for name in ("access", "refresh") if name in got.found}
        usable = "access" in found and all(isinstance(one, str) and _is_sendable(one) for one in found.values())
        if not usable or not (_names_bearer(got.response) or not self.consent.bearer):
            raise Unusable("The API returned no token that can be used.", status=got.response.status)
        return found

    def _pause(self, problem: ToolError) -> float:
        # A refresh token is not a password: trying it again locks nobody out.
        if problem.status not in TRANSIENT and not (problem.status or 0) >= 500:
            return super()._pause(problem)
        self._outages += 1
        return max(STEPS[min(self._outages, 2) - 1], min(problem.retry_after or 0.0, COOL))

    async def _done(self) -> None:
        await super()._done()
        self._outages = 0

    async def _refresh(self, login: Login) -> None:
        self._hide(self._saved)
        await super()._refresh(login)

    async def _end(self) -> None:
        """Delete the account that could not be renewed, and no other one."""
        if self._kept is not None:
            with suppress(StoreError):
                await self._kept.remove()
        self._drop()

    def _to_keep(self, *, complete: bool, doubt: bool) -> dict[str, Json]:
        return {**super()._to_keep(complete=complete, doubt=doubt), **self._whose}

    async def settle(self) -> None:
        await super().settle()
        if self._ending:
            await asyncio.wait(self._ending, timeout=_REVOKING)

    # ---------------------------------------------------------------------------------------------------- connecting

    async def text(self, template: str) -> str:
        """A template of the consent, filled.

        Raises:
            ToolError: what it names is not set.
        """
        needed = references(template)
        if needed:
            await self._credentials.prepare(needed, f"{self.auth.name!r} connects with")
        return str(fill(template, {}, self._credentials.resolve))

    async def authorization_url(self) -> str:
        """Where the API asks for consent."""
        url = await self.text(self.consent.authorization_url)
        return f"{self._target()}{url}" if url.startswith("/") else url

    async def connect_by_code(self, code: str, redirect_uri: str, verifier: str) -> None:
        """Get the tokens for a code of the API's, and keep them as the caller's account.

        Raises:
            ToolError: the API returned none; StoreError: they cannot be kept.
        """
        login = self.consent.exchange
        assert login is not None
        scope = {"code": code, "redirect_uri": redirect_uri, "verifier": verifier}
        if not verifier:
            del scope["verifier"]
        await self._credentials.prepare(references_of(login), f"{self.auth.name!r} connects with")
        call = self._login_call((), lambda: [*self.secrets(), code, verifier])
        try:
            got = await call.run(login, self._common.address(login.call.base), scope, {})
        except LoginRefused as refused:
            text = refused.text.removesuffix(UNTIL_CHANGED)  # each connection is tried
            if refused.error in _CLIENT or refused.status == 401:
                text += _IN_BODY if login.send else "" if _has_secret(login) else _LACKING
            raise refused.reworded(text) from None
        saved = self._taken(got)
        ends = expiry.find_end(login.expires, got.response, [saved["access"]])
        try:
            await self._connect(saved, ends)
        except StoreError:
            await self.revoke(saved)  # nobody would know of them
            raise

    async def connect_by_key(self, key: str) -> None:
        """Keep a key as the caller's account. StoreError: it cannot be kept."""
        await self._connect({"key": key}, None)

    async def _connect(self, saved: Mapping[str, Json], ends: tuple[float, float] | None) -> None:
        account = {
            "auth": self.auth.name,
            "stamp": secrets.token_hex(8),
            "complete": True,
            "doubt": False,
            "saved": dict(saved),
            "cookies": {},
            "ends": list(ends) if ends else None,
            "for": self._target(),
        }
        await self.accounts.connect(self.auth, self._caller, account)

    async def disconnect(self) -> tuple[bool, bool]:
        """Delete the account, in effect at once; whether there was one, and whether the API has ended it too."""
        kept = await self.accounts.remove(self.auth, self._caller)
        self._drop()
        if kept is None:
            return False, False
        return True, await self.end(kept)

    async def end(self, kept: Mapping[str, Json]) -> bool:
        """End the tokens of an account that was deleted; whether the API confirmed it. Nothing is sent if the
        account is for another API than the one that this server calls now, which must not get its tokens."""
        try:
            here = kept.get("for") == self._target()
        except ToolError:  # no address is set
            here = False
        if here:
            return await self.revoke(kept["saved"])
        if self.consent.revoke is not None:
            _log.warning(
                "an account of %s was deleted, and its tokens were not ended: it is for another address than the base "
                "URL of now",
                self.auth.name,
            )
        return False

    def _revoke_later(self, saved: Mapping[str, Json]) -> None:
        task = asyncio.create_task(self.revoke(saved))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def revoke(self, saved: Mapping[str, Json]) -> bool:
        """End the tokens at the API (RFC 7009), the refresh token first; whether it confirmed all of them."""
        login = self.consent.revoke
        tokens = [token for name in ("refresh", "access") if isinstance(token := saved.get(name), str) and token]
        if login is None or not tokens:
            return False
        confirmed = True
        for token in tokens:
            confirmed = await self._revoke_one(login, token) and confirmed
        return confirmed

    async def _revoke_one(self, login: Login, token: str) -> bool:
        call = self._login_call((), lambda: [*self.secrets(), token])
        try:
            async with asyncio.timeout(_REVOKING):
                await self._credentials.prepare(references_of(login), f"{self.auth.name!r} disconnects with")
                await call.run(login, self._common.address(login.call.base), {"token": token}, {})
        except (ToolError, TimeoutError) as problem:
            status = getattr(problem, "status", None)
            why = f"status {status}" if status else "no usable answer"
            _log.warning(
                "an account of %s was deleted, and the API did not end one of its tokens: %s", self.auth.name, why
            )
            return False
        return True

    async def since(self) -> float | None:
        """Since when the caller has an account (seconds since the epoch); None without one."""
        kept = readable(await self._view.read())
        if kept is None or kept.get("for") != self._target():
            return None
        since = kept.get("since")
        return float(since) if isinstance(since, (int, float)) else time.time()


def _needs_person(refused: LoginRefused) -> bool:
    """Whether a refresh token was refused, so that only the person can make the connection again."""
    code = refused.error.lower()
    if code in _PERSON or (code in _UNSURE and refused.of_token):
        return True
    return refused.final and code not in _OURS


def _has_secret(login: Login) -> bool:
    body = login.call.body
    return body is not None and any(one.name == "client_secret" for one in body.params)


def _is_sendable(token: str) -> bool:
    return len(token) <= _TOKEN and token.isascii() and token.isprintable()


def _names_bearer(response: Response) -> bool:
    """Whether a token can be sent as it is: a client must not use one of a type that it does not know (RFC 6749,
    7.1). Services that leave the type out mean a bearer token."""
    try:
        body = response.json()
    except ToolError:
        return True  # the token came in a header
    kind = body.get("token_type") if isinstance(body, dict) else None
    return kind is None or (isinstance(kind, str) and kind.lower() in {"bearer", ""})
