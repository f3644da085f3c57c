"""What the words of a question stand for: plain English on one side, the words of software APIs on the other.

General knowledge of what such APIs are about, none of any one API. :mod:`adaptgen.fronts.menu.words_of_apis` holds the
tables; here a question becomes units, each a word or phrase with all that it may stand for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from adaptgen.fronts.menu import glossary
from adaptgen.fronts.menu import words_of_apis as tables
from adaptgen.fronts.menu.stems import stem, tokens

STOP = frozenset(tables.STOP.split())
"""Words that tell nothing about a tool."""
ACTS = ("read", "list", "create", "update", "delete", "run")

SAME, NEAR, STANDS_FOR = 1.0, 0.75, 0.85
_LONGEST = 5


@dataclass(frozen=True, slots=True)
class Unit:
    """A word or phrase of a question. ``words``: stems with how near each is; ``weight``: how much it matters."""

    words: Mapping[str, float]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question. ``acts``: what is to be done, empty where it does not say."""

    units: tuple[Unit, ...]
    acts: frozenset[str]

    def fits(self, does: frozenset[str]) -> float:
        """How well a tool that ``does`` something serves the question."""
        if not self.acts:
            return 1.0
        if self.acts & does:
            return 1.0
        if self.acts <= _LOOKING:
            return 0.9 if does & _LOOKING else 0.55
        if does & _LOOKING and not does & _CHANGING:
            return 0.5
        return 0.75


_LOOKING = frozenset(("read", "list"))
_CHANGING = frozenset(("create", "update", "delete", "run", "write"))


def _verbs() -> dict[str, str]:
    return {stem(word): act for act, words in tables.VERBS.items() for word in words.split()}


def _near() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}

    def note(word: str, other: str, weight: float) -> None:
        known = found.setdefault(word, {})
        known[other] = max(known.get(other, 0.0), weight)

    for line in tables.ALIKE.strip().splitlines():
        group = [stem(word) for word in line.split()]
        for word in group:
            for other in group:
                if other != word:
                    note(word, other, NEAR)
    for line in tables.STANDS_FOR.strip().splitlines():
        plain, _, meant = line.partition(":")
        for word in plain.split():
            for rank, other in enumerate(meant.split()):
                if stem(other) != stem(word):
                    note(stem(word), stem(other), STANDS_FOR - 0.02 * min(rank, 10))
    return found


def _phrases() -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}
    for line in tables.PHRASES.strip().splitlines():
        said, _, meant = line.partition(":")
        for phrase in said.split(","):
            found[tuple(map(stem, tokens(phrase)))] = meant.strip()
    return found


@dataclass(frozen=True, slots=True)
class Term:
    """A line of the glossary: the stems that a name must have, and those that it may be asked for with."""

    needs: frozenset[str]
    says: tuple[str, ...]


@lru_cache(maxsize=1)
def terms() -> Mapping[str, tuple[Term, ...]]:
    """The glossary, each term by the stem that it is looked up with."""
    found: dict[str, tuple[Term, ...]] = {}
    for term, says in _lines(glossary.TERMS):
        needs = frozenset(map(stem, term.split()))
        key = max(needs, key=lambda one: (len(one), one))
        found[key] = (*found.get(key, ()), Term(needs, says))
    return found


@lru_cache(maxsize=1)
def verbs() -> Mapping[str, tuple[str, ...]]:
    """Stem of a verb of a name -> what people say instead."""
    return {stem(verb): says for verb, says in _lines(glossary.VERBS)}


def _lines(table: str) -> list[tuple[str, tuple[str, ...]]]:
    pairs = [line.partition(":") for line in table.strip().splitlines()]
    return [
        (term, tuple(dict.fromkeys(stem(word) for word in tokens(said) if word not in STOP))) for term, _, said in pairs
    ]


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, dict[str, float]], dict[tuple[str, ...], str]]:
    return _near(), _phrases()


VERBS: Mapping[str, str] = _verbs()
"""Stem of a verb -> what it does."""
METHODS: Mapping[str, frozenset[str]] = {
    "GET": frozenset(("read", "list")),
    "HEAD": frozenset(("read",)),
    "POST": frozenset(("create", "run")),
    "PUT": frozenset(("update", "create")),
    "PATCH": frozenset(("update",)),
    "DELETE": frozenset(("delete",)),
}


def read(question: str) -> Asked:
    """The units of a question and what it asks to be done."""
    near, phrases = _tables()
    plain = tokens(question)[:60]
    stemmed = [stem(word) for word in plain]
    units: list[Unit] = []
    acts: set[str] = set()
    at = 0
    while at < len(plain):
        size = next(
            (
                size
                for size in range(min(_LONGEST, len(plain) - at), 1, -1)
                if tuple(stemmed[at : at + size]) in phrases
            ),
            0,
        )
        if size:
            meant = phrases[tuple(stemmed[at : at + size])]
            said = [
                word for word in stemmed[at : at + size] if plain[at + stemmed[at : at + size].index(word)] not in STOP
            ]
            for alternatives in meant.split("+"):
                words: dict[str, float] = {}
                for rank, one in enumerate(alternatives.split()):
                    word = stem(one.removeprefix("="))
                    words.setdefault(word, SAME - 0.04 * rank)
                    if word in VERBS:
                        acts.add(VERBS[word])
                if words:
                    units.append(Unit(words))
            at += size
            units += [Unit({word: 0.5}, 0.4) for word in said]
            continue
        word, one = plain[at], stemmed[at]
        at += 1
        if word in STOP:
            if word in tables.ASKING:
                acts.add("list")
            continue
        words = {one: SAME}
        for other, weight in near.get(one, {}).items():
            words.setdefault(other, weight)
        act = VERBS.get(one)
        # A verb says what is to be done, which the tool's own verb says too; what it is done to matters more.
        first = not any(unit.weight == 1.0 for unit in units)
        if act is not None and (first or act not in ("read", "list")):
            acts.add(act)
        units.append(Unit(words, 0.6 if act is not None else 1.0))
    if acts & _CHANGING:
        acts -= _LOOKING
    elif acts:
        acts |= _LOOKING
    return Asked(tuple(units), frozenset(acts))
