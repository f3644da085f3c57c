"""What the proxy keeps between calls: pins in the shared state, sessions with servers, and who is told of changes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from support.fake_mcp import FakeServer, aggregated, tool, until

from adaptgen.mcp.protocol import Context
from adaptgen.model.tables import Caller
from adaptgen.proxy import pin_store as pinning
from adaptgen.proxy.pin_store import FilePins, PinState, StorePins
from adaptgen.proxy.session_pool import Sessions
from adaptgen.runtime.store.protocol import MemoryStore

pytestmark = pytest.mark.asyncio

ALICE = Caller("alice")


async def test_lists_too_large_for_the_store_are_left_out_and_the_pins_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinning, "_LARGEST", 1000)
    pins = StorePins(MemoryStore())
    await pins.save("a", PinState({"x": "hash"}, {"tools": ["t" * 2000]}))
    assert await pins.load("a") == PinState({"x": "hash"}, None)


async def test_a_file_of_pins_that_is_none_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "pins.json"
    path.write_text("[1]")
    with pytest.raises(Exception, match=r"AG075.*pins"):
        async with aggregated(FakeServer(tools=[tool("x")]), pins=FilePins(path)):
            pass
    assert path.read_text() == "[1]"


async def test_new_tools_are_adopted_before_clients_hear_of_them() -> None:
    server = FakeServer(tools=[tool("x")], capabilities={"tools": {"listChanged": True}})
    order: list[str] = []

    class Client(Context):
        async def notify(self, method: str, params: object) -> None:
            order.append(method)

    async def adopt() -> None:
        order.append(",".join(aggregator.tools()))

    async with aggregated(server, settings={"resync": 0.01, "changed": "accept"}) as aggregator:
        aggregator.changed = adopt
        listening = aggregator.request(
            ALICE, "subscriptions/listen", {"notifications": {"toolsListChanged": True}}, Client(request_id="1")
        )
        task = asyncio.ensure_future(listening)
        await until(lambda: order == ["notifications/subscriptions/acknowledged"])
        server.tools = [tool("x"), tool("y")]
        await until(lambda: len(order) == 3)
        assert order[1:] == ["a__x,a__y", "notifications/tools/list_changed"]
        task.cancel()


async def test_sessions_beyond_the_bound_end_the_longest_unused() -> None:
    server = FakeServer(modern=False, session="up", tools=[tool("x")])
    async with aggregated(server) as aggregator:
        remote = aggregator._syncs["a"].remote
        sessions = Sessions(most=2)
        for name in ("one", "two", "one", "three"):
            await sessions.get(remote, ALICE, ("session", name), {})
        assert sessions.held(remote, ("session", "two")) is None
        assert sessions.held(remote, ("session", "one")) is not None
        await until(lambda: len(server.of("DELETE")) == 1)
        await sessions.aclose()


async def test_a_session_in_which_somebody_listens_does_not_end_for_want_of_use() -> None:
    server = FakeServer(modern=False, session="up", tools=[tool("x")])
    async with aggregated(server) as aggregator:
        remote = aggregator._syncs["a"].remote
        sessions = Sessions(idle=0.0, busy=lambda key: key == ("session", "heard"))
        await sessions.get(remote, ALICE, ("session", "heard"), {})
        await sessions.get(remote, ALICE, ("session", "silent"), {})
        await sessions.get(remote, ALICE, ("session", "next"), {})
        assert sessions.held(remote, ("session", "heard")) is not None
        assert sessions.held(remote, ("session", "silent")) is None
        await sessions.aclose()
