"""A query as what it says: the things it names, each a term, and what is to be done with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adaptgen.syntax.identifiers import singular
from adaptgen.tool_search import actions, stop_words
from adaptgen.tool_search.stemmer import stem, tokens

_LONGEST = 60
"""Words of a query that are read."""
_BESIDES, _LEFT_OUT, _VERB = 0.7, 0.2, 0.35
"""How much words count that only say more about what is asked for ("machines *of the cluster*"), that are left out
("*without* a removal"), and a common verb."""
_PLAIN = frozenset(map(stem, stop_words.PLAIN))


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """A word of a query. ``words``: stems that it is searched by; ``weight``: how much it matters; ``said``: the word
    as it was written."""

    words: Mapping[str, float]
    weight: float = 1.0
    said: str = ""


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A query. ``acts``: what is to be done. ``several``: True where it asks for many, False for one, None where it
    does not say. ``sure``: it is a question or a command, and not the name of a thing alone."""

    units: tuple[QueryTerm, ...]
    acts: frozenset[str]
    several: bool | None = None
    sure: bool = True

    def fits(self, does: frozenset[str]) -> float:
        """How well a tool that ``does`` something serves the query."""
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


def read(question: str) -> ParsedQuery:
    """The terms of a query and what it asks to be done."""
    plain = tokens(question)[:_LONGEST]
    acts, verb, sure = _acts(plain)
    return ParsedQuery(tuple(_terms(plain, verb)), acts, _several(plain, acts), sure)


def _terms(plain: list[str], verb: int) -> Iterator[QueryTerm]:
    """The terms of a query whose ``verb`` stands there (-1: it has none)."""
    # Words that tell nothing are all that there is: then they are what is meant.
    bare = all(word in stop_words.STOP for word in plain)
    share, named = 1.0, False
    for at, word in enumerate(plain):
        if named and word in stop_words.JOINS:
            share = _LEFT_OUT if word == "without" else _BESIDES
        if word in stop_words.STOP and not bare:
            continue
        stemmed = stem(word)
        # What is to be done, the tool's own verb says too; what it is done to matters more.
        weak = at == verb and stemmed in _PLAIN
        named = named or at != verb
        # A time sheet is a timesheet to some.
        pairs = [(plain[one], plain[one + 1]) for one in (at - 1, at) if 0 <= one < len(plain) - 1 and one != verb]
        searched = {stem("".join(pair)): 1.0 for pair in pairs if not stop_words.STOP & set(pair)}
        searched[stemmed] = 1.0
        yield QueryTerm(searched, _VERB if weak else share, word)


def _acts(plain: list[str]) -> tuple[frozenset[str], int, bool]:
    """What is to be done, where the verb stands that says so (-1: none does), and whether anything says so.

    English puts it at the beginning. Who asks a question, or only names things, wants to see them; who names one new
    thing wants it.
    """
    at = 0
    while at < len(plain) and plain[at] in stop_words.POLITE and not (at == 0 and plain[0] in ("like", "help", "now")):
        at += 1
    if at >= len(plain):
        return _READS, -1, False
    if any(word in stop_words.LIVE for word in plain):
        return _LOOKING, -1, True
    word, following = plain[at], plain[at + 1 : at + 2]
    if word in stop_words.ASKING and not (word in ("do", "have") and not stop_words.SUBJECTS & set(following)):
        return _READS, -1, True
    if word == "tell" and following in (["me"], ["us"]):
        return _READS, at, True
    act = actions.VERBS.get(stem(word))
    if act is not None:
        return frozenset((act,)), at, True
    # "I want ten of them": what is wanted is to be made so.
    wishes = any(before in ("want", "need", "like", "must", "should") for before in plain[:at])
    if wishes or (word in ("a", "an", "another", "new") and not stop_words.VIEWS & set(following)):
        return _MAKES, -1, wishes
    return _READS, -1, False


def _several(plain: list[str], acts: frozenset[str]) -> bool | None:
    """Whether many are asked for: by a plural; one, by what points at it. To change many one says so."""
    if not acts & _LOOKING:
        return any(one in ("all", "every", "each", "everything") for one in plain)
    if any(one in ("all", "every", "each", "any", "which", "who", "list") for one in plain):
        return True
    if any(one not in stop_words.STOP and one != stem(one) and singular(one) != one for one in plain):
        return True
    return False if any(one in ("this", "that", "my", "the", "its") for one in plain) else None
