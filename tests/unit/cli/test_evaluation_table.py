"""The table of an evaluation in the terminal."""

from __future__ import annotations

import pytest

from adaptgen.cli.understand.evaluation_table import show_evaluation
from adaptgen.evals.model import Case, CaseScore, Check, EvalResult
from adaptgen.model.tables import LOCAL


def test_table_names_the_failing_case_and_the_mistaken_tool(capsys: pytest.CaptureFixture[str]) -> None:
    score = CaseScore(
        "open", 0.5, 1.0, None, 3, None, 1200, 0.25, (("list_invoices", "list_orders"), ("a", "a")), (1, 2)
    )
    checks = (
        Check("L3", "open", "model.answer", "failed", "it lacks \x1b[31m42"),
        Check("L3", "open", "model.loop", "passed"),
    )
    show_evaluation(EvalResult("crm", ("L3",), (Case("open", "?", LOCAL),), checks, (score,)))
    text = capsys.readouterr().out
    assert text.splitlines()[0] == "crm: 50 % of checks passed (1 case, 2 checks)"
    assert "L3\t1\t1\t0\t0" in text
    assert "precision 50 %, recall 100 %, pass^1 50 %, pass^2 0 %, 3.0 turns a case, 1,200 tokens, cost 0.2500" in text
    assert "list_invoices\tlist_orders\t1" in text
    assert "a\ta" not in text
    assert "failed  L3 open: model.answer" in text
    assert "\x1b" not in text
