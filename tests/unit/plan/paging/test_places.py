"""Paging in a body, inside one parameter, and lists that are tables."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from support.passes import find_paging, find_sensitive, find_view

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Cursor, Offset, PageNumber, Unpaged
from adaptgen.plan.document.request_bodies import read_body
from adaptgen.plan.document.schemas import shape
from adaptgen.plan.tools.absorbed_members import left
from adaptgen.source.hints.model import Hints, PageHint

INTEGER = {"type": "integer"}
TEXT = {"type": "string"}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def search(api: SimpleNamespace, schema: Any, answer: Any = None, *, media: str = "application/json") -> Any:
    """The document and its operation: a POST that searches with this body."""
    answer = answer or obj(items=api.rows(), total=INTEGER)
    raw = {"operationId": "searchThings", **api.body(schema, media), **api.answer(answer)}
    made, found = api.document({"/things/search": {"post": raw}})
    return made, found["POST /things/search"]


def with_parameter(api: SimpleNamespace, parameter: Any, answer: Any = None) -> Any:
    made, found = api.document({"/things": {"get": {"parameters": [parameter], **api.answer(answer or api.rows())}}})
    return made, found["GET /things"]


def json_parameter(name: str, place: str = "query", **properties: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "content": {"application/json": {"schema": obj(**properties)}}}


@pytest.mark.parametrize(
    ("block", "page"),
    [
        (obj(number=INTEGER, size=INTEGER), PageNumber(page="page.number", size="page.size", items="$.items",
                                                        total="$.total", place="body", guessed=True)),
        (obj(cursor=TEXT, limit={"type": "integer", "maximum": 50}),
         Cursor(cursor="page.cursor", next="$.next_cursor", limit="page.limit", max_size=50, items="$.items",
                total="$.total", place="body")),
    ],
)  # fmt: skip
def test_a_block_about_paging_is_looked_into(api: SimpleNamespace, block: Any, page: Any) -> None:
    answer = obj(items=api.rows(), total=INTEGER, next_cursor=TEXT)
    assert find_paging(*search(api, obj(q=TEXT, page=block), answer)).page == page


def test_brackets(api: SimpleNamespace) -> None:
    one = {"name": "page", "in": "query", "style": "deepObject", "schema": obj(number=INTEGER, size=INTEGER)}
    assert find_paging(*with_parameter(api, one)).page == PageNumber(
        page="number", size="size", inside="page", guessed=True
    )
    assert find_paging(*with_parameter(api, api.query("page[number]", "page[size]")[0])).page == PageNumber(
        page="page[number]", guessed=True
    )


# ------------------------------------------------------------------------------------------- what is left to agents


def test_what_is_left_of_a_body(api: SimpleNamespace) -> None:
    made, operation = search(
        api, {**obj(q=TEXT, paging=obj(mode=TEXT, offset=INTEGER, limit=INTEGER)), "required": ["q"]}
    )
    page = find_paging(made, operation).page
    kept = left(made, operation, read_body(made, operation.body), page)
    assert kept.body is not None
    schemas = {slot.name: shape(made, slot.schema) for slot in kept.body.slots}
    assert list(schemas["paging"].properties) == ["mode"]
    assert kept.absorbed == {}


@pytest.mark.parametrize("style", [None, "deepObject"])
def test_a_parameter_of_which_nothing_is_left_is_sent_all_the_same(api: SimpleNamespace, style: str | None) -> None:
    schema = obj(skip=INTEGER, limit=INTEGER)
    one = {"name": "window", "in": "query"}
    one |= {"style": style, "schema": schema} if style else {"content": {"application/json": {"schema": schema}}}
    made, operation = with_parameter(api, one)
    kept = left(made, operation, None, find_paging(made, operation).page)
    assert kept.absorbed == {("query", "window"): "paging"}
    ((place, row),) = kept.rows
    assert (place, row.name, row.value, row.encode, row.style) == (
        "query", "window", {}, None if style else "json", style)  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ hints


@pytest.mark.parametrize(
    ("hint", "page"),
    [
        (PageHint(offset="from", limit="size", place="body"), Offset(offset="from", limit="size", place="body")),
        (PageHint(cursor="paging.cursor", next="$.next", place="body"),
         Cursor(cursor="paging.cursor", next="$.next", place="body")),
        (PageHint(cursor="search_after", next="$.hits[-1].sort", place="body"),
         Cursor(cursor="search_after", next="$.hits[-1].sort", place="body")),
        (PageHint(offset="a.b", place="body"), Offset(offset='["a.b"]', place="body")),
        (PageHint(offset="page[skip]", place="body"), Offset(offset='["page[skip]"]', place="body")),
        (PageHint(offset="skip", limit="n", inside="filter"),
         Offset(offset="skip", limit="n", inside="filter", place="body")),
        (PageHint(offset="skip", inside="other", place="query"), Offset(offset="skip", inside="other")),
        (PageHint(offset="start"), Offset(offset="start", place="body")),
    ],
)  # fmt: skip
def test_hints(api: SimpleNamespace, hint: PageHint, page: Any) -> None:
    body = {**obj(q=TEXT, filter=TEXT, start=INTEGER), "properties": {"filter": TEXT, "start": INTEGER, "a.b": INTEGER}}
    made, operation = search(api, body, api.rows())
    assert find_paging(made, operation, hint).page == page


def test_a_holder_that_nothing_declares(api: SimpleNamespace) -> None:
    with pytest.raises(AdaptgenError, match="declares no parameter or property 'fliter'") as told:
        find_paging(
            *with_parameter(api, json_parameter("filter", skip=INTEGER)), PageHint(offset="skip", inside="fliter")
        )
    assert told.value.diagnostics[0].code == "AG034"
    assert "did you mean 'filter'" in told.value.diagnostics[0].help


# ----------------------------------------------------------------------------------------------------------- tables


def table(api: SimpleNamespace, media: str, **content: Any) -> Any:
    answer = {"responses": {"200": {"description": "ok", "content": {media: content}}}}
    made, found = api.document({"/people/export": {"get": {"operationId": "exportPeople", **answer}}})
    return made, found["GET /people/export"]


@pytest.mark.parametrize(
    ("media", "content", "names"),
    [
        ("text/csv", {"example": "id;email;first_name\n1;a@b.de;Ada\n", "schema": TEXT}, {"id", "email", "first_name"}),
        ("text/csv", {"examples": {"a": {"value": "id,email\n1,a@b.de\n"}}}, {"id", "email"}),
        ("text/tab-separated-values", {"schema": {**TEXT, "example": "id\temail\n"}}, {"id", "email"}),
        ("application/x-ndjson", {"schema": obj(id=INTEGER, email=TEXT)}, {"id", "email"}),
        ("application/jsonl", {"itemSchema": obj(id=INTEGER, email=TEXT)}, {"id", "email"}),
        ("text/csv", {"schema": {"type": "array", "items": obj(id=INTEGER, email=TEXT)}}, {"id", "email"}),
    ],
)
def test_a_table_is_a_list_of_its_columns(api: SimpleNamespace, media: str, content: Any, names: set[str]) -> None:
    made, operation = table(api, media, **content)
    page = find_paging(made, operation).page
    assert page == Unpaged()
    view = find_view(made, operation, page).view
    assert view is not None
    assert "id" in view
    assert set(view) <= names
    sensitive, _ = find_sensitive(made, operation, page, {}, Hints(path=None), None)  # type: ignore[arg-type]
    assert sensitive["email"] == "email"
