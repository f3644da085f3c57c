"""One rule says what the values of a field are: the generated server and the proxy classify the same record alike."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from adaptgen.govern.tokenization.classification import Classification
from adaptgen.govern.tokenization.json_redactor import JsonRedactor
from adaptgen.pii.field_kinds import leaf_kinds
from adaptgen.runtime.pii.classifier import Classifier
from adaptgen.runtime.pii.tagged_values import canonical

KINDS = frozenset({"email", "name", "phone", "national_id", "card", "iban", "account", "address", "birth_date", "ip"})

RECORDS: list[tuple[Any, dict[str, str]]] = [
    ({"email": "ada@mail.example"}, {"ada@mail.example": "email"}),
    ({"approved_by": "Ada Lovelace"}, {"Ada Lovelace": "name"}),
    ({"approved_by": "batch-7"}, {}),
    ({"authors": ["Ada Lovelace", "svc-import"]}, {"Ada Lovelace": "name"}),
    ({"contact": {"name": "Grace Hopper", "id": 7}}, {"Grace Hopper": "name"}),
    ({"phone": 4915112345678}, {"4915112345678": "phone"}),
    ({"phones": 3}, {}),
    ({"emails": [{"value": "ada@mail.example", "primary": True}]}, {"ada@mail.example": "email"}),
    ({"total": 4915112345678, "country": {"name": "New Zealand"}}, {}),
]


def by_generated_server(record: Any) -> dict[str, str]:
    seen: dict[tuple[str, str], None] = {}
    Classifier({}).mark(record, seen)
    return {text: canonical(kind) for kind, text in seen}


def by_proxy(record: Any) -> dict[str, str]:
    found: dict[str, str] = {}

    def replace(kind: str, value: str, number: bool) -> str:
        found[value] = kind
        return "tok"

    walk = JsonRedactor(KINDS, frozenset(), replace, lambda kind, value: False, Classification({}))
    walk.json(copy.deepcopy(record), None, by_name=True)
    return found


@pytest.mark.parametrize(("record", "expected"), RECORDS)
def test_both_find_the_same(record: Any, expected: dict[str, str]) -> None:
    assert by_generated_server(record) == expected
    assert by_proxy(record) == expected


def test_columns_are_classified_by_each_value_where_the_name_leaves_it_open() -> None:
    table = {"fields": ["id", "approved_by"], "items": [[1, "Ada Lovelace"], [2, "batch-7"]]}
    assert by_proxy(table) == {"Ada Lovelace": "name"}


def test_a_long_number_under_a_name_of_digits_is_no_count() -> None:
    kinds = leaf_kinds("phones", "")
    assert (kinds.of_number(999_999), kinds.of_number(1_000_000)) == (None, "phone")
