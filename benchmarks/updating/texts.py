"""Writes whose name or text promises something else than the call does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from adaptgen.model.plan import Plan
from adaptgen.model.tables import Contract, Tool
from adaptgen.plan.document.reader import Operation

_CREATES = re.compile(r"(?i)\W*(?:creat|add|insert)(?:e|es|s|ing|ting)?\b(?!.{0,40}(?:\bor\b|/|\band\b))")
_UPDATES = re.compile(r"(?i)\W*(?:updat|chang|edit|modif|replac)(?:e|es|s|ing|y|ies)?\s(?!.{0,40}(?:\bor\b|/|\band\b))")
_SAYS_WHAT_IS_LOST = re.compile(
    r"(?i)\b(?:may be lost|is removed|unchanged|untouched|as is|intact|partial|partially|not be (?:changed|modified))\b"
)


def silent_losses(plan: Plan, operations: Mapping[str, Operation]) -> Iterator[str]:
    """The ``update_…`` tools that may lose a field that they were not given, and do not say so."""
    for tool, contract, operation in _writes(plan, operations):
        if not tool.name.startswith("update_") or tool.update is not None or operation.method == "PATCH":
            continue
        required = contract.input_schema.get("required", [])
        body = tool.call.body if tool.call is not None else None
        members = [param.arg or param.name for param in body.params if param.value is None] if body is not None else []
        if set(members) <= set(required):
            continue
        if not _SAYS_WHAT_IS_LOST.search(f"{contract.description} {operation.description}"):
            yield f"{operation.key}: {tool.name} may lose a field: {contract.description[:90]}"


def contradictions(plan: Plan, operations: Mapping[str, Operation]) -> Iterator[str]:
    """The writes whose name or text contradicts the first verb of the summary, or a 201."""
    for tool, contract, operation in _writes(plan, operations):
        verb = tool.name.partition("_")[0]
        successes = {response.status for response in operation.responses if response.status[:1] == "2"}
        creates = bool(_CREATES.match(operation.summary)) or (successes == {"201"} and not operation.summary)
        if creates and successes != {"201"} and re.search(r"(?i)update|replace", operation.id or ""):
            continue  # the document contradicts itself
        if creates and (verb in ("replace", "update") or "Replaces the whole" in contract.description):
            yield f"{operation.key}: {tool.name} creates: {operation.summary[:60]}"
        elif _UPDATES.match(operation.summary) and verb == "create":
            yield f"{operation.key}: {tool.name} changes: {operation.summary[:60]}"


def _writes(plan: Plan, operations: Mapping[str, Operation]) -> Iterator[tuple[Tool, Contract, Operation]]:
    contracts = {name: contract for module in plan.modules for name, contract in module.contracts.items()}
    for tool in plan.server.tools:
        operation = operations.get(tool.source)
        if operation is not None and tool.effect != "read" and operation.method in ("PUT", "POST"):
            yield tool, contracts[tool.name], operation
