"""Whatever the API's paging, budgets and bounds: questions are answered about every item, each of them once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.paging.scan import Bounds

STYLES = ("offset", "page", "cursor", "cursor-header", "link", "next-header", "next-url", "next-url-offset", "none")
STATES = ("ACTIVE", "LAPSED", "DRAFT", None)


def things(count: int, **more: Any) -> list[dict[str, Any]]:
    """Things whose amounts repeat and whose states go around."""
    return [{"id": n, "name": f"n{n}", "amount": n * 7 % 11, "state": STATES[n % 4], **more} for n in range(count)]


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    total = draw(st.sampled_from(("true", "none", "page")))
    clamps = st.sampled_from((5, 10, 16, 20, 50)) if total == "page" else st.integers(1, 70)
    return {
        "items": [
            {"id": n, "name": "x" * draw(st.sampled_from((0, 30, 200))), "amount": draw(st.integers(0, 5))}
            for n in range(draw(st.integers(0, 45)))
        ],
        "style": draw(st.sampled_from(STYLES)),
        "clamp": draw(clamps),
        "default": draw(clamps),
        "total": total,
        "sized": draw(st.booleans()),
        "beyond": draw(st.sampled_from((200, 404))),
        "first": draw(st.sampled_from((0, 1))),
    }


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    world=worlds(),
    least=st.integers(0, 6),
    most=st.integers(1, 30),
    limit=st.integers(1, 20),
    max_bytes=st.integers(500, 3000),
)
def test_what_is_asked_for_comes_exactly_once(
    kit: Any, world: dict[str, Any], least: int, most: int, limit: int, max_bytes: int
) -> None:
    ask = kit.Ask(kit.Api(**world), max_bytes=max_bytes, bounds=Bounds(items=most))

    answers = ask.walk(limit=limit, where={"amount": {">=": least}})

    wanted = [item["id"] for item in world["items"] if item["amount"] >= least]
    assert kit.ids(answers) == wanted
    assert all(answer["total"] == len(wanted) for answer in answers if "total" in answer)
    assert all(len(text.encode()) <= max_bytes for text in ask.texts)
    assert all(len(answer["items"]) <= limit for answer in answers)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world=worlds(), least=st.integers(0, 6), most=st.integers(1, 60))
def test_a_count_in_parts_is_the_count(kit: Any, world: dict[str, Any], least: int, most: int) -> None:
    bounded, free = (kit.Ask(kit.Api(**world), bounds=Bounds(items=one)) for one in (most, 10_000))
    asked = {"where": {"amount": {">=": least}}, "count": "amount"}

    answers = bounded.walk(**asked)
    whole = free(**asked)

    counted = Counter(item["amount"] for item in world["items"] if item["amount"] >= least)
    assert dict(map(tuple, whole["items"])) == dict(map(tuple, answers[-1]["items"])) == counted
    assert whole["count"] == answers[-1]["count"] == sum(counted.values())
    assert all(answer["complete"] is False and answer["count"] <= whole["count"] for answer in answers[:-1])
    assert "complete" not in answers[-1]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world=worlds(), limit=st.integers(1, 20), down=st.booleans(), max_bytes=st.integers(500, 3000))
def test_a_sorted_list_goes_on_where_it_was(
    kit: Any, world: dict[str, Any], limit: int, down: bool, max_bytes: int
) -> None:
    ask = kit.Ask(kit.Api(**world), max_bytes=max_bytes)

    answers = ask.walk(limit=limit, sort=["-amount" if down else "amount"])

    order = sorted(world["items"], key=lambda item: item["amount"], reverse=down)
    assert kit.ids(answers) == [item["id"] for item in order]
    assert all(answer["total"] == len(order) for answer in answers)


def test_a_token_that_works_once_is_used_once(kit: Any) -> None:
    api = kit.Api(things(40), style="cursor", single_use=True, clamp=6, default=6)
    assert kit.ids(kit.Ask(api).walk(limit=3, where={"state": "ACTIVE"})) == list(range(0, 40, 4))
    api = kit.Api(things(40), style="cursor", single_use=True, clamp=6, default=6)
    assert kit.Ask(api, bounds=Bounds(items=7)).walk(count=True, where={"state": "ACTIVE"})[-1]["count"] == 10


@pytest.mark.parametrize("style", STYLES)
def test_a_bound_makes_a_count_a_lower_bound(kit: Any, style: str) -> None:
    api = kit.Api(things(60), style=style, clamp=10, default=10)
    told = kit.Ask(api, bounds=Bounds(requests=2))(where={"state": "LAPSED"}, count=True)
    if style == "none":
        assert told == {"count": 15, "read": 60}
    else:
        assert told["complete"] is False
        assert (told["count"], told["read"]) == (5, 20)
        assert "lower bound" in told["note"]
        assert "2 requests" in told["note"]


def test_sorting_a_part_of_a_list_says_so_and_gives_no_cursor(kit: Any) -> None:
    told = kit.Ask(kit.Api(things(60), clamp=10), bounds=Bounds(items=20))(sort="-amount", limit=3)
    assert len(told["items"]) == 3
    assert "next_cursor" not in told
    assert "total" not in told
    assert told["note"].startswith("Only the first 20 items of the list were read and sorted")


def test_a_list_that_changed_under_a_sort_is_not_continued_by_guess(kit: Any) -> None:
    api = kit.Api(things(30))
    ask = kit.Ask(api)
    first = ask(sort="amount", limit=5)
    gone = first["items"][-1][0]
    api.items[:] = [item for item in api.items if item["id"] != gone]
    with pytest.raises(Exception, match="The list changed"):
        ask(first["next_cursor"], sort="amount")


def test_an_api_that_repeats_its_page_is_no_whole_list(kit: Any) -> None:
    api = kit.Api([{"id": n, "name": "n"} for n in range(60)], ignores=True, total="none")
    told = kit.Ask(api)(where={"name": "n"}, count=True)
    assert told["complete"] is False
    assert "ignores its parameter" in told["note"]
    assert "next_cursor" not in told


def test_less_than_the_api_claims_is_no_whole_list(kit: Any) -> None:
    class Lossy(kit.Api):  # type: ignore[misc, name-defined]
        async def __call__(self, query: Any, url: Any = None) -> Any:
            response = await super().__call__(query, url)
            response._json = {**response.json(), "total": 31}
            return response

    told = kit.Ask(Lossy(things(24), clamp=8))(where={"id": {">=": 0}}, count=True)
    assert (told["count"], told["complete"]) == (24, False)
    assert "31" in told["note"]


def test_a_known_total_needs_one_request(kit: Any) -> None:
    api = kit.Api(things(93), clamp=25)
    assert kit.Ask(api)(count=True) == {"count": 93}
    assert len(api.requests) == 1


def test_a_page_that_cannot_be_read_is_said(kit: Any) -> None:
    api = kit.Api(things(60), clamp=10, total="none")
    api.beyond = 500
    api.items = things(60)

    async def failing(query: Any, url: Any = None) -> Any:
        if int(query.get("offset", 0)) >= 30:
            raise ToolError("The API failed (500).", status=500)
        return await api(query, url)

    failing.paging = api.paging  # type: ignore[attr-defined]
    ask = kit.Ask(failing)
    told = ask(where={"state": "ACTIVE"}, count=True)
    assert (told["count"], told["read"], told["complete"]) == (8, 30, False)
    assert "The API failed (500)" in told["note"]
    assert "next_cursor" in told


def test_a_cursor_belongs_to_its_question(kit: Any) -> None:
    ask = kit.Ask(kit.Api(things(60)))
    cursor = ask(where={"state": "ACTIVE"}, limit=2)["next_cursor"]
    with pytest.raises(Exception, match="other arguments"):
        ask(cursor, where={"state": "LAPSED"})


class Strict:
    """An API that refuses pages of more than ``most`` items instead of giving smaller ones."""

    def __init__(self, api: Any, most: int) -> None:
        self.api, self.most, self.paging = api, most, api.paging

    async def __call__(self, query: Any, url: Any = None) -> Any:
        if int(query.get("limit", 0)) > self.most:
            raise ToolError("The API refused the request (400).", status=400)
        return await self.api(query, url)


@pytest.mark.parametrize("asked", [{"count": "state"}, {"sort": "-id"}, {"where": {"id": {">=": 0}}}])
def test_an_api_that_refuses_large_pages_is_read_in_small_ones(kit: Any, asked: dict[str, Any]) -> None:
    answers = kit.Ask(Strict(kit.Api(things(60)), 25)).walk(**asked)
    assert answers[0].get("count", answers[0].get("total", 60)) == 60
    with pytest.raises(ToolError, match="refused the request"):
        kit.Ask(Strict(kit.Api(things(60)), 20))(**asked)


def test_lines_that_cannot_be_read_are_not_counted_and_said(kit: Any) -> None:
    from adaptgen.model.tables import Unpaged
    from adaptgen.runtime.http.response import Response

    async def fetch(query: Any, url: Any = None) -> Any:
        text = b'{"id": 2, "state": "A"}\n{"id": 1, "state": "A"}\n{"id": 3, "sta\n'
        return Response(200, {}, text, media_type="application/x-ndjson")

    fetch.paging = Unpaged()  # type: ignore[attr-defined]
    ask = kit.Ask(fetch, view=None)
    told = ask(count="state")
    assert (told["count"], told["complete"], told["items"]) == (2, False, [["A", 2]])
    told = ask(sort="id", fields=["id"])
    assert [row[0] for row in told["items"]] == [1, 2]
    assert "note" in told


def test_a_list_that_grows_while_it_is_counted_counts_nothing_twice(kit: Any) -> None:
    api = kit.Api(things(40), clamp=10, total="none")

    async def growing(query: Any, url: Any = None) -> Any:
        if query["offset"] == 10:
            api.items.insert(0, {"id": 99, "state": "ACTIVE"})
        return await api(query, url)

    growing.paging = api.paging  # type: ignore[attr-defined]
    assert kit.Ask(growing)(where={"id": {">=": 0}}, count=True)["count"] == 40


def test_a_last_page_that_comes_again_and_again_ends_a_long_list(kit: Any) -> None:
    class Stuck(kit.Api):  # type: ignore[misc, name-defined]
        async def __call__(self, query: Any, url: Any = None) -> Any:
            last = len(self.items) - self.clamp
            return await super().__call__({**query, "offset": min(query["offset"], last)}, url)

    api = Stuck([{"nr": n // 2, "state": "A"} for n in range(60)], clamp=4, total="none")
    assert kit.Ask(api)(count="state")["count"] == 60
