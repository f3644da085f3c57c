"""Sums and groups against SQL: whatever the API's paging, bounds and faults, they are exact or not complete."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.sums import FUNCTIONS, STYLES, Faulty, ask_all, differs, in_sql

from adaptgen.runtime.paging.scan import Bounds


@st.composite
def apis(draw: st.DrawFn) -> dict[str, Any]:
    count = draw(st.integers(0, 40))
    cents = st.one_of(st.none(), st.integers(-(10**11), 10**11))
    texts = draw(st.booleans())
    items = []
    for n in range(count):
        amount = draw(cents)
        spelt = None if amount is None else f"{Decimal(amount) / 100:.2f}" if texts else amount / 100
        row = {"id": n, "name": f"n{n}", "amount": spelt}
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


def in_table(items: list[dict[str, Any]]) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE things (amount REAL, state TEXT, kind INTEGER)")
    database.executemany("INSERT INTO things VALUES (:amount, :state, :kind)", items)
    return database


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
    asked: dict[str, Any] = {**dict.fromkeys(FUNCTIONS, "amount"), "count": True}
    asked |= {"group_by": groups} if groups else {}
    asked |= {"where": {"kind": {">": 1}}} if where else {}

    told = ask_all(Faulty(kit.Api(**api), fails, loses), Bounds(items=most), asked)

    assert (told.get("complete") is False) == (loses is not None)
    if loses is None:
        wanted = in_sql(in_table(whole), "things", "amount", groups, "kind > 1" if where else "1=1")
        assert not differs(told, wanted, "amount", groups)


LINES = st.lists(
    st.fixed_dictionaries(
        {"sku": st.sampled_from(("p", "q", "r", None)), "amount": st.one_of(st.none(), st.integers(-99, 99))}
    ),
    max_size=4,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(several=st.lists(st.tuples(LINES, st.integers(0, 99)), max_size=12), most=st.integers(1, 20))
def test_members_of_a_list_are_joined_as_sql_joins_them(
    kit: Any, several: list[tuple[list[dict[str, Any]], int]], most: int
) -> None:
    items = [{"id": at, "lines": lines, "freight": freight} for at, (lines, freight) in enumerate(several)]
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE items (id INTEGER, freight INTEGER)")
    database.execute("CREATE TABLE lines (item INTEGER, sku TEXT, amount INTEGER)")
    database.executemany("INSERT INTO items VALUES (:id, :freight)", items)
    for item in items:
        database.executemany(f"INSERT INTO lines VALUES ({item['id']}, :sku, :amount)", item["lines"])
    lines = database.execute(
        "SELECT sku, sum(amount), count(DISTINCT items.id) FROM items LEFT JOIN lines ON item = items.id GROUP BY sku"
    )
    once = database.execute(
        "SELECT sku, sum(freight) FROM (SELECT DISTINCT items.id, freight, sku FROM items LEFT JOIN lines ON "
        "item = items.id) GROUP BY sku"
    )
    freight = dict(once.fetchall())
    wanted = {sku: [total, freight[sku], count] for sku, total, count in lines.fetchall()}

    asked = {"sum": "lines[*].amount, freight", "group_by": "lines[*].sku"}
    told = ask_all(kit.Api(items, clamp=3), Bounds(items=most), asked)

    assert {row[0]: row[1:] for row in told["items"]} == wanted
