"""Tools that a side file replaces, wraps and adds, and requests that it changes, as an agent calls them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from adaptgen.govern.pipeline.engine_target import Served
from adaptgen.runtime import LOCAL, Answer, Caller, Text
from adaptgen.runtime.engine import Engine

pytestmark = pytest.mark.asyncio

Serve = Callable[..., Engine]


async def called(engine: Engine, tool: str, arguments: Mapping[str, Any] = {}, caller: Caller = LOCAL) -> Any:
    answer = await engine.call(caller, tool, arguments)
    assert not answer.is_error, answer
    return json.loads(said(answer))


def said(answer: Answer) -> str:
    (block,) = answer.content
    assert isinstance(block, Text)
    return block.text


async def test_a_replaced_tool_answers_under_the_contract_and_the_view(serve: Serve, api: Any) -> None:
    engine = serve(
        '@overrides.replace("get_person")\n'
        "async def person(call: ToolCall):\n"
        '    return {"id": call.arguments["id"], "name": "Ada", "email": "a@example.org"}\n'
    )
    assert await called(engine, "get_person", {"id": "7", "fields": ["id"]}) == {"id": 7}
    assert (await engine.call(LOCAL, "get_person", {"id": "x"})).is_error
    assert api.requests == []


async def test_a_replaced_list_is_cut_into_pages(serve: Serve) -> None:
    engine = serve(
        '@overrides.replace("list_people")\n'
        "async def people(call: ToolCall):\n"
        '    return [{"id": one, "name": f"n{one}"} for one in range(30)]\n'
    )
    first = await called(engine, "list_people", {"limit": 20, "fields": ["id"]})
    rest = await called(engine, "list_people", {"limit": 20, "fields": ["id"], "cursor": first["next_cursor"]})
    assert [row[0] for row in first["items"] + rest["items"]] == list(range(30))


async def test_a_replaced_and_an_added_list_are_asked_about_all_items(serve: Serve) -> None:
    people = 'return [{"id": one, "name": f"n{one}", "odd": one % 2 == 1} for one in range(130)]\n'
    engine = serve(
        f'@overrides.replace("list_people")\nasync def people(call: ToolCall):\n    {people}\n'
        '@overrides.add(name="list_more", description="More.", input_schema={}, effect="read", lists=True)\n'
        f"async def more(call: ToolCall):\n    {people}"
    )
    for tool in ("list_people", "list_more"):
        assert await called(engine, tool, {"where": {"odd": True}, "count": True}) == {"count": 65, "read": 130}
        first = await called(engine, tool, {"sort": "-id", "limit": 2, "fields": ["id"]})
        assert first["items"] == [[129], [128]]
        more = await called(engine, tool, {"sort": "-id", "fields": ["id"], "cursor": first["next_cursor"]})
        assert more["items"] == [[127], [126]]


async def test_a_wrap_changes_arguments_and_answer(serve: Serve, api: Any) -> None:
    engine = serve(
        '@overrides.wrap("list_people")\n'
        "async def people(call: ToolCall, proceed: Proceed):\n"
        '    answer = value_of(await proceed({**call.arguments, "q": "forced"}))\n'
        '    return {"count": len(answer["items"]), "first": answer["items"][0]}\n'
    )
    answer = await called(engine, "list_people", {"limit": 3})
    assert answer["count"] == 3
    assert [one.url.query for one in api.requests] == [b"q=forced"]


async def test_wraps_nest_in_the_order_of_the_file(serve: Serve) -> None:
    wrap = (
        '@overrides.wrap("get_person")\nasync def {0}(call: ToolCall, proceed: Proceed):\n'
        '    return {{"{0}": value_of(await proceed())}}\n\n'
    )
    engine = serve(wrap.format("outer") + wrap.format("inner"))
    answer = await called(engine, "get_person", {"id": 1})
    assert list(answer) == ["outer"]
    assert list(answer["outer"]) == ["inner"]


async def test_a_request_is_changed_before_it_is_sent_and_before_it_is_shown(serve: Serve, api: Any) -> None:
    engine = serve(
        '@overrides.request("create_person")\n'
        "def branded(request: Outgoing) -> None:\n"
        '    request.set_header("X-Source", "agent")\n'
        '    request.set_query("audit", True)\n'
        '    request.json = {**request.json, "origin": "mcp"}\n'
    )
    await called(engine, "create_person", {"name": "Ada"})
    (request,) = api.requests
    assert request.headers["x-source"] == "agent"
    assert str(request.url) == "https://people.example/people?audit=true"
    assert json.loads(request.content) == {"name": "Ada", "origin": "mcp"}
    shown = await called(engine, "create_person", {"name": "Ada", "dry_run": True})
    assert shown["body"] == {"name": "Ada", "origin": "mcp"}
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    "line",
    [
        'request.set_header("Host", "evil.example")',
        'request.set_header("X-A", "a\\r\\nHost: evil")',
        "request.path = '/'",
    ],
)
async def test_a_request_goes_nowhere_else(serve: Serve, api: Any, line: str) -> None:
    engine = serve(f'@overrides.request("get_person")\ndef moved(request: Outgoing) -> None:\n    {line}\n')
    assert (await engine.call(LOCAL, "get_person", {"id": 1})).is_error
    assert api.requests == []


ADD = """\
SCHEMA = {"type": "object", "properties": {"ids": {"type": "array", "items": {"type": "integer"}}}, "required": ["ids"]}


@overrides.add(
    name="people_by_id",
    description="Several people at once.",
    input_schema=SCHEMA,
    effect="read",
    sensitive_arguments={"/ids/*": "person_id"},
)
async def people_by_id(call: ToolCall):
    people = []
    for one in call.arguments["ids"]:
        response = await call.send("GET", "/people/{id}", path_params={"id": one})
        people.append(response.json())
    return {"people": people}
"""


async def test_an_added_tool_calls_the_api_and_is_checked(serve: Serve, api: Any) -> None:
    engine = serve(ADD)
    answer = await called(engine, "people_by_id", {"ids": [1, 3]})
    assert [one["name"] for one in answer["people"]] == ["Person 1", "Person 3"]
    refused = await engine.call(LOCAL, "people_by_id", {"ids": "all"})
    assert refused.is_error
    assert "ids" in said(refused)
    assert "people_by_id" in [one.name for one in engine.list(LOCAL)]


async def test_governance_knows_an_added_tool_like_any_other(serve: Serve) -> None:
    facts = Served(serve(ADD)).tools()["people_by_id"]
    assert (facts.effect, facts.open, dict(facts.arguments)) == ("read", True, {"/ids/*": "person_id"})


@pytest.mark.parametrize(
    "text",
    [
        ADD,
        '@overrides.replace("get_person")\nasync def f(call: ToolCall):\n'
        '    return (await call.send("GET", "/people/3")).json()\n',
        '@overrides.wrap("get_person")\nasync def f(call: ToolCall, proceed: Proceed):\n'
        '    return {"who": value_of(await proceed())["email"]}\n',
        '@overrides.wrap("get_person")\nasync def f(call: ToolCall, proceed: Proceed):\n'
        "    from adaptgen.runtime import Answer, Text\n"
        '    return Answer((Text(\'{"who": "%s"}\' % value_of(await proceed())["email"]),))\n',
    ],
)
async def test_personal_data_in_what_an_override_answers_is_marked(serve: Serve, text: str) -> None:
    engine = serve(text, classify=True)
    name, given = ("people_by_id", {"ids": [3]}) if text == ADD else ("get_person", {"id": 3, "fields": ["*"]})
    answer = await engine.call(LOCAL, name, given)
    assert not answer.is_error, answer
    assert "p3@example.org" in said(answer)
    assert "email" in {*answer.sensitive.values(), *(kind for kind, _ in answer.found)}


async def test_a_dry_run_of_an_added_write_sends_nothing(serve: Serve, api: Any) -> None:
    engine = serve(
        '@overrides.add(name="import_people", description="Import.", effect="write",\n'
        '    input_schema={"type": "object", "properties": {"names": {"type": "array"}}})\n'
        "async def import_people(call: ToolCall):\n"
        '    for name in call.arguments["names"]:\n'
        '        await call.send("POST", "/people", body={"name": name})\n'
        '    return "done"\n'
    )
    shown = await called(engine, "import_people", {"names": ["Ada", "Bob"], "dry_run": True})
    assert (shown["method"], shown["body"]) == ("POST", {"name": "Ada"})
    assert api.requests == []
    answer = await engine.call(LOCAL, "import_people", {"names": ["Ada", "Bob"]})
    assert said(answer) == "done"
    assert len(api.requests) == 2


async def test_an_override_that_fails_shows_no_stack_and_no_token(serve: Serve) -> None:
    engine = serve(
        '@overrides.replace("get_person")\n'
        "async def person(call: ToolCall):\n"
        '    raise KeyError(f"hunter22 {call.caller.token}")\n'
    )
    answer = await engine.call(Caller("ada", token="secret-token"), "get_person", {"id": 1})
    assert said(answer) == "The call failed inside the server (KeyError); trying again does not help."


async def test_an_added_tool_calls_others_as_the_same_caller(serve: Serve) -> None:
    engine = serve(
        '@overrides.add(name="first", description="First.", effect="read", input_schema={"type": "object"})\n'
        "async def first(call: ToolCall):\n"
        '    found = value_of(await call.call("list_people", {"limit": 1, "fields": ["name"]}))\n'
        '    return {"name": found["items"][0][0], "by": call.caller.sub}\n'
    )
    assert await called(engine, "first", {}, Caller("ada")) == {"name": "Person 1", "by": "ada"}


async def test_an_account_that_a_called_tool_lacks_is_asked_for(serve: Serve, workplace: Path) -> None:
    (workplace / "specs" / "people" / "hints.yaml").write_text(
        "auth: {key: {kind: api_key, header: X-Key, per: caller, ask: true, title: People}}\n"
    )
    engine = serve(
        '@overrides.add(name="first", description="First.", effect="read", input_schema={"type": "object"})\n'
        "async def first(call: ToolCall):\n"
        '    return value_of(await call.call("list_people", {}))\n',
        state=workplace / "state",
    )
    answer = await engine.call(Caller("ada"), "first", {})
    assert answer.connection == ("key", "People", "")
    assert said(answer) == "No account at People is connected. Nothing was sent."
