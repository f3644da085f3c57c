"""Pages that other words ask for, and lists that are declared in other ways than most."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from support.passes import find_paging

from adaptgen.model.tables import Cursor, Offset, PageNumber, Paging, Unpaged

INT, TEXT, TIME = {"type": "integer"}, {"type": "string"}, {"type": "string", "format": "date-time"}
ITEM = {"type": "object", "properties": {"id": TEXT, "name": TEXT}}
ROWS, TEXTS = {"type": "array", "items": ITEM}, {"type": "array", "items": TEXT}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def page(api: SimpleNamespace, inputs: dict[str, Any], answer: Any, path: str = "/contacts") -> Paging | None:
    parameters = [{"name": name, "in": "query", "schema": schema} for name, schema in inputs.items()]
    made, found = api.document({path: {"get": {"parameters": parameters, **api.answer(answer)}}})
    return find_paging(made, found[f"GET {path}"]).page


def test_start_and_count_of_versions(api: SimpleNamespace) -> None:
    start = {**INT, "default": 0, "description": "The first version to return"}
    assert page(api, {"start": start, "count": INT}, ROWS) == Offset(offset="start", limit="count")
    start = {**INT, "description": "The block height to start with"}
    assert page(api, {"start": start, "count": INT}, ROWS) == Unpaged(size_argument="count")


@pytest.mark.parametrize(
    ("inputs", "answer", "cursor", "following"),
    [
        ({"marker": TEXT, "limit": INT}, ROWS, "marker", "$[-1].id"),
        ({"since": TIME, "limit": INT}, obj(data=ROWS, next=TIME), "since", "$.next"),
        (
            {"after": TEXT, "limit": INT},
            obj(data=ROWS, onward={**TEXT, "description": "Token used to retrieve the next page"}),
            "after",
            "$.onward",
        ),
        ({"until": INT, "limit": INT}, obj(data=ROWS, next_until=INT), "until", "$.next_until"),
        ({"pagination_id": TEXT, "limit": INT}, obj(data=ROWS, pagination_id=TEXT), "pagination_id", "$.pagination_id"),
        ({"starting_after": TEXT, "ending_before": TEXT, "limit": INT}, ROWS, "starting_after", "$[-1].id"),
        ({"since": TIME, "limit": INT}, obj(data=ROWS, next_timestamp=TIME), "since", "$.next_timestamp"),
    ],
)
def test_where_the_next_value_comes_from(
    api: SimpleNamespace, inputs: dict[str, Any], answer: Any, cursor: str, following: str
) -> None:
    items = "$.data" if "properties" in answer else "$"
    assert page(api, inputs, answer) == Cursor(cursor=cursor, next=following, limit="limit", items=items)


@pytest.mark.parametrize(
    ("inputs", "answer"),
    [
        ({"marker": TEXT}, ROWS),
        ({"marker": TEXT, "limit": INT}, {"type": "array", "items": obj(name=TEXT)}),
        ({"since": TIME, "limit": INT}, obj(data=ROWS, next=TEXT)),
        ({"marker": {**TEXT, "description": "The position to begin at"}, "limit": INT}, ROWS),
        ({"waitToken": TEXT}, obj(data=ROWS, nextWaitToken=TEXT)),
        ({"cursor": TEXT, "limit": INT}, obj(data=ROWS, cursor={**TEXT, "description": "Current cursor"})),
    ],
)
def test_where_no_next_value_comes_from(api: SimpleNamespace, inputs: dict[str, Any], answer: Any) -> None:
    assert isinstance(page(api, inputs, answer), Unpaged)


PAGE = {"page": INT, "size": INT}


@pytest.mark.parametrize(
    ("path", "answer", "items"),
    [
        # several arrays: what is called the list of something, those of records, the required one
        ("/inbox", obj(messages=ROWS, tags=TEXTS, total=INT), "$.messages"),
        ("/search", obj(contacts=ROWS, names=obj(), warningMessages=TEXTS, page=INT), "$.contacts"),
        ("/rankings/{state}", obj(contactList=ROWS, rankYear=INT, years=TEXTS, numberOfPages=INT), "$.contactList"),
        ("/search", {**obj(contacts=ROWS, teams=ROWS, total=INT), "required": ["contacts"]}, "$.contacts"),
        ("/dimensions/{id}", obj(data=ROWS, timeframe=TEXTS, total_row_count=INT), "$.data"),
        ("/Schemas", obj(schemas=TEXTS, Resources=ROWS, totalResults=INT), "$.Resources"),
        ("/tags", obj(tags=TEXTS, total=INT), "$.tags"),
        ("/records.{format}", obj(records=ROWS, facets=obj(), page=INT), "$.records"),
        ("/data/{id}/contacts", obj(data=obj(data_id=TEXT, splits=TEXTS, contacts=ROWS)), "$.data.contacts"),
        ("/admins", {**obj(users=ROWS, roles=ROWS), "required": ["users"]}, "$.users"),
        # what says by two members which part of a list it is
        ("/feeds/{id}/availability", obj(checks=ROWS, feed_id=TEXT, offset=INT, total=INT), "$.checks"),
        ("/albums/{owner}", obj(albums=ROWS, name=TEXT, offset=INT, totalCount=INT), "$.albums"),
        ("/contacts/{id}", obj(id=TEXT, orders=ROWS, offset=INT, totalCount=INT), None),
        ("/featured", obj(message=TEXT, albums=obj(items=ROWS, offset=INT, total=INT)), "$.albums.items"),
        ("/featured", obj(message=TEXT, albums=obj(items=ROWS, style=TEXT)), None),
        ("/featured", obj(albums=obj(href=TEXT, next=TEXT, offset=INT, total=INT)), "$"),
        ("/documents", obj(reply=obj(data=obj(data=ROWS, total=INT), meta=obj(status=INT))), "$.reply.data.data"),
        # a segment of the path before the last names it; what failed is not the list
        ("/orders/status/delivered", obj(orders=ROWS, metadata=ROWS), "$.orders"),
        (
            "/nodes",
            obj(data=obj(affected_items=ROWS, failed_items=ROWS, total_affected_items=INT)),
            "$.data.affected_items",
        ),
        ("/products", obj(skus=ROWS, metadata=ROWS), "$.skus"),
        ("/users", obj(_embedded=obj(data=obj(users=ROWS)), _links=obj(self=TEXT), page=INT), "$._embedded.data.users"),
        ("/documents.memberships", obj(data=obj(memberships=ROWS, users=ROWS), ok=INT), "$.data.memberships"),
        ("/history-reverse", obj(history=obj(events=ROWS), nextPageToken=TEXT), "$.history.events"),
        ("/users/{id}:list-aliases", obj(items=ROWS, removed=TEXTS, kind=TEXT), "$.items"),
        # the answer has an identity of its own
        ("/news/trending", obj(value=ROWS, follow_ups=ROWS, id=TEXT, type=TEXT), "$.value"),
        # one of several forms
        ("/search", {"oneOf": [obj(entries=ROWS, kind=TEXT), obj(entries=ROWS, total=INT)]}, "$.entries"),
        ("/tracks", {"oneOf": [ROWS, obj(collection=ROWS, next_href=TEXT)]}, "$"),
        ("/search", {"oneOf": [obj(entries=ROWS), obj(hits=ROWS)]}, None),
        ("/layers", obj(result=ROWS, ids={"type": "array", "items": INT}, list_title=TEXT, count=INT), "$.result"),
        # nothing is said of the answer
        ("/contacts", {"type": "object", "properties": {"$schema": TEXT, "offset": INT, "total": INT}}, "$"),
        ("/contacts", obj(code=INT, reason=TEXT, data={}), "$"),
        ("/contacts", obj(code=INT, msg=TEXT, data=obj(list={}, page=INT, total=INT)), "$.data.list"),
        ("/contacts", obj(code=INT, status=TEXT, message=TEXT), "$"),
        ("/contacts", {}, "$"),
        ("/contacts", obj(code=INT, data={"type": "object"}), "$"),
        ("/profile", {}, "$"),
        # one record in the place of the list
        ("/contacts", ITEM, "$"),
        ("/contacts/search", ITEM, "$"),
        ("/files", obj(fileId=TEXT, size=INT), "$"),
        ("/areas", obj(id=TEXT, name=TEXT, kind=TEXT, _links=ROWS), "$"),
        ("/areas", obj(id=TEXT, calls=ROWS, texts=ROWS), None),
        # no list
        ("/search", obj(contacts=ROWS, teams=ROWS, total=INT), None),
        ("/contacts/{id}", ITEM, None),
        ("/profile", ITEM, None),
        ("/contacts/{id}", {}, None),
        ("/contacts", {"type": "string"}, None),
        ("/contacts", obj(color=TEXT, data={"type": "object"}), None),
        ("/contacts", obj(text=TEXT, size=INT), None),
        ("/contacts/{id}", obj(id=TEXT, orders=ROWS, page=INT), None),
        ("/blocks/{hash}", obj(a=INT, b=INT, c=INT, d=INT, e=INT, txs=ROWS, page=INT), None),
    ],
)
def test_which_part_of_an_answer_is_the_list(api: SimpleNamespace, path: str, answer: Any, items: str | None) -> None:
    found = page(api, PAGE, answer, path)
    assert getattr(found, "items", None) == items


@pytest.mark.parametrize(
    ("path", "summary", "size", "answer", "items"),
    [
        ("/profile", "List all profiles", "", {}, "$"),
        ("/icons/{term}", "Returns a list of icons by term", "", {}, "$"),
        ("/log", "", "The number of items per page", {}, "$"),
        ("/groups/owned", "Get a list of owned groups", "", ITEM, "$"),
        ("/profile", "Get the profile", "", {}, "$"),
        ("/address/{id}", "Get an address", "The number of items per page", {}, None),
        ("/profile", "Get the profile", "The number of items per page", ITEM, None),
        ("/contacts/{id}", "Returns a list of contacts", "", ITEM, None),
    ],
)
def test_words_that_speak_of_a_list(
    api: SimpleNamespace, path: str, summary: str, size: str, answer: Any, items: str | None
) -> None:
    parameters = [
        {"name": "page", "in": "query", "schema": INT},
        {"name": "size", "in": "query", "schema": INT, "description": size},
    ]
    made, found = api.document({path: {"get": {"summary": summary, "parameters": parameters, **api.answer(answer)}}})
    assert getattr(find_paging(made, found[f"GET {path}"]).page, "items", None) == items


def test_the_first_page_of_other_lists_counts_where_half_of_them_say_it(api: SimpleNamespace) -> None:
    def first(said: int, silent: int) -> PageNumber:
        zero = {"name": "page", "in": "query", "schema": {**INT, "default": 0}}
        every = [zero] * said + [{"name": "page", "in": "query", "schema": INT}] * silent
        paths = {f"/p{n}s": {"get": {"parameters": [dict(one)], **api.answer(ROWS)}} for n, one in enumerate(every)}
        made, found = api.document(paths)
        page = find_paging(made, found[f"GET /p{len(every) - 1}s"]).page
        assert isinstance(page, PageNumber)
        return page

    assert first(2, 2) == PageNumber(page="page", first=0)
    assert first(2, 3) == PageNumber(page="page", guessed=True)
