"""What the README of a generated server says: its tools in one table, how to run it, what it reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from adaptgen.model.contract_file import OWN_ARGUMENTS
from adaptgen.model.plan import LeftOut, Plan
from adaptgen.model.tables import Call, Contract, Json, Tool, calls_of
from adaptgen.render.safe import MarkdownText, one_line

# Everything that can start an emphasis, code, link, image, HTML, entity, heading, cell, strike or formula.
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#!|~&$]")
# Bare addresses become links on their own.
_ADDRESS = re.compile(r"(?i)(www)\.|:(?=//)|(mailto|xmpp):")
# What would start a list, or draw a line, at the beginning of a line.
_BULLET = re.compile(r"^(\d*)([-+.)])(?=[-\s]|$)")
_PLAIN_CODE = re.compile(r"[\w ./:{}$#~,;=?&%+\-\[\]()@\"'*<>^]+", re.ASCII)
_SUMMARY = 160
_ARGUMENTS = 8
"""Arguments of a tool in its row; required ones are all there."""
_WHY = {"hidden": "hidden by a hint", "login": "", "broken": "cannot be understood"}


def readme(plan: Plan, *, spec: str, side: str) -> dict[str, object]:
    """What ``README.md.j2`` prints of ``plan``: texts of Markdown, and rows of them."""
    name = plan.server.name
    own = [tool for tool, _ in plan.added]
    tools = sorted((*(tool for module in plan.modules for tool in module.tools), *own), key=lambda one: one.name)
    contracts = {name: contract for module in plan.modules for name, contract in module.contracts.items()}
    contracts |= {contract.name: contract for _, contract in plan.added}
    folder = f"generated/{name}"
    return {
        "title": inline(plan.title or plan.server.title or name, 120),
        "spec": code(spec),
        "hints": code(f"{side}/hints.yaml"),
        "tools": count(len(tools), "tool"),
        "operations": count(plan.operations, "operation"),
        "rows": tuple(_tool(tool, contracts.get(tool.name)) for tool in tools),
        "variables": tuple(
            {
                "name": code(variable.name),
                "needed": inline(("yes" if variable.required else "no") + (", secret" if variable.secret else "")),
                "purpose": inline(variable.purpose, _SUMMARY),
            }
            for variable in sorted(plan.variables, key=lambda one: (not one.required, one.name))
        ),
        "accounts": tuple(
            {
                "title": inline(auth.consent.title or name, 80),
                "connect": fenced("sh", f"adaptgen connect {_word(folder)} --auth {_word(auth.name)}"),
            }
            for auth in plan.server.auth
            if auth.consent is not None
        ),
        "serve": fenced("sh", f"adaptgen serve {_word(folder)}"),
        "install": fenced("sh", f"adaptgen install {_word(folder)} --client claude"),
        "client": fenced("json", _client(plan, folder)),
        "left_out": _left_out(plan.left_out),
        "inputs": _inputs(plan),
        "notes": tuple(inline(note) for note in plan.notes if note.split()),
    }


def _tool(tool: Tool, contract: Contract | None) -> dict[str, MarkdownText]:
    return {
        "name": code(tool.name),
        "effect": inline(tool.effect),
        "summary": inline(_first_sentence(contract.description if contract else ""), _SUMMARY),
        "arguments": _arguments(contract),
        "operations": MarkdownText("<br>".join(code(f"{call.method} {call.path}").text for call in operations(tool))),
    }


def _arguments(contract: Contract | None) -> MarkdownText:
    """What the tool takes, required arguments first; not what all lists take."""
    if contract is None:
        return MarkdownText("")
    taken = contract.input_schema.get("properties", {}).keys() - OWN_ARGUMENTS.keys()
    required = sorted(name for name in contract.input_schema.get("required", ()) if name in taken)
    others = sorted(taken.difference(required))
    shown = others[: max(_ARGUMENTS - len(required), 0)]
    parts = [", ".join(code(name).text for name in required)] if required else []
    if others:
        more = f"{len(others) - len(shown)} more" if len(others) > len(shown) else ""
        listed = ", ".join(code(name).text for name in shown)
        parts.append(f"({listed} and {more})" if listed and more else f"({listed or more})")
    return MarkdownText(", ".join(parts))


def operations(tool: Tool) -> tuple[Call, ...]:
    """The calls of a tool, in the order in which they are sent."""
    read = [tool.update.read] if tool.update is not None else []
    return (*read, *calls_of(tool))


def _first_sentence(text: str) -> str:
    paragraph = text.strip().split("\n\n")[0]
    sentence, stop, _ = paragraph.partition(". ")
    return sentence + "." if stop else paragraph


def _left_out(left_out: Iterable[LeftOut]) -> list[dict[str, MarkdownText]]:
    reasons = [(one, (_WHY.get(one.why, one.why), one.reason)) for one in left_out]
    reasons.sort(key=lambda pair: (pair[0].why, pair[0].operation, pair[0].pointer))
    return [
        {"operation": code(one.operation), "reason": inline(": ".join(filter(None, texts)), _SUMMARY)}
        for one, texts in reasons
    ]


def _inputs(plan: Plan) -> tuple[MarkdownText, ...]:
    fates = [one.fate for one in plan.inputs]
    numbers = (len(fates), *(fates.count(fate) for fate in ("argument", "absorbed", "hidden", "lost")))
    return tuple(MarkdownText(f"{number:,}") for number in numbers)


def _client(plan: Plan, folder: str) -> str:
    """The entry of an MCP client's configuration, for stdio."""
    fields: list[tuple[str, Json]] = [("command", "adaptgen"), ("args", ["serve", folder])]
    if env := sorted(variable.name for variable in plan.variables if variable.required):
        fields.append(("env", dict.fromkeys(env, "")))
    entry = ",\n".join(f'      "{name}": {json.dumps(value)}' for name, value in fields)
    return f'{{\n  "mcpServers": {{\n    {json.dumps(plan.server.name)}: {{\n{entry}\n    }}\n  }}\n}}'


def _word(text: str) -> str:
    """One word of a shell's command line."""
    line = one_line(text)
    plain = all(char.isascii() and (char.isalnum() or char in "/._-") for char in line)
    return line if plain else "'" + line.replace("'", "'\\''") + "'"


# ---------------------------------------------------------------------------------------------- text as Markdown
#
# CommonMark with the tables of GitHub; no text can break out of its place.


def inline(text: str, limit: int = 0) -> MarkdownText:
    """Words in a paragraph, a heading, an item or a cell: one line, shown as they are."""
    escaped = _SPECIAL.sub(r"\\\g<0>", one_line(text, limit))
    escaped = _BULLET.sub(r"\1\\\2", escaped)
    return MarkdownText(_ADDRESS.sub(lambda found: found[0].replace(".", "\\.").replace(":", "\\:"), escaped))


def code(text: str) -> MarkdownText:
    """A code span; text that could end one, or a cell, is shown as words instead."""
    line = one_line(text)
    return MarkdownText(f"`{line}`") if _PLAIN_CODE.fullmatch(line) and line.strip() == line else inline(text)


def fenced(language: str, text: str) -> MarkdownText:
    """A fenced block, its fence longer than any in the text. ``language`` is a word of ours."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return MarkdownText(f"{fence}{language}\n{text}\n{fence}")


def count(number: int, one: str, many: str = "") -> MarkdownText:
    """``1 tool``, ``3 tools``. The words are ours."""
    return MarkdownText(f"{number:,} {one if number == 1 else many or one + 's'}")
