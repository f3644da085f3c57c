"""Planted faults: each is caught by the layer that should, and its harmless twin passes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from .conftest import Change, Crms

HINTS, SETTINGS, POLICIES = "crm/hints.yaml", "crm/governance.yaml", "crm/policies"


def swap(old: str, new: str) -> Change:
    return lambda text: text.replace(old, new, 1)


def without_policy(id: str) -> Change:
    return lambda text: re.sub(rf'@id\("{id}"\)\n.*?;\n', "", text, count=1, flags=re.DOTALL)


def again(*changes: Change) -> Change:
    def change(text: str) -> str:
        for one in changes:
            text = one(text)
        return text

    return change


@dataclass(frozen=True)
class Fault:
    """``caught``: (layer, check, subject) of checks that must fail; ``cases``: those that are evaluated. ``twin``: a
    change of the same kind that harms nobody. ``broken``: what is done to the CRM itself."""

    edits: Mapping[str, Change]
    twin: Mapping[str, Change]
    caught: set[tuple[str, str, str]]
    cases: tuple[str, ...]
    live: bool = False
    broken: Callable[[Crms], None] | None = None
    harmless: Callable[[Crms], None] | None = None


def sql(statement: str) -> Callable[[Crms], None]:
    def run(crms: Crms) -> None:
        reset = crms.crm.crm.state.reset

        def changed() -> None:
            reset()
            crms.crm.crm.state.database.execute(statement)

        crms.crm.crm.state.reset = changed  # type: ignore[method-assign]

    return run


FAULTS = {
    "a renamed tool": Fault(
        {HINTS: swap("  list_invoices:\n", "  find_invoices:\n")},
        {HINTS: swap("  list_invoices:\n", "  find_invoices:\n    was: [list_invoices]\n")},
        {("L1", "retrieval.shown", "overdue-in-all"), ("L2", "oracle.contract", "overdue-in-all")},
        ("overdue-in-all",),
        live=True,
    ),
    "a removed argument": Fault(
        {HINTS: swap("    description: Find invoices of a",
                     "    arguments: {customerName: {hide: true}}\n    description: Find invoices of a")},
        {HINTS: swap("    description: Find invoices of a",
                     "    arguments: {dueFrom: {hide: true}}\n    description: Find invoices of a")},
        {("L2", "oracle.contract", "overdue-invoices")},
        ("overdue-invoices",),
        live=True,
    ),
    "a description that says nothing": Fault(
        {HINTS: swap("description: Find invoices of a customer, by status or by due date.", "description: TODO")},
        {HINTS: swap("description: Find invoices of a customer, by status or by due date.",
                     "description: Looks up what customers were billed; by customer, status or due date.")},
        {("L0", "static.purpose", "list_invoices")},
        ("overdue-invoices",),
    ),
    "the description of another tool": Fault(
        {HINTS: swap("description: Find invoices of a customer, by status or by due date.",
                     "description: Sends a newsletter to its subscribers.")},
        {HINTS: swap("description: Find invoices of a customer, by status or by due date.",
                     "description: Bills and payments that are due.")},
        {("L0", "static.purpose", "list_invoices")},
        ("overdue-invoices",),
    ),
    "a vague description": Fault(
        {HINTS: swap("description: Find invoices of a customer, by status or by due date.",
                     "description: Gets all the data of the resource.")},
        {HINTS: swap("description: Find invoices of a customer, by status or by due date.",
                     "description: Invoices.")},
        {("L0", "static.purpose", "list_invoices")},
        ("overdue-invoices",),
    ),
    "a kind of personal data that is no longer hidden": Fault(
        {SETTINGS: swap("kinds: [email, ", "kinds: [")},
        {SETTINGS: swap("kinds: [email, ", "kinds: [email, address, ")},
        {("L2", "oracle.answer", "contact-details"), ("L2", "oracle.answer", "bank-details")},
        ("contact-details", "bank-details"),
    ),
    "a description that search does not find": Fault(
        {HINTS: again(
            swap("server: {name: crm,", "server: {name: crm, surface: search,"),
            swap("What is open at one customer - contracts, overdue invoices, open tickets. Look here before a call.",
                 "Runs four steps and joins their results."),
        )},
        {HINTS: again(
            swap("server: {name: crm,", "server: {name: crm, surface: search,"),
            swap("What is open at one customer - contracts, overdue invoices, open tickets. Look here before a call.",
                 "Everything that is open at a customer, such as contracts, invoices, tickets. Before a call."),
        )},
        {("L0", "static.purpose", "customer_overview"), ("L1", "retrieval.shown", "customer-overview")},
        ("customer-overview",),
    ),
    "two tools that read the same": Fault(
        {HINTS: again(
            swap("  list_customers:", '  list_billing: {call: "GET /invoices", description: "Find invoices by status."}'
                 '\n  list_customers:'),
            swap("description: Find invoices of a customer, by status or by due date.",
                 "description: Find invoices by status."),
        )},
        {HINTS: swap("  list_customers:", '  list_billing: {call: "GET /invoices", description: "What customers paid."}'
                     '\n  list_customers:')},
        {("L0", "static.confusable", "list_invoices")},
        ("overdue-in-all",),
    ),
    "a policy hole: large payments": Fault(
        {f"{POLICIES}/finance.cedar": without_policy("large-payments")},
        {f"{POLICIES}/finance.cedar": swap('decimal("10000.0")', 'decimal("9000.0")')},
        {("L2", "oracle.denied", "large-payment")},
        ("large-payment", "small-payment", "large-payment-by-the-lead"),
    ),
    "a policy hole: a group too many": Fault(
        {f"{POLICIES}/finance.cedar": swap('principal.groups.contains("finance") };',
                                           'principal.groups.containsAny(["finance", "support"]) };')},
        {f"{POLICIES}/finance.cedar": swap('principal.groups.contains("finance") };',
                                           'principal.groups.containsAny(["finance", "treasury"]) };')},
        {("L2", "oracle.refused", "small-payment")},
        ("small-payment", "credit-limit-by-finance"),
    ),
    "a policy hole: deletions": Fault(
        {f"{POLICIES}/administrators.cedar": again(
            without_policy("only-admins-delete"),
            swap('principal.groups.contains("admin")', 'principal.groups.containsAny(["admin", "sales"])'),
        )},
        {f"{POLICIES}/administrators.cedar": swap("Deleting cannot be undone", "What is deleted is gone")},
        {("L2", "oracle.never", "delete-a-customer"), ("L2", "oracle.refused", "delete-as-an-admin")},
        ("delete-a-customer", "delete-as-an-admin"),
    ),
    "a policy that refuses too much": Fault(
        {f"{POLICIES}/interns.cedar": swap("context.input has limit && context.input.limit > 25",
                                           "context.input has customerId")},
        {f"{POLICIES}/interns.cedar": swap("context.input.limit > 25", "context.input.limit > 20")},
        {("L2", "oracle.permitted", "one-customer")},
        ("one-customer", "everything-about-a-customer-for-an-intern"),
    ),
    "a leaked field: a name that is called harmless": Fault(
        {HINTS: swap('{"$..name": none,',
                     '{"$..name": none, "$..full_name": none, "$..first_name": none, "$..last_name": none,')},
        {HINTS: swap('{"$..name": none,', '{"$..name": none, "$..product_name": none,')},
        {("L2", "oracle.answer", "primary-contact")},
        ("primary-contact",),
        live=True,
    ),
    "a leaked field: an address in clear": Fault(
        {HINTS: swap('{"$..name": none,', '{"$..name": none, "$..billingEmail": none,'),
         SETTINGS: swap("scope: tenant}", "scope: tenant, sweep: false}")},
        {SETTINGS: swap("scope: tenant}", "scope: tenant, sweep: false}")},
        {("L2", "oracle.personal", "one-invoice")},
        ("one-invoice",),
        live=True,
    ),
    "a wrong answer: a list that ends too early": Fault(
        {HINTS: lambda text: re.sub(r"    page:      # not in.*?X-Total-Count\"\}\n", "", text, flags=re.DOTALL)},
        {HINTS: swap("view: [id, ticketNo, subject, customer.name, status, priority, openedAt]",
                     "view: [id, ticketNo, subject, customer.name, status, priority, openedAt, category]")},
        {("L2", "oracle.answer", "open-tickets-by-priority")},
        ("open-tickets-by-priority",),
        live=True,
    ),
    "a wrong answer: the API has changed": Fault(
        {},
        {},
        {("L2", "oracle.answer", "overdue-in-all")},
        ("overdue-in-all",),
        live=True,
        broken=sql("UPDATE invoices SET amount_paid = amount_paid + 1 WHERE invoice_no = 'R25-40568'"),
        harmless=sql("UPDATE invoices SET remarks = 'seen' WHERE invoice_no = 'R25-40568'"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_caught_by_its_layer(crms: Crms, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = FAULTS[name]
    monkeypatch.setattr(crms.crm.crm.state, "reset", crms.crm.crm.state.reset)
    crms.change(fault.edits)
    if fault.broken is not None:
        fault.broken(crms)
    crms.build()
    result = crms.evaluate(*fault.cases, live=fault.live)
    failed = {(one.layer, one.name, one.subject) for one in result.checks if one.state == "failed"}
    assert fault.caught <= failed
    assert {layer for layer, _, _ in failed} == {layer for layer, _, _ in fault.caught}
    for one in result.checks:
        if one.state == "failed":
            assert one.message
            assert one.help
            assert one.layer == "L0" or str(one.where).count(":") == 2


@pytest.mark.parametrize("name", FAULTS)
def test_its_harmless_twin_passes(crms: Crms, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = FAULTS[name]
    monkeypatch.setattr(crms.crm.crm.state, "reset", crms.crm.crm.state.reset)
    crms.change(fault.twin)
    if fault.harmless is not None:
        fault.harmless(crms)
    crms.build()
    result = crms.evaluate(*fault.cases, live=fault.live)
    assert [one for one in result.checks if one.state == "failed"] == []
    assert any(one.state == "passed" and one.layer == "L2" for one in result.checks)
