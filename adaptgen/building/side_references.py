"""What the files next to a document name and the API no longer has: tools and paths of the previous build.

A name that no build knew is for those who read the file: it may be a tool of another server. A name that the previous
build served and this one does not is a reference that broke, and is reported with its place before anything is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from adaptgen.building.spec_files import SpecFiles
from adaptgen.diagnostics import AdaptgenError, Diagnostic, did_you_mean
from adaptgen.model.plan import Plan
from adaptgen.model.tables import Json
from adaptgen.output import lock
from adaptgen.source.overrides import Reference
from adaptgen.text.locations import SourceMap
from adaptgen.text.parse import parse

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_NAMING = frozenset(("tool", "tools", "pin"))
"""Keys of cases and settings whose values, and whose keys if it is a map, name tools."""


def check_references(
    planned: Plan, files: SpecFiles, folder: Path, references: Iterable[Reference], operations: Iterable[str]
) -> list[Diagnostic]:
    """``folder``: where the previous build is. ``references``: what the hand edits call; ``operations``: every
    operation of the document, such as ``GET /orders/{id}``."""
    try:
        before = lock.read(folder)
    except AdaptgenError:
        return []  # the build itself says so
    earlier = dict(before.names) if before is not None else {}
    now = {name: tool.name for tool in planned.server.tools for name in (tool.name, *tool.aliases)}
    now |= {tool.name: tool.name for tool, _ in planned.added}
    gone = {name for names in earlier.values() for name in names} - now.keys()
    found = [*_called(references, now), *_sent(references, earlier, planned.names, operations)]
    if gone:
        own = files.folder / "governance.yaml"
        for path in (files.governance, *sorted((files.folder / "evals").glob("*.yaml"))):
            severity = "error" if path == files.governance else "warning"
            plain = path in (own, *(files.folder / "evals").glob("*.yaml"))
            found += _named(path, gone, planned.server.name, plain, now, severity)
    return found


# ----------------------------------------------------------------------------------------------------------- hand edits


def _called(references: Iterable[Reference], now: Mapping[str, str]) -> Iterator[Diagnostic]:
    for one in references:
        if not one.method and one.name not in now:
            help = did_you_mean(one.name, now) or "call a tool that there is"
            yield Diagnostic("AG128", f"{one.name!r} is called, and no tool has this name", one.where, help)


def _sent(
    references: Iterable[Reference],
    earlier: Mapping[str, Any],
    names: Mapping[str, tuple[str, ...]],
    operations: Iterable[str],
) -> Iterator[Diagnostic]:
    """Requests to an operation that the previous build knew and the document does not have any more. A path that no
    build knew is left alone: an override may call what the document does not describe."""
    here = {_shape(one): one for one in operations}
    known = {_shape(one): one for one in earlier}
    tools = {given[0]: operation for operation, given in names.items()}
    for one in references:
        shape = _shape(f"{one.method} {one.name}")
        if not one.method or shape in here or shape not in known:
            continue
        before = known[shape]
        moved = next((tools[name] for name in earlier[before] if name in tools), "")
        near = did_you_mean(before, here.values())
        help = f"write {moved}" if moved else near or "remove the request, or describe the operation in the document"
        yield Diagnostic("AG128", f"the API no longer has {before}", one.where, help)


def _shape(operation: str) -> str:
    """An operation without the names of its path parameters, a query and a slash at the end."""
    method, _, path = operation.partition(" ")
    return f"{method.upper()} {_PLACEHOLDER.sub('{}', path.split('?')[0]).rstrip('/')}"


# ------------------------------------------------------------------------------------------------------ settings, cases


def _named(
    path: Path, gone: set[str], server: str, plain: bool, now: Mapping[str, str], severity: Any
) -> Iterator[Diagnostic]:
    try:
        data = path.read_bytes()
        parsed = parse(data, path.as_posix())
    except (OSError, AdaptgenError):
        return  # others read the file, and say what is wrong with it
    places = SourceMap(path.as_posix(), parsed.syntax, path)
    for keys, said in _names(parsed.value, (), False):
        owner, _, name = said.rpartition("/")
        if name in gone and (owner == server if owner else plain):
            message = f"this names the tool {name!r}, which the API no longer has"
            help = did_you_mean(name, now) or "remove the line"
            yield Diagnostic("AG128", message, places.where(*keys), help, severity)


def _names(value: Json, keys: tuple[str | int, ...], naming: bool) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The texts that name tools, and where they are."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if naming:
                yield (*keys, key), key
            yield from _names(inner, (*keys, key), key in _NAMING)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _names(inner, (*keys, number), naming and isinstance(inner, str))
    elif naming and isinstance(value, str):
        yield keys, value
