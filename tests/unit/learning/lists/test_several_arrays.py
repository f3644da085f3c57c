"""Answers with several arrays of records: one of them is the list only where the others stay as they are."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.learning.lists.observe import find_rivals
from adaptgen.runtime.http.page import find_items

ROWS = [{"id": number} for number in range(3)]


@pytest.mark.parametrize(
    ("body", "items"),
    [
        ({"items": ROWS, "people": ROWS}, None),
        ({"mails": ROWS, "calls": ROWS, "posts": ROWS}, None),
        ({"data": ROWS, "results": ROWS}, None),
        ({"items": ROWS, "links": [{"rel": "self"}]}, ROWS),
        ({"items": ROWS, "names": ["a", "b"]}, ROWS),
        ({"items": [], "names": ["a"]}, []),
        ({"people": ROWS, "tags": []}, ROWS),
    ],
)
def test_the_only_array_of_records_is_the_list(body: dict[str, Any], items: Any) -> None:
    assert find_items("$.elsewhere", body) == items


def test_a_second_copy_of_the_list_is_no_other_one_and_the_same_ids_are() -> None:
    records = [{"id": 1, "total": 7}, {"id": 2, "total": 8}]
    body = {"items": records, "copy": [dict(record) for record in records], "people": [{"id": 1, "age": 3}, {"id": 2}]}
    assert [keys for keys, _ in find_rivals(body, records)] == [("people",)]
