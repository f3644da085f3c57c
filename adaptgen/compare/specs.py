"""A document as a surface: planned in memory with its hints; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from adaptgen.building.build import build, names_served
from adaptgen.building.spec_files import SpecFiles, identifier
from adaptgen.compare.answers import declared_answer
from adaptgen.compare.model import Change, Surface, ToolSnapshot
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where
from adaptgen.model.plan import Plan
from adaptgen.model.tables import Call, Json, Paging, Tool, walk_steps
from adaptgen.plan.document.reader import Operation, operations
from adaptgen.plan.document.schemas import forget, shape
from adaptgen.source import EMPTY, Document, Hints, read_hints, read_under
from adaptgen.syntax.json_pointer import escape

# A hint that speaks of what the document no longer has.
_GONE = frozenset(("AG033", "AG034"))


def hints_file(spec: Path) -> Path | None:
    """The hints next to ``spec``, where there are any, or a workspace has some for it."""
    files = SpecFiles(spec)
    inherits = files.workspace is not None and bool(files.workspace.shared(spec.stem).raw)
    return files.hints if files.hints.is_file() or inherits else None


def read(
    spec: Path, hints_file: Path | None, shown: str, name: str, before: Mapping[str, tuple[str, ...]] | None = None
) -> Surface:
    """The server that a build of ``spec`` under ``hints_file`` would make. ``shown``: how the document is named;
    ``before``: the names that operations had, which they keep; by default those of the last build of this file.

    Hinted tools whose operation or input is gone are left out, and said in ``findings``: that is what the change of
    the document did.

    Raises:
        AdaptgenError: for everything else that is wrong with the document and the hints.
    """
    hints = read_hints(hints_file) if hints_file else EMPTY
    if before is None:
        before = names_served(Path("generated") / identifier(hints.name or name), Path(shown))
    findings: list[Change] = []
    while True:
        try:
            result = build(spec, hints=hints, name=name, shown=shown, side_files=False, names=before)
            break
        except AdaptgenError as problem:
            gone = {_owner(hints, found): found for found in problem.diagnostics if found.code in _GONE}
            if not gone or None in gone or any(found.code not in _GONE for found in problem.diagnostics):
                raise
            for tool, found in gone.items():
                text = f"the hints of this tool no longer fit the document: {found.message}"
                findings.append(Change("breaking", str(tool), "hint-unfit", text, found.where))
            hints = replace(hints, tools={key: tool for key, tool in hints.tools.items() if key not in gone})
    return _surface(result.document, result.plan, shown, tuple(findings))


def answers_of(spec: Path, tools: Iterable[Tool], names: Mapping[str, str]) -> dict[str, dict[str, dict[str, Json]]]:
    """Tool -> what the document at ``spec``, read under its hints, declares of its answers. ``names``: tool -> its
    operation, as the lock has it. Tools whose operations the document does not have are left out.

    Raises:
        AdaptgenError: the document or its hints cannot be read.
    """
    file = hints_file(spec)
    document = read_under(spec, read_hints(file) if file else EMPTY)
    found = operations(document)[0]
    by_key, by_call = {one.key: one for one in found}, {(one.method, one.path): one for one in found}
    result = {}
    for tool in tools:
        own = by_key.get(names.get(tool.name, ""))
        if own is None and tool.call is not None:
            own = by_call.get((tool.call.method, tool.call.path))
        if answers := _answers(document, own, tool, by_call):
            result[tool.name] = answers
    forget(document)
    return result


def names_of(surface: Surface) -> dict[str, tuple[str, ...]]:
    """Operation -> the name of its tool, then its earlier names."""
    return {tool.source: (tool.name, *tool.aliases) for tool in surface.server.tools if tool.source}


def _owner(hints: Hints, problem: Diagnostic) -> str | None:
    """The tool of the hints whose lines hold the place of ``problem``."""
    if problem.where is None or hints.path is None or problem.where.file != hints.path.as_posix():
        return None
    starts = [(hints.where("tools", key).line, key) for key in hints.tools]
    before = [(line, key) for line, key in starts if line <= problem.where.line]
    return max(before)[1] if before else None


def _surface(document: Document, planned: Plan, shown: str, findings: tuple[Change, ...]) -> Surface:
    by_pointer = {one.pointer: one for one in operations(document)[0]}
    by_call = {(one.method, one.path): one for one in by_pointer.values()}
    tools: dict[str, ToolSnapshot] = {}
    for module in planned.modules:
        for tool in module.tools:
            operation = by_pointer.get(tool.source)
            where = document.where(tool.source) if tool.source else Where(shown)
            arguments = _arguments(document, operation, tool) if operation else {}
            answers = _answers(document, operation, tool, by_call)
            contract = module.contracts[tool.name]
            tools[tool.name] = ToolSnapshot(tool, contract, where, arguments, answers, complete=True)
    forget(document)
    schemes = {auth.name: document.where(f"#/components/securitySchemes/{auth.name}") for auth in planned.server.auth}
    return Surface(planned.server.name, planned.server, tools, document.where("#/servers"), shown, schemes, findings)


def _answers(
    document: Document, operation: Operation | None, tool: Tool, by_call: Mapping[tuple[str, str], Operation]
) -> dict[str, dict[str, Json]]:
    """The schema of the answer under "", that of each step under its id."""
    found = {"": declared_answer(document, operation, _items(tool.page), tool.payload)} if operation is not None else {}
    for step in walk_steps(tool.steps):
        called = by_call.get((step.call.method, step.call.path)) if step.call is not None else None
        if called is not None:
            found[step.id] = declared_answer(document, called, _items(step.page) or step.items, "$")
    return found


def _items(page: Paging | None) -> str | None:
    return page.items if page is not None else None


def _arguments(document: Document, operation: Operation, tool: Tool) -> dict[str, Where]:
    """Where each argument is declared: the parameter, or the property of the body."""
    call = tool.call or Call("GET", "/")
    declared = {(one.place, one.name): one.pointer for one in operation.parameters if one.pointer}
    found: dict[str, Where] = {}
    groups = (("path", call.path_params), ("query", call.query), ("header", call.headers), ("cookie", call.cookies))
    for place, params in groups:
        for param in params:
            if (pointer := declared.get((place, param.name))) is not None:
                found[param.arg or param.name] = document.where(pointer)
    for (place, name), pointer in declared.items():
        if place == "path":
            found.setdefault(name, document.where(pointer))
    if operation.body is not None and call.body is not None:
        properties = _properties(document, operation, call.body.inside)
        for param in call.body.params:
            where = properties.get(param.name)
            found[param.arg or param.name] = document.where(where or operation.body.pointer)
    return found


def _properties(document: Document, operation: Operation, inside: str | None) -> dict[str, str]:
    """Property of the body -> its pointer."""
    body = operation.body
    if body is None:
        return {}
    one, pointer = shape(document, body.schema), f"{body.pointer}/schema"
    pointer = one.pointer or pointer
    if inside is not None and inside in one.properties:
        inner = shape(document, one.properties[inside])
        one, pointer = inner, inner.pointer or f"{pointer}/properties/{escape(inside)}"
    return {name: f"{pointer}/properties/{escape(name)}" for name in one.properties}
