"""On a list that does not change, the pages give every record exactly once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

STYLES = ("offset", "page", "cursor", "cursor-header", "link", "next-header", "next-url", "next-url-offset", "none")


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    count = draw(st.integers(0, 60))
    identified = draw(st.booleans())
    sizes = draw(st.lists(st.integers(0, 400), min_size=1, max_size=5))
    total = draw(st.sampled_from(("true", "none", "page")))
    # A total that lies is told by pages of a size that APIs use.
    clamps = st.sampled_from((5, 10, 16, 20, 50)) if total == "page" else st.integers(1, 70)
    key = "id" if identified else "nr"
    return {
        "items": [{key: n, "name": "x" * sizes[n % len(sizes)]} for n in range(count)],
        "key": key,
        "style": draw(st.sampled_from(STYLES)),
        "clamp": draw(clamps),
        "default": draw(clamps),
        "total": total,
        "sized": draw(st.booleans()),
        "beyond": draw(st.sampled_from((200, 404))),
        "first": draw(st.sampled_from((0, 1))),
        "page_size": draw(st.integers(1, 40)),
        "max_bytes": draw(st.integers(400, 3000)),
    }


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world=worlds())
def test_every_record_exactly_once(kit: Any, world: dict[str, Any]) -> None:
    key, page_size, max_bytes = world.pop("key"), world.pop("page_size"), world.pop("max_bytes")
    api = kit.Api(**world)
    agent = kit.Agent(api, view=(key, "name"), page_size=page_size, max_bytes=max_bytes)

    answers = agent.walk()

    given_records = [item[0] for answer in answers for item in answer["items"]]
    assert given_records == [item[key] for item in api.items]
    assert all(len(answer["items"]) <= page_size for answer in answers)
    assert all(len(text.encode()) <= max_bytes for text in agent.texts)
    assert all(answer["total"] == len(api.items) for answer in answers if "total" in answer)
    assert all(answer["items"] for answer in answers if "next_cursor" in answer)
    assert not any("note" in answer for answer in answers)


@pytest.mark.parametrize("first", [0, 1])
def test_addresses_with_the_numbers_of_pages_go_on_after_whole_pages(kit: Any, first: int) -> None:
    """The page before the second is asked for without a number, also where that would be 0."""
    items = [{"id": n, "name": "n"} for n in range(35)]
    api = kit.Api(items, style="next-url-page", first=first, clamp=10, default=10)
    answers = kit.Agent(api, page_size=10).walk()

    assert kit.ids(answers) == list(range(35))
    assert not any("note" in answer for answer in answers)


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 40),
    clamp=st.integers(2, 15),
    sized=st.booleans(),
    widths=st.lists(st.integers(0, 300), min_size=1, max_size=4),
)
def test_a_token_that_works_once_is_used_once(kit: Any, count: int, clamp: int, sized: bool, widths: list[int]) -> None:
    items = [{"id": n, "name": "y" * widths[n % len(widths)]} for n in range(count)]
    api = kit.Api(items, style="cursor", single_use=True, clamp=clamp, default=clamp, sized=sized)
    agent = kit.Agent(api, max_bytes=1500)

    assert kit.ids(agent.walk()) == [item["id"] for item in items]


@pytest.mark.parametrize("style", STYLES)
def test_one_answer_takes_several_api_pages(kit: Any, style: str) -> None:
    api = kit.Api([{"id": n, "name": "n"} for n in range(50)], style=style, clamp=10, default=10)
    answer = kit.Agent(api, page_size=25).call()

    assert [row[0] for row in answer["items"]] == list(range(25))
    assert len(api.requests) <= 3


def test_a_short_list_without_total_is_asked_for_once_more(kit: Any) -> None:
    api = kit.Api([{"id": 1, "name": "Ada"}], total="none")
    answer = kit.Agent(api).call()

    assert answer == {"fields": ["id", "name"], "items": [[1, "Ada"]], "total": 1}
    assert len(api.requests) == 2


def test_a_short_page_with_its_total_needs_one_request(kit: Any) -> None:
    api = kit.Api([{"id": n, "name": "n"} for n in range(3)])
    assert kit.ids([kit.Agent(api).call()]) == [0, 1, 2]
    assert len(api.requests) == 1


@pytest.mark.parametrize("total", ["true", "none"])
@pytest.mark.parametrize("style", ["offset", "page"])
def test_an_api_that_ignores_its_page_parameter_is_noticed(kit: Any, style: str, total: str) -> None:
    api = kit.Api([{"nr": n, "name": f"n{n}"} for n in range(60)], style=style, ignores=True, total=total)
    answers = kit.Agent(api, view=("nr", "name"), page_size=10).walk()

    assert [row[0] for answer in answers for row in answer["items"]] == list(range(10))
    assert "ignores its parameter" in answers[-1]["note"]


@pytest.mark.parametrize("total", ["true", "none"])
@pytest.mark.parametrize("style", ["offset", "page"])
def test_a_page_of_a_usual_size_from_an_api_that_ignores_size_and_page_is_a_part(
    kit: Any, style: str, total: str
) -> None:
    """50 items came where 30 were asked for: more than that, and yet not all."""
    items = [{"id": n, "name": f"n{n}"} for n in range(80)]
    api = kit.Api(items, style=style, least=50, ignores=True, total=total)
    answers = kit.Agent(api, page_size=30).walk()

    assert kit.ids(answers) == list(range(50))
    assert "ignores its parameter" in answers[-1]["note"]


def test_an_api_that_gives_everything_at_once_is_sliced(kit: Any) -> None:
    api = kit.Api([{"id": n, "name": "n"} for n in range(60)], sized=False, default=60, ignores=True, total="none")
    answers = kit.Agent(api, page_size=25).walk()

    assert kit.ids(answers) == list(range(60))
    assert [answer for answer in answers if "note" in answer] == answers[-1:]


@pytest.mark.parametrize("key", ["id", "nr"])
def test_an_api_that_repeats_its_last_page_ends_there(kit: Any, key: str) -> None:
    class Last(kit.Api):  # type: ignore[misc, name-defined]
        async def __call__(self, query: Any = None, url: str | None = None) -> Any:
            return await super().__call__({**query, "page": min(query["page"], 3)}, url)

    api = Last([{key: n, "name": f"n{n}"} for n in range(30)], style="page", clamp=10, total="none")
    answers = kit.Agent(api, view=(key, "name"), page_size=10).walk()

    assert [row[0] for answer in answers for row in answer["items"]] == list(range(30))
    assert not any("note" in answer for answer in answers)
