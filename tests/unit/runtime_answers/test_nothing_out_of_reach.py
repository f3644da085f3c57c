"""No part of an answer is shown in place of the whole: where a path leads nowhere, and where a record holds a list."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from adaptgen.model import Call, Tool
from adaptgen.runtime.answer import Answer
from adaptgen.runtime.classify import classifier
from adaptgen.runtime.listing import answer_detail
from adaptgen.runtime.marks import Marks
from adaptgen.runtime.paging import find_items

RECORD = {"id": 7, "name": "Ada", "tags": ["a", "b"]}


def shown(kit: Any, answer: str, body: Any, fields: list[str] | None = None, max_bytes: int = 9000) -> Any:
    tool = Tool(name="get_thing", view=("id", "name"), answer=answer)
    text = answer_detail(tool, kit.reply(body), fields=fields, max_bytes=max_bytes).content[0].text  # type: ignore[union-attr]
    assert len(text.encode()) <= max_bytes
    return orjson.loads(text)


@pytest.mark.parametrize("body", [{"status": "ok", "usage": None, "outcome": "gone"}, {"status": "no such thing"}])
def test_where_the_payload_is_null_or_absent_the_whole_is_shown(kit: Any, body: Any) -> None:
    assert shown(kit, "$.usage", body) == body


def test_a_record_that_is_not_wrapped_after_all_is_shown(kit: Any) -> None:
    assert shown(kit, "$.data", RECORD)["name"] == "Ada"
    assert shown(kit, "$.data", RECORD, ["tags"]) == {"tags": ["a", "b"]}


def test_the_payload_is_unwrapped_where_it_is(kit: Any) -> None:
    assert shown(kit, "$.data", {"data": RECORD, "status": "ok"}) == {"id": 7, "name": "Ada"}


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
    tool = Tool(name="t", call=call, view=("note",), answer="$.data", sensitive={"note": "national_id"})
    answer = answer_detail(tool, kit.reply(body), fields=fields, max_bytes=900, marks=Marks(classifier(tool)))
    assert isinstance(answer, Answer)
    assert list(answer.sensitive.values()) == ["national_id"]


@pytest.mark.parametrize("fields", [None, ["$"], ["*"]])
def test_declared_secrets_are_withheld_wherever_the_api_puts_them(kit: Any, fields: Any) -> None:
    tool = Tool(name="t", view=("note",), answer="$.data", sensitive={"note": "secret"})
    answer = answer_detail(tool, kit.reply({"note": "opensesame"}), fields=fields, max_bytes=900)
    assert "opensesame" not in answer.content[0].text  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("$.results", RECORD),
        ("$.results", {"data": RECORD}),
        ("$.results", {"title": "A plan", "steps": [{"id": 1}]}),
        ("$.results", {"winner": "X", "board": [["X"]]}),
        ("$.results", {"owner": {"name": "Ada"}, "members": [{"id": 1}]}),
        ("$", RECORD),
    ],
)
def test_a_record_that_holds_a_list_is_no_list(path: str, body: Any) -> None:
    assert find_items(path, body) is None


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


def test_a_record_in_place_of_the_list_is_one_item() -> None:
    assert find_items("$.data", {"data": RECORD}) == [RECORD]
    assert find_items("$.data", {"data": None}) == []
