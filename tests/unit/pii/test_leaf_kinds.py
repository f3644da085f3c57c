"""One rule says what the values of a field are: the generated server and the proxy classify the same record alike."""

from __future__ import annotations

import copy
from typing import Any

from adaptgen.govern.tokenization.classification import Classification
from adaptgen.govern.tokenization.json_redactor import JsonRedactor

KINDS = frozenset({"email", "name", "phone", "national_id", "card", "iban", "account", "address", "birth_date", "ip"})


def by_proxy(record: Any) -> dict[str, str]:
    found: dict[str, str] = {}

    def replace(kind: str, value: str, number: bool) -> str:
        found[value] = kind
        return "tok"

    walk = JsonRedactor(KINDS, frozenset(), replace, lambda kind, value: False, Classification({}))
    walk.json(copy.deepcopy(record), None, by_name=True)
    return found


def test_columns_are_classified_by_each_value_where_the_name_leaves_it_open() -> None:
    table = {"fields": ["id", "approved_by"], "items": [[1, "Ada Lovelace"], [2, "batch-7"]]}
    assert by_proxy(table) == {"Ada Lovelace": "name"}
