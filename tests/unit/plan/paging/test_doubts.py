"""Paging under names and types that say it only half, and what is called like paging and is none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from support.passes import find_paging

from adaptgen.model.tables import Cursor, NextUrl, Offset, PageNumber, Paging

INT, TEXT, FLAG = {"type": "integer"}, {"type": "string"}, {"type": "boolean"}
ROWS = {"type": "array", "items": {"type": "object", "properties": {"id": TEXT, "name": TEXT}}}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def told(description: str, schema: Any = TEXT) -> dict[str, Any]:
    return {"schema": schema, "description": description}


def page(api: SimpleNamespace, given: dict[str, Any], answer: Any, **more: Any) -> Paging | None:
    parameters = [
        {"name": name, "in": "query", **({"schema": one} if "type" in one else one)} for name, one in given.items()
    ]
    made, found = api.document({"/contacts": {"get": {"parameters": parameters, **api.answer(answer), **more}}})
    return find_paging(made, found["GET /contacts"]).page


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"skipRecords": INT, "numberToRead": INT}, Offset(offset="skipRecords", limit="numberToRead")),
        ({"firstRow": INT, "rowCount": INT}, Offset(offset="firstRow", limit="rowCount")),
        ({"limitstart": INT, "limit": INT}, Offset(offset="limitstart", limit="limit")),
        ({"SkipPages": INT, "PageSize": INT}, PageNumber(page="SkipPages", size="PageSize", first=0)),
        ({"options.page": {"default": 1, **INT}, "options.pageSize": INT},
         PageNumber(page="options.page", size="options.pageSize")),
        ({"pagination[offset]": INT, "pagination[limit]": INT},
         Offset(offset="pagination[offset]", limit="pagination[limit]")),
        # numbers that are declared as texts
        ({"offset": TEXT, "limit": TEXT}, Offset(offset="offset", limit="limit")),
        ({"page": {"default": "0", "format": "int32", **TEXT}, "limit": INT},
         PageNumber(page="page", size="limit", first=0)),
        # a number that is called like a token, an offset that counts pages
        ({"marker": told("Offset in the result list", INT), "limit": INT}, Offset(offset="marker", limit="limit")),
        ({"start": told("Page number to fetch. Default is 0.", INT), "rows": INT},
         PageNumber(page="start", size="rows", first=0)),
        ({"page": told("Page number to return, starting with 0.", INT)}, PageNumber(page="page", first=0)),
    ],
)  # fmt: skip
def test_names_and_types_that_say_it_half(api: SimpleNamespace, given: dict[str, Any], expected: Paging) -> None:
    found = page(api, given, ROWS)
    assert isinstance(found, type(expected))
    keys = ("offset", "page", "limit", "size", *(["first"] if isinstance(expected, PageNumber) else []))
    assert {key: getattr(found, key, None) for key in keys} == {key: getattr(expected, key, None) for key in keys}


@pytest.mark.parametrize(
    ("given", "answer", "cursor", "onward"),
    [
        # the parameter beside it logs in
        ({"token": told("Authentication token"), "cursor": TEXT}, obj(items=ROWS, next_cursor=TEXT),
         "cursor", "$.next_cursor"),
        ({"stream_position": TEXT}, obj(items=ROWS, next_stream_position=INT),
         "stream_position", "$.next_stream_position"),
        ({"iterator": TEXT, "limit": INT}, obj(data=ROWS, iterator=TEXT, done=FLAG), "iterator", "$.iterator"),
        ({"cursor": told("Set it to a `next_cursor` attribute returned by a previous request's `meta_data`")},
         obj(items=ROWS, ok=FLAG), "cursor", "$.meta_data.next_cursor"),
        ({"cursor": told("Cursors are in the response headers `X-Acme-Cursor-Next` and `X-Acme-Cursor-Prev`")},
         ROWS, "cursor", "header:X-Acme-Cursor-Next"),
        ({"starting_after": told("Returns jobs submitted before the job with this id, exclusive")}, ROWS,
         "starting_after", "$[-1].id"),
        ({"starting_after": TEXT},
         obj(data={"type": "array", "items": {"anyOf": [obj(id=TEXT, card=TEXT), obj(id=TEXT, bank=TEXT)]}},
             has_more=FLAG), "starting_after", "$.data[-1].id"),
    ],
)  # fmt: skip
def test_where_the_next_token_is(
    api: SimpleNamespace, given: dict[str, Any], answer: Any, cursor: str, onward: str
) -> None:
    found = page(api, given, answer)
    assert isinstance(found, Cursor)
    assert (found.cursor, found.next) == (cursor, onward)


def test_the_links_of_a_list_lead_on_where_somebody_says_so(api: SimpleNamespace) -> None:
    links = {"type": "array", "items": obj(rel=TEXT, href=TEXT)}
    answer = obj(content=ROWS, links=links)
    found = page(api, {"limit": INT}, answer, description="Use the embedded `next` link for more.")
    assert isinstance(found, NextUrl)
    assert found.next == "$.links[?(@.rel=='next')].href"
    assert not isinstance(page(api, {"limit": INT}, answer), NextUrl)


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        # a span of time that comes back
        ({"start": {"format": "date-time", **TEXT}, "end": TEXT}, obj(contacts=ROWS, start=TEXT, end=TEXT)),
        # an offset of time
        ({"offset": told("Offset from UTC in minutes", INT)}, ROWS),
        # a token whose source nobody names
        ({"offset": told("Offset token. It is given by the API"), "limit": INT}, obj(data=ROWS)),
    ],
)
def test_what_only_looks_like_it(api: SimpleNamespace, given: dict[str, Any], answer: Any) -> None:
    assert type(page(api, given, answer)).__name__ == "Unpaged"
