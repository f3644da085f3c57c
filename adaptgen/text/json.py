"""JSON text to values (RFC 8259), the flaws that hand-written JSON has, and keys that occur twice, in YAML too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.model.frozen import lazy
from adaptgen.syntax.json_pointer import join
from adaptgen.text.decode import SourceText

METHODS = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace"))


def mapped(mapping: dict[str, Any]) -> Iterator[str]:
    """Possible references in the mapping of a discriminator; the others are names of schemas."""
    return (value for value in mapping.values() if type(value) is str and ("/" in value or "#" in value))


def duplicate(key: str, where: Where, *, strict: bool) -> Diagnostic:
    """What is said of a key that occurs twice in one mapping."""
    message = f"the key {key!r} occurs twice in this mapping"
    if strict:
        return Diagnostic("AG003", message, where, "keep one of them")
    taken = "both are read together" if key.startswith("/") else "the last one is read"
    return Diagnostic("AG003", f"{message}; {taken}", where, "keep one of them", "warning")


def both(key: str, first: Any, last: Any) -> Any:
    """The value of a key that occurs twice: the last one; of two path items the operations of both."""
    if key.startswith("/") and isinstance(first, dict) and isinstance(last, dict) and METHODS & first.keys():
        return {**first, **last}
    return last


_TOKEN = lazy(r'"(?:[^"\\]|\\.)*"|[{}\[\],]', re.DOTALL)
_LAX = lazy(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])', re.DOTALL)
_BAD_ESCAPE = lazy(r'\\(\\|["/bfnrt]|u[0-9a-fA-F]{4})|\\')
_SURROGATE = lazy(r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_HUGE = lazy(r"[0-9][eE]\+?[0-9]{3}|[0-9]{300}")
_NOT_FINITE = lazy(r'"(?:[^"\\]|\\.)*"|(-?Infinity|NaN|-?[0-9.]+[eE]\+?[0-9]{3,}|[0-9]{300,})', re.DOTALL)


def load(source: SourceText, *, strict: bool) -> tuple[Any, set[str]]:
    """The value of a JSON text, and every text that may be a reference.

    A key that occurs twice is treated as in ``yaml12.load``. Numbers that JSON does not have become null.

    Raises:
        json.JSONDecodeError: for a text that is not JSON.
        AdaptgenError: AG005 for a document that nests too deep; AG003.
    """
    return _load(source, source.text, strict=strict)


def load_leniently(source: SourceText, *, strict: bool) -> tuple[Any, set[str]]:
    """As ``load``, for a text with comments, commas before a closing bracket, line breaks in strings or escapes that
    do not exist. What was read over is reported (AG006). Raises as ``load`` does.
    """
    repairs: list[tuple[str, int, str]] = []

    def repair(match: re.Match[str]) -> str:
        found = match[0]
        if found[0] == '"':
            if "\\" not in found:
                return found
            fixed = _BAD_ESCAPE.sub(lambda escape: escape[0] if escape[1] else "\\\\", found)
            if fixed != found:
                repairs.append(("a backslash that escapes nothing was read as a backslash", match.start(), "double it"))
            return fixed
        what = "a comma before a closing bracket" if found == "," else "a comment"
        repairs.append((f"{what} was read over; JSON has none", match.start(), "remove it"))
        return re.sub(r"[^\n]", " ", found)

    text = _LAX.sub(repair, source.text)
    result = _load(source, text, strict=strict, controls=False)
    if not repairs:
        repairs.append(("line breaks or tabs inside of a string were kept", 0, "write them as \\n and \\t"))
    for what in dict.fromkeys(what for what, _, _ in repairs):
        _, offset, help = next(repair for repair in repairs if repair[0] == what)
        source.repaired(what, "", locate(source, offset), help)
    return result


_MOST_POINTERS = 40


def locate(source: SourceText, offset: int) -> Where:
    """The place of a character of a JSON text, broken or not; in a long line also as a pointer to the member or item
    that it belongs to."""
    where = source.where(offset)
    return replace(where, pointer=_pointer(source.text, offset)) if source.has_long_line(offset) else where


def _pointer(text: str, offset: int) -> str:
    keys: list[str | int] = []
    awaits_key = False
    for match in _TOKEN.finditer(text):
        piece = match[0]
        if match.start() > offset or (match.start() == offset and piece in "}]"):
            break
        if piece in "{[":
            keys.append("" if piece == "{" else 0)
            awaits_key = piece == "{"
        elif not keys:
            continue
        elif piece in "}]":
            keys.pop()
            awaits_key = False
        elif piece == ",":
            last = keys[-1]
            awaits_key = isinstance(last, str)
            keys[-1] = "" if isinstance(last, str) else last + 1
        elif awaits_key:
            keys[-1] = _unquoted(piece)
            awaits_key = False
    # Between the brace and the first key there is no member yet.
    return join(*(keys[:-1] if keys and keys[-1] == "" and awaits_key else keys))


def _unquoted(piece: str) -> str:
    try:
        return str(json.loads(piece, strict=False))
    except ValueError:  # an escape that does not exist
        return piece[1:-1]


def _load(source: SourceText, text: str, *, strict: bool, controls: bool = True) -> tuple[Any, set[str]]:
    refs: set[str] = set()
    twice = False
    odd = False

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        result = dict(pairs)
        if len(result) != len(pairs):
            twice = True
            result = {}
            for key, value in pairs:
                result[key] = both(key, result[key], value) if key in result else value
        ref = result.get("$ref")
        if type(ref) is str:
            refs.add(ref)
        named = result.get("mapping")
        if type(named) is dict:
            refs.update(mapped(named))
        return result

    def number(literal: str) -> float | None:
        nonlocal odd
        value = float(literal)
        if value - value == 0:
            return value
        odd = True
        return None

    if "\\ud" in text or "\\uD" in text:
        text = _SURROGATE.sub(lambda match: "\\ufffd" if len(match[0]) == 6 else match[0], text)
    # json's own float() is fast; a hook is needed only where a number might be infinite.
    real = number if _HUGE.search(text) else None
    try:
        value = json.loads(text, object_pairs_hook=mapping, parse_constant=number, parse_float=real, strict=controls)
    except RecursionError:
        raise _too_deep(source, text) from None
    except json.JSONDecodeError:
        raise
    except ValueError as broken:  # an integer of more than 4,300 digits
        raise error("AG005", str(broken).split(":")[0], Where(source.file)) from None
    if depth(value) > source.limits.depth:
        raise _too_deep(source, text)
    if twice:
        found = _duplicates(source, text, strict=strict)
        if strict:
            raise AdaptgenError(*found)
        source.diagnostics += found
    if odd:
        problem = "a number that JSON does not have (infinite, or not a number)"
        places = (match.start() for match in _NOT_FINITE.finditer(text) if match[1])
        source.repaired(problem, " was read as null", locate(source, next(places, 0)), "write a finite number")
    return value, refs


def _too_deep(source: SourceText, text: str) -> AdaptgenError:
    level, where = 0, Where(source.file)
    for match in _TOKEN.finditer(text):
        level += {"{": 1, "[": 1, "}": -1, "]": -1}.get(match[0], 0)
        if level > source.limits.depth:
            where = source.where(match.start())
            break
    return error("AG005", f"the document nests deeper than {source.limits.depth} levels", where)


def depth(value: Any) -> int:
    """How many collections are nested; 0 for a scalar."""
    level = 0
    here = [value] if isinstance(value, (dict, list)) else []
    while here:
        level += 1
        below: list[Any] = []
        for node in here:
            members = node.values() if type(node) is dict else node
            below += [member for member in members if type(member) is dict or type(member) is list]
        here = below
    return level


def _duplicates(source: SourceText, text: str, *, strict: bool) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    stack: list[set[str] | None] = []
    awaits_key = False
    for match in _TOKEN.finditer(text):
        piece = match[0]
        if piece == "{":
            stack.append(set())
            awaits_key = True
        elif piece == "[":
            stack.append(None)
        elif piece in "}]":
            if stack:
                stack.pop()
            awaits_key = False
        elif piece == ",":
            awaits_key = bool(stack) and stack[-1] is not None
        elif awaits_key and stack:
            keys = stack[-1]
            if keys is not None:
                key = json.loads(piece, strict=False)
                if key in keys:
                    # To find a pointer is to read the text up to it: nobody reads the thousandth one.
                    place = locate if len(found) < _MOST_POINTERS else SourceText.where
                    found.append(duplicate(key, place(source, match.start()), strict=strict))
                keys.add(key)
            awaits_key = False
    return found
