"""What a build found out and from what evidence, as one page that stays short for an API of any size."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from adaptgen.cli import terminal
from adaptgen.model.plan import Evidence, Input, LeftOut, Plan

_MOST_ROWS = 12
"""Rows of one aspect; beyond, decisions are counted."""
_MOST_PATTERNS = 8
_ORDER = (
    "login",
    "auth",
    "refresh",
    "csrf",
    "base",
    "paging",
    "effect",
    "name",
    "argument",
    "update",
    "steps",
    "sensitive",
    "search",
    "view",
    "surface",
)
_NAMES = re.compile(r"'[^']*'|`[^`]*`|\$[\w.\[\]*]+|\d+")
_TOOL_ASPECTS = frozenset({"view", "name", "description", "effect"})
"""Aspects that nearly every tool has: always counted; `explain` shows them one by one."""


def show(plan: Plan, spec: Path, version: str) -> None:
    """The page of one server on stdout."""
    title = terminal.clean(plan.title or plan.server.title)
    kind = "Swagger" if version.startswith("2") else "OpenAPI"
    heading = f"{plan.server.name}: {title}" if title else plan.server.name
    terminal.say(terminal.paint(heading, "bold") + f"  ({kind} {version}, {spec})")
    terminal.say(_operations(plan))
    _evidence([*plan.evidence, *_sensitive(plan)])
    _inputs(plan.inputs)
    _left_out(plan.left_out)
    _variables(plan)
    for note in plan.notes:
        terminal.say(f"  note: {terminal.clean(note)}")
    terminal.say()


def _operations(plan: Plan) -> str:
    why: Counter[str] = Counter(one.why for one in plan.left_out)
    words = {"login": "for the login", "hidden": "hidden by hints", "broken": "left out"}
    parts = [f"{terminal.count(len(plan.server.tools), 'tool')}"]
    parts += [f"{why[word]:,} {words[word]}" for word in words if why[word]]
    return f"  {terminal.count(plan.operations, 'operation')}: {', '.join(parts)}"


def _evidence(evidence: Iterable[Evidence]) -> None:
    by_aspect: dict[str, list[Evidence]] = {}
    for one in evidence:
        by_aspect.setdefault(one.aspect, []).append(one)
    rows: list[tuple[str, str, str, str]] = []
    for aspect in sorted(by_aspect, key=lambda word: (_ORDER.index(word) if word in _ORDER else len(_ORDER), word)):
        found = by_aspect[aspect]
        if len(found) <= _MOST_ROWS and aspect not in _TOOL_ASPECTS:
            rows += [(aspect, one.subject, one.decision, one.because) for one in found]
        else:
            rows += _patterns(aspect, found)
    if rows:
        terminal.say()
        terminal.table(("inferred", "for", "decision", "because"), rows)


def _sensitive(plan: Plan) -> list[Evidence]:
    """One line for the kinds of personal data, however many fields hold them."""
    kinds = Counter(kind for tool in plan.server.tools for kind in {*tool.sensitive.values()})
    kinds.update(
        kind for tool in plan.server.tools for kind in {*tool.sensitive_arguments.values()} - {*tool.sensitive.values()}
    )
    if not kinds or any(one.aspect == "sensitive" for one in plan.evidence):
        return []
    tools = sum(bool(tool.sensitive or tool.sensitive_arguments) for tool in plan.server.tools)
    said = ", ".join(f"{kind} ({number:,})" for kind, number in sorted(kinds.items(), key=_most_first))
    because = "names and formats of fields and arguments, or the hints"
    return [Evidence(terminal.count(tools, "tool"), "sensitive", said, because)]


def _most_first(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _patterns(aspect: str, found: list[Evidence]) -> list[tuple[str, str, str, str]]:
    """One row for all decisions that differ only in names and numbers, with the first of them as the example."""
    groups: dict[tuple[str, str], list[Evidence]] = {}
    varied = aspect == "view"
    for one in found:
        groups.setdefault(("" if varied else _blank(one.decision), _blank(one.because)), []).append(one)
    ranked = sorted(groups.values(), key=lambda members: -len(members))
    rows = []
    for members in ranked[:_MOST_PATTERNS]:
        example = members[0]
        many = len(members) > 1
        same = len({one.decision for one in members}) == 1
        decision = example.decision if same else f"such as: {example.decision}"
        alike = "" if len({one.because for one in members}) == 1 else " (or alike)"
        subject = f"{len(members):,} × such as {example.subject}" if many else example.subject
        rows.append((aspect, subject, decision, f"{example.because}{alike}"))
    rest = sum(map(len, ranked[_MOST_PATTERNS:]))
    if rest:
        rows.append((aspect, f"{rest:,} more", "", "adaptgen explain shows them tool by tool"))
    return rows


def _blank(text: str) -> str:
    return _NAMES.sub("·", text)


def _inputs(inputs: Iterable[Input]) -> None:
    by_fate: dict[str, Counter[str]] = {}
    total = 0
    for one in inputs:
        total += 1
        # Arguments by where they were declared, the others by what took their place.
        by = one.place if one.fate == "argument" else one.by
        by_fate.setdefault(one.fate, Counter())[by] += 1
    if not total:
        return
    words = {"argument": "reachable as arguments", "absorbed": "absorbed", "hidden": "hidden by hints", "lost": "LOST"}
    rows = []
    for fate, word in words.items():
        kinds = by_fate.get(fate)
        if kinds is None:
            continue
        said = [f"{number:,} {kind}" for kind, number in kinds.most_common(_MOST_PATTERNS)]
        more = sum(kinds.values()) - sum(number for _, number in kinds.most_common(_MOST_PATTERNS))
        said += [f"{more:,} others"] if more else []
        rows.append((f"{sum(kinds.values()):,}", word, ", ".join(said)))
    terminal.say()
    terminal.say(f"  {terminal.count(total, 'declared input')}")
    terminal.table(("", "", ""), rows, 4)


def _left_out(left_out: Iterable[LeftOut]) -> None:
    found = list(left_out)
    rows = [(one.operation, one.why, one.reason) for one in found[: 2 * _MOST_ROWS]]
    if len(found) > len(rows):
        counted = Counter((one.why, one.reason) for one in found[len(rows) :])
        for (why, reason), number in counted.most_common(_MOST_PATTERNS):
            rows.append((f"{number:,} more", why, reason))
    if rows:
        terminal.say()
        terminal.table(("left out", "why", ""), rows)


def _variables(plan: Plan) -> None:
    rows = []
    for one in plan.variables:
        kind = ", ".join(["required" if one.required else "optional", *(["secret"] if one.secret else [])])
        rows.append((one.name, kind, one.purpose))
    if rows:
        terminal.say()
        terminal.table(("environment", "", ""), rows)
