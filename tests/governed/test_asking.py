"""Questions about all items under governance: what they must not tell of personal data, and what they still do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.governing import ask, governed, settings
from support.handing import Chain
from support.people import person

from adaptgen.model.tables import Caller
from adaptgen.transports.load import load_server

ADA = Caller("ada", "bank")
PEOPLE = [
    person(1, extra="vip", level=3),
    person(2, full_name="Bob Marley", email="bob@example.org", phone="+49 30 901821", note="Ada Lovelace rang")
    | {"level": 1},
    person(3, full_name="Cleo Quist", email="cleo@example.org", note="write to cleo@example.org")
    | {"work_email": "w@example.org"},
    person(4, full_name="Ada Lovelace", email="ADA@example.org", phone=None, created_by="Zoe Kravitz"),
]


class Desk:
    """A governed server in this process; a call gives the text of its answer and whether it failed."""

    def __init__(self, package: Path, folder: Path, **given: Any) -> None:
        self._package = package
        self._settings = settings(folder, **given)
        self.requests: list[httpx.Request] = []

    def __call__(self, **arguments: Any) -> tuple[str, bool]:
        return self.all([("list_people", arguments)])[0]

    def all(self, calls: list[tuple[str, Mapping[str, Any]]]) -> list[tuple[str, bool]]:
        """Several calls of one process."""
        return asyncio.run(self._all(calls))

    async def _all(self, calls: list[tuple[str, Mapping[str, Any]]]) -> list[tuple[str, bool]]:
        def answer(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            start = int(request.url.params.get("offset", 0))
            most = int(request.url.params.get("limit", 100))
            body = json.dumps({"count": len(PEOPLE), "results": PEOPLE[start : start + most]}).encode()
            return httpx.Response(200, headers={"content-type": "application/json"}, stream=httpx.ByteStream(body))

        server = load_server(self._package)
        transport = httpx.MockTransport(answer)
        found: list[tuple[str, bool]] = []
        async with governed(self._settings, server=server, transport=transport) as made:
            for tool, arguments in calls:
                result = await ask(made, ADA, "tools/call", {"name": tool, "arguments": dict(arguments)})
                found.append((result["content"][0]["text"], bool(result.get("isError"))))
        return found


@pytest.fixture
def desk(package: Path, tmp_path: Path) -> Desk:
    """The people API under governance that tokenizes."""
    return Desk(package, tmp_path)


def answered(said: tuple[str, bool]) -> Any:
    text, failed = said
    assert not failed, text
    for one in PEOPLE:
        for value in (one["full_name"], one["email"], one["phone"], one.get("work_email"), one.get("created_by")):
            assert value is None or value not in text
    return json.loads(text)


def refused(said: tuple[str, bool]) -> str:
    text, failed = said
    assert failed, text
    return text


def tokens(desk: Desk) -> dict[int, dict[str, str]]:
    """What stands for the people's e-mail addresses, names and telephone numbers."""
    told = answered(desk(fields=["id", "email", "full_name", "phone"]))
    return {row[0]: dict(zip(told["fields"], row, strict=True)) for row in told["items"]}


def ids(told: Any) -> list[int]:
    return [row[told["fields"].index("id")] if "fields" in told else row["id"] for row in told["items"]]


@pytest.mark.parametrize(
    "where",
    [
        {"email": {">": "b"}},
        {"email": {"contains": "ada"}},
        {"full_name": {"<=": "M"}},
        {"phone": {">=": 0}},
        {"phone": {"contains": "901"}},
        {"work_email": {"contains": "w@"}},
        {"created_by": {"contains": "Zoe"}},
        {'["email"]': {"contains": "ada"}},
        {"email[*]": {"contains": "ada"}},
    ],
)
def test_no_question_but_equality_about_personal_data(desk: Desk, where: dict[str, Any]) -> None:
    assert "is personal data" in refused(desk(where=where, count=True))
    assert not desk.requests, "it is refused before anything is read"


def test_parts_of_a_value_cannot_be_asked_for(desk: Desk) -> None:
    assert "whole" in refused(desk(where={"email[0:1]": "a"}, count=True))
    assert "whole" in refused(desk(distinct="email[0:3]"))


@pytest.mark.parametrize("path", ["email", "-full_name", "phone", "work_email", "created_by"])
def test_nothing_is_sorted_by_personal_data(desk: Desk, path: str) -> None:
    assert "by which nothing is sorted" in refused(desk(sort=path))


def test_tokens_are_restored_in_conditions_of_their_kind(desk: Desk) -> None:
    known = tokens(desk)
    assert ids(answered(desk(where={"email": known[2]["email"]}))) == [2]
    assert ids(answered(desk(where={"email": {"in": [known[2]["email"], known[3]["email"]]}}))) == [2, 3]
    assert ids(answered(desk(where={"full_name": {"!=": known[1]["full_name"]}}))) == [2, 3]
    assert answered(desk(where={"phone": known[2]["phone"]}, count=True))["count"] == 1


def test_a_token_of_another_kind_or_place_is_refused(desk: Desk) -> None:
    known = tokens(desk)
    assert "takes tokens of the kind name" in refused(desk(where={"full_name": known[1]["email"]}))
    assert "it takes no tokens" in refused(desk(where={"note": {"contains": known[1]["email"]}}))
    assert "cannot be the name of a field" in refused(desk(where={known[1]["email"]: 1}))


def test_values_are_told_as_tokens_and_counted(desk: Desk) -> None:
    known = tokens(desk)
    told = answered(desk(count="full_name"))
    assert told["items"][0] == [known[1]["full_name"], 2]
    told = answered(desk(distinct="email"))
    assert {row[0] for row in told["items"]} == {one["email"] for one in known.values()}


def test_distinct_personal_values_come_in_no_order_of_theirs(package: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(globals(), "PEOPLE", [person(1, email="zoe@example.org"), person(2, email="abe@example.org")])
    desk = Desk(package, tmp_path)
    known = tokens(desk)
    told = answered(desk(distinct="email"))
    assert {row[0] for row in told["items"]} == {known[1]["email"], known[2]["email"]}


def test_text_that_mentions_somebody_is_searched_without_the_mention(desk: Desk) -> None:
    assert answered(desk(where={"note": {"contains": "write to"}}, count=True))["count"] == 1
    assert answered(desk(where={"note": {"contains": "cleo@"}}, count=True))["count"] == 0
    assert answered(desk(where={"note": {"contains": "rang"}}, count=True))["count"] == 1


def test_undeclared_text_in_counts_is_swept(desk: Desk) -> None:
    told = answered(desk(distinct="note"))
    assert any("tok_email_" in row[0] for row in told["items"])


def test_what_is_not_personal_is_asked_as_ever(desk: Desk) -> None:
    assert ids(answered(desk(where={"level": {">": 1}}))) == [1]
    assert ids(answered(desk(sort=["-level", "id"]))) == [1, 2, 3, 4]
    assert answered(desk(where={"email": None}, count=True))["count"] == 0


def test_kinds_that_agents_see_are_asked_as_ever(package: Path, tmp_path: Path) -> None:
    desk = Desk(package, tmp_path, tokenize={"kinds": ["email"]})
    text, failed = desk(sort="-full_name", fields=["id"])
    assert not failed
    assert ids(json.loads(text))[0] == 3


def test_values_in_a_refused_question_are_not_in_the_refusal(desk: Desk) -> None:
    known = tokens(desk)
    said = refused(desk(where={"email": {"contains": known[1]["email"]}}))
    assert "ada@example.org" not in said


def test_a_count_under_way_keeps_kinds_in_its_cursor(package: Path, tmp_path: Path, monkeypatch: Any) -> None:
    from adaptgen.runtime.paging.scan import Bounds
    from adaptgen.runtime.queries import query as asking

    monkeypatch.setattr(asking, "Bounds", lambda: Bounds(items=1))
    monkeypatch.setattr("adaptgen.runtime.paging.pages.MAX_SIZE", 1)
    desk = Desk(package, tmp_path)
    asked: dict[str, Any] = {"count": "full_name", "where": {"level": {"!=": 9}}}
    told = answered(desk(**asked))
    assert told["complete"] is False
    while "next_cursor" in told:
        told = answered(desk(**asked, cursor=told["next_cursor"]))
    assert told["count"] == 4
    assert all(row[0].startswith("tok_name_") for row in told["items"])


def test_through_a_proxy_conditions_take_tokens_too(chain: Chain) -> None:
    chain.people.people = PEOPLE
    told = json.loads(chain.proxy.call("people__list_people", {"fields": ["id", "email"]}, chain.proxy.token)[0])
    token = dict(map(tuple, told["items"]))[2]
    assert token.startswith("tok_email_")
    text, failed = chain.proxy.call(
        "people__list_people", {"where": {"email": token}, "fields": ["id"]}, chain.proxy.token
    )
    assert not failed, text
    assert ids(json.loads(text)) == [2]
    text, failed = chain.proxy.call("people__list_people", {"sort": "email"}, chain.proxy.token)
    assert failed
    text, failed = chain.proxy.call("people__list_people", {"count": "email"}, chain.proxy.token)
    assert "@example.org" not in text
    text, failed = chain.proxy.call("people__list_people", {"max": "phone"}, chain.proxy.token)
    assert failed
    text, failed = chain.proxy.call("people__list_people", {"sum": "id", "group_by": "email"}, chain.proxy.token)
    assert not failed, text
    assert "@example.org" not in text
    assert [row[1] for row in json.loads(text)["items"]] == [4, 3, 2, 1]


def test_an_api_that_holds_surrogates_is_asked_by_value(package: Path, tmp_path: Path, monkeypatch: Any) -> None:
    keys = {"surrogates": "${env:T_SURROGATES}", "cursors": "${env:T_CURSORS}", "audit": "${env:T_AUDIT}"}
    desk = Desk(package, tmp_path, tokenize={"direction": "api", "kinds": ["email"]}, keys=keys)
    desk(email="ada@example.org")
    (surrogate,) = {request.url.params["email"] for request in desk.requests}
    assert "ada" not in surrogate
    monkeypatch.setitem(globals(), "PEOPLE", [person(1, email=surrogate), person(2, email="other@token.invalid")])
    text, failed = desk(where={"email": "ada@example.org"}, fields=["id", "email"])
    assert not failed, text
    assert json.loads(text)["items"] == [[1, "ada@example.org"]]
    assert desk(sort="email")[1]


def test_what_hints_call_plain_is_asked_as_ever() -> None:
    from adaptgen.model.tables import Call, Tool, Unpaged
    from adaptgen.runtime.core.answer import ToolError
    from adaptgen.runtime.pii.call_pii import PiiTracker
    from adaptgen.runtime.pii.classifier import make_classifier
    from adaptgen.runtime.queries.filters import parse_question
    from adaptgen.runtime.queries.values import GuardedValues

    tool = Tool(name="t", call=Call("GET", "/customers"), page=Unpaged(), not_sensitive=("$..name", "contact_email"))
    asked = parse_question({"sort": ["-name", "contact_email"]})
    assert asked is not None
    GuardedValues(tool, PiiTracker(make_classifier(tool)), asked)
    with pytest.raises(ToolError, match="nothing is sorted"):
        GuardedValues(tool, PiiTracker(make_classifier(Tool(name="t", call=tool.call))), asked)


@pytest.mark.parametrize("function", ["sum", "avg", "min", "max"])
@pytest.mark.parametrize("path", ["phone", "full_name", "work_email", "level, phone", "phone[*]"])
def test_no_figures_of_personal_data(desk: Desk, function: str, path: str) -> None:
    assert "is personal data" in refused(desk(**{function: path}))
    assert not desk.requests, "it is refused before anything is read"


def test_groups_of_personal_data_are_tokens_and_figures_of_the_rest_are_right(desk: Desk) -> None:
    told = answered(desk(sum="level", group_by=["full_name"]))
    assert told["fields"] == ["full_name", "sum(level)", "count"]
    assert [row[1:] for row in told["items"]] == [[3, 2], [1, 1], [None, 1]]
    assert all(row[0].startswith("tok_name_") for row in told["items"])
    assert answered(desk(sum="level", where={"full_name": told["items"][0][0]}))["sum"] == {"level": 3}


def test_a_text_that_is_not_a_number_is_not_repeated(desk: Desk) -> None:
    assert "Ada" not in refused(desk(max="note"))
