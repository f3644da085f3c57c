"""What the menu says: the hits of a search, the description of a tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adaptgen.mcp import tool_listing as brief
from adaptgen.mcp.json_text import loads_unique
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Json
from adaptgen.runtime.core.text import clean, encode

INSTRUCTIONS = (
    "Where the list of tools has search_tools, it stands for many more tools: find them with search_tools, see their "
    "arguments with describe_tool, call them with call_read_tool or call_write_tool. Where it has describe_tool alone, "
    "it has every tool in short: cursor is the next_cursor of the previous answer, limit the items per answer, fields "
    'the paths to return (["*"] for all), dry_run returns the request instead of sending it.'
)
LINE = 160
"""Characters of what a hit says of its tool."""
REQUIRED = 12
SEVERAL = 10
"""Tools that are described at once."""
BYTES = 40_000

Row = tuple[Mapping[str, Json], ToolInfo | None]


def found(rows: Sequence[Row], total: int) -> str:
    """The hits, one a line: name, required arguments, effect, what it does."""
    if not rows:
        return (
            f"No tool fits these words. There are {total} tools: use other words for what you want to do, such as the "
            "name of the thing and list, get, create, update or delete."
        )
    lines = []
    for tool, facts in rows:
        needed = ", ".join(required(tool))
        said = brief.sentence(plain(str(tool.get("description") or tool.get("title") or ""), 4 * LINE), LINE)
        lines.append(f"{tool['name']}({needed}) [{facts.effect if facts else 'write'}] {said}".rstrip())
    lines.append(
        "Required arguments in parentheses; describe_tool gives the others. Call [read] with call_read_tool, all "
        "others with call_write_tool."
    )
    return "\n".join(lines)


def described(rows: Sequence[Row], *, searching: bool) -> str:
    """Each tool as one line of compact JSON."""
    lines: list[str] = []
    left = BYTES
    for tool, facts in rows[:SEVERAL]:
        effect = facts.effect if facts else "write"
        said: dict[str, Any] = {"name": tool["name"], "description": tool.get("description", ""), "effect": effect}
        if facts is not None and facts.tags:
            said["tags"] = list(facts.tags)
        if searching:
            said["call_with"] = "call_read_tool" if effect == "read" else "call_write_tool"
        said["inputSchema"] = tool.get("inputSchema", {})
        line = encode(said).decode()
        left -= len(line)
        if left < 0 and lines:
            break
        lines.append(line)
    if len(lines) < len(rows):
        lines.append("The others in another call: " + ", ".join(str(tool["name"]) for tool, _ in rows[len(lines) :]))
    return "\n".join(lines)


def missing(name: str, near: str) -> str:
    """What is said of a tool that there is not."""
    return f"There is no tool `{plain(name, 80)}`{f'; did you mean `{near}`?' if near else '.'}"


def required(tool: Mapping[str, Json]) -> list[str]:
    """The names of the required arguments."""
    schema = tool.get("inputSchema")
    names = schema.get("required") if isinstance(schema, dict) else None
    given = [plain(one, 64) for one in names if isinstance(one, str)] if isinstance(names, list) else []
    return given[:REQUIRED] + (["…"] if len(given) > REQUIRED else [])


def names(given: Json) -> list[str]:
    """The names in ``a, b`` or in a list."""
    parts = given.split(",") if isinstance(given, str) else given if isinstance(given, list) else []
    return list(dict.fromkeys(one.strip() for one in parts if isinstance(one, str) and one.strip()))


def parsed(text: str) -> Json:
    """The JSON value in ``text``, which some models write where an object is meant; ``text`` where it is none."""
    try:
        return loads_unique(text) if text.strip() else {}
    except ValueError:
        return text


def plain(text: str, cap: int) -> str:
    """One line of at most ``cap`` characters: text of a server must not look like a line of ours."""
    return " ".join(clean(text[: 4 * cap]).split())[:cap]
