"""What each row of the tables of evidence is worth: every row is left out once, and the labels are judged again.

A row that did not match while a document was judged changes nothing there, so only the rows that did are left out, one
after the other, while the document is read once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from inferring.drafted import by_document, opened

from adaptgen.model.evidence import CACHES, TABLES, Row, Table
from adaptgen.plan.document import schemas
from adaptgen.source import Document

Key = tuple[str, int]
"""The question of a table, and the number of a row in it."""


class LabelSet(Protocol):
    """A module of labels."""

    def labels_of(self, half: str | None) -> list[dict[str, Any]]: ...

    def judged(self, document: Document, given: Iterable[dict[str, Any]]) -> Iterable[Any]: ...

    def shares(self, found: list[Any]) -> dict[str, tuple[int, int]]: ...


@dataclass(slots=True)
class Column:
    """One half of one set: the verdicts of each document, and those that differ without a row."""

    name: str
    half: str
    module: LabelSet
    base: dict[str, list[Any]] = field(default_factory=dict)
    without: dict[Key, dict[str, list[Any]]] = field(default_factory=dict)

    def changed(self, key: Key) -> int:
        """How many verdicts differ without the row ``key``."""
        pairs = ((self.base[path], found) for path, found in self.without.get(key, {}).items())
        return sum(_differing(before, after) for before, after in pairs)

    def figures(self, key: Key | None = None) -> dict[str, tuple[int, int]]:
        """The figures of the half, as parts of wholes; without the row ``key``."""
        known: Mapping[str, list[Any]] = self.without.get(key, {}) if key is not None else {}
        return self.module.shares([one for path, found in self.base.items() for one in known.get(path, found)])


def measure(sets: Mapping[str, LabelSet], halves: Mapping[str, Sequence[str]]) -> list[Column]:
    """The columns of all ``sets``; ``halves``: of each set."""
    columns = [Column(name, half, module) for name, module in sets.items() for half in halves[name]]
    work: dict[str, list[tuple[Column, list[dict[str, Any]]]]] = {}
    for column in columns:
        for path, given in by_document(column.module.labels_of(column.half)).items():
            work.setdefault(path, []).append((column, given))
    for path, tasks in work.items():
        with opened(path) as document:
            for column, given in tasks:
                _judge(document, path, column, given)
    return columns


def _judge(document: Document, path: str, column: Column, given: list[dict[str, Any]]) -> None:
    _forget(document)
    with matching() as matched:
        column.base[path] = list(column.module.judged(document, given))
    for key in sorted(matched):
        _forget(document)
        with left_out(key):
            try:
                found = list(column.module.judged(document, given))
            except AssertionError:  # the last resort of a table: without it nothing can be decided
                found = []
        if _differing(column.base[path], found):
            column.without.setdefault(key, {})[path] = found
    _forget(document)


def _forget(document: Document) -> None:
    """Drop every answer that may rest on a row."""
    schemas.forget(document)
    for clear in CACHES:
        clear()


def _differing(before: list[Any], after: list[Any]) -> int:
    """How many verdicts are not the same; one that is missing counts."""
    return sum(one != other for one, other in zip(before, after, strict=False)) + abs(len(before) - len(after))


@contextmanager
def matching() -> Iterator[set[Key]]:
    """The rows that match meanwhile."""
    matched: set[Key] = set()
    before = {question: table.rows for question, table in TABLES.items()}
    for question, rows in before.items():
        TABLES[question].rows = tuple(_noting(row, (question, index), matched) for index, row in enumerate(rows))
    try:
        yield matched
    finally:
        for question, rows in before.items():
            TABLES[question].rows = rows


def _noting(row: Row[Any], key: Key, matched: set[Key]) -> Row[Any]:
    def when(facts: Any) -> Any:
        if found := row.when(facts):
            matched.add(key)
        return found

    return replace(row, when=when)


@contextmanager
def left_out(key: Key) -> Iterator[None]:
    """Meanwhile, the table has no such row."""
    table: Table[Any] = TABLES[key[0]]
    rows = table.rows
    table.rows = rows[: key[1]] + rows[key[1] + 1 :]
    try:
        yield
    finally:
        table.rows = rows


def report(columns: Sequence[Column]) -> Iterator[str]:
    """Of each row what it weighs, how many verdicts differ without it, and the figures that do."""
    for question, table in TABLES.items():
        yield question
        for index, row in enumerate(table.rows):
            changed = sum(column.changed((question, index)) for column in columns)
            moved = "; ".join(_moved(columns, (question, index)))
            yield f"  {row.weight:>6} {row.because}: {changed} differ{': ' + moved if moved else ''}"


def _moved(columns: Sequence[Column], key: Key) -> Iterator[str]:
    for column in columns:
        before, after = column.figures(), column.figures(key)
        for name, share in before.items():
            if share != after[name]:
                yield f"{column.name} {column.half}, {name} {_share(*share)} -> {_share(*after[name])}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"
