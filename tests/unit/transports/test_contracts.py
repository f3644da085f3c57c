"""Contracts are read once and checked against the tables."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Body, Call, Param, Step, Tool, Update
from adaptgen.runtime.contracts import arguments, load
from adaptgen.transports.load import load_server

Package = Callable[..., Path]


def contract(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "create_note": {"inputSchema": {"properties": {"text": {}, "dry_run": {}}}},
        "find_notes": {"inputSchema": {"properties": {"folder": {}, "search": {}, "cursor": {}}}},
    }
    return copy.deepcopy(made) | changes


def problems(folder: Path) -> list[str]:
    with pytest.raises(AdaptgenError) as caught:
        load(load_server(folder))
    assert {one.code for one in caught.value.diagnostics} == {"AG061"}
    return [one.message for one in caught.value.diagnostics]


def test_every_tool_has_its_contract(package: Package) -> None:
    found = load(load_server(package()))
    assert list(found) == ["create_note", "find_notes"]
    assert found["find_notes"].description == "Find notes."
    assert found["find_notes"].annotations == {"readOnlyHint": True, "title": "Find notes"}
    assert found["create_note"].input_schema["required"] == ["text"]


def test_a_table_without_a_contract(package: Package) -> None:
    made = contract()
    del made["create_note"]
    assert problems(package(contract=made)) == ["tool 'create_note' has no contract"]


def test_a_contract_without_a_table(package: Package) -> None:
    made = contract(drop_all={"inputSchema": {}})
    assert problems(package(contract=made)) == ["tool 'drop_all' has no table"]


def test_an_argument_that_only_the_table_has(package: Package) -> None:
    made = contract(find_notes={"inputSchema": {"properties": {"folder": {}}}})
    assert problems(package(contract=made)) == [
        "argument 'search' of 'find_notes' is in the table and not in the contract"
    ]


def test_an_argument_that_only_the_contract_has(package: Package) -> None:
    made = contract(create_note={"inputSchema": {"properties": {"text": {}, "colour": {}}}})
    assert problems(package(contract=made)) == [
        "argument 'colour' of 'create_note' is in the contract and not in the table"
    ]


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}', '{"a": {}}', '{"a": {"inputSchema": []}}'])
def test_a_file_that_is_no_contract_is_named(package: Package, text: str) -> None:
    (message,) = problems(package(contract=text))
    assert message.startswith("the contract cannot be read")


def test_arguments_of_a_table() -> None:
    call = Call(
        "POST",
        "/a/{pk}/b/{renamed}",
        path_params=(Param("renamed", arg="other"),),
        query=(Param("q", value="fixed"), Param("r")),
        headers=(Param("X-H", arg="h"),),
        cookies=(Param("c"),),
        body=Body(params=(Param("p"),), whole=Param("w"), extra="more"),
    )
    assert arguments(Tool(name="t", call=call)) == {"pk", "other", "r", "h", "c", "p", "w", "more"}


def test_arguments_of_steps_are_placeholders_that_are_no_step() -> None:
    steps = (
        Step(id="account", call=Call("GET", "/a/{pk}", path_params=(Param("pk", value="{account_id}"),))),
        Step(id="notes", call=Call("GET", "/n", query=(Param("org", value="{account.org}"), Param("q")))),
    )
    tool = Tool(name="t", steps=steps, result={"notes": "{notes}", "for": "{label}"})
    assert arguments(tool) == {"account_id", "q", "label"}


def test_arguments_of_an_update_include_those_of_its_read() -> None:
    put = Call("PUT", "/a/{pk}", body=Body(params=(Param("name"),)))
    update = Update(read=Call("GET", "/a/{pk}", query=(Param("lang"),)))
    assert arguments(Tool(name="t", call=put, update=update)) == {"pk", "name", "lang"}
