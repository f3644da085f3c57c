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
    """One writable field. ``kind``: text, date, number, flag, id or list. ``refers``: the table whose keys are its
    values."""

    name: str
    kind: str = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    refers: str = ""

    @property
    def column(self) -> str:
        """Its column in the table: ``legalName`` is in ``legal_name``."""
        return re.sub(r"(?=[A-Z])", "_", self.name).lower()


def _plain(names: str, kind: str = "text") -> tuple[Field, ...]:
    """Optional fields of one kind."""
    return tuple(Field(name, kind) for name in names.split())


_PRIORITY = Field("priority", choices=("LOW", "MEDIUM", "HIGH", "CRITICAL"))
_OWNER = Field("ownerId", "id", refers="users")

CUSTOMER = (
    Field("name", required=True),
    *_plain("legalName"),
    Field("status", required=True, choices=("ACTIVE", "PROSPECT", "DORMANT", "BLOCKED")),
    Field("segment", choices=("ENTERPRISE", "MIDMARKET", "SMB")),
    *_plain("industry"),
    Field("countryCode", refers="countries"),
    *_plain("street city zip phone fax email website vatId iban"),
    Field("creditLimit", "number"),
    *_plain("currency"),
    Field("paymentTermDays", "id"),
    _OWNER,
    Field("taxExempt", "flag"),
    Field("tags", "list"),
    *_plain("remarks"),
)
CONTACT = (
    Field("customer_id", "id", required=True, refers="customers"),
    *_plain("salutation first_name"),
    Field("last_name", required=True),
    *_plain("job_title department email phone mobile"),
    Field("birth_date", "date"),
    *_plain("is_primary newsletter", "flag"),
    *_plain("language street city zip"),
    Field("country_code", refers="countries"),
    *_plain("remarks"),
)
CONTRACT = (
    Field("title", required=True),
    Field("productId", "id", refers="products"),
    Field("status", required=True, choices=("DRAFT", "ACTIVE", "CANCELLED")),
    *_plain("startDate endDate renewalDate", "date"),
    Field("noticeDays", "id"),
    Field("autoRenew", "flag"),
    Field("annualValue", "number"),
    *_plain("currency"),
    Field("billingCycle", choices=("YEARLY", "QUARTERLY", "MONTHLY")),
    *_plain("paymentMethod debitIban signedBy"),
    _OWNER,
    *_plain("terms remarks"),
)
OPPORTUNITY = (
    *_plain("title"),
    Field("stage", choices=("QUALIFY", "NEEDS", "PROPOSAL", "NEGOTIATION", "WON", "LOST")),
    Field("amount", "number"),
    Field("probability", "id"),
    Field("closeDate", "date"),
    _OWNER,
    *_plain("nextStep lostReason remarks"),
)
TICKET = (
    Field("subject", required=True),
    *_plain("description"),
    Field("customerId", "id", required=True, refers="customers"),
    Field("contactId", "id", refers="contacts"),
    _PRIORITY,
    *_plain("category"),
)
TICKET_CHANGE = (
    *_plain("subject"),
    Field("status", choices=("NEW", "OPEN", "WAITING", "RESOLVED", "CLOSED")),
    _PRIORITY,
    *_plain("category"),
    Field("assigneeId", "id", refers="users"),
    *_plain("resolution"),
)
TASK = (
    Field("subject", required=True),
    Field("customer_id", "id", refers="customers"),
    Field("assignee_id", "id", refers="users"),
    Field("due_date", "date", required=True),
    _PRIORITY,
    *_plain("remarks"),
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
    """Column -> value of a body that is right, else CrmError (400, or 422 in the ``modern`` format) with one message
    for each wrong field. With ``whole``, what the body does not say becomes null."""
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
