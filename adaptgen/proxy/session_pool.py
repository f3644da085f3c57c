"""Sessions of the handshake revisions that the proxy holds with servers: one for each session of a client, and a
common one for each caller whose client keeps none.

Where replicas share their state, they share these sessions; what is here is what this replica knows of them. Those in
which the proxy asks for itself are its own: each replica watches the lists of servers.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from adaptgen.mcp.protocol import Context
from adaptgen.model.tables import Caller, Json
from adaptgen.proxy.shared_sessions import SessionEnded, SharedUpstreamSessions
from adaptgen.proxy.upstream_client import PROXY, Key, Session, UpstreamClient

MOST = 4096
IDLE = 1800.0
"""Seconds after which an unused session is closed."""
LOOK = 60.0
"""Seconds after which a replica looks whether the others still use the session that it uses."""
CLOSING = 3.0
"""Seconds for which a client that ends its session waits until those with servers have ended."""


@dataclass(slots=True)
class Held:
    """A session and whose it is. ``opening``: the task that opens it; ``told``: when the other replicas last heard that
    it is in use."""

    remote: UpstreamClient
    caller: Caller
    key: Key
    used: float
    opening: asyncio.Future[Session]
    told: float = 0.0


def key_of(caller: Caller, context: Context) -> Key:
    """Whose session a request uses: its client's, or the one that the caller's requests share."""
    if context.session is not None and not context.modern:
        return ("session", context.session)
    return ("caller", caller.tenant, caller.sub)


class Sessions:
    """All of them, the longest unused first. ``busy``: whether somebody listens in them, who would miss something."""

    def __init__(
        self,
        most: int = MOST,
        idle: float = IDLE,
        busy: Callable[[Key], bool] = lambda key: False,
        shared: SharedUpstreamSessions | None = None,
    ) -> None:
        """``shared``: the sessions of all replicas."""
        self.shared = shared
        self._most = most
        self._idle = idle
        self._busy = busy
        self._all: OrderedDict[tuple[str, Key], Held] = OrderedDict()
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._all)

    async def get(self, remote: UpstreamClient, caller: Caller, key: Key, capabilities: Mapping[str, Json]) -> Session:
        """The session under ``key``, opened if needed (RpcError, UpstreamError); concurrent calls wait for the same
        one."""
        held = self._all.get((remote.name, key))
        if held is None:
            opening = asyncio.ensure_future(self._open(remote, caller, key, capabilities))
            held = Held(remote, caller, key, 0.0, opening, time.monotonic())
            self._all[remote.name, key] = held
            opening.add_done_callback(lambda task: self._opened(held, task))
        elif not _same(held.caller, caller):  # the transports never let it come to this
            raise SessionEnded
        held.used = time.monotonic()
        self._all.move_to_end((remote.name, key))
        self.touch(held, held.used)
        self._trim(held.used)
        # Shielded: one client that leaves must not take the session from the others that wait for it.
        return await asyncio.shield(held.opening)

    def of(self, key: Key) -> list[Held]:
        """The open sessions under ``key``, of all servers."""
        return [one for one in self._all.values() if one.key == key and _open(one)]

    def held(self, remote: UpstreamClient, key: Key) -> Held | None:
        """One session that is there or being opened."""
        return self._all.get((remote.name, key))

    async def adopt(self, remotes: Iterable[UpstreamClient], caller: Caller, key: Key) -> list[Held]:
        """The open sessions under ``key`` with ``remotes``: those that are here, and those of other replicas."""
        found = self.of(key)
        if self.shared is not None:
            here = {one.remote.name for one in found}
            for remote in remotes:
                session = None if remote.name in here else await self.shared.find(remote, caller, key)
                if session is not None and (remote.name, key) not in self._all:
                    opened: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
                    opened.set_result(session)
                    now = time.monotonic()
                    held = self._all[remote.name, key] = Held(remote, caller, key, now, opened, now)
                    found.append(held)
        return found

    async def lost(self, remote: UpstreamClient, caller: Caller, key: Key, session: Session) -> None:
        """The server does not know ``session`` any more."""
        held = self._all.get((remote.name, key))
        if held is not None and _open(held) and held.opening.result() is session:
            del self._all[remote.name, key]
        if self._is_shared(caller) and self.shared is not None:
            await self.shared.lost(remote, caller, key, session)

    async def end(self, key: Key, remotes: Iterable[UpstreamClient] = (), caller: Caller | None = None) -> None:
        """Close the sessions under ``key``: those of all replicas, with ``remotes``, where ``caller`` is known."""
        mine = [one for one in self._all.values() if one.key == key and (caller is None or _same(one.caller, caller))]
        if self.shared is None or caller is None:
            for held in mine:
                self._drop(held)
            return
        for held in mine:
            self._all.pop((held.remote.name, held.key), None)
            if not _open(held):
                held.opening.cancel()
        tasks = [self._soon(self._end(self.shared, remote, caller, key)) for remote in remotes]
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSING)

    async def _end(self, shared: SharedUpstreamSessions, remote: UpstreamClient, caller: Caller, key: Key) -> None:
        session = await shared.end(remote, caller, key)
        if session is not None:
            await remote.close(session, caller)

    async def aclose(self) -> None:
        """Close all sessions but those that other replicas serve."""
        for held in list(self._all.values()):
            if self._is_shared(held.caller):
                held.opening.cancel()
            else:
                self._drop(held)
        self._all.clear()
        await asyncio.gather(*self._closing, return_exceptions=True)

    def touch(self, held: Held, now: float) -> None:
        """Make sure now and then that a session in use is the one that all replicas use, and that none closes it."""
        if self.shared is not None and self._is_shared(held.caller) and now - held.told >= LOOK and _open(held):
            held.told = now
            self._soon(self._look(self.shared, held))

    async def _look(self, shared: SharedUpstreamSessions, held: Held) -> None:
        same = await shared.touch(held.remote, held.caller, held.key, held.opening.result())
        if not same and self._all.get((held.remote.name, held.key)) is held:
            del self._all[held.remote.name, held.key]

    def _is_shared(self, caller: Caller) -> bool:
        return self.shared is not None and caller is not PROXY

    async def _open(
        self, remote: UpstreamClient, caller: Caller, key: Key, capabilities: Mapping[str, Json]
    ) -> Session:
        async def make() -> Session:
            session, result = await remote.initialize(caller, capabilities)
            if not remote.modern:
                remote.learn(result)
            return session

        if self.shared is not None and self._is_shared(caller):
            session = await self.shared.open(remote, caller, key, make)
        else:
            session = await make()
        remote.handshake = True
        return session

    def _opened(self, held: Held, task: asyncio.Future[Session]) -> None:
        failed = task.cancelled() or task.exception() is not None
        if failed and self._all.get((held.remote.name, held.key)) is held:
            del self._all[held.remote.name, held.key]

    def _trim(self, now: float) -> None:
        while self._all:
            oldest = next(iter(self._all.values()))
            if len(self._all) <= self._most:
                if now - oldest.used <= self._idle:
                    break
                if self._busy(oldest.key):
                    oldest.used = now
                    self.touch(oldest, now)
                    self._all.move_to_end((oldest.remote.name, oldest.key))
                    continue
            self._drop(oldest)

    def _drop(self, held: Held) -> None:
        self._all.pop((held.remote.name, held.key), None)
        if not _open(held):
            held.opening.cancel()
            return
        self._soon(self._leave(held))

    async def _leave(self, held: Held) -> None:
        session = held.opening.result()
        shared = self.shared if held.caller is not PROXY else None
        if shared is None or await shared.retire(held.remote, held.caller, held.key, session):
            await held.remote.close(session, held.caller)

    def _soon(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something in the background, kept alive until it is done."""
        task = asyncio.ensure_future(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        return task


def _same(one: Caller, other: Caller) -> bool:
    return (one.tenant, one.sub) == (other.tenant, other.sub)


def _open(held: Held) -> bool:
    return held.opening.done() and not held.opening.cancelled() and held.opening.exception() is None
