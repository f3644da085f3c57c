"""Generated code says each fact once, and the runtime executes complete tables."""

from __future__ import annotations

import dataclasses
import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from adaptgen.model.contract_file import OWN_ARGUMENTS, QUESTIONS, entry_of, read_contract
from adaptgen.model.tables import (
    Auth,
    Body,
    Call,
    Contract,
    Flow,
    Param,
    Server,
    Step,
    Tool,
    Toolset,
    Unpaged,
    Update,
)
from adaptgen.model.toolsets import shortened

ROOT = Path(__file__).parents[3]
CRM = ROOT / "generated" / "crm"
KEY = Auth(name="key", kind="api_key")
GET = Call("GET", "/notes/{id}")


def completed(*tools: Tool, tag: str = "Notes", **server: Any) -> list[Tool]:
    made = Server(name="s", bases=(), toolsets=(Toolset(tag, tools),), **{"auth": (KEY,), **server})
    assert made.toolsets == ()
    return list(made.tools)


def test_a_tool_takes_few_lines() -> None:
    medians = runpy.run_path(str(ROOT / "benchmarks" / "generated.py"))["medians"]
    python, contract = medians(CRM)
    assert python <= 28
    assert contract <= 40


def test_a_tool_takes_from_its_server_and_toolset_what_it_leaves_out() -> None:
    (tool,) = completed(Tool(name="get_note", call=GET), not_sensitive=("$..name",))
    assert tool.auth == ("key",)
    assert tool.not_sensitive == ("$..name",)
    assert tool.tags == ("Notes",)
    assert tool.source == "#/paths/~1notes~1{id}/get"


def test_what_a_tool_says_itself_holds() -> None:
    said = Tool(name="get_note", call=GET, auth=(), not_sensitive=(), tags=("A", "B"), source="#/x")
    assert completed(said, not_sensitive=("$..name",)) == [said]


def test_only_one_auth_is_implied() -> None:
    (tool,) = completed(Tool(name="get_note", call=GET), auth=(KEY, dataclasses.replace(KEY, name="other")))
    assert tool.auth == ()


@pytest.mark.parametrize(("said", "accepts"), [(None, ("text", "title")), (("*",), None), (("text",), ("text",))])
def test_an_update_accepts_what_its_body_has(said: tuple[str, ...] | None, accepts: tuple[str, ...] | None) -> None:
    call = Call("PUT", "/notes/{id}", body=Body(params=("text", "title")))
    (tool,) = completed(Tool(name="update_note", call=call, update=Update(read=GET, accepts=said), effect="write"))
    assert tool.update is not None
    assert tool.update.accepts == accepts


def test_an_update_that_accepts_a_property_called_star_does_not_accept_everything() -> None:
    update = Update(read=Call("GET", "/x"), accepts=("*",))
    call = Call("PUT", "/x", body=Body(params=(Param("*"), Param("y"))))
    put = Tool(name="put_x", call=call, update=update, effect="write")
    (tool,) = completed(shortened(put, Server(name="s", bases=(), auth=(KEY,)), "Notes"))
    assert tool.update is not None
    assert tool.update.accepts is not None
    assert set(tool.update.accepts) == {"*"}


def test_steps_inside_of_steps_take_the_only_auth() -> None:
    inner = Step(id="b", call=GET)
    (tool,) = completed(
        Tool(name="both", steps=(Step(id="a", flow=Flow(steps=(inner,))), Step(id="c", call=GET, auth=())))
    )
    flow = tool.steps[0].flow
    assert flow is not None
    assert (tool.steps[0].auth, flow.steps[0].auth, tool.steps[1].auth) == ((), ("key",), ())


def test_tools_outside_of_toolsets_are_complete() -> None:
    tool = Tool(name="get_note", call=GET)
    (same,) = Server(name="s", bases=(), auth=(KEY,), not_sensitive=("$..name",), tools=(tool,)).tools
    assert (same.auth, same.not_sensitive, same.tags, same.source) == ((), (), (), "")


def test_a_name_is_a_parameter_that_is_nothing_but_a_name() -> None:
    call = Call("GET", "/notes", query=("status", Param("sort", arg="api_sort")))
    assert call == Call("GET", "/notes", query=(Param("status"), Param("sort", arg="api_sort")))
    assert dataclasses.replace(call, path="/other").query == call.query


def schema(*own: str, **others: Any) -> dict[str, Any]:
    properties = {"id": {"type": "integer"}, **{name: OWN_ARGUMENTS[name] for name in own}}
    return {"type": "object", "properties": properties, "required": ["id"], "additionalProperties": False, **others}


LISTS = Tool(name="t", call=GET, page=Unpaged())
READS = Tool(name="t", call=GET)
WRITES = Tool(name="t", call=GET, effect="write")


@pytest.mark.parametrize(
    ("tool", "whole", "members"),
    [
        (LISTS, schema("cursor", "limit", "fields", *QUESTIONS), {"arguments", "required"}),
        (READS, schema("fields"), {"arguments", "required"}),
        (WRITES, schema("dry_run"), {"arguments", "required"}),
        (READS, schema(), {"arguments", "required", "adds"}),
        (WRITES, schema("cursor", "dry_run"), {"arguments", "required", "adds"}),
        (READS, schema("fields", minProperties=1), {"inputSchema"}),
        (READS, schema("fields", additionalProperties=True), {"inputSchema"}),
        (READS, {"type": "object"}, {"inputSchema"}),
    ],
)
def test_an_entry_of_a_contract_file_gives_the_same_contract(tool: Tool, whole: Any, members: set[str]) -> None:
    contract = Contract(name="t", description="Does.", input_schema=whole, annotations={"title": "T"})
    entry = entry_of(contract, tool)
    assert entry.keys() == {"description", "annotations", *members}
    assert json.dumps(read_contract("t", entry, tool).input_schema) == json.dumps(whole)
    assert read_contract("t", entry, tool) == contract
