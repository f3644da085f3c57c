"""The menu before a governed pipeline: whatever is called through it, governance sees the tool and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.governing import FakeTarget, fact, governed, settings

from adaptgen.govern.settings.model import Settings
from adaptgen.mcp.protocol import McpHandler, RpcError
from adaptgen.model.tables import Caller

from .conftest import ADA, EVE, GUESTS, ask, call, listed, menu, text

OWN = ["search_tools", "describe_tool", "call_read_tool", "call_write_tool"]


def run(path: Path, target: FakeTarget, session: Callable[[McpHandler], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        async with governed(path, target, http=True) as made:
            return await session(menu(made))

    return asyncio.run(whole())


def audited(folder: Path, event: str) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]
    return [row for row in rows if row["event"] == event]


def test_a_large_list_is_four_tools(tmp_path: Path, many: FakeTarget) -> None:
    assert run(settings(tmp_path), many, lambda desk: listed(desk, ADA)) == OWN


def test_a_caller_who_sees_few_tools_gets_them_as_they_are(tmp_path: Path, many: FakeTarget) -> None:
    assert run(settings(tmp_path, GUESTS), many, lambda desk: listed(desk, EVE)) == ["get_note"]


def test_the_settings_say_how_tools_are_shown(tmp_path: Path, many: FakeTarget) -> None:
    whole = settings(tmp_path, surface="list")
    assert len(run(whole, many, lambda desk: listed(desk, ADA))) == 123
    pinned = settings(tmp_path, surface={"mode": "search", "pin": ["delete_note", "no_such_tool", "get_note"]})
    assert run(pinned, many, lambda desk: listed(desk, ADA)) == [*OWN, "delete_note", "get_note"]


def test_a_pinned_tool_that_a_caller_may_not_see_is_not_shown(tmp_path: Path, many: FakeTarget) -> None:
    path = settings(tmp_path, GUESTS, surface={"mode": "search", "pin": ["delete_note", "get_note"]})
    assert run(path, many, lambda desk: listed(desk, EVE)) == [*OWN, "get_note"]


def test_a_list_that_fits_in_short_has_every_tool(tmp_path: Path, many: FakeTarget) -> None:
    path = settings(tmp_path, surface={"bytes": 60_000})
    result = run(path, many, lambda desk: ask(desk, ADA, "tools/list"))
    assert [tool["name"] for tool in result["tools"]][:2] == ["describe_tool", "get_note"]
    assert len(result["tools"]) == 124
    assert len(json.dumps(result, separators=(",", ":"))) <= 60_000


def test_a_call_is_on_record_as_one_of_the_tool(tmp_path: Path, many: FakeTarget) -> None:
    async def session(desk: McpHandler) -> Any:
        return await call(desk, ADA, "call_write_tool", {"name": "create_note", "arguments": {"text": "x"}})

    result = run(settings(tmp_path), many, session)
    assert text(result) == "done"
    assert many.calls == [(ADA, "create_note", {"text": "x"})]
    assert [row["tool"] for row in audited(tmp_path, "decision")] == ["create_note"]
    assert "call_write_tool" not in (tmp_path / "audit.jsonl").read_text()


def test_tokens_are_restored_and_made_as_in_a_direct_call(tmp_path: Path, many: FakeTarget) -> None:
    many.answers["get_note"] = {"content": [{"type": "text", "text": json.dumps({"email": "ada@example.org"})}]}

    async def session(desk: McpHandler) -> str:
        answer = await call(desk, ADA, "call_read_tool", {"name": "get_note", "arguments": {}})
        token = json.loads(text(answer))["email"]
        await call(desk, ADA, "call_write_tool", {"name": "create_note", "arguments": {"email": token}})
        return str(token)

    assert run(settings(tmp_path), many, session).startswith("tok_")
    assert many.calls[-1][2] == {"email": "ada@example.org"}


def test_a_limit_counts_the_tool(tmp_path: Path, many: FakeTarget) -> None:
    path = settings(tmp_path, limits=[{"per": ["tool"], "rate": "1/h", "tools": ["fake/get_note"]}])

    async def session(desk: McpHandler) -> list[str]:
        given = {"name": "get_note", "arguments": {}}
        found = [text(await call(desk, ADA, "call_read_tool", given)) for _ in range(2)]
        return [*found, text(await call(desk, ADA, "call_write_tool", {"name": "tool_001"}))]

    first, second, other = run(path, many, session)
    assert (first, other) == ("done", "done")
    assert second.startswith("The limit of calls is reached")


@pytest.mark.parametrize("tool", ["create_note", "delete_note"])
def test_a_tool_that_writes_is_not_called_to_read(tmp_path: Path, many: FakeTarget, tool: str) -> None:
    result = run(settings(tmp_path), many, lambda desk: call(desk, ADA, "call_read_tool", {"name": tool}))
    assert text(result) == f"{tool} writes: call it with call_write_tool. Nothing was executed."
    assert result["isError"]
    assert many.calls == []


def test_a_tool_of_a_stranger_writes_whatever_it_says(tmp_path: Path, many: FakeTarget) -> None:
    """Its annotations are not trusted: governance takes it for one that writes (Facts.effect)."""
    wire = {"name": "nice", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}}
    many.known["nice"] = fact("nice", effect="write", wire=wire, trusted=False)
    result = run(settings(tmp_path), many, lambda desk: call(desk, ADA, "call_read_tool", {"name": "nice"}))
    assert text(result).startswith("nice writes")
    assert many.calls == []


@pytest.mark.parametrize("way", ["call_read_tool", "call_write_tool", "describe_tool", "direct"])
@pytest.mark.parametrize("hidden", ["create_note", "delete_note", "tool_007"])
def test_what_a_caller_may_not_see_is_answered_like_what_there_is_not(
    tmp_path: Path, many: FakeTarget, way: str, hidden: str
) -> None:
    path = settings(tmp_path, GUESTS, surface="search")

    async def asked(desk: McpHandler, name: str) -> dict[str, Any]:
        if way == "direct":
            return await call(desk, EVE, name, {"text": "x"})
        return await call(desk, EVE, way, {"name": name})

    async def session(desk: McpHandler) -> Any:
        return await asked(desk, hidden), await asked(desk, hidden.replace("_", "-", 1))

    found, absent = run(path, many, session)
    assert json.dumps(found).replace(hidden, hidden.replace("_", "-", 1)) == json.dumps(absent)
    assert many.calls == []


def test_a_search_finds_only_what_the_caller_may_see(tmp_path: Path, many: FakeTarget) -> None:
    path = settings(tmp_path, GUESTS, surface="search")

    async def session(desk: McpHandler) -> list[str]:
        query = {"query": "delete a note", "limit": 25}
        return [text(await call(desk, caller, "search_tools", query)) for caller in (ADA, EVE)]

    staff, guest = run(path, many, session)
    assert staff.startswith("delete_note")
    assert "delete_note" not in guest
    assert "create_note" not in guest
    assert guest.startswith("get_note")


def test_an_inner_tool_is_called_by_its_own_name_too(tmp_path: Path, many: FakeTarget) -> None:
    assert text(run(settings(tmp_path), many, lambda desk: call(desk, ADA, "get_note", {}))) == "done"


def test_an_earlier_name_still_resolves(tmp_path: Path, many: FakeTarget) -> None:
    async def session(desk: McpHandler) -> list[str]:
        described = text(await call(desk, ADA, "describe_tool", {"name": "read_note"}))
        return [text(await call(desk, ADA, "call_read_tool", {"name": "read_note"})), json.loads(described)["name"]]

    assert run(settings(tmp_path), many, session) == ["done", "get_note"]
    assert many.calls[0][1] == "get_note"


def test_the_answers_to_a_server_that_asks_reach_it(tmp_path: Path, many: FakeTarget) -> None:
    """inputResponses and requestState stand beside the arguments (2026-07-28, SEP-2322)."""

    async def session(desk: McpHandler) -> Any:
        params = {
            "name": "call_read_tool",
            "arguments": {"name": "get_note"},
            "requestState": "s",
            "inputResponses": {},
        }
        return await ask(desk, ADA, "tools/call", params)

    run(settings(tmp_path), many, session)
    given = many.contexts[-1].params
    assert (given["requestState"], given["inputResponses"]) == ("s", {})


def test_an_error_of_the_server_passes_as_it_is(tmp_path: Path, many: FakeTarget) -> None:
    def refuse(arguments: Any) -> Any:
        raise RpcError(-32042, "elsewhere", {"a": 1})

    many.answers["get_note"] = refuse

    async def session(desk: McpHandler) -> tuple[int, Any]:
        with pytest.raises(RpcError) as caught:
            await call(desk, ADA, "call_read_tool", {"name": "get_note"})
        return caught.value.code, caught.value.data

    assert run(settings(tmp_path), many, session) == (-32042, {"a": 1})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Argument `name` is missing"),
        ({"name": 5}, "Argument `name` is missing"),
        ({"name": "get_note", "arguments": [1]}, "Argument `arguments` must be an object"),
        ({"name": "get_note", "arguments": "{no json"}, "Argument `arguments` must be an object"),
        ({"name": "get_note", "text": "x"}, "call_read_tool has no argument `text`"),
        ({"name": "search_tools"}, "Call search_tools directly"),
    ],
)
def test_a_wrong_call_is_told_what_is_wrong(tmp_path: Path, many: FakeTarget, given: dict[str, Any], said: str) -> None:
    result = run(settings(tmp_path), many, lambda desk: call(desk, ADA, "call_read_tool", given))
    assert text(result).startswith(said)
    assert result["isError"]
    assert many.calls == []


def test_arguments_may_come_as_json_text(tmp_path: Path, many: FakeTarget) -> None:
    given = {"name": "get_note", "arguments": '{"text": "x"}'}
    run(settings(tmp_path), many, lambda desk: call(desk, ADA, "call_read_tool", given))
    assert many.calls == [(ADA, "get_note", {"text": "x"})]


def test_the_kill_switch_empties_the_search(tmp_path: Path, many: FakeTarget) -> None:
    path = settings(tmp_path, surface="search", switch={"callers": ["bank/ada"]})
    found = run(path, many, lambda desk: call(desk, ADA, "search_tools", {"query": "note"}))
    assert text(found).startswith("No tool matches")


def test_a_server_behind_a_proxy_lists_everything_to_it() -> None:
    made: Any = SimpleNamespace(settings=Settings(mode="behind"), handler=object(), server=None)
    assert menu(made) is made.handler


def test_no_caller_gets_the_list_of_another(tmp_path: Path, many: FakeTarget) -> None:
    async def session(desk: McpHandler) -> list[int]:
        callers: list[Caller] = [ADA, EVE, ADA, EVE]
        return [len(await listed(desk, caller)) for caller in callers]

    assert run(settings(tmp_path, GUESTS), many, session) == [4, 1, 4, 1]


def test_a_list_is_the_same_object_as_long_as_nothing_changes(tmp_path: Path, many: FakeTarget) -> None:
    """The wire keeps its bytes by identity."""

    async def session(desk: McpHandler) -> bool:
        return await ask(desk, ADA, "tools/list") is await ask(desk, ADA, "tools/list")

    assert run(settings(tmp_path), many, session)
