"""Text as a person reads it: past encodings, forms of digits and blanks, and characters that nobody sees."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_PERCENT = r"%(?:25){0,3}"
_MORE = rf"{_PERCENT}[89ABab][0-9A-Fa-f]"
_ENCODED = re.compile(
    rf"({_PERCENT}[CDcd][0-9A-Fa-f]{_MORE}|{_PERCENT}[Ee][0-9A-Fa-f](?:{_MORE}){{2}}|{_PERCENT}[Ff][0-4](?:{_MORE}){{3}})|"
    r"%(?:25){0,3}([2-7][0-9A-Fa-f])|&#0{0,4}([0-9]{2,4});|&#[xX]0{0,4}([0-9A-Fa-f]{2,4});|&(commat|nbsp|plus|period|lpar|rpar);"
    r"|\\u00([2-7][0-9A-Fa-f])|([^\x00-\x7f])"
)
_ENTITIES = {"commat": "@", "nbsp": " ", "plus": "+", "period": ".", "lpar": "(", "rpar": ")"}


def fold(text: str) -> tuple[str, list[int]]:
    """``text`` as it is read, and for each of its characters where that begins, then where each ends, in ``text``."""
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for match in _ENCODED.finditer(text):
        start, end = match.span()
        if start > position:
            parts.append(text[position:start])
            starts.extend(range(position, start))
            ends.extend(range(position + 1, start + 1))
        read = _read(match)
        parts.append(read)
        starts.extend([start] * len(read))
        ends.extend([end] * len(read))
        position = end
    parts.append(text[position:])
    starts.extend(range(position, len(text)))
    ends.extend(range(position + 1, len(text) + 1))
    return "".join(parts), [*starts, len(text), *ends]


def _read(match: re.Match[str]) -> str:
    octets, percent, decimal, hexadecimal, entity, escape, character = match.groups()
    if octets is not None:
        return _decoded(octets)
    if character is not None:
        return _plain(character)
    if entity is not None:
        return _ENTITIES[entity]
    code = int(decimal) if decimal is not None else int(percent or hexadecimal or escape, 16)
    return _plain(chr(code)) if code not in range(0xD800, 0xE000) else match[0]


@lru_cache(maxsize=8192)
def _decoded(octets: str) -> str:
    """One character beyond ASCII, percent-encoded as UTF-8 (RFC 3986, 2.5)."""
    try:
        return _plain(bytes(int(one, 16) for one in _OCTET.findall(octets)).decode())
    except UnicodeDecodeError:
        return octets


_OCTET = re.compile(r"([89A-Fa-f][0-9A-Fa-f])(?=%|$)")


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
