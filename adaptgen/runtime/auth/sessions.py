"""The sessions of a server: one for each auth, and one for each caller where the auth says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from adaptgen.model.tables import LOCAL, Auth, Caller
from adaptgen.runtime.auth.caller_templates import SessionKey
from adaptgen.runtime.auth.session import Session
from adaptgen.runtime.auth.shared_context import SessionContext
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.caches import LruCache

MOST: Final = 1000
"""Sessions of callers that are kept in a process; the one that was not used for longest goes first."""


class Sessions:
    """Sessions by auth and caller. Those that are not per caller exist from the start."""

    def __init__(self, auths: Iterable[Auth], common: SessionContext, *, most: int = MOST) -> None:
        self._auths = {auth.name: auth for auth in auths}
        self._common = common
        self._whose = {name: SessionKey(auth) for name, auth in self._auths.items() if auth.per == "caller"}
        self._server = {name: Session(auth, common) for name, auth in self._auths.items() if name not in self._whose}
        self._callers: LruCache[tuple[str, str], Session] = LruCache(most)

    def __repr__(self) -> str:
        return f"Sessions({sorted(self._auths)}, callers={len(self._callers)})"

    def __contains__(self, name: str) -> bool:
        return name in self._auths

    @property
    def personal(self) -> bool:
        """Whether any of them depends on the caller."""
        return bool(self._whose)

    def personal_among(self, names: Iterable[str]) -> bool:
        """Whether one of these auths depends on the caller."""
        return any(name in self._whose for name in names)

    def connects(self, name: str) -> bool:
        """Whether callers connect accounts of their own for an auth."""
        return name in self._auths and self._auths[name].consent is not None

    def of(self, name: str, caller: Caller) -> Session:
        """The session of an auth for a caller.

        Raises:
            ToolError: the server has no such auth.
        """
        whose = self._whose.get(name)
        if whose is None:
            if name not in self._server:
                raise ToolError(f"The server has no auth {name!r}.")
            return self._server[name]
        key = (name, whose.key(caller))
        session = self._callers.get(key)
        return session or self._callers.put(key, make_session(self._auths[name], self._common, caller, key[1]))

    def at_hand(self, names: Iterable[str], caller: Caller) -> list[Session]:
        """The sessions of the server, and those of this caller behind ``names``."""
        return [*self._server.values(), *(self.of(name, caller) for name in names if name in self._whose)]

    async def settle(self) -> None:
        """Wait for renewals under way."""
        for session in [*self._server.values(), *self._callers.values()]:
            await session.settle()


def make_session(auth: Auth, common: SessionContext, caller: Caller = LOCAL, key: str = "") -> Session:
    """A session of ``auth`` for ``caller``."""
    if auth.consent is None:
        return Session(auth, common, caller, key)
    from adaptgen.runtime.auth.account_session import AccountSession

    return AccountSession(auth, common, caller, key)
