"""``adaptgen build``: documents in, generated servers out."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shlex import quote
from types import SimpleNamespace
from typing import TYPE_CHECKING

from adaptgen.building.spec_files import WORKSPACE, SpecFiles, workspace_of
from adaptgen.cli import terminal
from adaptgen.cli.govern import policy
from adaptgen.collector import gc_paused
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.output import lock

if TYPE_CHECKING:
    from adaptgen.building.result import BuildResult
    from adaptgen.model.tables import Json
    from adaptgen.output.write import Changes

FOLDER = Path("specs")
_ENDS = (".yaml", ".yml", ".json")
_CHANGES = ("created", "changed", "removed", "unchanged")


def run(options: SimpleNamespace) -> int:
    """Build what is asked for. A build makes many objects and hardly a cycle, so no garbage is looked for."""
    with gc_paused():
        return _run(options)


def _run(options: SimpleNamespace) -> int:
    fresh, results, noticed = _generate(options)
    if not options.json:
        terminal.diagnostics(noticed)
        for folder in fresh:
            terminal.say(f"{folder} is up to date")
    outcomes = []
    for result in results:
        outcomes.append(_checked(result) if options.check else _written(result))
        if not options.json:
            _show(outcomes[-1], options)
    if options.json:
        found = [*noticed, *(one for outcome in outcomes for one in outcome.diagnostics)]
        servers = [one.to_json() for one in outcomes]
        terminal.say_json({"servers": servers, "diagnostics": terminal.diagnostics_json(found)})
    elif new := next((one for one in outcomes if one.changes), None):
        unset = [one.name for one in new.result.plan.variables if one.required and not os.environ.get(one.name)]
        terminal.next_steps(next_commands(new.result), options.quiet, unset)
    return int(any(one.stale for one in outcomes))


def _generate(options: SimpleNamespace) -> tuple[list[Path], list[BuildResult], list[Diagnostic]]:
    """The folders that are up to date, the builds of the others, what there is to say of policies, and where documents
    break OpenAPI if that was asked.

    All documents are generated before the first one is written, so that bad input writes nothing.
    """
    fresh: list[Path] = []
    results: list[BuildResult] = []
    problems: list[Diagnostic] = []
    noticed: list[Diagnostic] = []
    # A check does not rely on what an earlier build recorded, and that says nothing of what was inferred.
    anew = options.check or options.rename or options.verbose or options.json
    folders: dict[Path, Path] = {}
    for spec in dict.fromkeys(resolve_specs(options.specs)):
        try:
            files = SpecFiles(spec)
            if options.validate:
                noticed += _violations(spec)
            folder = None if anew else files.up_to_date(options.out)
            if folder is not None:
                noticed += policy.check_policies(files.folder, partial(policy.folder_actions, folder))
                fresh.append(folder)
            else:
                result = _build(spec, options.out, options.rename)
                results.append(result)
                folder = result.folder
                noticed += policy.check_policies(files.folder, partial(policy.planned_actions, result.plan))
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
        raise AdaptgenError(*noticed, *problems)
    return fresh, results, noticed


def next_commands(result: BuildResult) -> list[str]:
    """What to do with a server that was built: commands that work as they are, once its variables are set."""
    folder = quote(str(result.folder))
    return [
        f"adaptgen tools {folder}",
        f"adaptgen doctor {folder}",
        f"adaptgen serve {folder}",
        f"adaptgen install {folder} --client claude-code --dry-run",
    ]


def _build(spec: Path, out: Path, rename: bool) -> BuildResult:
    from adaptgen.building.build import build

    result = build(spec, out=out, rename=rename, progress=terminal.progress)
    with terminal.progress(f"{spec}: rendering"):
        result.files  # noqa: B018 - rendered now, so that bad input writes nothing
    return result


def _violations(spec: Path) -> list[Diagnostic]:
    """Where a document breaks OpenAPI; it is built all the same."""
    from adaptgen import source
    from adaptgen.source.document import violations

    with terminal.progress(f"{spec}: validating"):
        return list(violations(source.read(spec)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """A build that was written, or compared with what is there: ``stale``, how the two differ."""

    result: BuildResult
    changes: Changes | None = None
    stale: str = ""

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Those of the build, and that its output is stale."""
        if not self.stale:
            return self.result.diagnostics
        help = f"run: adaptgen build {self.result.spec}"
        return *self.result.diagnostics, Diagnostic(
            "AG052", "the output is stale", Where(str(self.result.folder)), help
        )

    def to_json(self) -> dict[str, Json]:
        """docs/commands.md describes it."""
        plan, changes = self.result.plan, self.changes
        files = {word: list(getattr(changes, word)) for word in _CHANGES} if changes is not None else None
        return {
            "name": plan.server.name,
            "spec": str(self.result.spec),
            "folder": str(self.result.folder),
            "state": "stale" if self.stale else "written" if changes else "up_to_date",
            "operations": plan.operations,
            "tools": [tool.name for tool in plan.server.tools],
            "left_out": [{"operation": one.operation, "why": one.why, "reason": one.reason} for one in plan.left_out],
            "variables": [
                {"name": one.name, "required": one.required, "secret": one.secret, "purpose": one.purpose}
                for one in plan.variables
            ],
            "files": files,
            "diff": self.stale or None,
        }


def _checked(result: BuildResult) -> Outcome:
    return Outcome(result, stale=lock.diff(result.folder, result.files))


def _written(result: BuildResult) -> Outcome:
    lock.refuse_edits(result.folder, hints=str(SpecFiles(result.spec).hints))
    return Outcome(result, result.write())


def _show(outcome: Outcome, options: SimpleNamespace) -> None:
    result, changes = outcome.result, outcome.changes
    if options.verbose or (changes is not None and not options.quiet):
        from adaptgen.cli.understand import report

        report.show(result.plan, result.spec, result.document.version)
    if changes is None and not outcome.stale:
        terminal.say(f"{result.folder} is up to date")
        return
    if changes is None:
        *found, stale = outcome.diagnostics
        terminal.diagnostics(found)
        sys.stdout.write(outcome.stale)
        terminal.diagnostics([stale])
        return
    terminal.diagnostics(result.diagnostics)
    parts = [
        terminal.count(len(paths), f"file {word}", f"files {word}")
        for word in _CHANGES
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
        message = "no document found in this folder" if FOLDER.is_dir() else "there is no such folder here"
        help = "put an OpenAPI document there, name one (adaptgen build FILE), or fetch one: adaptgen pull URL"
        raise error("AG001", message, Where(FOLDER.as_posix()), help)
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
