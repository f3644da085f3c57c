"""How a call that reads many pages tells how far it is, and that it ends in time."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from fastmcp import Client

from adaptgen.govern.pipeline.engine_target import Served
from adaptgen.mcp.protocol import Context
from adaptgen.model.tables import LOCAL, Base, Call, Offset, Server, Tool
from adaptgen.runtime.core import call_context
from adaptgen.runtime.core.call_context import until
from adaptgen.runtime.engine import Engine
from adaptgen.runtime.paging.scan import MARGIN, Bounds, RequestBudget
from adaptgen.transports.fastmcp import front

ITEMS = [{"id": n, "state": "OPEN" if n % 2 else "DONE"} for n in range(230)]


def engine(folder: Path) -> Engine:
    """A server of one list, whose API gives fifty items a page."""

    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params.get("offset", 0))
        body = orjson.dumps({"items": ITEMS[start : start + 50], "total": len(ITEMS)})
        return httpx.Response(200, headers={"content-type": "application/json"}, stream=httpx.ByteStream(body))

    page = Offset(offset="offset", limit="limit", items="$.items", total="$.total", max_size=50)
    tool = Tool(name="list_things", call=Call("GET", "/things"), page=page, view=("id",))
    properties = {"where": {"type": "object"}, "count": {}, "cursor": {"type": "string"}}
    contract = {"description": "Things.", "inputSchema": {"type": "object", "properties": properties}}
    (folder / "tools").mkdir()
    (folder / "tools" / "things.json").write_bytes(orjson.dumps({"list_things": contract}))
    server = Server(name="things", bases=(Base("https://things.example"),), tools=(tool,), contracts=folder / "tools")
    return Engine(server, environ={}, transport=httpx.MockTransport(answer))


ASKED = {"where": {"state": "open"}, "count": True}


class Heard(Context):
    """Remembers what is notified."""

    def __init__(self, **given: Any) -> None:
        super().__init__(request_id="r", **given)
        self.notes: list[tuple[str, Any]] = []

    async def notify(self, method: str, params: Any) -> None:
        self.notes.append((method, params))


def test_the_client_hears_how_far_a_call_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_context, "EVERY", 0.0)
    target = Served(engine(tmp_path))
    heard = Heard()
    result = asyncio.run(target.call(LOCAL, target.tools()["list_things"], ASKED, heard))
    assert result["content"][0]["text"] == '{"count":115,"read":230}'
    assert {method for method, _ in heard.notes} == {"notifications/progress"}
    assert [(one["progress"], one["total"]) for _, one in heard.notes] == [(n, 230) for n in (50, 100, 150, 200, 230)]


def test_a_client_of_fastmcp_hears_it_too(tmp_path: Path) -> None:
    heard: list[tuple[float, float | None]] = []

    async def listen(done: float, total: float | None, message: str | None) -> None:
        heard.append((done, total))

    async def session() -> Any:
        async with Client(front(engine(tmp_path)), progress_handler=listen) as client:
            return await client.call_tool("list_things", ASKED)

    assert asyncio.run(session()).content[0].text == '{"count":115,"read":230}'
    assert heard[0] == (50, 230)


def test_notifications_are_few_and_grow() -> None:
    sent: list[Any] = []

    async def notify(method: str, params: Any) -> None:
        sent.append((params["progress"], params.get("total")))

    async def tell() -> None:
        ticks = itertools.count(0.0, call_context.EVERY / 2)
        with call_context.channel(notify, clock=lambda: next(ticks)):
            for done in (10, 20, 30, 25, 40, 50):
                await call_context.report(done, 35, "")

    asyncio.run(tell())
    assert sent == [(10, 35), (30, 35), (40, None)]


def test_nothing_is_told_where_nobody_listens() -> None:
    asyncio.run(call_context.report(1, None, ""))


def test_no_page_is_asked_for_when_the_call_is_about_to_end() -> None:
    now = [100.0]
    with call_context.channel(None, 100.0 + MARGIN + 5.0):
        meter = RequestBudget(Bounds(), clock=lambda: now[0])
    assert meter.reached() == ""
    now[0] = 105.1
    assert meter.reached() == "the time for one call is over"


def test_the_platforms_deadline_counts_as_well() -> None:
    token = until.set(100.0 + MARGIN)
    try:
        assert RequestBudget(Bounds(), clock=lambda: 100.0).reached() == "the time for one call is over"
    finally:
        until.reset(token)


def test_a_call_near_its_end_gives_what_it_has(tmp_path: Path) -> None:
    import time

    target = Served(engine(tmp_path))
    heard = Heard(deadline=time.monotonic() + MARGIN)
    result = asyncio.run(target.call(LOCAL, target.tools()["list_things"], ASKED, heard))
    told = orjson.loads(result["content"][0]["text"])
    assert (told["count"], told["read"], told["complete"]) == (25, 50, False)
    assert "next_cursor" in told
