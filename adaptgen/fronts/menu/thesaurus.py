"""What the words of a question stand for: plain English on one side, the words of software APIs on the other.

General knowledge of what such APIs are about, none of any one API. :mod:`adaptgen.fronts.menu.words_of_apis` holds the
tables; here a question becomes units, each a word or phrase with all that it may stand for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from adaptgen.fronts.menu import glossary, words_of_domains
from adaptgen.fronts.menu import words_of_apis as tables
from adaptgen.fronts.menu import words_of_speech as speech
from adaptgen.fronts.menu.stems import stem, tokens
from adaptgen.words import singular

STOP = frozenset(tables.STOP.split())
"""Words that tell nothing about a tool."""
ACTS = ("read", "list", "create", "update", "delete", "run")

SAME, NEAR, STANDS_FOR = 1.0, 0.75, 0.85
_LONGEST = 5
_BESIDES, _LEFT_OUT = 0.7, 0.2
"""How much words count that only say more about what is asked for: "machines *of the cluster*"."""
_CLAUSE = re.compile(r"[,;:.!?]\s+|\s[-–—]\s")


@dataclass(frozen=True, slots=True)
class Unit:
    """A word or phrase of a question. ``words``: stems with how near each is; ``weight``: how much it matters;
    ``said``: the word as it was written, where it is one."""

    words: Mapping[str, float]
    weight: float = 1.0
    said: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question. ``acts``: what is to be done. ``several``: True where it asks for many, False for one, None where it
    does not say. ``sure``: it is a question or a command, and not the name of a thing alone."""

    units: tuple[Unit, ...]
    acts: frozenset[str]
    several: bool | None = None
    sure: bool = True

    def fits(self, does: frozenset[str]) -> float:
        """How well a tool that ``does`` something serves the question."""
        if "watch" in does and "watch" not in self.acts:
            return 0.45
        if self.acts & _LOOKING:
            if not does & _LOOKING:
                return 0.35 if self.sure else 0.55
            if self.several is None or ("list" in does) is ("read" in does):
                return 1.0
            return 1.0 if ("list" in does) is self.several else 0.8
        if self.acts & does:
            # What takes many at once is not for who speaks of one, and the other way round.
            return 1.0 if "delete" not in does or ("many" in does) is bool(self.several) else 0.85
        if does & _LOOKING and not does & _CHANGING:
            return 0.35 if self.sure else 0.7
        return 0.65


_LOOKING = frozenset(("read", "list", "watch"))
_CHANGING = frozenset(("create", "update", "delete", "run", "write"))
_READS = frozenset(("read", "list"))


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
    for line in "".join((tables.STANDS_FOR, speech.STANDS_FOR, *words_of_domains.TABLES)).splitlines():
        plain, _, meant = line.partition(":")
        for word in plain.split():
            for rank, other in enumerate(meant.split()):
                if stem(other) != stem(word):
                    note(stem(word), stem(other), STANDS_FOR - 0.02 * min(rank, 10))
    return found


def _phrases() -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}
    for line in f"{speech.PHRASES.strip()}\n{tables.PHRASES.strip()}".splitlines():
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
    for term, says in (*_lines(glossary.TERMS), *_lines(glossary.QUALITIES)):
        words = term.split()
        # Names that are written in one piece: configmaps.
        joined = frozenset((stem("".join(words)),))
        for needs in dict.fromkeys((frozenset(map(stem, words)), joined)):
            key = max(needs, key=lambda one: (len(one), one))
            found[key] = (*found.get(key, ()), Term(needs, says))
    return found


@lru_cache(maxsize=1)
def apart() -> Mapping[str, tuple[str, ...]]:
    """Stem of a name in one piece (``rolebindings``) -> the stems of its words, as the glossary writes them."""
    found = {}
    for term, _ in _lines(glossary.TERMS):
        words = [word for word in term.split() if word not in _BASE]
        if len(words) > 1:
            found[stem("".join(words))] = tuple(map(stem, words))
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


_BASE = {word: act for deeds in (speech.DEEDS, tables.VERBS) for act, words in deeds.items() for word in words.split()}
_LEADS = {
    **{word: acts for acts, words in speech.LEADS.items() for word in words.split()},
    **tables.LEADS,
}
_PLAIN = frozenset(stem(word) for word in tables.PLAIN.split())
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


def plain() -> Collection[str]:
    """The stems of plain words that stand for others."""
    return _tables()[0].keys()


def near(word: str) -> Mapping[str, float]:
    """What the stem of a plain word stands for, with how near it is."""
    return _tables()[0].get(word, {})


def read(question: str) -> Asked:
    """The units of a question and what it asks to be done."""
    alike, phrases = _tables()
    plain = tokens(question)[:60]
    stemmed = [stem(word) for word in plain]
    acts, verbs, sure = _clauses(question, phrases) or _acts(plain, stemmed, phrases)
    units: list[Unit] = []
    # Words that tell nothing are all that there is: then they are what is meant.
    bare = all(word in STOP for word in plain)
    at = 0
    named, share = False, 1.0
    units += [
        Unit({stem(one): SAME - 0.04 * rank for rank, one in enumerate(speech.SWITCHED[word])}, 0.6)
        for word in (plain[at] for at in verbs)
        if word in speech.SWITCHED
    ]
    if plain[:1] in (["may"], ["can"]) and plain[1:2] not in speech.SPEAKERS:
        # "May Alice read it?" is asked of who knows the permissions, often by POST.
        units.append(Unit({stem(one): SAME - 0.04 * rank for rank, one in enumerate(speech.MAY)}))
        acts |= {"create"}
    elif {"allowed", "permitted"} & set(plain) and acts == _READS:
        acts |= {"create"}
    while at < len(plain):
        size = _phrase(stemmed, at, phrases)
        if named and plain[at] in tables.JOINS:
            share = _LEFT_OUT if plain[at] == "without" else _BESIDES
        if size:
            for alternatives in phrases[tuple(stemmed[at : at + size])].split("+"):
                words = {stem(one): SAME - 0.04 * rank for rank, one in reversed(list(enumerate(alternatives.split())))}
                units.append(Unit(words, 0.6 if at in verbs else share))
            named = named or at not in verbs
            units += [Unit({stem(one): 0.5}, 0.4) for one in plain[at : at + size] if one not in STOP]
            at += size
            continue
        word, one = plain[at], stemmed[at]
        at += 1
        if word in STOP and not bare:
            continue
        # What is to be done, the tool's own verb says too; what it is done to matters more.
        weak = at - 1 in verbs and one in _PLAIN
        named = named or at - 1 not in verbs
        meant = {**alike.get(one, {}), one: SAME}
        if at < len(plain) and plain[at] not in STOP and not weak:
            # A time sheet is a timesheet to some.
            meant[stem(word + plain[at])] = SAME
        units.append(Unit(meant, 0.35 if weak else share, word))
        if "which" in plain[:at] and word != one and singular(word) != word:
            # "Which machines run my containers" asks for machines.
            share = min(share, _BESIDES)
    return Asked(tuple(units), acts, _several(plain, acts), sure)


def _clauses(
    question: str, phrases: Mapping[tuple[str, ...], str]
) -> tuple[frozenset[str], frozenset[int], bool] | None:
    """What the first of several clauses says that is a question or a command: "someone left, take him out"."""
    parts = [one for one in _CLAUSE.split(question) if one.strip()]
    if len(parts) < 2:
        return None
    before = 0
    for part in parts:
        plain = tokens(part)
        acts, verbs, sure = _acts(plain, [stem(word) for word in plain], phrases)
        if sure:
            return acts, frozenset(at + before for at in verbs), True
        before += len(plain)
    return None


def _phrase(stemmed: list[str], at: int, phrases: Mapping[tuple[str, ...], str]) -> int:
    """The length of the longest phrase that begins there; 0 for none."""
    sizes = range(min(_LONGEST, len(stemmed) - at), 1, -1)
    return next((size for size in sizes if tuple(stemmed[at : at + size]) in phrases), 0)


def _acts(
    plain: list[str], stemmed: list[str], phrases: Mapping[tuple[str, ...], str]
) -> tuple[frozenset[str], frozenset[int], bool]:
    """What is to be done, which words say so, and whether anything does: by the sentence's beginning, since English
    puts it there. Who asks a question, or only names things, wants to see them; who names one new thing wants it."""
    at = 0
    while at < len(plain) and plain[at] in tables.POLITE and not (at == 0 and plain[0] in ("like", "help", "now")):
        at += 1
    if at >= len(plain):
        return _READS, frozenset(), False
    word = plain[at]
    # "I want ten of them": what is wanted is to be made so.
    wishes = any(one in ("want", "need", "like", "must", "should") for one in plain[:at])
    if any(one in tables.LIVE for one in plain):
        return _LOOKING, frozenset(), True
    if word in tables.ASKING and not (word in ("do", "have") and plain[at + 1 : at + 2] not in tables.SUBJECTS):
        return _READS, frozenset(), True
    if word == "never" and plain[at + 1 : at + 2] in (["allow"], ["let"], ["permit"], ["more"], ["less"]):
        return frozenset(("create", "update")), frozenset((at,)), True
    if word == "never" and plain[at + 1 : at + 2] and plain[at + 1] in speech.REACHING:
        return frozenset(("create", "update", "delete")), frozenset((at,)), True
    if word == "tell" and plain[at + 1 : at + 2] in (["me"], ["us"]):
        return _READS, frozenset((at,)), True
    # A particle may stand apart: take the broken version down, throw it away.
    for particle, does in {**speech.APART.get(word, {}), **tables.APART.get(word, {})}.items():
        if particle in plain[at + 1 :]:
            return frozenset(does.split()), frozenset((at, plain.index(particle, at + 1))), True
    if word in _LEADS:
        # "Stop running it", "never do it again": the word that follows says no more about what is to be done.
        return frozenset(_LEADS[word].split()), frozenset((at,)), True
    size = _phrase(stemmed, at, phrases)
    if size:
        meant = [stem(one) for one in phrases[tuple(stemmed[at : at + size])].replace("+", " ").split()]
        acts = frozenset(VERBS[one] for one in meant if one in VERBS)
        if acts:
            return acts, frozenset((at,)), True
    if word in _BASE:
        return frozenset((_BASE[word],)), frozenset((at,)), True
    if wishes or (word in ("a", "an", "another", "new") and plain[at + 1 : at + 2] not in tables.VIEWS):
        return frozenset(("create", "update")), frozenset(), wishes
    return _READS, frozenset(), False


def _several(plain: list[str], acts: frozenset[str]) -> bool | None:
    """Whether many are asked for: by a plural; one, by what points at it. To change many one says so."""
    if not acts & _LOOKING:
        return any(one in ("all", "every", "each", "everything") for one in plain)
    if any(one in ("all", "every", "each", "any", "which", "who", "list") for one in plain):
        return True
    if any(one not in STOP and one != stem(one) and singular(one) != one for one in plain):
        return True
    return False if any(one in ("this", "that", "my", "the", "its") for one in plain) else None
