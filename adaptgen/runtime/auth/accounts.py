"""Where the accounts live that callers have connected at an API: sealed in the state that processes share, or in
sealed files of this machine.

An account is one value, kept under a hash of server, auth and caller. What exists counts: a value that is gone is a
connection that has ended, in every process at its next request, and no renewal brings it back. A row of counters for
each auth names the hashes, so that an operator can list and end connections without the API.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Final

from adaptgen.model.tables import Auth, Caller, Json, Server, value
from adaptgen.runtime.auth.caller_templates import SessionKey
from adaptgen.runtime.auth.session_files import StateFile, StateFiles
from adaptgen.runtime.auth.session_store import SharedSessionStore, SharedState
from adaptgen.runtime.store.protocol import MemoryStore

LASTS: Final = 400 * 86400.0
"""Seconds for which an account is kept in a store after its last renewal."""
_ROWS: Final = "0123456789abcdef"
"""The index of an auth is spread over rows by the first digit of the hash: a row of DynamoDB holds 400 KB."""
_TRIES: Final = 10
"""How often an account is read again that was renewed while it was deleted."""


@value()
class Account:
    """A connected account, for lists: whose it is, and since when (seconds since the epoch)."""

    auth: str
    sub: str
    tenant: str
    since: float


AccountState = SharedState | StateFile
"""One account where it is kept."""


class Accounts:
    """The accounts of a server's callers. ``shared`` is the state of several processes; without it they are kept in
    ``files``, or in memory where the hints say ``store: memory``."""

    def __init__(self, server: str, shared: SharedSessionStore | None, files: StateFiles) -> None:
        self._server = server
        self._shared = shared
        self._files = files
        self._memory: SharedSessionStore | None = None

    def __repr__(self) -> str:
        return f"Accounts({self._server!r})"

    def name(self, auth: Auth, caller: Caller) -> str:
        """What an account is kept under; sealed values are bound to it."""
        return "\n".join(("account", self._server, auth.name, SessionKey(auth).key(caller)))

    def state(self, auth: Auth, caller: Caller) -> AccountState:
        """The account of ``caller``, to be read and renewed."""
        return self._state(auth, self.name(auth, caller))

    def _state(self, auth: Auth, name: str) -> AccountState:
        store = self._store(auth)
        if store is None:
            return self._files.file(self._label(auth), name, strict=True)
        return store.state(name, LASTS, strict=True)

    def _store(self, auth: Auth) -> SharedSessionStore | None:
        if auth.store == "memory":
            self._memory = self._memory or SharedSessionStore(MemoryStore(), secrets.token_bytes(32))
            return self._memory
        return None if auth.store == "file" else self._shared

    def _label(self, auth: Auth) -> str:
        return f"{self._server}-{auth.name}-account"

    async def read(self, auth: Auth, caller: Caller) -> dict[str, Json] | None:
        """What is kept of an account; None without one. StoreError: nobody knows."""
        return readable(await self.state(auth, caller).read())

    async def connect(self, auth: Auth, caller: Caller, account: Mapping[str, Json]) -> None:
        """Keep an account in the place of any earlier one."""
        whose: dict[str, Json] = {
            "id": secrets.token_hex(8),  # of this connection, which renewals keep
            "who": {"sub": caller.sub, "tenant": caller.tenant},
            "since": int(time.time()),
        }
        state = self.state(auth, caller)
        if isinstance(state, SharedState):
            # First the index: an account that nobody can list must not exist.
            await state.store.count(self._row(auth, state.id), {state.id: 1})
        await state.put({**account, **whose})

    async def remove(self, auth: Auth, caller: Caller) -> dict[str, Json] | None:
        """Delete an account, in effect at once; what was kept of it."""
        return await self.take_away(self.state(auth, caller))

    async def take_away(self, state: AccountState) -> dict[str, Json] | None:
        """Delete the account that is kept there, in effect at once; what was kept of it, with the tokens of a renewal
        that was written meanwhile."""
        kept = None
        for _ in range(_TRIES):
            kept = await state.read()
            if state.unreadable:
                break
            if kept is None or await state.remove():
                return readable(kept)
        await state.delete()
        return readable(kept)

    async def all(self, auth: Auth) -> list[Account]:
        """The accounts of every caller. The API is not asked."""
        found = [account async for _, account in self.every(auth)]
        return sorted(found, key=lambda one: (one.tenant, one.sub))

    async def unreadable(self, auth: Auth, caller: Caller | None = None) -> list[AccountState]:
        """Where accounts are kept that another key has sealed, of one caller or of all: nobody here can say more."""
        states = await self._states(auth) if caller is None else [self.state(auth, caller)]
        return [state for state in states if await state.read() is None and state.unreadable]

    async def every(self, auth: Auth) -> AsyncIterator[tuple[AccountState, Account]]:
        """The accounts of every caller, and where each is kept. The API is not asked."""
        for state in await self._states(auth):
            kept = readable(await state.read())
            if kept is not None and kept.get("auth") == auth.name:
                yield state, describe(auth, kept)

    async def _states(self, auth: Auth) -> list[AccountState]:
        store = self._store(auth)
        if store is None:
            return [*self._files.all(self._label(auth), strict=True)]
        ids: list[str] = []
        for digit in _ROWS:
            row = await store.store.counts(self._row(auth, digit))
            ids += sorted(name for name, count in row.items() if count > 0)
        return [store.state_of(one, LASTS, strict=True) for one in ids]

    def _row(self, auth: Auth, id: str) -> str:
        named = hashlib.sha256(f"{self._server}\n{auth.name}".encode()).hexdigest()[:24]
        return f"accounts/{named}/{id[0]}"


def readable(kept: Mapping[str, Json] | None) -> dict[str, Json] | None:
    """``kept`` if it is an account that can be used."""
    if not kept or not isinstance(kept.get("saved"), dict) or not isinstance(kept.get("who"), dict):
        return None
    return dict(kept) if kept.get("stamp") else None


def describe(auth: Auth, kept: Mapping[str, Json]) -> Account:
    """What a list shows of an account."""
    who, since = kept["who"], kept.get("since")
    moment = float(since) if isinstance(since, (int, float)) else 0.0
    return Account(auth.name, str(who.get("sub", "")), str(who.get("tenant", "")), moment)


def with_stand_ins(server: Server) -> Server:
    """``server`` for recorded and invented answers: its calls carry a stand-in where they would carry an account."""
    if all(auth.consent is None for auth in server.auth):
        return server
    stand_in = {"access": "stand-in-of-an-account", "key": "stand-in-of-an-account"}
    plain = [
        auth
        if auth.consent is None
        else replace(auth, consent=None, refresh=None, per="server", store="memory", start=stand_in)
        for auth in server.auth
    ]
    return replace(server, auth=tuple(plain))
