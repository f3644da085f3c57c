"""Text as a person reads it: past encodings, forms of digits and blanks, accents, and invisible characters.

Detectors and the matcher search this text; a :class:`NormalizedText` knows where each part of it was in the original.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from adaptgen.model.frozen import lazy

_PERCENT = r"%(?:25){0,3}"
_MORE = rf"{_PERCENT}[89ABab][0-9A-Fa-f]"
_ENCODED = lazy(
    # percent-encoded UTF-8 (RFC 3986, 2.5) and ASCII; what is left of ISO 8859-1
    rf"({_PERCENT}[CDcd][0-9A-Fa-f]{_MORE}|{_PERCENT}[Ee][0-9A-Fa-f](?:{_MORE}){{2}}"
    rf"|{_PERCENT}[Ff][0-4](?:{_MORE}){{3}})|{_PERCENT}([2-7A-Fa-f][0-9A-Fa-f])"
    # character references (HTML, XML)
    r"|&(?:amp;){0,3}#0{0,8}([0-9]{2,7});?|&(?:amp;){0,3}#[xX]0{0,8}([0-9A-Fa-f]{2,6});?"
    r"|&(?:amp;){0,3}([A-Za-z][A-Za-z0-9]{1,30});"
    # escapes of JSON and of programming languages
    r"|\\{1,4}u([0-9A-Fa-f]{4})|\\{1,4}u\{([0-9A-Fa-f]{2,6})\}|\\{1,4}x([0-9A-Fa-f]{2})"
    # characters of two code points that are composed (kana, Hangul), and every other one beyond ASCII
    "|([\u3040-\u30ff][\u3099\u309a]|[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?)|([^\x00-\x7f])"
)
_OCTET = lazy(r"([89A-Fa-f][0-9A-Fa-f])(?=%|$)")
_COMPOSED = lazy("[\u3099\u309a\u1161-\u1175]")
_ACCENT = lazy("[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670]+")
"""Accents, and the points and vowel signs of Hebrew and Arabic, which are mostly left out."""

_SPELLED: Final = {
    "ß": "ss",
    "ẞ": "SS",
    "ø": "o",
    "Ø": "O",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ı": "i",
    "ς": "σ",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "þ": "th",
    "Þ": "TH",
    "ð": "d",
    "Ð": "D",
}
"""Letters that Unicode does not decompose, as they are spelled where they are not at hand."""


class NormalizedText:
    """``text`` as it is read. :meth:`span` leads back to the original."""

    __slots__ = ("_firsts", "_pieces", "text")

    def __init__(self, text: str, pieces: list[tuple[int, int, int, int]] | None = None) -> None:
        """``pieces``: what reads otherwise than it is written: start and end in ``text``, then in the original."""
        self.text = text
        self._pieces = pieces or []
        self._firsts: list[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]`` is in the original; what reads as nothing belongs to what is before it."""
        if not self._pieces:
            return start, end
        if self._firsts is None:
            self._firsts = [piece[0] for piece in self._pieces]
        return self._start(start), self._end(end)

    def _start(self, position: int) -> int:
        at = bisect_right(self._firsts or [], position) - 1
        if at < 0:
            return position
        _, after, source, source_end = self._pieces[at]
        return source if position < after else source_end + position - after

    def _end(self, position: int) -> int:
        at = bisect_right(self._firsts or [], position - 1) - 1
        end = position
        if at >= 0:
            _, after, _, source_end = self._pieces[at]
            end = source_end if position - 1 < after else source_end + position - after
        while at + 1 < len(self._pieces):
            at += 1
            first, after, source, source_end = self._pieces[at]
            if after > first or source != end:
                break
            end = source_end
        return end


def is_read_as_written(text: str) -> bool:
    """Whether ``text`` has nothing that is read otherwise than it is written."""
    return text.isascii() and "%" not in text and "&" not in text and "\\" not in text


def normalize(text: str) -> NormalizedText:
    """``text`` without encodings, with digits, blanks and dashes in ASCII: what patterns are searched in."""
    if is_read_as_written(text):
        return NormalizedText(text)
    return _read(text, _plain)


def normalize_words(text: str) -> NormalizedText:
    """The same, and without accents and ligatures: what values are compared in. Its case stays."""
    if "%" not in text and "&" not in text and "\\" not in text:
        if text.isascii():
            return NormalizedText(text)
        if not _COMPOSED.search(text):
            letters = {ord(one): _letter(one) for one in set(text) if one > "\x7f"}
            if all(len(one) == 1 for one in letters.values()):
                return NormalizedText(text.translate(letters))
    return _read(text, _letter)


def _read(text: str, plain: Callable[[str], str]) -> NormalizedText:
    parts: list[str] = []
    pieces: list[tuple[int, int, int, int]] = []
    position = size = 0
    for match in _ENCODED.finditer(text):
        start, end = match.span()
        written = match[0]
        character = match[10]
        read = plain(character) if character is not None else _decoded(match, plain)
        if read == written:
            continue
        parts += (text[position:start], read)
        size += start - position
        pieces.append((size, size + len(read), start, end))
        size += len(read)
        position = end
    parts.append(text[position:])
    return NormalizedText("".join(parts), pieces)


def _decoded(match: re.Match[str], plain: Callable[[str], str]) -> str:
    octets, percent, decimal, hexadecimal, entity, escape, braced, byte, composed, _ = match.groups()
    if octets is not None:
        character = _from_octets(octets)
    elif composed is not None:
        character = unicodedata.normalize("NFC", composed)
    elif entity is not None:
        character = _from_entity(entity)
    else:
        code = int(decimal) if decimal is not None else int(percent or hexadecimal or escape or braced or byte, 16)
        is_text = 0x20 <= code < 0x7F or 0xA0 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF
        character = chr(code) if is_text else ""
    if not character:
        return match[0]
    return "".join(one if one.isascii() else plain(one) for one in character)


@lru_cache(maxsize=8192)
def _from_octets(octets: str) -> str:
    try:
        return bytes(int(one, 16) for one in _OCTET.findall(octets)).decode()
    except UnicodeDecodeError:
        return ""


@lru_cache(maxsize=1024)
def _from_entity(name: str) -> str:
    from html.entities import html5

    return html5.get(f"{name};", "")


@lru_cache(maxsize=8192)
def _plain(character: str) -> str:
    """One character as ASCII where it is a form of it: a digit, a blank, a dash, a full-width letter; "" if unseen."""
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category == "Zs":
        return " "
    if category == "Pd" or character == "\u2212":
        return "-"
    if category in ("Cf", "Mn", "Me") or character in "\u3164\uffa0\u115f\u1160":
        return "" if category == "Cf" or character == "\u034f" or "\ufe00" <= character <= "\ufe0f" else character
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 and folded.isascii() else "." if character in "\u3002\uff61" else character


@lru_cache(maxsize=8192)
def _letter(character: str) -> str:
    """The same without accents, and with every other form that the character has of another one."""
    plain = _plain(character)
    if plain != character:
        return plain
    if character in _SPELLED:
        return _SPELLED[character]
    apart = unicodedata.normalize("NFKD", character)
    bare = _ACCENT.sub("", apart)
    if bare == apart:
        return unicodedata.normalize("NFKC", character)
    return "".join(_SPELLED.get(one, one) for one in bare)
