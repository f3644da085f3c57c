"""Values of a record are found in the text and the keys of that record, wherever it stands in a long list."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.govern.tokenization.classification import Classification
from adaptgen.govern.tokenization.json_redactor import JsonRedactor

COUNT = 40


def redacted(value: Any) -> Any:
    def replace(kind: str, text: str, number: bool) -> str:
        return f"<{kind}>"

    kinds = frozenset({"email"})
    walk = JsonRedactor(kinds, frozenset(), replace, lambda kind, text: False, Classification({}))
    return walk.json(value, None, by_name=True)


def people() -> list[dict[str, Any]]:
    return [{"id": n, "email": f"person{n}@mail.example", "note": "called back", "tags": {}} for n in range(COUNT)]


@pytest.mark.parametrize("at", [0, 15, 16, 31, 32, COUNT - 1])
def test_a_value_in_the_text_of_its_record_is_replaced(at: int) -> None:
    records = people()
    records[at]["note"] = f"wrote to person{at}@mail.example"
    assert [one["note"] for one in redacted(records)] == [
        "wrote to <email>" if n == at else "called back" for n in range(COUNT)
    ]


@pytest.mark.parametrize("at", [0, 16, COUNT - 1])
def test_a_value_in_a_key_of_its_record_is_replaced(at: int) -> None:
    records = people()
    records[at]["tags"] = {f"person{at}@mail.example": "primary"}
    assert redacted(records)[at]["tags"] == {"<email>": "primary"}


def test_a_value_of_one_record_is_no_value_of_another() -> None:
    records = people()
    records[3]["note"] = "see person9@mail.example"
    assert redacted(records)[3]["note"] == "see person9@mail.example"
