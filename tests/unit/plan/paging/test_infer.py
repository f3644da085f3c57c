from types import SimpleNamespace
from typing import Any

import pytest
from support.passes import find_paging

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Cursor, Link, NextHeader, Offset, PageNumber, Paging, Unpaged
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


def test_a_bound_of_zero_does_not_say_that_pages_begin_there(api: SimpleNamespace) -> None:
    """It may only say that the number is not negative: the server finds out; where it cannot, nothing is left out."""
    number = {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 0}}
    for required, first in ((False, 1), (True, 0)):
        given = [{**number, "required": required}, *api.query("size")]
        assert page(api, rows(), given) == PageNumber(page="page", size="size", first=first, guessed=not required)


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


def test_a_page_index_that_is_required_is_left_to_the_agent(api: SimpleNamespace) -> None:
    index = {"name": "pageIndex", "in": "query", "required": True, "schema": INT}
    found = plan(api, rows(), [index, *api.query("pageSize")])
    assert (found.page, found.absorbed) == (Unpaged(seek=True, size_argument="pageSize"), {})


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


def test_a_cursor_parameter_without_a_token_in_the_answer_is_looked_for_at_run_time(api: SimpleNamespace) -> None:
    found = plan(api, obj(data=rows()), api.query("limit", cursor=TEXT))
    assert found.page == Unpaged(items="$.data", seek=True, cursor="cursor", size_argument="limit")
    assert found.absorbed == {("query", "cursor"): "paging"}
    assert plan(api, rows(), api.query(after=TEXT)).page == Unpaged()


def test_the_id_of_the_last_record_is_a_cursor_where_has_more_ends_it(api: SimpleNamespace) -> None:
    schema = obj(data=rows(), has_more={"type": "boolean"}, object=TEXT, url=TEXT)
    assert page(api, schema, api.query("limit", starting_after=TEXT)) == Cursor(
        cursor="starting_after", next="$.data[-1].id", more="$.has_more", limit="limit", items="$.data"
    )
    unpaged = Unpaged(items="$.data", seek=True, size_argument="limit")
    assert page(api, obj(data=rows()), api.query("limit", starting_after=TEXT)) == unpaged


def test_headers(api: SimpleNamespace) -> None:
    link = {"Link": {"schema": TEXT}, "X-Total-Count": {"schema": INT}}
    assert page(api, rows(), api.query("per_page"), headers=link) == Link(
        limit="per_page", total="header:X-Total-Count"
    )
    url = {"Next-Page": {"schema": {"type": "string", "format": "uri"}}}
    assert page(api, rows(), [], headers=url) == NextHeader(header="Next-Page")
    number = {"Next-Page": {"schema": INT}}
    assert page(api, rows(), [], headers=number) == Unpaged()


def test_what_means_something_else_stays_an_argument(api: SimpleNamespace) -> None:
    given = [{"name": "page", "in": "query", "schema": TEXT, "description": "slug of the page"}]
    assert plan(api, rows(), given).absorbed == {}
    events = [{"name": "offset", "in": "query", "schema": INT, "description": "Number of events to retrieve"}]
    assert plan(api, rows(), events).page == Unpaged()
    times = api.query(start={"type": "string", "format": "date-time"})
    assert plan(api, rows(), [*times, *api.query("limit")]).page == Unpaged(seek=True, size_argument="limit")


# ------------------------------------------------------------------------------------------------------------ hints


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
