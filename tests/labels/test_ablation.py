"""Rows of evidence are left out one after the other, and what differs without them is counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from adaptgen.model.evidence import TABLES, Row, Table

HEIGHTS = {"a.json": [3, 30], "b.json": [300]}


@pytest.fixture
def ablation(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    from inferring import ablation

    @contextmanager
    def opened(path: str) -> Iterator[str]:
        yield path

    monkeypatch.setattr(ablation, "opened", opened)
    return ablation


@pytest.fixture
def tall(monkeypatch: pytest.MonkeyPatch) -> Table[int]:
    for question in list(TABLES):
        monkeypatch.delitem(TABLES, question)
    return Table(
        "is it tall?",
        Row(1, "it is above ten", lambda height: height > 10),
        Row(1, "it is above a hundred", lambda height: height > 100),
        Row(1, "it is below zero", lambda height: height < 0),
    )


class Labels:
    """What is above ten is tall."""

    def __init__(self, table: Table[int]) -> None:
        self.table = table

    def labels_of(self, half: str | None) -> list[dict[str, Any]]:
        return [{"document": path, "height": height} for path, heights in HEIGHTS.items() for height in heights]

    def judged(self, document: Any, given: Iterable[dict[str, Any]]) -> list[bool]:
        return [(self.table.score(one["height"]).total > 0) == (one["height"] > 10) for one in given]

    def shares(self, found: list[bool]) -> dict[str, tuple[int, int]]:
        return {"right": (sum(found), len(found))}


def test_what_each_row_is_worth(ablation: ModuleType, tall: Table[int]) -> None:
    rows = tall.rows
    columns = ablation.measure({"heights": Labels(tall)}, {"heights": ["develop"]})
    assert list(ablation.report(columns)) == [
        "is it tall?",
        "       1 it is above ten: 1 differ: heights develop, right 100.0 % -> 66.7 %",
        "       1 it is above a hundred: 0 differ",
        "       1 it is below zero: 0 differ",
    ]
    assert tall.rows is rows


def test_only_rows_that_match_are_left_out(ablation: ModuleType, tall: Table[int]) -> None:
    with ablation.matching() as matched:
        tall.score(30)
    assert matched == {("is it tall?", 0)}
