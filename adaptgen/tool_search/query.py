"""A query as its terms and the action that it asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adaptgen.model.frozen import value
from adaptgen.syntax.identifiers import singular
from adaptgen.tool_search import english
from adaptgen.tool_search.english import stem, tokens

_LONGEST = 60
"""Words of a query that are read."""
_BESIDES, _LEFT_OUT, _VERB, _SAME = 0.7, 0.2, 0.35, 0.8
"""Weights of words that describe the thing ("machines *of the cluster*"), of words that are excluded ("*without* a
removal"), of a common verb, and of another verb with the same meaning."""
_PLAIN = frozenset(map(stem, english.PLAIN))


@value()
class QueryTerm:
    """A word of a query. ``words``: the stems to search, with their weights. ``written``: the word itself."""

    words: Mapping[str, float]
    weight: float = 1.0
    written: str = ""


@value()
class ParsedQuery:
    """A query. ``acts``: the actions that it asks for. ``several``: True for many things, False for one, None if it
    does not say. ``sure``: it is a question or a command, not only the name of a thing."""

    units: tuple[QueryTerm, ...]
    acts: frozenset[str]
    several: bool | None = None
    sure: bool = True

    def fits(self, does: frozenset[str]) -> float:
        """How well a tool with the actions ``does`` fits the query."""
        if "watch" in does and "watch" not in self.acts:
            return 0.45
        if self.acts & _LOOKING:
            if not does & _LOOKING:
                return 0.35 if self.sure else 0.55
            if self.several is None or ("list" in does) is ("read" in does):
                return 1.0
            return 1.0 if ("list" in does) is self.several else 0.8
        if self.acts & does:
            # A tool that deletes many does not fit a query about one, and the other way round.
            return 1.0 if "delete" not in does or ("many" in does) is bool(self.several) else 0.85
        if does & _LOOKING and not does & _CHANGING:
            return 0.35 if self.sure else 0.7
        return 0.65


_LOOKING = frozenset(("read", "list", "watch"))
_CHANGING = frozenset(("create", "update", "delete", "run", "write"))
_READS = frozenset(("read", "list"))
_MAKES = frozenset(("create", "update"))


def read(question: str) -> ParsedQuery:
    """The terms and the actions of a query."""
    plain = tokens(question)[:_LONGEST]
    acts, verb, sure = _acts(plain)
    return ParsedQuery(tuple(_terms(plain, verb)), acts, _several(plain, acts), sure)


def _terms(plain: list[str], verb: int) -> Iterator[QueryTerm]:
    """The terms of a query. ``verb``: the index of its verb, -1 without one."""
    # If there are only stop words, they are searched.
    bare = all(word in english.STOP for word in plain)
    share, named = 1.0, False
    for at, word in enumerate(plain):
        if named and word in english.JOINS:
            share = _LEFT_OUT if word == "without" else _BESIDES
        if word in english.STOP and not bare:
            continue
        stemmed = stem(word)
        # A common verb counts less than the noun.
        weak = at == verb and stemmed in _PLAIN
        named = named or at != verb
        # A time sheet may be written as timesheet.
        pairs = [
            (plain[first], plain[first + 1]) for first in (at - 1, at) if 0 <= first < len(plain) - 1 and first != verb
        ]
        searched = {stem("".join(pair)): 1.0 for pair in pairs if not english.STOP & set(pair)}
        if at == verb:
            searched |= dict.fromkeys(english.SAME.get(stemmed, ()), _SAME)
        searched[stemmed] = 1.0
        yield QueryTerm(searched, _VERB if weak else share, word)


def _acts(plain: list[str]) -> tuple[frozenset[str], int, bool]:
    """The actions, the index of the verb (-1 without one), and whether the query is explicit.

    English puts the verb first. A question, or a thing alone, asks to see it; ``a new ...`` asks to create it.
    """
    at = 0
    while at < len(plain) and plain[at] in english.POLITE and not (at == 0 and plain[0] in ("like", "help", "now")):
        at += 1
    if at >= len(plain):
        return _READS, -1, False
    if any(word in english.LIVE for word in plain):
        return _LOOKING, -1, True
    word, following = plain[at], plain[at + 1 : at + 2]
    if word in english.ASKING and not (word in ("do", "have") and not english.SUBJECTS & set(following)):
        return _READS, -1, True
    if word == "tell" and following in (["me"], ["us"]):
        return _READS, at, True
    act = english.VERBS.get(stem(word))
    if act is not None:
        return frozenset((act,)), at, True
    # "I want ten of them" asks for a change.
    wishes = any(before in ("want", "need", "like", "must", "should") for before in plain[:at])
    if wishes or (word in ("a", "an", "another", "new") and not english.VIEWS & set(following)):
        return _MAKES, -1, wishes
    return _READS, -1, False


def _several(plain: list[str], acts: frozenset[str]) -> bool | None:
    """Whether the query asks for many (a plural) or for one (``this``, ``my``). A change of many must say so."""
    if not acts & _LOOKING:
        return any(word in ("all", "every", "each", "everything") for word in plain)
    if any(word in ("all", "every", "each", "any", "which", "who", "list") for word in plain):
        return True
    if any(word not in english.STOP and word != stem(word) and singular(word) != word for word in plain):
        return True
    return False if any(word in ("this", "that", "my", "the", "its") for word in plain) else None
