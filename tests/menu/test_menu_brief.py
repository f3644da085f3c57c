"""Lists in fewer words: what is left out in which step, and what never is."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.mcp import tool_listing as brief

TOOL: dict[str, Any] = {
    "name": "create_invoice",
    "title": "Create an invoice",
    "description": "Creates an invoice. It is sent at once. " + "More is said here. " * 40,
    "inputSchema": {
        "type": "object",
        "properties": {
            "customer": {
                "type": "string",
                "description": "Who pays. " * 30,
                "pattern": "^c_",
                "x-mcp-header": "Customer",
            },
            "currency": {"type": "string", "enum": ["EUR", "USD"], "default": "EUR"},
            "country": {"type": "string", "enum": [f"C{n}" for n in range(250)]},
            "lines": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["price"],
                    "properties": {"price": {"type": "number", "description": "Per piece"}, "tax": {"type": "object"}},
                },
            },
            "cursor": {"type": "string", "description": "`next_cursor` of the answer before"},
        },
        "required": ["customer", "lines"],
        "additionalProperties": False,
    },
    "annotations": {
        "title": "Create an invoice",
        "readOnlyHint": False,
        "destructiveHint": False,
        "openWorldHint": True,
    },
}


def test_every_step_is_shorter_than_the_one_before() -> None:
    sizes = [brief.size(brief.brief(TOOL, number)) for number in range(len(brief.STEPS) + 1)]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == len(sizes)
    assert brief.brief(TOOL, 0) == TOOL


@pytest.mark.parametrize("number", range(1, len(brief.STEPS) + 1))
def test_names_types_required_and_short_enums_stay(number: int) -> None:
    schema = brief.brief(TOOL, number)["inputSchema"]
    types = {name: one["type"] for name, one in schema["properties"].items()}
    assert types == {
        "customer": "string",
        "currency": "string",
        "country": "string",
        "lines": "array",
        "cursor": "string",
    }
    assert schema["required"] == ["customer", "lines"]
    assert schema["properties"]["currency"]["enum"] == ["EUR", "USD"]
    assert "enum" not in schema["properties"]["country"]
    assert schema["properties"]["customer"]["x-mcp-header"] == "Customer"


def test_the_last_step() -> None:
    made = brief.brief(TOOL, len(brief.STEPS))
    assert made["description"] == "Creates an invoice. It is sent at once. More is said here. More is said here."
    # What MCP takes for granted is not said: readOnlyHint false, openWorldHint true.
    assert made["annotations"] == {"destructiveHint": False}
    assert made["inputSchema"]["properties"]["lines"] == {"type": "array", "items": {"type": "object"}}
    assert made["inputSchema"]["properties"]["customer"] == {"type": "string", "x-mcp-header": "Customer"}


def test_alternatives_that_are_not_written_out_keep_their_types() -> None:
    either = {"anyOf": [{"type": "object", "properties": {"a": {}}}, {"type": ["string", "null"]}]}
    tool = {"name": "a", "inputSchema": {"type": "object", "properties": {"one": either}}}
    made = brief.brief(tool, len(brief.STEPS))["inputSchema"]["properties"]["one"]
    assert made == {"type": ["object", "string", "null"]}


def test_the_first_step_that_fits_is_taken() -> None:
    sizes = [10 * brief.size(brief.brief(TOOL, number)) + brief.ENVELOPE for number in range(len(brief.STEPS) + 1)]
    assert [brief.fitting([TOOL] * 10, size) for size in sizes] == [0, 1, 2, 3, 4, 5]
    assert [brief.fitting([TOOL] * 10, size - 1) for size in sizes] == [1, 2, 3, 4, 5, None]


def test_a_reader_has_no_hint_about_destroying() -> None:
    tool = {
        "name": "a",
        "inputSchema": {"type": "object"},
        "annotations": {"readOnlyHint": True, "destructiveHint": False},
    }
    assert brief.brief(tool, 1)["annotations"] == {"readOnlyHint": True}


def test_bytes_are_those_of_utf_8() -> None:
    assert brief.size({"a": "é"}) == len('{"a":"é"},'.encode())
