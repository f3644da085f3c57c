"""The ways in which widely used kinds of APIs page, as their public documentation describes them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from support.passes import find_paging

from adaptgen.model.tables import Cursor, Link, NextUrl, Offset, PageNumber, Paging

INT, TEXT, FLAG = {"type": "integer"}, {"type": "string"}, {"type": "boolean"}
URL = {"type": "string", "format": "uri"}
ROWS = {"type": "array", "items": {"type": "object", "properties": {"id": TEXT, "name": TEXT}}}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def page(api: SimpleNamespace, given: dict[str, Any], answer: Any, **more: Any) -> Paging | None:
    parameters = [
        {"name": name, "in": "query", **({"schema": one} if "type" in one else one)} for name, one in given.items()
    ]
    raw = {"parameters": parameters, **api.answer(answer, **more)}
    made, found = api.document({"/contacts": {"get": raw}})
    return find_paging(made, found["GET /contacts"]).page


@pytest.mark.parametrize(
    ("given", "answer", "expected"),
    [
        # response_metadata.next_cursor, a chat service
        (
            {"cursor": TEXT, "limit": INT},
            obj(ok=FLAG, contacts=ROWS, response_metadata=obj(next_cursor=TEXT)),
            Cursor(cursor="cursor", next="$.response_metadata.next_cursor", limit="limit", items="$.contacts"),
        ),
        # starting_after and has_more, payments
        (
            {"starting_after": TEXT, "ending_before": TEXT, "limit": INT},
            obj(object=TEXT, url=TEXT, has_more=FLAG, data=ROWS),
            Cursor(cursor="starting_after", next="$.data[-1].id", limit="limit", more="$.has_more", items="$.data"),
        ),
        # paging.next.after, marketing
        (
            {"after": TEXT, "limit": INT},
            obj(results=ROWS, paging=obj(next=obj(after=TEXT, link=TEXT))),
            Cursor(cursor="after", next="$.paging.next.after", limit="limit", items="$.results"),
        ),
        # page[after] with meta.after_cursor, tickets
        (
            {"page[after]": TEXT, "page[size]": INT},
            obj(contacts=ROWS, meta=obj(has_more=FLAG, after_cursor=TEXT)),
            Cursor(
                cursor="page[after]", next="$.meta.after_cursor", limit="page[size]", more="$.meta.has_more",
                items="$.contacts",
            ),
        ),
        # a text called offset that comes and goes, tables
        (
            {"offset": TEXT, "pageSize": INT},
            obj(records=ROWS, offset=TEXT),
            Cursor(cursor="offset", next="$.offset", limit="pageSize", items="$.records"),
        ),
        # next_page.offset, tasks
        (
            {"offset": TEXT, "limit": INT},
            obj(data=ROWS, next_page=obj(offset=TEXT, path=TEXT, uri=URL)),
            Cursor(cursor="offset", next="$.next_page.offset", limit="limit", items="$.data"),
        ),
        # pages.next.starting_after, support
        (
            {"starting_after": TEXT, "per_page": INT},
            obj(type=TEXT, data=ROWS, pages=obj(next=obj(per_page=INT, starting_after=TEXT), total_pages=INT)),
            Cursor(cursor="starting_after", next="$.pages.next.starting_after", limit="per_page", items="$.data"),
        ),
        # pagination_token, meta.next_token, a social network
        (
            {"pagination_token": TEXT, "max_results": INT},
            obj(data=ROWS, meta=obj(result_count=INT, next_token=TEXT, previous_token=TEXT)),
            Cursor(cursor="pagination_token", next="$.meta.next_token", limit="max_results", items="$.data"),
        ),
        # pageInfo.endCursor, GraphQL's connections
        (
            {"after": TEXT, "first": INT},
            obj(nodes=ROWS, pageInfo=obj(endCursor=TEXT, hasNextPage=FLAG)),
            Cursor(
                cursor="after", next="$.pageInfo.endCursor", limit="first", more="$.pageInfo.hasNextPage",
                items="$.nodes",
            ),
        ),
        # OData: $top and $skip, @odata.nextLink
        (
            {"$top": INT, "$skip": INT},
            obj(**{"@odata.count": INT, "@odata.nextLink": TEXT}, value=ROWS),
            Offset(offset="$skip", limit="$top", items="$.value", total='$["@odata.count"]'),
        ),
        # issues: startAt, maxResults, total, values
        (
            {"startAt": INT, "maxResults": INT},
            obj(startAt=INT, maxResults=INT, total=INT, isLast=FLAG, values=ROWS),
            Offset(offset="startAt", limit="maxResults", items="$.values", total="$.total"),
        ),
        # SCIM (RFC 7644, 3.4.2.4)
        (
            {"startIndex": {"schema": INT, "description": "The 1-based index of the first query result"}, "count": INT},
            obj(totalResults=INT, itemsPerPage=INT, startIndex=INT, Resources=ROWS),
            Offset(offset="startIndex", limit="count", first=1, items="$.Resources", total="$.totalResults"),
        ),
        # first and max, where `first` would else be a number of items
        (
            {"first": {"schema": INT, "description": "Pagination offset"}, "max": INT},
            ROWS,
            Offset(offset="first", limit="max"),
        ),
        # first and max without a word (JPA's setFirstResult)
        ({"first": INT, "max": INT, "search": TEXT}, ROWS, Offset(offset="first", limit="max")),
        # an offset that has to be sent
        (
            {"offset": {"schema": INT, "required": True}, "username": TEXT},
            obj(contacts=ROWS),
            Offset(offset="offset", items="$.contacts"),
        ),
        # link.next.href
        (
            {"limit": INT},
            obj(contacts=ROWS, link=obj(next=obj(href=TEXT), self=obj(href=TEXT))),
            NextUrl(next="$.link.next.href", limit="limit", items="$.contacts"),
        ),
        # the next page and the page before, in words
        (
            {},
            obj(contacts=ROWS, next={**TEXT, "description": "The next page, if any"}, previous=TEXT),
            NextUrl(next="$.next", items="$.contacts"),
        ),
        # Spring Data
        (
            {"page": INT, "size": INT, "sort": TEXT},
            obj(content=ROWS, totalElements=INT, totalPages=INT, number=INT, size=INT, last=FLAG),
            PageNumber(page="page", size="size", first=0, items="$.content", total="$.totalElements"),
        ),
        # pages under names of their own
        (
            {"sheet": {"schema": INT, "description": "The number of the page"},
             "breadth": {"schema": INT, "description": "Results per page"}},
            obj(total=INT, items=ROWS),
            PageNumber(page="sheet", size="breadth", items="$.items", total="$.total", guessed=True),
        ),
        # JSON:API without numbers
        (
            {"include": TEXT},
            obj(data=ROWS, links=obj(self=URL, next=URL, last=URL), meta=obj(total=INT)),
            NextUrl(next="$.links.next", items="$.data", total="$.meta.total"),
        ),
        # nextRecordsUrl
        ({"q": TEXT}, obj(totalSize=INT, done=FLAG, nextRecordsUrl=TEXT, records=ROWS),
         NextUrl(next="$.nextRecordsUrl", items="$.records", total="$.totalSize")),
        # HAL
        (
            {},
            obj(_links=obj(next=obj(href=TEXT)), _embedded=obj(contacts=ROWS)),
            NextUrl(next="$._links.next.href", items="$._embedded.contacts"),
        ),
        # page_info, a token by its description, in a Link header
        (
            {"page_info": {"schema": TEXT, "description": "A token from the `Link` header"}, "limit": INT},
            obj(contacts=ROWS),
            Link(limit="limit", items="$.contacts"),
        ),
        # a bundle of health records (FHIR R5)
        (
            {"_count": INT, "name": TEXT},
            obj(resourceType=TEXT, type=TEXT, total=INT, entry=ROWS,
                link={"type": "array", "items": obj(relation=TEXT, url=TEXT)}),
            NextUrl(next="$.link[?(@.relation=='next')].url", items="$.entry", total="$.total"),
        ),
        # numbers that go on, in what tells about the records
        (
            {"page_size": INT, "after": INT, "before": INT},
            obj(status=INT, error=FLAG, meta=obj(contacts=ROWS, cursor=obj(before=INT, after=INT))),
            Cursor(cursor="after", next="$.meta.cursor.after", limit="page_size", items="$.meta.contacts"),
        ),
        # one of two kinds of rows, and whether there are more
        (
            {"cursor": TEXT, "group_by": TEXT},
            obj(rows={"oneOf": [ROWS, ROWS]}, next_page=FLAG, cursor=TEXT),
            Cursor(cursor="cursor", next="$.cursor", more="$.next_page", items="$.rows"),
        ),
        # a cursor under a name of its own
        (
            {"anchor": {"schema": TEXT, "description": "Opaque token for the next page"}},
            obj(contacts=ROWS, next_cursor=TEXT),
            Cursor(cursor="anchor", next="$.next_cursor", items="$.contacts"),
        ),
    ],
)  # fmt: skip
def test_a_known_way(api: SimpleNamespace, given: dict[str, Any], answer: Any, expected: Paging) -> None:
    assert page(api, given, answer) == expected


@pytest.mark.parametrize(
    "given",
    [
        {"radius": {"schema": INT, "description": "Offset of the centre in metres"}, "limit": INT},
        {"guests": {"schema": INT, "description": "Number of guests to show"}},
        {"note": {"schema": TEXT, "description": "Page to show after saving"}},
        {"back": {"schema": TEXT, "description": "Cursor for the previous page"}},
        {"size": {"schema": INT, "description": "Size of the shoe"}},
        {"after": {"schema": INT, "description": "Only those after this time"}, "back": TEXT},
    ],
)
def test_what_only_sounds_like_it(api: SimpleNamespace, given: dict[str, Any]) -> None:
    found = page(api, given, obj(contacts=ROWS, next_cursor=TEXT) if "back" in given else ROWS)
    assert type(found).__name__ == "Unpaged"
