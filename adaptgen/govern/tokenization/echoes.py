"""Restored values in what comes back: what a caller sent as a token is never shown to it in clear.

An API, or the server of a third party, may repeat what it was given: in an answer, an error, a progress message, as a
part of an address or of a longer text. Every value that a call restored is searched for once everything else has been
tokenized, in every form that the matcher knows, and becomes a token again. A value of one or two characters would be
found everywhere; it is looked for in its own field alone. Errors are cut by their writers, so there the pieces
of a value are looked for too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from adaptgen.mcp.json_text import dumps, loads_or_none
from adaptgen.model.frozen import lazy
from adaptgen.pii.matcher import TOKEN, KnownValue, ValueMatcher
from adaptgen.pii.structured_text import rewrite_table, table_header

Seal = Callable[[str, str, bool], str]
"""Kind, value, whether it is a number -> its token."""

_SEARCHED: Final = 3
"""Characters of the shortest value that is searched for everywhere."""
_PREFIX: Final = 4
_PIECE: Final = 6
"""Characters of the shortest piece of a value: at its beginning, and anywhere in it."""
_LONGEST: Final = 2000
_NESTED: Final = 6
_WORDS: Final = lazy(r"[^\W_]+")
_ESCAPED: Final = lazy(r"\\[nrt]")
"""Line breaks and tabs as JSON writes them, in a text that is no JSON."""
_FIXED: Final = frozenset({"type", "role", "resultType", "jsonrpc"})
"""Keys whose values are words of the protocol."""


class RestoredValue(NamedTuple):
    """A value that a call restored, and the last name of its argument."""

    kind: str
    text: str
    field: str = ""


class EchoGuard:
    """Replaces the ``values`` of one call in results, by tokens of ``seal``."""

    def __init__(self, values: Iterable[RestoredValue], seal: Seal) -> None:
        self._values = tuple(dict.fromkeys(values))
        self._seal = seal
        self._matcher = ValueMatcher(
            KnownValue(one.kind, one.text) for one in self._values if len(one.text.strip()) >= _SEARCHED
        )
        self._whole = {_folded(one.text): one for one in self._values}
        self._own: dict[str, list[RestoredValue]] = {}
        for one in self._values:
            self._own.setdefault(_name(one.field), []).append(one)
        self._short = [one for one in self._values if one.field and len(one.text.strip()) < _SEARCHED]
        self._pieces = False

    def result(self, result: dict[str, Any], *, error: bool = False) -> dict[str, Any]:
        """``result`` without the values. ``error``: without their pieces."""
        self._pieces = error or result.get("isError") is True
        if not self._pieces and not self._short and self._matcher.narrowed(_texts(result)) is None:
            return result  # nothing in it can be one of the values
        return {key: self._value(value, key, 0) if key not in _FIXED else value for key, value in result.items()}

    # --------------------------------------------------------------------------------------------------------- inside

    def _value(self, value: Any, key: str, depth: int) -> Any:
        if isinstance(value, str):
            return self._text(value, key, depth)
        if isinstance(value, dict):
            return self._object(value, depth)
        if isinstance(value, list):
            return [self._value(one, key, depth) for one in value]
        if value is None or isinstance(value, bool):
            return value
        return self._number(value, key)

    def _object(self, value: dict[str, Any], depth: int) -> dict[str, Any]:
        names, rows = value.get("fields"), value.get("items")
        if isinstance(names, list) and isinstance(rows, list) and all(isinstance(one, str) for one in names):
            rows = [
                [self._value(cell, names[at] if at < len(names) else "", depth) for at, cell in enumerate(row)]
                if isinstance(row, list)
                else self._value(row, "", depth)
                for row in rows
            ]
            value = {**value, "items": rows}
        pair = value.get("name", value.get("key"))
        holder = pair if isinstance(pair, str) and _name(pair) in self._own else ""
        return {
            self._plain(key): member
            if key == "items" and member is rows
            else member
            if key in _FIXED and isinstance(member, str) and member.isascii() and member.isalpha() and not holder
            else self._value(member, holder if holder and key in ("value", "content", "text") else key, depth)
            for key, member in value.items()
        }

    def _number(self, value: float, key: str) -> Any:
        text = dumps(value)
        own = next((one for one in self._own.get(_name(key), ()) if one.text.strip() == text), None)
        known = own or (self._whole.get(text) if len(text) >= _SEARCHED else None)
        return self._seal(known.kind, text, True) if known is not None else value

    def _text(self, text: str, key: str, depth: int) -> str:
        if not text or TOKEN.fullmatch(text):
            return text
        if own := self._own_text(text, key):
            return own
        if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[", '"') and depth < _NESTED:
            nested = self._nested(text, depth)
            if nested is not None:
                return nested
        return self._plain(text)

    def _nested(self, text: str, depth: int) -> str | None:
        """JSON in a text; None where it is not JSON, or where nothing in it changes: then it is searched as text."""
        value = loads_or_none(text)
        if not isinstance(value, (dict, list, str)):
            return None
        changed = self._value(value, "", depth + 1)
        return dumps(changed) if changed != value else None

    def _plain(self, text: str) -> str:
        text = self._known(text)
        if self._short and (table := table_header(text)) is not None:
            try:
                text = rewrite_table(text, table[0], lambda rows: self._rows(table[1], rows))
            except ValueError:
                pass  # searched as text, then
        for one in self._values:
            if one in self._short:
                text = _outside_tokens(text, self._labelled, one)
            if self._pieces:
                text = _outside_tokens(text, self._cut, one)
        return text

    def _known(self, text: str) -> str:
        """``text`` without whole values."""
        parts: list[str] = []
        position = 0
        for start, end, known in self._matcher.find(_ESCAPED.sub("  ", text)):
            parts += (text[position:start], self._token(known, text[start:end]))
            position = end
        return "".join((*parts, text[position:]))

    def _rows(self, names: list[str], rows: list[list[str]]) -> None:
        for row in rows:
            row[:] = [
                self._own_text(cell, name) or cell for cell, name in zip_longest(row, names[: len(row)], fillvalue="")
            ]

    def _own_text(self, text: str, key: str) -> str:
        """The token of a text that is a value in its own field; ""."""
        for one in self._own.get(_name(key), ()):
            if text and _folded(text) == _folded(one.text):
                return self._seal(one.kind, one.text, False)
        return ""

    def _token(self, known: KnownValue, written: str) -> str:
        whole = self._whole.get(_folded(written))
        return self._seal(known.kind, whole.text if whole is not None else written, False)

    def _labelled(self, text: str, one: RestoredValue) -> str:
        """A short value behind the name of its field: ``who: Al``, ``who=Al``."""
        words = r"[\W_]?".join(map(re.escape, _WORDS.findall(one.field)))
        value = re.escape(one.text.strip())
        pattern = rf"(?i)((?<![^\W_]){words}[\"'`]?\s{{0,3}}(?:[:=]|\bis\b)\s{{0,3}}[\"'`]?){value}(?![^\W_])"
        return re.sub(pattern, lambda found: found[1] + self._seal(one.kind, one.text, False), text)

    def _cut(self, text: str, one: RestoredValue) -> str:
        """``text`` without pieces of a value that begin and end where something was cut."""
        value = " ".join(one.text.split()).lower()[:_LONGEST]
        low = _ESCAPED.sub("  ", text).lower()
        if len(value) < _PREFIX or len(low) != len(text):
            return text
        parts: list[str] = []
        position = 0
        for start, end in _common(low, value):
            if start >= position and not _is_name(text, start, end, one.field):
                parts += (text[position:start], self._seal(one.kind, one.text, False))
                position = end
        return "".join((*parts, text[position:]))


def _texts(value: Any) -> Iterator[str]:
    """Every text of a JSON value, its keys and numbers too."""
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, str):
            yield _ESCAPED.sub("  ", one) if "\\" in one else one
        elif isinstance(one, dict):
            todo += [*one, *one.values()]
        elif isinstance(one, list):
            todo += one
        elif one is not None and not isinstance(one, bool):
            yield dumps(one)


def _common(text: str, value: str) -> list[tuple[int, int]]:
    """Where ``text`` has a piece of ``value`` between two boundaries of words."""
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(text):
        if at and text[at].isalnum() and text[at - 1].isalnum():
            at += 1
            continue
        size = _longest_piece(text, at, value)
        if size:
            found.append((at, at + size))
        at += size or 1
    return found


def _longest_piece(text: str, at: int, value: str) -> int:
    """Characters of the longest piece of ``value`` that begins at ``at`` and ends where a word ends; 0 for none."""
    best = 0
    start = -1
    head = text[at : at + _PREFIX]
    if len(head) < _PREFIX:
        return 0
    while (start := value.find(head, start + 1)) >= 0:
        size = _PREFIX
        while at + size < len(text) and start + size < len(value) and text[at + size] == value[start + size]:
            size += 1
        while size and at + size < len(text) and text[at + size].isalnum() and text[at + size - 1].isalnum():
            size -= 1
        if size > best and size >= (_PREFIX if start == 0 else _PIECE):
            best = size
    return best


def _is_name(text: str, start: int, end: int, field: str) -> bool:
    """Whether a piece is only the name of the argument, in the backticks of a message."""
    return text[start - 1 : start] == "`" == text[end : end + 1] and _name(text[start:end]) == _name(field)


def _outside_tokens(text: str, change: Callable[[str, RestoredValue], str], one: RestoredValue) -> str:
    if "tok_" not in text:
        return change(text, one)
    parts: list[str] = []
    position = 0
    for token in TOKEN.finditer(text):
        parts += (change(text[position : token.start()], one), token[0])
        position = token.end()
    return "".join((*parts, change(text[position:], one)))


def _name(key: str) -> str:
    return "".join(_WORDS.findall(key)).lower()


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def hide_echoes(
    result: dict[str, Any], values: Iterable[RestoredValue], seal: Seal, *, error: bool = False
) -> dict[str, Any]:
    """``result`` with every one of ``values`` tokenized again; the same object without values."""
    values = tuple(values)
    return EchoGuard(values, seal).result(result, error=error) if values else result
