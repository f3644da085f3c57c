"""``adaptgen eval --against``: another server for the same cases."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adaptgen.cli import tabular, terminal
from adaptgen.diagnostics import Where, error
from adaptgen.evals.model import Check
from adaptgen.evals.reports.comparison import Comparison, figures
from adaptgen.evals.reports.summary import percent

_MOST = 40


@contextmanager
def other_server(named: str, folder: Path, side: Path | None) -> Iterator[Path]:
    """The generated folder that ``named`` means: a folder, or ``folder`` in a git revision with its side files
    (``side``). Where the revision holds no generated folder, it is built from the document there.

    Raises:
        AdaptgenError: AG055, no folder or revision has this name.
    """
    from adaptgen.compare import revisions

    if Path(named).is_dir():
        yield Path(named)
        return
    if not revisions.is_revision(named):
        help = "name a folder that adaptgen build wrote, or a revision such as HEAD~1 or main"
        raise error("AG055", "no folder or revision has this name", Where(named), help)
    at_root = revisions.path_at_root(folder)
    beside = revisions.path_at_root(side) if side is not None else ""
    with tempfile.TemporaryDirectory(prefix="adaptgen-") as temporary:
        root = Path(temporary)
        for path in (at_root, beside):
            if path and revisions.kind(f"{named}:{path}") == "tree":
                revisions.extract(f"{named}:{path}", root / path)
        target = root / at_root
        if not (target / "server.py").is_file():
            _build(named, beside, root, target)
        yield target


def _build(revision: str, beside: str, root: Path, target: Path) -> None:
    from adaptgen.building.build import build
    from adaptgen.compare import revisions
    from adaptgen.output.write import write

    for end in ("yaml", "yml", "json"):
        name = f"{revision}:{beside}.{end}"
        if beside and revisions.kind(name) == "blob":
            tree, _ = revisions.parent(name)
            spec = root / f"{beside}.{end}"
            revisions.extract(tree, spec.parent)
            write(target, build(spec, out=target.parent).files)
            return
    help = "name a revision that has the generated folder, or the document that it is built from"
    raise error("AG055", f"the revision {revision} does not have this server", Where(target.name), help)


def show_comparison(comparison: Comparison) -> None:
    """What differs, in the terminal."""
    before, after = percent(comparison.before.share), percent(comparison.after.share)
    terminal.say()
    title = f"against {terminal.clean(comparison.against)}: {before} % of checks passed there, {after} % here"
    terminal.say(terminal.paint(title, "bold"))
    rows = [
        (new.layer, f"{old.passed:,}", f"{new.passed:,}", f"{old.failed + old.stale:,}", f"{new.failed + new.stale:,}")
        for old, new in comparison.layers
    ]
    tabular.columns(("layer", "passed there", "here", "failed there", "here"), rows)
    totals = figures(*comparison.totals)
    if totals:
        terminal.say()
        tabular.columns(("figure", "there", "here"), totals)
    _show_checks("newly failing", comparison.failing, "error")
    _show_checks("newly passing", comparison.passing, "green")
    _show_checks("no longer run", comparison.unchecked, "warning")
    changed = [(one, figures(one.score_before, one.score_after)) for one in comparison.cases]
    rows_of_cases = [(one.case.id, *row) for one, found in changed for row in found]
    if rows_of_cases:
        terminal.say()
        tabular.columns(("case", "figure", "there", "here"), rows_of_cases[:_MOST])


def _show_checks(title: str, checks: tuple[Check, ...], colour: str) -> None:
    if not checks:
        return
    terminal.say()
    terminal.say(terminal.paint(f"{title} ({len(checks):,})", colour))
    for one in checks[:_MOST]:
        message = f": {terminal.clean(one.message)}" if one.message else ""
        terminal.say(f"  {one.layer} {terminal.clean(one.subject)}: {terminal.clean(one.name)}{message}")
    if len(checks) > _MOST:
        terminal.say(f"  … and {len(checks) - _MOST:,} more; --json has all")
