"""The tools of the menu itself, which take the place of a list that is too long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adaptgen.model.tables import Json
from adaptgen.tool_search.toolsets import EFFECTS

SEARCH, DESCRIBE, READ, WRITE = "search_tools", "describe_tool", "call_read_tool", "call_write_tool"
NAMES = frozenset((SEARCH, DESCRIBE, READ, WRITE))
DEFAULT, MOST = 8, 25
"""Tools in the answer of a search: by default, and at most."""

_NAME = {"type": "string", "description": "Name of the tool, as search_tools returns it"}
_ARGUMENTS = {"type": "object", "description": "Its arguments, as describe_tool shows them"}


def search(count: int, tags: str) -> dict[str, Any]:
    """``search_tools`` over ``count`` tools; ``tags``: each with its count."""
    text = (
        f"Find tools among the {count} of this server by what they do. Returns names, summaries and required "
        "arguments, best first. Then use call_read_tool or call_write_tool; describe_tool shows all arguments."
    )
    properties: dict[str, Any] = {
        "query": {"type": "string", "description": "What you want to do: list open invoices of a customer"},
        "tag": {"type": "string", "description": "Only tools with this tag; without query, lists their names"},
        "effect": {"type": "string", "enum": list(EFFECTS), "description": "Only tools that read, or that write"},
        "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "description": f"Tools to return; {DEFAULT}"},
    }
    if tags:
        text += f" Tags: {tags}."
    else:
        del properties["tag"]
    return _tool(SEARCH, "Search tools", text, properties, [], reads=True)


def refused(arguments: Mapping[str, Json]) -> str:
    """What is wrong with the arguments of ``search_tools``, or ""."""
    words = [arguments.get(name, "") for name in ("query", "tag", "effect")]
    if not all(isinstance(word, str) for word in words):
        return "Arguments `query`, `tag` and `effect` must be strings."
    if not any(str(word).strip() for word in words):
        return 'Argument `query` is missing: what you want to do, such as "list open invoices".'
    if words[2] not in ("", *EFFECTS):
        return "Argument `effect` must be read or write."
    limit = arguments.get("limit", DEFAULT)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        return "Argument `limit` must be a whole number of at least 1."
    return ""


def describe(brief: bool) -> dict[str, Any]:
    """``describe_tool``; ``brief``: the list has every tool with a short description."""
    text = (
        "The full description and input schema of a tool, which the list shortens."
        if brief
        else "The description, input schema, effect and tags of a tool."
    )
    about = "Name of the tool; several, separated by commas"
    return _tool(
        DESCRIBE, "Describe tool", text, {"name": {"type": "string", "description": about}}, ["name"], reads=True
    )


def call(name: str) -> dict[str, Any]:
    """``call_read_tool`` or ``call_write_tool``."""
    reads = name == READ
    text = (
        "Call a tool that reads and changes nothing."
        if reads
        else "Call a tool that creates, changes or deletes something. Pass dry_run: true in its arguments to preview."
    )
    return _tool(
        name,
        "Call a tool that reads" if reads else "Call a tool that writes",
        text,
        {"name": _NAME, "arguments": _ARGUMENTS},
        ["name"],
        reads=reads,
    )


def _tool(
    name: str, title: str, description: str, properties: dict[str, Any], required: list[str], *, reads: bool
) -> dict[str, Any]:
    # A lookup stays in the server; a call may leave it.
    outside = name in (READ, WRITE)
    annotations: dict[str, Any] = {"title": title, "readOnlyHint": reads, "openWorldHint": outside}
    if not reads:
        annotations |= {"destructiveHint": True, "idempotentHint": False}
    return {
        "name": name,
        "title": title,
        "description": description,
        "inputSchema": {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        },
        "annotations": annotations,
    }
