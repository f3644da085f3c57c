"""Streams on which clients hear what servers say unasked: that lists have changed, that a resource was updated.

Changes of lists come from the proxy's own watch, after it has read the lists: a client that asks at once gets the new
ones. Updates of resources come from a stream to the server that is held for this client.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeAlias

from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.protocol import Context, RpcError
from adaptgen.model.tables import Caller, Json
from adaptgen.proxy.http_client import UpstreamError
from adaptgen.proxy.response_reader import ClientRelay, ResponseReader
from adaptgen.proxy.upstream_client import Key, Session, SessionExpired, UpstreamClient

Gone: TypeAlias = Callable[[UpstreamClient, Caller, Key, Session], Awaitable[None]]
_KINDS = ("tools", "prompts", "resources")
_PAUSE = 1.0
_LONGEST = 60.0
_SUBSCRIPTIONS = 1000


class Subscription:
    """One client's stream. ``kinds``: the lists whose changes it wants to hear of."""

    def __init__(self, caller: Caller, context: Context, key: Key, kinds: frozenset[str]) -> None:
        self.caller = caller
        self.context = context
        self.key = key
        self.kinds = kinds
        self._followed: dict[tuple[str, ...], asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._end = asyncio.Event()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something as long as the client listens."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def wait(self) -> None:
        """Until :meth:`end`, or the client goes."""
        try:
            await self._end.wait()
        finally:
            for task in list(self._tasks):
                task.cancel()

    def end(self) -> None:
        self._end.set()

    # ------------------------------------------------------------------------------------------ streams of one server

    def follow_updates(self, remote: UpstreamClient, uris: tuple[str, ...]) -> None:
        """Hear of updates of resources, in 2026-07-28."""
        mark = (remote.name, *uris)
        if mark not in self._followed:
            self._followed[mark] = self.start(self._again(lambda: self._updates(remote, uris)))

    def unfollow_updates(self, remote: UpstreamClient, uris: tuple[str, ...]) -> None:
        task = self._followed.pop((remote.name, *uris), None)
        if task is not None:
            task.cancel()

    def follow_session(self, remote: UpstreamClient, session: Session, gone: Gone) -> None:
        """Hear everything that a server says in a session, and pass its questions on; ``gone`` is called where the
        server does not know the session any more."""
        mark = (remote.name, "", str(session.id))
        if mark not in self._followed:
            self._followed[mark] = self.start(self._again(lambda: self._session(remote, session, gone)))

    async def _updates(self, remote: UpstreamClient, uris: tuple[str, ...]) -> None:
        wanted: dict[str, Json] = {"notifications": {"resourceSubscriptions": list(uris)}}
        relay = ClientRelay(self.context, None, only="notifications/resources/updated")
        await remote.ask(self.caller, "subscriptions/listen", wanted, self.context.meta, relay, endless=True)

    async def _session(self, remote: UpstreamClient, session: Session, gone: Gone) -> None:
        try:
            reply = await remote.listen(session, self.caller)
        except UpstreamError as failure:
            if failure.status == 404 and session.id:
                await gone(remote, self.caller, self.key, session)
            raise
        try:
            relay = ClientRelay(self.context, None)
            await ResponseReader(remote, self.caller, session, relay, None).follow(reply)
        finally:
            await reply.aclose()

    async def _again(self, make: Any) -> None:
        """Hold a stream open: a server may close it at any time, but one without such streams is not asked again."""
        pause = _PAUSE
        while True:
            try:
                await make()
            except UpstreamError as failure:
                if failure.status in (400, 404, 405, 406, 501):
                    return
            except RpcError:
                return
            except SessionExpired:
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST)


class Subscriptions:
    """All clients that listen."""

    def __init__(self) -> None:
        self._all: dict[Subscription, None] = {}
        self._subscribed: dict[Key, dict[str, UpstreamClient]] = {}

    def add(self, listener: Subscription) -> None:
        self._all[listener] = None

    def remove(self, listener: Subscription) -> None:
        self._all.pop(listener, None)

    def subscribe(self, key: Key, remote: UpstreamClient, uri: str) -> None:
        """A client of the handshake revisions subscribes to a resource of a server that keeps no session."""
        mine = self._subscribed.setdefault(key, {})
        if len(mine) < _SUBSCRIPTIONS:
            mine[uri] = remote
            for listener in self.at(key):
                listener.follow_updates(remote, (uri,))

    def unsubscribe(self, key: Key, remote: UpstreamClient, uri: str) -> None:
        self._subscribed.get(key, {}).pop(uri, None)
        for listener in self.at(key):
            listener.unfollow_updates(remote, (uri,))

    def resume(self, listener: Subscription) -> None:
        """A client that listens hears of what it subscribed to before."""
        for uri, remote in self._subscribed.get(listener.key, {}).items():
            listener.follow_updates(remote, (uri,))

    def forget(self, key: Key) -> None:
        """A client has left."""
        self._subscribed.pop(key, None)

    def at(self, key: Key) -> list[Subscription]:
        return [one for one in self._all if one.key == key]

    async def tell(self, changes: frozenset[str]) -> None:
        """Lists have changed. A client that does not read holds nobody up."""
        for listener in list(self._all):
            for kind in sorted(changes & listener.kinds):
                listener.start(listener.context.notify(f"notifications/{kind}/list_changed", {}))

    def end(self) -> None:
        for listener in list(self._all):
            listener.end()


def wanted(params: Mapping[str, Json], capabilities: Mapping[str, Any], owners: Any) -> dict[str, Json]:
    """The part of a client's filter that will be honoured (2026-07-28, Subscriptions): as it is acknowledged.

    ``owners`` returns the server of a URI, "" if there is no such server.
    """
    asked = as_object(params.get("notifications"))
    honoured: dict[str, Json] = {}
    for kind in _KINDS:
        if asked.get(f"{kind}ListChanged") is True and as_object(capabilities.get(kind)).get("listChanged"):
            honoured[f"{kind}ListChanged"] = True
    uris = asked.get("resourceSubscriptions")
    if isinstance(uris, list):
        known: list[Json] = [uri for uri in uris[:1000] if isinstance(uri, str) and owners(uri)]
        if known:
            honoured["resourceSubscriptions"] = known
    return honoured


def kinds_of(honoured: Mapping[str, Json]) -> frozenset[str]:
    return frozenset(kind for kind in _KINDS if honoured.get(f"{kind}ListChanged") is True)
