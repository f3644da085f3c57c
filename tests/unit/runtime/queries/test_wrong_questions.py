"""Conditions on fields of one list hold for one element; a condition that nothing could meet is refused with values."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.classifier import Classifier

FLAGS = [
    {
        "id": 1,
        "created": "2026-03-01",
        "amount": 10,
        "price": "9.50",
        "open": True,
        "label": "beta",
        "owner": {"name": "Ada", "seats": [{"row": 1, "free": True}, {"row": 2, "free": False}]},
        "environments": [{"name": "production", "enabled": False}, {"name": "development", "enabled": True}],
        "tags": ["new", "2026"],
    },
    {
        "id": 2,
        "created": "2026-03-02",
        "amount": 20,
        "price": "12.00",
        "open": False,
        "label": None,
        "owner": None,
        "environments": [{"name": "production", "enabled": True}, {"name": "test", "enabled": None}],
        "tags": [],
    },
    {"id": 3, "created": None, "amount": None, "price": "", "open": None, "label": "alpha", "environments": []},
]


@pytest.fixture
def asked(kit: Any) -> Any:
    """The ids that a question finds."""
    ask = kit.Ask(kit.Api(FLAGS))

    def ids(**question: Any) -> list[int]:
        answer = ask(**question)
        return kit.ids([answer]) if "items" in answer else answer

    ids.ask = ask  # type: ignore[attr-defined]
    return ids


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"environments.name": "production", "environments.enabled": True}, [2]),
        ({"environments[*].name": "production", "environments.enabled": False}, [1]),
        ({"environments": {"name": "production", "enabled": True}}, [2]),
        ({"environments": {"name": "development", "enabled": {"=": True}}}, [1]),
        ({"environments": {"name": "test", "enabled": None}}, [2]),
        ({"environments": {"name": "production", "enabled": {"!=": True}}}, [1]),
        ({"environments.name": {"!=": "test"}, "environments.enabled": {"!=": 7}}, [1, 3]),
        ({"environments[0].name": "production", "environments.enabled": True}, [1, 2]),
        ({"environments.name": "production", "tags": "new"}, [1]),
        ({"owner.seats.row": 2, "owner.seats.free": True}, []),
        ({"owner": {"name": "Ada", "seats": {"row": 1, "free": True}}}, [1]),
        ({"owner": {"name": "Ada"}}, [1]),
        ({"environments": {"name": None, "enabled": None}}, [3]),
    ],
)
def test_conditions_on_one_list_are_about_one_element(asked: Any, where: Any, expected: list[int]) -> None:
    assert asked(where=where) == expected


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (
            {"created": "yesterday"},
            '`where.created` cannot match: the values that were read are dates, such as "2026-03-01"',
        ),
        ({"created": {">": "last week"}}, "the values that were read are dates"),
        ({"amount": "large"}, "the values that were read are numbers, such as 10, 20"),
        ({"amount": {">": "large"}}, "numbers, such as 10, 20"),
        ({"amount": "2026-03-01"}, "numbers, such as 10, 20"),
        ({"label": 5}, 'texts, such as "beta", "alpha"'),
        ({"open": "yes"}, "true or false"),
        ({"owner": "Ada"}, 'objects. Name a field of them: owner.name ("Ada")'),
        ({"owner": {"!=": "Ada"}}, "objects. Name a field of them: owner.name"),
        (
            {"environments": ["production"]},
            'environments.name ("production", "development", "test"), environments.enabled (false, true)',
        ),
        ({"created": {"<": "soon"}}, "the values that were read are dates"),
        ({"created": {"contains": "march"}}, "the values that were read are dates"),
        ({"amount": {"contains": "ten"}}, "numbers, such as 10, 20"),
        ({"price": "cheap"}, 'texts, such as "9.50", "12.00"'),
        ({"price": {"<": "cheap"}}, 'texts, such as "9.50", "12.00"'),
        (
            {"amount": {"between": 3}},
            "`amount` holds no objects but plain values: 10, 20. Conditions compare with =",
        ),
        ({"environments.name.first": "x"}, "`environments.name` holds no objects but plain values"),
        ({"label": "beta", "amount": "large"}, "`where.amount` cannot match"),
    ],
)
def test_what_cannot_match_is_refused_with_values_that_were_read(asked: Any, where: Any, message: str) -> None:
    for question in ({"where": where}, {"where": where, "count": "true"}, {"where": where, "sort": ["id"]}):
        with pytest.raises(ToolError) as refused:
            asked(**question)
        assert message in refused.value.text


@pytest.mark.parametrize(
    "where",
    [
        {"label": "gamma"},
        {"amount": 30},
        {"amount": "30"},
        {"created": "2025-01-01"},
        {"owner": {"!=": None}, "id": 2},
        {"open": "true", "id": 2},
        {"tags": "old"},
        {"price": "1e9"},
        {"price": "B 7"},
        {"amount": {"contains": "99"}},
    ],
)
def test_what_only_matches_nothing_is_answered(asked: Any, where: Any) -> None:
    assert asked(where=where) == []
    assert asked.ask(where=where, count="true")["count"] == 0


def test_there_is_no_order_of_objects(asked: Any) -> None:
    with pytest.raises(ToolError, match=r"`sort`: `owner` holds objects. Name a field of them: owner\.name"):
        asked(sort=["owner"])


@pytest.mark.parametrize("where", [{"amount": "unknown"}, {"due": "later"}, {"due": {">": "z"}}])
def test_a_field_of_several_kinds_is_judged_by_all_of_its_values(kit: Any, where: Any) -> None:
    things = [{"id": n, "amount": n, "due": f"2026-03-{n % 28 + 1:02}"} for n in range(80)]
    things.append({"id": 80, "amount": "n/a", "due": "soon"})
    assert kit.Ask(kit.Api(things))(where=where, count="true")["count"] == 0


@pytest.mark.parametrize("kinds", [None, {"email"}])
def test_a_refusal_shows_no_personal_data(kit: Any, kinds: Any) -> None:
    people = [
        {
            "id": n,
            "owner": {"email": f"p{n}@example.com", "password": "hunter2", "level": n},
            "note": f"p{n}@example.com",
        }
        for n in range(3)
    ]
    ask = kit.Ask(kit.Api(people), marks=lambda: PiiTracker(Classifier({}), kinds=kinds))
    for question in ({"where": {"owner": "x"}}, {"sort": "owner"}, {"where": {"note": 5}}, {"distinct": "owner"}):
        with pytest.raises(ToolError) as refused:
            ask(**question)
        assert "example.com" not in refused.value.text
        assert "hunter2" not in refused.value.text
    with pytest.raises(ToolError, match=r"owner\.level \(0, 1, 2\)"):
        ask(where={"owner": "x"})
