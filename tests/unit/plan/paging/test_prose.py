"""Paging that only descriptions give away."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from support.passes import find_paging

from adaptgen.model.tables import Cursor, Link, PageNumber, Paging, Unpaged
from adaptgen.plan.paging.prose import path_told

TEXT = {"type": "string"}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def said(name: str, description: str, kind: str = "string") -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": {"type": kind}}


def page(api: SimpleNamespace, schema: Any, *parameters: Any, **more: Any) -> Paging | None:
    raw = {"parameters": list(parameters), **api.answer(schema), **more}
    made, found = api.document({"/contacts": {"get": raw}})
    return find_paging(made, found["GET /contacts"]).page


def test_a_response_header_named_as_the_source_of_the_cursor(api: SimpleNamespace) -> None:
    cursor = said("cursor", "The token of the response header: `x-next-page-token`")
    assert page(api, api.rows(), cursor) == Cursor(cursor="cursor", next="header:x-next-page-token")


def test_a_place_that_the_schema_leaves_out(api: SimpleNamespace) -> None:
    cursor = said("cursor", "You find the cursors in the meta.cursors property of the response.")
    found = page(api, obj(data=api.rows()), cursor)
    assert found == Cursor(cursor="cursor", next="$.meta.cursors.next", items="$.data")


def test_a_place_is_not_made_up_where_the_schema_knows_better(api: SimpleNamespace) -> None:
    cursor = said("cursor", "You find the cursors in the meta.cursors property of the response.")
    answer = obj(data=api.rows(), meta=obj(request_id=TEXT))
    assert page(api, answer, cursor) == Unpaged(items="$.data", seek=True, cursor="cursor")


def test_a_field_that_the_parameter_names(api: SimpleNamespace) -> None:
    start = said("startAt", "The first row to return, the `nextRowId` of the last answer")
    found = page(api, obj(data=api.rows(), nextRowId=TEXT), start)
    assert found == Cursor(cursor="startAt", next="$.nextRowId", items="$.data")


def test_a_field_that_names_the_parameter(api: SimpleNamespace) -> None:
    following = {"type": "string", "description": "Pass this value as origin to get the rows that follow"}
    found = page(api, obj(data=api.rows(), nextOrigin=following), said("origin", "where to begin"))
    assert found == Cursor(cursor="origin", next="$.nextOrigin", items="$.data")


@pytest.mark.parametrize("described", ["A cursor, as given in the [Link header](https://x.test/paging).", ""])
def test_a_link_header_that_is_only_described(api: SimpleNamespace, described: str) -> None:
    found = page(api, api.rows(), said("after", described), said("per_page", "", "integer"))
    assert found == (Link(limit="per_page") if described else Unpaged(seek=True, size_argument="per_page"))


def test_pages_described_by_the_operation(api: SimpleNamespace) -> None:
    text = "Optional parameters:\n- limit - records in one page (1 to 500)\n- page - the page you want (values: from 0)"
    found = page(api, api.rows(), *api.query("page", "limit"), description=text)
    assert found == PageNumber(page="page", size="limit", first=0, max_size=500)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the `paging.next_cursor` of the previous response", ("paging", "next_cursor")),
        ("see https://api.example.com/next.cursor for the response", None),
        ("the meta.previous of the response", None),
        ("the paging.next_cursor field", None),
    ],
)
def test_places_told(text: str, found: tuple[str, ...] | None) -> None:
    assert path_told(text) == found


@pytest.mark.parametrize("described", ["The first entry to return: the `nextEntryId` of the last answer", ""])
def test_a_token_in_a_body_is_told_by_its_description(api: SimpleNamespace, described: str) -> None:
    given = obj(query=TEXT, startAt={"type": "string", "description": described}, limit={"type": "integer"})
    answer = obj(contacts=api.rows(), nextEntryId=TEXT)
    raw = {"operationId": "searchContacts", "summary": "Search contacts", **api.body(given), **api.answer(answer)}
    made, found = api.document({"/contacts/search": {"post": raw}})
    page = find_paging(made, found["POST /contacts/search"]).page
    expected = Cursor(cursor="startAt", next="$.nextEntryId", limit="limit", items="$.contacts", place="body")
    assert page == (expected if described else Unpaged(items="$.contacts", size_argument="limit"))


def test_a_text_in_a_body_is_no_number(api: SimpleNamespace) -> None:
    start = {"type": "string", "description": "Number of the first result", "default": "0"}
    given = obj(query=TEXT, offset=start, limit={"type": "integer"})
    raw = {"operationId": "searchContacts", "summary": "Search contacts", **api.body(given), **api.answer(api.rows())}
    made, found = api.document({"/contacts/search": {"post": raw}})
    assert find_paging(made, found["POST /contacts/search"]).page == Unpaged(size_argument="limit")


def test_a_token_that_continues(api: SimpleNamespace) -> None:
    told = "An opaque token that the server uses to continue an iteration."
    answer = obj(items=api.rows(), removed_ids={"type": "array", "items": TEXT}, kind=TEXT,
                 list_token={**TEXT, "description": told})  # fmt: skip
    found = page(api, answer, said("list_token", told), said("page_size", "", "integer"))
    assert found == Cursor(cursor="list_token", next="$.list_token", limit="page_size", items="$.items")
