"""A runtime answer as the wire form of MCP's CallToolResult, and a contract as that of its Tool.

Both are dictionaries with the keys of revision 2026-07-28; the SDK drops those that 2025-11-25 does not know.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import quote

from adaptgen.mcp.tool_listing import listed
from adaptgen.runtime.core.answer import Answer, Binary, Content

__all__ = ["listed", "make_block", "make_listing", "make_result"]


def make_result(answer: Answer) -> dict[str, Any]:
    """CallToolResult. ``structuredContent`` only where the tool opted in; then the text is not repeated next to it."""
    blocks = [make_block(one, at) for at, one in enumerate(answer.content)]
    wire: dict[str, Any] = {"content": blocks, "resultType": "complete"}
    if answer.is_error:
        wire["isError"] = True
    elif answer.structured is not None:
        structured = answer.structured
        wire["structuredContent"] = structured if isinstance(structured, dict) else {"result": structured}
    return wire


def make_block(content: Content, at: int = 0) -> dict[str, Any]:
    """ContentBlock: text, image, audio, or an embedded resource for bytes of any other media type."""
    if not isinstance(content, Binary):
        return {"type": "text", "text": content.text}
    data = b64encode(content.data).decode()
    family = content.media_type.partition("/")[0].lower()
    if family in ("image", "audio"):
        return {"type": family, "data": data, "mimeType": content.media_type}
    uri = f"file:///{quote(content.name or f'answer-{at + 1}', safe='')}"
    return {"type": "resource", "resource": {"uri": uri, "mimeType": content.media_type, "blob": data}}


def make_listing(tools: list[dict[str, Any]]) -> dict[str, Any]:
    """ListToolsResult. The list lasts as long as the process; clients may keep it for a minute."""
    return {"tools": tools, "resultType": "complete", "ttlMs": 60_000, "cacheScope": "private"}
