"""A governed pipeline over many tools, and the menu before it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pytest
from support.governing import FakeTarget, fact

from adaptgen.govern.pipeline.assemble import GovernedServer
from adaptgen.mcp.protocol import Context, McpHandler, ToolInfo
from adaptgen.model.tables import Caller
from adaptgen.tool_search import Part, over

ADA = Caller("ada", "bank", ("staff",))
EVE = Caller("eve", "bank", ("guests",))
GUESTS = """
@id("staff") permit (principal in Group::"bank/staff", action, resource);
@id("guests") permit (principal in Group::"bank/guests", action in [Action::"fake__get_note"], resource);
"""
"""Staff may do everything, guests read one note and nothing else."""


def invoices(count: int = 120) -> tuple[ToolInfo, ...]:
    """Tools of which a list is far too long: ``tool_000`` … in the toolset Many."""
    text = "What this tool does in a sentence that is long enough to cost something in every list. " * 4
    found = []
    for number in range(count):
        name = f"tool_{number:03}"
        schema = {"type": "object", "properties": {f"argument_{n}": {"type": "string"} for n in range(8)}}
        wire = {"name": name, "title": name, "description": text, "inputSchema": schema}
        found.append(fact(name, effect="write", wire=wire, arguments={}, tags=("Many",)))
    return tuple(found)


def notes() -> tuple[ToolInfo, ...]:
    """Three tools of notes, one of each effect, in toolsets of which one has a space in its name."""
    return (
        fact("get_note", tags=("Notes",), calls=("GET /notes/{id}",), was=("read_note",)),
        fact("create_note", effect="write", tags=("Notes", "Daily work"), calls=("POST /notes",)),
        fact("delete_note", effect="delete", tags=("Notes",), calls=("DELETE /notes/{id}",)),
    )


async def ask(
    desk: McpHandler,
    caller: Caller,
    method: str,
    params: Mapping[str, Any] = {},
    part: Part | None = None,
    **given: Any,
) -> dict[str, Any]:
    """One request of ``caller``, of a part of the server."""
    context = Context(request_id=os.urandom(8).hex(), **given)
    if part is not None:
        context.tag, context.effect = part.tag, part.effect
    return await desk.request(caller, method, dict(params), context)


async def call(desk: McpHandler, caller: Caller, tool: str, given: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """One call of a tool by its name in the list."""
    return await ask(desk, caller, "tools/call", {"name": tool, "arguments": dict(given)}, **more)


async def listed(desk: McpHandler, caller: Caller, **more: Any) -> list[str]:
    """The names in the caller's list."""
    return [tool["name"] for tool in (await ask(desk, caller, "tools/list", **more))["tools"]]


def text(result: Mapping[str, Any]) -> str:
    """The one text of an answer."""
    (block,) = result["content"]
    return str(block["text"])


def menu(made: GovernedServer) -> McpHandler:
    """What a front serves."""
    return over(made)


@pytest.fixture
def many() -> FakeTarget:
    """A target of 123 tools."""
    return FakeTarget(*notes(), *invoices())
