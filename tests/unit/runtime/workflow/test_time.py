"""How long steps may take, and what whoever waits hears of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model.tables import Call, Offset, Step, Tool
from adaptgen.runtime.core import call_context

if TYPE_CHECKING:
    from conftest import Api, Make

pytestmark = pytest.mark.asyncio


async def test_every_page_ends_with_the_call(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(200, [{"id": int(one.query["offset"][0]) + id} for id in range(10)])
    page = Offset(offset="offset", limit="limit", items="$")
    step = Step(id="all", call=Call("GET", "/all"), items="$", page=page, view=("id",))
    calls = make(Tool(name="t", steps=(step,), result={"all": "{all}"}, max_bytes=50_000))
    with call_context.channel(None, time.monotonic() + 3.0):
        shown = await calls.ok("t")
    count = len(shown["all"])
    assert [one["id"] for one in shown["all"]] == list(range(count))
    assert shown["omitted"]["all"].startswith(f"the first {count} items")
