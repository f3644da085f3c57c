"""Contracts are read once and checked against the tables."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Body, Call, Param, Tool
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
