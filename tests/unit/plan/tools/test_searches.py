"""Which arguments search personal data: the evidence of names, descriptions and types."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.pii.query_expressions import asks_only, order_fields
from adaptgen.pii.search_arguments import find_search_arguments, names_hidden

TEXT: dict[str, Any] = {"type": "string"}
SENSITIVE = {
    "email": "email",
    "first_name": "name",
    "last_name": "name",
    "birth_date": "birth_date",
    "phones[*].number": "phone",
    "owner.email": "email",
    "tax_id": "national_id",
    "api_key": "secret",
}
DECLARED = [*SENSITIVE, "id", "city", "status", "amount", "notes"]


def role_of(name: str, schema: dict[str, Any] | None = None, **more: Any) -> str | None:
    given = {"holder": "contacts", "declared": DECLARED, **more}
    found = find_search_arguments({name: schema or TEXT}, given.pop("sensitive", SENSITIVE), **given)
    return found[name].role if name in found else None


@pytest.mark.parametrize(
    "name",
    ["email", "email__icontains", "emailContains", "filter[email]", "last_name_like", "lastNameStartsWith",
     "owner.email",
     "email_ne", "not_email", "email_domain", "q[last_name_cont]", "name", "name_contains", "taxId"],
)  # fmt: skip
def test_names_of_classified_fields(name: str) -> None:
    assert role_of(name) == "match"


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("city", TEXT),
        ("status", TEXT),
        ("id", TEXT),
        ("contact_id", TEXT),
        ("created_after", TEXT),
        ("page_token", TEXT),
        ("language", TEXT),
        ("description__search", TEXT),
        ("search_mode", TEXT),
        ("search_id", TEXT),
        ("order_id", TEXT),
        ("order_number", TEXT),
        ("order_created_by", TEXT),
        ("sort_direction", TEXT),
        ("api_key", TEXT),
        ("has_email", {"type": "boolean"}),
        ("q", {"type": "integer"}),
        ("text", {"type": "string", "enum": ["a", "b"]}),
        ("api_sort", {"type": "string", "enum": ["city", "-amount"]}),
    ],
)
def test_what_searches_nothing_personal(name: str, schema: dict[str, Any]) -> None:
    assert role_of(name, schema) is None


@pytest.mark.parametrize(
    ("name", "segment", "call", "role"),
    [
        ("pattern", "phones", "", "match"),
        ("x", "by-email", "", "match"),
        ("pattern", "search", "", "search"),
        ("value", "contacts", "Find contacts by a part of their name", "search"),
        ("pattern", "contacts", "", None),
        ("id", "phones", "", None),
        ("code", "cities", "Lists the contacts of a city", None),
        ("status", "contacts", "Finds contacts by status", None),
    ],
)
def test_where_an_argument_stands_counts_whatever_it_is_called(
    name: str, segment: str, call: str, role: str | None
) -> None:
    assert role_of(name, around={name: (segment, call)}) == role


def test_fields_of_somebody_else_are_others() -> None:
    found = find_search_arguments({"assignee_email": TEXT}, {"contact.email": "email"}, holder="tasks")
    assert found["assignee_email"].fields == ("assignee_email",)


def test_members_of_objects_are_looked_at() -> None:
    schema = {"type": "object", "properties": {"email": TEXT, "text": TEXT, "city": TEXT}}
    found = find_search_arguments({"body": schema}, SENSITIVE, holder="contacts", declared=DECLARED)
    assert {name: one.role for name, one in found.items()} == {"/body/email": "match", "/body/text": "search"}
    assert role_of("search", {"type": "object"}) == "query"


@pytest.mark.parametrize(
    ("name", "hit"),
    [("last_name", True), ("lastName", True), ("LAST-NAME", True), ("name", True), ("email", True), ("id", False),
     ("city", False), ("relevance", False), ("alphabetical", True), ("amount_desc", False), ("birthday", True)],
)  # fmt: skip
def test_orders_name_hidden_fields(name: str, hit: bool) -> None:
    hidden = [path for path, kind in SENSITIVE.items() if kind != "secret"]
    assert (names_hidden(name, hidden, "contacts", SENSITIVE) is not None) == hit


@pytest.mark.parametrize(
    ("value", "names"),
    [("-last_name", ["last_name"]), ("a:desc,b", ["a", "desc", "b"]), ("lastName_DESC", ["lastName"]),
     ({"a": "asc"}, ["a", "asc"]), ([{"field": "x"}], ["field", "x"]), ('["x", "-y"]', ["x", "y"])],
)  # fmt: skip
def test_what_an_order_names(value: Any, names: list[str]) -> None:
    assert list(order_fields(value)) == names


PUBLIC = {"status", "amount", "city", "created_at", "id"}


@pytest.mark.parametrize(
    ("expression", "fine"),
    [
        ("status eq 'open' and amount gt 5", True),
        ("status==open;amount=gt=5,city==Ulm", True),
        ("status=in=(open,closed)", True),
        ("status:(open OR closed) city:Ulm", True),
        ("created_at:[2020-01-01 TO 2021-01-01]", True),
        ("amount between 1 and 5", True),
        ("contains(city,'x')", True),
        ('{"status": {"$in": ["a"]}, "$or": [{"amount": {"$gt": 5}}]}', True),
        ([{"field": "status", "op": "eq", "value": "x"}], True),
        ({}, False),
        ("ann", False),
        ("status:open ann", False),
        ("email eq 'a'", False),
        ("status eq 'a' or email eq 'b'", False),
        ("status eq email", False),
        ("startswith(email,'a')", False),
        ("length(email) gt 3", False),
        ("1 eq 1", False),
        ("*:*", False),
        ('{"$text": {"$search": "ann"}}', False),
        ('{"$expr": {"$gt": ["$email", "m"]}}', False),
        ('{"status": {"$eq": "$email"}}', False),
        ('["status eq 1"]', False),
        ('{"status": ', False),
        ("status eq 'a\x00' and email", False),
    ],
)
def test_expressions(expression: Any, fine: bool) -> None:
    assert asks_only(expression, PUBLIC.__contains__, {"email"}.__contains__) is fine
