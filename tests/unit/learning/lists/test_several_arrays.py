"""Answers with several arrays of records: one of them is the list only where the others stay as they are."""

from __future__ import annotations

from typing import Any

import pytest

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
