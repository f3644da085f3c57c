"""What tokens will do to an answer: which parts of free text they replace, and how long they are.

Budgets are bytes of what the agent receives, so the runtime measures answers as they will be with tokens in them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Any

import orjson

from adaptgen.pii.detectors import FOUND, Span, find
from adaptgen.pii.person_names import name_parts, said
from adaptgen.pii.token_length import canonical, token_length
from adaptgen.runtime.marked import Marked
from adaptgen.runtime.text import clean, encode

_LONG_NUMBER = 10**11
_canonical = lru_cache(maxsize=256)(canonical)
_length = lru_cache(maxsize=4096)(token_length)
_ESCAPED = re.compile(r'["\\\x00-\x1f]').search
SHORTEST = 2
"""Characters that a value must have to be searched for in other text."""


def spans(text: str, kinds: Collection[str] | None = None) -> list[Span]:
    """The personal data that patterns find in free text. ``kinds``: those that matter; None for all."""
    return find(text, FOUND if kinds is None else kinds)


@lru_cache(maxsize=8192)
def _pattern(value: str) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, value.split()))
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)


def occurrences(value: str, text: str, kind: str = "name") -> Iterator[tuple[int, int]]:
    """Where ``value`` stands in ``text``, whatever its case; a name only as whole words, and the words of it alone."""
    if len(value) < SHORTEST:
        return
    if kind == "name":
        names = [found.span() for found in _pattern(value).finditer(text)]
        yield from names
        for start, end in _words(value, text):
            if not any(first <= start and end <= last for first, last in names):
                yield start, end
        return
    low, whole = value.lower(), text.lower()
    if len(whole) != len(text):  # a few letters have a longer lower case
        low, whole = value, text
    at = whole.find(low)
    while at >= 0:
        yield at, at + len(low)
        at = whole.find(low, at + len(low))


def grown(value: Any, kinds: Collection[str] | None) -> int:
    """Bytes that tokens add to the JSON of ``value``: in place of what is marked, and of what patterns find in the
    other strings and keys. ``kinds``: those that are replaced; None for all.
    """
    of = type(value)
    if value is None or of is bool or of is float:
        return 0
    if isinstance(value, Marked):
        if kinds is not None and _canonical(value.kind) not in kinds:
            return 0
        text = str(value)
        size = len(text) if text.isascii() else len(text.encode())
        now = size + 2 if text.isascii() and isinstance(value, str) and not _ESCAPED(text) else len(encode(value))
        return max(0, _length(value.kind, size) + 2 - now)
    if isinstance(value, str):
        return _swept(value, kinds) if len(value) > 5 else 0
    if isinstance(value, dict):
        return sum(_swept(str(key), kinds) + grown(member, kinds) for key, member in value.items())
    if isinstance(value, (list, tuple)):
        return sum(grown(element, kinds) for element in value)
    if isinstance(value, int) and value >= _LONG_NUMBER:  # a card, written as a number
        growth = _swept(str(value), kinds)
        return growth + 2 if growth else 0
    return 0


def _nested(text: str, kinds: Collection[str] | None) -> int:
    """The same for JSON in a string, whose fields are classified by their names."""
    from adaptgen.runtime.classify import Classifier

    value = _read(text)
    if not isinstance(value, (dict, list)):
        return 0
    seen: dict[tuple[str, str], None] = {}
    inside = Classifier({}).mark(value, seen)
    strings: list[str] = []
    texts(inside, strings)
    repeated = sum(regrown(kind, one, strings, kinds) for kind, one in within(seen, strings, len(seen)))
    return grown(inside, kinds) + repeated + 4 * len(seen)  # numbers become strings, whose quotes are escaped


def _read(text: str) -> Any:
    """The JSON in ``text``, or null."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _swept(text: str, kinds: Collection[str] | None) -> int:
    if len(text) < 6:
        return 0
    text = clean(str(text))  # not one that guards its parts
    if text[:1] in ("{", "[") and (growth := _nested(text, kinds)):
        return growth
    return sum(
        max(0, _length(one.kind, len(text[one.start : one.end].encode())) - (one.end - one.start))
        for one in spans(text, kinds)
    )


def texts(value: Any, found: list[str]) -> None:
    """Append every string and key in ``value`` that is not marked."""
    of = type(value)
    if of is int or value is None or of is bool or of is float or isinstance(value, Marked):
        return
    if isinstance(value, str):
        if len(value) >= SHORTEST:
            found.append(clean(str(value)))
            if found[-1] and found[-1][0] in "{[" and "\\" in found[-1]:
                texts(_read(found[-1]), found)
    elif isinstance(value, dict):
        for key, member in value.items():
            if len(key) >= SHORTEST:
                found.append(clean(str(key)))
            texts(member, found)
    elif isinstance(value, (list, tuple)):
        for element in value:
            texts(element, found)


def within(seen: Iterable[tuple[str, str]], strings: Iterable[str], most: int) -> list[tuple[str, str]]:
    """Those of ``seen`` (kind, value) that stand in one of ``strings``, the longest first, at most ``most``."""
    whole = "\0".join(strings)
    if not whole:
        return []
    low = whole.lower()
    there = [
        (kind, value)
        for kind, value in seen
        if len(value) >= SHORTEST
        and _may_stand(value, whole, low)
        and next(occurrences(value, whole, kind), None) is not None
    ]
    return sorted(there, key=lambda pair: -len(pair[1]))[:most]


def regrown(kind: str, value: str, strings: Iterable[str], kinds: Collection[str] | None) -> int:
    """Bytes that tokens add where ``value`` stands in ``strings``."""
    if kinds is not None and _canonical(kind) not in kinds:
        return 0
    text = "\0".join(strings)
    found = (text[start:end] for start, end in occurrences(value, text, kind))
    return sum(max(0, _length(kind, len(one.encode())) - len(one)) for one in found)


def _may_stand(value: str, text: str, low: str) -> bool:
    """Whether it is worth looking closer. ``low``: the text in small letters."""
    lowered = value.lower()
    if lowered in low:
        return True
    return " " in value and (lowered.split(None, 1)[0] in low or any(form in text for form in _forms(value)))


@lru_cache(maxsize=16384)
def _forms(name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(form for part in name_parts(name) for form in said(part)))


def _words(name: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a word of a person's name stands in ``text``, as it is written or in capitals."""
    for form in _forms(name):
        if form in text:
            for found in re.finditer(rf"(?<!\w){re.escape(form)}(?!\w)", text):
                yield found.span()
