"""``adaptgen pull``: documents from their sources."""

from __future__ import annotations

import argparse
from pathlib import Path

from adaptgen.building.spec_files import SpecFiles
from adaptgen.cli import diff, documents, terminal
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error


def run(options: argparse.Namespace) -> int:
    """Every document is tried, whatever happens to the others; 1 with ``--check`` if one is another now."""
    specs = list(dict.fromkeys(options.specs)) or _with_source()
    changed = False
    problems: list[Diagnostic] = []
    for spec in specs:
        try:
            changed |= _pull(spec, options.check, problems)
        except AdaptgenError as problem:
            problems += problem.diagnostics
    if problems:
        raise AdaptgenError(*problems)
    return int(options.check and changed)


def _with_source() -> list[Path]:
    from adaptgen.source import read_hints

    found = []
    for spec in documents.resolve_hinted_specs():
        hints = SpecFiles(spec).hints
        if hints.is_file() and read_hints(hints).source is not None:
            found.append(spec)
    if not found:
        terminal.say("no hints in specs/ name a source")
    return found


def _pull(spec: Path, check: bool, problems: list[Diagnostic]) -> bool:
    from adaptgen.readiness.pull import pull

    hints = SpecFiles(spec).hints
    if not hints.is_file():
        help = f"write {hints.as_posix()} with source: {{url: https://…/openapi.json}}"
        raise error("AG056", "nothing says where the document comes from", Where(spec.as_posix()), help)
    with terminal.progress(f"{spec}: fetching"):
        found = pull(spec, hints, check=check)
    if not found.changed:
        terminal.say(f"{spec.as_posix()} is unchanged")
        return False
    word = "would change" if check else "was written"
    terminal.say(terminal.paint(f"{spec.as_posix()} {word}", "bold"))
    if found.problems:
        problems += found.problems
    else:
        diff.show(found.changes)
    return True
