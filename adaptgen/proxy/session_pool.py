"""Sessions of the handshake revisions that the proxy holds with servers: one for each session of a client, and a
shared one for each caller whose client keeps none.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from adaptgen.mcp.protocol import Context
from adaptgen.model.tables import Caller, Json
from adaptgen.proxy.upstream_client import Session, UpstreamClient

Key: TypeAlias = tuple[str, ...]

MOST = 4096
IDLE = 1800.0
"""Seconds after which an unused session is closed."""


@dataclass(slots=True)
class Held:
    """A session and whose it is. ``opening``: the task that opens it."""

    remote: UpstreamClient
    caller: Caller
    key: Key
    used: float
    opening: asyncio.Task[Session]


def key_of(caller: Caller, context: Context) -> Key:
    """Whose session a request uses: its client's, or the one that the caller's requests share."""
    if context.session is not None and not context.modern:
        return ("session", context.session)
    return ("caller", caller.tenant, caller.sub)


class Sessions:
    """All of them, the longest unused first. ``busy``: whether somebody listens in them, who would miss something."""

    def __init__(self, most: int = MOST, idle: float = IDLE, busy: Callable[[Key], bool] = lambda key: False) -> None:
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
            held = Held(remote, caller, key, 0.0, asyncio.ensure_future(self._open(remote, caller, capabilities)))
            self._all[remote.name, key] = held
            held.opening.add_done_callback(lambda task: self._opened(held, task))
        held.used = time.monotonic()
        self._all.move_to_end((remote.name, key))
        self._trim(held.used)
        # Shielded: one client that leaves must not take the session from the others that wait for it.
        return await asyncio.shield(held.opening)

    def of(self, key: Key) -> list[Held]:
        """The open sessions under ``key``, of all servers."""
        return [one for one in self._all.values() if one.key == key and _open(one)]

    def held(self, remote: UpstreamClient, key: Key) -> Held | None:
        """One session that is there or being opened."""
        return self._all.get((remote.name, key))

    def lost(self, remote: UpstreamClient, key: Key, session: Session) -> None:
        """The server does not know ``session`` any more."""
        held = self._all.get((remote.name, key))
        if held is not None and _open(held) and held.opening.result() is session:
            del self._all[remote.name, key]

    def end(self, key: Key) -> None:
        """Close the sessions under ``key``."""
        for held in [one for one in self._all.values() if one.key == key]:
            self._drop(held)

    async def aclose(self) -> None:
        for held in list(self._all.values()):
            self._drop(held)
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def _open(self, remote: UpstreamClient, caller: Caller, capabilities: Mapping[str, Json]) -> Session:
        session, result = await remote.initialize(caller, capabilities)
        remote.handshake = True
        if not remote.modern:
            remote.learn(result)
        return session

    def _opened(self, held: Held, task: asyncio.Task[Session]) -> None:
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
                    self._all.move_to_end((oldest.remote.name, oldest.key))
                    continue
            self._drop(oldest)

    def _drop(self, held: Held) -> None:
        self._all.pop((held.remote.name, held.key), None)
        if not _open(held):
            held.opening.cancel()
            return
        task = asyncio.ensure_future(held.remote.close(held.opening.result(), held.caller))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _open(held: Held) -> bool:
    return held.opening.done() and not held.opening.cancelled() and held.opening.exception() is None
