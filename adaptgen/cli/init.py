"""``adaptgen init``: drafts of the side files that are missing."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from adaptgen.cli import terminal

if TYPE_CHECKING:
    from adaptgen.readiness.drafting import Learned


def run(options: argparse.Namespace) -> int:
    """Write the drafts; a file that is there is left alone."""
    from adaptgen.building.build import build
    from adaptgen.building.spec_files import SpecFiles
    from adaptgen.readiness import drafting
    from adaptgen.readiness.drafting.settings import NAME
    from adaptgen.readiness.inspection import inspect

    spec, hints_file = options.spec, SpecFiles(options.spec).hints
    result = build(spec, side_files=False, progress=terminal.progress)
    document, planned = result.document, result.plan
    with terminal.progress(f"{spec}: looking for what is not clear"):
        learned: dict[str, Learned] = {}
        if options.traffic is not None:
            learned = drafting.learn(document, planned.server.tools, drafting.read_traffic(options.traffic))
        report = inspect(result)
        text = drafting.hints_draft(document, planned, report.findings, learned, spec.name)
    settings = hints_file.with_name("governance.yaml")
    drafts = {hints_file: text}
    if not settings.exists():
        drafts[hints_file.with_name(NAME)] = drafting.settings_draft(planned)
    for path, content in drafts.items():
        if path.exists():
            terminal.say(f"{path} is there already and was left alone")
            if path == hints_file:
                again = hints_file.with_name("hints.draft.yaml")
                _write(again, content)
                terminal.say(f"{again}: the draft, to compare with")
            continue
        _write(path, content)
        terminal.say(f"{path}: {terminal.count(content.count(chr(10)), 'line')}, all of them comments but one")
    if options.traffic is not None:
        records = sum(one.records for one in learned.values())
        terminal.say(f"learned from {records} records of {terminal.count(len(learned), 'tool')}")
    return 0


def _write(path: Path, text: str) -> None:
    """All of it or nothing: a draft that was cut off would look like one that says less."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.new")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
