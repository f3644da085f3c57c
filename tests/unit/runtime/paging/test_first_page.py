"""Where no document says whether pages count from 0 or from 1, the API is asked: no list loses its first page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from adaptgen.model.tables import PageNumber, Paging
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.response import Response


def guessing(kit: Any, **more: Any) -> Any:
    """A fake API whose first page has the number ``first``, and whose description says 1 by custom."""

    @dataclass
    class Api(kit.Api):  # type: ignore[misc, name-defined]
        below: int = 400

        @property
        def paging(self) -> Paging:
            known = kit.Api.paging.fget(self)
            assert isinstance(known, PageNumber)
            return replace(known, first=1, guessed=True)

        async def __call__(self, query: Mapping[str, Any] = {}, url: str | None = None) -> Response:
            if int(query.get("page", self.first)) < self.first:
                raise ToolError("no such page", status=self.below)
            answer: Response = await super().__call__(query, url)
            return answer

    return Api(items=[{"id": n, "name": f"n{n}"} for n in range(more.pop("count", 60))], style="page", **more)


@pytest.mark.parametrize("total", ["true", "none"])
@pytest.mark.parametrize("beyond", [200, 404])
@pytest.mark.parametrize("count", [0, 1, 7, 10, 11, 20, 60])
@pytest.mark.parametrize("first", [0, 1])
def test_every_record_comes_once_and_in_order(kit: Any, first: int, count: int, beyond: int, total: str) -> None:
    api = guessing(kit, first=first, count=count, beyond=beyond, total=total)
    assert kit.ids(kit.Agent(api, page_size=10).walk()) == list(range(count))


def test_a_list_that_is_known_to_be_whole_is_not_asked_for_again(kit: Any) -> None:
    api = guessing(kit, first=1, count=7)
    kit.Agent(api, page_size=10).walk()
    assert len(api.requests) == 1


def test_what_was_found_once_holds_for_the_next_list(kit: Any) -> None:
    api = guessing(kit, first=0)
    agent = kit.Agent(api, page_size=10)
    agent.call()
    asked = len(api.requests)
    assert kit.ids([agent.call()]) == list(range(10))
    assert len(api.requests) - asked == 1


def test_a_record_that_changes_between_the_two_looks_is_known_by_its_identity(kit: Any) -> None:
    """The page is the same one although its texts are others: the list does not begin a page earlier."""
    api = guessing(kit, first=1)

    class Restless(type(api)):  # type: ignore[misc]
        async def __call__(self, query: Mapping[str, Any] = {}, url: str | None = None) -> Response:
            for item in self.items:
                item["name"] += "."
            answer: Response = await super().__call__(query, url)
            return answer

    restless = Restless(items=api.items, style="page", first=1)
    assert kit.ids(kit.Agent(restless, page_size=10).walk()) == list(range(60))
