"""The result as one JSON object. Its keys are stable: what is added later has a new name (docs/evals.md lists them)."""

from __future__ import annotations

from typing import Any

from adaptgen.evals.model import CaseScore, Check, EvalResult
from adaptgen.evals.reports.summary import CaseRow, Totals, summarize
from adaptgen.model.tables import Json

FORMAT = 1
"""Raised when a key changes its meaning or goes."""


def to_json(result: EvalResult) -> dict[str, Json]:
    """The report of ``result``."""
    summary = summarize(result)
    return {
        "format": FORMAT,
        "server": result.server,
        "surface": result.surface,
        "share": round(result.share, 6),
        "layers": {
            one.layer: {"passed": one.passed, "failed": one.failed, "stale": one.stale, "not_run": one.not_run}
            for one in summary.layers
        },
        "totals": totals_to_json(summary.totals),
        "cases": [_case(row) for row in summary.cases],
        "checks": [check_to_json(one) for one in result.checks],
        "confusion": [
            {"expected": row or None, "called": column or None, "count": count}
            for row, counts in zip(summary.confusion.expected, summary.confusion.counts, strict=True)
            for column, count in zip(summary.confusion.called, counts, strict=True)
            if count
        ],
    }


def totals_to_json(totals: Totals) -> dict[str, Json]:
    """Means and sums."""
    return {
        "precision": totals.precision,
        "recall": totals.recall,
        "arguments": totals.arguments,
        "turns": totals.turns,
        "bytes": totals.bytes,
        "tokens": totals.tokens,
        "cost": totals.cost,
        "pass_k": {str(k): round(share, 6) for k, share in totals.pass_k},
    }


def _case(row: CaseRow) -> dict[str, Any]:
    case = row.case
    return {
        "id": case.id,
        "question": case.question,
        "caller": {"sub": case.caller.sub, "tenant": case.caller.tenant or None, "groups": list(case.caller.groups)},
        "state": row.state,
        "layers": dict(row.layers),
        "scores": score_to_json(row.score),
        "file": case.where.file if case.where else None,
        "line": (case.where.line or None) if case.where else None,
    }


def score_to_json(score: CaseScore | None) -> dict[str, Json] | None:
    """The figures of a case."""
    if score is None:
        return None
    passed, runs = score.trials or (None, None)
    return {
        "precision": score.precision,
        "recall": score.recall,
        "arguments": score.arguments,
        "turns": score.turns,
        "bytes": score.bytes,
        "tokens": score.tokens,
        "cost": score.cost,
        "tools": [[expected or None, called or None] for expected, called in score.tools],
        "trials": {"passed": passed, "runs": runs} if runs is not None else None,
    }


def check_to_json(check: Check) -> dict[str, Json]:
    """One check."""
    where = check.where
    return {
        "layer": check.layer,
        "subject": check.subject,
        "name": check.name,
        "state": check.state,
        "message": check.message,
        "help": check.help,
        "file": where.file if where else None,
        "line": (where.line or None) if where else None,
        "column": (where.column or None) if where else None,
    }
