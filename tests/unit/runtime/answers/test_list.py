"""What one answer of a list looks like."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.runtime.core.answer import ToolError

PEOPLE = [
    {"id": n, "name": f"P{n}", "org": {"id": n, "name": "Acme"}, "tags": [{"id": 1, "name": "x"}], "key": "hush"}
    for n in range(40)
]


def test_the_form_can_be_asked_for(kit: Any) -> None:
    objects = kit.Agent(kit.Api(PEOPLE), view=("id",), page_size=1, more={"layout": "objects"})
    columns = kit.Agent(kit.Api(PEOPLE), view=("id", "org"), page_size=1, more={"layout": "columns"})
    assert objects.call()["items"] == [{"id": 0}]
    assert columns.call()["items"] == [[0, {"id": 0, "name": "Acme"}]]


def test_a_bad_field_is_refused_before_the_api_is_asked(kit: Any) -> None:
    api = kit.Api(PEOPLE)
    with pytest.raises(ToolError, match="`fields`"):
        kit.Agent(api).call(fields=["a..b"])
    assert api.requests == []


def test_without_a_view_it_is_chosen_once(kit: Any) -> None:
    items = [{"id": n, "name": f"P{n}", "bio": "b" * 900} for n in range(6)]
    items += [{"id": n, "name": f"P{n}", "bio": "b", "state": "new"} for n in range(6, 12)]
    agent = kit.Agent(kit.Api(items, style="none"), view=None, page_size=6)
    answers = agent.walk()
    assert kit.ids(answers) == list(range(12))
    assert answers[0]["fields"] == answers[1]["fields"]
    assert "bio" in answers[0]["omitted"]["fields"]


def test_a_view_that_fits_no_item_is_chosen_from_the_data(kit: Any) -> None:
    answer = kit.Agent(kit.Api(PEOPLE), view=("contact_id", "full_name"), page_size=1).call()
    assert answer["items"][0][answer["fields"].index("id")] == 0


def test_scalars_come_as_they_are(kit: Any) -> None:
    answers = kit.Agent(kit.Api(["a", "b", "a", "c"], style="none"), page_size=3).walk()
    assert [answer["items"] for answer in answers] == [["a", "b", "a"], ["c"]]


def test_an_item_over_the_budget_is_reduced_and_counts_as_given(kit: Any) -> None:
    items = [{"id": n, "name": "n" * 5000 if n == 1 else "n"} for n in range(4)]
    agent = kit.Agent(kit.Api(items), max_bytes=1000)
    answers = agent.walk()
    assert kit.ids(answers) == [0, 1, 2, 3]
    assert answers[1]["omitted"] == {"name": "500 of 5000 characters; fields name[500:]"}
    assert all(len(text) <= 1000 for text in agent.texts)


def test_an_answer_without_a_list_is_shown_with_a_note(kit: Any) -> None:
    class Odd(kit.Api):  # type: ignore[misc, name-defined]
        async def __call__(self, query: Any = None, url: str | None = None) -> Any:
            return kit.reply({"error": "try later"})

    answer = kit.Agent(Odd([])).call()
    assert answer == {"error": "try later", "omitted": {"note": "The API answered no list; this is all that it said."}}


def test_a_later_page_that_fails_does_not_lose_the_first(kit: Any) -> None:
    class Flaky(kit.Api):  # type: ignore[misc, name-defined]
        async def __call__(self, query: Any = None, url: str | None = None) -> Any:
            if len(self.requests) == 1:
                self.requests.append({})
                raise ToolError("The API is down.", status=503)
            return await super().__call__(query or {}, url)

    agent = kit.Agent(Flaky(PEOPLE, clamp=10))
    answers = agent.walk()
    assert "The API is down." in answers[0]["note"]
    assert kit.ids(answers) == list(range(40))


def test_a_page_token_that_leads_to_itself_ends_with_a_note(kit: Any) -> None:
    class Loop(kit.Api):  # type: ignore[misc, name-defined]
        async def __call__(self, query: Any = None, url: str | None = None) -> Any:
            return kit.reply({"things": [{"id": len(self.requests)}], "next": "same"})

    answers = kit.Agent(Loop([], style="cursor", total="none"), view=("id",)).walk(turns=5)
    assert "they cannot be read" in answers[-1]["note"]


def test_empty_pages_before_the_end_are_passed(kit: Any) -> None:
    class Sparse(kit.Api):  # type: ignore[misc, name-defined]
        async def __call__(self, query: Any = None, url: str | None = None) -> Any:
            at = int(str((query or {}).get("after", "t0"))[1:])
            things = [{"id": at}] if at in (0, 17) else []
            return kit.reply({"things": things, "next": f"t{at + 1}" if at < 20 else None})

    assert kit.ids(kit.Agent(Sparse([], style="cursor", total="none"), view=("id",)).walk()) == [0, 17]
