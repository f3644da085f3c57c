"""What differs between two results."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from adaptgen.evals.model import Case, CaseScore, Check, EvalResult, State
from adaptgen.evals.reports.comparison import compare, comparison_json, figures
from adaptgen.evals.reports.page import page
from adaptgen.model.tables import LOCAL

CASES = (Case("a", "?", LOCAL), Case("b", "?", LOCAL))


def _result(first: State, second: State, score: CaseScore | None = None, *more: Check) -> EvalResult:
    checks = (Check("L2", "a", "oracle.answer", first), Check("L3", "b", "model.answer", second), *more)
    return EvalResult("crm", ("L0", "L2", "L3"), CASES, checks, (score,) if score is not None else ())


def test_what_no_longer_runs_is_shown_and_is_no_regression() -> None:
    found = compare(_result("passed", "passed"), _result("not run", "passed"), "main")
    assert [one.subject for one in found.unchecked] == ["a"]
    assert not found.is_regression


def test_figures_that_differ_are_named() -> None:
    first, second = CaseScore("a", 1.0, 1.0, bytes=900), CaseScore("a", 0.5, 1.0, bytes=1200)
    assert figures(first, second) == [("precision", "100 %", "50 %"), ("bytes", "900", "1,200")]
    found = compare(_result("passed", "passed", first), _result("passed", "passed", second), "main")
    assert [(one.case.id, one.before, one.after) for one in found.cases] == [("a", "passed", "passed")]


def test_json_and_page_show_the_differences() -> None:
    found = compare(_result("passed", "failed"), _result("failed", "passed"), "<main>")
    report = json.loads(json.dumps(comparison_json(found)))
    assert report["regression"] is True
    assert [one["subject"] for one in report["newly_failing"]] == ["a"]
    assert report["layers"]["L2"]["after"] == {"passed": 0, "failed": 1, "stale": 0, "not_run": 0}
    text = page(found.after, datetime(2026, 1, 1, tzinfo=UTC), comparison=found)
    assert "Compared with &lt;main&gt;" in text
    assert "Newly failing (1)" in text
