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
from tests.unit.learning.apis import Handler, TinyProbe, concluded, listing, made

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


def test_what_identifies_is_proved_by_a_read(tmp_path: Path) -> None:
    said = concluded(contacts(tmp_path), "answers.identity", "GET /contacts")
    assert [sure for _, sure in said] == ["certain"]
    assert said[0][0].startswith("id identifies a record")


def test_an_identity_that_the_detail_operation_does_not_know_is_likely(tmp_path: Path) -> None:
    gone = {f"/contacts/{each['id']}": lambda query: (404, {}, {}) for each in CONTACTS}
    said = concluded(contacts(tmp_path, **gone), "answers.identity", "GET /contacts")
    assert [sure for _, sure in said] == ["likely"]


def test_personal_data_under_a_name_that_does_not_say_so(tmp_path: Path) -> None:
    notebook = contacts(tmp_path)
    assert value_of(notebook, "operations", "GET /contacts", "sensitive", "reach") == "email"
    assert value_of(notebook, "operations", "GET /contacts/{contactId}", "sensitive", "reach") == "email"


def test_fields_that_say_nothing_and_undeclared_ones(tmp_path: Path) -> None:
    notebook = contacts(tmp_path)
    found = notebook.find("GET /contacts", "answers.fields")
    assert found is not None
    assert (found.seen["empty"], found.seen["same"]) == (["memo"], ["tenant"])
    assert found.seen["undeclared"] == ["extra.house", "since"]
    assert found.seen["forms"]["since"] == "date"


def test_the_view_leaves_out_what_is_empty_and_ends_with_what_is_always_the_same(tmp_path: Path) -> None:
    view = value_of(contacts(tmp_path), "operations", "GET /contacts", "view")
    assert "memo" not in view
    assert view.index("tenant") == len(view) - 1
    assert "title" in view


def test_types_that_are_not_as_declared(tmp_path: Path) -> None:
    said = [(each.declared, each.observed) for each in contacts(tmp_path).disagreements]
    assert ("amount is of type number", "it is of type string") in said
    assert ("not declared", "answers have extra.house, since") in said


def test_a_disagreement_points_into_the_document(tmp_path: Path) -> None:
    pointers = [each.pointer for each in contacts(tmp_path).disagreements if each.declared.startswith("amount")]
    where = "#/paths/~1contacts/get/responses/200/content/application~1json/schema/items/properties/amount"
    assert pointers[0] == where


def test_names_for_ids(tmp_path: Path) -> None:
    names = value_of(contacts(tmp_path), "operations", "GET /contacts", "arguments", "groupId")
    assert names == {"names": {"tool": "list_groups", "id": "id", "labels": ["name"]}}


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


def test_keys_of_maps_are_not_written(tmp_path: Path) -> None:
    rows = [{"id": at, "visits": {f"ada.{at}@mail.example": at, f"K-{at}": 1}} for at in range(9)]
    notebook = learn(tmp_path, {"/items": listing(record=typed(id="integer"))}, {"/items": lambda query: rows})
    assert "mail.example" not in repr(notebook)
    assert "K-" not in repr(notebook)


CANARIES = ("Quistgaard", "canary", "4929123412341234", "DE02120300000000202051", "tok3n-canary-77")


def test_no_value_is_kept(tmp_path: Path) -> None:
    """Names, mail addresses, numbers, ids, tokens and keys of maps: none of them is in the notebook."""
    rows = [
        {
            "id": f"canary-{at}", "name": f"Ada Quistgaard {at}", "mail": f"ada{at}.canary@mail.example",
            "card": "4929123412341234", "iban": "DE02120300000000202051", "by": {f"canary {at}": {"x": 1}},
        }
        for at in range(30)
    ]  # fmt: skip

    def answer(query: Mapping[str, str]) -> Any:
        start = int(query.get("cursor", "0").rpartition("-")[2])
        size = int(query.get("limit", 10))
        token = f"tok3n-canary-77-{start + size}" if start + size < len(rows) else None
        return {"data": rows[start : start + size], "next_cursor": token, "canary by name": 5}

    text = {"cursor": {"type": "string"}}
    record = typed(id="string", name="string")
    paths = {
        "/items": listing("limit", "cursor", items="data", record=record, kinds=text),
        "/items/{itemId}": one(record),
    }
    handlers: dict[str, Handler] = {"/items": answer}
    handlers |= {f"/items/{each['id']}": lambda query, each=each: each for each in rows}
    notebook = learn(tmp_path, paths, handlers)
    assert any(line.keys[2] == "page" for line in notebook.lines)
    kept = repr(notebook).lower()
    assert [one for one in CANARIES if one.lower() in kept] == []


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
