"""``adaptgen inspect``, ``init`` and ``doctor``: how ready an API is, before and after a server is generated."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, date, datetime
from pathlib import Path
from shlex import quote
from types import SimpleNamespace
from typing import TYPE_CHECKING

from adaptgen.building.spec_files import SpecFiles
from adaptgen.cli import terminal

if TYPE_CHECKING:
    from adaptgen.building.result import BuildResult
    from adaptgen.readiness.doctor import Check
    from adaptgen.readiness.inspection import Finding, Report

_SHOWN = 3
"""Findings of one rule that a terminal shows."""
_MARKS = {True: ("ok", "green"), False: ("wrong", "error"), None: ("note", "warning")}


def run_inspect(options: SimpleNamespace) -> int:
    """Print the report; 1 where the score is under the bar."""
    from adaptgen.building.build import build
    from adaptgen.compare.revisions import last_changed
    from adaptgen.readiness.inspection import inspect
    from adaptgen.readiness.remote_document import is_url

    if is_url(options.spec):
        from adaptgen.readiness.document_server import cached_document

        with terminal.progress("fetching"):
            spec = cached_document(options.spec)
    else:
        spec = Path(options.spec)
    result = build(spec, side_files=False, locked=True, progress=terminal.progress)
    with terminal.progress(f"{spec}: inspecting"):
        governed = SpecFiles(spec).hints.with_name("governance.yaml").exists()
        report = inspect(result, governed=governed, dated=last_changed(spec))
    if options.html is not None:
        from adaptgen.output.write import cannot_write, write_file
        from adaptgen.readiness.inspection.page import page

        try:
            write_file(options.html, page(report, _today()).encode())
        except OSError as failure:
            raise cannot_write(options.html, failure) from failure
    if options.json:
        terminal.say_json(report.to_json())
    else:
        _show_report(report, options)
    if options.fail_under is not None and report.score < options.fail_under:
        if not options.json:
            terminal.say(terminal.paint(f"the score is under {options.fail_under}", "error"))
        return 1
    if not options.json:
        # Of a URL there is nothing to edit yet; it is served as it is.
        word = "serve" if is_url(options.spec) else "build" if SpecFiles(spec).hints.exists() else "init"
        terminal.next_steps([f"adaptgen {word} {quote(str(options.spec))}"], options.quiet)
    return 0


def _today() -> date:
    """The day of the report; SOURCE_DATE_EPOCH sets it where pages are to be reproducible."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return (datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)).date()


def _show_report(report: Report, options: SimpleNamespace) -> None:
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
        colour = {"high": "error", "medium": "warning"}.get(severity, "dim")
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


# ----------------------------------------------------------------------------------------------------------------- init


def run_init(options: SimpleNamespace) -> int:
    """Write the drafts; a file that is there is left alone."""
    from adaptgen.building.build import build
    from adaptgen.evals import FOLDER
    from adaptgen.evals import drafting as drafting_cases
    from adaptgen.evals.cases import schema_text as cases_schema
    from adaptgen.govern.settings import table as settings_table
    from adaptgen.output.write import write_file
    from adaptgen.readiness import drafting
    from adaptgen.readiness.drafting.settings import NAME
    from adaptgen.readiness.inspection import inspect
    from adaptgen.source.hints import table as hints_table

    spec, hints_file = options.spec, SpecFiles(options.spec).hints
    result = build(spec, side_files=False, locked=True, progress=terminal.progress)
    document, planned = result.document, result.plan
    with terminal.progress(f"{spec}: looking for what is not clear"):
        learned = _learn_offline(options.traffic, result) if options.traffic is not None else {}
        report = inspect(result)
        text = drafting.hints_draft(document, planned, report.findings, learned, spec.name)
    settings = hints_file.with_name("governance.yaml")
    schema = hints_table.schema_text()
    drafts = {hints_file: drafting.with_schema(text, "hints", schema, hints_file, spec.parent)}
    if not settings.exists():
        draft = hints_file.with_name(NAME)
        schema, text = settings_table.schema_text(), drafting.settings_draft(planned)
        drafts[draft] = drafting.with_schema(text, "governance", schema, draft, spec.parent)
    evals = hints_file.with_name(FOLDER)
    if not evals.exists() and (cases := drafting_cases.draft_cases(planned)):
        drafts[evals / drafting_cases.NAME] = drafting.with_schema(
            cases, "evals", cases_schema(), evals / drafting_cases.NAME, spec.parent
        )
    for path, content in drafts.items():
        if path.exists():
            terminal.say(f"{path} is there already and was left alone")
            if path == hints_file:
                again = hints_file.with_name("hints.draft.yaml")
                write_file(again, content.encode())
                terminal.say(f"{again}: the draft, to compare with")
            continue
        write_file(path, content.encode())
        if path.parent == evals:
            many = content.count("    draft: true")
            terminal.say(f"{path}: {terminal.count(many, 'case')}, each a draft")
            continue
        counts = sum(not line.startswith("#") for line in content.splitlines() if line)
        lines = terminal.count(content.count("\n"), "line")
        terminal.say(f"{path}: {lines}, all of them comments but {'one' if counts == 1 else counts}")
    if options.traffic is not None:
        terminal.say(f"learned something of {terminal.count(len(learned), 'tool')}")
    steps = [f"adaptgen build {quote(str(spec))}"]
    if not settings.exists():
        steps.append(f"adaptgen govern init {quote(str(spec))}")
    terminal.next_steps(steps, options.quiet)
    return 0


def _learn_offline(traffic: Path, result: BuildResult) -> dict[str, list[tuple[str, str]]]:
    """What recorded answers show, as lines of a draft: the experiments of ``adaptgen learn --offline``."""
    from adaptgen.learning.model import Notebook
    from adaptgen.learning.replay import ReplayProbe
    from adaptgen.learning.report import draft_lines
    from adaptgen.learning.run import run_experiments
    from adaptgen.readiness.drafting import read_traffic

    notebook = Notebook()
    asyncio.run(run_experiments(result, ReplayProbe(result, read_traffic(traffic)), notebook))
    return draft_lines(result, notebook)


# --------------------------------------------------------------------------------------------------------------- doctor


def run_doctor(options: SimpleNamespace) -> int:
    """Print each check as it is made; 1 where one of them fails."""
    from adaptgen.readiness.doctor import examine
    from adaptgen.transports.load import find_tool, load_server

    server = load_server(options.folder)
    if options.tool:
        find_tool(server, options.tool)
    said = _say_nothing if options.json else _show_check
    found = asyncio.run(examine(server, os.environ, tool=options.tool, said=said))
    return _conclude(found, options, server.name, f"{server.name} can be called")


def run_login_doctor(options: SimpleNamespace) -> int:
    """The same for the login of governance settings."""
    from adaptgen.govern.settings.load import read
    from adaptgen.readiness.login import examine_login

    settings = read(options.governance)
    said = _say_nothing if options.json else _show_check
    found = asyncio.run(examine_login(settings, os.environ, said))
    return _conclude(found, options, str(options.governance), "no problem found with logging in")


def _conclude(found: list[Check], options: SimpleNamespace, name: str, well: str) -> int:
    wrong = sum(one.ok is False for one in found)
    if options.json:
        checks = [{"name": one.name, "ok": one.ok, "text": one.text, "fix": one.fix} for one in found]
        terminal.say_json({"server": name, "ok": not wrong, "checks": checks})
        return 1 if wrong else 0
    terminal.say()
    terminal.say(f"{name}: {terminal.count(wrong, 'check')} failed" if wrong else well)
    return 1 if wrong else 0


def _say_nothing(check: Check) -> None:
    """Nothing is shown before all checks are made."""


def _show_check(check: Check) -> None:
    mark, colour = _MARKS[check.ok]
    terminal.say(f"{terminal.paint(f'{mark:6}', colour)} {check.name:12} {terminal.clean(check.text)}")
    if check.fix:
        terminal.say(f"{'':6} {'':12} {terminal.clean(check.fix)}")
