"""What the menu says: the hits of a search, the description of a tool."""

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
    "Where the list of tools has search_tools, it stands for many more tools: find them with search_tools, see their "
    "arguments with describe_tool, call them with call_read_tool or call_write_tool. Where it has describe_tool alone, "
    "it has every tool in short: cursor is the next_cursor of the previous answer, limit the items per answer, fields "
    'the paths to return (["*"] for all), dry_run returns the request instead of sending it.'
)
LINE = 160
"""Characters of what a hit says of its tool."""
WEAK_LINE = 90
"""The same where the words of the API follow."""
ANSWER, LEAST = 2_950, 600
"""Bytes of an answer with hits of the default number, and those that the words of the API have at least."""
CALLING = (
    "Required arguments in parentheses; describe_tool gives the others. Call [read] with call_read_tool, all "
    "others with call_write_tool."
)
AGAIN = "Not found? Search again with these words of the API, or with a tag:"
REQUIRED = 12
SEVERAL = 10
"""Tools that are described at once."""
BYTES = 40_000

Row = tuple[Mapping[str, Json], ToolInfo | None]


def found(
    rows: Sequence[Row], others: Sequence[str], visible: Sequence[str], shown: str, *, weak: bool, narrow: bool
) -> str:
    """The answer to a search, never empty: the hits, one a line with name, required arguments, effect and what it does.

    ``weak``: the hits do not cover the query. Then the nouns of the ``visible`` tools follow that neither the hits nor
    ``shown``, the description of the search, hold, so that the model reads the API's words; and the names of
    ``others``. ``narrow``: ``others`` are the rest of a tag or an effect and always follow.
    """
    lines = []
    for tool, facts in rows:
        needed = ", ".join(required(tool))
        text = plain(str(tool.get("description") or tool.get("title") or ""), 4 * LINE)
        said = brief.sentence(text, WEAK_LINE if weak else LINE)
        lines.append(f"{tool['name']}({needed}) [{facts.effect if facts else 'write'}] {said}".rstrip())
    lines.append(CALLING if rows else "No tool fits these words.")
    if weak:
        left = min(resources.RESOURCES, max(ANSWER - _size(lines), LEAST) - len(AGAIN))
        nouns = resources.resources(visible, [*lines, shown], left)
        if nouns:
            lines.append(f"{AGAIN}\n{nouns}")
    left = ANSWER - _size(lines)
    if (weak or narrow) and others and left > LEAST // 4:
        lines.append(_within("Others there: " if narrow else "More tools: ", others, left))
    return "\n".join(lines)


def listed(rows: Sequence[Row]) -> str:
    """The names of tools, those that read before those that write."""
    lines: list[str] = []
    for said in ("[read]", "[write]"):
        names = [
            str(tool["name"])
            for tool, facts in rows
            if (facts is not None and facts.effect == "read") is (said == "[read]")
        ]
        if names:
            lines.append(_within(f"{said} ", names, ANSWER - _size(lines)))
    return "\n".join(lines)


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def _within(said: str, names: Sequence[str], left: int) -> str:
    """As many of the names as ``left`` bytes take, with a word on the others."""
    kept: list[str] = []
    left -= len(said) + 40
    for name in names:
        left -= len(name.encode()) + 2
        if left < 0:
            break
        kept.append(name)
    more = f" and {len(names) - len(kept)} others" if len(kept) < len(names) else ""
    return f"{said}{', '.join(kept)}{more}"


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
