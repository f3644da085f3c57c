"""Lists whose documents do not say how they go on, and whose answers do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from adaptgen.model.tables import Paging, Unpaged
from adaptgen.runtime.http.response import Response

ITEMS = [{"id": n, "name": f"n{n}"} for n in range(45)]


def api_of(kit: Any, paging: Paging, header: str, member: str = "") -> Any:
    """An API with pages of 20, whose answers say in ``header`` or ``member`` how to go on."""

    class Api(kit.Api):  # type: ignore[misc, name-defined]
        @property
        def paging(self) -> Paging:
            return paging

        async def __call__(self, query: Mapping[str, Any] = {}, url: str | None = None) -> Response:
            self.requests.append(dict(query) if url is None else dict(parse_qsl(urlsplit(url).query)))
            at = int(self.requests[-1].get("token", 0))
            following = str(at + 20) if at + 20 < len(self.items) else ""
            body: dict[str, Any] = {"things": self.items[at : at + 20]}
            headers = {}
            if following and header == "link":
                headers[header] = f'</things?token={following}>; rel="next"'
            elif following and header:
                headers[header] = following
            if member:
                body[member] = following or None
            answer: Response = kit.reply(body, headers=headers)
            return answer

    return Api(items=ITEMS, style="none")


SEEKING = Unpaged(items="$.things", seek=True, cursor="token")


@pytest.mark.parametrize(
    ("header", "member"),
    [("x-next-token", ""), ("x-ms-continuation-token", ""), ("link", ""), ("", "next_cursor"), ("", "nextPageToken")],
)
def test_every_record_comes_once(kit: Any, header: str, member: str) -> None:
    api = api_of(kit, SEEKING, header, member)
    answers = kit.Agent(api, page_size=10).walk()
    assert kit.ids(answers) == list(range(45))
    assert "complete" not in answers[-1]


def test_a_link_is_followed_where_only_a_size_is_asked_for(kit: Any) -> None:
    api = api_of(kit, Unpaged(items="$.things", seek=True), "link")
    assert kit.ids(kit.Agent(api, page_size=10).walk()) == list(range(45))


@pytest.mark.parametrize(
    ("paging", "header", "member"),
    [
        (Unpaged(items="$.things"), "x-next-token", ""),  # nothing asks for a part of the list
        (Unpaged(items="$.things"), "link", ""),
        (Unpaged(items="$.things", seek=True), "x-next-token", ""),  # no input takes the token
        (SEEKING, "", "next_page"),  # may be anything
    ],
)
def test_what_cannot_be_followed_is_not_called_complete(kit: Any, paging: Paging, header: str, member: str) -> None:
    answers = kit.Agent(api_of(kit, paging, header, member), page_size=50).walk()
    assert kit.ids(answers) == list(range(20))
    assert answers[-1]["complete"] is False


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
