"""Which operations become tools, and the module of each tool."""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from adaptgen.diagnostics import Diagnostic, did_you_mean
from adaptgen.mcp import tool_listing as brief
from adaptgen.mcp.advertised_schema import advertised_tool
from adaptgen.model.plan import Evidence, Module
from adaptgen.model.tables import Contract, Surface, Tool, calls_of, value
from adaptgen.plan.document import descriptions as describe
from adaptgen.plan.document import tool_names as naming
from adaptgen.plan.document.descriptions import clean
from adaptgen.plan.document.reader import Operation

if TYPE_CHECKING:
    from adaptgen.source import Document

LARGE = 100
"""Tools of one tag beyond which its module is split by resource."""
_MANY_SINGLES = 12


@value()
class ExposedTool:
    """A finished tool with its contract, and its operation and that one's document (None: of several calls)."""

    tool: Tool
    contract: Contract
    operation: Operation | None
    document: Document | None = None


def hidden_by(operation: Operation, patterns: Sequence[str]) -> str:
    """The first pattern of ``hide`` that matches the operation, or ""."""
    return next((pattern for pattern in patterns if _hides(operation, pattern)), "")


def _hides(operation: Operation, pattern: str) -> bool:
    pattern = pattern.strip()
    if pattern == "deprecated":
        return operation.deprecated
    if pattern.startswith("tag:"):
        wanted = pattern[4:].strip().lower()
        return any(fnmatch.fnmatchcase(tag.lower(), wanted) for tag in operation.tags)
    method, _, path = pattern.partition(" ")
    if not path:
        method, path = "*", method
    path = path.strip()
    # Braces are literal in path templates; `[` would start a class of fnmatch.
    path = path.replace("[", "[[]")
    return (method in ("*", "ANY") or method.upper() == operation.method) and (
        fnmatch.fnmatchcase(operation.written, path) or fnmatch.fnmatchcase(operation.path, path)
    )


def check_hide(operations: Sequence[Operation], patterns: Sequence[str]) -> list[tuple[int, Diagnostic]]:
    """Patterns of ``hide`` that match no operation: an error for a plain operation, a warning for a pattern."""
    found = []
    for index, pattern in enumerate(patterns):
        if pattern.strip() == "deprecated" or any(_hides(operation, pattern) for operation in operations):
            continue
        loose = "*" in pattern or "?" in pattern or pattern.startswith("tag:")
        help = did_you_mean(pattern, [one.key for one in operations])
        message = f"no operation is hidden by {pattern!r}"
        found.append((index, Diagnostic("AG033", message, None, help, "warning" if loose else "error")))
    return found


def resolved(wanted: Surface, modules: Sequence[Module]) -> tuple[Surface, tuple[Evidence, ...]]:
    """How tools are shown, and why: ``auto`` where the whole list exceeds its budget, so that the server decides for
    each caller what fits."""
    if wanted != "auto":
        return wanted, ()
    tools = [brief.listed(contract) for module in modules for contract in module.contracts.values()]
    step = brief.fitting(tools, brief.BUDGET, advertised_tool)
    if step == 0:
        return "list", ()
    decision = "agents search them" if step is None else "listed in short"
    because = f"the list of {len(tools)} tools exceeds {brief.BUDGET:,} bytes"
    return "auto", (Evidence("tools", "surface", decision, because),)


def tagged(emitted: Sequence[ExposedTool], operations: Sequence[Operation]) -> list[ExposedTool]:
    """``emitted``, where a tool of several calls has the tags of all of their operations."""
    tags = {(one.method, one.path): describe.tags(one) for one in operations}
    found = []
    for one in emitted:
        if one.operation is None and one.tool.steps:
            calls = [(call.method, call.path) for call in calls_of(one.tool)]
            union = dict.fromkeys(tag for call in calls for tag in tags.get(call, ()))
            one = replace(one, tool=replace(one.tool, tags=tuple(union)[: describe.MOST_TAGS]))
        found.append(one)
    return found


def modules(emitted: Sequence[ExposedTool]) -> tuple[Module, ...]:
    """The tools by resource: by the first tag where tags are used, else by the first fixed segment of the path.

    A tag of more than :data:`LARGE` tools is split by resource; many resources of one tool each share a module.
    """
    tagged = sum(1 for one in emitted if one.operation and one.operation.tags)
    by_tag = tagged * 2 > len(emitted)
    groups: dict[str, list[ExposedTool]] = defaultdict(list)
    titles: dict[str, str] = {}
    for one in emitted:
        title = _group(one, by_tag)
        key = naming.module(title)
        groups[key].append(one)
        # Of two spellings of a tag the first in the alphabet gives the title.
        titles[key] = min(titles.get(key, title), title)
    for key in [key for key, group in groups.items() if len(group) > LARGE]:
        group = groups.pop(key)
        for one in group:
            part = _resource(one, 1 if by_tag else 2)
            inner = naming.module(f"{key}_{part}" if part and part != key else key)
            groups[inner].append(one)
            titles.setdefault(inner, f"{titles[key]}: {part}" if inner != key else titles[key])
    singles = [key for key, group in groups.items() if len(group) == 1]
    if len(singles) > _MANY_SINGLES:
        other = [one for key in singles for one in groups.pop(key)]
        groups["other"].extend(other)
        titles.setdefault("other", "Other")
    return tuple(_module(key, titles[key], groups[key]) for key in sorted(groups))


def _module(name: str, title: str, group: Sequence[ExposedTool]) -> Module:
    order = sorted(group, key=lambda one: one.tool.name)
    return Module(
        name=name,
        title=clean(title, 80) or name,
        tools=tuple(one.tool for one in order),
        contracts={one.tool.name: one.contract for one in order},
    )


def _group(one: ExposedTool, by_tag: bool) -> str:
    if one.operation is None:
        return "workflows"
    if by_tag and one.operation.tags and clean(one.operation.tags[0], 80):
        return one.operation.tags[0]
    return _resource(one, 1) or "other"


def _resource(one: ExposedTool, depth: int) -> str:
    if one.operation is None:
        return ""
    fixed = [part for part in naming.segments(one.operation.path) if part != "{}"]
    return "_".join(fixed[:depth])
