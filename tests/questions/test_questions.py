"""Twenty questions that a CRM gets, asked of the generated server without a model (see ``support.asked``)."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator

import pytest
from support.asked import QUESTIONS, Asked, ask, lines, part, sides

from adaptgen.demo.building import build
from adaptgen.demo.crm import Crm, Running, running

_AUDIT = {"version", "modified_by", "modified_at"}


@pytest.fixture(scope="module")
def crm() -> Iterator[Running]:
    with running(Crm(slow=0.0)) as serving:
        yield serving


@pytest.fixture(scope="module")
def asked(crm: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Asked]:
    """Every question, asked once."""
    return ask(crm, build(tmp_path_factory.mktemp("generated")))


def test_there_are_twenty_questions_and_some_write() -> None:
    assert len(QUESTIONS) == 20
    assert sum("changes" in question for question in QUESTIONS.values()) in (2, 3)


@pytest.mark.parametrize("name", [name for name, question in QUESTIONS.items() if "answer" in question])
def test_the_right_answer_is_obtained(asked: dict[str, Asked], name: str) -> None:
    question = QUESTIONS[name]
    for wanted in (question["answer"], *question.get("also", ())):
        right = wanted["value"] if "value" in wanted else sorted(wanted["rows"])
        assert part(asked[name].served.last, wanted) == right
    assert asked[name].changed == {}


@pytest.mark.parametrize("name", [name for name, question in QUESTIONS.items() if "sql" in question])
def test_the_right_answer_is_right(crm: Running, name: str) -> None:
    question = QUESTIONS[name]
    crm.crm.state.reset()
    rows = [list(row) for row in crm.crm.state.database.execute(question["sql"])]
    wanted = question["answer"]
    assert sorted(rows) == (sorted(wanted["rows"]) if "rows" in wanted else [[wanted["value"]]])


@pytest.mark.parametrize("name", [name for name, question in QUESTIONS.items() if "changes" in question])
def test_a_write_changes_what_was_asked_and_nothing_else(asked: dict[str, Asked], name: str) -> None:
    wanted = QUESTIONS[name]["changes"]
    assert list(asked[name].changed) == [wanted["table"]]
    rows = asked[name].changed[wanted["table"]]
    assert list(rows) == [wanted["key"]]
    changed = {column: value for column, value in rows[wanted["key"]].items() if column not in _AUDIT}
    if wanted["table"] == "notes":
        changed = {column: changed[column] for column in wanted["columns"]}
    assert changed == wanted["columns"]


def test_turns_and_bytes(asked: dict[str, Asked], record_table: Callable[[list[str]], None]) -> None:
    record_table(lines(asked))
    raw, served = (sum(conversation.size for conversation in side) for side in zip(*sides(asked), strict=True))
    assert statistics.mean(len(one.served.turns) for one in asked.values()) <= 1.5
    assert served * 20 <= raw
