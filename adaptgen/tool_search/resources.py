"""What an API is about, in few bytes: its tags with how many tools each has, its nouns with what can be done to them.

A model that reads the words of an API needs no table of synonyms. All of it is text of a document, which nobody vouches
for: it is cut down to words, and bounded in number, length and bytes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from adaptgen.runtime.core.text import clean
from adaptgen.syntax.identifiers import singular, words
from adaptgen.tool_search import actions
from adaptgen.tool_search.stemmer import stem

TAGS = 780
"""Bytes of the tags in the description of ``search_tools``, which OpenAI takes up to 1,024 characters of."""
RESOURCES = 1_100
"""Bytes of the list of resources."""
_TAG, _NOUN, _MOST = 40, 40, 2_000
"""Characters of a tag and of a noun; how many of them are looked at."""
_OTHER = re.compile(r"[^\w .&/+-]+")
_FILED = 0.6
"""The share of tools whose names hold a word that says nothing about any of them (``compute``)."""
_ACTS = ("read", "create", "update", "delete", "run")


@lru_cache(maxsize=4096)
def plain_tag(tag: str) -> str:
    """A tag as words alone, "" where it has none."""
    return " ".join(_OTHER.sub(" ", clean(tag[: 4 * _TAG])).split())[:_TAG].rstrip()


def tags(counted: Iterable[tuple[str, int]]) -> str:
    """``repos (203), issues (55) and 9 more``: those with the most tools, as the document orders them."""
    merged: dict[str, int] = defaultdict(int)
    for tag, count in counted:
        shown = plain_tag(tag)
        if shown and (shown in merged or len(merged) < _MOST):
            merged[shown] += count
    rows = {tag: f"{tag} ({count})" for tag, count in merged.items()}
    chosen = set(_chosen(sorted(merged, key=lambda tag: -merged[tag]), lambda tag: len(rows[tag].encode()) + 2, TAGS))
    said = ", ".join(row for tag, row in rows.items() if tag in chosen)
    left = len(rows) - len(chosen)
    return f"{said} and {left} more" if left and said else said


def resources(names: Sequence[str], seen: Iterable[str] = (), size: int = RESOURCES) -> str:
    """The nouns of tools, a line for all to which the same can be done: ``read, create: rack, power feed``.

    ``seen``: texts that were shown already; a noun all of whose words stand there is left out.
    """
    common = _common(names)
    acts: dict[str, set[str]] = defaultdict(set)
    counts: dict[str, int] = defaultdict(int)
    for name in names:
        noun, act = _split(name, common)
        if noun and (noun in acts or len(acts) < _MOST):
            acts[noun].add(act)
            counts[noun] += 1
    known = {singular(word) for text in seen for word in words(text)}
    order = sorted(counts, key=lambda noun: -counts[noun])
    chosen = set(_chosen(order, lambda noun: len(noun.encode()) + 2, size, known, only_new=True))
    lines: dict[str, list[str]] = defaultdict(list)
    for noun in order:
        if noun in chosen:
            lines[", ".join(act for act in _ACTS if act in acts[noun])].append(noun)
    return "\n".join(f"{said}: {', '.join(nouns)}" for said, nouns in lines.items())


def _chosen(
    order: Iterable[str],
    cost: Callable[[str], int],
    size: int,
    known: Iterable[str] = (),
    only_new: bool = False,
) -> list[str]:
    """Those of ``order`` that fit into ``size`` bytes: first those with a word that is new, then the others."""
    known = set(known)
    chosen: list[str] = []
    others: list[str] = []
    for one in order:
        parts = {singular(word) for word in words(one)}
        if parts <= known:
            others.append(one)
        elif cost(one) <= size:
            known |= parts
            size -= cost(one)
            chosen.append(one)
    for one in () if only_new else others:
        if cost(one) <= size:
            size -= cost(one)
            chosen.append(one)
    return chosen


def _common(names: Sequence[str]) -> frozenset[str]:
    """Words that most of the names hold."""
    held: dict[str, int] = defaultdict(int)
    for name in names:
        for word in set(words(name)):
            held[word] += 1
    return frozenset(
        word for word, count in held.items() if count > _FILED * len(names) and stem(word) not in actions.VERBS
    )


@lru_cache(maxsize=8192)
def _split(name: str, common: frozenset[str]) -> tuple[str, str]:
    """What a tool is about, and what it does: the verb stands before the thing (``list_racks``), or behind it."""
    parts = [word for word in words(name) if word not in common and not word.isdigit()]
    verbs = [at for at, word in enumerate(parts) if stem(word) in actions.VERBS]
    if not verbs:
        return _noun(parts), "run"
    at = 0 if verbs[0] == 0 else verbs[-1]
    act = actions.VERBS[stem(parts[at])]
    return _noun(parts[:at] or parts[1:]), "read" if act == "list" else act


def _noun(parts: Sequence[str]) -> str:
    noun = " ".join(singular(word) for word in parts)
    return noun if len(noun) <= _NOUN else noun[: _NOUN + 1].rpartition(" ")[0]
