"""What stands around the items of a list."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.model.tables import Tool, Unpaged
from adaptgen.runtime.answers.envelope import answer_around
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.classifier import make_classifier

USERS = [{"id": n, "name": f"Name {n}", "email": f"u{n}@example.com", "password": "hunter2"} for n in range(3)]
LOG = [{"id": n, "said": f"{n} " + "word " * 40, "by": [{"id": k, "in": [n, k]} for k in range(5)]} for n in range(60)]
BODY = {
    "log": LOG,
    "things": [{"id": 1, "name": "one"}],
    "totals": {"open": 4},
    "users": USERS,
    "notes": "0123456789" * 300,
}


@pytest.fixture
def agent(kit: Any) -> Any:
    class Api(kit.Api):  # type: ignore[misc, name-defined]
        async def __call__(self, query: Any = None, url: str | None = None) -> Any:
            self.requests.append(query)
            return kit.reply(BODY)

    return kit.Agent(Api([]), max_bytes=1000)


@pytest.mark.parametrize("path", ["$.things", "$.things[*].name", "$.things[0]", '$["things"]'])
def test_the_items_are_not_read_around_their_paging(agent: Any, path: str) -> None:
    with pytest.raises(ToolError, match="leads to the items"):
        agent.call(fields=[path])
    with pytest.raises(ToolError, match="asked for alone"):
        agent.call(fields=["id", "$.totals"])
    assert agent.api.requests == []


def test_the_root_of_the_answer_is_all_of_the_first_page_within_the_budget(agent: Any) -> None:
    agent.max_bytes = 200_000
    whole = agent.call(fields=["$"])["$"]
    assert whole == {**BODY, "users": [{**user, "password": "[withheld]"} for user in USERS]}
    agent.max_bytes = 1000
    agent.call(fields=["$"])
    assert len(agent.texts[-1].encode()) <= 1000


def test_a_path_that_cannot_be_read_is_refused(agent: Any) -> None:
    with pytest.raises(ToolError, match="`fields`"):
        agent.call(fields=["$.a..b"])


def test_what_is_cut_goes_on_where_the_answer_says(agent: Any) -> None:
    answer = agent.call(fields=["$.notes"])
    text = answer["$.notes"].rstrip("…")
    while "omitted" in answer:
        (more,) = answer["omitted"].values()
        path = more.partition("; fields ")[2]
        answer = agent.call(fields=[path])
        text += answer[path].rstrip("…")
    assert text == BODY["notes"]


def test_a_long_list_beside_the_items_keeps_whole_elements(agent: Any) -> None:
    """Each answer names one path, which goes on behind the last element: nothing inside of an element is cut."""
    answer, seen, path = agent.call(fields=["$.log"]), [], "$.log"
    seen += answer[path]
    while "omitted" in answer:
        ((_, more),) = answer["omitted"].items()
        path = more.partition("; fields ")[2]
        answer = agent.call(fields=[path])
        seen += answer[path]
    assert seen == LOG


@pytest.mark.asyncio
async def test_personal_data_beside_the_items_is_marked(kit: Any) -> None:
    async def fetch(query: Any = None, url: str | None = None) -> Any:
        return kit.reply({"data": {"rows": [], "owner": {"email": "a@example.com"}}})

    tool = Tool(name="t", page=Unpaged(items="$.data.rows"))
    marks = PiiTracker(make_classifier(tool))
    answer = await answer_around(tool, fetch, ["$.data.owner"], max_bytes=2000, marks=marks)
    assert list(answer.sensitive.values()) == ["email"]
