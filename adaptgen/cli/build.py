"""``adaptgen build``: documents in, generated servers out."""

from __future__ import annotations

import argparse
import keyword
import posixpath
import re
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from adaptgen.cli import documents, overrides, policy, terminal
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.model.frozen import value
from adaptgen.model.plan import Plan
from adaptgen.model.tables import Connection
from adaptgen.output import build_cache, lock
from adaptgen.runtime.core.gc import paused

if TYPE_CHECKING:
    from adaptgen.source import Document, Hints


@value()
class BuildResult:
    """One generated server before it is written: its plan, its files with the lock, and what is said about it."""

    spec: Path
    folder: Path
    version: str
    plan: Plan
    files: dict[str, str]
    inputs: dict[str, str]
    options: dict[str, str]
    diagnostics: tuple[Diagnostic, ...]


def run(options: argparse.Namespace) -> int:
    """Build what is asked for. A build makes many objects and hardly a cycle, so no garbage is looked for."""
    with paused():
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    """All documents are generated before the first one is written, so that bad input writes nothing."""
    fresh: list[Path] = []
    made: list[BuildResult] = []
    problems: list[Diagnostic] = []
    folders: dict[Path, Path] = {}
    for spec in dict.fromkeys(documents.meant(options.specs)):
        try:
            if options.validate:
                validate(spec)
            # A check does not rely on what an earlier build recorded.
            folder = None if options.check else up_to_date(spec, options.out)
            if folder is not None:
                policy.check_beside(side_file(spec).parent, partial(policy.folder_actions, folder))
                fresh.append(folder)
            else:
                made.append(make(spec, options.out))
                folder = made[-1].folder
                policy.check_beside(side_file(spec).parent, partial(policy.planned_actions, made[-1].plan))
            if folder in folders:
                raise error(
                    "AG039",
                    f"{spec} and {folders[folder]} both make {folder}",
                    Where(str(spec)),
                    "give one of them another server.name in its hints",
                )
            folders[folder] = spec
        except AdaptgenError as problem:
            problems += problem.diagnostics
    if problems:
        raise AdaptgenError(*problems)
    for folder in fresh:
        terminal.say(f"{folder} is up to date")
    if options.check:
        return max((_check(one) for one in made), default=0)
    for one in made:
        _write(one, options.quiet)
    return 0


def side_file(spec: Path) -> Path:
    """Where the hints of a document lie. Repeated here from the source so that a fresh output needs no import of it."""
    return spec.parent / spec.stem / "hints.yaml"


def up_to_date(spec: Path, out: Path) -> Path | None:
    """The folder below ``out`` that a build of ``spec`` would leave as it is."""
    try:
        folders = sorted(path.parent for path in out.glob(f"*/{lock.NAME}"))
    except OSError:
        return None
    options = _options(spec, out)
    sides = [side_file(spec), hand_edits(spec)]
    return next(
        (one for one in folders if build_cache.is_unchanged(one, spec=spec, sides=sides, options=options)), None
    )


def make(spec: Path, out: Path) -> BuildResult:
    """Read, plan and render one document.

    Raises:
        AdaptgenError: for everything that is wrong with the document and its hints.
    """
    from adaptgen import plan, render

    with terminal.progress(f"{spec}: reading"):
        document, hints = read(spec)
    name = identifier(hints.name or spec.stem)
    with terminal.progress(f"{spec}: planning"):
        planned, found = plan.plan(document, hints, name)
        edits = reference(hand_edits(spec), out)
        server = replace(planned.server, governance=governance(spec, out), overrides=edits)
        server = replace(server, connection=connection(server.connection, spec, out))
        planned = replace(planned, server=server)
        if answers := reference(recorded(spec), out):
            planned = replace(planned, cassettes=PurePosixPath(answers).parent)
        if edits:
            planned = overrides.applied(planned, hand_edits(spec), out / name)
    with terminal.progress(f"{spec}: rendering"):
        shown = shown_path(spec, out)
        files = dict(render.render(planned, spec=shown, side=PurePosixPath(shown).with_suffix("").as_posix()))
        beside = side_file(spec).parent.name
        inputs = dict(document.inputs)
        # Hints count their inputs from their own folder, the lock from that of the document.
        inputs |= {posixpath.normpath(posixpath.join(beside, path)): digest for path, digest in hints.inputs}
        if edits:
            inputs[f"{beside}/{overrides.NAME}"] = overrides.digest(hand_edits(spec))
        options = _options(spec, out)
        files[lock.NAME] = lock.make(spec=spec.name, inputs=inputs.items(), options=options, files=files)
    diagnostics = (*document.diagnostics, *found)
    return BuildResult(spec, out / name, document.version, planned, files, inputs, options, diagnostics)


def validate(spec: Path) -> None:
    """Tell where a document breaks OpenAPI; it is built all the same."""
    from adaptgen import source
    from adaptgen.source.validity import violations

    with terminal.progress(f"{spec}: validating"):
        found = violations(source.read(spec))
    terminal.diagnostics(found)


def read(spec: Path) -> tuple[Document, Hints]:
    """A document and its hints, where there are any."""
    from adaptgen import source

    hints = side_file(spec)
    said = source.read_hints(hints) if hints.exists() or documents.inherits(spec) else source.EMPTY
    return source.read_under(spec, said), said


def _options(spec: Path, out: Path) -> dict[str, str]:
    referred = {
        "governance": governance(spec, out),
        "overrides": reference(hand_edits(spec), out),
        "cassettes": reference(recorded(spec), out),
    }
    referred["shared"] = documents.shared_digest(spec)
    return {"source": shown_path(spec, out), **{name: path for name, path in referred.items() if path}}


def governance(spec: Path, out: Path) -> str:
    """How the server refers to the governance settings beside the hints; "" where there are none."""
    own = side_file(spec).with_name("governance.yaml")
    return reference(own if own.exists() else documents.shared_governance(spec) or own, out)


def connection(said: Connection | None, spec: Path, out: Path) -> Connection | None:
    """The connection of the hints, its files as the server refers to them."""
    if said is None:
        return None

    def file(text: str) -> str:
        return text if not text or "${" in text else reference(side_file(spec).parent / text, out)

    return replace(said, ca=file(said.ca), client_cert=file(said.client_cert))


def hand_edits(spec: Path) -> Path:
    """Where the hand edits of a document's server lie."""
    return side_file(spec).with_name(overrides.NAME)


def recorded(spec: Path) -> Path:
    """Where the index of a document's cassettes lies."""
    return side_file(spec).with_name("cassettes") / "recorded.json"


def reference(side: Path, out: Path) -> str:
    """How the server refers to a side file; "" where there is none."""
    if not side.exists():
        return ""
    root, path = out.resolve().parent, side.resolve()
    # From generated/<name>/ up to the folder that holds both; a document elsewhere has no path that holds everywhere.
    return f"../../{path.relative_to(root).as_posix()}" if path.is_relative_to(root) else side.name


def shown_path(spec: Path, out: Path) -> str:
    """How generated files name the document: relative to the folder that holds ``out``, else by its name alone.

    The output must not depend on the machine or on the folder where the command runs.
    """
    root = out.resolve().parent
    path = spec.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def identifier(text: str) -> str:
    """A name for the server, its folder and its environment variables: ``Crm-API v2`` gives ``crm_api_v2``."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    if not name:
        return "api"
    return f"api_{name}" if name[0].isdigit() or keyword.iskeyword(name) else name


def _check(one: BuildResult) -> int:
    difference = lock.diff(one.folder, one.files)
    if not difference:
        terminal.say(f"{one.folder} is up to date")
        return 0
    terminal.diagnostics(one.diagnostics)
    sys.stdout.write(difference)
    stale = Diagnostic("AG052", "the output is stale", Where(str(one.folder)), f"run: adaptgen build {one.spec}")
    terminal.diagnostics([stale])
    return 1


def _write(one: BuildResult, quiet: bool) -> None:
    from adaptgen.cli import report
    from adaptgen.output import write

    lock.refuse_edits(one.folder, hints=str(side_file(one.spec)))
    files = lock.keep(one.folder, one.files)
    changes = write.write(one.folder, files)
    build_cache.record(one.folder, inputs=one.inputs, options=one.options, files=files)
    if not quiet:
        report.show(one.plan, one.spec, one.version)
    terminal.diagnostics(one.diagnostics)
    parts = [
        terminal.count(len(paths), f"file {word}", f"files {word}")
        for word in ("created", "changed", "removed", "unchanged")
        if (paths := getattr(changes, word))
    ]
    tools = terminal.count(len(one.plan.server.tools), "tool")
    terminal.say(terminal.paint(f"{one.folder}: {tools}; {', '.join(parts)}", "green"))
