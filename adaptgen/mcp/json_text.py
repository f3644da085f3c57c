"""JSON to values and back, compact; also for numbers that 64 bits do not hold."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Any, NoReturn

import orjson

MAX_DEPTH = 100
"""Arrays and objects in each other that a message may hold: what searches it recurses."""

_FAR = re.compile(rb"[0-9][eE][+-]?[0-9]{3}")
_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)


def loads(text: str | bytes) -> Any:
    """The value of JSON text (bytes: UTF-8 without a byte order mark), else ValueError."""
    try:
        if not has_long_number(text.encode(errors="replace") if isinstance(text, str) else text):
            return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:  # of bytes, json would guess the encoding
        return json.loads(text if isinstance(text, str) else text.decode(), parse_constant=_refuse)
    except RecursionError:
        raise ValueError("too deep") from None


class ExactNumber(float):
    """A number with more digits than a float holds; ``text`` is the number as it is written."""

    __slots__ = ("text",)

    def __new__(cls, text: str) -> ExactNumber:
        """``text``: of a JSON number."""
        made = super().__new__(cls, text)
        made.text = text
        return made

    text: str


def loads_exact(text: str) -> Any:
    """The value of JSON text; a number that a float would round is an :class:`ExactNumber`. NaN and Infinity are read
    too."""
    try:
        return json.loads(text, parse_float=_exact)
    except RecursionError:
        raise ValueError("too deep") from None


def has_long_decimal(data: bytes) -> bool:
    """Whether a number of ``data`` may have more digits than a float holds (15 are always exact)."""
    return b"0" * 16 in data.translate(_ZEROS, b".") or _FAR.search(data) is not None


def _exact(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) and Decimal(repr(value)) == Decimal(text) else ExactNumber(text)


def loads_strict(text: str) -> Any:
    """As :func:`loads`, of text that can be written again: without infinite numbers and halves of surrogate pairs."""
    value = orjson.loads(text)
    return loads(text) if has_long_number(text.encode()) else value


def dumps(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def decode(data: bytes) -> Any:
    """The value of a JSON message; ValueError for what is not valid, or nested deeper than :data:`MAX_DEPTH`."""
    value = orjson.loads(data)
    if is_too_deep(data, value):
        raise ValueError("nested too deeply")
    if has_long_number(data):
        try:
            return json.loads(data)
        except RecursionError:
            raise ValueError("nested too deeply") from None
    return value


def encode(value: Any) -> bytes:
    """A JSON message; TypeError or ValueError for a value that cannot be written as JSON."""
    try:
        return orjson.dumps(value)
    except TypeError:  # integers of more than 64 bits
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode(errors="replace")


def as_object(value: Any) -> dict[str, Any]:
    """``value`` where it is an object, else an empty one: what others send may be anything."""
    return value if isinstance(value, dict) else {}


def loads_or_none(text: str) -> Any:
    """The value of JSON text; None where it is not JSON."""
    try:
        return loads(text)
    except ValueError:
        return None


def has_long_number(data: bytes) -> bool:
    """Whether orjson may have rounded an integer of ``data`` to a float: an id would become that of something else.

    64 bits hold all integers of 19 digits, without a sign. A regular expression would take longer than the parser.
    """
    if b"0000" not in data[::4].translate(_ZEROS):  # the fewest of 19 digits in a row
        return False
    zeros = data.translate(_ZEROS)
    return b"0" * 20 in zeros or b"-" + b"0" * 19 in zeros


def is_too_deep(data: bytes, value: Any) -> bool:
    """Whether ``value``, which was read from ``data``, nests deeper than :data:`MAX_DEPTH`."""
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return False
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


class DuplicateKeyError(ValueError):
    """A key occurs twice in one object: two readers would see two values (RFC 8259, 4; RFC 7493, 2.3)."""


def loads_unique(text: str) -> Any:
    """As :func:`loads`, of text in which no number is infinite and no object has two members of one name, however they
    are written (DuplicateKeyError)."""
    try:
        return _UNIQUE.decode(text)
    except RecursionError:
        raise ValueError("too deep") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise DuplicateKeyError("a key occurs twice in one object")
    return members


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant[:20]} is not JSON (RFC 8259, 6)")


def _finite(number: str) -> float:
    value = float(number)
    return value if math.isfinite(value) else _refuse(number)


_UNIQUE = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite)
