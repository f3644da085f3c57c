"""No invented operation that changes something is taken for a read, and most that read are."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.invented_operations import invented
from support.passes import find_effect

from adaptgen.plan.document.reader import operations

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("table", "writes", "missed", "reads", "found"),
    [
        ("effects_invented", 189, 0, 97, 70),
        ("effects_invented_held", 36, 0, 24, 14),
        ("effects_invented_told", 44, 1, 0, 0),  # what only the sense of a sentence gives away is missed
    ],
)
def test_no_invented_write_is_taken_for_a_read(table: str, writes: int, missed: int, reads: int, found: int) -> None:
    taken: dict[str, list[str]] = {"write": [], "read": []}
    counts = {"write": 0, "read": 0}
    for effect, row, document in invented(HERE / f"{table}.txt"):
        (operation,) = operations(document)[0]
        counts[effect] += 1
        if find_effect(document, operation)[0] == "read":
            taken[effect].append(row)
    assert len(taken["write"]) <= missed, taken["write"]
    assert counts == {"write": writes, "read": reads}
    assert len(taken["read"]) >= found
