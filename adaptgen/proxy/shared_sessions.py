"""Sessions with third-party servers that all replicas of the proxy use.

Each is one sealed value in the shared state, under a key made of the server, the caller and the client's session. One
replica at a time opens or renews it, under a lease; the others wait and read. The id of a server's session never
leaves the proxy: neither clients nor logs see it, and the state holds it sealed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from adaptgen.mcp.protocol import RpcError
from adaptgen.model.tables import Caller, Json
from adaptgen.proxy.http_client import UpstreamError
from adaptgen.proxy.upstream_client import Key, Session, UpstreamClient
from adaptgen.runtime.auth.session_files import LeaseLost
from adaptgen.runtime.store.protocol import StoreError

if TYPE_CHECKING:
    from adaptgen.runtime.auth.session_store import SharedSessionStore, SharedState

LONGEST: Final = 90_000.0
"""Seconds that a session is kept in the state: longer than a client's session lasts."""
ENDED: Final = 60.0
"""Seconds for which a replica that has not yet heard of the end opens no session in its place."""
OPEN: Final = 512
"""Sessions that one caller may have with one server; what it ends, or leaves unused, counts no more."""
_PAUSES: Final = (0.02, 0.05, 0.1, 0.25)


class SessionEnded(RpcError):
    """The client's session is not there any more; the server was not asked."""

    def __init__(self) -> None:
        super().__init__(-32600, "this session has ended: initialize again")


class SharedUpstreamSessions:
    """What all replicas know of their sessions with servers. ``idle``: seconds after which an unused one is closed."""

    def __init__(self, shared: SharedSessionStore, idle: float, *, clock: Callable[[], float] = time.time) -> None:
        self._shared = shared
        self._store = shared.store
        self._idle = idle
        self._clock = clock

    async def open(
        self, remote: UpstreamClient, caller: Caller, key: Key, make: Callable[[], Awaitable[Session]]
    ) -> Session:
        """The session of all replicas; ``make`` opens the first one.

        Raises:
            SessionEnded: by the client.
            RpcError: ``make`` is refused.
            UpstreamError: the server or the shared state does not answer; nothing was executed.
        """
        state = self._state(remote, caller, key)
        deadline = time.monotonic() + remote.settings.timeout
        turn = 0
        try:
            while True:
                found = self._read(await state.read())
                if found is not None:
                    return found
                if await state.acquire():
                    break
                if time.monotonic() > deadline:
                    raise UpstreamError("another replica still opens its session", sent=False)
                await asyncio.sleep(_PAUSES[min(turn, len(_PAUSES) - 1)])
                turn += 1
            try:
                found = self._read(await state.read())
                return found if found is not None else await self._make(remote, caller, key, make, state)
            finally:
                await state.release()
        except StoreError:
            raise UpstreamError("the state in which its sessions are shared cannot be reached", sent=False) from None

    async def _make(
        self,
        remote: UpstreamClient,
        caller: Caller,
        key: Key,
        make: Callable[[], Awaitable[Session]],
        state: SharedState,
    ) -> Session:
        if key[0] == "session":
            wait = await self._count(remote, caller, 1)
            if wait:
                text = "this caller has too many sessions with it"
                raise UpstreamError(text, sent=False, status=429, retry_after=wait)
        try:
            session = await make()
            try:
                await state.write(self._record(session))
            except (StoreError, LeaseLost):
                # What the others cannot find must not be used: two sessions of one caller would mix.
                await remote.close(session, caller)
                raise UpstreamError("its session cannot be shared", sent=False) from None
        except BaseException:
            if key[0] == "session":  # none was opened: an outage must not use up the caller's sessions
                with suppress(StoreError):
                    await self._count(remote, caller, -1)
            raise
        return session

    async def find(self, remote: UpstreamClient, caller: Caller, key: Key) -> Session | None:
        """The session that another replica has opened; None where no replica has, or it cannot be known."""
        with suppress(StoreError, SessionEnded):
            return self._read(await self._state(remote, caller, key).read())
        return None

    async def lost(self, remote: UpstreamClient, caller: Caller, key: Key, session: Session) -> None:
        """The server does not know ``session`` any more: it is forgotten, unless a replica has renewed it already."""
        with suppress(StoreError, SessionEnded):
            state = self._state(remote, caller, key)
            found = self._read(await state.read())
            if found is not None and found.id == session.id and await state.remove() and key[0] == "session":
                await self._count(remote, caller, -1)

    async def touch(self, remote: UpstreamClient, caller: Caller, key: Key, session: Session) -> bool:
        """Say that a session is in use, so that no replica closes it; false where the others use another one, or none.
        A state that was emptied has it again."""
        with suppress(StoreError, LeaseLost):
            state = self._state(remote, caller, key)
            try:
                found = self._read(await state.read())
                if found is not None:
                    if found.id == session.id:
                        await state.write(self._record(session))
                    return found.id == session.id
                if await state.acquire():  # no other replica opens one at this moment
                    try:
                        if self._read(await state.read()) is None:
                            await state.write(self._record(session))
                    finally:
                        await state.release()
            except SessionEnded:
                return False
        return True

    async def retire(self, remote: UpstreamClient, caller: Caller, key: Key, session: Session) -> bool:
        """This replica has not used a session for long: whether no other one has either, so that it is to be
        closed."""
        with suppress(StoreError, SessionEnded):
            state = self._state(remote, caller, key)
            value = await state.read()
            found = self._read(value)
            if value is None or found is None or found.id != session.id:
                return False
            used = value.get("used")
            unused = not isinstance(used, int | float) or self._clock() - used >= self._idle
            if unused and await state.remove():
                if key[0] == "session":
                    await self._count(remote, caller, -1)
                return True
        return False

    async def end(self, remote: UpstreamClient, caller: Caller, key: Key) -> Session | None:
        """The client has ended its session: the one with the server, to be closed, if there is any."""
        with suppress(StoreError, SessionEnded):
            state = self._state(remote, caller, key, ENDED)
            for _ in range(3):
                found = self._read(await state.read())
                try:
                    await state.write({"ended": True})
                except LeaseLost:
                    continue
                if found is not None:
                    await self._count(remote, caller, -1)
                return found
        return None

    # --------------------------------------------------------------------------------------------------------- inside

    def _state(self, remote: UpstreamClient, caller: Caller, key: Key, ttl: float = LONGEST) -> SharedState:
        parts = ["mcp upstream", remote.name, remote.url.text, caller.tenant, caller.sub, *key]
        return self._shared.state(json.dumps(parts), ttl)

    async def _count(self, remote: UpstreamClient, caller: Caller, by: int) -> float:
        """Count a session of the caller; 0.0, or the seconds until it may have one more."""
        text = json.dumps([remote.name, caller.tenant, caller.sub])
        key = f"mcp/open/{hashlib.sha256(text.encode()).hexdigest()[:32]}"
        return await self._store.take(key, rate=OPEN / self._idle, burst=float(OPEN), cost=by)

    def _record(self, session: Session) -> dict[str, Json]:
        return {"id": session.id, "version": session.version, "used": self._clock()}

    def _read(self, value: dict[str, Any] | None) -> Session | None:
        """The session of a value; SessionEnded where it says so."""
        if value is None:
            return None
        if value.get("ended"):
            raise SessionEnded
        id, version = value.get("id"), value.get("version")
        if not isinstance(version, str) or not isinstance(id, str | None):
            return None
        session = Session(id, version)
        session.fresh = False
        return session
