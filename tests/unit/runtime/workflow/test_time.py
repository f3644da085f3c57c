"""How long steps may take, and what whoever waits hears of it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from adaptgen.model.tables import LOCAL, Call, Offset, Param, Step, Tool, Until
from adaptgen.runtime.core import call_context
from adaptgen.runtime.paging.cursor import CursorBox, bind

if TYPE_CHECKING:
    from conftest import Api, Make

pytestmark = pytest.mark.asyncio

SCHEMA = {"t": {"cursor": {"type": "string"}}}


def waiting(**rule: Any) -> Tool:
    until = Until(path="$.state", is_=("DONE",), **rule)
    return Tool(name="t", steps=(Step(id="done", call=Call("GET", "/done"), until=until),))


async def test_the_end_of_the_call_ends_the_waiting(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(200, {"state": "RUNNING"})
    calls = make(waiting(every=0.01, at_most=25.0), schemas=SCHEMA)
    started = time.monotonic()
    with call_context.channel(None, started + 3.5):
        shown = await calls.ok("t")
    assert shown["pending"] == {"step": "done", "state": "RUNNING"}
    assert time.monotonic() - started < 15


async def test_waiting_is_told(api: Api, make: Make, reply: Any) -> None:
    told: list[Mapping[str, Any]] = []

    async def notify(method: str, params: Mapping[str, Any]) -> None:
        told.append(params)

    states = iter(["PENDING", "RUNNING", "secret@example.org", "DONE"])
    api.handler = lambda one: reply(200, {"state": next(states)})
    clock = iter(range(1000))
    with call_context.channel(notify, clock=lambda: float(next(clock))):
        await make(waiting(every=0.001), schemas=SCHEMA).ok("t")
    assert [one["progress"] for one in told] == [1, 2, 3]
    assert "example.org" not in json.dumps(told)


async def test_items_are_told(api: Api, make: Make, reply: Any) -> None:
    told: list[Mapping[str, Any]] = []

    async def notify(method: str, params: Mapping[str, Any]) -> None:
        told.append(params)

    api.handler = lambda one: reply(200, [1, 2, 3] if one.path == "/all" else {})
    steps = (
        Step(id="all", call=Call("GET", "/all")),
        Step(id="one", call=Call("GET", "/one", query=(Param("n", value="{item}"),)), each="{all}"),
    )
    clock = iter(range(1000))
    with call_context.channel(notify, clock=lambda: float(next(clock))):
        await make(Tool(name="t", steps=steps)).ok("t")
    assert [(one["progress"], one["total"]) for one in told] == [(1, 3), (2, 3), (3, 3)]


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


async def test_a_question_that_nobody_answers_ends_with_the_waiting(api: Api, make: Make, silent: Any) -> None:
    api.handler = silent
    started = time.monotonic()
    shown = await make(waiting(every=0.01, at_most=0.1), schemas=SCHEMA, timeout=30.0).ok("t")
    assert shown["pending"] == {"step": "done", "state": "no answer"}
    assert time.monotonic() - started < 10


async def test_a_cursor_of_0_1_goes_on(api: Api, make: Make, reply: Any) -> None:
    key = bytes(range(32))
    schema = {"type": "object", "properties": {"fields": {}, **SCHEMA["t"]}, "additionalProperties": False}
    contract = hashlib.sha256(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
    steps = "bcd135531cb5ab96"  # the digest of these steps as 0.1 wrote them
    to = bind("t", contract + steps, LOCAL.key, {})
    cursor = CursorBox(key).seal({"written": ["'start'"]}, to)
    api.handler = lambda one: reply(200, {"state": "DONE"})
    environ = {"ADAPTGEN_CURSOR_KEY": key.hex()}
    shown = await make(waiting(every=0.01, at_most=0.03), schemas=SCHEMA, environ=environ).ok("t", cursor=cursor)
    assert shown == {"state": "DONE"}
