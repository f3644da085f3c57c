"""What the menu knows of tools beside what the list says: of a generated server, and of those behind the proxy."""

from __future__ import annotations

from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Contract, Tool
from adaptgen.tool_search.document import Entry


def calls(tool: Tool) -> tuple[str, ...]:
    """``GET /repos/{owner}`` of each of its requests."""
    made = (tool.call, *(step.call for step in tool.steps))
    return tuple(dict.fromkeys(f"{call.method} {call.path}" for call in made if call is not None))


def entry(tool: Tool, contract: Contract) -> Entry:
    """What is searched of a generated tool."""
    return Entry(
        name=tool.name,
        description=contract.description,
        title=str(contract.annotations.get("title") or ""),
        schema=contract.input_schema,
        tags=tool.tags,
        calls=calls(tool),
        effect=tool.effect,
    )


def entry_of(facts: ToolInfo) -> Entry:
    """What is searched of a tool that governance knows."""
    wire = facts.wire
    schema = wire.get("inputSchema")
    description, title = wire.get("description"), wire.get("title")
    return Entry(
        name=facts.name,
        description=description if isinstance(description, str) else "",
        title=title if isinstance(title, str) else "",
        schema=schema if isinstance(schema, dict) else {},
        tags=facts.tags,
        calls=facts.calls,
        effect=facts.effect,
    )
