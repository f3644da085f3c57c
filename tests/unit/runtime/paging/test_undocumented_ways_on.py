"""Lists whose documents do not say how they go on, and whose answers do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from adaptgen.model.tables import Paging, Unpaged
from adaptgen.runtime.http.response import Response

SEEKING = Unpaged(items="$.things", seek=True, cursor="token")


def chain_of(kit: Any, following: Any, **members: Any) -> Any:
    """An API whose page ``n`` holds the items ``2n`` and ``2n + 1`` and leads on to page ``following(n)``, if any."""

    class Api(kit.Api):  # type: ignore[misc, name-defined]
        @property
        def paging(self) -> Paging:
            return SEEKING

        async def __call__(self, query: Mapping[str, Any] = {}, url: str | None = None) -> Response:
            self.requests.append(dict(query))
            at = int(query.get("token", 0))
            after = following(at)
            body = {"things": [{"id": 2 * at, "name": "a"}, {"id": 2 * at + 1, "name": "b"}], **members}
            answer: Response = kit.reply(body, headers={} if after is None else {"x-next-token": str(after)})
            return answer

    return Api(items=[], style="none")


def test_pages_that_lead_back_end_the_list(kit: Any) -> None:
    api = chain_of(kit, lambda at: 3 - at if at else 1)  # 0, 1, 2, 1, 2, …
    (answer,) = kit.Agent(api, page_size=20).walk()
    assert kit.ids([answer]) == [0, 1, 2, 3, 4, 5]
    assert answer["complete"] is False
    assert "names an earlier page as the next one" in answer["note"]


@pytest.mark.parametrize("back", [1, 4])
def test_a_circle_that_is_longer_than_an_answer_ends_the_list(kit: Any, back: int) -> None:
    api = chain_of(kit, lambda at: at + 1 if at < 9 else back)
    answers = kit.Agent(api, page_size=2).walk(turns=40)
    assert kit.ids(answers)[:20] == list(range(20))
    assert answers[-1]["complete"] is False
    assert "names an earlier page as the next one" in answers[-1]["note"]


def test_the_total_of_the_first_page_is_that_of_the_list(kit: Any) -> None:
    api = chain_of(kit, lambda at: at + 1 if at < 3 else None, total=100)
    (answer,) = kit.Agent(api, page_size=20).walk()
    assert kit.ids([answer]) == list(range(8))
    assert answer["total"] == 100


@pytest.mark.parametrize("members", [{"has_more": False}, {"hasNextToken": True}])
def test_a_token_is_not_followed_past_the_end_and_a_flag_is_no_token(kit: Any, members: dict[str, Any]) -> None:
    api = chain_of(kit, lambda at: 1 if "has_more" in members else None, **members)
    kit.Agent(api, page_size=20).walk()
    assert len(api.requests) == 1
