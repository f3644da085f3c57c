"""The result of ``adaptgen eval`` in the terminal."""

from __future__ import annotations

from adaptgen.cli import tabular, terminal
from adaptgen.evals.model import Check, EvalResult
from adaptgen.evals.reports.summary import Confusion, Totals, percent, summarize

_MOST = 60
"""Findings that are shown."""
_REASONS = 12
"""Reasons why checks did not run that are shown."""
_COLOURS = {"failed": "error", "stale": "warning", "not run": "dim", "passed": "green"}


def show_evaluation(result: EvalResult) -> None:
    """The layers, the cases that did not pass with the reasons, and what a model did."""
    summary = summarize(result)
    terminal.say(
        terminal.paint(f"{terminal.clean(result.server)}: {percent(result.share)} % of checks passed", "bold")
        + f" ({terminal.count(len(result.cases), 'case')}, {terminal.count(len(result.checks), 'check')})"
    )
    terminal.say()
    rows = [
        (one.layer, f"{one.passed:,}", f"{one.failed:,}", f"{one.stale:,}", f"{one.not_run:,}")
        for one in summary.layers
    ]
    tabular.columns(("layer", "passed", "failed", "stale", "not run"), rows)
    _show_totals(summary.totals)
    _show_confusion(summary.confusion)
    _show_open([one for one in result.checks if one.state != "passed"])


def _show_totals(totals: Totals) -> None:
    shares = (("precision", totals.precision), ("recall", totals.recall), ("arguments", totals.arguments))
    said = [f"{name} {percent(share)} %" for name, share in shares if share is not None]
    said += [f"pass^{k} {percent(share)} %" for k, share in totals.pass_k]
    if totals.turns is not None:
        said.append(f"{totals.turns:.1f} turns a case")
    if totals.bytes is not None:
        said.append(terminal.count(totals.bytes, "byte"))
    if totals.tokens is not None:
        said.append(terminal.count(totals.tokens, "token"))
    if totals.cost is not None:
        said.append(f"cost {totals.cost:.4f}")
    if said:
        terminal.say()
        terminal.say(", ".join(said))


def _show_confusion(matrix: Confusion) -> None:
    """Only what was mistaken: the JSON report and the page have the whole matrix."""
    rows = [
        (expected or "no tool", called or "no tool", f"{count:,}")
        for expected, counts in zip(matrix.expected, matrix.counts, strict=True)
        for called, count in zip(matrix.called, counts, strict=True)
        if count and called != expected
    ]
    if rows:
        terminal.say()
        tabular.columns(("expected", "called", "times"), rows)


def _show_open(checks: list[Check]) -> None:
    """What failed or is stale with its place and what to do; what did not run, by its reason."""
    wrong = [one for one in checks if one.state != "not run"]
    if checks:
        terminal.say()
    for one in wrong[:_MOST]:
        mark = terminal.paint(one.state, _COLOURS[one.state])
        terminal.say(f"{mark}  {one.layer} {terminal.clean(one.subject)}: {terminal.clean(one.name)}")
        if one.message:
            terminal.say(f"      {terminal.clean(one.message)}")
        if one.where is not None:
            terminal.say(f"      at {terminal.clean(str(one.where))}")
        if one.help:
            terminal.say(f"      fix: {terminal.clean(one.help)}")
    if len(wrong) > _MOST:
        terminal.say(f"… and {len(wrong) - _MOST:,} more; --json has all")
    reasons: dict[tuple[str, str], list[Check]] = {}
    for one in checks:
        if one.state == "not run":
            reasons.setdefault((one.message, one.help), []).append(one)
    by_count = sorted(reasons.items(), key=lambda row: (-len(row[1]), row[0]))
    for (message, help), these in by_count[:_REASONS]:
        names = ", ".join(dict.fromkeys(one.subject for one in these))
        shown = names if len(names) <= 60 else f"{names[:60].rpartition(',')[0]}, …"
        fix = f"; {help}" if help else ""
        mark = terminal.paint("not run", _COLOURS["not run"])
        terminal.say(f"{mark}  " + terminal.clean(f"{len(these)} × {message}{fix} ({shown})"))
    if len(by_count) > _REASONS:
        rest = sum(len(these) for _, these in by_count[_REASONS:])
        terminal.say(f"… and {rest:,} more; --json has all")
