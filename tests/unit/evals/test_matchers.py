"""Matchers: what fits, what does not, and what a call with one is made with."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.evals.matcher_checks import facts, names_from
from adaptgen.evals.matchers import MATCHERS, mismatch
from adaptgen.syntax.field_paths import MISSING

FITS: list[tuple[Any, Any]] = [
    ("OPEN", "OPEN"),
    (2, 2.0),
    (0.3, 0.1 + 0.2),
    ([1, {"a": None}], [1, {"a": None}]),
    ({"$any": True}, 0),
    ({"$is": {"$x": 1}}, {"$x": 1}),
    ({"$type": "integer"}, 3.0),
    ({"$type": ["string", "null"]}, None),
    ({"$one_of": ["me", {"$contains": "kaiser"}]}, "Yara Kaiser"),
    ({"$contains": {"$subset": {"id": 1}}}, [{"id": 2}, {"id": 1, "name": "x"}]),
    ({"$regex": "^tok_email_"}, "tok_email_abc"),
    ({"$between": [1, None]}, 1),
    ({"$between": ["2026-01-01", "2026-03-31"]}, "2026-03-31T00:00:00Z"),
    ({"$near": [10, 0.5]}, 10.5),
    ({"$date": "2026-03-31"}, "2026-03-31T01:00:00+01:00"),
    ({"$absent": True}, MISSING),
    ({"$absent": False}, 0),
    ({"$unordered": [{"$type": "number"}, 1]}, [1, 2]),
    ({"$subset": {"a": {"$subset": {"b": 1}}}}, {"a": {"b": 1, "c": 2}, "d": 3}),
    ({"$rows": {"fields": ["no", "customer.name"], "rows": [["A", "x"], ["B", "y"]]}},
     [{"no": "B", "customer.name": "y", "more": 1}, {"no": "A", "customer": {"name": "x"}}]),
    ({"$.items[0].id": 7, "$.total": 1}, {"items": [{"id": 7}], "total": 1}),
    ({"$.items[*].id": {"$unordered": [2, 1]}}, {"items": [{"id": 1}, {"id": 2}]}),
    ({"$from": "found.items[0].id"}, 7),
]  # fmt: skip

DIFFERS: list[tuple[Any, Any]] = [
    ("OPEN", "open"),
    (1, True),
    (1, "1"),
    (None, MISSING),
    ([1], [1, 2]),
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"$any": True}, None),
    ({"$is": [1]}, [True]),
    ({"$type": "number"}, True),
    ({"$one_of": [1, 2]}, 3),
    ({"$contains": "x"}, None),
    ({"$regex": "^a$"}, "ab"),
    ({"$regex": "(a+)+$"}, "a" * 5000 + "b"),
    ({"$between": [1, 2]}, 2.5),
    ({"$between": ["2026-01-01", None]}, "tomorrow"),
    ({"$near": [10, 0.5]}, 10.6),
    ({"$date": "2026-03-31"}, "2026-03-31T00:00:00+01:00"),
    ({"$absent": True}, 1),
    ({"$unordered": [{"$type": "number"}, 1]}, [2, 3]),
    ({"$unordered": [1, 1]}, [1, 2]),
    ({"$subset": {"a": 1}}, {"b": 1}),
    ({"$rows": {"fields": ["no"], "rows": [["A"], ["B"]], "ordered": True}}, [{"no": "B"}, {"no": "A"}]),
    ({"$rows": {"fields": ["no"], "rows": [["A"]]}}, [{"no": "A"}, {"no": "A"}]),
    ({"$.items": []}, {"rows": []}),
    ({"$from": "found.items[0].id"}, 8),
]

SCOPE = {"found": {"items": [{"id": 7}, {"id": 9}]}}


@pytest.mark.parametrize(("matcher", "value"), FITS)
def test_fits(matcher: Any, value: Any) -> None:
    assert mismatch(matcher, value, SCOPE) == ""


@pytest.mark.parametrize(("matcher", "value"), DIFFERS)
def test_differs(matcher: Any, value: Any) -> None:
    assert mismatch(matcher, value, SCOPE)


def test_every_matcher_is_tried_both_ways() -> None:
    for tried in (FITS, DIFFERS):
        used = {key for matcher, _ in tried if isinstance(matcher, dict) for key in matcher}
        assert MATCHERS.keys() - {"$example"} <= used


def test_a_value_of_an_answer_that_is_not_given_fits_anything() -> None:
    assert mismatch({"$from": "found.items[0].id"}, 8) == ""
    assert mismatch({"$from": "found.items[0].id"}, MISSING)


def test_facts_and_names() -> None:
    matcher = {"$.count": 31, "$.items": {"$rows": {"fields": ["a"], "rows": [["K-1"], [{"$near": [2.5, 1]}]]}}}
    assert facts(matcher) == (31, "K-1", 2.5)
    assert names_from({"a": {"$from": "found.items[0].id"}, "b": [{"$from": "x[0]"}]}) == ("found", "x")
