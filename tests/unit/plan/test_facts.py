"""Every fact about an operation is computed once, whatever becomes of the operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from adaptgen import plan
from adaptgen.plan import facts
from adaptgen.source.hints.model import EMPTY, CallHint, Hints, StepHint, ToolHint

BUILDERS = (
    "described",
    "ends_in_placeholder",
    "find_envelope",
    "paging_extension",
    "read_body",
    "read_extensions",
    "read_rows",
    "read_words",
    "resource_of_path",
    "resource_words",
    "spaces",
)
ROW = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}


def document(api: SimpleNamespace) -> Any:
    key = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    contacts = {
        "get": {"operationId": "listContacts", "parameters": api.query("limit", "offset"), **api.answer(api.rows())},
        "post": {"operationId": "createContact", **api.body(ROW), **api.answer(ROW)},
    }
    contact = {
        "get": {"operationId": "getContact", "parameters": key, **api.answer(ROW)},
        "put": {"operationId": "updateContact", "parameters": key, **api.body(ROW), **api.answer(ROW)},
        "delete": {"operationId": "deleteContact", "parameters": key, "responses": {"204": {"description": ""}}},
    }
    search = {"post": {"operationId": "searchContacts", **api.body(ROW), **api.answer(api.rows())}}
    hidden = {"get": {"operationId": "getSecret", "x-mcp": False, **api.answer(ROW)}}
    made, _ = api.document(
        {"/contacts": contacts, "/contacts/{id}": contact, "/contacts/search": search, "/secret": hidden}
    )
    return made


@pytest.mark.parametrize("hinted", [False, True])
def test_each_fact_is_computed_once_for_each_operation(
    api: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, hinted: bool
) -> None:
    calls: Counter[str] = Counter()

    def counted(name: str, build: Callable[..., Any]) -> Callable[..., Any]:
        def count(*args: Any, **named: Any) -> Any:
            calls[name] += 1
            return build(*args, **named)

        return count

    for name in ("read_facts", *BUILDERS):
        monkeypatch.setattr(facts, name, counted(name, getattr(facts, name)))
    monkeypatch.setattr("adaptgen.plan.planner.read_facts", facts.read_facts)
    monkeypatch.setattr("adaptgen.plan.tools.tool.read_facts", facts.read_facts)
    given = document(api)
    planned, _ = plan.plan(given, hints() if hinted else EMPTY, "crm")
    assert planned.operations == 7
    with_body = 3
    assert calls == {"read_facts": 7, **dict.fromkeys(BUILDERS, 7), "read_body": with_body}


def hints() -> Hints:
    """Hints that look at operations again: by the name of a tool, by a call, and in the steps of another tool."""
    read = StepHint(id="read", call=CallHint("GET", "/contacts/{id}"))
    tools = {
        "create_contact": ToolHint(description="Creates a contact."),
        "find": ToolHint(call=CallHint("POST", "/contacts/search"), effect="read"),
        "read_and_check": ToolHint(steps=(read,)),
    }
    return replace(EMPTY, tools=tools)
