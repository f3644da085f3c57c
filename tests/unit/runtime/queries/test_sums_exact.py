"""Sums and groups against SQL: whatever the API's paging, bounds and faults, they are exact or not complete."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.paging.scan import Bounds

STYLES = ("offset", "page", "cursor", "cursor-header", "link", "next-header", "next-url", "next-url-offset", "none")
FUNCTIONS = ("sum", "avg", "min", "max")


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


@st.composite
def apis(draw: st.DrawFn) -> dict[str, Any]:
    count = draw(st.integers(0, 40))
    cents = st.one_of(st.none(), st.integers(-(10**11), 10**11))
    texts = draw(st.booleans())
    items = []
    for n in range(count):
        amount = draw(cents)
        spelt = None if amount is None else f"{Decimal(amount) / 100:.2f}" if texts else amount / 100
        row = {"id": n, "name": f"n{n}", "amount": spelt, "cents": amount}
        row["state"] = draw(st.sampled_from(("A", "B", "C", None)))
        row["kind"] = draw(st.integers(1, 3))
        items.append(row)
    return {
        "items": items,
        "style": draw(st.sampled_from(STYLES)),
        "clamp": draw(st.integers(1, 30)),
        "default": draw(st.integers(1, 30)),
        "total": draw(st.sampled_from(("true", "none"))),
        "sized": draw(st.booleans()),
        "beyond": draw(st.sampled_from((200, 404))),
    }


def in_sql(items: list[dict[str, Any]], groups: list[str], where: bool) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Sum and average in whole cents, smallest, largest and number of each group."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE things (cents INTEGER, state TEXT, kind INTEGER)")
    database.executemany("INSERT INTO things VALUES (:cents, :state, :kind)", items)
    by = ", ".join(groups)
    figures = "sum(cents), count(cents), min(cents), max(cents), count(*)"
    asked = f"SELECT {by}{', ' * bool(groups)}{figures} FROM things{' WHERE kind > 1' * where}"
    rows = database.execute(f"{asked} GROUP BY {by}" if groups else asked).fetchall()
    database.close()
    return {tuple(row[: len(groups)]): tuple(row[len(groups) :]) for row in rows}


def cents(value: Any) -> int | None:
    return None if value is None else int(Decimal(str(value)) * 100)


def is_right(told: Any, wanted: dict[tuple[Any, ...], tuple[Any, ...]], groups: list[str]) -> bool:
    """Whether an answer is what SQL says, in every group and to the cent."""
    if groups:
        size = len(groups)
        assert told["fields"] == [*groups, *(f"{one}(amount)" for one in FUNCTIONS), "count"]
        found = {tuple(row[:size]): row[size:] for row in told["items"]}
    else:
        found = {(): [*(told[one]["amount"] for one in FUNCTIONS), told["count"]]}
    if found.keys() != wanted.keys():
        return False
    for key, (total, filled, low, high, count) in wanted.items():
        sum_, average, least, most, items = found[key]
        if (cents(sum_), cents(least), cents(most), items) != (total, low, high, count):
            return False
        if average != (None if not filled else float(Decimal(total) / 100 / filled)):
            return False
    return True


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    api=apis(),
    groups=st.sampled_from(([], ["state"], ["kind", "state"])),
    where=st.booleans(),
    most=st.integers(1, 50),
    fails=st.frozensets(st.integers(1, 30), max_size=6),
    lost=st.one_of(st.none(), st.integers(0, 39)),
)
def test_sums_are_what_sql_says_or_not_complete(
    kit: Any,
    api: dict[str, Any],
    groups: list[str],
    where: bool,
    most: int,
    fails: frozenset[int],
    lost: int | None,
) -> None:
    whole = list(api["items"])
    loses = lost if lost is not None and lost < len(whole) and api["total"] == "true" else None
    ask = kit.Ask(Faulty(kit.Api(**api), fails, loses), bounds=Bounds(items=most), max_bytes=60_000)
    asked: dict[str, Any] = {**dict.fromkeys(FUNCTIONS, "amount"), "count": True}
    asked |= {"group_by": groups} if groups else {}
    asked |= {"where": {"kind": {">": 1}}} if where else {}

    cursor = None
    for _ in range(400):
        try:
            told = ask(cursor, limit=100, **asked)
        except ToolError as problem:
            if problem.status != 503:
                raise
            continue
        cursor = told.get("next_cursor")
        if cursor is None:
            break
        assert told["complete"] is False
    assert cursor is None, json.dumps(told)

    assert told.get("complete") is False or is_right(told, in_sql(whole, groups, where), groups)
    assert (told.get("complete") is False) == (loses is not None)
