"""No part of an answer is shown in place of the whole: where a path leads nowhere, and where a record holds a list."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from adaptgen.model.tables import Call, Tool
from adaptgen.runtime.answers.list import answer_detail
from adaptgen.runtime.core.answer import Answer
from adaptgen.runtime.http.page import find_items
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.classifier import make_classifier

RECORD = {"id": 7, "name": "Ada", "tags": ["a", "b"]}


def shown(kit: Any, answer: str, body: Any, fields: list[str] | None = None, max_bytes: int = 9000) -> Any:
    tool = Tool(name="get_thing", view=("id", "name"), payload=answer)
    text = answer_detail(tool, kit.reply(body), fields=fields, max_bytes=max_bytes).content[0].text  # type: ignore[union-attr]
    assert len(text.encode()) <= max_bytes
    return orjson.loads(text)


def test_the_root_is_reached_within_the_budget(kit: Any) -> None:
    body = {"data": RECORD, "status": "ok", "password": "hunter2"}
    assert shown(kit, "$.data", body, ["$"])["$"] == {**body, "password": "[withheld]"}
    large = {"data": RECORD, "more": [{"id": number, "text": "x" * 90} for number in range(500)]}
    cut = shown(kit, "$.data", large, ["$"], 2000)
    assert any("$.more" in text for text in cut["omitted"].values())


@pytest.mark.parametrize("body", [{"note": "Ada's", "data": None}, {"note": "Ada's"}, {"item": {"note": "Ada's"}}])
@pytest.mark.parametrize("fields", [None, ["$"], ["*"]])
def test_what_hints_classify_is_marked_wherever_the_api_puts_it(kit: Any, body: Any, fields: Any) -> None:
    call = Call("GET", "/things/{id}")
    tool = Tool(name="t", call=call, view=("note",), payload="$.data", sensitive={"note": "national_id"})
    answer = answer_detail(tool, kit.reply(body), fields=fields, max_bytes=900, marks=PiiTracker(make_classifier(tool)))
    assert isinstance(answer, Answer)
    assert list(answer.sensitive.values()) == ["national_id"]


@pytest.mark.parametrize("fields", [None, ["$"], ["*"]])
def test_declared_secrets_are_withheld_wherever_the_api_puts_them(kit: Any, fields: Any) -> None:
    tool = Tool(name="t", view=("note",), payload="$.data", sensitive={"note": "secret"})
    answer = answer_detail(tool, kit.reply({"note": "opensesame"}), fields=fields, max_bytes=900)
    assert "opensesame" not in answer.content[0].text  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "body",
    [
        {"rows": [1], "total": 1, "next": None},
        {"status": "ok", "took": 3, "response": {"rows": [1], "page": 1}},
        {"rows": [1], "columns": [], "row_count": 1},
        [1],
    ],
)
def test_a_list_under_another_name_is_found_among_wrapper_words(body: Any) -> None:
    assert find_items("$.results", body) == [1]


PEOPLE = [{"id": number, "name": f"Person {number}", "text": "x" * 40} for number in range(150)]


def test_an_array_in_place_of_an_object_is_a_list_that_goes_on(kit: Any) -> None:
    for answer, body in (("$", PEOPLE), ("$.data", {"data": PEOPLE})):
        first = shown(kit, answer, body, None, 1500)
        count = len(first["items"])
        assert first["items"] == [{"id": one["id"], "name": one["name"]} for one in PEOPLE[:count]]
        path = first["omitted"]["items"].partition("; fields ")[2]
        assert path == f"{answer}[{count}:]"
        seen = list(PEOPLE[:count])
        while path:
            part = shown(kit, answer, body, [path], 1500)
            seen += part[path]
            path = next(iter(part.get("omitted", {}).values()), "").partition("; fields ")[2]
        assert seen == PEOPLE


@pytest.mark.parametrize("fields", [None, ["*"]])
@pytest.mark.parametrize("answer", ["$", "$.data"])
def test_a_map_of_many_records_is_cut_by_whole_records(kit: Any, answer: str, fields: Any) -> None:
    people = {f"p{one['id']}": one for one in PEOPLE}
    tool = Tool(name="t", payload=answer)
    reply = kit.reply(people if answer == "$" else {"data": people})
    text = answer_detail(tool, reply, fields=fields, max_bytes=2000).content[0].text  # type: ignore[union-attr]
    assert len(text.encode()) <= 2000
    cut = orjson.loads(text)
    said = cut.pop("omitted")["entries"]
    assert len(cut) > 10
    assert all(people[key] == one for key, one in cut.items())
    assert f"{len(cut)} of 150 entries" in said
    last = answer_detail(tool, reply, fields=["p149"], max_bytes=2000).content[0].text  # type: ignore[union-attr]
    assert orjson.loads(last) == {"p149": PEOPLE[149]}
