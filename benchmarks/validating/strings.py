"""Strings that a JSON Schema allows: by format, by pattern, by length."""

from __future__ import annotations

import re
import re._constants as ops  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Mapping
from typing import Any

FORMATS = {
    "date": "2024-02-29",
    "date-time": "2024-02-29T12:30:00Z",
    "time": "12:30:00Z",
    "duration": "P1DT2H",
    "email": "ada@example.org",
    "idn-email": "ada@example.org",
    "hostname": "api.example.org",
    "idn-hostname": "api.example.org",
    "ipv4": "192.0.2.1",
    "ip": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.org/a?b=c",
    "url": "https://example.org/a?b=c",
    "iri": "https://example.org/a?b=c",
    "uri-reference": "/a?b=c",
    "uri-template": "/a/{b}",
    "iri-reference": "/a?b=c",
    "uuid": "2f1e8a60-9a4f-4d5e-8d0b-0a4f6f1c2b3d",
    "json-pointer": "/a/0",
    "relative-json-pointer": "0/a",
    "regex": "^a+$",
    "byte": "SGVsbG8=",
    "base64": "SGVsbG8=",
    "int32": "7",
    "int64": "7",
    "float": "1.5",
    "double": "1.5",
}
"""A value of each format that validators know; of others any string is one (JSON Schema 2020-12, validation, 7.2.1)."""


def string(schema: Mapping[str, Any], text: str) -> str:
    """``text`` bent to what ``schema`` says; a value of its format or pattern where it has one."""
    pattern, form = schema.get("pattern"), schema.get("format")
    least = _length(schema.get("minLength"), 0)
    most = _length(schema.get("maxLength"), 1 << 20)
    if isinstance(pattern, str):
        found = matching(pattern, text, least, most)
        if found is not None:
            return found
    if isinstance(form, str) and form in FORMATS and least <= len(FORMATS[form]) <= most:
        return FORMATS[form]
    if len(text) < least:
        text = (text or "x") + "x" * (least - len(text or "x"))
    return text[: max(most, least)]


def _length(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else default


def matching(pattern: str, text: str, least: int, most: int) -> str | None:
    """A string that ``pattern`` finds itself in, of a length between the two; None where none was found."""
    try:
        compiled = re.compile(pattern)
        tree = parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return None
    if least <= len(text) <= most and compiled.search(text):
        return text
    for repeat in (0, 1, 2, 3, 5, 8, 13, 21, 34, 64):
        made = _made(tree, repeat)
        if made is None:
            return None
        for one in (made, made.ljust(least, "x"), made.ljust(least, "0"), made[:most]):
            if least <= len(one) <= most and compiled.search(one):
                return one
    return None


def _made(tree: Any, repeat: int) -> str | None:
    parts: list[str] = []
    for op, given in tree:
        one = _element(op, given, repeat)
        if one is None:
            return None
        parts.append(one)
    return "".join(parts)


def _element(op: Any, given: Any, repeat: int) -> str | None:
    if op is ops.LITERAL:
        return chr(given)
    if op is ops.NOT_LITERAL:
        return "a" if given != ord("a") else "b"
    if op is ops.ANY:
        return "a"
    if op is ops.AT:
        return ""
    if op is ops.IN:
        return _member(given)
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        least, most, inner = given
        one = _made(inner, repeat)
        return None if one is None else one * min(max(least, repeat), most, max(least, 64))
    if op is ops.SUBPATTERN:
        return _made(given[3], repeat)
    if op is ops.BRANCH:
        return _made(given[1][0], repeat)
    return None


def _member(given: Any) -> str | None:
    """A character of a class."""
    negated = bool(given) and given[0][0] is ops.NEGATE
    for char in "aA0-_ .@/:+#xyzb19" if negated else "a0A":
        if _in(given, char) != negated:
            return char
    for op, value in given:
        if op is ops.LITERAL:
            return chr(value)
        if op is ops.RANGE:
            return chr(value[0])
    return " " if _in(given, " ") else None


def _in(given: Any, char: str) -> bool:
    code = ord(char)
    kinds = {
        ops.CATEGORY_DIGIT: char.isdigit(),
        ops.CATEGORY_NOT_DIGIT: not char.isdigit(),
        ops.CATEGORY_SPACE: char.isspace(),
        ops.CATEGORY_NOT_SPACE: not char.isspace(),
        ops.CATEGORY_WORD: char.isalnum() or char == "_",
        ops.CATEGORY_NOT_WORD: not (char.isalnum() or char == "_"),
    }
    for op, value in given:
        if op is ops.LITERAL and value == code:
            return True
        if op is ops.RANGE and value[0] <= code <= value[1]:
            return True
        if op is ops.CATEGORY and kinds.get(value, False):
            return True
    return False
