"""Lists that an API gives whole: one request for all the turns in which an agent reads them, and never old data."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.model.tables import Body, Call, Offset, Param, Tool, Unpaged
from adaptgen.runtime import Caller
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.paging.list_cache import BYTES, ENTRIES, ListCache

Api = Any
Make = Any
LIST = Tool(name="things", call=Call("GET", "/things", query=(Param("q"),)), page=Unpaged(), view=("id",), page_size=10)
PAGED = Tool(name="paged", call=Call("GET", "/things"), page=Offset(offset="offset"), view=("id",), page_size=10)
WRITE = Tool(name="add", call=Call("POST", "/things", body=Body(params=(Param("name"),))), effect="write")
OURS = {"cursor": {}, "limit": {}}
SCHEMAS = {"things": OURS, "paged": OURS}
pytestmark = pytest.mark.asyncio
ADA, BOB = Caller("ada"), Caller("bob")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def calls(api: Api, make: Make, reply: Any) -> Any:
    api.headers = {}
    api.items = [{"id": n} for n in range(25)]

    def answer(one: Any) -> Any:
        return reply(200, api.items if one.method == "GET" else {"id": 99}, api.headers)

    api.handler = answer
    made = make(LIST, PAGED, WRITE, schemas=SCHEMAS)
    made.engine._kept = ListCache(Clock())
    return made


async def test_a_write_of_the_caller_drops_what_is_kept_for_it(api: Api, calls: Any) -> None:
    mine = await calls.by(ADA).ok("things")
    other = await calls.by(BOB).ok("things")
    await calls.by(ADA).ok("add", name="x")
    await calls.by(BOB).ok("things", cursor=other["next_cursor"])
    assert api.calls("/things") == 3
    await calls.by(ADA).ok("things", cursor=mine["next_cursor"])
    assert api.calls("/things") == 4


@pytest.mark.parametrize("said", ["no-store", "private, no-cache", "max-age=0", "No-Store, max-age=90"])
async def test_what_may_not_be_kept_is_not(api: Api, calls: Any, said: str) -> None:
    api.headers = {"Cache-Control": said}
    first = await calls.ok("things")
    assert (await calls.ok("things", cursor=first["next_cursor"]))["items"][0] == [10]
    assert len(api.received) == 2


@pytest.mark.parametrize(("said", "seconds"), [("", 60), ("max-age=10", 10), ("max-age=3600", 60)])
async def test_it_lasts_a_moment(api: Api, calls: Any, said: str, seconds: int) -> None:
    api.headers = {"Cache-Control": said} if said else {}
    first = await calls.ok("things")
    calls.engine._kept._clock.now += seconds - 1
    await calls.ok("things", cursor=first["next_cursor"])
    assert len(api.received) == 1
    calls.engine._kept._clock.now += 1
    await calls.ok("things", cursor=first["next_cursor"])
    assert len(api.received) == 2


async def test_it_is_bounded() -> None:
    kept = ListCache(Clock())
    for number in range(ENTRIES + 5):
        kept.put(("c", b"%d" % number), "d", Response(200, {}, b"x"), 60)
    assert len(kept._entries) == ENTRIES
    assert kept.get(("c", b"0"), "d") is None
    for number in range(4):
        kept.put(("big", b"%d" % number), "d", Response(200, {}, bytes(BYTES // 3)), 60)
    assert sum(len(entry.response.content) for entry in kept._entries.values()) == kept._bytes <= BYTES
    kept.put(("huge", b""), "d", Response(200, {}, bytes(BYTES + 1)), 60)
    assert kept.get(("huge", b""), "d") is None
