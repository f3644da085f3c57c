"""Every tool of the generated CRM, called as several people of several tenants would."""

from __future__ import annotations

import json
from typing import Any

from support.canaries import TOKEN
from support.canary_crm import WatchedCrm
from support.watched import Agent, Watched

LISTS = (
    "export_customers", "list_contacts", "list_contracts", "list_customers", "list_invoices", "list_opportunities",
    "list_products", "list_tags", "list_tasks", "list_users", "search_tickets",
)  # fmt: skip
DETAILS = {
    "get_contact": ("contactId", "contacts"),
    "get_contract": ("contractId", "contracts"),
    "get_customer": ("customerId", "customers"),
    "get_invoice": ("invoiceId", "invoices"),
    "get_opportunity": ("oppId", "opportunities"),
    "get_ticket": ("ticketId", "tickets"),
}
BY_CUSTOMER = ("get_customer_credit_score", "list_attachments", "list_customer_contacts", "list_customer_notes")
DAY = "2026-03-01"


async def drive(at: Watched, crm: WatchedCrm, each: int) -> set[str]:
    """Call everything, what is about one record for ``each`` of them; the tools that were called. What agents see is in
    ``at.seen``."""
    auditor = at.agent("olga", "auditor")
    called = await _look(auditor, crm, each)
    called |= await _write(at, crm)
    await _fail(at, crm)
    for agent in (at.agent("ida", "intern"), at.agent("tom", "sales", tenant="trial-1"), at.agent("eve", tenant="x")):
        await agent.ask("tools/list")
        for tool in ("list_contacts", "search_tickets", "list_customers"):
            await agent.call(tool, {"limit": 5})
        await agent.call("create_task", {"subject": "x", "due_date": DAY})
    old = at.agent("olga", "auditor", version="2025-11-25")
    await old.ask("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c"}})
    await auditor.ask("server/discover")
    return called


async def _look(agent: Agent, crm: WatchedCrm, each: int) -> set[str]:
    called = {"list_countries", "get_system_info", "get_pipeline_report", "get_product", "customer_overview"}
    called |= {*LISTS, *DETAILS, *BY_CUSTOMER, "download_attachment", "run_report"}
    await agent.ask("tools/list")
    for tool in LISTS:
        await agent.rows(tool, fields=["*"], limit=100)
        await agent.rows(tool, limit=200)
    await agent.call("list_countries", {"fields": ["*"]})
    await agent.call("get_system_info")
    await agent.call("get_pipeline_report")
    for kind in ("RECEIVABLES_BY_AGE", "REVENUE_BY_SEGMENT"):
        await agent.call("run_report", {"kind": kind})
    database = crm.state.database
    for (sku,) in database.execute("SELECT sku FROM products WHERE id % 10 = 0 LIMIT ?", (each,)).fetchall():
        await agent.call("get_product", {"Sku": sku, "fields": ["*"]})
    for tool, (argument, table) in DETAILS.items():
        for at, (key,) in enumerate(database.execute(f"SELECT id FROM {table} LIMIT ?", (each,)).fetchall()):
            await agent.call(tool, {argument: key, **({"fields": ["*"]} if at % 2 else {})})
    for key, name in database.execute("SELECT id, name FROM customers LIMIT ?", (each,)).fetchall():
        for tool in BY_CUSTOMER:
            await agent.call(tool, {"customerId": key, **({"fields": ["*"]} if key % 2 else {})})
        for fields in ({}, {"fields": ["*"]}, {"fields": ["customer[*].name", "open_tickets"]}):
            await agent.call("customer_overview", {"name": name.partition(" c/o ")[0], **fields})
    for (key,) in database.execute("SELECT id FROM attachments").fetchall():
        await agent.call("download_attachment", {"attachmentId": key})
    return called


async def _write(at: Watched, crm: WatchedCrm) -> set[str]:
    """Writes with what the agents have: tokens from answers; each prepared without sending it first."""
    sales, support = at.agent("sam", "sales"), at.agent("sue", "support")
    finance, admin = at.agent("fin", "finance"), at.agent("root", "admin")
    people = await sales.rows("list_contacts", fields=["*"], limit=20)
    person = next(one for one in people if one["email"] and one["phone"])
    firms = json.loads((await sales.call("list_customers", {"fields": ["*"], "limit": 2}))[0])
    firm = _first(firms)
    deal = _first(json.loads((await finance.call("list_contracts", {"fields": ["id", "debitIban", "signedBy"]}))[0]))
    one = {table: crm.state.database.execute(f"SELECT min(id) FROM {table}").fetchone()[0] for table in _TABLES}
    due = "SELECT id FROM invoices WHERE amount_gross - amount_paid > 1 AND status NOT IN ('CANCELLED', 'PAID') LIMIT 1"
    owed = crm.state.database.execute(due).fetchone()
    names = {key: person[key] for key in ("first_name", "last_name", "email", "phone", "mobile")}
    calls: tuple[tuple[Agent, str, dict[str, Any]], ...] = (
        (sales, "create_contact", {"customer_id": person["customer_id"], **names}),
        (support, "update_contact", {"contactId": person["id"], "phone": person["mobile"]}),
        (sales, "create_customer", {"name": "New Ltd", "status": "ACTIVE", "email": person["email"]}),
        (sales, "update_customer", {"customerId": firm["id"], "phone": person["phone"], "email": person["email"]}),
        (finance, "update_contract", {"contractId": deal["id"], "debitIban": deal["debitIban"], "noticeDays": 30}),
        (sales, "update_opportunity", {"oppId": one["opportunities"], "nextStep": "Call again"}),
        (sales, "add_customer_note", {"customerId": firm["id"], "text": "Called; nobody there."}),
        (sales, "create_task", {"subject": "Call", "due_date": DAY}),
        (sales, "complete_task", {"taskId": crm.state.database.execute(_OPEN).fetchone()[0]}),
        (support, "create_ticket", {"customerId": firm["id"], "subject": "Broken"}),
        (support, "update_ticket", {"ticketId": one["tickets"], "status": "WAITING"}),
        (support, "comment_ticket", {"ticketId": one["tickets"], "text": "On it."}),
        (finance, "pay_invoice", {"invoiceId": owed[0] if owed else one["invoices"], "amount": 0.5}),
        (finance, "upload_attachment", {"customerId": firm["id"], "category": "OFFER", "file": {"text": "An offer."}}),
        (admin, "delete_contact", {"contactId": people[-1]["id"]}),
        (admin, "delete_customer", {"customerId": firm["id"]}),
    )
    for agent, tool, arguments in calls:
        text, failed = await agent.call(tool, {**arguments, "dry_run": True})
        assert not failed, (tool, text)
        text, failed = await agent.call(tool, arguments)
        assert failed == (tool == "delete_customer" or (tool == "pay_invoice" and not owed)), (tool, text)
    return {tool for _, tool, _ in calls}


_TABLES = ("opportunities", "tickets", "invoices")
_OPEN = "SELECT id FROM tasks WHERE status = 'OPEN' LIMIT 1"


async def _fail(at: Watched, crm: WatchedCrm) -> None:
    """What the API and the pipeline refuse, with what they say about it."""
    sales = at.agent("sam", "sales")
    people = await sales.rows("list_contacts", fields=["*"], limit=20)
    email, phone, name = (people[0][key] for key in ("email", "phone", "first_name"))
    assert TOKEN.fullmatch(email)
    for tool, arguments in (
        ("get_customer", {"customerId": 99999999}),
        ("get_contact", {"contactId": 99999999}),
        ("create_contact", {"customer_id": 99999999, "last_name": name, "birth_date": "never"}),
        ("create_contact", {"customer_id": 1, "last_name": email}),
        ("create_ticket", {"customerId": 1, "subject": f"Call {phone}"}),
        ("add_customer_note", {"customerId": 1, "text": f"{name} said so"}),
        ("list_contacts", {"email": name}),
        ("list_contacts", {"email": f"{email}x"}),
        ("list_contacts", {"nothing": email}),
        ("list_contacts", {"limit": email}),
        ("list_contacts", {"fields": [email]}),
        ("list_contacts", {"cursor": email}),
        ("customer_overview", {"name": "nobody of that name"}),
        (f"list_{email}", {}),
        ("pay_invoice", {"invoiceId": 1, "amount": 1}),
    ):
        _, failed = await sales.call(tool, arguments)
        assert failed or "fields" in arguments or tool == "customer_overview", (tool, arguments)
    await at.agent("eve", "sales", tenant="other").call("list_contacts", {"email": email})


def _first(answer: dict[str, Any]) -> dict[str, Any]:
    items = answer["items"]
    return dict(zip(answer["fields"], items[0], strict=True)) if "fields" in answer else dict(items[0])
