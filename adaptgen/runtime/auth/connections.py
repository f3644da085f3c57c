"""Connecting and disconnecting the accounts of a caller at the API, for our own pages and commands.

Each action takes params and returns a result, as :data:`adaptgen.mcp.protocol.META_CONNECTIONS` has it. Both hold
secrets: they go to our own pages alone. ``{"problem": text}`` says why something was not done, without a secret.

- ``list``: ``{"connections": [{"auth", "title", "kind": "oauth2"|"api_key", "connected", "since"}]}``
- ``begin`` (``auth``, ``redirect_uri``, ``state``): ``{"url", "sealed"}``; who leaves ``state`` out adds it to the URL
- ``finish`` (``auth``, ``redirect_uri``, ``sealed``, ``code``, ``iss``): ``{"connected": true}``
- ``key`` (``auth``, ``key``): ``{"connected": true}``
- ``disconnect`` (``auth``): ``{"disconnected", "revoked"}``
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from adaptgen.model.tables import LOCAL, Auth, Caller, Json
from adaptgen.net.addresses import find_problem
from adaptgen.runtime.auth.account_session import AccountSession
from adaptgen.runtime.auth.accounts import Account, Accounts, AccountState
from adaptgen.runtime.auth.sessions import Sessions
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.seals import Seals, base64url
from adaptgen.runtime.core.text import clean
from adaptgen.runtime.http.error_messages import SHORTEST
from adaptgen.runtime.store.protocol import StoreError

SECONDS: Final = 600.0
"""For which a consent that was begun can be finished."""
_PURPOSE: Final = "connection"
_LONGEST: Final = 4096
_AWAY: Final = "The account cannot be saved now. Try again later."


class Connections:
    """The accounts of the callers of one server. ``seals``: of this server, the same in each of its processes;
    ``changed`` is called with the caller whose account is another one now."""

    def __init__(
        self,
        auths: Iterable[Auth],
        sessions: Sessions,
        seals: Seals,
        changed: Callable[[Caller], None] = lambda _: None,
    ) -> None:
        self._auths = {auth.name: auth for auth in auths if auth.consent is not None}
        self._sessions = sessions
        self._seals = seals
        self._changed = changed

    def __repr__(self) -> str:
        return f"Connections({sorted(self._auths)})"

    async def answer(self, caller: Caller, params: Mapping[str, Json]) -> dict[str, Json]:
        """Carry out one action for ``caller``."""
        action = params.get("action")
        try:
            if action == "list":
                return {"connections": [await self._describe(auth, caller) for auth in self._auths.values()]}
            name = params.get("auth")
            auth = self._auths.get(name) if isinstance(name, str) else None
            if auth is None:
                return _problem("There is no such account to connect.")
            session = self._session(auth, caller)
            if action == "begin":
                return await self._begin(session, caller, params)
            if action == "finish":
                return await self._finish(session, caller, params)
            if action == "key":
                return await self._take_key(session, caller, params)
            if action == "disconnect":
                disconnected, revoked = await session.disconnect()
                self._changed(caller)
                return {"disconnected": disconnected, "revoked": revoked}
        except StoreError:
            return _problem(_AWAY)
        except ToolError as problem:
            return _problem(problem.text)
        return _problem("There is no such action.")

    async def all(self) -> list[Account]:
        """The accounts of every caller, for operators. The API is not asked. StoreError: they cannot be read."""
        return [one for auth in self._auths.values() for one in await self._accounts(auth).all(auth)]

    async def unreadable(self, caller: Caller | None = None) -> list[tuple[str, AccountState]]:
        """The accounts of one caller or of all that :meth:`all` and :meth:`revoke` pass by, because another key has
        sealed them: by the names of their auths."""
        every = self._auths.values()
        return [(auth.name, one) for auth in every for one in await self._accounts(auth).unreadable(auth, caller)]

    async def revoke(self, wanted: Callable[[Account], bool]) -> list[tuple[Account, bool]]:
        """End the accounts that are ``wanted``, for operators: here at once, and at the API. Whose they were, and
        whether the API confirmed it. StoreError: it is not known which of them were ended."""
        ended: list[tuple[Account, bool]] = []
        for auth in self._auths.values():
            async for state, account in self._accounts(auth).every(auth):
                if wanted(account):
                    caller = Caller(account.sub, account.tenant)
                    kept = await self._accounts(auth).take_away(state)
                    self._changed(caller)
                    confirmed = kept is not None and await self._session(auth, caller).end(kept)
                    ended.append((account, confirmed))
        return ended

    def _accounts(self, auth: Auth) -> Accounts:
        return self._session(auth, LOCAL).accounts

    def _session(self, auth: Auth, caller: Caller) -> AccountSession:
        session = self._sessions.of(auth.name, caller)
        assert isinstance(session, AccountSession)
        return session

    async def _describe(self, auth: Auth, caller: Caller) -> dict[str, Json]:
        session = self._session(auth, caller)
        since = await session.since()
        return {
            "auth": auth.name,
            "title": session.title,
            "kind": "api_key" if session.consent.ask else "oauth2",
            "ask": session.consent.ask,
            "connected": since is not None,
            "since": None if since is None else datetime.fromtimestamp(since, UTC).isoformat(timespec="seconds"),
        }

    async def _begin(self, session: AccountSession, caller: Caller, params: Mapping[str, Json]) -> dict[str, Json]:
        consent, redirect, state = session.consent, params.get("redirect_uri"), params.get("state")
        if consent.exchange is None:
            return _problem("This account is connected with a key.")
        if not isinstance(redirect, str) or find_problem(redirect) is not None:
            return _problem("The redirect URI must use https, or be on this machine.")
        verifier = secrets.token_urlsafe(48) if consent.pkce else ""
        query = {"response_type": "code", "client_id": await session.text(consent.client_id), "redirect_uri": redirect}
        if consent.scopes:
            query["scope"] = " ".join(consent.scopes)
        if isinstance(state, str) and state:
            query["state"] = state
        if verifier:
            query["code_challenge"] = base64url(hashlib.sha256(verifier.encode()).digest())
            query["code_challenge_method"] = "S256"
        for name, template in consent.params.items():
            query[name] = await session.text(template)
        url = await session.authorization_url()
        if wrong := find_problem(url):
            return _problem(f"The address where the API asks for consent {wrong}.")
        value = {"redirect": redirect, "verifier": verifier}
        sealed = self._seals.seal(_PURPOSE, value, SECONDS, bound=self._bound(session, caller))
        return {"url": _with_query(url, query), "sealed": sealed}

    async def _finish(self, session: AccountSession, caller: Caller, params: Mapping[str, Json]) -> dict[str, Json]:
        sealed, code, issuer = params.get("sealed"), params.get("code"), session.consent.issuer
        begun = None
        if isinstance(sealed, str):
            begun = self._seals.open(_PURPOSE, sealed, bound=self._bound(session, caller))
        if begun is None or begun.get("redirect") != params.get("redirect_uri"):
            return _problem("This was not started here, or was started too long ago. Start again.")
        if issuer and params.get("iss") != await session.text(issuer):
            # Another server's code would be sent to this one's token endpoint (RFC 9207, 2.4).
            return _problem("The answer does not come from the service that was asked. Begin again.")
        if not isinstance(code, str) or not 0 < len(code) <= _LONGEST or not code.isprintable():
            return _problem("The service returned no code. Begin again.")
        await session.connect_by_code(code, str(begun["redirect"]), str(begun["verifier"]))
        self._changed(caller)
        return {"connected": True}

    async def _take_key(self, session: AccountSession, caller: Caller, params: Mapping[str, Json]) -> dict[str, Json]:
        if not session.consent.ask:
            return _problem("This account is connected at the service, not with a key.")
        given = params.get("key")
        key = given.strip() if isinstance(given, str) else ""
        basic = all(send.basic for send in session.auth.send)  # in UTF-8, where RFC 7617 has it (2.1)
        if not 0 < len(key) <= _LONGEST or not key.isprintable() or not (basic or key.isascii()):
            return _problem(f"This is not a key: a key is one line of at most {_LONGEST} printable "
                            "ASCII characters.")  # fmt: skip
        if basic and ":" not in key:
            return _problem("Enter the name, a colon and the password in one line.")
        if len(key.partition(":")[2] if basic else key) < SHORTEST:
            return _problem(f"This is too short: {'a password' if basic else 'a key'} has at least {SHORTEST} letters, "
                            "digits or signs, so that it can be removed from answers.")  # fmt: skip
        await session.connect_by_key(key)
        self._changed(caller)
        return {"connected": True}

    def _bound(self, session: AccountSession, caller: Caller) -> bytes:
        return session.accounts.name(session.auth, caller).encode()


def _problem(text: str) -> dict[str, Json]:
    return {"problem": clean(text)}


def _with_query(url: str, query: Mapping[str, str]) -> str:
    """``url`` with these parameters in the place of its own of the same names."""
    parts = urlsplit(url)
    own = [(name, text) for name, text in parse_qsl(parts.query, keep_blank_values=True) if name not in query]
    return urlunsplit(parts._replace(query=urlencode([*own, *query.items()])))
