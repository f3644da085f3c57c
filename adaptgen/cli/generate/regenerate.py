"""``adaptgen pull`` and ``diff``: documents from their sources, and what changes for agents."""

from __future__ import annotations

import secrets
import shlex
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from adaptgen.building.spec_files import SpecFiles
from adaptgen.cli import terminal
from adaptgen.cli.commands import Misuse, pasted
from adaptgen.cli.generate.build import resolve_hinted_specs
from adaptgen.cli.generate.change_report import (
    COMMENT_BYTES,
    SUMMARY_BYTES,
    as_github,
    as_json,
    as_markdown,
    show_changes,
)
from adaptgen.compare.model import LEVELS, worst_level
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.output.write import cannot_write
from adaptgen.readiness.remote_document import is_url
from adaptgen.text.files import suggest


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
    for path, most, append in ((options.summary, SUMMARY_BYTES, True), (options.comment, COMMENT_BYTES, False)):
        if path is not None:
            _write_report(path, as_markdown(found, most), append)
    if options.json:
        terminal.say(as_json(found))
    elif options.github:
        for line in as_github(found):
            terminal.say(line)
        # What follows holds text of documents, which the runner must not read as commands.
        token = secrets.token_hex(16)
        terminal.say(f"::stop-commands::{token}")
        show_changes(found)
        terminal.say(f"::{token}::")
    else:
        show_changes(found)
    if options.fail_on is None or not found:
        return 0
    return int(LEVELS.index(worst_level(found)) <= LEVELS.index(options.fail_on))


def _write_report(path: Path, text: str, append: bool) -> None:
    try:
        with path.open("a" if append else "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as failure:
        raise cannot_write(path, failure) from failure
