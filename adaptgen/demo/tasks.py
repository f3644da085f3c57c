"""The tasks of the story, each as a script for one tool per endpoint and one for the generated server.

Both scripts are what a competent model would do: the same filters, no detour, no retry.
"""

from __future__ import annotations

from dataclasses import dataclass

from adaptgen.demo.naive import SESSION
from adaptgen.demo.session import Say

LOGIN = Say("login", {"body": {"userName": "{username}", "password": "{password}"}}, keep="login")
CSRF = Say("getCsrfToken", {SESSION: "{login.data.sessionId}"}, keep="csrf")

_WRITES = frozenset(("contractSave", "addCustomerNote", "updateTicket", "saveCustomer", "orderReport"))
# What a contract's PUT takes: all of it must be sent back, or it is blanked.
_CONTRACT = (
    *("title", "productId", "status", "startDate", "endDate", "renewalDate", "noticeDays", "autoRenew", "annualValue"),
    *("currency", "billingCycle", "paymentMethod", "debitIban", "signedBy", "ownerId", "terms", "remarks"),
    *(f"udf_{n:02d}" for n in range(1, 13)),
)
# The same of a customer's.
_RECORD = (
    *("name", "legalName", "status", "segment", "industry", "street", "zip", "city", "countryCode", "phone", "fax"),
    *("website", "vatId", "iban", "creditLimit", "currency", "paymentTermDays", "taxExempt", "ownerId", "tags"),
    *("remarks", *(f"udf_{n:02d}" for n in range(1, 13))),
)


@dataclass(frozen=True, slots=True)
class Task:
    """``raw`` without the login, which :func:`with_login` puts before it."""

    title: str
    raw: tuple[Say, ...]
    served: tuple[Say, ...]


def with_login(script: tuple[Say, ...]) -> list[Say]:
    """The script of an agent that must log in by itself, and fetch a CSRF token if it is going to write."""
    writes = any(one.tool in _WRITES for one in script)
    opened = [LOGIN, CSRF] if writes else [LOGIN]
    for one in script:
        arguments = {SESSION: "{login.data.sessionId}", **one.arguments}
        if one.tool in _WRITES:
            arguments["X-CSRF-Token"] = "{csrf.csrfToken}"
        opened.append(Say(one.tool, arguments, one.keep, one.resend, one.only))
    return opened


_MARCH = {"ownerId": "me", "renewalFrom": "2026-03-01", "renewalTo": "2026-03-31"}
CUSTOMER = "Velvet Media"

TASKS = (
    Task(
        "Which of my renewals are due in March?",
        (Say("contractList", _MARCH),),
        (Say("list_contracts", _MARCH),),
    ),
    Task(
        f"Who is the primary contact of {CUSTOMER}?",
        (Say("get_contacts", {"customer_name": CUSTOMER, "primary": True}),),
        (Say("list_contacts", {"customer_name": CUSTOMER, "primary": True}),),
    ),
    Task(
        f"What is open at {CUSTOMER}?",
        (
            Say("getCustomers", {"name": CUSTOMER}, keep="found"),
            Say("contractList", {"customerId": "{found.data.0.id}"}),
            Say("invoice_search", {"customerId": "{found.data.0.id}", "status": "OVERDUE"}),
            Say("searchTickets", {"customerId": "{found.data.0.id}", "open": True}),
        ),
        (Say("customer_overview", {"name": CUSTOMER}),),
    ),
    Task(
        f"Move the renewal of {CUSTOMER} to March 31",
        (
            Say("contractList", {"customerName": CUSTOMER}, keep="found"),
            Say("contractGet", {"contractId": "{found.0.id}"}, keep="contract"),
            Say(
                "contractSave",
                {"contractId": "{found.0.id}", "body": {"renewalDate": "2026-03-31"}},
                resend="contract",
                only=_CONTRACT,
            ),
        ),
        (
            Say("list_contracts", {"customerName": CUSTOMER}, keep="found"),
            Say("update_contract", {"contractId": "{found.items.0.id}", "renewalDate": "2026-03-31"}),
        ),
    ),
    Task(
        f"Make their primary contact's e-mail that of {CUSTOMER}",
        (
            Say("get_contacts", {"customer_name": CUSTOMER, "primary": True}, keep="contacts"),
            Say("getCustomers", {"name": CUSTOMER}, keep="found"),
            Say("getCustomer", {"customerId": "{found.data.0.id}"}, keep="read"),
            Say(
                "saveCustomer",
                {"customerId": "{found.data.0.id}", "body": {"email": "{contacts.items.0.email}"}},
                resend="read.data",
                only=_RECORD,
            ),
        ),
        (
            Say(
                "list_contacts",
                {"customer_name": CUSTOMER, "primary": True, "fields": ["customer_id", "email"]},
                keep="contacts",
            ),
            Say(
                "update_customer", {"customerId": "{contacts.items.0.customer_id}", "email": "{contacts.items.0.email}"}
            ),
        ),
    ),
    Task(
        "How many tickets wait for the customer?",
        (Say("searchTickets", {"status": "WAITING"}),),
        (Say("search_tickets", {"status": "WAITING", "count": True}),),
    ),
)
