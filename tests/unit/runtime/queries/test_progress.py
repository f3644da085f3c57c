"""How a call that reads many pages tells how far it is, and that it ends in time."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import orjson
from fastmcp import Client

from adaptgen.model.tables import Base, Call, Offset, Server, Tool
from adaptgen.runtime.engine import Engine
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


def test_a_client_of_fastmcp_hears_it_too(tmp_path: Path) -> None:
    heard: list[tuple[float, float | None]] = []

    async def listen(done: float, total: float | None, message: str | None) -> None:
        heard.append((done, total))

    async def session() -> Any:
        async with Client(front(engine(tmp_path)), progress_handler=listen) as client:
            return await client.call_tool("list_things", ASKED)

    assert asyncio.run(session()).content[0].text == '{"count":115,"read":230}'
    assert heard[0] == (50, 230)
