"""What the words of a question mean: comparisons, missing values, paths through lists, values and their numbers."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.queries.comparison import Operand, sort_keys

ITEMS = [
    {"id": 1, "name": "Ada", "amount": 100, "due": "2026-03-31", "tags": ["vip", "new"], "owner": {"id": 7}},
    {"id": 2, "name": "ada", "amount": "99.50", "due": "2026-03-31T15:00:00Z", "tags": []},
    {"id": 3, "name": "Émile", "amount": None, "due": "2026-04-01T00:30:00+02:00", "owner": None},
    {"id": 4, "name": "zoe", "amount": "n/a", "due": None, "tags": ["old"], "owner": {"id": 8}, "open": True},
]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"id": 1}, [1]),
        ({"id": "1"}, [1]),
        ({"id": [1, 4]}, [1, 4]),
        ({"id": {"in": [1, 4]}}, [1, 4]),
        ({"name": "ADA"}, [1, 2]),
        ({"name": "émile".replace("é", "e\u0301")}, [3]),
        ({"name": {"contains": "A"}}, [1, 2]),
        ({"name": {"!=": "ada"}}, [3, 4]),
        ({"name": {"!=": ["ada", "zoe"]}}, [3]),
        ({"amount": {">": 99}}, [1, 2]),
        ({"amount": {">": "99"}}, [1, 2]),
        ({"amount": {">=": 99.5, "<": 100}}, [2]),
        ({"amount": {"gte": 100}}, [1]),
        ({"amount": {"$lt": 100}}, [2]),
        ({"amount": 99.5}, [2]),
        ({"amount": "99.5"}, []),
        ({"amount": None}, [3]),
        ({"amount": {"!=": None}}, [1, 2, 4]),
        ({"amount": {"!=": 100}}, [2, 3, 4]),
        ({"due": "2026-03-31"}, [1, 2]),
        ({"due": {"<=": "2026-03-31"}}, [1, 2]),
        ({"due": {">": "2026-03-31"}}, [3]),
        ({"due": "2026-03"}, [1, 2]),
        ({"due": {">": "2026-03-31T14:00:00Z"}}, [2, 3]),
        ({"due": {">=": "2026-03-31T22:30:00Z"}}, [3]),
        ({"tags": "vip"}, [1]),
        ({"tags[*]": {"contains": "o"}}, [4]),
        ({"tags": {"!=": "vip"}}, [2, 3, 4]),
        ({"tags": None}, [2, 3]),
        ({"owner.id": 7}, [1]),
        ({"owner": {"id": 7}}, [1]),
        ({"owner": None}, [2, 3]),
        ({"owner": {"!=": None}}, [1, 4]),
        ({"open": True}, [4]),
        ({"open": "true"}, [4]),
        ({"open": {"!=": True}}, [1, 2, 3]),
        ({"name": "ada", "amount": {">": 99.9}}, [1]),
    ],
)
def test_a_comparison_means_what_a_person_means(kit: Any, where: Any, found: list[int]) -> None:
    assert kit.ids([kit.Ask(kit.Api(ITEMS))(where=where)]) == found


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"where": {"amount": {"~": 1}}}, "not a comparison; use = != > >= < <= contains in"),
        ({"where": {"amount": {">": [1, 2]}}}, "compares with one number, date or text"),
        ({"where": {"amount": {">": None}}}, "compares with one number, date or text"),
        ({"where": {"amount": []}}, "the list of values is empty"),
        ({"where": {"amount": {}}}, "is empty"),
        ({"where": {"tags[0:1]": "vip"}}, "a path names one field here, whole"),
        ({"where": {"a..b": 1}}, "is not a field path"),
        ({"sort": ["amount", 5]}, "takes the path of a field"),
        ({"count": "name", "distinct": "name"}, "not both"),
        ({"sort": "name", "count": True}, "Leave it out"),
        ({"distinct": "owner"}, "name a field of them: owner.id"),
        ({"where": {"api_key": "x"}}, "holds a secret"),
        ({"sort": "user.password"}, "holds a secret"),
        ({"distinct": "session_token"}, "holds a secret"),
        ({"count": "pin.code"}, "holds a secret"),
    ],
)
def test_what_cannot_be_asked_is_said(kit: Any, asked: dict[str, Any], said: str) -> None:
    ask = kit.Ask(kit.Api(ITEMS), more={"sensitive": {"pin": "secret"}})
    with pytest.raises(ToolError, match=None) as refused:
        ask(**asked)
    assert said in refused.value.text


def test_values_of_a_question_are_never_repeated_in_a_refusal(kit: Any) -> None:
    with pytest.raises(ToolError) as refused:
        kit.Ask(kit.Api(ITEMS))(where={"name": {"contains": {"deep": "ada@example.com"}}})
    assert "ada" not in refused.value.text


def test_no_match_names_the_values_that_there_are(kit: Any) -> None:
    told = kit.Ask(kit.Api([{"id": 1, "state": "OPEN"}, {"id": 2, "state": "DONE"}]))(where={"state": "closed"})
    assert told["items"] == []
    assert told["note"] == "In the items that were read, `state` is DONE, OPEN."


def test_a_path_that_no_item_has_is_said(kit: Any) -> None:
    told = kit.Ask(kit.Api(ITEMS))(where={"stauts": "OPEN"}, count=True)
    assert told["count"] == 0
    assert "No item that was read has `stauts`. Fields: id, name" in told["note"]


def test_counted_values_fit_the_budget(kit: Any) -> None:
    ask = kit.Ask(kit.Api([{"id": n, "text": f"{n:04}" * 40} for n in range(300)]), max_bytes=2000)
    told = ask(count="text", limit=200)
    assert len(ask.texts[0].encode()) <= 2000
    assert len(told["items"]) + told["others"]["values"] == 300


def test_sorting_is_by_number_date_or_text_as_the_whole_column_is() -> None:
    def order(values: list[Any], down: bool = False) -> list[Any]:
        made = sort_keys([[one] for one in values], descending=down)
        return [values[at] for at in sorted(range(len(values)), key=made.__getitem__)]

    assert order(["10", 9, "1e1", "-3"]) == ["-3", 9, "10", "1e1"]
    assert order(["2026-03-31T02:00:00+05:00", "2026-03-30", "2026-03-30T22:00:00Z"]) == [
        "2026-03-30",
        "2026-03-31T02:00:00+05:00",
        "2026-03-30T22:00:00Z",
    ]
    assert order(["b", "A", 3, True, None], down=True) == ["b", "A", True, 3, None]


def test_what_has_no_order_is_neither_before_nor_behind() -> None:
    for value, there in ((5, "five"), ("five", 5), ("2026-01-01", "soon"), (5, True), ("x", None)):
        assert Operand(value).order(there) is None
