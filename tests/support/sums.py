"""Sums and groups of the CRM's rows, asked through every paging style with faults in between, and what SQL says.

The oracle is SQLite on the CRM's own database, in whole cents.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import httpx
import orjson
from support import paged_api

from adaptgen.model.tables import Tool
from adaptgen.runtime.answers.list import ListCall
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.paging.cursor import CursorBox
from adaptgen.runtime.paging.scan import Bounds
from adaptgen.runtime.queries.query import answer_question

STYLES = ("offset", "page", "cursor", "cursor-header", "link", "next-header", "next-url", "next-url-offset", "none")
FUNCTIONS = ("sum", "avg", "min", "max")
ROWS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "invoices": ("amount_gross", ("status", "currency", "dunning_level", "customer_id")),
    "opportunities": ("amount", ("stage", "currency", "owner_id", "lost_reason")),
    "contracts": ("annual_value", ("status", "currency", "billing_cycle", "owner_id")),
    "customers": ("credit_limit", ("status", "segment", "industry", "country_code")),
    "payments": ("amount", ("paid_on",)),
}
"""Table -> the amount, and what it is grouped by."""


class Faulty:
    """An API that fails now and then (``fails``: the numbers of such requests), or loses the items behind ``loses``."""

    def __init__(self, api: Any, fails: frozenset[int], loses: int | None) -> None:
        self.api, self.fails, self.loses, self.paging = api, fails, loses, api.paging
        self.total = len(api.items)
        self.requests = 0
        if loses is not None:
            api.items = api.items[:loses]

    async def __call__(self, query: Mapping[str, Any] = {}, url: str | None = None) -> Any:
        self.requests += 1
        if self.requests in self.fails:
            raise ToolError("The API failed (503).", status=503)
        response = await self.api(query, url)
        if self.loses is not None and self.api.total == "true":
            body = response.json()
            body["total"] = self.total
        return response


class Flaky(httpx.AsyncBaseTransport):
    """The network of a server; every so often a request fails with 500 (``seed`` decides which)."""

    def __init__(self, seed: int, share: float) -> None:
        self._random = random.Random(seed)
        self._share = share
        self._inner = httpx.AsyncHTTPTransport()
        self.failed = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and self._random.random() < self._share:
            self.failed += 1
            return httpx.Response(500, stream=httpx.ByteStream(b"out of order"), request=request)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


Groups = dict[tuple[Any, ...], tuple[int | None, int, int | None, int | None, int]]
"""Values of a group -> sum, number of values, smallest and largest in cents, and number of items."""


def in_sql(database: sqlite3.Connection, table: str, amount: str, groups: Sequence[str], where: str = "1=1") -> Groups:
    """What SQL says."""
    by = ", ".join(groups)
    cents = f"CAST(round({amount} * 100) AS INTEGER)"
    figures = f"sum({cents}), count({amount}), min({cents}), max({cents}), count(*)"
    asked = f"SELECT {by}{', ' * bool(by)}{figures} FROM {table} WHERE {where}"
    rows = database.execute(f"{asked} GROUP BY {by}" if by else asked).fetchall()
    return {tuple(row)[: len(groups)]: tuple(row)[len(groups) :] for row in rows}  # type: ignore[misc]


def differs(told: Any, wanted: Groups, amount: str, groups: Sequence[str]) -> str:
    """Where an answer is not what SQL says, to the cent; "" where it is."""
    if groups:
        assert told["fields"] == [*groups, *(f"{one}({amount})" for one in FUNCTIONS), "count"]
        found = {tuple(row[: len(groups)]): row[len(groups) :] for row in told["items"]}
    else:
        found = {(): [*(told[one][amount] for one in FUNCTIONS), told["count"]]}
    if found.keys() != wanted.keys():
        return f"other groups: {found.keys() ^ wanted.keys()}"
    for key, (total, filled, low, high, count) in wanted.items():
        sum_, average, least, most, items = found[key]
        exact = None if total is None else float(Decimal(total) / 100 / filled)
        if (_cents(sum_), _cents(least), _cents(most), items, average) != (total, low, high, count, exact):
            return f"{key}: {found[key]} is not {wanted[key]}"
    return ""


def _cents(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value)) * 100


def ask_all(fetch: Any, bounds: Bounds, asked: Mapping[str, Any], limit: int = 1000) -> Any:
    """The last answer to a question that is continued as long as it has a cursor, and asked again where it fails."""
    tool = Tool(name="list_rows", page=fetch.paging)
    box = CursorBox(b"k" * 32)
    cursor: str | None = None
    for _ in range(600):
        call = ListCall(
            box=box, caller="me", contract_hash="c", page_size=25, max_bytes=400_000, limit=limit, cursor=cursor
        )
        try:
            answer = asyncio.run(answer_question(tool, fetch, call, asked=asked, bounds=bounds))
        except ToolError as problem:
            if problem.status != 503:
                raise
            continue
        told = orjson.loads(answer.content[0].text)  # type: ignore[union-attr]
        cursor = told.get("next_cursor")
        if cursor is None:
            return told
        assert told["complete"] is False
    raise AssertionError("it never ends")


def try_once(database: sqlite3.Connection, seed: int) -> tuple[str, str]:
    """One question about the CRM's rows through an API drawn by ``seed``: "exact", "incomplete" or "wrong", and what
    was asked."""
    draw = random.Random(seed)
    table = draw.choice(list(ROWS))
    amount, columns = ROWS[table]
    groups = draw.sample(columns, min(draw.choice((0, 1, 1, 2)), len(columns)))
    column = draw.choice(columns)
    known = [row[0] for row in database.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")]
    chosen = draw.choice((None, draw.choice(known)))
    items = [
        {"id": row["id"], **{name: row[name] for name in (amount, *columns)}}
        for row in map(dict, _rows(database, f"SELECT id, {amount}, {', '.join(columns)} FROM {table} ORDER BY id"))
    ]
    if draw.random() < 0.3:
        for item in items:
            item[amount] = None if item[amount] is None else f"{item[amount]:.2f}"
    api = paged_api.FakeApi(
        list(items),
        style=draw.choice(STYLES),
        clamp=draw.choice((20, 50, 100, 500)),
        default=draw.choice((20, 50, 100)),
        total=draw.choice(("true", "none")),
        sized=draw.random() < 0.7,
        beyond=draw.choice((200, 404)),
    )
    fails = frozenset(draw.sample(range(1, 40), draw.choice((0, 0, 2, 8))))
    loses = draw.randrange(len(items)) if api.total == "true" and draw.random() < 0.2 else None
    bounds = Bounds(items=draw.choice((150, 700, 10_000)), requests=draw.choice((5, 250)))
    asked: dict[str, Any] = dict.fromkeys(FUNCTIONS, amount)
    asked |= {"group_by": ", ".join(groups)} if groups else {"count": True}
    where = "1=1"
    if chosen is not None:
        asked["where"] = {column: chosen}
        where = f"{column} = '{chosen}'"
    told = ask_all(Faulty(api, fails, loses), bounds, asked)
    said = f"{seed}: {table} {api.style} {asked}"
    if told.get("complete") is False:
        return "incomplete", said
    wrong = differs(told, in_sql(database, table, amount, groups, where), amount, groups)
    return ("wrong" if wrong or loses is not None else "exact"), f"{said} {wrong}"


def _rows(database: sqlite3.Connection, sql: str) -> list[Any]:
    before, database.row_factory = database.row_factory, sqlite3.Row
    try:
        return database.execute(sql).fetchall()
    finally:
        database.row_factory = before
