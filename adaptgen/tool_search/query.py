"""A question as what it says: units, each a word or phrase with all that it may stand for, and what is to be done."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from adaptgen.syntax.identifiers import singular
from adaptgen.tool_search import actions as deeds
from adaptgen.tool_search import stop_words as grammar
from adaptgen.tool_search import thesaurus as lexicon
from adaptgen.tool_search.stemmer import stem, tokens

SAME = 1.0
_LONGEST = 5
_BESIDES, _LEFT_OUT = 0.7, 0.2
"""How much words count that only say more about what is asked for: "machines *of the cluster*"."""
_PLAIN = frozenset(map(stem, grammar.PLAIN))
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


def read(question: str) -> ParsedQuery:
    """The units of a question and what it asks to be done."""
    phrases = lexicon.phrased()
    plain = tokens(question)[:60]
    stemmed = [stem(word) for word in plain]
    acts, verbs, sure = _clauses(question, phrases) or _acts(plain, stemmed, phrases)
    units: list[QueryTerm] = []
    # Words that tell nothing are all that there is: then they are what is meant.
    bare = all(word in grammar.STOP for word in plain)
    at = 0
    named, share = False, 1.0
    units += [
        QueryTerm({stem(one): SAME - 0.04 * rank for rank, one in enumerate(deeds.SWITCHED[word])}, 0.6)
        for word in (plain[at] for at in verbs)
        if word in deeds.SWITCHED
    ]
    if plain[:1] in (["may"], ["can"]) and not set(plain[1:2]) <= grammar.SPEAKERS:
        # "May Alice read it?" is asked of who knows the permissions, often by POST.
        units.append(QueryTerm({stem(one): SAME - 0.04 * rank for rank, one in enumerate(_MAY)}))
        acts |= {"create"}
    elif {"allowed", "permitted"} & set(plain) and acts == _READS:
        acts |= {"create"}
    while at < len(plain):
        size = _phrase(stemmed, at, phrases)
        if named and plain[at] in grammar.JOINS:
            share = _LEFT_OUT if plain[at] == "without" else _BESIDES
        if size:
            for alternatives in phrases[tuple(stemmed[at : at + size])].split("+"):
                words = {stem(one): SAME - 0.04 * rank for rank, one in reversed(list(enumerate(alternatives.split())))}
                units.append(QueryTerm(words, 0.6 if at in verbs else share))
            named = named or at not in verbs
            units += [QueryTerm({stem(one): 0.5}, 0.4) for one in plain[at : at + size] if one not in grammar.STOP]
            at += size
            continue
        word, one = plain[at], stemmed[at]
        at += 1
        if word in grammar.STOP and not bare:
            continue
        # What is to be done, the tool's own verb says too; what it is done to matters more.
        weak = at - 1 in verbs and one in _PLAIN
        named = named or at - 1 not in verbs
        meant = {**lexicon.near(one), one: SAME}
        if at < len(plain) and plain[at] not in grammar.STOP and not weak:
            # A time sheet is a timesheet to some.
            meant[stem(word + plain[at])] = SAME
        units.append(QueryTerm(meant, 0.35 if weak else share, word))
        if "which" in plain[:at] and word != one and singular(word) != word:
            # "Which machines run my containers" asks for machines.
            share = min(share, _BESIDES)
    return ParsedQuery(tuple(units), acts, _several(plain, acts), sure)


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
    while at < len(plain) and plain[at] in grammar.POLITE and not (at == 0 and plain[0] in ("like", "help", "now")):
        at += 1
    if at >= len(plain):
        return _READS, frozenset(), False
    word = plain[at]
    # "I want ten of them": what is wanted is to be made so.
    wishes = any(one in ("want", "need", "like", "must", "should") for one in plain[:at])
    if any(one in grammar.LIVE for one in plain):
        return _LOOKING, frozenset(), True
    if word in grammar.ASKING and not (word in ("do", "have") and not grammar.SUBJECTS & set(plain[at + 1 : at + 2])):
        return _READS, frozenset(), True
    if word == "never" and plain[at + 1 : at + 2] in (["allow"], ["let"], ["permit"], ["more"], ["less"]):
        return frozenset(("create", "update")), frozenset((at,)), True
    if word == "never" and plain[at + 1 : at + 2] and plain[at + 1] in grammar.REACHING:
        return frozenset(("create", "update", "delete")), frozenset((at,)), True
    if word == "tell" and plain[at + 1 : at + 2] in (["me"], ["us"]):
        return _READS, frozenset((at,)), True
    # A particle may stand apart: take the broken version down, throw it away.
    for particle, does in deeds.APART.get(word, {}).items():
        if particle in plain[at + 1 :]:
            return frozenset(does.split()), frozenset((at, plain.index(particle, at + 1))), True
    if word in deeds.LEADS:
        # "Stop running it", "never do it again": the word that follows says no more about what is to be done.
        return deeds.LEADS[word], frozenset((at,)), True
    size = _phrase(stemmed, at, phrases)
    if size:
        meant = [stem(one) for one in phrases[tuple(stemmed[at : at + size])].replace("+", " ").split()]
        acts = frozenset(deeds.VERBS[one] for one in meant if one in deeds.VERBS)
        if acts:
            return acts, frozenset((at,)), True
    if word in deeds.BASE:
        return frozenset((deeds.BASE[word],)), frozenset((at,)), True
    if wishes or (word in ("a", "an", "another", "new") and not grammar.VIEWS & set(plain[at + 1 : at + 2])):
        return frozenset(("create", "update")), frozenset(), wishes
    return _READS, frozenset(), False


def _several(plain: list[str], acts: frozenset[str]) -> bool | None:
    """Whether many are asked for: by a plural; one, by what points at it. To change many one says so."""
    if not acts & _LOOKING:
        return any(one in ("all", "every", "each", "everything") for one in plain)
    if any(one in ("all", "every", "each", "any", "which", "who", "list") for one in plain):
        return True
    if any(one not in grammar.STOP and one != stem(one) and singular(one) != one for one in plain):
        return True
    return False if any(one in ("this", "that", "my", "the", "its") for one in plain) else None
