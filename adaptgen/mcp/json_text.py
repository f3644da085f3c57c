"""JSON text to values and back, compact; also for numbers that 64 bits do not hold."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

_LONG = re.compile(r"[0-9]{19}")
"""Where it may be a number, orjson would make it a float."""


def loads(text: str) -> Any:
    """The value of JSON text.

    Raises:
        ValueError: it is none.
    """
    try:
        if _LONG.search(text) is None:
            return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("too deep") from None


class DuplicateKeyError(ValueError):
    """A key stands twice in one object: two readers would see two values (RFC 8259, 4; RFC 7493, 2.3)."""


def loads_unique(text: str) -> Any:
    """The value of JSON text in which no object has two members of one name, however they are written.

    Raises:
        ValueError: it is none.
        DuplicateKeyError: a key stands twice.
    """
    try:
        return _UNIQUE.decode(text)
    except RecursionError:
        raise ValueError("too deep") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise DuplicateKeyError("a key stands twice in one object")
    return members


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON (RFC 8259, 6)")


def dumps(value: Any) -> str:
    """``value`` as compact JSON."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_UNIQUE = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse)
