"""Results in the shape of each revision."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.mcp.revisions import audible, shaped

SERVER = {"name": "fake", "version": "1"}
KEY = "io.modelcontextprotocol/serverInfo"


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_older_clients_get_nothing_of_the_newer_revision(version: str) -> None:
    given = {"tools": [], "resultType": "complete", "ttlMs": 1, "cacheScope": "private", "_meta": {KEY: SERVER}}
    assert shaped("tools/list", given, version, SERVER) == {"tools": []}
    assert shaped("tools/list", {"tools": [], "_meta": {KEY: 1, "a": 2}}, version, SERVER)["_meta"] == {"a": 2}


@pytest.mark.parametrize(
    ("version", "schema", "kept"),
    [
        ("2025-11-25", {"type": "object"}, True),
        ("2025-06-18", {"type": "array"}, False),
        ("2025-06-18", {"anyOf": []}, False),
        ("2025-03-26", {"type": "object"}, False),
        ("2026-07-28", {"type": "array"}, True),
    ],
)
def test_output_schemas_that_would_break_the_list_are_left_out(version: str, schema: object, kept: bool) -> None:
    tool = {"name": "a", "outputSchema": schema}
    (shown,) = shaped("tools/list", {"tools": [tool]}, version, SERVER)["tools"]
    assert ("outputSchema" in shown) is kept
    assert shown["name"] == "a"


@pytest.mark.parametrize(
    ("version", "structured", "content", "shown"),
    [
        ("2025-06-18", {"a": 1}, [], {"structuredContent": {"a": 1}, "content": []}),
        ("2025-03-26", {"a": 1}, [], {"content": [{"type": "text", "text": '{"a":1}'}]}),
        ("2025-11-25", [1], [], {"content": [{"type": "text", "text": "[1]"}]}),
        ("2025-11-25", [1], [{"type": "text", "text": "one"}], {"content": [{"type": "text", "text": "one"}]}),
        ("2026-07-28", [1], [], {"structuredContent": [1], "content": []}),
    ],
)
def test_structured_content_where_it_cannot_be_is_text(
    version: str, structured: object, content: list[Any], shown: dict[str, Any]
) -> None:
    given = {"content": content, "structuredContent": structured}
    shape = shaped("tools/call", given, version, SERVER)
    assert {key: shape.get(key) for key in shown} == shown
    assert "structuredContent" in shown or "structuredContent" not in shape


@pytest.mark.parametrize(
    ("wanted", "given", "heard"),
    [
        ("info", "error", True),
        ("info", "info", True),
        ("info", "debug", False),
        (None, "error", False),
        ("x", "error", False),
    ],
)
def test_log_messages_from_the_level_that_was_asked_for(wanted: str | None, given: str, heard: bool) -> None:
    meta = {} if wanted is None else {"io.modelcontextprotocol/logLevel": wanted}
    assert audible("notifications/message", {"level": given}, meta, "2026-07-28") is heard
    assert audible("notifications/message", {"level": given}, {}, "2025-11-25")


def test_a_link_is_text_for_clients_that_do_not_know_links() -> None:
    link = {"type": "resource_link", "uri": "https://x.example/f", "name": "a.pdf", "mimeType": "image/png", "size": 5}
    result = {"content": [link]}
    assert shaped("tools/call", result, "2025-06-18", SERVER)["content"] == [link]
    (text,) = shaped("tools/call", result, "2025-03-26", SERVER)["content"]
    assert text == {"type": "text", "text": "a.pdf (image/png, 5 bytes): https://x.example/f"}
