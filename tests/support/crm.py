"""The tools of the generated CRM, and who may call them: by hand, from what its policies promise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adaptgen.mcp.protocol import ToolInfo
from adaptgen.runtime.contracts import load
from adaptgen.transports.load import load_server

ROOT = Path(__file__).parents[2]
CRM = ROOT / "generated" / "crm"


def crm_tools() -> dict[str, ToolInfo]:
    """The tools of the generated CRM."""
    server = load_server(CRM)
    contracts = load(server)
    return {
        tool.name: ToolInfo(
            name=tool.name,
            server="crm",
            own=tool.name,
            effect=tool.effect,
            open=tool.effect == "read",
            wire={"inputSchema": contracts[tool.name].input_schema},
        )
        for tool in server.tools
    }


TOOLS = crm_tools()
PAY = {"invoiceId": 7, "amount": 120.5}
CALLS: list[tuple[str, str, Mapping[str, Any], bool]] = [
    ("support", "search_tickets", {"open": True}, True),
    ("support", "create_ticket", {"customerId": 1, "subject": "x"}, True),
    ("support", "update_ticket", {"ticketId": 1, "status": "CLOSED"}, False),
    ("support", "update_ticket", {"ticketId": 1, "status": "CLOSED", "resolution": "replaced"}, True),
    ("support", "update_ticket", {"ticketId": 1, "status": "WAITING"}, True),
    ("support", "update_contact", {"contactId": 1, "phone": "+49 30 1"}, True),
    ("support", "update_contact", {"contactId": 1, "customer_id": 2}, False),
    ("support", "get_customer_credit_score", {"customerId": 1}, False),
    ("support", "pay_invoice", PAY, False),
    ("sales", "create_customer", {"name": "x", "status": "ACTIVE", "creditLimit": 10000}, True),
    ("sales", "create_customer", {"name": "x", "status": "ACTIVE", "creditLimit": 10000.01}, False),
    ("sales", "update_customer", {"customerId": 1, "iban": "DE02120300000000202051"}, False),
    ("sales", "update_opportunity", {"oppId": 1, "amount": 250000.01}, False),
    ("sales,sales-lead", "update_opportunity", {"oppId": 1, "amount": 900000}, True),
    ("sales", "get_customer_credit_score", {"customerId": 1}, True),
    ("finance", "pay_invoice", PAY, True),
    ("finance", "pay_invoice", {**PAY, "amount": 0}, False),
    ("finance", "pay_invoice", {**PAY, "amount": -5}, False),
    ("finance", "pay_invoice", {**PAY, "amount": 10000.5}, False),
    ("finance,finance-lead", "pay_invoice", {**PAY, "amount": 10000.5}, True),
    ("finance", "update_contract", {"contractId": 1, "debitIban": "DE02120300000000202051"}, True),
    ("finance", "update_customer", {"customerId": 1, "creditLimit": 50000}, True),
    ("finance,auditor", "pay_invoice", PAY, False),
    ("auditor", "list_invoices", {"limit": 200}, True),
    ("intern", "list_contacts", {"limit": 25}, True),
    ("intern", "list_contacts", {"limit": 26}, False),
    ("intern", "list_contacts", {"fields": ["id", "*"]}, False),
    ("intern", "download_attachment", {"attachmentId": 1}, False),
    ("admin", "delete_customer", {"customerId": 1}, True),
    ("support", "delete_customer", {"customerId": 1}, False),
    ("", "list_customers", {}, True),
    ("", "create_task", {"due_date": "2026-01-01", "subject": "x"}, False),
]
