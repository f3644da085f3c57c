"""Answers for people: tables that fit the terminal, and what an agent would read of the rest of a list."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.cli import tabular, terminal

WIDE = "x" * 300


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 60 columns, without colours."""
    monkeypatch.setattr(terminal, "for_people", lambda: True)
    monkeypatch.setattr(terminal, "width", lambda: 60)
    monkeypatch.setenv("NO_COLOR", "1")


def shown(value: Any, capsys: pytest.CaptureFixture[str]) -> list[str]:
    tabular.show_answer(value)
    return capsys.readouterr().out.splitlines()


@pytest.mark.usefixtures("narrow")
def test_a_list_is_a_table_and_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    answer = {
        "fields": ["id", "name", "open"],
        "items": [[7, "Ada", True], [12, None, False]],
        "total": 1200,
        "next_cursor": "abc",
        "omitted": {"fields": ["remarks"], "beside": ["$.page"]},
        "note": "it is",
    }
    assert shown(answer, capsys) == [
        "id  name  open",
        "7   Ada   true",
        "12        false",
        "2 items of 1,200",
        "there are more: cursor=abc",
        "omitted: fields: remarks; beside: $.page",
        "note: it is",
    ]


@pytest.mark.usefixtures("narrow")
def test_no_line_of_a_table_is_wider_than_the_terminal_and_columns_left_out_are_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = [f"column{at}" for at in range(9)]
    lines = shown([dict.fromkeys(names, WIDE)], capsys)
    assert max(map(len, lines[:2])) <= 60
    assert lines[0].split() == names[:4]
    assert lines[2] == "not shown: column4, column5, column6, column7, column8 (--json has all)"


@pytest.mark.usefixtures("narrow")
def test_a_record_is_lines_of_paths_and_its_lists_are_tables(capsys: pytest.CaptureFixture[str]) -> None:
    record = {"id": 7, "owner": {"name": "Ada"}, "tags": ["a", "b"], "none": [], "lines": [{"n": 1}, {"n": 2, "m": 3}]}
    assert shown(record, capsys) == [
        "id          7",
        "owner.name  Ada",
        "tags        a, b",
        "none        []",
        "",
        "lines (2)",
        "n  m",
        "1",
        "2  3",
    ]


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        ({"items": []}, ["0 items"]),
        ({"items": ["a", 2]}, ["a", "2", "2 items"]),
        ([1, [2]], ["1", "2"]),
        ({"count": 117}, ["count  117"]),
        ("plain", ["plain"]),
    ],
)
def test_other_answers(answer: Any, lines: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(answer, capsys) == lines


@pytest.mark.usefixtures("narrow")
def test_escapes_of_an_answer_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    bad = "\x1b[2J\x07\n"
    for value in ({"items": [{bad: bad}], bad: bad, "next_cursor": bad}, {bad: {bad: [bad]}}, [bad], bad):
        tabular.show_answer(value)
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\x07" not in said


@pytest.mark.usefixtures("narrow")
def test_names_are_whole_where_other_columns_can_be_cut(capsys: pytest.CaptureFixture[str]) -> None:
    tabular.columns(("tool", "a", "b"), [("get_customer_credit_score_of_it", WIDE, WIDE)])
    line = capsys.readouterr().out.splitlines()[1]
    assert line.startswith("get_customer_credit_score_of_it  ")
    assert len(line) <= 60


@pytest.mark.parametrize(("size", "cut"), [(8, "株式会社"), (7, "株式会…"), (6, "株式…"), (2, "…")])
def test_wide_characters_are_cut_by_columns(size: int, cut: str) -> None:
    assert terminal.cut("株式会社", size) == cut
