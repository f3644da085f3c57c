"""``adaptgen build``: documents in, generated servers out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from adaptgen.building.spec_files import WORKSPACE, SpecFiles, workspace_of
from adaptgen.cli import terminal
from adaptgen.cli.govern import policy
from adaptgen.collector import gc_paused
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.output import build_cache, lock

if TYPE_CHECKING:
    from adaptgen.building.result import BuildResult

FOLDER = Path("specs")
_ENDS = (".yaml", ".yml", ".json")


def run(options: SimpleNamespace) -> int:
    """Build what is asked for. A build makes many objects and hardly a cycle, so no garbage is looked for."""
    with gc_paused():
        return _run(options)


def _run(options: SimpleNamespace) -> int:
    """All documents are generated before the first one is written, so that bad input writes nothing."""
    fresh: list[Path] = []
    results: list[BuildResult] = []
    problems: list[Diagnostic] = []
    folders: dict[Path, Path] = {}
    for spec in dict.fromkeys(resolve_specs(options.specs)):
        try:
            files = SpecFiles(spec)
            if options.validate:
                validate(spec)
            # A check does not rely on what an earlier build recorded.
            folder = None if options.check or options.rename else files.up_to_date(options.out)
            if folder is not None:
                policy.check_policies(files.folder, partial(policy.folder_actions, folder))
                fresh.append(folder)
            else:
                result = _build(spec, options.out, options.rename)
                results.append(result)
                folder = result.folder
                policy.check_policies(files.folder, partial(policy.planned_actions, result.plan))
            if folder in folders:
                raise error(
                    "AG039",
                    f"{spec} and {folders[folder]} both make {folder}",
                    Where(str(spec)),
                    "set another server.name in the hints of one of them",
                )
            folders[folder] = spec
        except AdaptgenError as problem:
            problems += problem.diagnostics
    if problems:
        raise AdaptgenError(*problems)
    for folder in fresh:
        terminal.say(f"{folder} is up to date")
    if options.check:
        return max(map(_check, results), default=0)
    for result in results:
        _write(result, options.quiet)
    return 0


def _build(spec: Path, out: Path, rename: bool) -> BuildResult:
    from adaptgen.building.build import build

    result = build(spec, out=out, rename=rename, progress=terminal.progress)
    with terminal.progress(f"{spec}: rendering"):
        result.files  # noqa: B018 - rendered now, so that bad input writes nothing
    return result


def validate(spec: Path) -> None:
    """Print where a document breaks OpenAPI; it is built all the same."""
    from adaptgen import source
    from adaptgen.source.document import violations

    with terminal.progress(f"{spec}: validating"):
        found = violations(source.read(spec))
    terminal.diagnostics(found)


def _check(result: BuildResult) -> int:
    difference = lock.diff(result.folder, result.files)
    if not difference:
        terminal.say(f"{result.folder} is up to date")
        return 0
    terminal.diagnostics(result.diagnostics)
    sys.stdout.write(difference)
    stale = Diagnostic("AG052", "the output is stale", Where(str(result.folder)), f"run: adaptgen build {result.spec}")
    terminal.diagnostics([stale])
    return 1


def _write(result: BuildResult, quiet: bool) -> None:
    from adaptgen.cli.understand import report
    from adaptgen.output import write

    lock.refuse_edits(result.folder, hints=str(SpecFiles(result.spec).hints))
    files = lock.keep(result.folder, result.files)
    changes = write.write(result.folder, files)
    build_cache.record(result.folder, inputs=result.inputs, options=result.options, files=files)
    if not quiet:
        report.show(result.plan, result.spec, result.document.version)
    terminal.diagnostics(result.diagnostics)
    parts = [
        terminal.count(len(paths), f"file {word}", f"files {word}")
        for word in ("created", "changed", "removed", "unchanged")
        if (paths := getattr(changes, word))
    ]
    tools = terminal.count(len(result.plan.server.tools), "tool")
    terminal.say(terminal.paint(f"{result.folder}: {tools}; {', '.join(parts)}", "green"))


# ----------------------------------------------------------------------------------------------- which documents


def _is_document(path: Path) -> bool:
    return path.suffix in _ENDS and not path.name.startswith(".") and path.name != WORKSPACE and path.is_file()


def resolve_specs(paths: Sequence[Path]) -> list[Path]:
    """The documents that ``paths`` name, those of a workspace file in its place; without any path the workspace in
    ``specs/``, or every document there (AG001 without any)."""
    specs: list[Path] = []
    for path in paths or [FOLDER / WORKSPACE]:
        workspace = workspace_of(path.parent) if path.name == WORKSPACE else None
        specs += workspace.specs if workspace else [path] if path.name != WORKSPACE else _all()
    if not specs:
        help = "name a document: adaptgen build specs/crm.yaml"
        raise error("AG001", "no document found in this folder", Where(FOLDER.as_posix()), help)
    return specs


def _all() -> list[Path]:
    return sorted(path for path in FOLDER.glob("*") if _is_document(path))


def resolve_hinted_specs() -> list[Path]:
    """Every document in ``specs/``, and those of hints that are to be fetched for the first time, as ``.yaml`` or, if
    their source says so, ``.json``."""
    workspace = workspace_of(FOLDER)
    found = {path.stem: path for path in (workspace.specs if workspace else _all())}
    for hints in sorted(FOLDER.glob("*/hints.yaml")):
        name = hints.parent.name
        if name not in found and workspace is None:
            from adaptgen.source import read_hints

            source = read_hints(hints).source
            found[name] = FOLDER / f"{name}.{source.format or 'yaml' if source else 'yaml'}"
    return [found[name] for name in sorted(found)]
