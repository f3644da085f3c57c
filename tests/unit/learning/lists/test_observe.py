"""Which list of an answer holds the records of an operation, if it is one."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.learning.lists.observe import find_place

ONE = [{"id": 1}, {"id": 2}]
TWO = [{"id": 8}, {"id": 9}]
CASE = ("case",)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"cases": ONE, "contacts_list": TWO, "users": TWO}, "$.cases"),
        # The list of the operation is empty, and a list of choices is not.
        ({"cases": [], "contacts_list": TWO}, "$.cases"),
        # Two parts, of which neither is all: also where one of them is empty today.
        ({"open_cases": ONE, "closed_cases": TWO}, None),
        ({"open_cases": ONE, "closed_cases": []}, None),
        ({"open": {"open_cases": ONE}, "closed": {"closed_cases": []}}, None),
        ({"open_cases": ONE, "users": TWO}, "$.open_cases"),
        # The number next to a list says which it is, where no name does.
        ({"tickets": ONE, "tickets_count": 40, "people": TWO}, "$.tickets"),
        ({"tickets": ONE, "totalTickets": 40, "people": TWO}, "$.tickets"),
        ({"tickets": ONE, "tickets_count": 40, "people": TWO, "people_count": 2}, None),
        ({"tickets": ONE, "tickets_count": "40", "people": TWO}, None),
        ({"tickets": ONE, "people": TWO}, None),
        # An empty list of another name is no rival of an envelope.
        ({"results": ONE, "values": []}, "$.results"),
        ({"people": ONE, "tags": []}, "$.people"),
        ({"people": []}, "$.people"),
        ({"people": [], "tags": []}, None),
    ],
)  # fmt: skip
def test_the_list_of_the_operation_or_none(body: dict[str, Any], place: str | None) -> None:
    found = find_place(body, "$", CASE)
    assert (found[0] if found is not None else None) == place
