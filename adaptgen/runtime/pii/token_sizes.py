"""What tokens will do to an answer: which parts of free text they replace, and how long they are.

Budgets are bytes of what the agent receives, so the runtime measures answers as they will be with tokens in them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import orjson

from adaptgen.pii.detectors import FOUND, find
from adaptgen.pii.matcher import SHORTEST
from adaptgen.runtime.core.text import clean, encode
from adaptgen.runtime.pii.classifier import Classifier
from adaptgen.runtime.pii.personal_text import Pair, make_matcher
from adaptgen.runtime.pii.tagged_values import Tagged, canonical, token_length

_LONG_NUMBER = 10**11

Form: TypeAlias = Literal["sealed", "padded", "short"]
"""How tokens are written: see :func:`adaptgen.runtime.pii.tagged_values.token_length`."""


@lru_cache(maxsize=4096)
def _length(kind: str, size: int, form: Form) -> int:
    return token_length(kind, size, short=form == "short", padded=form == "padded")


_ESCAPED = re.compile(r'["\\\x00-\x1f]').search

_MEASURED = 16_384
"""Characters of a string that are searched to predict its length; more than that does not fit into an answer."""


def added_bytes(value: Any, kinds: Collection[str] | None, form: Form = "sealed") -> int:
    """Bytes that tokens add to the JSON of ``value``: in place of what is marked, and of what patterns find in the
    other strings and keys. ``kinds``: those that are replaced; None for all. ``form``: of the tokens.
    """
    of = type(value)
    if value is None or of is bool or of is float:
        return 0
    if isinstance(value, Tagged):
        if kinds is not None and canonical(value.kind) not in kinds:
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
    value = read_nested(text)
    if not isinstance(value, (dict, list)):
        return 0
    seen: dict[Pair, None] = {}
    inside = Classifier({}).mark(value, seen)
    repeated = find_repeated(inside, seen, kinds, form)[1]
    # Numbers become strings, whose quotes are escaped.
    return added_bytes(inside, kinds, form) + repeated + 4 * len(seen)


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
        for one in find(measured, FOUND if kinds is None else kinds)
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
            if kinds is None or canonical(one.kind) in kinds:
                added += max(0, _length(one.kind, len(text[start:end].encode()), form) - (end - start))
        growth += added * len(text) // max(len(measured), 1)
    return list(known), growth
