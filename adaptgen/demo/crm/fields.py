"""Which fields a write takes, and how they are checked and stored."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adaptgen.demo.crm.errors import CrmError, invalid

UDF = tuple(f"udf_{n:02d}" for n in range(1, 13))


@dataclass(frozen=True, slots=True)
class Field:
    """One writable field. ``name`` in the API, ``column`` in the table.

    ``kind``: text, date, number, flag, id or list. ``refers``: the table that must hold the value as a key.
    """

    name: str
    column: str
    kind: str = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    refers: str = ""


CUSTOMER = (
    Field("name", "name", required=True),
    Field("legalName", "legal_name"),
    Field("status", "status", required=True, choices=("ACTIVE", "PROSPECT", "DORMANT", "BLOCKED")),
    Field("segment", "segment", choices=("ENTERPRISE", "MIDMARKET", "SMB")),
    Field("industry", "industry"),
    Field("countryCode", "country_code", refers="countries"),
    Field("street", "street"),
    Field("city", "city"),
    Field("zip", "zip"),
    Field("phone", "phone"),
    Field("fax", "fax"),
    Field("email", "email"),
    Field("website", "website"),
    Field("vatId", "vat_id"),
    Field("iban", "iban"),
    Field("creditLimit", "credit_limit", "number"),
    Field("currency", "currency"),
    Field("paymentTermDays", "payment_term_days", "id"),
    Field("ownerId", "owner_id", "id", refers="users"),
    Field("taxExempt", "tax_exempt", "flag"),
    Field("tags", "tags", "list"),
    Field("remarks", "remarks"),
)
CONTACT = (
    Field("customer_id", "customer_id", "id", required=True, refers="customers"),
    Field("salutation", "salutation"),
    Field("first_name", "first_name"),
    Field("last_name", "last_name", required=True),
    Field("job_title", "job_title"),
    Field("department", "department"),
    Field("email", "email"),
    Field("phone", "phone"),
    Field("mobile", "mobile"),
    Field("birth_date", "birth_date", "date"),
    Field("is_primary", "is_primary", "flag"),
    Field("newsletter", "newsletter", "flag"),
    Field("language", "language"),
    Field("street", "street"),
    Field("city", "city"),
    Field("zip", "zip"),
    Field("country_code", "country_code", refers="countries"),
    Field("remarks", "remarks"),
)
CONTRACT = (
    Field("title", "title", required=True),
    Field("productId", "product_id", "id", refers="products"),
    Field("status", "status", required=True, choices=("DRAFT", "ACTIVE", "CANCELLED")),
    Field("startDate", "start_date", "date"),
    Field("endDate", "end_date", "date"),
    Field("renewalDate", "renewal_date", "date"),
    Field("noticeDays", "notice_days", "id"),
    Field("autoRenew", "auto_renew", "flag"),
    Field("annualValue", "annual_value", "number"),
    Field("currency", "currency"),
    Field("billingCycle", "billing_cycle", choices=("YEARLY", "QUARTERLY", "MONTHLY")),
    Field("paymentMethod", "payment_method"),
    Field("debitIban", "debit_iban"),
    Field("signedBy", "signed_by"),
    Field("ownerId", "owner_id", "id", refers="users"),
    Field("terms", "terms"),
    Field("remarks", "remarks"),
)
OPPORTUNITY = (
    Field("title", "title"),
    Field("stage", "stage", choices=("QUALIFY", "NEEDS", "PROPOSAL", "NEGOTIATION", "WON", "LOST")),
    Field("amount", "amount", "number"),
    Field("probability", "probability", "id"),
    Field("closeDate", "close_date", "date"),
    Field("ownerId", "owner_id", "id", refers="users"),
    Field("nextStep", "next_step"),
    Field("lostReason", "lost_reason"),
    Field("remarks", "remarks"),
)
TICKET = (
    Field("subject", "subject", required=True),
    Field("description", "description"),
    Field("customerId", "customer_id", "id", required=True, refers="customers"),
    Field("contactId", "contact_id", "id", refers="contacts"),
    Field("priority", "priority", choices=("LOW", "MEDIUM", "HIGH", "CRITICAL")),
    Field("category", "category"),
)
TICKET_CHANGE = (
    Field("subject", "subject"),
    Field("status", "status", choices=("NEW", "OPEN", "WAITING", "RESOLVED", "CLOSED")),
    Field("priority", "priority", choices=("LOW", "MEDIUM", "HIGH", "CRITICAL")),
    Field("category", "category"),
    Field("assigneeId", "assignee_id", "id", refers="users"),
    Field("resolution", "resolution"),
)
TASK = (
    Field("subject", "subject", required=True),
    Field("customer_id", "customer_id", "id", refers="customers"),
    Field("assignee_id", "assignee_id", "id", refers="users"),
    Field("due_date", "due_date", "date", required=True),
    Field("priority", "priority", choices=("LOW", "MEDIUM", "HIGH", "CRITICAL")),
    Field("remarks", "remarks"),
)

_KINDS: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "date": (str,),
    "number": (int, float),
    "flag": (bool,),
    "id": (int,),
    "list": (list,),
}


def check(
    database: sqlite3.Connection, fields: tuple[Field, ...], body: Any, *, whole: bool, modern: bool = False
) -> dict[str, Any]:
    """Column -> value of a body that is right. With ``whole``, what the body does not say becomes null.

    Raises:
        CrmError: 400, or 422 in the ``modern`` format, with one message for each wrong field.
    """
    if not isinstance(body, dict):
        raise invalid("The request body must be a JSON object.")
    wrong: dict[str, str] = {}
    values: dict[str, Any] = {}
    for field in fields:
        value = body.get(field.name)
        if value is None:
            if whole and field.required:
                wrong[field.name] = "is required"
            if whole or field.name in body:
                values[field.column] = _blank(field)
            continue
        if message := _complaint(database, field, value):
            wrong[field.name] = message
        else:
            values[field.column] = json.dumps(value) if field.kind == "list" else value
    if wrong:
        if modern:
            raise CrmError(422, "VAL-0422", "Validation failed", wrong)
        raise invalid("The object could not be saved.", wrong)
    return values


def _blank(field: Field) -> Any:
    return "[]" if field.kind == "list" else 0 if field.kind == "flag" else None


def _complaint(database: sqlite3.Connection, field: Field, value: Any) -> str | None:
    kinds = _KINDS[field.kind]
    if not isinstance(value, kinds) or (isinstance(value, bool) and field.kind != "flag"):
        return f"has the wrong type, expected {field.kind}"
    if field.kind == "date" and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(value)):
        return "must be a date (yyyy-MM-dd)"
    if field.choices and value not in field.choices:
        return f"must be one of {', '.join(field.choices)}"
    if field.refers:
        key = "code" if field.refers == "countries" else "id"
        found = database.execute(f"SELECT 1 FROM {field.refers} WHERE {key} = ?", (value,)).fetchone()  # noqa: S608
        if not found:
            return f"refers to nothing in {field.refers}"
    return None


def user_defined(body: Mapping[str, Any], before: str | None, *, whole: bool) -> str:
    """The ``udf`` column after a write: replaced as a whole by a full write, changed member by member by a partial."""
    kept = {} if whole or before is None else json.loads(before)
    return json.dumps({name: body.get(name, kept.get(name)) for name in UDF})
