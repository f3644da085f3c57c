"""What the CRM holds while it runs: database, sessions, counters and its own clock."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from adaptgen.demo.crm.database import BUSINESS_DATE, connect, reset
from adaptgen.demo.crm.records import Records
from adaptgen.demo.crm.sessions import USERNAME, Sessions


@dataclass(slots=True)
class Stats:
    """Counters since the last reset. ``sent``: bytes of bodies; ``by_operation``: method and path -> requests."""

    requests: int = 0
    sent: int = 0
    logins: int = 0
    failed_logins: int = 0
    refreshes: int = 0
    reused_refreshes: int = 0
    refused: int = 0
    by_operation: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Job:
    """A report that was ordered. ``asked``: how often somebody asked how far it is."""

    number: int
    kind: str
    year: int
    ordered_at: str
    asked: int = 0


class State:
    """The running CRM. ``slow``: seconds the slow endpoint takes; ``ttl``: seconds a session lives."""

    def __init__(self, *, ttl: float = 1800.0, slow: float = 1.2) -> None:
        self.database = connect()
        self.records = Records(self.database)
        self.sessions = Sessions(ttl)
        self.slow = slow
        self.stats = Stats()
        self.jobs: dict[int, Job] = {}
        self.incidents = 0
        self._changes = 0

    def reset(self) -> None:
        """Back to the seed: data, sessions, counters and clock."""
        reset(self.database)
        self.sessions.clear()
        self.stats = Stats()
        self.jobs.clear()
        self.incidents = 0
        self._changes = 0

    def now(self) -> str:
        """The CRM's own time: its business date, one second later with every change."""
        self._changes += 1
        moment = datetime.fromisoformat(f"{BUSINESS_DATE}T09:00:00") + timedelta(seconds=self._changes)
        return f"{moment.isoformat()}Z"

    def insert(self, table: str, values: Mapping[str, Any], *, audited: bool = True) -> sqlite3.Row:
        """A new row; tables of the old generation get their audit columns."""
        record = dict(values)
        if audited:
            now = self.now()
            record |= {"version": 1, "created_by": USERNAME, "created_at": now}
            record |= {"modified_by": USERNAME, "modified_at": now}
        columns, marks = ", ".join(record), ", ".join("?" * len(record))
        sql = f"INSERT INTO {table} ({columns}) VALUES ({marks}) RETURNING *"  # noqa: S608  names are ours
        return self._write(sql, list(record.values()))

    def update(self, table: str, key: int, values: Mapping[str, Any]) -> sqlite3.Row:
        """Change a row and count its version up."""
        record = {**values, "modified_by": USERNAME, "modified_at": self.now()}
        changes = ", ".join(f"{column} = ?" for column in record)
        sql = f"UPDATE {table} SET {changes}, version = version + 1 WHERE id = ? RETURNING *"  # noqa: S608
        return self._write(sql, [*record.values(), key])

    def _write(self, sql: str, values: list[Any]) -> sqlite3.Row:
        row: sqlite3.Row = self.database.execute(sql, values).fetchone()
        self.database.commit()
        return row
