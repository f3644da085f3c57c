"""The CRM's cases: all of them pass on a CRM, and say of a replay what it could not answer."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import yaml

from adaptgen.demo.crm import Running

from .conftest import CASES, Crms


@pytest.fixture
def built(crms: Crms) -> Crms:
    crms.build()
    return crms


def test_a_replay_opens_no_connection_and_says_what_did_not_run(
    built: Crms, crm: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a replay tried to open a connection")

    monkeypatch.setattr("socket.getaddrinfo", refuse)
    monkeypatch.setattr("socket.create_connection", refuse)
    result = built.evaluate(live=False)
    states = Counter((one.layer, one.state) for one in result.checks)
    assert {state for layer, state in states if layer != "L2"} == {"passed"}
    assert states["L2", "failed"] == 0
    assert states["L2", "passed"] > 250
    open_checks = [one for one in result.checks if one.state == "not run"]
    assert {one.name for one in open_checks} == {"oracle.answer", "oracle.state"}
    assert all(one.message and one.help for one in open_checks)
    answered = {one.subject for one in result.checks if one.name == "oracle.answer" and one.state == "passed"}
    assert {"one-invoice", "one-ticket", "one-product", "credit-score"} <= answered


def test_the_cases_are_the_questions_and_forty_more() -> None:
    read: dict[str, Any] = {}
    for path in CASES.glob("*.yaml"):
        read |= yaml.safe_load(path.read_text(encoding="utf-8")).get("cases", {})
    assert len(read) >= 60
    assert sum(not case.get("calls") for case in read.values()) >= 8
    assert len({case["caller"] for case in read.values()}) >= 9


def test_the_answers_of_the_questions_are_those_that_sql_confirms() -> None:
    from support.asked import QUESTIONS

    cases = yaml.safe_load((CASES / "questions.yaml").read_text(encoding="utf-8"))["cases"]
    assert sorted(cases) == sorted(name[3:] for name in QUESTIONS)
    hidden = {"primary-contact", "busiest-agent"}  # names, which governance turns into tokens
    for name, question in QUESTIONS.items():
        case = cases[name[3:]]
        assert case["question"].split()[:2] == question["question"].split()[:2]
        if "answer" in question and name[3:] not in hidden:
            wanted = case["answer"][f"$.{question['answer']['at']}"]
            rows = wanted["$rows"]["rows"] if isinstance(wanted, dict) else wanted
            assert rows == question["answer"].get("rows", question["answer"].get("value"))


SQL = {
    "overdue-in-all": "SELECT count(*), round(sum(amount_gross - amount_paid), 2) FROM invoices WHERE status='OVERDUE'",
    "renewals-of-a-quarter": "SELECT count(*), sum(annual_value) FROM contracts WHERE status = 'ACTIVE' "
    "AND renewal_date BETWEEN '2026-04-01' AND '2026-06-30'",
    "pipeline-by-stage": "SELECT stage, sum(amount) FROM opportunities GROUP BY stage",
    "tasks-by-priority": "SELECT priority, count(*) FROM tasks WHERE status = 'OPEN' GROUP BY priority",
    "customers-by-segment": "SELECT segment, count(*) FROM customers WHERE status = 'ACTIVE' GROUP BY segment",
    "customers-in-switzerland": "SELECT count(*) FROM customers WHERE country_code = 'CH'",
    "discontinued-products": "SELECT family, count(*) FROM products WHERE NOT active GROUP BY family",
    "contacts-of-one-customer": "SELECT count(*) FROM contacts WHERE customer_id = 1140",
    "notes-of-a-customer": "SELECT count(*) FROM notes WHERE customer_id = 1001",
}


@pytest.mark.parametrize("name", SQL)
def test_sums_and_counts_are_those_of_the_database(crm: Running, name: str) -> None:
    from adaptgen.evals.matcher_checks import facts

    crm.crm.state.reset()
    rows = [list(row) for row in crm.crm.state.database.execute(SQL[name])]
    answer = yaml.safe_load((CASES / "lookups.yaml").read_text(encoding="utf-8"))["cases"][name]["answer"]
    if "$.items" in answer:
        assert sorted(answer["$.items"]["$rows"]["rows"]) == sorted(rows)
    else:
        assert sorted(facts(answer)) == sorted(rows[0])
