"""The search index.

Words of the name, path, tags, texts, arguments and fields of a tool have different weights (BM25F: Robertson and
Zaragoza, 2009). The score also compares the action of the query with that of the tool, and the words of the tool's name
with those of the query.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from adaptgen.tool_search import english, query
from adaptgen.tool_search.document import Entry, IndexedTool

_SATURATION, _LENGTH = 1.2, 0.5
"""``k1`` and ``b`` of BM25F."""
_COVER, _NAMED = 0.1, 0.55
"""Added to the share of the query that a tool covers, and to the share of its name that the query has."""
_PASSING = 1.5
"""The exponent by which a tool with little weight for a word counts less towards how common the word is."""
_SLIP, _LONG, _JOINED, _GUESS = 5, 30, 0.8, 0.6
"""Least and most letters of a word that may be misspelled; weights of two joined words and of a correction."""
_STRONG = 0.75
"""If the best tool covers this share of a query, the words of the API are not shown."""
_ALIKE = 2
"""Tools with the same action on the same thing, such as versions, before others are shown."""


class SearchResult(NamedTuple):
    """``names``: the best first. ``weak``: the best does not cover the query."""

    names: list[str]
    weak: bool


class Index:
    """An index of tools, which never changes."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._names: list[str] = []
        self._acts: list[frozenset[str]] = []
        self._lengths: list[float] = []
        self._parts: list[list[str]] = []
        self._heads: list[list[float]] = []
        self._kinds: list[str] = []
        self._age: list[float] = []
        # Word -> (tool, weight, parts of the name that have the word, as bits)
        self._postings: dict[str, list[tuple[int, float, int]]] = defaultdict(list)
        named: dict[str, int] = defaultdict(int)
        for number, entry in enumerate(entries):
            row = IndexedTool(entry)
            for word, (weight, parts) in row.weights.items():
                self._postings[word].append((number, weight, parts))
            self._names.append(entry.name)
            self._kinds.append(row.kind)
            self._age.append(row.usual)
            self._acts.append(row.acts)
            self._parts.append(row.parts)
            self._heads.append(row.heads)
            for part in row.parts:
                named[part] += 1
            self._lengths.append(row.length)
        average = sum(self._lengths) / len(self._lengths) if self._lengths else 1.0
        self._lengths = [1 - _LENGTH + _LENGTH * length / average for length in self._lengths]
        # A word in every second name (v1, core) says nothing about a tool.
        total = len(self._names)
        rare = {part: math.log(1 + (total - count + 0.5) / (count + 0.5)) for part, count in named.items()}
        self._asked = [
            [max(rare[part], 1.0) * weight for part, weight in zip(parts, heads, strict=True)]
            for parts, heads in zip(self._parts, self._heads, strict=True)
        ]

    def search(self, question: str, visible: Collection[str], most: int) -> SearchResult:
        """At most ``most`` tools among ``visible``, the best first."""
        asked = query.read(question)
        seen = {number for number, name in enumerate(self._names) if name in visible}
        scores: dict[int, float] = defaultdict(float)
        covered: dict[int, float] = defaultdict(float)
        masks: dict[int, int] = defaultdict(int)
        weight = 0.0
        for unit in asked.units:
            best, rarest = self._matches(unit, seen)
            if not best:
                continue
            weight += unit.weight
            for number, (value, parts) in best.items():
                scores[number] += unit.weight * value
                covered[number] += unit.weight * min(1.0, 2 * value / rarest)
                masks[number] |= parts
        ranked = []
        for number, score in scores.items():
            share = covered[number] / weight
            named = self._named(number, masks[number])
            value = score * (_COVER + share) * (_NAMED + named) * asked.fits(self._acts[number]) * self._age[number]
            ranked.append((-value, len(self._names[number]), number))
        ranked.sort()
        strong = bool(ranked) and covered[ranked[0][2]] >= _STRONG * sum(unit.weight for unit in asked.units)
        return SearchResult(self._spread([number for _, _, number in ranked], most), not strong)

    def _matches(self, unit: query.QueryTerm, seen: Collection[int]) -> tuple[dict[int, tuple[float, int]], float]:
        """Tool -> (score of a term, parts of its name that match, as bits); and the rarity of the rarest word."""
        best: dict[int, tuple[float, int]] = {}
        rarest = 0.0
        words = unit.words if self._known(unit.words, seen) else self._guessed(unit, seen)
        for word, nearness in words.items():
            # Only visible tools count, so that a hidden one changes nothing.
            rows = [row for row in self._postings.get(word, ()) if row[0] in seen]
            if not rows:
                continue
            rarity = _rarity(_holders(rows), len(seen))
            rarest = max(rarest, rarity)
            for number, tf, parts in rows:
                value = nearness * rarity * tf / (tf + _SATURATION * self._lengths[number])
                before, held = best.get(number, (0.0, 0))
                best[number] = (max(before, value), held | parts)
        return best, rarest

    def _spread(self, ranked: list[int], most: int) -> list[str]:
        """The names; at most ``_ALIKE`` of one kind and action before all others."""
        first: list[str] = []
        others: list[str] = []
        had: dict[tuple[str, frozenset[str]], int] = defaultdict(int)
        for number in ranked:
            kind = (self._kinds[number], self._acts[number])
            (others if had[kind] >= _ALIKE else first).append(self._names[number])
            had[kind] += 1
            if len(first) >= most:
                break
        return [*first, *others][:most]

    def _known(self, words: Collection[str], seen: Collection[int]) -> bool:
        """Whether a visible tool has one of the words."""
        return any(row[0] in seen for word in words for row in self._postings.get(word, ()))

    def _guessed(self, unit: query.QueryTerm, seen: Collection[int]) -> Mapping[str, float]:
        """Words that an unknown word may mean: with one letter corrected, or split into two words."""
        word = unit.written
        if not _SLIP <= len(word) <= _LONG:
            return {}
        mine = english.stem(word)
        guesses: dict[str, float] = {}
        for other in self._postings:
            alike = other[:1] == mine[:1] and abs(len(other) - len(mine)) <= 1 and _slipped(mine, other)
            if alike and self._known((other,), seen):
                guesses[other] = _GUESS
        if guesses:
            return guesses
        parts = [(word[:at], english.stem(word[at:])) for at in range(3, len(word) - 2)]
        for first, second in parts:
            if self._known((english.stem(first),), seen) and self._known((second,), seen):
                return {english.stem(first): _JOINED, second: _JOINED}
        return {}

    def _named(self, number: int, mask: int) -> float:
        """The share of the tool's name that the query has."""
        parts = self._asked[number]
        total = sum(parts)
        return sum(weight for at, weight in enumerate(parts) if mask >> at & 1) / total if total else 0.0


def _holders(rows: list[tuple[int, float, int]]) -> float:
    """How many tools have a word; one with little weight for it counts less than 1."""
    most = max(weight for _, weight, _ in rows)
    return math.fsum(math.pow(weight / most, _PASSING) for _, weight, _ in rows)


def _rarity(having: float, total: int) -> float:
    return math.log(1 + (total - having + 0.5) / (having + 0.5))


def _slipped(word: str, other: str) -> bool:
    """Whether one letter added, missing or wrong, or two swapped, turn one word into the other."""
    at = next((at for at, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    a, b = word[at:], other[at:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])
