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


def described(planned: Any, given: Any) -> Any:
    (contract,) = planned({"/things": {"get": {"parameters": [given], **OK}}}).contracts.values()
    return contract.input_schema["properties"][given["name"]]


@pytest.mark.parametrize(
    ("name", "example"),
    [
        ("api_secret", "A-7"),
        ("email", "A-7"),
        ("part", "ada.byron@firma.de"),
        ("part", "Ada Byron"),
        ("part", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
        ("part", "+49 170 1234567"),
        ("part", "string"),
        ("part", "a" * 61),
        ("part", "A\nB"),
    ],
)
def test_an_example_that_is_a_secret_of_a_person_or_long_stays_away(planned: Any, name: str, example: str) -> None:
    schema = described(planned, {"name": name, "in": "query", "schema": {"type": "string", "example": example}})
    assert "description" not in schema


def test_examples_of_a_body_reach_the_model_by_member(planned: Any) -> None:
    inner = {"type": "object", "properties": {"code": {"type": "string", "example": "C-1"}}}
    members = {
        "part": {"type": "string", "example": "A-7"},
        "zone": {"type": "string", "description": "Zone like N-1."},
        "inner": inner,
        "state": {"type": "string", "enum": ["new", "old"], "example": "new"},
    }
    media = {"schema": {"type": "object", "properties": members}, "example": {"part": "B-8", "zone": "N-1"}}
    body = {"content": {"application/json": media}}
    (contract,) = planned({"/things": {"post": {"requestBody": body, **OK}}}).contracts.values()
    found = contract.input_schema["properties"]
    assert found["part"]["description"] == "Example: B-8"
    assert found["zone"]["description"] == "Zone like N-1."
    assert found["inner"]["properties"]["code"]["description"] == "Example: C-1"
    assert "description" not in found["state"]
