"""Lists of which no paging is known: evidence in an answer that it is not the whole list."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from adaptgen.model.tables import Cursor, Link, Tool, Unpaged
from adaptgen.runtime.answers.list import ListCall, answer_list
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.paging.cursor import CursorBox
from adaptgen.runtime.queries import query as asking

BOX = CursorBox(b"k" * 32)


def rows(count: int) -> list[dict[str, Any]]:
    return [{"id": number, "name": f"n{number}", "state": "open" if number % 2 else "done"} for number in range(count)]


def ask(kit: Any, body: Any, asked: dict[str, Any] | None = None, page: Any = None, **more: Any) -> Any:
    """What the tool answers to one call, for an API that always says ``body``."""
    tool = Tool(name="list_things", page=page or Unpaged(items="$.things"), view=("id", "name"))
    limit, sizes = more.pop("limit", None), more.pop("sizes", ())
    replies: list[Any] = []

    async def fetch(query: Any = None, url: str | None = None) -> Any:
        replies.append(query)
        made = kit.reply(body(query or {}) if callable(body) else body, **more)
        made.sizes = sizes
        return made

    call = ListCall(box=BOX, caller="c", contract_hash="h", page_size=25, max_bytes=90_000, limit=limit)
    answer = answer_list(tool, fetch, call) if asked is None else asking.answer_question(tool, fetch, call, asked=asked)
    return orjson.loads(asyncio.run(answer).content[0].text)  # type: ignore[union-attr]


EVIDENCE: list[tuple[dict[str, Any], dict[str, str], str]] = [
    ({"next": "https://api.test/things?page=2"}, {}, "`next`"),
    ({"next_token": "abc"}, {}, "`next_token`"),
    ({"nextPageToken": "abc"}, {}, "`nextPageToken`"),
    ({"nextOffset": 7}, {}, "`nextOffset`"),
    ({"@odata.nextLink": "https://api.test/x"}, {}, "@odata.nextLink"),
    ({"cursor": "abc"}, {}, "`cursor`"),
    ({"meta": {"end_cursor": "abc"}}, {}, "`end_cursor`"),
    ({"response_metadata": {"next_cursor": "abc"}}, {}, "`next_cursor`"),
    ({"_links": {"next": {"href": "/things?page=2"}}}, {}, "`next`"),
    ({"links": [{"rel": "self", "href": "/"}, {"rel": "next", "href": "/2"}]}, {}, "`next`"),
    ({"continuationToken": "abc"}, {}, "`continuationToken`"),
    ({"has_more": True}, {}, "`has_more`"),
    ({"hasMore": "true"}, {}, "`hasMore`"),
    ({"isTruncated": True}, {}, "`isTruncated`"),
    ({"limited": True}, {}, "`limited`"),
    ({"more": 1}, {}, "`more`"),
    ({"paging": {"hasNextPage": True}}, {}, "`hasNextPage`"),
    ({"incomplete_results": True}, {}, "`incomplete_results`"),
    ({"done": False}, {}, "`done`"),
    ({"isLast": False}, {}, "`isLast`"),
    ({"total": 57}, {}, "57"),
    ({"total_count": "57"}, {}, "57"),
    ({"count": 57}, {}, "57"),
    ({"estimatedTotal": 57}, {}, "57"),
    ({"thingsCount": 57}, {}, "57"),
    ({"hits": {"total": {"value": 57, "relation": "gte"}}}, {}, "57"),
    ({"pagination": {"totalRecords": 57}}, {}, "57"),
    ({"total_pages": 3, "page": 1}, {}, "3 pages"),
    ({}, {"link": '<https://api.test/things?page=2>; rel="next"'}, "Link header"),
    ({}, {"x-next-page": "2"}, "`x-next-page`"),
    ({}, {"x-total-count": "57"}, "57"),
    ({}, {"content-range": "items 0-6/57"}, "57"),
]


@pytest.mark.parametrize(("around", "headers", "names"), EVIDENCE)
def test_evidence_of_more_is_told_and_no_total_is_given(kit: Any, around: Any, headers: Any, names: str) -> None:
    body = {"things": rows(7), **around}
    for asked in (None, {"count": True}, {"count": "state"}, {"distinct": "state"}, {"sort": ["-id"]},
                  {"where": {"state": "open"}}, {"where": {"state": "open"}, "count": True}):  # fmt: skip
        answer = ask(kit, body, asked, headers=headers)
        assert answer["complete"] is False
        assert names in answer["note"]
        assert "total" not in answer


@pytest.mark.parametrize(
    "around",
    [
        {"next": None, "previous": None},
        {"next": "", "has_more": False, "isTruncated": "false"},
        {"next_cursor": "", "prev_cursor": "abc", "nextPage": -1},
        {"_links": {"next": None, "self": {"href": "/things"}}, "links": {"next": {"href": None}}},
        {"nextSyncToken": "abc", "access_token": "abc", "csrfToken": "abc"},
        {"total": 7, "total_pages": 1, "page": 1},
        {"comments_count": 900, "unread": 90, "total_amount": 4000, "limit": 100, "max_items": 500},
        {"done": True, "isLast": True, "moreInformation": None},
    ],
)
def test_a_list_that_nothing_speaks_against_is_whole(kit: Any, around: Any) -> None:
    body = {"things": rows(7), **around}
    assert ask(kit, body)["total"] == 7
    assert ask(kit, body, {"count": True}) == {"count": 7}
    assert "complete" not in ask(kit, body, {"where": {"state": "open"}})


@pytest.mark.parametrize("name", ["limit", "per_page", "pageSize", "page[size]", "$top", "maxResults", "first"])
def test_as_many_as_were_asked_for(kit: Any, name: str) -> None:
    url = f"http://api.test/things?{name}=7&state=open"
    answer = ask(kit, {"things": rows(7)}, {"count": True}, url=url)
    assert (answer["count"], answer["complete"]) == (7, False)
    assert name in answer["note"]
    assert ask(kit, {"things": rows(6)}, {"count": True}, url=url) == {"count": 6}
    assert ask(kit, {"things": rows(7), "total": 7}, {"count": True}, url=url) == {"count": 7}
    assert ask(kit, {"things": rows(7)}, {"count": True}, sizes=((name, 7),))["complete"] is False


def test_a_sorted_list_that_may_go_on_is_given_in_parts_all_the_same(kit: Any) -> None:
    answer = ask(kit, {"things": rows(40), "has_more": True}, {"sort": ["-id"]}, limit=10)
    assert [row[0] for row in answer["items"]] == list(range(39, 29, -1))
    assert (answer["complete"], "next_cursor" in answer) == (False, True)


TOKEN = Cursor(cursor="after", next="$.paging.after", limit="limit", items="$.things")


def test_a_documented_token_that_never_comes_is_no_proof_of_the_end(kit: Any) -> None:
    """The API pages in another way than its document says."""
    for page in (TOKEN, Link(limit="limit", items="$.things")):
        assert ask(kit, {"things": rows(7), "nextPage": "/2"}, {"count": True}, page)["complete"] is False
        assert ask(kit, {"things": rows(20)}, {"count": True}, page)["complete"] is False
        assert ask(kit, {"things": rows(7)}, {"count": True}, page) == {"count": 7}
    assert ask(kit, {"things": rows(7)}, {"count": True}, TOKEN, headers={"x-total": "9"})["complete"] is False


def test_a_list_of_a_usual_size_whose_api_leads_on_when_asked_for_less_is_whole(kit: Any) -> None:
    def body(query: Any) -> Any:
        size = int(query.get("limit", 100))
        return {"things": rows(100)[:size], "paging": {"after": "x"} if size < 100 else {}}

    assert ask(kit, body, {"count": True}, TOKEN) == {"count": 100}


def test_the_end_in_so_many_words_is_the_end(kit: Any) -> None:
    page = Cursor(cursor="after", next="$.next", more="$.has_more", items="$.things")
    assert ask(kit, {"things": rows(7), "has_more": False, "next": "x"}, {"count": True}, page) == {"count": 7}


@pytest.mark.parametrize("asked", [{"where": {"id": 1}}, {"sort": ["id"]}, {"count": True}, {"distinct": "id"}])
def test_a_question_about_a_single_object_is_refused(kit: Any, asked: Any) -> None:
    with pytest.raises(ToolError, match=f"not a list: `{next(iter(asked))}` cannot be asked"):
        ask(kit, {"id": 7, "name": "Ada", "tags": []}, asked)


def test_a_map_of_records_is_no_evidence(kit: Any) -> None:
    body = {f"next-{number}": {"id": number, "name": "x", "total": 99} for number in range(7)}
    assert ask(kit, body, {"count": True}, Unpaged()) == {"count": 7}
