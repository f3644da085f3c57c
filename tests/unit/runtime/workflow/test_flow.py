"""Steps of Arazzo workflows: when they have succeeded, what follows, and steps inside of steps."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model.tables import Body, Call, Check, Flow, Param, Step, Then, Tool

if TYPE_CHECKING:
    from conftest import Api, Make, Received

pytestmark = pytest.mark.asyncio

READ = Step(id="read", call=Call("GET", "/things/{id}", path_params=(Param("id", value="{id}"),)), save={"n": "#/n"})


def tool(*steps: Step, **more: Any) -> Tool:
    return Tool(name="t", steps=steps, **more)


def checked(*conditions: str | Check, **more: Any) -> Step:
    checks = tuple(Check(one) if isinstance(one, str) else one for one in conditions)
    return dataclasses.replace(READ, success=checks, **more)


@pytest.mark.parametrize(
    ("check", "holds"),
    [
        ("$statusCode == 200", True),
        ("$statusCode >= 200 && $statusCode < 300", True),
        ("$statusCode == 404 || $response.body#/state == 'DONE'", True),
        ("$response.body#/state == 'done'", True),  # texts compare without regard to case
        ("$response.body#/missing == null", True),
        ("$response.body.list[1].n > 4", True),
        ("!$response.body#/flag", False),
        ("$response.header.X-Left > 9", True),
        ("$response.header.X-Left > 10", False),
        ("$inputs.id == 'a b'", True),
        ("$request.path.id == 'a b'", True),
        ("$request.query.q == 'x'", True),
        ("$request.header.X-K == 'v'", True),
        ("$method == 'GET' && ($statusCode == 1 || true)", True),
        ("$statusCode > 'x'", False),
        (Check("^2", "$statusCode", "regex"), True),
        (Check("ON", "$response.body#/state", "regex"), True),
        (Check("^ON", "$response.body#/state", "regex"), False),
        (Check("$.list[?@.n > 4]", "$response.body", "jsonpath"), True),
        (Check("$.list[?@.n > 5]", "$response.body", "jsonpath"), False),
    ],
)
async def test_criteria(api: Api, make: Make, reply: Any, check: Any, holds: bool) -> None:
    body = {"state": "DONE", "flag": True, "list": [{"n": 1}, {"n": 5}]}
    api.handler = lambda one: reply(200, body, {"X-Left": "10"})
    call = dataclasses.replace(READ.call, query=(Param("q", value="x"),), headers=(Param("X-K", value="v"),))  # type: ignore[type-var]
    answer = await make(tool(checked(check, call=call), result={"n": "{read.n}"})).answer("t", id="a b")
    assert answer.is_error is not holds
    if not holds:
        assert "does not meet" in answer.content[0].text  # type: ignore[union-attr]


class Turns:
    """Answers with these statuses, one after the other, then with 200."""

    def __init__(self, reply: Any, *statuses: int, **headers: str) -> None:
        self.waiting, self.reply, self.headers = list(statuses), reply, headers

    def __call__(self, one: Received) -> Any:
        status = self.waiting.pop(0) if self.waiting else 200
        return self.reply(status, {"n": status}, {name.replace("_", "-"): text for name, text in self.headers.items()})


BUSY = Then(do="retry", checks=(Check("$statusCode == 409"),), after=0.0, limit=2)


@pytest.mark.parametrize(("refusals", "requests", "works"), [(2, 3, True), (3, 3, False)])
async def test_a_retry_is_bounded(api: Api, make: Make, reply: Any, refusals: int, requests: int, works: bool) -> None:
    api.handler = Turns(reply, *[409] * refusals)
    answer = await make(tool(dataclasses.replace(READ, otherwise=(BUSY,)))).answer("t", id=1)
    assert (answer.is_error, len(api.received)) == (not works, requests)


async def test_retry_after_of_the_answer_counts(api: Api, make: Make, reply: Any) -> None:
    api.handler = Turns(reply, 409, Retry_After="7200")
    told = await make(tool(dataclasses.replace(READ, otherwise=(BUSY,)))).error("t", id=1)
    assert "409" in told  # two hours are too long
    assert len(api.received) == 1


WRITE = Step(
    id="write",
    call=Call("POST", "/things", body=Body(whole=Param("body", value={"a": "{id}", "b": {"c": 1}}))),
    effect="write",
)


async def test_a_write_without_an_answer_is_never_repeated(api: Api, make: Make) -> None:
    async def broken(writer: Any) -> None:
        writer.close()

    api.handler = lambda one: broken
    again = Then(do="retry", checks=(Check("$statusCode == null"),), limit=3)
    answer = await make(tool(dataclasses.replace(WRITE, otherwise=(again,)), effect="write")).answer("t", id=1)
    assert (answer.is_error, answer.unknown, len(api.received)) == (True, True, 1)


async def test_members_of_a_body_are_replaced(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(200, {})
    step = dataclasses.replace(WRITE, replace={"#/b/c": "{id}", "#/new/x": "n{id}"})
    await make(tool(step, effect="write")).ok("t", id=5)
    assert api.received[0].json() == {"a": 5, "b": {"c": 5}, "new": {"x": "n5"}}


async def test_an_action_may_go_elsewhere_or_end(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(200, {"n": 2 if one.path == "/things/1" else 1})
    first = dataclasses.replace(
        READ, id="first", then=(Then(do="goto", to="last", checks=(Check("$response.body#/n == 2"),)),)
    )
    last = dataclasses.replace(READ, id="last", then=(Then(do="end"),))
    steps = (first, dataclasses.replace(READ, id="middle"), last, dataclasses.replace(READ, id="never"))
    result = {name: f"{{{name}.n}}" for name in ("first", "middle", "last", "never")}
    shown = await make(tool(*steps, result=result)).ok("t", id=1)
    assert shown == {"first": 2, "middle": None, "last": 2, "never": None}
    assert len(api.received) == 2


async def test_going_in_circles_ends(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(200, {"n": 1})
    told = await make(tool(dataclasses.replace(READ, then=(Then(do="goto", to="read"),)))).error("t", id=1)
    assert "go round in circles: 200 were run" in told


async def test_the_end_after_a_failure_says_that_it_is_one(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(404 if one.path == "/things/1" else 200, {"n": 1})
    first = dataclasses.replace(READ, otherwise=(Then(do="end"),))
    shown = await make(tool(first, dataclasses.replace(READ, id="next"), result={"n": "{read.n}"})).ok("t", id=1)
    assert shown["n"] is None
    assert shown["omitted"]["read"].startswith("failed, and the steps end here: The API answered 404")
    assert len(api.received) == 1


async def test_steps_inside_a_step_see_what_they_are_given(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(200, {"n": int(one.path.rsplit("/", 1)[1]) + 1})
    inner = Flow(steps=(READ,), given={"id": "{first.n}"}, result={"out": "{read.n}"})
    first = dataclasses.replace(READ, id="first")
    outer = Step(id="outer", flow=inner, save={"o": "#/out"})
    assert await make(tool(first, outer, result={"o": "{outer.o}"})).ok("t", id=1) == {"o": 3}
    assert [one.path for one in api.received] == ["/things/1", "/things/2"]


async def test_what_is_not_given_is_left_out_of_a_body_or_has_its_default(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(200, {})
    body = Body(whole=Param("body", value={"a": "{a}", "b": ["{b}", "{c}"], "d": {"e": "{b}", "f": "x{b}"}}))
    step = Step(id="s", call=Call("POST", "/s", body=body), effect="write", replace={"#/g": "{b}", "#/h": "{c}"})
    calls = make(tool(step, effect="write", defaults={"c": 3}))
    await calls.ok("t", a=1)
    assert api.received[0].json() == {"a": 1, "b": [3], "d": {}, "h": 3}
    await calls.ok("t", a=1, b=2, c=4)
    assert api.received[1].json() == {"a": 1, "b": [2, 4], "d": {"e": 2, "f": "x2"}, "g": 2, "h": 4}


async def test_a_step_that_runs_before_the_next_try(api: Api, make: Make, reply: Any) -> None:
    tokens = iter("ab")

    def answer(one: Received) -> Any:
        if one.path == "/token":
            return reply(200, {"t": next(tokens)})
        return reply(200, {"n": 1}) if one.query["t"] == ["b"] else reply(401, {})

    api.handler = answer
    token = Step(id="token", call=Call("GET", "/token"), save={"t": "#/t"})
    call = Call("GET", "/things", query=(Param("t", value="{token.t}"),))
    again = Then(do="retry", to="token", checks=(Check("$statusCode == 401"),))
    read = Step(id="read", call=call, save={"n": "#/n"}, otherwise=(again,))
    assert await make(tool(token, read, result={"n": "{read.n}"})).ok("t") == {"n": 1}
    assert [one.path for one in api.received] == ["/token", "/things", "/token", "/things"]
