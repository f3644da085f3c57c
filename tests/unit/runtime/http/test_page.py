"""Where the items, the total and the next page stand in an answer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adaptgen.model.tables import Cursor, Link, NextHeader, NextUrl, Offset, Unpaged
from adaptgen.runtime.http.page import find_items, read_page
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.syntax.field_paths import MISSING

ROWS = [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize(
    ("path", "body", "items"),
    [
        ("$", ROWS, ROWS),
        ("$.results", {"results": ROWS, "count": 2}, ROWS),
        ("$.data.items", {"data": {"items": ROWS}}, ROWS),
        ("$._embedded.contacts", {"_embedded": {"contacts": ROWS}}, ROWS),
        ('$["odd.key"]', {"odd.key": ROWS}, ROWS),
        ("$.groups[*].rows", {"groups": [{"rows": ROWS[:1]}, {"rows": ROWS[1:]}]}, ROWS),
        ("$..rows", {"deep": {"rows": ROWS}}, ROWS),
        ("$.results", {"results": None}, []),
        ("$.results", {"results": {"id": 1}}, [{"id": 1}]),
        ("$.results", {"results": {"a": {"id": 1}, "b": {"id": 2}}}, [{"key": "a", "id": 1}, {"key": "b", "id": 2}]),
        ("$.results", {"data": ROWS, "count": 2}, ROWS),
        ("$", {"contacts": ROWS, "count": 2}, ROWS),
        ("$", {"data": {"rows": ROWS}}, ROWS),
        ("$.results", {"tags": ["x"], "entries": ROWS}, ROWS),
        ("$.results", ROWS, ROWS),
        ("$.results", {"error": "no"}, None),
        ("$", {"contact": {"id": 1}}, None),
    ],
)
def test_items(path: str, body: Any, items: Any) -> None:
    assert find_items(path, body) == items


def page(kit: Any, paging: Any, body: Any, **more: Any) -> Any:
    async def fetch(query: Any = None, url: str | None = None) -> Any:
        return kit.reply(body, **more)

    return asyncio.run(read_page(paging, fetch, None, 10))


@pytest.mark.parametrize(
    ("total", "body", "headers", "count"),
    [
        ("$.count", {"count": 250, "r": []}, {}, 250),
        ("$.count", {"count": "250", "r": []}, {}, 250),
        ("$.hits.total", {"hits": {"total": {"value": 250, "relation": "eq"}}, "r": []}, {}, 250),
        ("$.hits.total", {"hits": {"total": {"value": 10000, "relation": "gte"}}, "r": []}, {}, None),
        ("$.count", {"count": True, "r": []}, {}, None),
        ("$.count", {"count": -1, "r": []}, {}, None),
        ("$.count", {"r": []}, {}, None),
        ("header:Total-Objects", {"r": []}, {"total-objects": "500"}, 500),
        ("header:Content-Range", {"r": []}, {"content-range": "items 0-24/250"}, 250),
        ("header:Content-Range", {"r": []}, {"content-range": "items 0-24/*"}, None),
    ],
)
def test_total(kit: Any, total: str, body: Any, headers: dict[str, str], count: int | None) -> None:
    assert page(kit, Offset(offset="o", items="$.r", total=total), body, headers=headers).total == count


@pytest.mark.parametrize(
    ("paging", "body", "headers", "following"),
    [
        (Cursor(cursor="c", next="$.next"), {"next": "abc", "r": []}, {}, "abc"),
        (Cursor(cursor="c", next="$.next"), {"next": "", "r": []}, {}, None),
        (Cursor(cursor="c", next="$.next"), {"next": 17, "r": []}, {}, 17),
        (Cursor(cursor="c", next="$.next", more="$.more"), {"next": "abc", "more": False, "r": []}, {}, None),
        (Cursor(cursor="c", next="$.next", more="$.more"), {"next": "abc", "r": []}, {}, "abc"),
        (Cursor(cursor="c", next="header:X-Next"), {"r": []}, {"x-next": "abc"}, "abc"),
        (NextUrl(next="$.next"), {"next": "?page=2", "r": []}, {}, "/things?page=2"),
        (NextUrl(next="$._links.next"), {"_links": {"next": {"href": "/t?p=2"}}, "r": []}, {}, "/t?p=2"),
        (NextUrl(next="$.next"), {"next": None, "r": []}, {}, None),
        (NextHeader(header="Next-Page"), {"r": []}, {"next-page": "http://api.test/x"}, "/x"),
        (Link(), {"r": []}, {"link": "<x?page=2>; rel=next"}, "/x?page=2"),
        (Link(), {"r": []}, {"link": "<https://other.test/x>; rel=next"}, "https://other.test/x"),
    ],
)
def test_next(kit: Any, paging: Any, body: Any, headers: dict[str, str], following: Any) -> None:
    assert page(kit, paging, body, headers=headers).next == following


def test_an_empty_answer_is_an_empty_list(kit: Any) -> None:
    assert page(kit, Unpaged(), b"", status=204).items == []


BODY = {"a": {"b": 1}, "c": [2, 3], "n": None, "@odata.nextLink": "/x", "?(,": 5}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.a.b", 1),
        ("$['a'].b", 1),
        ("$['@odata.nextLink']", "/x"),
        ('$["?(,"]', 5),
        ("$.c[1]", 3),
        ("$.c[?(@ > 2)]", 3),
        ("$..b", 1),
        ("$.zz", MISSING),
        ("$.n", None),
    ],
)
def test_jsonpath_first(path: str, value: Any) -> None:
    assert jsonpath.first(path, BODY) == value


@pytest.mark.parametrize("path", ["a.b", "$.a[", "$..", "$.[?("])
def test_jsonpath_errors(path: str) -> None:
    with pytest.raises(jsonpath.JsonPathError):
        jsonpath.compiled(path)
