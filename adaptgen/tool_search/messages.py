"""The texts of the menu: hits of a search, descriptions of tools, errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adaptgen.mcp import tool_listing as brief
from adaptgen.mcp.json_text import loads_unique
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Json
from adaptgen.runtime.core.text import clean, encode
from adaptgen.tool_search import resources

INSTRUCTIONS = (
    "If the list has search_tools, the server has many more tools: find them with search_tools, see their arguments "
    "with describe_tool, call them with call_read_tool or call_write_tool. If it has only describe_tool, every tool is "
    "listed with a short description: cursor is the next_cursor of the previous answer, limit the items per answer, "
    'fields the paths to return (["*"] for all), dry_run returns the request instead of sending it.'
)
LINE = 160
"""Characters of the summary of a hit."""
WEAK_LINE = 90
"""The same if the words of the API follow."""
ANSWER, LEAST = 2_950, 600
"""Bytes of an answer with the default number of hits; bytes reserved for the words of the API."""
CALLING = (
    "Required arguments in parentheses; describe_tool shows the others. Call [read] with call_read_tool, all "
    "others with call_write_tool."
)
AGAIN = "Not found? Search again with these words of the API{}:"
TAGGED = ", or with a tag"
REQUIRED = 12
SEVERAL = 10
"""Tools in one description."""
BYTES = 40_000

Row = tuple[Mapping[str, Json], ToolInfo | None]


def found(
    rows: Sequence[Row],
    others: Sequence[str],
    visible: Sequence[str],
    shown: str,
    *,
    weak: bool,
    narrow: bool,
    tagged: bool,
) -> str:
    """The answer to a search, never empty: a line per hit with name, required arguments, effect and summary.

    ``weak``: the hits do not cover the query. Then it adds the nouns of the ``visible`` tools that are neither in the
    hits nor in ``shown``, the description of the search, and the names of ``others``. ``narrow``: ``others`` are the
    rest of a tag or an effect and are always added. ``tagged``: the search takes a tag.
    """
    lines = []
    for tool, facts in rows:
        needed = ", ".join(required(tool))
        text = plain(str(tool.get("description") or tool.get("title") or ""), 4 * LINE)
        line = brief.sentence(text, WEAK_LINE if weak else LINE)
        lines.append(f"{tool['name']}({needed}) [{facts.effect if facts else 'write'}] {line}".rstrip())
    lines.append(CALLING if rows else "No tool matches these words.")
    if weak:
        left = min(resources.RESOURCES, max(ANSWER - _size(lines), LEAST) - len(AGAIN) - len(TAGGED))
        nouns = resources.resources(visible, [*lines, shown], left)
        if nouns:
            lines.append(f"{AGAIN.format(TAGGED if tagged else '')}\n{nouns}")
    left = ANSWER - _size(lines)
    if (weak or narrow) and others and left > LEAST // 4:
        lines.append(_within("Others there: " if narrow else "More tools: ", others, left))
    return "\n".join(lines)


def listed(rows: Sequence[Row]) -> str:
    """The names of tools, first those that read."""
    lines: list[str] = []
    for label in ("[read]", "[write]"):
        names = [
            str(tool["name"])
            for tool, facts in rows
            if (facts is not None and facts.effect == "read") is (label == "[read]")
        ]
        if names:
            lines.append(_within(f"{label} ", names, ANSWER - _size(lines)))
    return "\n".join(lines)


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def _within(label: str, names: Sequence[str], left: int) -> str:
    """As many names as fit ``left`` bytes, with the number of the others."""
    chosen: list[str] = []
    left -= len(label) + 40
    for name in names:
        left -= len(name.encode()) + 2
        if left < 0:
            break
        chosen.append(name)
    more = f" and {len(names) - len(chosen)} others" if len(chosen) < len(names) else ""
    return f"{label}{', '.join(chosen)}{more}"


def described(rows: Sequence[Row], *, searching: bool) -> str:
    """Each tool as one line of compact JSON."""
    lines: list[str] = []
    left = BYTES
    for tool, facts in rows[:SEVERAL]:
        effect = facts.effect if facts else "write"
        entry: dict[str, Any] = {"name": tool["name"], "description": tool.get("description", ""), "effect": effect}
        if facts is not None and facts.tags:
            entry["tags"] = list(facts.tags)
        if searching:
            entry["call_with"] = "call_read_tool" if effect == "read" else "call_write_tool"
        entry["inputSchema"] = tool.get("inputSchema", {})
        if "outputSchema" in tool:
            entry["outputSchema"] = tool["outputSchema"]
        line = encode(entry).decode()
        left -= len(line)
        if left < 0 and lines:
            break
        lines.append(line)
    if len(lines) < len(rows):
        lines.append(
            "Describe the others in another call: " + ", ".join(str(tool["name"]) for tool, _ in rows[len(lines) :])
        )
    return "\n".join(lines)


def missing(name: str, near: str) -> str:
    """The error for a tool that does not exist."""
    return f"There is no tool `{plain(name, 80)}`{f'; did you mean `{near}`?' if near else '.'}"


def required(tool: Mapping[str, Json]) -> list[str]:
    """The names of the required arguments."""
    schema = tool.get("inputSchema")
    names = schema.get("required") if isinstance(schema, dict) else None
    plain_names = [plain(name, 64) for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return plain_names[:REQUIRED] + (["…"] if len(plain_names) > REQUIRED else [])


def names(value: Json) -> list[str]:
    """The names in ``a, b`` or in a list."""
    parts = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return list(dict.fromkeys(name.strip() for name in parts if isinstance(name, str) and name.strip()))


def parsed(text: str) -> Json:
    """The JSON value in ``text``, which some models write instead of an object; ``text`` if it is not JSON."""
    try:
        return loads_unique(text) if text.strip() else {}
    except ValueError:
        return text


def plain(text: str, cap: int) -> str:
    """One line of at most ``cap`` characters: text of a server must not look like a line of this answer."""
    return " ".join(clean(text[: 4 * cap]).split())[:cap]
