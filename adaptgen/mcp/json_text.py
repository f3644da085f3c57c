"""JSON to values and back, compact; no number loses a digit.

A number that a double does not hold is an :class:`ExactNumber` and is written as it was read. Looking for such numbers
costs a fraction of reading the text; only text that has some is read by the slower parser.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import orjson

MAX_DEPTH = 100
"""Arrays and objects in each other that a message may hold: what searches it recurses."""

_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)
_RUNS = bytes.maketrans(b"123456789.", b"0" * 10)
_SURE = 15
"""Digits of a decimal that a double always holds."""
_SPLITS = (rb"(?<=[0-9]{%d}\.)[0-9]{%d}" % (_SURE + 1 - behind, behind) for behind in range(1, _SURE + 1))
_LONG_DECIMAL = re.compile(rb"\.(?:(?=[0-9]{8})|(?<=[0-9]{8}\.))(?:" + b"|".join(_SPLITS) + rb")")
"""More digits than :data:`_SURE` around a point: at least eight before or behind it."""
_TINY = tuple(re.compile(letter + rb"-[0-9]{3,}(?=[\s,}\]]|\Z)") for letter in (b"e", b"E"))
_LONGEST_INTEGER = 2**64


def loads(text: str | bytes) -> Any:
    """The value of JSON text (bytes: UTF-8 without a byte order mark), else ValueError."""
    try:
        if not has_long_number(text.encode(errors="replace") if isinstance(text, str) else text):
            return orjson.loads(text)
    except orjson.JSONDecodeError:  # among others, a number beyond all doubles
        pass
    return loads_exact(text if isinstance(text, str) else text.decode(), parse_constant=_refuse)


class ExactNumber(float):
    """A number that a double does not hold, or writes in another way; ``text`` is the number as it is written."""

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> ExactNumber:
        """``text``: of a JSON number."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __repr__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (int, float)):
            return False
        return read_decimal(self) == read_decimal(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = float.__hash__

    def __reduce__(self) -> tuple[type[ExactNumber], tuple[str]]:
        return ExactNumber, (self.text,)

    def is_integer(self) -> bool:
        """No: as an integer, the double would be another number."""
        return False


def read_decimal(number: float) -> Decimal | None:
    """The decimal that a number was written as; None where it is not finite, or too far from all others."""
    text = number.text if isinstance(number, ExactNumber) else repr(+number)
    try:
        decimal = Decimal(text)
    except InvalidOperation:
        return None
    return decimal if decimal.is_finite() else None


def spell_exact_numbers(value: Any) -> Any:
    """A copy of ``value`` with texts in place of numbers that a double does not hold, for other writers of JSON."""
    if isinstance(value, dict):
        return {key: spell_exact_numbers(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [spell_exact_numbers(element) for element in value]
    return value.text if isinstance(value, ExactNumber) else value


def loads_exact(text: str, *, as_written: bool = False, parse_constant: Callable[[str], Any] | None = None) -> Any:
    """The value of JSON text, else ValueError. ``as_written``: any number is written as here, 1.10 too;
    ``parse_constant``: of NaN and Infinity, which otherwise are numbers."""
    parse = _read_as_written if as_written else _read_exact
    try:
        return json.loads(text, parse_float=parse, parse_constant=parse_constant)
    except RecursionError:
        raise ValueError("too deep") from None


def _read_as_written(text: str) -> float:
    value = float(text)
    return value if repr(value) == text else ExactNumber(text)


def _read_exact(text: str) -> float:
    value = float(text)
    if repr(value) == text:
        return value
    exact = ExactNumber(text)
    decimal = read_decimal(exact)
    return value if decimal is not None and decimal == read_decimal(value) else exact


def loads_strict(text: str) -> Any:
    """As :func:`loads`, of text that can be written again: without infinite numbers and halves of surrogate pairs."""
    value = orjson.loads(text)
    return loads(text) if has_long_number(text.encode()) else value


def dumps(value: Any) -> str:
    try:
        return write_exactly(value).decode()
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def decode(data: bytes) -> Any:
    """The value of a JSON message; ValueError for what is not valid, or nested deeper than :data:`MAX_DEPTH`."""
    value = orjson.loads(data)
    if is_too_deep(data, value):
        raise ValueError("nested too deeply")
    return loads_exact(data.decode()) if has_long_number(data) else value


def encode(value: Any) -> bytes:
    """A JSON message; TypeError or ValueError for a value that cannot be written as JSON."""
    try:
        return write_exactly(value)
    except TypeError:  # halves of surrogate pairs
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode(errors="replace")


def write_exactly(value: Any) -> bytes:
    """Compact JSON in UTF-8, numbers as they were read; TypeError for what orjson cannot write."""
    try:
        return orjson.dumps(value, default=_write)
    except TypeError:
        return orjson.dumps(_with_written_numbers(value))


def _write(value: Any) -> Any:
    """What orjson writes for a number of a class of its own."""
    if isinstance(value, ExactNumber):
        return orjson.Fragment(value.text)
    if isinstance(value, float):
        return float(value)
    raise TypeError


def _with_written_numbers(value: Any) -> Any:
    """A copy of ``value`` with the numbers that orjson refuses as they are written: integers of more than 64 bits."""
    if isinstance(value, dict):
        return {key: _with_written_numbers(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_written_numbers(element) for element in value]
    if isinstance(value, int) and not -_LONGEST_INTEGER // 2 <= value < _LONGEST_INTEGER:
        return orjson.Fragment(str(int(value)))
    return _write(value) if isinstance(value, float) else value


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
    """Whether orjson may have rounded a number of ``data``: an integer of more than 19 digits with its sign (an id
    would become that of something else), a decimal of more than 15, or one next to zero.

    Every fourth byte shows that most text has none; a regular expression would take longer than the parser.
    """
    if b"0000" in data[::4].translate(_RUNS):  # the fewest of 16 digits in a row, with a point among them
        zeros = data.translate(_ZEROS)
        if b"0" * 20 in zeros or b"-" + b"0" * 19 in zeros or any(f"{'0' * 16}{e}".encode() in zeros for e in "eE"):
            return True
        if _LONG_DECIMAL.search(data) is not None:
            return True
    return any(tiny.search(data) for tiny in _TINY)


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
    value = _read_exact(number)
    return value if math.isfinite(value) else _refuse(number)


_UNIQUE = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite)
