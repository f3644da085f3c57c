"""Paging in headers and in the address, and what only looks like it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from support.passes import find_paging

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Cursor, NextUrl, Offset, PageNumber, Unpaged
from adaptgen.plan.paging.infer import PagingPlan
from adaptgen.source.hints.model import PageHint

INT = {"type": "integer"}
TEXT = {"type": "string"}
FIRST = {"type": "integer", "minimum": 1}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def given(place: str, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "in": place, "required": place == "path", "schema": one} for name, one in schemas.items()]


def found(
    api: SimpleNamespace,
    path: str,
    parameters: list[Any],
    hint: PageHint | None = None,
    answer: Any = None,
    **more: Any,
) -> PagingPlan:
    headers = {name.replace("_", "-"): {"schema": TEXT} for name in more.pop("headers", ())}
    raw = {"parameters": parameters, **api.answer(answer or api.rows(), headers=headers)}
    made, operations = api.document({path: {"get": raw}})
    return find_paging(made, operations[f"GET {path}"], hint)


# ---------------------------------------------------------------------------------------------------------- headers


def test_a_token_of_the_body_and_a_size_in_the_query(api: SimpleNamespace) -> None:
    answer = obj(items=api.rows(), nextPageToken=TEXT)
    parameters = [*given("header", {"X-Page-Token": TEXT}), *api.query("q", "limit")]
    plan = found(api, "/things", parameters, answer=answer)
    assert plan.page == Cursor(
        cursor="X-Page-Token", next="$.nextPageToken", limit="limit", items="$.items", place="header",
        size_in_query=True,
    )  # fmt: skip
    assert set(plan.absorbed) == {("header", "X-Page-Token"), ("query", "limit")}


# ---------------------------------------------------------------------------------------------------------- address


@pytest.mark.parametrize(
    ("path", "query", "page"),
    [
        ("/things/page/{page}", (), PageNumber(page="page", place="path")),
        ("/things/{pageNumber}/{pageSize}", (),
         PageNumber(page="pageNumber", size="pageSize", place="path")),
        ("/things/page/{page}", ("limit",), PageNumber(page="page", size="limit", place="path", size_in_query=True)),
        ("/list/{offset}/{limit}", (), Offset(offset="offset", limit="limit", first=1, place="path")),
        ("/users/{id}/posts/offset/{offset}/limit/{limit}", (),
         Offset(offset="offset", limit="limit", first=1, place="path")),
        ("/search/{query}/{page}", (), PageNumber(page="page", place="path")),
    ],
)  # fmt: skip
def test_numbers_at_the_end_of_the_address(api: SimpleNamespace, path: str, query: Any, page: Any) -> None:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    schemas = {name: TEXT if name in ("id", "query") else FIRST for name in names}
    plan = found(api, path, [*given("path", schemas), *api.query(*query)])
    assert plan.page == page
    assert ("path", names[-1]) in plan.absorbed


def test_where_nobody_says_from_where_pages_count_the_server_looks(api: SimpleNamespace) -> None:
    page = found(api, "/things/{page}", given("path", {"page": INT})).page
    assert page == PageNumber(page="page", guessed=True, place="path")


@pytest.mark.parametrize(
    ("path", "schemas"),
    [
        ("/pages/{page}", {"page": INT}),  # a page of a site
        ("/things/pages/{pageNumber}", {"pageNumber": INT}),
        ("/books/{id}/page/{page}", {"id": TEXT, "page": INT}),  # a page of a book
        ("/page/{page}", {"page": INT}),
        ("/v1/page/{page}", {"page": INT}),
        ("/things/{page}/comments", {"page": INT}),
        ("/page/{page}/{edition}", {"page": INT, "edition": TEXT}),
        ("/things/{page}", {"page": TEXT}),  # a name
        ("/things/{page}", {"page": {"type": "integer", "enum": [1, 2]}}),
        ("/blocks/{start}/{end}", {"start": INT, "end": INT}),  # a range
        ("/blocks/{from}/{to}", {"from": INT, "to": INT}),
        ("/chunks/{offset}", {"offset": INT}),  # of bytes, perhaps
        ("/things/top/{count}", {"count": INT}),  # a size and no position
        ("/things/{id}", {"id": INT}),
    ],
)
def test_other_numbers_of_an_address_are_the_agents(api: SimpleNamespace, path: str, schemas: Any) -> None:
    plan = found(api, path, given("path", schemas))
    assert plan.page is None or isinstance(plan.page, Unpaged)
    assert plan.absorbed == {}


def test_an_address_holds_no_size_of_what_pages_by_url(api: SimpleNamespace) -> None:
    answer = obj(items=api.rows(), nextUrl=TEXT)
    plan = found(api, "/things/limit/{limit}", given("path", {"limit": INT}), answer=answer)
    assert plan.page == NextUrl(next="$.nextUrl", items="$.items")
    assert plan.absorbed == {}


# ------------------------------------------------------------------------------------------------------------ hints


def test_hints_find_the_place_where_a_name_is_declared(api: SimpleNamespace) -> None:
    header = found(api, "/things", given("header", {"X-After": TEXT}), PageHint(cursor="X-After", next="$.a")).page
    assert header == Cursor(cursor="X-After", next="$.a", place="header")
    path = found(api, "/books/{id}/{p}", given("path", {"id": TEXT, "p": INT}), PageHint(page="p", size="n")).page
    assert path == PageNumber(page="p", size="n", place="path", size_in_query=True)


@pytest.mark.parametrize(
    ("hint", "code"),
    [
        (PageHint(cursor="p", next="$.next", place="path"), "AG031"),
        (PageHint(page="page", place="path"), "AG034"),
        (PageHint(cursor="Content-Length", next="$.next", place="header"), "AG031"),
        (PageHint(cursor="Authorization", next="$.next", place="header"), "AG031"),
        (PageHint(cursor="X Token", next="$.next", place="header"), "AG031"),
    ],
)
def test_hints_that_no_request_can_carry(api: SimpleNamespace, hint: PageHint, code: str) -> None:
    with pytest.raises(AdaptgenError) as told:
        found(api, "/things/{p}", given("path", {"p": INT}), hint)
    assert told.value.diagnostics[0].code == code
