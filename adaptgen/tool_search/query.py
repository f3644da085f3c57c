"""A question as what it says: units, each a word or phrase with all that it may stand for, and what is to be done."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from adaptgen.syntax.identifiers import singular
from adaptgen.tool_search import actions, stop_words, thesaurus
from adaptgen.tool_search.stemmer import stem, tokens

SAME = 1.0
_LONGEST = 5
_BESIDES, _LEFT_OUT = 0.7, 0.2
"""How much words count that only say more about what is asked for: "machines *of the cluster*"."""
_PLAIN = frozenset(map(stem, stop_words.PLAIN))
_MAY = ("access", "permission", "review", "authorization", "role")
"""What a question that begins with ``may`` is about, unless one asks for himself."""
_CLAUSE = re.compile(r"[,;:.!?]\s+|\s[-–—]\s")


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """A word or phrase of a question. ``words``: stems with how near each is; ``weight``: how much it matters;
    ``said``: the word as it was written, where it is one."""

    words: Mapping[str, float]
    weight: float = 1.0
    said: str = ""


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A question. ``acts``: what is to be done. ``several``: True where it asks for many, False for one, None where it
    does not say. ``sure``: it is a question or a command, and not the name of a thing alone."""

    units: tuple[QueryTerm, ...]
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
_MAKES = frozenset(("create", "update"))

Asked = tuple[frozenset[str], frozenset[int], bool]
"""What is to be done, which words say so, and whether anything does."""


def read(question: str) -> ParsedQuery:
    """The units of a question and what it asks to be done."""
    plain = tokens(question)[:60]
    stemmed = [stem(word) for word in plain]
    acts, verbs, sure = _clauses(question) or _acts(plain, stemmed)
    terms = [_ranked(actions.SWITCHED[plain[at]], 0.6) for at in verbs if plain[at] in actions.SWITCHED]
    if plain[:1] in (["may"], ["can"]) and not set(plain[1:2]) <= stop_words.SPEAKERS:
        # "May Alice read it?" is asked of who knows the permissions, often by POST.
        terms.append(_ranked(_MAY))
        acts |= {"create"}
    elif {"allowed", "permitted"} & set(plain) and acts == _READS:
        acts |= {"create"}
    terms += _TermReader(plain, stemmed, verbs).read()
    return ParsedQuery(tuple(terms), acts, _several(plain, acts), sure)


def _ranked(words: Sequence[str], weight: float = 1.0) -> QueryTerm:
    """A term that any of the words serves, the first of them best."""
    return QueryTerm({stem(words[rank]): SAME - 0.04 * rank for rank in reversed(range(len(words)))}, weight)


class _TermReader:
    """Reads the terms of a question from its first word to its last.

    ``verbs``: the positions of the words that say what is to be done. ``_named``: a thing was named already;
    ``_share``: how much the words from here on count.
    """

    def __init__(self, plain: list[str], stemmed: list[str], verbs: frozenset[int]) -> None:
        self._plain, self._stemmed, self._verbs = plain, stemmed, verbs
        # Words that tell nothing are all that there is: then they are what is meant.
        self._bare = all(word in stop_words.STOP for word in plain)
        self._named, self._share = False, 1.0

    def read(self) -> Iterator[QueryTerm]:
        at = 0
        while at < len(self._plain):
            if self._named and self._plain[at] in stop_words.JOINS:
                self._share = _LEFT_OUT if self._plain[at] == "without" else _BESIDES
            size = _phrase(self._stemmed, at)
            if size:
                yield from self._phrase(at, size)
            elif self._plain[at] not in stop_words.STOP or self._bare:
                yield self._word(at)
            at += size or 1

    def _phrase(self, at: int, size: int) -> Iterator[QueryTerm]:
        for alternatives in thesaurus.phrase_meanings()[tuple(self._stemmed[at : at + size])].split("+"):
            yield _ranked(alternatives.split(), 0.6 if at in self._verbs else self._share)
        self._named = self._named or at not in self._verbs
        for word in self._plain[at : at + size]:
            if word not in stop_words.STOP:
                yield QueryTerm({stem(word): 0.5}, 0.4)

    def _word(self, at: int) -> QueryTerm:
        word, stemmed = self._plain[at], self._stemmed[at]
        # What is to be done, the tool's own verb says too; what it is done to matters more.
        weak = at in self._verbs and stemmed in _PLAIN
        self._named = self._named or at not in self._verbs
        meant = {**thesaurus.synonyms(stemmed), stemmed: SAME}
        following = self._plain[at + 1 : at + 2]
        if following and following[0] not in stop_words.STOP and not weak:
            # A time sheet is a timesheet to some.
            meant[stem(word + following[0])] = SAME
        term = QueryTerm(meant, 0.35 if weak else self._share, word)
        if "which" in self._plain[: at + 1] and word != stemmed and singular(word) != word:
            # "Which machines run my containers" asks for machines.
            self._share = min(self._share, _BESIDES)
        return term


def _clauses(question: str) -> Asked | None:
    """What the first of several clauses says that is a question or a command: "someone left, take him out"."""
    parts = [one for one in _CLAUSE.split(question) if one.strip()]
    if len(parts) < 2:
        return None
    before = 0
    for part in parts:
        plain = tokens(part)
        acts, verbs, sure = _acts(plain, [stem(word) for word in plain])
        if sure:
            return acts, frozenset(at + before for at in verbs), True
        before += len(plain)
    return None


def _phrase(stemmed: list[str], at: int) -> int:
    """The length of the longest phrase that begins there; 0 for none."""
    phrases = thesaurus.phrase_meanings()
    sizes = range(min(_LONGEST, len(stemmed) - at), 1, -1)
    return next((size for size in sizes if tuple(stemmed[at : at + size]) in phrases), 0)


def _acts(plain: list[str], stemmed: list[str]) -> Asked:
    """What is to be done, by the sentence's beginning, since English puts it there. Who asks a question, or only names
    things, wants to see them; who names one new thing wants it."""
    at = 0
    while at < len(plain) and plain[at] in stop_words.POLITE and not (at == 0 and plain[0] in ("like", "help", "now")):
        at += 1
    if at >= len(plain):
        return _READS, frozenset(), False
    if any(word in stop_words.LIVE for word in plain):
        return _LOOKING, frozenset(), True
    word, following = plain[at], plain[at + 1 : at + 2]
    if word in stop_words.ASKING and not (word in ("do", "have") and not stop_words.SUBJECTS & set(following)):
        return _READS, frozenset(), True
    commanded = _commanded(plain, stemmed, at)
    if commanded is not None:
        return commanded
    # "I want ten of them": what is wanted is to be made so.
    wishes = any(before in ("want", "need", "like", "must", "should") for before in plain[:at])
    if wishes or (word in ("a", "an", "another", "new") and not stop_words.VIEWS & set(following)):
        return _MAKES, frozenset(), wishes
    return _READS, frozenset(), False


def _commanded(plain: list[str], stemmed: list[str], at: int) -> Asked | None:
    """What a command asks for whose verb stands at ``at``; None where that is none."""
    word, following = plain[at], plain[at + 1 : at + 2]
    here = frozenset((at,))
    if word == "never" and following in (["allow"], ["let"], ["permit"], ["more"], ["less"]):
        return _MAKES, here, True
    if word == "never" and following and following[0] in stop_words.REACHING:
        return _MAKES | {"delete"}, here, True
    if word == "tell" and following in (["me"], ["us"]):
        return _READS, here, True
    # A particle may stand apart: take the broken version down, throw it away.
    for particle, acts in actions.APART.get(word, {}).items():
        if particle in plain[at + 1 :]:
            return frozenset(acts.split()), here | {plain.index(particle, at + 1)}, True
    if word in actions.LEADS:
        # "Stop running it", "never do it again": the word that follows says no more about what is to be done.
        return actions.LEADS[word], here, True
    size = _phrase(stemmed, at)
    if size:
        meant = thesaurus.phrase_meanings()[tuple(stemmed[at : at + size])].replace("+", " ").split()
        named = frozenset(actions.VERBS[verb] for verb in map(stem, meant) if verb in actions.VERBS)
        if named:
            return named, here, True
    return (frozenset((actions.BASE[word],)), here, True) if word in actions.BASE else None


def _several(plain: list[str], acts: frozenset[str]) -> bool | None:
    """Whether many are asked for: by a plural; one, by what points at it. To change many one says so."""
    if not acts & _LOOKING:
        return any(one in ("all", "every", "each", "everything") for one in plain)
    if any(one in ("all", "every", "each", "any", "which", "who", "list") for one in plain):
        return True
    if any(one not in stop_words.STOP and one != stem(one) and singular(one) != one for one in plain):
        return True
    return False if any(one in ("this", "that", "my", "the", "its") for one in plain) else None
