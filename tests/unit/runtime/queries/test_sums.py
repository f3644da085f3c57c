"""What sums, averages, smallest and largest values mean: which values count, what is refused, and what is said."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.paging.scan import Bounds


def things(**columns: list[Any]) -> list[dict[str, Any]]:
    """Items with these values; ``...`` stands for a missing one."""
    rows = zip(*columns.values(), strict=True)
    named = (dict(zip(columns, row, strict=True)) for row in rows)
    return [{"id": n, **{key: value for key, value in row.items() if value is not ...}} for n, row in enumerate(named)]


def asked(kit: Any, items: list[Any], **question: Any) -> Any:
    return kit.Ask(kit.Api(items, clamp=2))(**question)


def refused(kit: Any, items: list[Any], **question: Any) -> str:
    with pytest.raises(ToolError) as refusal:
        asked(kit, items, **question)
    return refusal.value.text


@pytest.mark.parametrize(
    ("values", "sum", "avg"),
    [
        ([0.1, 0.2, 0.3], 0.6, 0.2),
        ([1, 2, 4], 7, 7 / 3),
        (["1234.50", "0.50", 5], 1240, 1240 / 3),
        ([2**53, 1, 1], str(2**53 + 2), (2**53 + 2) / 3),
        ([-5, 5, 0], 0, 0),
        ([1e22, 0.01, -1e22], 0.01, 0.01 / 3),
        ([None, None, None], None, None),
    ],
)
def test_sums_are_of_the_decimals_that_the_api_writes(kit: Any, values: list[Any], sum: Any, avg: Any) -> None:
    told = asked(kit, things(amount=values), sum="amount", avg="amount")
    assert told["sum"] == {"amount": sum}
    assert told["avg"]["amount"] == (avg if avg is None else pytest.approx(avg, rel=1e-15))
    assert told["count"] == 3


def test_digits_that_a_float_does_not_hold_are_added_and_returned_as_text(kit: Any) -> None:
    text = b'[{"id":1,"a":12345678901234567.89},{"id":2,"a":0.11},{"id":3,"a":1e-400}]'

    async def fetch(query: Any, url: Any = None) -> Any:
        return Response(200, {}, text, media_type="application/json")

    fetch.paging = kit.Api([], style="none").paging  # type: ignore[attr-defined]
    told = kit.Ask(fetch)(sum="a", where={"id": [1, 2]}, max="a")
    assert told["sum"] == {"a": "12345678901234568"}
    assert told["max"] == {"a": "12345678901234567.89"}
    assert kit.Ask(fetch)(sum="a", where={"id": 1})["sum"] == {"a": "12345678901234567.89"}
    assert kit.Ask(fetch)(sum="a", where={"id": 3})["sum"] == {"a": "1E-400"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["1234.50", "1.234,50"], "depends on the locale"),
        (["1,234"], "depends on the locale"),
        (["1 234"], "depends on the locale"),
        (["12 EUR"], "depends on the locale"),
        ([1, "n/a"], "depends on the locale"),
        (["0x10"], "depends on the locale"),
        (["٣"], "depends on the locale"),
        ([True], "true or false"),
        ([1, "2026-01-01"], "numbers and dates"),
        (["2026-01-01"], "holds dates"),
        ([{"value": 1}], "holds objects; name a field of them: a.value"),
    ],
)
def test_what_is_not_a_plain_number_refuses_a_sum(kit: Any, values: list[Any], said: str) -> None:
    text = refused(kit, things(a=values), sum="a")
    assert said in text
    assert "12 EUR" not in text


def test_texts_that_may_have_a_thousands_separator_are_said(kit: Any) -> None:
    assert "before the fraction" in asked(kit, things(a=["1.234", "12.500"]), sum="a")["note"]
    assert "note" not in asked(kit, things(a=["1.234", "12.50"]), sum="a")
    assert "note" not in asked(kit, things(a=["1.234", "0.125"]), sum="a")


def test_groups_come_with_the_largest_figure_first(kit: Any) -> None:
    items = things(a=[5, 1, None, 9, 2], state=["x", "y", "z", "y", "x"], kind=[1, 1, 1, 2, 1])
    told = asked(kit, items, sum="a", min="a", group_by=["state"])
    assert told["fields"] == ["state", "sum(a)", "min(a)", "count"]
    assert told["items"] == [["y", 10, 1, 2], ["x", 7, 2, 2], ["z", None, None, 1]]
    assert asked(kit, items, min="a", group_by="state")["items"] == [["y", 1, 2], ["x", 2, 2], ["z", None, 1]]
    told = asked(kit, items, sum="a", group_by=["state", "kind"], limit=2)
    assert told["items"] == [["y", 2, 9, 1], ["x", 1, 7, 2]]
    assert told["others"] == {"groups": 2, "items": 2}
    assert asked(kit, items, group_by=["state", "kind"])["items"][0] == ["x", 1, 2]
    assert asked(kit, items, count="state") == asked(kit, items, count=True, group_by="state")


LINES = [
    [{"sku": "p", "a": 1, "kind": "x"}, {"sku": "q", "a": 2, "kind": "x"}, {"sku": "p", "a": 8, "kind": "y"}],
    [{"sku": "p", "a": 4, "kind": "y"}],
    [],
]


def test_members_of_a_list_are_paired(kit: Any) -> None:
    items = things(lines=LINES, a=[10, 20, 40])
    assert asked(kit, items, sum="lines[*].a")["sum"] == {"lines[*].a": 15}
    for path in ("lines.a", "lines[*].a"):
        told = asked(kit, items, sum=path, max=path, group_by="lines[*].sku")
        assert told["items"] == [["p", 13, 8, 2], ["q", 2, 2, 1], [None, None, None, 1]]
    told = asked(kit, items, sum="lines.a, a", group_by="lines.sku, lines.kind")
    assert told["items"] == [
        ["p", "y", 12, 30, 2], ["q", "x", 2, 10, 1], ["p", "x", 1, 10, 1], [None, None, None, 40, 1],
    ]  # fmt: skip
    assert "1 items have several values" in told["note"]
    told = asked(kit, items, sum="a", group_by="lines[*].sku")
    assert told["items"] == [[None, 40, 1], ["p", 30, 2], ["q", 10, 1]]
    told = asked(kit, items[:2], sum="lines[0].a", group_by="lines[0].sku")
    assert told["items"] == [["p", 5, 2]]
    numbers = things(tags=[[1, 2], [2]])
    assert asked(kit, numbers, sum="tags", group_by="tags")["items"] == [[2, 4, 2], [1, 1, 1]]


@pytest.mark.parametrize(
    ("sum", "group_by"),
    [
        ("orders.lines.a", "orders.lines.sku"),
        ("lines[0].a, lines.a", "lines.sku"),
        ("lines[0].a", "lines.sku"),
        ("lines.a, others.a", "lines.sku, others.sku"),
    ],
)
def test_lists_that_cannot_be_paired_are_refused(kit: Any, sum: str, group_by: str) -> None:
    items = things(lines=LINES[:1], others=LINES[:1], orders=[[{"lines": LINES[0]}, {"lines": LINES[1]}]])
    assert "belong together" in refused(kit, items, sum=sum, group_by=group_by)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"sum": "a", "sort": "a"}, "Leave it out"),
        ({"sum": "a", "distinct": "a"}, "`distinct` lists values"),
        ({"group_by": ["a", "b", "c"]}, "at most 2 paths"),
        ({"group_by": "a", "count": "b"}, "Give all paths to `group_by`"),
        ({"sum": ["a", 5]}, "takes the path of a field"),
        ({"avg": "password"}, "holds a secret"),
        ({"sum": "a", "group_by": "api_key"}, "holds a secret"),
    ],
)
def test_what_cannot_be_asked_is_said(kit: Any, question: dict[str, Any], said: str) -> None:
    assert said in refused(kit, things(a=[1]), **question)


def test_a_sum_goes_on_with_what_it_knew(kit: Any) -> None:
    items = things(a=["1.234", None, "5.678"], currency=["EUR", "EUR", "USD"], due=["2026-02", "2026-01", "2026-03"])
    ask = kit.Ask(kit.Api(items, clamp=1, total="none"), bounds=Bounds(items=1))
    answers = ask.walk(sum="a", min="due", max=["due", "a"])
    assert len(answers) >= 3
    assert answers[0]["complete"] is False
    assert answers[0]["note"].startswith("Not the whole list: 1 items were read")
    last = answers[-1]
    assert (last["sum"], last["min"]) == ({"a": 6.912}, {"due": "2026-01"})
    assert last["max"] == {"due": "2026-03", "a": "5.678"}
    for said in ("no value in 1 of 3 items", "before the fraction", "(EUR, USD)"):
        assert said in last["note"]
