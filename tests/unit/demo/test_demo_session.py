"""Scripted sessions: values out of earlier answers, columns read as objects, what is counted."""

from __future__ import annotations

from adaptgen.demo.measure import cost, personal
from adaptgen.demo.session import Conversation, Turn
from adaptgen.demo.story import table


def test_bytes_are_those_of_both_directions() -> None:
    said = Conversation([Turn("t", '{"a":"é"}', "ok")])
    assert cost(said).bytes == 10 + 2
    assert cost(said).turns == 1


def test_cursors_do_not_change_the_count() -> None:
    first, second = (
        Conversation([Turn("t", "{}", f'{{"next_cursor":"{text}"}}')]) for text in ("A" * 90, "xY3_" * 22 + "zz")
    )
    assert cost(first) == cost(second)


def test_personal_data_is_counted_once_for_each_value() -> None:
    text = '{"email":"a@x.example.com","birth_date":"1970-01-01","iban":"DE00123456789012345678"} a@x.example.com'
    said = Conversation([Turn("t", "{}", f"{text} 000-12-3456 +1-555-0001 +1-555-0002")])
    assert personal([said]) == {
        "e-mail addresses": 1, "phone numbers": 2, "bank accounts": 1, "national ids": 1, "birth dates": 1,
    }  # fmt: skip


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
