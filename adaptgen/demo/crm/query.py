"""Filters of list requests, turned into SQL with bound values."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from adaptgen.demo.crm.errors import CrmError, invalid, not_found
from adaptgen.demo.crm.sessions import USER_ID


class Query:
    """A SELECT over one table that collects conditions. Table and column names are never the caller's."""

    def __init__(self, table: str, parameters: Mapping[str, str]) -> None:
        self.table = table
        self._parameters = parameters
        self._conditions: list[str] = []
        self._values: list[object] = []

    def add(self, condition: str, *values: object) -> None:
        self._conditions.append(condition)
        self._values.extend(values)

    def equal(self, parameter: str, column: str) -> None:
        if value := self._parameters.get(parameter):
            self.add(f"{column} = ?", value)

    def number(self, parameter: str, column: str) -> None:
        if self._parameters.get(parameter):
            self.add(f"{column} = ?", whole(self._parameters, parameter, 0))

    def flag(self, parameter: str, column: str) -> None:
        if value := self._parameters.get(parameter):
            self.add(f"{column} = ?", int(value.lower() in ("true", "1", "y")))

    def contains(self, parameter: str, *columns: str) -> None:
        if value := self._parameters.get(parameter):
            self.add("(" + " OR ".join(f"{one} LIKE ?" for one in columns) + ")", *[f"%{value}%"] * len(columns))

    def between(self, column: str, first: str, last: str) -> None:
        """Days from ``first`` to ``last``, both included; 400 for anything that is not an ISO date."""
        for parameter, sign in ((first, ">="), (last, "<=")):
            if value := self._parameters.get(parameter):
                if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
                    raise invalid("Invalid query parameter.", {parameter: "must be a date (yyyy-MM-dd)"})
                self.add(f"{column} {sign} ?", value)

    def owner(self, parameter: str, column: str) -> None:
        value = self._parameters.get(parameter)
        if value == "me":
            self.add(f"{column} = ?", USER_ID)
        elif value:
            self.number(parameter, column)

    def customer(self, parameter: str = "customerId", name: str = "customerName") -> None:
        self.number(parameter, "customer_id")
        if value := self._parameters.get(name):
            self.add("customer_id IN (SELECT id FROM customers WHERE name LIKE ?)", f"%{value}%")

    def count(self, database: sqlite3.Connection) -> int:
        sql = f"SELECT count(*) FROM {self.table}{self._where}"  # noqa: S608
        found: int = database.execute(sql, self._values).fetchone()[0]
        return found

    def rows(
        self, database: sqlite3.Connection, order: str = "id", limit: int = -1, offset: int = 0
    ) -> list[sqlite3.Row]:
        sql = f"SELECT * FROM {self.table}{self._where} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608
        return database.execute(sql, [*self._values, limit, offset]).fetchall()

    @property
    def _where(self) -> str:
        return " WHERE " + " AND ".join(self._conditions) if self._conditions else ""


def whole(parameters: Mapping[str, str], name: str, default: int, low: int = 0, high: int | None = None) -> int:
    """An integer parameter. Too large is clamped without a word, too small and not a number is a 400."""
    text = parameters.get(name)
    if not text:
        return default
    if not re.fullmatch(r"-?\d{1,12}", text) or int(text) < low:
        raise invalid("Invalid query parameter.", {name: f"must be a whole number of at least {low}"})
    return int(text) if high is None else min(int(text), high)


def one(database: sqlite3.Connection, table: str, key: str, what: str, column: str = "id") -> sqlite3.Row:
    """The row with that key, or 404."""
    row = database.execute(f"SELECT * FROM {table} WHERE {column} = ?", (key,)).fetchone()  # noqa: S608
    if row is None:
        raise not_found(what, key)
    found: sqlite3.Row = row
    return found


def check_version(row: sqlite3.Row, given: str | None) -> None:
    """``If-Match`` against the entity tag of a row (RFC 9110, 13.1.1); without the header the last writer wins."""
    if given not in (None, "*", etag(row)):
        raise CrmError(412, "OBJ-0412", "The object was changed by another user. Reload it and try again.")


def etag(row: sqlite3.Row) -> str:
    return f'"{row["id"]}-{row["version"]}"'


async def body_of(request: Request) -> Any:
    """The JSON body of a request; CrmError (400) for anything else."""
    try:
        return json.loads(await request.body())
    except ValueError as problem:
        raise CrmError(400, "VAL-0001", "The request body is not valid JSON.") from problem
