"""``adaptgen pull``, ``diff`` and ``ci``: documents from their sources, what changes for agents, and when."""

from __future__ import annotations

import json
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Literal, TypeAlias

from adaptgen.building.spec_files import SpecFiles
from adaptgen.cli import terminal
from adaptgen.cli.commands import Misuse, pasted
from adaptgen.cli.generate.build import resolve_hinted_specs
from adaptgen.compare.model import LEVELS, Change, worst_level
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.output.write import cannot_write
from adaptgen.readiness.remote_document import is_url
from adaptgen.text.files import suggest

Platform: TypeAlias = Literal["github", "gitlab"]
_PATHS: dict[Platform, str] = {"github": ".github/workflows/adaptgen.yaml", "gitlab": ".gitlab-ci.yml"}
"""Where each platform looks for it."""

_COMMANDS = {"breaking": "error", "review": "warning", "additive": "notice"}
# GitHub shows ten annotations of a kind and step; the rest would be dropped without a word.
_MOST_ANNOTATIONS = 10
_COLOURS = {"breaking": "error", "review": "warning", "additive": "green", "unchanged": "dim"}
_TITLES = {
    "breaking": "breaking: calls that agents make today fail, or answer otherwise",
    "review": "review: a person must look at this",
    "additive": "additive: agents can do more than before",
    "unchanged": "unchanged for agents",
}


def run_pull(options: SimpleNamespace) -> int:
    """Every document is tried, whatever happens to the others; 1 with ``--check`` if one is another now."""
    specs: list[str | Path] = list(dict.fromkeys(options.specs)) or [*_with_source()]
    if options.out is not None and (len(specs) != 1 or not is_url(str(specs[0]))):
        raise Misuse("--out is for the document of one URL", "a SPEC is written where it is")
    changed = False
    problems: list[Diagnostic] = []
    for spec in specs:
        try:
            if "://" in str(spec) and not is_url(str(spec)):
                scheme, _, rest = str(spec).partition("://")
                help = f"adaptgen pull {pasted(f'https://{rest}')}"
                raise error("AG056", f"only https is fetched, not {scheme!r}", None, help)
            if is_url(str(spec)):
                changed |= _begin(str(spec), options.out, options.check, problems)
            else:
                changed |= _pull(Path(spec), options.check, problems)
        except AdaptgenError as problem:
            problems += problem.diagnostics
    if problems:
        raise AdaptgenError(*problems)
    return int(options.check and changed)


def _with_source() -> list[Path]:
    from adaptgen.source import read_hints

    found = []
    for spec in resolve_hinted_specs():
        hints = SpecFiles(spec).hints
        if hints.is_file() and read_hints(hints).source is not None:
            found.append(spec)
    if not found:
        terminal.say("no hints in specs/ name a source")
    return found


def _begin(url: str, out: Path | None, check: bool, problems: list[Diagnostic]) -> bool:
    """The document of a URL as a new one; one that came from there is pulled as ever."""
    from adaptgen.readiness.drafting import with_schema
    from adaptgen.readiness.remote_document import fetch_document
    from adaptgen.source import read_hints
    from adaptgen.source.hints.table import schema_text
    from adaptgen.syntax.templates import escape

    with terminal.progress("fetching"):
        remote = fetch_document(url)
    spec = out or Path("specs") / f"{remote.name}{remote.suffix}"
    hints = SpecFiles(spec).hints
    for path in (spec, hints):
        if path.exists():
            source = read_hints(hints).source if hints.is_file() else None
            if source is not None and source.url == escape(url):
                return _pull(spec, check, problems)
            help = f"write it to another file: adaptgen pull {pasted(url)} -o specs/NAME{remote.suffix}"
            raise error("AG051", "it is there already, and does not say that it comes from this URL",
                        Where(path.as_posix()), help)  # fmt: skip
    if check:
        terminal.say(terminal.paint(f"{spec.as_posix()} would be written", "bold"))
        return True
    try:
        drafted = with_schema(remote.hints, "hints", schema_text(), hints, spec.parent)
        replace(remote, hints=drafted).write(spec)
    except OSError as failure:
        raise cannot_write(spec, failure) from failure
    terminal.say(terminal.paint(f"{spec.as_posix()} and {hints.as_posix()} were written", "bold"))
    if "source:" not in remote.hints:
        terminal.say("the hints name no source: the query or the user of the URL may be a credential")
    terminal.say(f"next: adaptgen build {shlex.quote(spec.as_posix())}")
    return True


def _pull(spec: Path, check: bool, problems: list[Diagnostic]) -> bool:
    from adaptgen.readiness.pull import pull

    hints = SpecFiles(spec).hints
    if not hints.is_file():
        help = f"adaptgen pull URL begins; or write {hints.as_posix()} with source: {{url: https://…/openapi.json}}"
        near = suggest(spec)
        if not spec.exists() and ("https://" in near or near.startswith("did you mean")):
            help = near
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
        show_changes(found.changes)
    return True


# ----------------------------------------------------------------------------------------------------------------- diff


def run_diff(options: SimpleNamespace) -> int:
    """Prints the changes; 1 if one is as bad as ``--fail-on``."""
    from adaptgen.compare.inputs import find_changes

    found = find_changes(options.old, options.new)
    if options.json:
        terminal.say(as_json(found))
    else:
        for line in as_github(found) if options.github else ():
            terminal.say(line)
        show_changes(found)
    if options.fail_on is None or not found:
        return 0
    return int(LEVELS.index(worst_level(found)) <= LEVELS.index(options.fail_on))


def show_changes(changes: Sequence[Change]) -> None:
    """The changes as text, the worst first, each with its place and what the hints may say about it."""
    if not changes:
        terminal.say("nothing changed for agents")
        return
    several = len({one.server for one in changes}) > 1
    for level in LEVELS:
        some = [one for one in changes if one.level == level]
        if some:
            terminal.say(terminal.paint(_TITLES[level], _COLOURS[level]))
        for one in some:
            subject = f"{one.server}/{one.subject}" if several and one.subject != one.server else one.subject
            terminal.say(f"  {terminal.clean(f'{subject}: {one.text}')}")
            if place := " ".join(filter(None, (str(one.where or ""), one.pointer))):
                terminal.say(terminal.paint(f"      {terminal.clean(place)}", "dim"))
            if one.hint:
                terminal.say(f"      hint: {terminal.clean(one.hint)}")
    terminal.say(", ".join(f"{number} {level}" for level, number in counts(changes).items() if number))


def as_json(changes: Sequence[Change]) -> str:
    """One object: ``level`` (the worst), ``counts``, ``changes``."""
    rows = []
    for one in changes:
        row: dict[str, object] = {"level": one.level, "server": one.server, "subject": one.subject, "kind": one.kind}
        row["text"] = one.text
        if one.where is not None:
            row |= {"file": one.where.file, "line": one.where.line, "column": one.where.column}
        row |= {key: value for key, value in (("pointer", one.pointer), ("hint", one.hint)) if value}
        rows.append(row)
    return json.dumps({"level": worst_level(tuple(changes)), "counts": counts(changes), "changes": rows}, indent=2)


def counts(changes: Sequence[Change]) -> dict[str, int]:
    """Level -> number of changes."""
    found = Counter(one.level for one in changes)
    return {level: found[level] for level in LEVELS}


def as_github(changes: Sequence[Change]) -> list[str]:
    """Workflow commands, one a line, for what changes something for agents.

    A breaking change is an error, one to review a warning, an additive one a notice.
    """
    lines: list[str] = []
    for level, command in _COMMANDS.items():
        some = [one for one in changes if one.level == level]
        for one in some[:_MOST_ANNOTATIONS]:
            properties = {"title": f"adaptgen: {level} for agents"}
            if one.where is not None:
                properties = {"file": one.where.file, "line": str(max(one.where.line, 1)), **properties}
            hint = f"\nhint: {one.hint}" if one.hint else ""
            about = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
            lines.append(f"::{command} {about}::{_data(f'{one.subject}: {one.text}{hint}')}")
        if len(some) > _MOST_ANNOTATIONS:
            lines.append(
                f"::{command} title=adaptgen::{len(some) - _MOST_ANNOTATIONS} more {level} changes are in the log"
            )
    return lines


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# ------------------------------------------------------------------------------------------------------------------- ci


def run_ci(options: SimpleNamespace) -> int:
    """Prints the workflow, or writes it where the platform looks for it."""
    from adaptgen.cli.generate.install_source import install_lines

    text = workflow(options.platform, options.install or install_lines())
    if options.out is None:
        sys.stdout.write(text)
        return 0
    path = Path(_PATHS[options.platform]) if options.out == "" else Path(options.out)
    if path.exists() and path.read_text("utf-8", "replace") != text:
        help = "compare it with what `adaptgen ci` prints, or delete it first"
        raise error("AG051", "there is another workflow already, which may be yours", Where(path.as_posix()), help)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as failure:
        raise cannot_write(path, failure) from failure
    terminal.say(f"{path.as_posix()} written")
    return 0


def workflow(platform: Platform, install: str) -> str:
    """The text of the pipeline. ``install``: shell lines that make ``adaptgen`` and ``python -m pytest`` available."""
    from adaptgen.render.safe import templates

    text = (templates() / f"ci_{platform}.yaml").read_text("utf-8")
    lines: list[str] = []
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        lines += [f"{indent}{one}" for one in install.splitlines()] if line.strip() == "@INSTALL@" else [line]
    return "\n".join(lines) + "\n"
