"""What tokens will do to an answer: which parts of free text they replace, and how long they are.

Budgets are bytes of what the agent receives, so the runtime measures answers as they will be with tokens in them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any, Literal, SupportsIndex, TypeAlias

import orjson

from adaptgen.pii.detectors import FOUND, Span, find
from adaptgen.pii.matcher import SHORTEST, KnownValue, ValueMatcher
from adaptgen.pii.token_length import canonical, token_length
from adaptgen.runtime.core.text import clean, encode
from adaptgen.runtime.pii.tagged_values import Tagged

_LONG_NUMBER = 10**11
_canonical = lru_cache(maxsize=256)(canonical)

Form: TypeAlias = Literal["sealed", "padded", "short"]
"""How tokens are written: see :func:`adaptgen.pii.token_length.token_length`."""


@lru_cache(maxsize=4096)
def _length(kind: str, size: int, form: Form) -> int:
    return token_length(kind, size, short=form == "short", padded=form == "padded")


_ESCAPED = re.compile(r'["\\\x00-\x1f]').search

_MEASURED = 16_384
"""Characters of a string that are searched to tell how long it will be; more than that does not fit into an answer."""

Pair = tuple[str, str]
"""Kind and value."""


def find_spans(text: str, kinds: Collection[str] | None = None) -> list[Span]:
    """The personal data that patterns find in free text. ``kinds``: those that matter; None for all."""
    return find(text, FOUND if kinds is None else kinds)


def find_personal(text: str, seen: Iterable[Pair], kinds: Collection[str] | None = None) -> list[tuple[int, int]]:
    """Where ``text`` holds what patterns find (of ``kinds``; None for all), and forms of the values of ``seen``."""
    places = [(one.start, one.end) for one in find_spans(text, kinds)] if len(text) > 5 else []
    matcher = make_matcher(seen).narrowed([text])
    return places if matcher is None else places + [(one.start, one.end) for one in matcher.find(text)]


def make_matcher(seen: Iterable[Pair]) -> ValueMatcher:
    """The matcher of classified values."""
    return ValueMatcher(KnownValue(kind, value) for kind, value in seen if len(value) >= SHORTEST)


def added_bytes(value: Any, kinds: Collection[str] | None, form: Form = "sealed") -> int:
    """Bytes that tokens add to the JSON of ``value``: in place of what is marked, and of what patterns find in the
    other strings and keys. ``kinds``: those that are replaced; None for all. ``form``: of the tokens.
    """
    of = type(value)
    if value is None or of is bool or of is float:
        return 0
    if isinstance(value, Tagged):
        if kinds is not None and _canonical(value.kind) not in kinds:
            return 0
        text = str(value)
        size = len(text) if text.isascii() else len(text.encode())
        now = size + 2 if text.isascii() and isinstance(value, str) and not _ESCAPED(text) else len(encode(value))
        return max(0, _length(value.kind, size, form) + 2 - now)
    if isinstance(value, str):
        return _swept(value, kinds, form) if len(value) > 5 else 0
    if isinstance(value, dict):
        return sum(_swept(str(key), kinds, form) + added_bytes(member, kinds, form) for key, member in value.items())
    if isinstance(value, (list, tuple)):
        return sum(added_bytes(element, kinds, form) for element in value)
    if isinstance(value, int) and value >= _LONG_NUMBER:  # a card, written as a number
        growth = _swept(str(value), kinds, form)
        return growth + 2 if growth else 0
    return 0


def _nested(text: str, kinds: Collection[str] | None, form: Form = "sealed") -> int:
    """The same for JSON in a string, whose fields are classified by their names."""
    from adaptgen.runtime.pii.classifier import Classifier

    value = read_nested(text)
    if not isinstance(value, (dict, list)):
        return 0
    seen: dict[Pair, None] = {}
    inside = Classifier({}).mark(value, seen)
    repeated = find_repeated(inside, seen, kinds, form)[1]
    return (
        added_bytes(inside, kinds, form) + repeated + 4 * len(seen)
    )  # numbers become strings, whose quotes are escaped


def read_nested(text: str) -> Any:
    """The JSON in ``text``, or None."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _swept(text: str, kinds: Collection[str] | None, form: Form = "sealed") -> int:
    if len(text) < 6:
        return 0
    text = clean(str(text))  # not one that guards its parts
    if text[:1] in ("{", "[") and len(text) <= _MEASURED and (growth := _nested(text, kinds, form)):
        return growth
    measured = text[:_MEASURED]
    growth = sum(
        max(0, _length(one.kind, len(measured[one.start : one.end].encode()), form) - (one.end - one.start))
        for one in find_spans(measured, kinds)
    )
    return growth * len(text) // max(len(measured), 1)


def collect_strings(value: Any, found: list[str]) -> None:
    """Append every string and key in ``value`` that is not marked."""
    of = type(value)
    if of is int or value is None or of is bool or of is float or isinstance(value, Tagged):
        return
    if isinstance(value, str):
        if len(value) >= SHORTEST:
            found.append(clean(str(value)))
            if found[-1] and found[-1][0] in "{[" and "\\" in found[-1]:
                collect_strings(read_nested(found[-1]), found)
    elif isinstance(value, dict):
        for key, member in value.items():
            if len(key) >= SHORTEST:
                found.append(clean(str(key)))
            collect_strings(member, found)
    elif isinstance(value, (list, tuple)):
        for element in value:
            collect_strings(element, found)


def find_repeated(
    value: Any, seen: Iterable[Pair], kinds: Collection[str] | None, form: Form = "sealed"
) -> tuple[list[Pair], int]:
    """Those of ``seen`` that occur in the strings and keys of ``value``, and the bytes that tokens add there."""
    strings: list[str] = []
    collect_strings(value, strings)
    if not strings:
        return [], 0
    matcher = make_matcher(seen).narrowed(strings)
    if matcher is None:
        return [], 0
    known: dict[Pair, None] = {}
    growth = 0
    for text in strings:
        measured = text[:_MEASURED]
        if len(text) > _MEASURED:
            known |= dict.fromkeys(matcher.values)  # a search of the answer reads all of it
        added = 0
        for start, end, one in matcher.find(measured):
            known[one] = None
            if kinds is None or _canonical(one.kind) in kinds:
                added += max(0, _length(one.kind, len(text[start:end].encode()), form) - (end - start))
        growth += added * len(text) // max(len(measured), 1)
    return list(known), growth


_REACH = 1_000
"""Characters around a cut in which patterns are searched for: more than a value has."""


class SliceSafeText(str):
    """A string whose slices hold every piece of personal data whole or not at all.

    ``seen``: classified values of the records at hand (kind, value), which count as much as what patterns find.
    """

    __slots__ = ("_seen",)
    _seen: Iterable[tuple[str, str]]

    def __new__(cls, text: str, seen: Iterable[tuple[str, str]] = ()) -> SliceSafeText:
        """The text; ``seen`` is read when it is cut."""
        made = super().__new__(cls, text)
        made._seen = seen
        return made

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        """A character, or a part without the pieces at its edges."""
        text = str(self)
        if isinstance(key, slice):
            start, end, _ = key.indices(len(text))
        else:
            start = range(len(text))[key]
            end = start + 1
        places = self._held_around(text, start, end)
        for _ in range(3):  # what was left out may uncover another
            for low, high in places:
                if low < start < high:
                    start = high
                if low < end < high:
                    end = low
        return text[start:end] if start < end else ""

    def _held_around(self, text: str, start: int, end: int) -> list[tuple[int, int]]:
        """What is held near the two cuts: no more of a long text is read."""
        seen = list(self._seen)
        reach = _REACH + max((len(value) for _, value in seen), default=0)
        places: list[tuple[int, int]] = []
        for cut in {start, end} - {0, len(text)}:
            first = max(0, cut - reach)
            places += [(low + first, high + first) for low, high in find_personal(text[first : cut + reach], seen)]
        return places
