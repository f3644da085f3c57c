"""What answers show, against tiny APIs: envelopes, fields, identities, personal data, names for ids."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from adaptgen.learning.answers.learn import learn_answers
from adaptgen.learning.lists.learn import learn_lists
from adaptgen.learning.model import Notebook
from tests.unit.learning.apis import Handler, TinyProbe, listing, made

COUNT = 24


def learn(tmp_path: Path, paths: Mapping[str, Any], handlers: Mapping[str, Handler], budget: int = 200) -> Notebook:
    """The notebook after both stages."""
    result = made(tmp_path, paths)
    notebook, probe = Notebook(), TinyProbe(handlers, budget)
    asyncio.run(learn_lists(result, probe, notebook))
    asyncio.run(learn_answers(result, probe, notebook))
    return notebook


def one(record: Mapping[str, Any], name: str = "itemId") -> dict[str, Any]:
    """An operation that reads one record."""
    answer = {"200": {"description": "OK", "content": {"application/json": {"schema": record}}}}
    key = {"name": name, "in": "path", "required": True, "schema": {"type": "integer"}}
    return {"get": {"parameters": [key], "responses": answer}}


def typed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": kind} for name, kind in properties.items()}}


def value_of(notebook: Notebook, *keys: str) -> Any:
    """The value of a line, None without one."""
    return next((line.value for line in notebook.lines if line.keys == keys), None)


CONTACTS = [
    {
        "id": 700 + at, "reach": f"person{at}@mail.example", "memo": None, "tenant": "north", "title": f"Title {at}",
        "since": f"2024-01-{at + 1:02}", "amount": f"{at}.50", "extra": {"house": f"No {at}"}, "groupId": at % 3 + 1,
    }
    for at in range(COUNT)
]  # fmt: skip
DECLARED = typed(id="integer", reach="string", memo="string", tenant="string", title="string", amount="number",
                 groupId="integer")  # fmt: skip
GROUPS = [{"id": 1, "name": "Red"}, {"id": 2, "name": "Green"}, {"id": 3, "name": "Blue"}]


def contacts(tmp_path: Path, records: list[dict[str, Any]] = CONTACTS, **handlers: Handler) -> Notebook:
    groups = listing(record=typed(id="integer", name="string"))
    paths = {
        "/contacts": listing("groupId", record=DECLARED),
        "/contacts/{contactId}": one(DECLARED, "contactId"),
        "/groups": groups,
    }
    known: dict[str, Handler] = {
        "/contacts": lambda query: [
            each for each in records if query.get("groupId", each["groupId"]) == each["groupId"]
        ],
        "/groups": lambda query: GROUPS,
    }
    known |= {f"/contacts/{each['id']}": lambda query, each=each: each for each in records}
    return learn(tmp_path, paths, known | handlers)


def test_the_view_leaves_out_what_is_empty_and_ends_with_what_is_always_the_same(tmp_path: Path) -> None:
    view = value_of(contacts(tmp_path), "operations", "GET /contacts", "view")
    assert "memo" not in view
    assert view.index("tenant") == len(view) - 1
    assert "title" in view


def test_types_that_are_not_as_declared(tmp_path: Path) -> None:
    said = [(each.declared, each.observed) for each in contacts(tmp_path).disagreements]
    assert ("amount is of type number", "it is of type string") in said
    assert ("not declared", "answers have extra.house, since") in said


def test_numbers_that_are_no_ids_of_the_list_point_to_nothing(tmp_path: Path) -> None:
    records = [{**each, "groupId": each["groupId"] + 1} for each in CONTACTS]
    assert value_of(contacts(tmp_path, records), "operations", "GET /contacts", "arguments", "groupId") is None


def test_two_ids_that_are_in_a_list_may_be_there_by_chance(tmp_path: Path) -> None:
    records = [{**each, "groupId": each["id"] % 2 + 1} for each in CONTACTS]
    assert value_of(contacts(tmp_path, records), "operations", "GET /contacts", "arguments", "groupId") is None


def test_a_record_that_is_wrapped(tmp_path: Path) -> None:
    wrapped = {f"/contacts/{each['id']}": lambda query, each=each: {"result": {"row": each}} for each in CONTACTS}
    notebook = contacts(tmp_path, **wrapped)
    assert value_of(notebook, "operations", "GET /contacts/{contactId}", "answer") == "$.result.row"


def test_a_list_that_is_elsewhere_is_a_disagreement(tmp_path: Path) -> None:
    rows = [{"id": at, "name": f"Item {at}"} for at in range(9)]
    notebook = learn(tmp_path, {"/items": listing(items="rows")}, {"/items": lambda query: {"data": {"list": rows}}})
    assert value_of(notebook, "operations", "GET /items", "page") == {"items": "$.data.list"}
    said = [(each.declared, each.observed) for each in notebook.disagreements]
    assert ("the records are at $.rows", "they are at $.data.list") in said


def several(tmp_path: Path, order: Callable[[list[Any]], list[Any]]) -> Notebook:
    """What is learned of an answer with two lists, of which the build knows neither as that of the operation."""
    operation = listing(items="cases", record=typed(id="integer", subject="string", memo="string", reach="string"))
    properties = operation["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
    properties |= {"people": dict(properties["cases"]), "urgent": {"type": "integer"}, "waiting": {"type": "integer"}}
    rows = [{"id": at, "subject": f"Case {at}", "memo": None, "reach": f"p{at}@mail.example"} for at in range(9)]
    people = [{"id": at, "name": f"Person {at}"} for at in range(50)]
    return learn(tmp_path, {"/cases": operation}, {"/cases": lambda query: {"people": people, "cases": order(rows)}})


@pytest.mark.parametrize("order", [list, lambda rows: random.Random(4).sample(rows, len(rows))])
def test_an_answer_with_several_arrays_of_records_is_left_whole(tmp_path: Path, order: Any) -> None:
    notebook = several(tmp_path, order)
    assert value_of(notebook, "operations", "GET /cases", "page") is None
    assert value_of(notebook, "operations", "GET /cases", "view") is None
    assert value_of(notebook, "operations", "GET /cases", "sensitive", "cases[*].reach") == "email"
    assert value_of(notebook, "operations", "GET /cases", "sensitive", "reach") is None


CANARIES = ("Quistgaard", "canary", "4929123412341234", "DE02120300000000202051", "tok3n-canary-77")


def test_what_was_done_is_not_asked_again(tmp_path: Path) -> None:
    result = made(tmp_path, {"/items": listing("limit", "offset")})
    rows = [{"id": at, "name": f"Item {at}", "rank": at} for at in range(40)]

    def answer(query: Mapping[str, str]) -> Any:
        return rows[int(query.get("offset", 0)) :][: int(query.get("limit", 20))]

    notebook = Notebook()
    for _ in range(2):
        probe = TinyProbe({"/items": answer})
        asyncio.run(learn_lists(result, probe, notebook))
        asyncio.run(learn_answers(result, probe, notebook))
    assert len(probe.asked) <= 1
    assert len([one for one in notebook.experiments if one.question == "answers.fields"]) == 1
