from types import SimpleNamespace
from typing import Any

import pytest
from support.passes import find_paging

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Cursor, Link, NextHeader, NextUrl, Offset, PageNumber, Paging, Unpaged
from adaptgen.plan.paging.infer import PagingPlan
from adaptgen.source.hints.model import PageHint

INT = {"type": "integer"}
STRING = {"type": "string"}
TEXT = {"type": "string"}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def rows() -> dict[str, Any]:
    return {"type": "array", "items": obj(id=INT, name=TEXT)}


def plan(
    api: SimpleNamespace, schema: Any, parameters: list[Any], hint: PageHint | None = None, **more: Any
) -> PagingPlan:
    headers = {"headers": more.pop("headers")} if "headers" in more else {}
    raw = {"parameters": parameters, **api.answer(schema, **headers), **more}
    made, found = api.document({"/contacts": {"get": raw}})
    return find_paging(made, found["GET /contacts"], hint)


def page(api: SimpleNamespace, schema: Any, parameters: list[Any], **more: Any) -> Paging | None:
    return plan(api, schema, parameters, **more).page


def test_limit_and_offset(api: SimpleNamespace) -> None:
    found = plan(api, obj(count=INT, next=TEXT, previous=TEXT, results=rows()), api.query("limit", "offset"))
    assert found.page == Offset(offset="offset", limit="limit", items="$.results", total="$.count")
    assert set(found.absorbed) == {("query", "limit"), ("query", "offset")}


@pytest.mark.parametrize(
    ("offset", "limit"),
    [("skip", "take"), ("$skip", "$top"), ("startAt", "maxResults"), ("page[offset]", "page[limit]"), ("from", "size")],
)
def test_offsets_by_other_names(api: SimpleNamespace, offset: str, limit: str) -> None:
    assert page(api, rows(), api.query(offset, limit)) == Offset(offset=offset, limit=limit)


def test_an_offset_that_counts_from_one(api: SimpleNamespace) -> None:
    first = {"type": "integer", "default": 1, "minimum": 1}
    found = page(api, obj(Resources=rows()), api.query("count", startIndex=first))
    assert found == page(api, obj(Resources=rows()), api.query("count", "startIndex"))  # RFC 7644
    assert found == Offset(offset="startIndex", limit="count", first=1, items="$.Resources")


@pytest.mark.parametrize(
    ("number", "size"),
    [("page", "per_page"), ("page", "page_size"), ("pageNumber", "pageSize"), ("page[number]", "page[size]")],
)
def test_pages(api: SimpleNamespace, number: str, size: str) -> None:
    assert page(api, rows(), api.query(number, size)) == PageNumber(page=number, size=size, guessed=True)


@pytest.mark.parametrize(
    ("schema", "description", "first"),
    [
        ({"type": "integer", "default": 0}, "", 0),
        ({"type": "integer", "minimum": 1}, "", 1),
        (INT, "Zero-based page index (0..N)", 0),
        (INT, "the page, with `0` being the first page", 0),
        (INT, "1-based number of the page", 1),
    ],
)
def test_the_number_of_the_first_page(api: SimpleNamespace, schema: Any, description: str, first: int) -> None:
    given = [{"name": "page", "in": "query", "schema": schema, "description": description}, *api.query("size")]
    assert page(api, rows(), given) == PageNumber(page="page", size="size", first=first)


def test_nobody_says_what_number_the_first_page_has(api: SimpleNamespace) -> None:
    """By custom it is 1; whether it is, the server finds out."""
    assert page(api, rows(), api.query("page", "size")) == PageNumber(page="page", size="size", first=1, guessed=True)


def test_a_bound_of_zero_does_not_say_that_pages_begin_there(api: SimpleNamespace) -> None:
    """It may only say that the number is not negative: the server finds out; where it cannot, nothing is left out."""
    number = {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 0}}
    for required, first in ((False, 1), (True, 0)):
        given = [{**number, "required": required}, *api.query("size")]
        assert page(api, rows(), given) == PageNumber(page="page", size="size", first=first, guessed=not required)


def test_a_parameter_that_takes_nothing_but_a_token_is_the_cursor(api: SimpleNamespace) -> None:
    found = page(api, obj(data=rows(), next=STRING), api.query("limit", after=STRING, cursor=STRING))
    assert (found.cursor, found.next) == ("cursor", "$.next")


def test_the_previous_page_has_the_older_records(api: SimpleNamespace) -> None:
    told = {
        name: {
            **STRING,
            "format": "uri",
            "description": f"The previous URL always points to a page with {age} records.",
        }
        for name, age in (("next_url", "newer"), ("prev_url", "older"))
    }
    for order, name in (("from newest to oldest", "prev_url"), ("from oldest to newest", "next_url")):
        found = page(api, obj(data=rows(), **told), [], description=f"Sorted {order}.")
        assert found == NextUrl(next=f"$.{name}", items="$.data")


def test_a_cursor_of_the_first_record_does_not_lead_on(api: SimpleNamespace) -> None:
    told = {name: {**STRING, "description": f"Cursor to identify the {name} object"} for name in ("first", "last")}
    found = page(api, obj(data=rows(), **told), api.query("limit", starting_after=STRING))
    assert (found.cursor, found.next) == ("starting_after", "$.last")


def test_a_page_that_must_be_given_is_not_asked_for_unnamed(api: SimpleNamespace) -> None:
    given = [{"name": "page", "in": "query", "schema": INT, "required": True}, *api.query("size")]
    assert page(api, rows(), given) == PageNumber(page="page", size="size", first=1)


def test_a_page_object_that_counts_from_zero(api: SimpleNamespace) -> None:
    schema = obj(content=rows(), totalElements=INT, totalPages=INT, number=INT, size=INT)
    assert page(api, schema, api.query("page", "size")) == PageNumber(
        page="page", size="size", first=0, items="$.content", total="$.totalElements"
    )


def test_the_same_parameter_elsewhere_says_where_pages_begin(api: SimpleNamespace) -> None:
    silent = {"get": {"parameters": api.query("page", "size"), **api.answer(rows())}}
    zero = api.query("size", page={"type": "integer", "default": 0})
    one = api.query("size", page={"type": "integer", "default": 1})
    for others, first in (([zero], 0), ([zero, one], 1)):
        paths = {
            f"/other{index}": {"get": {"parameters": given, **api.answer(rows())}} for index, given in enumerate(others)
        }
        made, found = api.document({"/contacts": silent, **paths})
        open_ = len(others) == 2
        assert find_paging(made, found["GET /contacts"]).page == PageNumber(
            page="page", size="size", first=first, guessed=open_
        )


def test_a_page_index_without_evidence_is_found_by_looking(api: SimpleNamespace) -> None:
    found = plan(api, rows(), api.query("pageIndex", "pageSize"))
    assert found.page == PageNumber(page="pageIndex", size="pageSize", guessed=True)


def test_a_page_index_that_is_required_is_left_to_the_agent(api: SimpleNamespace) -> None:
    index = {"name": "pageIndex", "in": "query", "required": True, "schema": INT}
    found = plan(api, rows(), [index, *api.query("pageSize")])
    assert (found.page, found.absorbed) == (Unpaged(seek=True, size_argument="pageSize"), {})


@pytest.mark.parametrize(
    ("name", "schema", "description", "offset"),
    [
        ("start", {"type": "string", "default": "0"}, "Pagination offset", "start"),
        ("from", {"type": "string", "example": "5"}, "", None),
        ("pageOffset", {"type": "string"}, "Starting point of the records", "pageOffset"),
        ("inicio", INT, "Cantidad de resultados a saltear.", "inicio"),
    ],
)
def test_a_position_in_a_string_or_another_language(
    api: SimpleNamespace, name: str, schema: Any, description: str, offset: str | None
) -> None:
    begin = {"name": name, "in": "query", "schema": schema, "description": description}
    size = {"name": "pageLimit", "in": "query", "schema": {"type": "string"}, "description": "Number of records"}
    token = api.query("pageToken") if name == "pageOffset" else []
    assert getattr(plan(api, rows(), [begin, size, *token]).page, "offset", None) == offset


@pytest.mark.parametrize(
    ("schema", "description", "most"),
    [
        ({"type": "integer", "maximum": 100}, "", 100),
        ({"type": "integer", "enum": [10, 25, 50]}, "", 50),
        (INT, "Results per page (max 100).", 100),
        (INT, "Up to 1,000 records", 1000),
        (INT, "between 1 and 200", 200),
        (INT, "How many records", None),
    ],
)
def test_the_largest_page(api: SimpleNamespace, schema: Any, description: str, most: int | None) -> None:
    given = [{"name": "limit", "in": "query", "schema": schema, "description": description}, *api.query("offset")]
    assert page(api, rows(), given) == Offset(offset="offset", limit="limit", max_size=most)


@pytest.mark.parametrize(
    ("parameter", "answer", "next"),
    [
        ("pageToken", obj(files=rows(), nextPageToken=TEXT), "$.nextPageToken"),
        ("cursor", obj(data=rows(), meta=obj(next_cursor=TEXT)), "$.meta.next_cursor"),
        ("after", obj(results=rows(), paging=obj(next=obj(after=TEXT, link=TEXT))), "$.paging.next.after"),
        ("continue", obj(items=rows(), metadata=obj(**{"continue": TEXT})), "$.metadata.continue"),
        ("cursor", obj(data=rows(), response_metadata=obj(next_cursor=TEXT)), "$.response_metadata.next_cursor"),
    ],
)
def test_cursors(api: SimpleNamespace, parameter: str, answer: Any, next: str) -> None:
    found = page(api, answer, api.query("limit", **{parameter: TEXT}))
    assert isinstance(found, Cursor)
    assert (found.cursor, found.next, found.limit) == (parameter, next, "limit")


def test_a_cursor_parameter_without_a_token_in_the_answer_is_looked_for_at_run_time(api: SimpleNamespace) -> None:
    found = plan(api, obj(data=rows()), api.query("limit", cursor=TEXT))
    assert found.page == Unpaged(items="$.data", seek=True, cursor="cursor", size_argument="limit")
    assert found.absorbed == {("query", "cursor"): "paging"}
    assert plan(api, rows(), api.query(after=TEXT)).page == Unpaged()


def test_an_offset_is_taken_before_a_cursor(api: SimpleNamespace) -> None:
    schema = obj(items=rows(), next_cursor=TEXT, total=INT)
    found = plan(api, schema, api.query("limit", "offset", cursor=TEXT))
    assert found.page == Offset(offset="offset", limit="limit", items="$.items", total="$.total")
    assert ("query", "cursor") not in found.absorbed


def test_the_id_of_the_last_record_is_a_cursor_where_has_more_ends_it(api: SimpleNamespace) -> None:
    schema = obj(data=rows(), has_more={"type": "boolean"}, object=TEXT, url=TEXT)
    assert page(api, schema, api.query("limit", starting_after=TEXT)) == Cursor(
        cursor="starting_after", next="$.data[-1].id", more="$.has_more", limit="limit", items="$.data"
    )
    unpaged = Unpaged(items="$.data", seek=True, size_argument="limit")
    assert page(api, obj(data=rows()), api.query("limit", starting_after=TEXT)) == unpaged


@pytest.mark.parametrize(
    ("schema", "next"),
    [
        (obj(value=rows(), **{"@odata.nextLink": TEXT}), '$["@odata.nextLink"]'),
        (obj(results=rows(), next={"type": "string", "format": "uri"}), "$.next"),
        (obj(data=rows(), links=obj(next=TEXT, self=TEXT)), "$.links.next"),
        (obj(_embedded=obj(contacts=rows()), _links=obj(next=obj(href=TEXT))), "$._links.next.href"),
    ],
)
def test_next_urls(api: SimpleNamespace, schema: Any, next: str) -> None:
    found = page(api, schema, [])
    assert isinstance(found, NextUrl)
    assert found.next == next


def test_headers(api: SimpleNamespace) -> None:
    link = {"Link": {"schema": TEXT}, "X-Total-Count": {"schema": INT}}
    assert page(api, rows(), api.query("per_page"), headers=link) == Link(
        limit="per_page", total="header:X-Total-Count"
    )
    url = {"Next-Page": {"schema": {"type": "string", "format": "uri"}}}
    assert page(api, rows(), [], headers=url) == NextHeader(header="Next-Page")
    number = {"Next-Page": {"schema": INT}}
    assert page(api, rows(), [], headers=number) == Unpaged()


def test_the_pageable_extension_names_the_next_link(api: SimpleNamespace) -> None:
    more = {"x-ms-pageable": {"nextLinkName": "more"}}
    assert page(api, obj(value=rows(), more=TEXT), [], **more) == NextUrl(next="$.more", items="$.value")
    assert page(api, obj(value=rows()), [], **{"x-ms-pageable": {"nextLinkName": None}}) == Unpaged(items="$.value")


def test_a_count_is_the_total_only_with_evidence(api: SimpleNamespace) -> None:
    assert page(api, obj(items=rows(), count=INT), []) == Unpaged(items="$.items")
    total = obj(items=rows(), count={"type": "integer", "description": "the total number of records"})
    assert page(api, total, []) == Unpaged(items="$.items", total="$.count")
    assert page(api, obj(items=rows(), total_pages=INT), []) == Unpaged(items="$.items")
    for said, path in {
        "Total number of rows": "$.rowCount",
        "The total number of matching records.": "$.rowCount",
        "Number of rows in this answer": None,
        "Total number of rows in this page": None,
        "Total number of failed rows": None,
    }.items():
        counted = obj(items=rows(), rowCount={"type": "integer", "description": said})
        assert page(api, counted, []) == Unpaged(items="$.items", total=path), said


def test_what_means_something_else_stays_an_argument(api: SimpleNamespace) -> None:
    given = [{"name": "page", "in": "query", "schema": TEXT, "description": "slug of the page"}]
    assert plan(api, rows(), given).absorbed == {}
    events = [{"name": "offset", "in": "query", "schema": INT, "description": "Number of events to retrieve"}]
    assert plan(api, rows(), events).page == Unpaged()
    times = api.query(start={"type": "string", "format": "date-time"})
    assert plan(api, rows(), [*times, *api.query("limit")]).page == Unpaged(seek=True, size_argument="limit")


def test_what_writes_is_no_list(api: SimpleNamespace) -> None:
    made, found = api.document({"/contacts": {"post": {"operationId": "createContacts", **api.answer(rows())}}})
    assert find_paging(made, found["POST /contacts"]) == PagingPlan(None)


def test_a_detail_is_no_list(api: SimpleNamespace) -> None:
    assert plan(api, obj(id=INT, name=TEXT, tags={"type": "array", "items": TEXT}), []).page is None


# ------------------------------------------------------------------------------------------------------------ hints


def test_hints_say_where_undeclared_parameters_are(api: SimpleNamespace) -> None:
    schema = obj(contact_obj_list=rows(), countries=rows())
    hint = PageHint(style="offset", limit="limit", offset="offset", items="$.contact_obj_list", place="query")
    found = plan(api, schema, [], hint)
    assert found.page == Offset(offset="offset", limit="limit", items="$.contact_obj_list")


def test_hints_complete_what_is_inferred(api: SimpleNamespace) -> None:
    schema = obj(results=rows(), total=INT)
    assert plan(api, schema, api.query("page", "per_page"), PageHint(first=0)).page == PageNumber(
        page="page", size="per_page", first=0, items="$.results", total="$.total"
    )
    assert plan(api, schema, api.query("limit", "offset"), PageHint(style="none")).page == Unpaged(
        items="$.results", total="$.total", whole=True
    )
    assert plan(api, rows(), [], PageHint(style="header", header="Next-Page")).page == NextHeader(header="Next-Page")


@pytest.mark.parametrize(
    ("hint", "code"),
    [
        (PageHint(style="offset", offset="offst"), "AG034"),
        (PageHint(style="cursor", cursor="cursor"), "AG031"),
        (PageHint(style="none", items="results"), "AG036"),
    ],
)
def test_hints_that_cannot_be_carried_out(api: SimpleNamespace, hint: PageHint, code: str) -> None:
    with pytest.raises(AdaptgenError) as caught:
        plan(api, obj(results=rows()), api.query("offset"), hint)
    assert [one.code for one in caught.value.diagnostics] == [code]


def test_a_token_that_stands_on_the_last_page_too_is_ended_by_the_flag_beside_it(api: SimpleNamespace) -> None:
    block = obj(end_cursor=TEXT, has_next_page={"type": "boolean"})
    assert page(api, obj(contacts=rows(), page_info=block), api.query("first", after=TEXT)) == Cursor(
        cursor="after",
        next="$.page_info.end_cursor",
        limit="first",
        items="$.contacts",
        more="$.page_info.has_next_page",
    )


def test_a_hint_says_that_an_offset_counts_from_one(api: SimpleNamespace) -> None:
    hint = PageHint(style="offset", offset="start", limit="rows", first=1)
    found = plan(api, rows(), api.query("start", "rows"), hint)
    assert found.page == Offset(offset="start", limit="rows", first=1)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (["from", "size"], Offset(offset="from", limit="size")),
        (["from", "to", "limit"], Unpaged(seek=True, size_argument="limit")),
        (["from", "end"], Unpaged(size_argument="end")),
        (["start", "stop"], Unpaged(size_argument="stop")),
        (["start", "end", "limit"], Unpaged(seek=True, size_argument="limit")),
        (["from", "page", "per_page"], PageNumber(page="page", size="per_page", guessed=True)),
    ],
)
def test_a_beginning_of_something_else_is_no_offset(api: SimpleNamespace, given: list[str], found: Paging) -> None:
    assert page(api, rows(), api.query(*given)) == found


def test_a_beginning_in_time_is_no_offset(api: SimpleNamespace) -> None:
    listed = [*api.query("limit"), {"name": "from", "in": "query", "description": "Unix timestamp", "schema": INT}]
    assert page(api, rows(), listed) == Unpaged(seek=True, size_argument="limit")


def test_no_paging_of_an_answer_with_several_arrays_is_the_whole_answer(api: SimpleNamespace) -> None:
    kinds = obj(items=rows(), people=rows(), calls=rows())
    none = PageHint(style="none")
    assert page(api, obj(id=INT, mails=rows(), calls=rows()), [], hint=none) is None
    assert page(api, obj(items=rows()), [], hint=none) == Unpaged(items="$.items", whole=True)
    assert page(api, kinds, [], hint=PageHint(style="none", items="$.calls")) == Unpaged(items="$.calls", whole=True)
