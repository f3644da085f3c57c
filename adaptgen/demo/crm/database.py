"""The tables of the CRM, and a pristine copy to reset them from."""

from __future__ import annotations

import sqlite3
from functools import lru_cache

from adaptgen.demo.crm.seed import rows

BUSINESS_DATE = "2026-02-16"
"""The day the CRM believes it is: everything in the seed is dated around it."""

_AUDIT = "udf TEXT, version INTEGER, created_by TEXT, created_at TEXT, modified_by TEXT, modified_at TEXT"
_TABLES = {
    "countries": "code TEXT PRIMARY KEY, name TEXT, region TEXT, dial_code TEXT, active INTEGER",
    "users": "id INTEGER PRIMARY KEY, login TEXT, full_name TEXT, email TEXT, phone TEXT, role TEXT, team TEXT,"
    " active INTEGER",
    "tags": "id INTEGER PRIMARY KEY, name TEXT, color TEXT",
    "products": "id INTEGER PRIMARY KEY, sku TEXT, name TEXT, family TEXT, list_price REAL, currency TEXT,"
    " active INTEGER",
    "customers": "id INTEGER PRIMARY KEY, customer_no TEXT, name TEXT, legal_name TEXT, status TEXT, segment TEXT,"
    " industry TEXT, country_code TEXT, street TEXT, city TEXT, zip TEXT, phone TEXT, fax TEXT, email TEXT,"
    " website TEXT, vat_id TEXT, iban TEXT, national_id TEXT, credit_limit REAL, currency TEXT,"
    f" payment_term_days INTEGER, owner_id INTEGER, tax_exempt INTEGER, tags TEXT, remarks TEXT, {_AUDIT}",
    "contacts": "id INTEGER PRIMARY KEY, customer_id INTEGER, salutation TEXT, first_name TEXT, last_name TEXT,"
    " job_title TEXT, department TEXT, email TEXT, phone TEXT, mobile TEXT, birth_date TEXT, national_id TEXT,"
    " is_primary INTEGER, newsletter INTEGER, language TEXT, street TEXT, city TEXT, zip TEXT, country_code TEXT,"
    f" remarks TEXT, {_AUDIT}",
    "opportunities": "id INTEGER PRIMARY KEY, opp_no TEXT, title TEXT, customer_id INTEGER, product_id INTEGER,"
    " stage TEXT, amount REAL, currency TEXT, probability INTEGER, close_date TEXT, owner_id INTEGER, source TEXT,"
    f" next_step TEXT, lost_reason TEXT, remarks TEXT, {_AUDIT}",
    "contracts": "id INTEGER PRIMARY KEY, contract_no TEXT, title TEXT, customer_id INTEGER, product_id INTEGER,"
    " status TEXT, start_date TEXT, end_date TEXT, renewal_date TEXT, notice_days INTEGER, auto_renew INTEGER,"
    " annual_value REAL, currency TEXT, billing_cycle TEXT, payment_method TEXT, debit_iban TEXT, signed_by TEXT,"
    f" owner_id INTEGER, terms TEXT, remarks TEXT, {_AUDIT}",
    "invoices": "id INTEGER PRIMARY KEY, invoice_no TEXT, customer_id INTEGER, contract_id INTEGER, status TEXT,"
    " issue_date TEXT, due_date TEXT, amount_net REAL, vat_rate REAL, amount_gross REAL, amount_paid REAL,"
    f" currency TEXT, dunning_level INTEGER, billing_email TEXT, remarks TEXT, {_AUDIT}",
    "payments": "id INTEGER PRIMARY KEY, invoice_id INTEGER, amount REAL, paid_on TEXT, reference TEXT",
    "tickets": "id INTEGER PRIMARY KEY, ticket_no TEXT, subject TEXT, description TEXT, customer_id INTEGER,"
    " contact_id INTEGER, status TEXT, priority TEXT, category TEXT, assignee_id INTEGER, opened_at TEXT,"
    f" closed_at TEXT, resolution TEXT, {_AUDIT}",
    "comments": "id INTEGER PRIMARY KEY, ticket_id INTEGER, author_id INTEGER, text TEXT, created_at TEXT",
    "tasks": "id INTEGER PRIMARY KEY, subject TEXT, customer_id INTEGER, assignee_id INTEGER, due_date TEXT,"
    f" status TEXT, priority TEXT, remarks TEXT, {_AUDIT}",
    "notes": "id INTEGER PRIMARY KEY, customer_id INTEGER, author_id INTEGER, text TEXT, created_at TEXT",
    "attachments": "id INTEGER PRIMARY KEY, customer_id INTEGER, file_name TEXT, media_type TEXT, size INTEGER,"
    " category TEXT, description TEXT, sha256 TEXT, uploaded_by TEXT, uploaded_at TEXT, content BLOB",
}
_INDEXES = ("contacts", "opportunities", "contracts", "invoices", "tickets", "tasks", "notes", "attachments")


class _Memory(sqlite3.Connection):
    """A database in memory: nothing is lost when it goes with the last one who knows it, so that closes it."""

    def __del__(self) -> None:
        self.close()


@lru_cache(maxsize=1)
def _pristine() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", check_same_thread=False, factory=_Memory)
    for table, columns in _TABLES.items():
        database.execute(f"CREATE TABLE {table} ({columns})")
    for table in _INDEXES:
        database.execute(f"CREATE INDEX {table}_customer ON {table} (customer_id)")
    for table, records in rows().items():
        marks = ", ".join("?" * len(records[0]))
        database.executemany(f"INSERT INTO {table} VALUES ({marks})", records)  # noqa: S608  table names are ours
    database.commit()
    return database


def connect() -> sqlite3.Connection:
    """A new database in memory, seeded. Rows are ``sqlite3.Row``; the same bytes in every process."""
    database = sqlite3.connect(":memory:", check_same_thread=False, factory=_Memory)
    database.row_factory = sqlite3.Row
    reset(database)
    return database


def reset(database: sqlite3.Connection) -> None:
    """Put ``database`` back to the seed (a few milliseconds: a page copy)."""
    database.rollback()
    _pristine().backup(database)
