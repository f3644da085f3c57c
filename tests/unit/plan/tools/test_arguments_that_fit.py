"""Paths and path parameters as documents write them."""

from __future__ import annotations

from typing import Any

import pytest

OK = {"responses": {"200": {"description": "ok"}}}


def parameter(**more: Any) -> dict[str, Any]:
    return {"name": "rest", "in": "path", "required": True, "schema": {"type": "string"}, **more}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"allowEmptyValue": True}, True),
        ({"schema": {"type": "string", "minLength": 0}}, True),
        ({"schema": {"type": "string", "enum": ["", "a"]}}, True),
        ({"schema": {"type": "string", "default": ""}}, True),
        ({"example": ""}, True),
        ({"description": "The folder; may be empty for the root."}, True),
        ({"description": "Leave blank for the root"}, True),
        ({"description": "A name or an empty string"}, True),
        ({"description": "Must not be empty"}, False),
        ({"description": "A non-empty name, or an id"}, False),
        ({"description": "Empty the bin with this id"}, False),
        ({"schema": {"type": "string", "minLength": 1}}, False),
        ({}, False),
    ],
)
def test_a_path_parameter_may_be_empty_where_the_document_shows_it(planned: Any, more: Any, expected: bool) -> None:
    done = planned({"/files/{rest}": {"parameters": [parameter(**more)], "get": OK}})
    (tool,) = done.tools.values()
    assert any(param.blank for param in tool.call.path_params) is expected


@pytest.mark.parametrize("key", ["/things/{rest} ", " /things/{rest}\t", "/things/{rest} ?kind=a"])
def test_white_space_around_a_path_is_not_sent(planned: Any, key: str) -> None:
    (tool,) = planned({key: {"parameters": [parameter()], "get": OK}}).tools.values()
    assert tool.call.path == "/things/{rest}"


@pytest.mark.parametrize(("example", "kept"), [("2026-01-31", True), ("31/01/2026", False)])
def test_a_format_that_an_example_contradicts_is_not_published(planned: Any, example: str, kept: bool) -> None:
    schema = {"type": "string", "format": "date", "example": example}
    done = planned({"/days": {"get": {"parameters": [{"name": "day", "in": "query", "schema": schema}], **OK}}})
    (contract,) = done.contracts.values()
    assert ("format" in contract.input_schema["properties"]["day"]) is kept
