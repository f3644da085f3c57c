"""Questions that are answered by evidence: one table of rows for each, and one scorer for all.

Each row is a feature of the facts, what it weighs, and the sentence that explains it. A question of yes or no adds up
the rows that match (:meth:`Table.score`); a question with several answers takes the row that matches with the greatest
weight (:meth:`Table.strongest`). ``benchmarks/inference.py --ablate`` drops one row after the other from every table
and prints what each is worth on the labelled sets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

from adaptgen.model.frozen import value

Facts = TypeVar("Facts")

RULES_OUT: Final = -1000
"""The weight of a row that alone decides against."""

TABLES: Final[dict[str, Table[Any]]] = {}
"""Question -> its table, of the modules that are loaded."""

CACHES: Final[list[Callable[[], None]]] = []
"""What empties the caches of answers, for those who change a table."""


@value()
class Row(Generic[Facts]):
    """``when``: the feature; a number counts the row as often, and False or 0 does not match. ``because``: what a match
    says, as a part of a sentence. ``answer``: what the row speaks for, where a question has several answers."""

    weight: int
    because: str
    when: Callable[[Facts], Any]
    answer: Any = None


@value()
class Score:
    """``total``: the sum of the weights that matched. ``because``: their sentences, in the order of the table."""

    total: int
    because: tuple[str, ...]

    @property
    def ruled_out(self) -> bool:
        """Whether a row decided against, whatever the others say."""
        return self.total <= RULES_OUT // 2


class Table(Generic[Facts]):
    """The rows of one question, registered under it: first those that rule out, then by weight."""

    def __init__(self, question: str, *rows: Row[Facts]) -> None:
        self.question = question
        self.rows = tuple(sorted(rows, key=lambda row: (row.weight != RULES_OUT, -row.weight)))
        TABLES[question] = self

    def score(self, facts: Facts) -> Score:
        """The sum of the rows that match; reading stops at the first that rules out."""
        total, because = 0, []
        for row in self.rows:
            if found := row.when(facts):
                total += row.weight * (found if type(found) is int else 1)
                because.append(row.because)
                if row.weight == RULES_OUT:
                    break
        return Score(total, tuple(because))

    def strongest(self, facts: Facts) -> Row[Facts] | None:
        """The row with the greatest weight that matches; None where none does."""
        for row in self.rows:
            if row.when(facts):
                return row
        return None

    def strongest_of(self, candidates: Sequence[Facts]) -> tuple[Facts, Row[Facts]] | None:
        """The first of ``candidates`` that the row with the greatest weight matches, and that row; None where no row
        matches any. Rows below it are not asked."""
        for row in self.rows:
            for facts in candidates:
                if row.when(facts):
                    return facts, row
        return None
