"""Replicas of the proxy before a server that keeps sessions: one session for each of a client's, whichever answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.fake_mcp import Exchange, FakeServer, aggregated, tool, until

from adaptgen.govern.settings.model import Upstream
from adaptgen.mcp.protocol import Context, RpcError
from adaptgen.model.tables import Caller
from adaptgen.proxy import session_pool, shared_sessions
from adaptgen.proxy.http_client import UpstreamError
from adaptgen.proxy.proxy_target import UpstreamAggregator
from adaptgen.proxy.shared_sessions import SharedUpstreamSessions
from adaptgen.proxy.upstream_client import Session
from adaptgen.runtime.auth.session_store import SharedSessionStore
from adaptgen.runtime.store.protocol import MemoryStore, StoreError

pytestmark = pytest.mark.asyncio

ANNA, BERT = Caller("anna"), Caller("bert")
KEY, NEXT = b"k" * 32, b"n" * 32


@dataclass
class Keeper(FakeServer):
    """Keeps sessions, and answers a call with the id of its session."""

    modern: bool = False
    session: str | None = "up"
    open: dict[str, int] = field(default_factory=dict)
    opened: int = 0
    closed: list[str] = field(default_factory=list)

    async def handle(self, exchange: Exchange) -> None:
        given = exchange.headers.get("mcp-session-id", "")
        if exchange.method == "initialize":
            self.opened += 1
            self.session = f"upstream-{self.opened}"
            self.open[self.session] = 0
        elif exchange.method == "server/discover":
            pass
        elif given not in self.open:
            self.seen.append(exchange)
            exchange.raw("404 Not Found")
            return
        elif exchange.method == "DELETE":
            del self.open[given]
            self.closed.append(given)
        elif exchange.method == "tools/call":
            self.seen.append(exchange)
            self.open[given] += 1
            exchange.result({"content": [{"type": "text", "text": given}]})
            return
        await super().handle(exchange)

    @property
    def used(self) -> list[str]:
        """The sessions in which somebody called."""
        return [name for name, calls in self.open.items() if calls]


@asynccontextmanager
async def replicas(
    server: Keeper, count: int = 2, store: MemoryStore | None = None, keys: tuple[bytes, ...] = (KEY,)
) -> AsyncIterator[list[UpstreamAggregator]]:
    """Proxies of one state before ``server``."""
    store = store or MemoryStore()
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(aggregated(server, shared=SharedSessionStore(store, *keys)))
        found = [first]
        for _ in range(count - 1):
            shared = SharedSessionStore(store, *keys)
            one = UpstreamAggregator({"a": Upstream(url=server.url)}, shared=shared)
            stack.push_async_callback(one.aclose)
            await one.start()
            found.append(one)
        yield found


async def call(aggregator: UpstreamAggregator, session: str | None, caller: Caller = ANNA, **more: Any) -> str:
    version = "2025-11-25" if session else "2026-07-28"
    context = Context(request_id="1", version=version, session=session, **more)
    result = await aggregator.call(caller, aggregator.tools()["a__x"], {}, context)
    assert not result.get("isError"), result
    return str(result["content"][0]["text"])  # type: ignore[index, call-overload]


def keeper() -> Keeper:
    return Keeper(tools=[tool("x")])


async def test_replicas_that_are_asked_at_once_open_one_session() -> None:
    server = keeper()
    async with replicas(server, 3) as all:
        answers = await asyncio.gather(*(call(one, "s1") for one in all for _ in range(5)))
        assert len({*answers}) == 1
        assert server.opened == 3 + 1  # each replica has one of its own, to watch the lists


async def test_a_session_of_one_caller_is_no_session_of_another() -> None:
    server = keeper()
    async with replicas(server) as all:
        used = await call(all[0], "s1")
        with pytest.raises(RpcError, match="has ended"):
            await call(all[0], "s1", BERT)
        assert await call(all[1], "s1", BERT) != used


async def test_a_server_that_forgot_its_sessions_is_asked_for_one_new_one() -> None:
    server = keeper()
    async with replicas(server, 3) as all:
        for one in all:
            await call(one, "s1")
        server.open.clear()
        opened = server.opened
        answers = await asyncio.gather(*(call(one, "s1") for one in all for _ in range(3)))
        assert len({*answers}) == 1
        assert server.opened == opened + 1


async def test_a_replica_that_knows_an_older_session_than_the_others_recovers_from_both() -> None:
    server = keeper()
    async with replicas(server) as all:
        await call(all[0], "s1")
        await call(all[1], "s1")
        server.open.clear()
        await call(all[1], "s1")  # renewed: what the first knows is two sessions old after the next line
        server.open.clear()
        assert await call(all[0], "s1") == f"upstream-{server.opened}"


async def test_the_end_of_a_session_ends_it_at_the_server_from_any_replica() -> None:
    server = keeper()
    async with replicas(server) as all:
        used = await call(all[0], "s1")
        await call(all[0], "s2")
        await all[1].close_session("s1", ANNA)
        assert server.closed == [used]
        with pytest.raises(RpcError, match="has ended"):
            await call(all[0], "s1")
        assert len(server.used) == 1  # no other was opened in its place


async def test_a_replica_that_forgets_a_session_leaves_it_to_the_others() -> None:
    server = keeper()
    async with replicas(server) as all:
        used = await call(all[0], "s1")
        await all[0].close_session("s1")
        assert all[0]._sessions.of(("session", "s1")) == []
        await asyncio.gather(*all[0]._sessions._closing)
        assert server.closed == []
        assert await call(all[0], "s1") == used


async def test_an_ended_session_says_nothing_of_what_the_server_speaks() -> None:
    server = FakeServer(modern=True, session="up", tools=[tool("x")])  # it speaks both
    async with aggregated(server, shared=SharedSessionStore(MemoryStore(), KEY)) as one:
        await one.close_session("s1", ANNA)
        with pytest.raises(RpcError, match="has ended"):
            await call(one, "s1")
        assert one._syncs["a"].remote.handshake is None


async def test_a_session_that_nobody_can_find_is_not_used() -> None:
    server, store = keeper(), MemoryStore()

    async def full(key: str, old: bytes | None, new: bytes | None, *, ttl: float | None = None) -> bool:
        raise StoreError("full")

    async with replicas(server, 1, store) as (one,):
        store.swap = full  # type: ignore[method-assign]
        context = Context(request_id="1", version="2025-11-25", session="s1")
        shared_patience = pytest.MonkeyPatch()
        shared_patience.setattr("adaptgen.runtime.auth.session_store.PATIENCE", 0.0)
        try:
            result = await one.call(ANNA, one.tools()["a__x"], {}, context)
        finally:
            shared_patience.undo()
        assert result["isError"]
        assert "Nothing was executed" in str(result["content"])
        assert server.of("tools/call") == []
        assert server.closed == ["upstream-2"]


async def test_an_unused_session_is_closed_by_the_last_replica_alone() -> None:
    now = [1000.0]
    server, store = keeper(), MemoryStore()
    async with aggregated(server) as one:
        remote = one._syncs["a"].remote
        shared = SharedUpstreamSessions(SharedSessionStore(store, KEY), 60, clock=lambda: now[0])

        async def make() -> Session:
            return (await remote.initialize(ANNA, {}))[0]

        key = ("session", "s1")
        session = await shared.open(remote, ANNA, key, make)
        now[0] += 50
        await shared.touch(remote, ANNA, key, session)
        now[0] += 50
        assert not await shared.retire(remote, ANNA, key, session)
        now[0] += 10
        assert await shared.retire(remote, ANNA, key, session)
        assert not await shared.retire(remote, ANNA, key, session)


async def test_a_state_that_was_emptied_leaves_one_session_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    server, store = keeper(), MemoryStore()
    async with replicas(server, 2, store) as all:
        used = await call(all[0], "s1")
        store._values.clear()
        other = await call(all[1], "s1")
        assert other != used  # the second replica had never seen the session
        monkeypatch.setattr(session_pool, "LOOK", 0.0)
        await call(all[0], "s1")
        await asyncio.gather(*all[0]._sessions._closing)
        assert [await call(one, "s1") for one in all] == [other, other]


async def test_a_session_that_the_state_forgot_is_in_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_pool, "LOOK", 0.0)
    server, store = keeper(), MemoryStore()
    async with replicas(server, 2, store) as all:
        used = await call(all[0], "s1")
        store._values.clear()
        await call(all[0], "s1")
        await asyncio.gather(*all[0]._sessions._closing)
        assert await call(all[1], "s1") == used


async def test_one_caller_opens_a_bounded_number_of_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_sessions, "OPEN", 2)
    server = keeper()
    async with replicas(server) as all:
        await call(all[0], "s1")
        await call(all[1], "s2")
        context = Context(request_id="1", version="2025-11-25", session="s3")
        result = await all[0].call(ANNA, all[0].tools()["a__x"], {}, context)
        assert result["isError"]
        assert "too many sessions" in str(result["content"])
        await call(all[0], "s4", BERT)
        await all[0].close_session("s1", ANNA)
        await call(all[1], "s3")


async def test_a_client_that_listens_hears_the_sessions_that_other_replicas_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("adaptgen.proxy.proxy_target._LOOK", 0.01)
    server = keeper()
    listened: list[str] = []

    async def stream(exchange: Exchange) -> None:
        listened.append(exchange.headers["mcp-session-id"])
        exchange.stream()

    server.on["GET"] = stream
    async with replicas(server) as all:
        context = Context(request_id="1", version="2025-11-25", session="s1")
        listening = asyncio.ensure_future(all[0].request(ANNA, "subscriptions/listen", {}, context))
        await until(lambda: bool(all[0]._subscriptions.at(("session", "s1"))))
        used = await call(all[1], "s1")
        await until(lambda: used in listened)
        listening.cancel()


async def test_roots_that_changed_are_told_in_sessions_of_other_replicas() -> None:
    server = keeper()
    async with replicas(server) as all:
        used = await call(all[0], "s1")
        context = Context(request_id="1", version="2025-11-25", session="s1")
        await all[1].notification(ANNA, "notifications/roots/list_changed", {}, context)
        (told,) = server.of("notifications/roots/list_changed")
        assert told.headers["mcp-session-id"] == used


async def test_a_server_that_is_down_uses_up_no_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_sessions, "OPEN", 2)
    async with replicas(keeper(), 1) as (one,):
        remote = one._syncs["a"].remote
        shared = SharedUpstreamSessions(SharedSessionStore(MemoryStore(), KEY), 60)

        async def down() -> Session:
            raise UpstreamError("it cannot be reached", sent=False)

        for n in range(5):
            key = ("session", f"s{n}")
            with pytest.raises(UpstreamError, match="cannot be reached"):
                await shared._make(remote, ANNA, key, down, shared._state(remote, ANNA, key))
