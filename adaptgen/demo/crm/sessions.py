"""Logins of the CRM: sessions that end, refresh tokens that serve once, CSRF tokens for writes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from adaptgen.demo.crm.errors import CrmError

USERNAME = "u007"
PASSWORD = "winter-2012"  # noqa: S105  the account of a CRM that exists in memory only
USER_ID = 7


@dataclass(slots=True)
class Session:
    """One session: its id, the refresh token that renews it, the CSRF token once it was fetched."""

    id: str
    refresh: str
    csrf: str
    ends: float


class Sessions:
    """All sessions. ``ttl``: seconds a session lives. Tokens are derived from a counter: same run, same tokens.

    ``given``: every session id handed out so far.
    """

    def __init__(self, ttl: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.ttl = ttl
        self._clock = clock
        self.clear()

    def clear(self) -> None:
        self._made = 0
        self._live: dict[str, Session] = {}
        self._refreshable: dict[str, str] = {}
        self._spent: set[str] = set()
        self.given: list[str] = []

    def login(self, username: object, password: object) -> Session:
        if (username, password) != (USERNAME, PASSWORD):
            raise CrmError(401, "SEC-0401", "Unknown user or wrong password. The account is locked after 5 attempts.")
        return self._start()

    def refresh(self, token: object) -> Session:
        """A new session for a refresh token, once. A token used twice ends the session that came of it."""
        if token in self._spent:
            self._live.clear()
            self._refreshable.clear()
            raise CrmError(403, "SEC-0411", "The refresh token was already used. All sessions have been closed.")
        if not isinstance(token, str) or token not in self._refreshable:
            raise CrmError(403, "SEC-0410", "Unknown refresh token.")
        self._spent.add(token)
        self._live.pop(self._refreshable.pop(token), None)
        return self._start()

    def logout(self, session: Session) -> None:
        self._live.pop(session.id, None)
        self._refreshable.pop(session.refresh, None)

    def end_all(self) -> None:
        """Let every session die, as a restart of the CRM does; refresh tokens stay good."""
        self._live.clear()

    def check(self, given: str | None) -> Session:
        session = self._live.get(given or "")
        if session is None or session.ends <= self._clock():
            raise CrmError(403, "SEC-0403", "Your session is invalid or has expired. Please log in again.")
        return session

    def check_csrf(self, session: Session, given: str | None) -> None:
        if given != session.csrf:
            raise CrmError(403, "SEC-0409", "Missing or invalid CSRF token.")

    def _start(self) -> Session:
        self._made += 1
        token, refresh, csrf = (self._token(kind) for kind in ("session", "refresh", "csrf"))
        session = Session(token, refresh, csrf, self._clock() + self.ttl)
        self._live[session.id] = session
        self._refreshable[session.refresh] = session.id
        self.given.append(session.id)
        return session

    def _token(self, kind: str) -> str:
        return hashlib.sha256(f"{kind}:{self._made}".encode()).hexdigest()[:48]
