"""``adaptgen inspect``: how ready an API is for agents."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from adaptgen.cli import terminal

if TYPE_CHECKING:
    from adaptgen.readiness.inspection import Finding, Report

_SHOWN = 3
"""Findings of one rule that a terminal shows."""


def run(options: argparse.Namespace) -> int:
    """Print the report; 1 where the score is under the bar."""
    from adaptgen.building.build import build
    from adaptgen.building.spec_files import SpecFiles
    from adaptgen.readiness.inspection import inspect

    result = build(options.spec, side_files=False, progress=terminal.progress)
    with terminal.progress(f"{options.spec}: inspecting"):
        governed = SpecFiles(options.spec).hints.with_name("governance.yaml").exists()
        report = inspect(result, governed=governed)
    if options.html is not None:
        from adaptgen.readiness.inspection.page import page

        options.html.parent.mkdir(parents=True, exist_ok=True)
        options.html.write_text(page(report), encoding="utf-8")
    if options.json:
        terminal.say(json.dumps(report.to_json(), indent=2, ensure_ascii=False))
    else:
        _show(report, options)
    if options.fail_under is not None and report.score < options.fail_under:
        if not options.json:
            terminal.say(terminal.paint(f"the score is under {options.fail_under}", "red"))
        return 1
    return 0


def _show(report: Report, options: argparse.Namespace) -> None:
    terminal.say(terminal.clean(f"{report.title} ({report.document}, {report.version})"))
    terminal.say(f"{report.operations:,} operations, {report.tools:,} tools; {report.score} of 100")
    terminal.say()
    for part in report.parts:
        terminal.say(f"  {part.points:5.1f} of {part.of:2}  {part.name:20} {part.because}")
    if report.estimates:
        terminal.say()
        terminal.say("  one tool per endpoint, and the generated server (answers are estimated from their schemas)")
        for one in report.estimates:
            terminal.say(f"  {one.before:>12,} {one.after:>8,} {one.unit:5}  {one.what}")
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.findings:
        groups.setdefault((finding.severity, finding.rule), []).append(finding)
    for (severity, rule), findings in groups.items():
        terminal.say()
        colour = {"high": "red", "medium": "yellow"}.get(severity, "dim")
        terminal.say(terminal.paint(f"{severity}: {rule} ({len(findings)})", colour))
        for found in findings[:_SHOWN]:
            terminal.say(f"  {terminal.clean(f'{found.subject}: {found.message}')}")
            if found.because:
                terminal.say(f"      evidence: {terminal.clean(found.because)}")
            if found.where:
                terminal.say(f"      at {found.where}")
            if found.fix:
                terminal.say(f"      fix: {terminal.clean(found.fix)}")
        if len(findings) > _SHOWN:
            terminal.say(f"  … and {len(findings) - _SHOWN} more; --json has all")
    if options.html is not None:
        terminal.say()
        terminal.say(f"the page is in {options.html}")
