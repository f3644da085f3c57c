"""Paging that only descriptions give away."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from support.passes import find_paging

from adaptgen.model.tables import Cursor, Link, NextUrl, Offset, PageNumber, Paging, Unpaged
from adaptgen.plan.paging.prose import header_told, last_id_told, leads_on, link_told, list_told, path_told, size_told

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


def test_the_identity_of_the_last_record(api: SimpleNamespace) -> None:
    after = said("after", "Identifier for the last event from the previous pagination request.")
    found = page(api, obj(data=api.rows(id="string"), has_more={"type": "boolean"}), after)
    assert found == Cursor(cursor="after", next="$.data[-1].id", more="$.has_more", items="$.data")


def test_a_time_is_no_identity(api: SimpleNamespace) -> None:
    assert page(api, api.rows(), said("before", "Only those created before this time")) == Unpaged()


def test_a_size_by_its_description(api: SimpleNamespace) -> None:
    size = said("breadth", "Maximum number of contacts to return", "integer")
    assert page(api, api.rows(), said("skip", "", "integer"), size) == Offset(offset="skip", limit="breadth")


def test_pages_described_by_the_operation(api: SimpleNamespace) -> None:
    text = "Optional parameters:\n- limit - records in one page (1 to 500)\n- page - the page you want (values: from 0)"
    found = page(api, api.rows(), *api.query("page", "limit"), description=text)
    assert found == PageNumber(page="page", size="limit", first=0, max_size=500)


def test_links_forward_and_back_are_alternatives(api: SimpleNamespace) -> None:
    url = {"type": "string", "format": "uri"}
    links = obj(pages={"anyOf": [obj(next=url, last=url), obj(prev=url, first=url), {}]})
    assert page(api, obj(data=api.rows(), links=links)) == NextUrl(next="$.links.pages.next", items="$.data")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("taken from the response header: `elements-next-page-token`", "elements-next-page-token"),
        ("the value of the x-ms-continuation response header", "x-ms-continuation"),
        ("as sent in the header: `x-request-id`", None),
        ("the x-previous-cursor header", None),
    ],
)
def test_headers_told(text: str, found: str | None) -> None:
    assert header_told(text) == found


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


@pytest.mark.parametrize("text", ["number of items per page", "the page size", "max. number of results to return"])
def test_sizes_told(text: str) -> None:
    assert size_told(text)


@pytest.mark.parametrize("text", ["number of guests", "the page to return", "minimum number of seats"])
def test_no_sizes(text: str) -> None:
    assert not size_told(text)


def test_a_link_in_a_description_is_no_link_header() -> None:
    assert not link_told(["See the link in the header of the page", "a link to the header file"])


def test_identities_told() -> None:
    assert last_id_told("load posts with an id lower than this value. useful for pagination.")
    assert not last_id_told("only posts with an id lower than this value")


def test_fields_that_lead_back_do_not_lead_on() -> None:
    assert not leads_on("origin", "the previousOrigin of the answer", "previousOrigin", "")


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


def test_many_empty_lines_are_read_at_once() -> None:
    looked_at = "\n" * 200_000
    assert list_told("Lists contacts" + looked_at)
    assert not list_told(looked_at + "Lists contacts")


def test_a_token_that_continues(api: SimpleNamespace) -> None:
    told = "An opaque token that the server uses to continue an iteration."
    answer = obj(items=api.rows(), removed_ids={"type": "array", "items": TEXT}, kind=TEXT,
                 list_token={**TEXT, "description": told})  # fmt: skip
    found = page(api, answer, said("list_token", told), said("page_size", "", "integer"))
    assert found == Cursor(cursor="list_token", next="$.list_token", limit="page_size", items="$.items")
