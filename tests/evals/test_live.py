"""What an evaluation may do to an API, and what it says where others decide."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest

from adaptgen.evals.model import EvalResult

from .conftest import Crms


def digest(crms: Crms) -> str:
    text = "\n".join(crms.crm.crm.state.database.iterdump())
    return hashlib.sha256(text.encode()).hexdigest()


def states(result: EvalResult, *names: str) -> Counter[str]:
    return Counter(one.state for one in result.checks if one.name in names)


def test_without_allow_writes_nothing_is_changed(crms: Crms) -> None:
    crms.build()
    crms.crm.crm.state.reset()
    before = digest(crms)
    result = crms.evaluate(live=True, writes=False)
    assert digest(crms) == before
    assert [one for one in result.checks if one.state == "failed"] == []
    written = {one.subject for one in result.checks if one.name == "oracle.answer" and "writes" in one.message}
    assert {"complete-a-task", "raise-a-deal", "new-ticket", "small-payment"} <= written
    assert states(result, "oracle.state")["passed"] == 0


def test_a_hole_in_the_policies_is_found_without_writing_through_it(crms: Crms) -> None:
    """Nobody's payments are limited any more: the case that expects a refusal must not book one."""
    crms.change({"crm/policies/finance.cedar": lambda text: text.replace('decimal("10000.0")', 'decimal("99999.0")')})
    crms.build()
    crms.crm.crm.state.reset()
    before = digest(crms)
    result = crms.evaluate("large-payment", live=True, writes=False)
    assert digest(crms) == before
    assert states(result, "oracle.denied") == {"failed": 1}


def test_a_wrong_judgement_that_a_call_is_refused_writes_nothing(crms: Crms, monkeypatch: pytest.MonkeyPatch) -> None:
    async def is_refused(*_: object) -> bool:
        return True

    monkeypatch.setattr("adaptgen.evals.oracle.Oracle._is_refused", is_refused)
    crms.build()
    crms.crm.crm.state.reset()
    before = digest(crms)
    crms.evaluate("raise-a-deal", "new-ticket", live=True, writes=False)
    assert digest(crms) == before


def test_with_writes_the_state_is_checked(crms: Crms) -> None:
    crms.build()
    result = crms.evaluate("complete-a-task", "raise-a-deal", "resolve-a-ticket")
    assert states(result, "oracle.state") == {"passed": 3}


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (
            "adaptgen: 1\nmode: behind\naccept: {issuer: https://p.example, audience: crm, jwks: https://p.example/keys}\n"
            "keys: {cursors: '${secret:x}'}\n",
            "policies",
        ),
        ("adaptgen: 1\nauthorize: {engine: verified_permissions, store: PS123}\n", "policies"),
    ],
)
def test_where_others_decide_the_policies_did_not_run(crms: Crms, settings: str, why: str) -> None:
    crms.change({"crm/governance.yaml": lambda _: settings})
    crms.build()
    result = crms.evaluate("one-invoice", "credit-score", "delete-a-customer", live=False)
    assert states(result, "oracle.permitted", "oracle.refused", "oracle.never").keys() == {"not run"}
    assert all(why in one.message for one in result.checks if one.state == "not run" and one.name == "oracle.permitted")
    assert states(result, "oracle.answer") == {"passed": 2}


def test_settings_of_a_proxy_decide_for_its_upstream(crms: Crms) -> None:
    settings = (
        "adaptgen: 1\nmode: proxy\nupstreams: {crm: {url: 'https://crm.example/mcp'}}\n"
        "authorize: {engine: cedar, default: read, policies: [policies/]}\n"
    )
    crms.change({"crm/governance.yaml": lambda _: settings})
    crms.build()
    result = crms.evaluate("credit-score", "delete-a-customer", live=False)
    assert states(result, "oracle.permitted", "oracle.refused", "oracle.never") == {"passed": 6}


def test_without_governance_nothing_is_refused_and_nothing_claims_it(crms: Crms) -> None:
    crms.build()
    (crms.specs / "crm" / "governance.yaml").unlink()
    result = crms.evaluate("credit-score", "delete-a-customer", "large-payment", live=False)
    assert states(result, "oracle.permitted") == {"passed": 1}
    assert states(result, "oracle.refused", "oracle.never", "oracle.denied") == {"not run": 6}


@pytest.mark.parametrize(
    ("old", "new", "check", "message"),
    [
        ("never: [pay_invoice]", "never: [pay_invoices]", "oracle.never", "there is no tool pay_invoices"),
        ("{tool: pay_invoice, arguments: {invoiceId: 40035, amount: -100}}",
         "{tool: pay_invoice, arguments: {invoiceId: 40035, amout: -100}}",
         "oracle.never", "pay_invoice has no argument amout"),
        ("arguments: {kind: WEATHER, year: 2025}", "arguments: {kinds: WEATHER, year: 2025}", "oracle.contract",
         "run_report has no argument kinds"),
    ],
)  # fmt: skip
def test_a_misspelt_name_is_no_proof(crms: Crms, old: str, new: str, check: str, message: str) -> None:
    crms.change({"crm/evals/refusals.yaml": lambda text: text.replace(old, new, 1)})
    crms.build()
    (failed,) = [one for one in crms.evaluate(live=False).checks if one.state == "failed"]
    assert (failed.name, failed.message) == (check, message)
    assert "did you mean" in failed.help


def test_a_state_of_a_tool_that_is_gone_fails(crms: Crms) -> None:
    crms.change(
        {
            "crm/evals/lookups.yaml": lambda text: text.replace(
                "state: [{tool: list_tasks, ", "state: [{tool: list_task, "
            )
        }
    )
    crms.build()
    result = crms.evaluate("complete-a-task")
    failed = [one for one in result.checks if one.state == "failed"]
    assert [(one.name, one.message) for one in failed] == [("oracle.contract", "there is no tool list_task")]


HIDDEN = """
  hidden:
    question: Book a payment of 5 on invoice 40035.
    caller: support
    calls:
      - tool: pay_invoice
        arguments: {invoiceId: 40035, amount: 5}
        error: {$contains: There is no tool}
"""


def test_a_hidden_tool_that_becomes_visible_is_a_hole(crms: Crms) -> None:
    """The case expects that the tool does not exist for the caller; nothing is executed to find that it does."""
    crms.change({"crm/evals/refusals.yaml": lambda text: text + HIDDEN})
    crms.build()
    assert states(crms.evaluate("hidden", live=False), "oracle.denied", "oracle.call") == {"passed": 2}
    finance = 'contains("finance") };'
    crms.change({"crm/policies/finance.cedar": lambda text: text.replace(finance, 'contains("support") };', 1)})
    assert states(crms.evaluate("hidden", live=False), "oracle.denied") == {"failed": 1}
