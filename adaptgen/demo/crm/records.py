"""Rows as the CRM shows them: every column, forty fields of it, and reference data repeated wherever it fits."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from typing import Any

Record = dict[str, Any]

_FLAGS = {"is_primary", "newsletter", "auto_renew", "tax_exempt", "active"}
_HIDDEN = {"udf", "version", "created_by", "created_at", "modified_by", "modified_at"}


def camel(column: str) -> str:
    head, *rest = column.split("_")
    return head + "".join(part.title() for part in rest)


def pascal(column: str) -> str:
    return "".join(part.title() for part in column.split("_"))


def plain(row: sqlite3.Row) -> Record:
    """The columns of a row by their own names, flags as booleans, lists unpacked."""
    record: Record = {}
    for key in row.keys():  # noqa: SIM118  a Row iterates over its values
        value = row[key]
        if key in _HIDDEN or isinstance(value, bytes):
            continue
        if key in _FLAGS:
            value = bool(value)
        elif key == "tags":
            value = json.loads(value)
        record[key] = value
    return record


def camelled(record: Record) -> Record:
    """The same under the names of the newer generation."""
    return {camel(name): value for name, value in record.items()}


def noise(row: sqlite3.Row, collection: str) -> Record:
    """What the CRM adds to every record of its old generation."""
    text = "|".join(str(value) for value in tuple(row))
    link = f"/crm/rest/v2/{collection}/{row['id']}"
    return {
        **json.loads(row["udf"]),
        "createdBy": row["created_by"],
        "createdAt": row["created_at"],
        "modifiedBy": row["modified_by"],
        "modifiedAt": row["modified_at"],
        "rowVersion": row["version"],
        "rowHash": hashlib.sha256(text.encode()).hexdigest(),
        "tenantId": "T0001",
        "archived": False,
        "_links": {"self": {"href": link}, "history": {"href": f"{link}/history"}, "acl": {"href": f"{link}/acl"}},
    }


class Records:
    """Makes records of rows; keeps nothing but the connection."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def user(self, key: int | None) -> Record | None:
        return self._one("users", "id", key)

    def country(self, code: str | None) -> Record | None:
        row = self._one("countries", "code", code)
        return camelled(row) if row else None

    def customer_label(self, key: int | None) -> Record | None:
        row = self._one("customers", "id", key)
        return {"id": row["id"], "customerNo": row["customer_no"], "name": row["name"]} if row else None

    def product_label(self, key: int | None) -> Record | None:
        row = self._one("products", "id", key)
        return {"id": row["id"], "sku": row["sku"], "name": row["name"]} if row else None

    def _one(self, table: str, column: str, key: object) -> Record | None:
        row = self._database.execute(f"SELECT * FROM {table} WHERE {column} = ?", (key,)).fetchone()  # noqa: S608
        return plain(row) if row else None

    def _every(self, table: str) -> list[Record]:
        return [plain(row) for row in self._database.execute(f"SELECT * FROM {table}")]  # noqa: S608

    def reference_data(self) -> Record:
        """The drop-downs of the old user interface. It wants them with every answer."""
        countries = [camelled(row) for row in self._every("countries")]
        users = [camelled(row) for row in self._every("users")]
        return {
            "countries": countries,
            "users": users,
            "tags": self._every("tags"),
            "statuses": ["ACTIVE", "PROSPECT", "DORMANT", "BLOCKED"],
            "segments": ["ENTERPRISE", "MIDMARKET", "SMB"],
        }

    def owner(self, key: int | None) -> Record | None:
        user = self.user(key)
        return camelled(user) if user else None

    def customer(self, row: sqlite3.Row) -> Record:
        record = camelled(plain(row))
        record["owner"] = self.owner(row["owner_id"])
        record["country"] = self.country(row["country_code"])
        return {**record, **noise(row, "customers")}

    def contact(self, row: sqlite3.Row) -> Record:
        record = plain(row)
        record["full_name"] = f"{row['first_name']} {row['last_name']}"
        record["customer"] = self.customer_label(row["customer_id"])
        return {**record, **noise(row, "contacts")}

    def opportunity(self, row: sqlite3.Row, collection: str = "opportunities") -> Record:
        record = camelled(plain(row))
        record["customer"] = self.customer_label(row["customer_id"])
        record["product"] = self.product_label(row["product_id"])
        record["owner"] = self.owner(row["owner_id"])
        return {**record, **noise(row, collection)}

    def contract(self, row: sqlite3.Row) -> Record:
        return self.opportunity(row, "contracts")

    def invoice(self, row: sqlite3.Row) -> Record:
        record = camelled(plain(row))
        record["amountOpen"] = round(row["amount_gross"] - row["amount_paid"], 2)
        if row["status"] == "CANCELLED":
            record["amountOpen"] = 0.0
        record["customer"] = self.customer_label(row["customer_id"])
        return {**record, **noise(row, "invoices")}

    def ticket(self, row: sqlite3.Row) -> Record:
        record = camelled(plain(row))
        record["customer"] = self.customer_label(row["customer_id"])
        record["assignee"] = self.owner(row["assignee_id"])
        return {**record, **noise(row, "tickets")}

    def task(self, row: sqlite3.Row) -> Record:
        record = plain(row)
        record["customer"] = self.customer_label(row["customer_id"])
        return {**record, **noise(row, "tasks")}

    def note(self, row: sqlite3.Row) -> Record:
        author = self.user(row["author_id"])
        return {**plain(row), "author": author["full_name"] if author else None}

    def attachment(self, row: sqlite3.Row) -> Record:
        return camelled(plain(row))

    def product(self, row: sqlite3.Row) -> Record:
        return {pascal(key): value for key, value in plain(row).items()}


def each(rows: Iterable[sqlite3.Row], make: Any) -> list[Record]:
    return [make(row) for row in rows]
