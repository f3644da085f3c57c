"""What a position may count, and the requests whose answers separate the possibilities.

A request for position ``v`` in pages of ``size`` must be answered with the records from a place on that each way of
counting says beforehand. Records that are known from another answer are compared, so that the base is proved as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Final, Literal

from adaptgen.model.tables import value


@value()
class Counting:
    """``offset``: positions count records, ``page``: pages, from ``first`` on; ``ignored``: nothing."""

    style: Literal["offset", "page", "ignored"]
    first: int = 0

    def start(self, position: int, size: int) -> int:
        """The index of the first record that comes."""
        if self.style == "ignored":
            return 0
        return (position - self.first) * (size if self.style == "page" else 1)


IGNORED: Final = Counting("ignored")
COUNTINGS: Final = (Counting("offset", 0), Counting("offset", 1), Counting("page", 1), Counting("page", 0), IGNORED)
ENOUGH: Final = log(1000)
"""How unlikely the order of the records must be by chance."""
_POSITIONS: Final = range(1, 7)


@dataclass(slots=True)
class Known:
    """The records of a list from its beginning on, as marks; ``whole``: there are no others."""

    marks: tuple[bytes, ...] = ()
    whole: bool = False
    moved: bool = False
    surprise: float = 0.0
    apart: int = 0
    tried: set[tuple[int, int]] = field(default_factory=set)

    def chance(self, matched: int) -> float:
        """The logarithm of how many orders ``matched`` records could have had."""
        count = len(self.marks)
        return sum(log(count - index) for index in range(min(matched, count - 1)))


@value()
class Match:
    """``fits``: the answer is what was foreseen; ``matched``: how many known records it had, in their order; ``apart``:
    how many that are not known."""

    fits: bool
    matched: int = 0
    apart: int = 0


def compare(start: int, size: int, got: Sequence[bytes] | None, known: Known) -> Match:
    """Whether ``got`` (None: the position was refused) is what begins at ``start``."""
    marks = known.marks
    if start < 0:
        return Match(False)
    if not got:
        return Match(start >= len(marks))
    if len(got) > size:
        return Match(False)
    if start >= len(marks) > len(got) and tuple(got) == marks[-len(got) :]:
        # Beyond the last page some APIs answer with it again: that does not show where it begins.
        return Match(True)
    foreseen = marks[start : start + size]
    if tuple(got[: len(foreseen)]) != foreseen:
        return Match(False)
    rest = got[len(foreseen) :]
    if rest and (known.whole or not set(rest).isdisjoint(marks)):
        return Match(False)
    if start == 0 and len(got) < min(size, len(marks)):
        return Match(False)
    return Match(True, len(foreseen), len(rest))


def choose(remaining: Iterable[Counting], sizes: Iterable[int], known: Known) -> tuple[int, int] | None:
    """The request whose answer differs for most of ``remaining``; None where no request helps."""
    options = list(remaining)
    count = len(known.marks)
    best: tuple[tuple[int, int, int], tuple[int, int]] | None = None
    for size in sizes:
        for position in _POSITIONS:
            if (position, size) in known.tried:
                continue
            starts = [one.start(position, size) for one in options]
            if min(starts) < 0:
                continue
            classes = {min(start, count) for start in starts}
            seen = sum(0 < start < count for start in starts)
            overlap = sum(max(min(start + size, count) - start, 0) for start in starts if start)
            score = (len(classes), seen, overlap)
            if len(classes) > 1 and (best is None or score > best[0]):
                best = score, (position, size)
    return best[1] if best is not None else None
