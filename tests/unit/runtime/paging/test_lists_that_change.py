"""A list that changes between two answers: no record twice, none missing, or the agent is told that it changed."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptgen.runtime.core.answer import ToolError


def walk_while_it_changes(kit: Any, api: Any, agent: Any, change: Any) -> tuple[list[Any], set[Any]]:
    """What was given, and the records that were there all the time."""
    stable = {item["id"] for item in api.items}
    answers = [agent.call()]
    while "next_cursor" in answers[-1]:
        assert len(answers) < 300
        change(api.items)
        stable &= {item["id"] for item in api.items}
        answers.append(agent.call(answers[-1]["next_cursor"]))
    return kit.ids(answers), stable


def exact(kit: Any, api: Any, agent: Any, change: Any) -> None:
    try:
        found, stable = walk_while_it_changes(kit, api, agent, change)
    except ToolError as problem:
        if "The list changed" in problem.text:
            return
        raise
    assert len(found) == len(set(found)), f"twice: {sorted(one for one in found if found.count(one) > 1)}"
    assert stable <= set(found), f"missing: {sorted(stable - set(found))}"


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    style=st.sampled_from(("offset", "page", "next-url-offset", "next-url-page", "none")),
    total=st.sampled_from(("true", "none")),
    count=st.integers(10, 60),
    clamp=st.integers(3, 30),
    page_size=st.integers(2, 20),
    max_bytes=st.integers(400, 1500),
)
def test_inserts_and_deletes_between_two_answers(
    kit: Any, seed: int, style: str, total: str, count: int, clamp: int, page_size: int, max_bytes: int
) -> None:
    chance = random.Random(seed)
    items = [{"id": n, "name": "z" * chance.randrange(60)} for n in range(count)]
    api = kit.Api(items, style=style, clamp=clamp, total=total)
    fresh = iter(range(1000, 9000))

    def change(items: list[Any]) -> None:
        for _ in range(chance.randrange(3)):
            if chance.random() < 0.5 and items:
                items.pop(chance.randrange(len(items)))
            else:
                items.insert(chance.randrange(len(items) + 1), {"id": next(fresh), "name": "new"})

    exact(kit, api, kit.Agent(api, page_size=page_size, max_bytes=max_bytes), change)


@pytest.mark.parametrize("style", ["offset", "page"])
def test_an_insert_at_the_front_between_two_whole_pages(kit: Any, style: str) -> None:
    api = kit.Api([{"id": n, "name": "n"} for n in range(30)], style=style)
    agent = kit.Agent(api, page_size=10)
    first = agent.call()
    api.items.insert(0, {"id": 99, "name": "new"})
    second = agent.call(first["next_cursor"])

    assert kit.ids([second]) == list(range(10, 20))
    assert second["total"] == 31


def test_a_changed_field_of_the_remembered_item_does_not_stop_the_list(kit: Any) -> None:
    api = kit.Api([{"dag_id": f"d{n}", "parsed": 0} for n in range(30)], clamp=20)
    agent = kit.Agent(api, view=("dag_id", "parsed"), page_size=10, max_bytes=330)
    first = agent.call()
    for item in api.items:
        item["parsed"] += 1
    second = agent.call(first["next_cursor"])

    assert second["items"][0][0] == f"d{len(first['items'])}"


def test_a_list_that_was_replaced_says_so(kit: Any) -> None:
    api = kit.Api([{"id": n, "name": "n" * 40} for n in range(30)])
    agent = kit.Agent(api, page_size=10, max_bytes=330)
    first = agent.call()
    api.items[:] = [{"id": n, "name": "n"} for n in range(100, 130)]

    with pytest.raises(ToolError, match=r"The list changed .* leave `cursor` out"):
        agent.call(first["next_cursor"])
