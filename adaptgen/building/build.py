"""Read, plan and render one document."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from adaptgen.building.result import BuildResult
from adaptgen.building.spec_files import SpecFiles, identifier, reference
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where
from adaptgen.model.plan import Plan
from adaptgen.model.tables import Connection, Tool
from adaptgen.output import lock
from adaptgen.source import EMPTY, Document, Hints, read_hints, read_under

if TYPE_CHECKING:
    from adaptgen.source.hints.learned import Learned
    from adaptgen.source.overrides import Declared

Progress = Callable[[str], AbstractContextManager[object]]


def build(
    spec: Path,
    *,
    hints: Hints | Path | None = None,
    out: Path = Path("generated"),
    name: str = "",
    shown: str = "",
    side_files: bool = True,
    rename: bool = False,
    names: Mapping[str, tuple[str, ...]] | None = None,
    locked: bool = False,
    learned: Learned | bool = True,
    progress: Progress = nullcontext,
) -> BuildResult:
    """What :func:`adaptgen.build` does, with what its other callers need.

    ``name``: of the server unless the hints set one, instead of the document's. ``shown``: the path of the document in
    places and messages. ``side_files``: the server refers to its governance settings, hand edits and recorded answers,
    hand edits are checked, and tools keep the names of the build in ``out`` (``locked``: this alone). ``names``:
    operation -> the names that its tool keeps instead. ``rename``: tools get the names that today's rules choose; the
    earlier ones are served on. ``learned``: what is used instead of ``learned.yaml``; False for nothing.
    ``progress``: entered with a text for each stage.

    Raises:
        AdaptgenError: for everything that is wrong with the document, its hints and its hand edits.
    """
    from adaptgen import plan

    files = SpecFiles(spec)
    with progress(f"{spec}: reading"):
        if not isinstance(hints, Hints):
            hints = read_hints(hints) if hints else _own_hints(files)
            hints = _with_learned(hints, files, learned)
        document = read_under(spec, hints)
        if shown:
            document = _renamed(document, shown)
    with progress(f"{spec}: planning"):
        folder = out / identifier(hints.name or spec.stem)
        if names is None:
            names = names_before(folder, spec) if side_files else names_served(folder, spec) if locked else {}
        own = hints.name or name or identifier(spec.stem)
        planned, notes = plan.plan(document, hints, own, plan.NameLock(names, rename))
        if side_files:
            planned = _with_side_files(planned, files, folder)
            notes = (*notes, *_check_references(planned, files, folder, document))
    diagnostics = (*document.diagnostics, *notes)
    return BuildResult(spec, folder, document, hints, planned, diagnostics, side_files=side_files)


def names_before(folder: Path, spec: Path) -> dict[str, tuple[str, ...]]:
    """Operation -> the name of its tool in ``folder`` and its earlier names. An earlier lock has none: there the
    tables say them.

    Raises:
        AdaptgenError: AG050, the lock cannot be understood.
    """
    before = lock.read(folder)
    if before is None or before.spec != spec.name:
        return {}
    if before.names or not before.files:
        return {operation: tuple(names) for operation, names in before.names.items()}
    try:
        tools = _load(folder)
    except AdaptgenError:
        return {}
    sources = Counter(tool.source for tool in tools)
    return {tool.source: (tool.name, *tool.aliases) for tool in tools if tool.source and sources[tool.source] == 1}


def names_served(folder: Path, spec: Path) -> dict[str, tuple[str, ...]]:
    """The same, if the build in ``folder`` was made from the document at ``spec`` itself, and not from another copy."""
    before = lock.read(folder)
    source = before.options.get("source") if before is not None else None
    same = isinstance(source, str) and Path(source).resolve() == spec.resolve()
    return names_before(folder, spec) if same else {}


def _load(folder: Path) -> tuple[Tool, ...]:
    """The tools that a build left in ``folder``."""
    from adaptgen.transports.load import load_server

    return load_server(folder, overrides=False).tools


def _own_hints(files: SpecFiles) -> Hints:
    return read_hints(files.hints) if files.hints.exists() or files.shared_digest else EMPTY


def _with_learned(hints: Hints, files: SpecFiles, learned: Learned | bool) -> Hints:
    if learned is False or (learned is True and not files.learned.is_file()):
        return hints
    from adaptgen.source.hints.learned import merge_learned, read_learned

    return merge_learned(hints, read_learned(files.learned) if learned is True else learned)


def _renamed(document: Document, shown: str) -> Document:
    """``document`` with its places under the path ``shown``: it may be in a folder that is gone afterwards."""
    locate, own = document.locate, document.path.as_posix()
    if locate is None:
        return document
    folder, base = own.rpartition("/")[0], shown.rpartition("/")[0]

    def renamed(keys: list[str]) -> Where:
        where = locate(keys)
        if where.file == own:
            return replace(where, file=shown)
        if folder and where.file.startswith(f"{folder}/"):
            rest = where.file[len(folder) + 1 :]
            return replace(where, file=f"{base}/{rest}" if base else rest)
        return where

    return replace(document, path=Path(shown), locate=renamed)


# ------------------------------------------------------------------------------------------------------- side files


def _with_side_files(planned: Plan, files: SpecFiles, folder: Path) -> Plan:
    references = files.references(folder.parent)
    server = replace(
        planned.server,
        governance=references.get("governance", ""),
        overrides=references.get("overrides", ""),
        connection=_connection(planned.server.connection, files, folder.parent),
    )
    planned = replace(planned, server=server)
    if recorded := references.get("cassettes"):
        planned = replace(planned, cassettes=PurePosixPath(recorded).parent)
    if files.search.exists():
        planned = _with_search_words(planned, files.search)
    return _with_overrides(planned, files.overrides, folder) if server.overrides else planned


def _check_references(planned: Plan, files: SpecFiles, folder: Path, document: Document) -> tuple[Diagnostic, ...]:
    """What is worth a warning of what the files next to the document name.

    Raises:
        AdaptgenError: AG128, hand edits or settings name what the previous build had and the document has no longer.
    """
    from adaptgen.building.side_references import check_references
    from adaptgen.plan.document.reader import operations
    from adaptgen.source import overrides

    references = overrides.references(files.overrides) if planned.server.overrides else ()
    known = [one.key for one in operations(document)[0]] if any(one.method for one in references) else []
    found = check_references(planned, files, folder, references, known)
    if any(one.severity == "error" for one in found):
        raise AdaptgenError(*found)
    return tuple(found)


def _with_search_words(planned: Plan, file: Path) -> Plan:
    """``planned`` with the words of ``search.yaml`` behind those of the hints.

    Raises:
        AdaptgenError: AG001 to AG005, AG030, AG031, AG037, AG039: the file does not fit the tools.
    """
    from adaptgen.source import search_words

    words = search_words.read(file, _served_names(planned))

    def worded(tools: Iterable[Tool]) -> tuple[Tool, ...]:
        return tuple(replace(tool, also=(*tool.also, *words.tools.get(tool.name, ()))) for tool in tools)

    server = replace(planned.server, tools=worded(planned.server.tools))
    modules = tuple(replace(module, tools=worded(module.tools)) for module in planned.modules)
    return replace(planned, server=server, modules=modules, search=words.digest)


def _served_names(planned: Plan) -> dict[str, str]:
    """Every name that is served, earlier ones too, -> the name of the tool now."""
    tools = {old: tool.name for tool in planned.server.tools for old in tool.aliases}
    return tools | {tool.name: tool.name for tool in planned.server.tools}


def _connection(connection: Connection | None, files: SpecFiles, out: Path) -> Connection | None:
    """The connection of the hints, its files as the server refers to them."""
    if connection is None:
        return None

    def file(text: str) -> str:
        return text if not text or "${" in text else reference(files.folder / text, out)

    return replace(connection, ca=file(connection.ca), client_cert=file(connection.client_cert))


def _with_overrides(planned: Plan, file: Path, folder: Path) -> Plan:
    """``planned`` with the tools that the hand edits add: ``overrides.py`` is read and not run. ``folder``: where the
    previous build lies, to know renamed tools.

    Raises:
        AdaptgenError: AG001, AG045, AG038: the file cannot be read, or does not fit the tools of the plan.
    """
    from adaptgen.runtime.overrides import find_added
    from adaptgen.source import overrides

    declared = overrides.read(file)
    tools = _served_names(planned)
    problems = overrides.check(declared, tools, _new_names(planned, folder) if _gone(declared, tools) else {})
    more = []
    for one in declared:
        if one.said is not None:
            try:
                more.append(find_added(**one.said))
            except (TypeError, ValueError, AttributeError) as why:
                problems.append(Diagnostic("AG045", f"the tool {one.tool!r} cannot be added: {why}", one.where))
    if problems:
        raise AdaptgenError(*problems)
    embedder = next((hashlib.sha256(one.source.encode()).hexdigest()[:16] for one in declared if one.source), "")
    return replace(planned, added=tuple(more), embedder=embedder)


def _gone(declared: Sequence[Declared], tools: dict[str, str]) -> bool:
    return any(edit.kind not in ("add", "embed") and edit.tool not in tools for edit in declared)


def _new_names(planned: Plan, folder: Path) -> dict[str, str]:
    """Name before -> name now of every operation whose tool was renamed since the build in ``folder``."""
    now = {tool.source: tool.name for tool in planned.server.tools if tool.source}
    try:
        before = _load(folder)
    except AdaptgenError:
        return {}
    return {tool.name: now[tool.source] for tool in before if tool.source in now and now[tool.source] != tool.name}
