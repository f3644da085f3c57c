"""An API in few bytes: its tags with the number of their tools, and its nouns with what can be done to them.

A model that reads the words of an API needs no table of synonyms. The text comes from an untrusted document, so it is
reduced to words and bounded in number, length and bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from adaptgen.model.frozen import lazy
from adaptgen.runtime.core.text import clean
from adaptgen.syntax.identifiers import singular, words

TAGS = 780
"""Bytes of the tags in the description of ``search_tools``; OpenAI accepts 1,024 characters of it."""
RESOURCES = 1_100
"""Bytes of the list of resources."""
_TAG, _NOUN, _MOST = 40, 40, 2_000
"""Characters of a tag and of a noun; how many of them are read."""
_OTHER = lazy(r"[^\w .&/+-]+")
_FILED = 0.6
"""A word in a larger share of the names says nothing about a tool (``compute``)."""
_ACTS = ("read", "create", "update", "delete", "run")


@lru_cache(maxsize=65536)
def plain_tag(tag: str) -> str:
    """A tag reduced to words, "" if it has none."""
    return " ".join(_OTHER.sub(" ", clean(tag[: 4 * _TAG])).split())[:_TAG].rstrip()


def tags(counted: Iterable[tuple[str, int]]) -> str:
    """``repos (203), issues (55) and 9 more``: those with the most tools, in the order of the document."""
    merged: dict[str, int] = defaultdict(int)
    for tag, count in counted:
        shown = plain_tag(tag)
        if shown and (shown in merged or len(merged) < _MOST):
            merged[shown] += count
    rows = {tag: f"{tag} ({count})" for tag, count in merged.items()}
    chosen = set(_chosen(sorted(merged, key=lambda tag: -merged[tag]), lambda tag: len(rows[tag].encode()) + 2, TAGS))
    text = ", ".join(row for tag, row in rows.items() if tag in chosen)
    left = len(rows) - len(chosen)
    return f"{text} and {left} more" if left and text else text


def resources(names: Sequence[str], seen: Iterable[str] = (), size: int = RESOURCES) -> str:
    """The nouns of tools, one line for all with the same verbs: ``read, create: rack, power feed``.

    ``seen``: texts that the model has read; a noun whose words all occur there is left out.
    """
    common = _common(names)
    acts: dict[str, set[str]] = defaultdict(set)
    counts: dict[str, int] = defaultdict(int)
    for name in names:
        noun, act = _split(name, common)
        if noun and (noun in acts or len(acts) < _MOST):
            acts[noun].add(act)
            counts[noun] += 1
    shown = {singular(word) for text in seen for word in words(text)}
    order = sorted(counts, key=lambda noun: -counts[noun])
    chosen = set(_chosen(order, lambda noun: len(noun.encode()) + 2, size, shown, only_new=True))
    lines: dict[str, list[str]] = defaultdict(list)
    for noun in order:
        if noun in chosen:
            lines[", ".join(act for act in _ACTS if act in acts[noun])].append(noun)
    return "\n".join(f"{label}: {', '.join(nouns)}" for label, nouns in lines.items())


def _chosen(
    order: Iterable[str],
    cost: Callable[[str], int],
    size: int,
    shown: Iterable[str] = (),
    only_new: bool = False,
) -> list[str]:
    """The items of ``order`` that fit ``size`` bytes: first those with a new word, then the others."""
    shown = set(shown)
    chosen: list[str] = []
    others: list[str] = []
    for item in order:
        parts = {singular(word) for word in words(item)}
        if parts <= shown:
            others.append(item)
        elif cost(item) <= size:
            shown |= parts
            size -= cost(item)
            chosen.append(item)
    for item in () if only_new else others:
        if cost(item) <= size:
            size -= cost(item)
            chosen.append(item)
    return chosen


def _common(names: Sequence[str]) -> frozenset[str]:
    """Words of most names."""
    from adaptgen.tool_search import english

    held: dict[str, int] = defaultdict(int)
    for name in names:
        for word in set(words(name)):
            held[word] += 1
    return frozenset(
        word for word, count in held.items() if count > _FILED * len(names) and english.stem(word) not in english.VERBS
    )


@lru_cache(maxsize=8192)
def _split(name: str, common: frozenset[str]) -> tuple[str, str]:
    """The noun and the action of a tool; the verb is the first word (``list_racks``), else the last one."""
    from adaptgen.tool_search import english

    parts = [word for word in words(name) if word not in common and not word.isdigit()]
    verbs = [at for at, word in enumerate(parts) if english.stem(word) in english.VERBS]
    if not verbs:
        return _noun(parts), "run"
    at = 0 if verbs[0] == 0 else verbs[-1]
    act = english.VERBS[english.stem(parts[at])]
    return _noun(parts[:at] or parts[1:]), "read" if act == "list" else act


def _noun(parts: Sequence[str]) -> str:
    noun = " ".join(singular(word) for word in parts)
    return noun if len(noun) <= _NOUN else noun[: _NOUN + 1].rpartition(" ")[0]
