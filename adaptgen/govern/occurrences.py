"""Values within other text: as whole words, whatever their case, and never inside of a token."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from adaptgen.pii.person_names import name_parts, said

Replaced = Callable[[str, str], str]
"""Kind and value -> what stands in its place."""

Place = tuple[Any, Any]
"""A container and a key or index of it."""

SHORTEST: Final = 2
"""Characters of the shortest value that is searched for in other text."""

_ASCII_WORD = re.compile("[a-z0-9]+")


class Part(str):
    """A word of a name, which must be written as it is, or in capitals."""

    __slots__ = ()


def search(replaced: Replaced, places: list[Place], wanted: list[tuple[str, str]]) -> None:
    """Replace every one of ``wanted`` in the strings at ``places``, longest first, and the words of names alone."""
    if not places or not wanted:
        return
    parts = [(kind, Part(one)) for kind, value in wanted if kind == "name" for one in name_parts(value)]
    _search(replaced, places, [*wanted, *parts])


def _search(replaced: Replaced, places: list[Place], wanted: list[tuple[str, str]]) -> None:
    index: dict[str, list[tuple[str, str]]] = {}
    wide: list[tuple[tuple[str, ...], str, str]] = []
    for kind, value in wanted:
        low = value.lower()
        first = _ASCII_WORD.search(low) if value.isascii() else None
        if first is not None:
            index.setdefault(first[0], []).append((kind, value))
        elif not value.isascii():
            heads = (
                form.split()[:1] for form in (low, unicodedata.normalize("NFC", low), unicodedata.normalize("NFD", low))
            )
            wide.append((tuple(dict.fromkeys(head[0] for head in heads if head)), kind, value))
    known = index.keys()
    for container, key in places:
        text = container[key]
        if isinstance(text, str):
            if len(text) < SHORTEST:
                continue
            low = text.lower()
            words = _ASCII_WORD.findall(low)
            if not wide and known.isdisjoint(words):
                continue
            hits = [one for word in dict.fromkeys(words) if word in index for one in index[word]]
            hits += [(kind, value) for heads, kind, value in wide if any(head in low for head in heads)]
            if hits:
                container[key] = substituted(replaced, text, sorted(hits, key=_shorter))
        elif isinstance(text, (dict, list)):
            _search(replaced, list(_strings(text)), wanted)


def _shorter(one: tuple[str, str]) -> int:
    return -len(one[1])


def _strings(value: Any) -> Iterator[Place]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in items:
        if isinstance(member, str):
            yield value, key
        elif isinstance(member, (dict, list)):
            yield from _strings(member)


def substituted(replaced: Replaced, text: str, wanted: Iterable[tuple[str, str]]) -> str:
    """``text`` with every occurrence of the values replaced, as whole words; tokens in it stay."""
    parts = TOKEN.split(text) if "tok_" in text else [text]
    for kind, value in wanted:
        whole: list[str] = []
        for at, part in enumerate(parts):
            changed = part if at % 2 else _substituted(replaced, part, kind, value)
            whole += TOKEN.split(changed) if changed != part else (part,)
        parts = whole
    return "".join(parts)


def _substituted(replaced: Replaced, text: str, kind: str, value: str) -> str:
    """Compiling a pattern costs more than a whole record, so values are looked for as they are first."""
    value = value if isinstance(value, Part) else value.strip()
    words = value.lower().split()
    low = text.lower()
    if not words or (value.isascii() and words[0] not in low):
        return text
    if isinstance(value, Part):
        return _part(value).sub(lambda match: replaced(kind, match[0]), text)
    if len(low) != len(text) or not value.isascii():
        return _pattern(value).sub(lambda match: replaced(kind, match[0]), text)
    wanted = value.lower()
    parts: list[str] = []
    position = 0
    at = low.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if _is_whole(text, at, end) and (len(value) > SHORTEST or text[at:end] == value):
            parts += (text[position:at], replaced(kind, text[at:end]))
            position = end
        at = low.find(wanted, end)
    rest = text[position:]
    if len(words) > 1 and words[0] in "".join((*parts[::2], rest)).lower():
        whole = "".join((*parts, rest))
        return _pattern(value).sub(lambda match: replaced(kind, match[0]), whole)
    return "".join((*parts, rest))


def _is_whole(text: str, start: int, end: int) -> bool:
    before = start == 0 or not text[start - 1].isalnum() or text[start - 1] >= "\u2e80"
    return before and (end == len(text) or not text[end].isalnum() or text[end] >= "\u2e80")


TOKEN = re.compile(r"(tok_(?:[a-z0-9]+_){1,4}[a-z0-9]{2}[a-z2-7]{16,})")


@lru_cache(maxsize=16384)
def _part(value: str) -> re.Pattern[str]:
    """A word of a name as a whole word."""
    forms = dict.fromkeys(form for one in said(value) for form in (one, *map(_normal(one), ("NFC", "NFD"))))
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, forms))})(?![^\W_])")


def _normal(text: str) -> Callable[[Any], str]:
    return lambda form: unicodedata.normalize(form, text)


@lru_cache(maxsize=16384)
def _pattern(value: str) -> re.Pattern[str]:
    """``value`` as whole words, whatever its case, its accents' encoding, and what joins its words."""
    forms = dict.fromkeys((value, unicodedata.normalize("NFC", value), unicodedata.normalize("NFD", value)))
    spoken = "|".join(r"(?:[\s._+-]|%20|&nbsp;){1,3}".join(map(re.escape, form.split())) for form in forms)
    head = "" if value[:1] >= "\u2e80" else r"(?<![^\W_])"
    tail = "" if value[-1:] >= "\u2e80" else r"(?![^\W_])"
    return re.compile(f"{head}(?:{spoken}){tail}", 0 if len(value) < 3 else re.IGNORECASE)
