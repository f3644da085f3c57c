"""Evidence is added up row by row, the strongest row answers, and what rules out ends a question."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adaptgen.model.evidence import RULES_OUT, TABLES, Row, Table


@pytest.fixture
def table() -> Iterator[Table[str]]:
    made: Table[str] = Table(
        "is this a greeting?",
        Row(2, "it has vowels", lambda text: sum(letter in "aeiou" for letter in text)),
        Row(5, "it says hello", lambda text: {"hello"} & set(text.split()), "greeting"),
        Row(7, "it is a question", lambda text: text.endswith("?"), "question"),
        Row(RULES_OUT, "nothing is said", lambda text: not text),
        Row(-1, "it ends here", lambda text: text.endswith("?")),
    )
    yield made
    del TABLES[made.question]


def test_weights_add_up_and_say_why(table: Table[str]) -> None:
    score = table.score("hello you")
    assert (score.total, score.ruled_out) == (5 + 2 * 4, False)
    assert score.because == ("it says hello", "it has vowels")


def test_nothing_matches(table: Table[str]) -> None:
    assert table.score("pst").total == 0
    assert table.strongest("pst") is None


def test_a_row_that_rules_out_is_read_first_and_alone(table: Table[str]) -> None:
    score = table.score("")
    assert score.ruled_out
    assert score.because == ("nothing is said",)


def test_the_strongest_row_answers(table: Table[str]) -> None:
    assert [row.answer for text in ("hello", "hello?") if (row := table.strongest(text))] == ["greeting", "question"]


def test_of_several_the_first_that_the_strongest_row_matches(table: Table[str]) -> None:
    best = table.strongest_of(["hello", "what?", "who?"])
    assert best is not None
    assert (best[0], best[1].answer) == ("what?", "question")
    assert table.strongest_of(["pst"]) is None


def test_a_table_is_known_by_its_question(table: Table[str]) -> None:
    assert TABLES["is this a greeting?"] is table
