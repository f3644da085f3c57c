"""Services that page in ways which their documents do not declare: what is read is all, or a lower bound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from support.paged_api import reply
from support.passes import find_paging
from support.planned_documents import api as api

from adaptgen.model.tables import Cursor, Tool
from adaptgen.runtime.answers.list import ListCall, answer_list
from adaptgen.runtime.paging.cursor import CursorBox
from adaptgen.runtime.queries.query import answer_question

BOX = CursorBox(b"k" * 32)
ROWS = [{"id": number, "state": "open" if number % 2 else "done", "hours": 2} for number in range(677)]
INT, TEXT = {"type": "integer"}, {"type": "string"}
Service = Callable[[Mapping[str, Any]], Any]


def cut(default: int, size: str = "limit", total: int = 677, **around: Any) -> Service:
    """Answers ``default`` records, or as many as ``size`` asks for, 75 at most."""

    def answer(query: Mapping[str, Any]) -> Any:
        count = min(int(query.get(size, default)), 75)
        return {"things": ROWS[: min(count, total)], **around}

    return answer


def ranged(begin: str, end: str) -> Service:
    """Answers the records between two positions, 10 where none is said."""
    return lambda query: {"things": ROWS[int(query.get(begin, 0)) : int(query.get(end, 10))]}


def chained(target: str, member: str, *, last: str | None = None) -> Service:
    """Pages of 100, whose ``member`` is what ``target`` takes for the next one."""

    def answer(query: Mapping[str, Any]) -> Any:
        start = int(str(query.get(target, "t0")).removeprefix("t"))
        following = f"t{start + 100}" if start + 100 < len(ROWS) else last
        return {"things": ROWS[start : start + 100], member: following}

    return answer


def find_page(api: Any, inputs: Mapping[str, Any], members: Mapping[str, Any]) -> Any:
    record = {"type": "object", "properties": {"id": INT, "state": TEXT, "hours": INT}}
    answer = {"type": "object", "properties": {"things": {"type": "array", "items": record}, **members}}
    raw = {"parameters": api.query(**inputs), **api.answer(answer)}
    document, operations = api.document({"/things": {"get": raw}})
    return find_paging(document, operations["GET /things"]).page


def ask(page: Any, service: Service, sent: Mapping[str, Any], asked: Mapping[str, Any] | None) -> Any:
    """What the tool answers to a call with the arguments ``sent``, and a question."""
    tool = Tool(name="list_things", page=page, view=("id", "state"))

    async def fetch(query: Mapping[str, Any] = {}, url: str | None = None) -> Any:
        values = {**sent, **query}
        return reply(service(values), url=f"http://api.test/things?{urlencode(values)}")

    call = ListCall(box=BOX, caller="c", contract_hash="h", page_size=1000, max_bytes=900_000)
    answer = answer_list(tool, fetch, call) if asked is None else answer_question(tool, fetch, call, asked=dict(asked))
    return orjson.loads(asyncio.run(answer).content[0].text)  # type: ignore[union-attr]


QUESTIONS: list[dict[str, Any] | None] = [None, {"count": True}, {"sum": "hours"}, {"count": "state"}]
LIMIT = {"limit": INT}
PARTS: list[tuple[dict[str, Any], Service, dict[str, Any], int]] = [
    (LIMIT, cut(10), {}, 10),  # no default is declared
    ({"per_page": {**INT, "default": 30}}, cut(30, "per_page"), {}, 30),  # the declared default came
    ({"page_size": INT}, cut(43, "page_size"), {}, 43),
    (LIMIT, cut(10), {"limit": 75}, 75),  # as many as were asked for
    (LIMIT, cut(10), {"limit": 500}, 75),  # the size is bounded
    (LIMIT, cut(10), {"limit": 13}, 13),
    ({"take": {**INT, "description": "how many"}}, cut(7, "take"), {}, 7),
    ({"howmany": {**INT, "description": "Number of results to return"}}, cut(12, "howmany"), {}, 12),
    ({"begin_at": TEXT, **LIMIT}, cut(10), {}, 10),
    ({"from": INT, "end": INT}, ranged("from", "end"), {}, 10),
    ({"start": INT, "stop": INT}, ranged("start", "stop"), {"start": 0, "stop": 33}, 33),
    ({"from": INT, "end": INT, **LIMIT}, cut(10), {}, 10),
    (LIMIT, cut(10, total=677, count=10), {}, 10),  # perhaps that of the page
]


@pytest.mark.parametrize(("inputs", "service", "sent", "read"), PARTS)
def test_a_page_without_a_known_way_on_is_a_lower_bound(
    api: Any, inputs: dict[str, Any], service: Service, sent: dict[str, Any], read: int
) -> None:
    page = find_page(api, inputs, {})
    for asked in QUESTIONS:
        answer = ask(page, service, sent, asked)
        assert answer["complete"] is False
        assert "total" not in answer
        if asked == {"count": True}:
            assert answer["count"] == read


WHOLE: list[tuple[dict[str, Any], Service, dict[str, Any], int]] = [
    ({}, cut(33), {}, 33),  # nothing asks for a size
    ({"state": TEXT}, cut(10), {}, 10),
    (LIMIT, cut(10, total=10, total_count=10), {}, 10),  # the answer counts all
    (LIMIT, cut(10, total=33), {"limit": 70}, 33),  # fewer than were asked for
    ({"limit": {**INT, "default": 50}}, cut(50, total=33), {}, 33),
    (LIMIT, cut(10, total=0), {}, 0),
    ({"size": {**INT, "description": "Shoe size"}}, cut(33, "none"), {}, 33),
    ({"from": {**INT, "description": "Unix timestamp"}, "to": INT}, cut(33, "none"), {}, 33),
]


@pytest.mark.parametrize(("inputs", "service", "sent", "count"), WHOLE)
def test_a_list_that_is_whole_has_a_total(
    api: Any, inputs: dict[str, Any], service: Service, sent: dict[str, Any], count: int
) -> None:
    page = find_page(api, inputs, {})
    assert ask(page, service, sent, None)["total"] == count
    assert ask(page, service, sent, {"count": True}) == {"count": count}
    assert "complete" not in ask(page, service, sent, {"sum": "hours"})


CURSORS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("from", TEXT, "end", {}),
    ("from", {**TEXT, "description": "The token to start from"}, "end", {"to": TEXT}),
    ("since", TEXT, "next_batch", {}),
    ("since", {**TEXT, "description": "A token of a previous answer"}, "nextBatch", {"timeout": INT}),
    ("start", TEXT, "end", {}),
    ("resume", {**TEXT, "description": "Continue where the previous answer ended"}, "resume", {}),
    ("anchor", {**TEXT, "description": "Token of the previous page"}, "anchor", {}),
]


@pytest.mark.parametrize("size", [{}, LIMIT])
@pytest.mark.parametrize(("target", "schema", "member", "beside"), CURSORS)
def test_a_cursor_under_another_name_is_followed(
    api: Any, target: str, schema: Any, member: str, beside: dict[str, Any], size: dict[str, Any]
) -> None:
    page = find_page(api, {target: schema, **beside, **size}, {member: TEXT})
    assert isinstance(page, Cursor)
    assert (page.cursor, page.next) == (target, f"$.{member}")
    assert ask(page, chained(target, member), {}, {"count": True})["count"] == 677
    assert ask(page, chained(target, member), {}, {"sum": "hours"})["sum"] == {"hours": 1354}


@pytest.mark.parametrize(
    ("inputs", "members"),
    [
        ({"from": {**TEXT, "format": "date"}, "to": TEXT}, {"start": TEXT, "end": TEXT}),  # a span of time
        ({"start": TEXT, "end": TEXT}, {"start": TEXT, "end": TEXT}),
        ({"start": {**TEXT, "description": "Start date"}}, {"end": {**TEXT, "format": "date"}}),
        ({"from": TEXT}, {"end": INT}),
        ({"region": {**TEXT, "description": "The region"}}, {"region": TEXT}),
        ({"state": {**TEXT, "enum": ["previous", "next"], "description": "previous or next"}}, {"state": TEXT}),
        ({"session": {**TEXT, "description": "The session token"}}, {"session": TEXT}),
    ],
)
def test_what_comes_back_without_leading_on_is_no_cursor(api: Any, inputs: Any, members: Any) -> None:
    assert not isinstance(find_page(api, inputs, members), Cursor)
