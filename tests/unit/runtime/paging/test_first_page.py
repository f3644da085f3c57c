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
