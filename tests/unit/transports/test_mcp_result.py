"""Answers on the wire of MCP."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adaptgen.mcp.tool_listing import listed
from adaptgen.model.tables import Contract, Tool
from adaptgen.runtime.core.answer import Answer, Binary, Text, make_block, make_result


def test_text_is_sent_once() -> None:
    assert make_result(Answer((Text("{}"),))) == {
        "content": [{"type": "text", "text": "{}"}],
        "resultType": "complete",
    }


def test_an_error_is_marked() -> None:
    wire = make_result(Answer((Text("no"),), is_error=True, structured={"a": 1}))
    assert wire["isError"] is True
    assert "structuredContent" not in wire


@pytest.mark.parametrize(("value", "sent"), [({"a": 1}, {"a": 1}), ([1], {"result": [1]})])
def test_structured_content_is_an_object(value: object, sent: object) -> None:
    assert make_result(Answer((), structured=value))["structuredContent"] == sent


@pytest.mark.parametrize("family", ["image", "audio"])
def test_images_and_sound_are_their_own_blocks(family: str) -> None:
    block = make_block(Binary(b"\x00\x01", f"{family}/x"))
    assert block == {"type": family, "data": "AAE=", "mimeType": f"{family}/x"}


def test_other_bytes_are_an_embedded_resource_with_a_uri_of_their_own() -> None:
    assert make_block(Binary(b"%PDF", "application/pdf", "../a b.pdf")) == {
        "type": "resource",
        "resource": {"uri": "file:///..%2Fa%20b.pdf", "mimeType": "application/pdf", "blob": "JVBERg=="},
    }
    assert make_block(Binary(b"", "x/y"), 1)["resource"]["uri"] == "file:///answer-2"


def test_a_tool_is_listed_with_schema_title_and_annotations() -> None:
    schema = {"type": "object", "properties": {}}
    contract = Contract(name="find_notes", description="Find.", input_schema=schema, annotations={"readOnlyHint": True})
    assert listed(contract, Tool(name="find_notes")) == {
        "name": "find_notes",
        "title": "Find notes",
        "description": "Find.",
        "inputSchema": schema,
        "annotations": {"readOnlyHint": True},
    }


def test_only_structured_tools_declare_an_output_schema() -> None:
    contract = Contract(name="a", description="", input_schema={})
    tool = Tool(name="a", layout="structured")
    assert listed(contract, tool)["outputSchema"] == {"type": "object"}
    assert "outputSchema" not in listed(contract, replace(tool, layout="objects"))
