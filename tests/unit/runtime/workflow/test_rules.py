"""Tools of several calls: conditions, lists gone through, all pages, failures that may be, and waiting."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model.tables import Body, Call, Offset, Param, Step, Tool, Until, When

if TYPE_CHECKING:
    from conftest import Api, Make, Received

pytestmark = pytest.mark.asyncio

PEOPLE = Step(id="people", call=Call("GET", "/people"), items="$.rows", view=("id",))
MAIL = Step(
    id="mail",
    call=Call("GET", "/people/{id}/mail", path_params=(Param("id", value="{item.id}"),)),
    each="{people}",
    save={"count": "$.count"},
    view=("count",),
)


def tool(*steps: Step, **more: Any) -> Tool:
    return Tool(name="t", steps=steps, **more)


def mailbox(reply: Any, ids: list[int], failing: int = 0) -> Any:
    """People with these ids, each with as many mails as the id says."""

    def answer(one: Received) -> Any:
        if one.path == "/people":
            return reply(200, {"rows": [{"id": id, "name": "x"} for id in ids]})
        id = int(one.path.split("/")[2])
        return reply(404, {"message": "no mailbox"}) if id == failing else reply(200, {"count": id, "other": 1})

    return answer


# ------------------------------------------------------------------------------------------------------------ when


@pytest.mark.parametrize(
    ("when", "given", "runs"),
    [
        (When(value="{deep}"), {"deep": True}, True),
        (When(value="{deep}"), {"deep": False}, False),
        (When(value="{deep}"), {}, False),
        (When(value="{deep}"), {"deep": []}, False),
        (When(value="{deep}", is_=("a", "b")), {"deep": "b"}, True),
        (When(value="{deep}", is_=(1,)), {"deep": True}, False),
        (When(value="{deep}", is_not=("a",)), {}, True),
        (When(value="{deep}", is_not=(None,)), {}, False),
        (When(value="v{deep}", is_=("v2",)), {"deep": 2}, True),
    ],
)
async def test_a_condition(api: Api, make: Make, reply: Any, when: When, given: dict[str, Any], runs: bool) -> None:
    api.handler = lambda one: reply(200, {"a": 1})
    made = tool(Step(id="one", call=Call("GET", "/one"), when=when), result={"one": "{one}"})
    shown = await make(made).ok("t", **given)
    assert shown["one"] == ({"a": 1} if runs else None)
    assert len(api.received) == int(runs)
    assert ("omitted" in shown) is not runs


async def test_what_builds_on_a_skipped_step_is_skipped_and_said(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(200, {"id": 1})
    first = Step(id="first", call=Call("GET", "/a"), when=When(value="{deep}"), save={"id": "$.id"})
    second = Step(id="second", call=Call("GET", "/b", query=(Param("id", value="{first.id}"),)))
    third = Step(id="third", call=Call("GET", "/c", query=(Param("id", value="{second.id}"),)))
    shown = await make(tool(first, second, third, result={"x": "{third}", "y": "{first.id}"})).ok("t")
    assert (shown["x"], shown["y"], api.received) == (None, None, [])
    assert shown["omitted"] == {
        "first": "skipped: its condition does not hold",
        "second": "skipped: it needs step 'first', which was skipped",
        "third": "skipped: it needs step 'second', which was skipped",
    }


# ------------------------------------------------------------------------------------------------------------ each


@pytest.mark.parametrize(
    ("on_error", "counts", "said"),
    [("omit", [1, 3], "left out"), ("null", [1, None, 3], "null")],
)
async def test_items_that_fail(api: Api, make: Make, reply: Any, on_error: Any, counts: list[Any], said: str) -> None:
    api.handler = mailbox(reply, [1, 2, 3], failing=2)
    mail = dataclasses.replace(MAIL, on_error=on_error)
    shown = await make(tool(PEOPLE, mail, result={"counts": "{mail.count}"})).ok("t")
    assert shown["counts"] == counts
    assert shown["omitted"]["mail"].startswith(f"1 of 3 items failed and are {said}; item 2: The API answered 404")


async def test_a_condition_of_items(api: Api, make: Make, reply: Any) -> None:
    api.handler = mailbox(reply, [1, 2])
    mail = dataclasses.replace(MAIL, when=When(value="{item.id}", is_not=(1,)))
    shown = await make(tool(PEOPLE, mail, result={"mail": "{mail}"})).ok("t")
    assert shown["mail"] == [None, {"count": 2}]
    assert [one.path for one in api.received] == ["/people", "/people/2/mail"]
    assert "1 of 2 items skipped" in shown["omitted"]["mail"]


async def test_writes_go_one_by_one_and_say_how_far_they_came(api: Api, make: Make, reply: Any) -> None:
    def answer(one: Received) -> Any:
        if one.method == "GET":
            return reply(200, {"rows": [{"id": 1}, {"id": 2}, {"id": 3}]})
        return reply(409, {"message": "locked"}) if one.json()["id"] == 3 else reply(200, {})

    api.handler = answer
    note = Step(
        id="note",
        call=Call("POST", "/notes", body=Body(params=(Param("id", value="{item.id}"),))),
        each="{people}",
        effect="write",
    )
    made = tool(PEOPLE, note, effect="write")
    told = await make(made).error("t")
    assert "Item 3 of 3: The API answered 409 Conflict: locked." in told
    assert "'note' (2 of 3 items) changed something already." in told
    assert [one.json()["id"] for one in api.received[1:]] == [1, 2, 3]
    api.received.clear()
    shown = await make(made).ok("t", dry_run=True)
    assert (shown["body"], shown["note"]) == ({"id": 1}, "The first of 3 requests, one for each item.")
    assert [one.method for one in api.received] == ["GET"]


async def test_what_is_no_list(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(200, {"rows": {"a": 1}})
    first = Step(id="people", call=Call("GET", "/people"), save={"all": "$.rows"})
    told = await make(tool(first, dataclasses.replace(MAIL, each="{people.all}"))).error("t")
    assert "{people.all} is not a list" in told


async def test_a_step_that_may_fail(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(500, {"message": "down"}) if one.path == "/b" else reply(200, {"a": 1})
    steps = [
        Step(id="a", call=Call("GET", "/a")),
        Step(id="b", call=Call("GET", "/b"), on_error="omit", save={"id": "$.id"}),
        Step(id="c", call=Call("GET", "/c", query=(Param("id", value="{b.id}"),)), on_error="null"),
    ]
    shown = await make(tool(*steps, result={"a": "{a}", "b": "{b}", "c": "{c}"})).ok("t")
    assert {"a": shown["a"], "c": shown["c"]} == {"a": {"a": 1}, "c": None}
    assert "b" not in shown
    assert shown["omitted"]["b"].startswith("failed: The API answered 500")
    assert shown["omitted"]["c"] == "skipped: it needs step 'b', which failed"
    assert api.calls("/c") == 0


async def test_a_write_of_unknown_outcome_that_may_fail_is_still_unknown(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(500, {})
    step = Step(id="w", call=Call("POST", "/w"), effect="write", on_error="null")
    answer = await make(tool(step, effect="write", result={"w": "{w}"})).answer("t")
    assert (answer.is_error, answer.unknown) == (False, True)


# ------------------------------------------------------------------------------------------------------- all pages


def pages(reply: Any, count: int) -> Any:
    def answer(one: Received) -> Any:
        offset, limit = int(one.query.get("offset", ["0"])[0]), min(int(one.query.get("limit", ["10"])[0]), 10)
        return reply(200, {"rows": [{"id": id} for id in range(offset, min(offset + limit, count))], "total": count})

    return answer


@pytest.mark.parametrize(("count", "most", "kept"), [(35, None, 35), (35, 20, 20), (35, 25, 25), (30, 30, 30)])
async def test_every_page_is_read_once(
    api: Api, make: Make, reply: Any, count: int, most: int | None, kept: int
) -> None:
    api.handler = pages(reply, count)
    page = Offset(offset="offset", limit="limit", items="$.rows", total="$.total")
    step = Step(id="all", call=Call("GET", "/all"), items="$.rows", page=page, max_items=most, view=("id",))
    shown = await make(tool(step, result={"all": "{all}"}, max_bytes=50_000)).ok("t")
    assert [one["id"] for one in shown["all"]] == list(range(kept))
    if kept < count:
        assert shown["omitted"]["all"].startswith(f"the first {kept} of {count} items")
    else:
        assert "omitted" not in shown


# ----------------------------------------------------------------------------------------------------------- until


JOB = Step(id="job", call=Call("POST", "/jobs"), save={"id": "$.id"}, effect="write")
DONE = Step(
    id="done",
    call=Call("GET", "/jobs/{id}", path_params=(Param("id", value="{job.id}"),)),
    until=Until(path="$.state", is_=("DONE",), fails=("FAILED",), every=0.001, at_most=5.0),
)
ROWS = Step(
    id="rows",
    call=Call("GET", "/jobs/{id}/rows", path_params=(Param("id", value="{job.id}"),)),
    items="$",
)
REPORT = Tool(name="t", steps=(JOB, DONE, ROWS), result={"rows": "{rows}"}, effect="write")
SCHEMA = {"t": {"cursor": {"type": "string"}}}


class Jobs:
    """A job that says each of ``states`` once, the last one for ever."""

    def __init__(self, reply: Any, *states: str, headers: Any = None) -> None:
        self.states, self.asked, self.reply, self.headers = states, 0, reply, headers or {}

    def __call__(self, one: Received) -> Any:
        if one.method == "POST":
            return self.reply(202, {"id": 17})
        if one.path.endswith("/rows"):
            return self.reply(200, [{"n": 1}, {"n": 2}])
        state = self.states[min(self.asked, len(self.states) - 1)]
        self.asked += 1
        return self.reply(200, {"state": state, "message": "disk full"}, self.headers)


async def test_a_job_that_fails_is_an_error_with_its_state(api: Api, make: Make, reply: Any) -> None:
    api.handler = Jobs(reply, "RUNNING", "FAILED")
    told = await make(REPORT, schemas=SCHEMA).error("t")
    assert "Step 'done' failed. The job ended as FAILED: disk full." in told
    assert "Before it, 'job' changed something already." in told


def waiting(**until: Any) -> Tool:
    rule = dataclasses.replace(DONE.until, **until)  # type: ignore[type-var]
    return dataclasses.replace(REPORT, steps=(JOB, dataclasses.replace(DONE, until=rule), ROWS))


async def test_a_stumble_of_the_api_does_not_end_the_waiting(api: Api, make: Make, reply: Any) -> None:
    inner = Jobs(reply, "DONE")
    failures = [reply(429, {}), reply(429, {})]
    api.handler = lambda one: failures.pop() if one.path == "/jobs/17" and failures else inner(one)
    assert await make(REPORT, schemas=SCHEMA).ok("t") == {"rows": [{"n": 1}, {"n": 2}]}


async def test_a_change_behind_a_cursor_is_made_once(api: Api, make: Make, reply: Any) -> None:
    jobs = api.handler = Jobs(reply, "RUNNING")
    publish = Step(id="publish", call=Call("POST", "/publish"), effect="write")
    made = waiting(at_most=0.0005)
    first, second, _ = made.steps
    reads = dataclasses.replace(first, effect="read")
    calls = make(
        dataclasses.replace(made, steps=(reads, second, publish), result="{publish}"),
        schemas=SCHEMA,
    )
    cursor = (await calls.ok("t"))["next_cursor"]
    jobs.states = ("DONE",)
    await calls.ok("t", cursor=cursor)
    assert "was used already" in await calls.error("t", cursor=cursor)
    assert api.calls("/publish") == 1
