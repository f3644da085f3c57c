"""Which arguments of a tool search, compare or order by classified fields, and from what evidence."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from adaptgen.model.plan import Evidence
from adaptgen.model.tables import Call, Tool
from adaptgen.pii.search_arguments import SearchArgument, find_search_arguments
from adaptgen.plan.document.schemas import leaves
from adaptgen.plan.tools.pii import find_plain, record_of
from adaptgen.syntax.identifiers import words
from adaptgen.syntax.templates import placeholders

if TYPE_CHECKING:
    from adaptgen.plan.facts import OperationFacts
    from adaptgen.source.hints.model import Hints, ToolHint

_MOST = 200


def find_searches(
    facts: OperationFacts,
    tool: Tool,
    schema: Mapping[str, Any],
    hint: ToolHint | None,
    inputs: Mapping[str, str],
) -> list[SearchArgument]:
    """What the arguments of ``tool`` search; of a tool that writes, what hints say alone. ``schema``: its input schema;
    ``inputs``: argument -> what the document calls it. An argument without fields: hints say that it searches none."""
    hinted: dict[str, tuple[str, ...]] = {}
    for name, input in inputs.items():
        said = hint.arguments.get(input) or hint.arguments.get(name) if hint is not None else None
        if said is not None and said.searches is not None:
            hinted[name] = said.searches
    properties = schema.get("properties") or {}
    if tool.effect != "read":
        return [SearchArgument(name, "search", hinted[name], "the hints say so") for name in sorted(hinted)]
    known: dict[str, Any] = {
        "holder": facts.holder,
        "classified": tool.sensitive_arguments,
        "plain": [path.removeprefix("$..") for path in tool.not_sensitive],
        "hinted": hinted,
        "around": _find_around(facts, inputs),
    }
    found = find_search_arguments(properties, tool.sensitive, **known)
    if any(one.role in ("query", "search") for one in found.values()):
        record = record_of(facts, tool.page, tool.payload)
        declared = [leaf.path for leaf in leaves(facts.document, record) if leaf.path] if record is not None else []
        found = find_search_arguments(properties, tool.sensitive, **known, declared=declared[:_MOST])
    return [found[name] for name in sorted(found)]


def _find_around(facts: OperationFacts, inputs: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Argument -> the literal segment before it in the path, and what the operation is said to do."""
    operation = facts.operation
    parts = operation.path.split("/")
    segments = {part: before for before, part in pairwise(parts) if "{" in part and "{" not in before}
    before = {one.strip("{}"): segment for one, segment in segments.items()}
    call = f"{' '.join(words(operation.id or ''))}. {operation.summary[:300]}"
    return {name: (before.get(input, ""), call) for name, input in inputs.items()}


def step_searches(
    facts: OperationFacts, call: Call, sensitive: Mapping[str, str], hints: Hints
) -> dict[str, tuple[str, ...]]:
    """What the arguments of a tool of several calls search by the inputs of one of its steps that they fill."""
    schemas = {
        one.name: {**(one.schema if isinstance(one.schema, Mapping) else {}), "description": one.description}
        for one in facts.operation.parameters
    }
    found = find_search_arguments(
        schemas,
        sensitive,
        holder=facts.holder,
        plain=[path.removeprefix("$..") for path in find_plain(hints, None)],
    )
    filled: dict[str, tuple[str, ...]] = {}
    for param in (*call.path_params, *call.query, *call.headers, *call.cookies):
        one = found.get(param.name)
        if one is None or not one.fields:
            continue
        for name in [param.arg or param.name] if param.value is None else sorted(placeholders(param.value)):
            if "." not in name:
                filled[name] = tuple(dict.fromkeys((*filled.get(name, ()), *one.fields)))
    return filled


def search_evidence(tool: str, one: SearchArgument, pointer: str) -> Evidence:
    """The line of ``build`` and ``explain``."""
    does = "orders by" if one.role == "order" else "searches"
    fields = ", ".join(one.fields[:8]) + (f" and {len(one.fields) - 8} more" if len(one.fields) > 8 else "")
    return Evidence(tool, "search", f"{one.name} {does} {fields or 'nothing personal'}", one.because, pointer)
