"""Comparing what an API answered with what an agent asked for, as a person would.

APIs write one thing in several ways: ``173500``, ``"173500.00"``; ``2026-03-31``, ``2026-03-31T15:00:00Z``; ``ACTIVE``
and ``Active``. Numbers compare as numbers, also where one side is a numeric string; dates and moments (ISO 8601) as
dates; other text whatever its case. What cannot be compared is neither equal nor before nor behind.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from adaptgen.mcp.json_text import read_decimal
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json
from adaptgen.syntax import field_paths as fields

_NUMBER = lazy(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?")
_MOMENT = lazy(
    r"(\d{4})-(\d\d)(?:-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?([Zz]|[+-]\d\d(?::?\d\d)?)?)?)?",
    re.ASCII,
)


_EPOCH: Final = datetime(1970, 1, 1)
_SECOND: Final = 1_000_000_000
OPERATORS: Final = ("=", "!=", ">", ">=", "<", "<=", "contains", "in")
_ALIASES: Final = {"==": "=", "eq": "=", "ne": "!=", "<>": "!=", "gt": ">", "gte": ">=", "ge": ">=", "lt": "<",
                   "lte": "<=", "le": "<="}  # fmt: skip
_DEEPEST: Final = 8


def read_operator(name: str) -> str:
    """The operator that ``name`` spells, or ``name`` in lower case."""
    plain = name.strip().lower().removeprefix("$")
    return _ALIASES.get(plain, plain)


def flatten_conditions(where: Mapping[str, Json]) -> dict[str, Json]:
    """``where`` with a path for each condition: ``{"owner": {"name": "Ada"}}`` is ``{"owner.name": "Ada"}``. An object
    in which any key is an operator is a comparison, and stays.
    """
    return dict(_conditions("", where, 0))


def _names_fields(said: Mapping[str, Json]) -> bool:
    """Whether the keys of an object are names of fields and no operators."""
    names = [str(key) for key in said]
    fit = all(name[:1].isalpha() or name[:1] == "_" for name in names)
    return bool(names) and fit and not any(read_operator(name) in OPERATORS for name in names)


def _conditions(start: str, where: Mapping[str, Json], depth: int) -> Iterator[tuple[str, Json]]:
    for name, said in where.items():
        # The first names are paths; those within an object are keys as the record has them, or paths below it.
        path = fields.join(start, str(name)) if start else str(name)
        if isinstance(said, Mapping) and depth < _DEEPEST and _names_fields(said):
            yield from _conditions(path, said, depth + 1)
        else:
            yield path, said


class Moment(NamedTuple):
    """``parts``: year and month, and the day where it is said, in the place's own time; ``instant``: nanoseconds since
    the epoch where a time of day is said (without an offset it is UTC)."""

    parts: tuple[int, ...]
    instant: int | None

    def order(self) -> int:
        """The moment as a number; a day is its midnight in UTC."""
        return _midnight(self) if self.instant is None else self.instant


def fold(text: str) -> str:
    """``text`` as it is compared: in NFC, whatever its case (Unicode, 3.13)."""
    return text.casefold() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


def parse_number(value: Json) -> int | Decimal | None:
    """The number that ``value`` is or plainly spells, with all its digits; None for all others, true and false among
    them."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return read_decimal(value)
    if isinstance(value, str) and value and (value[0].isdigit() or value[0] in "+-") and _NUMBER.fullmatch(value):
        return int(value) if value.lstrip("+-").isdigit() else Decimal(str(value))
    return None


def parse_moment(value: Json) -> Moment | None:
    """The month, day or moment that ``value`` spells (``2026-03``, ``2026-03-31``, ``2026-03-31T15:00:00Z``)."""
    if not isinstance(value, str) or not 7 <= len(value) <= 40:
        return None
    found = _MOMENT.fullmatch(str(value))
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        whole = datetime(int(year), int(month), int(day or 1), int(hour or 0), int(minute or 0))
    except ValueError:
        return None
    parts = (whole.year, whole.month, whole.day)[: 3 if day else 2]
    if hour is None:
        return Moment(parts, None)
    seconds = _seconds(whole) + int(second or 0)
    if offset and offset not in "Zz":
        digits = offset[1:].replace(":", "")
        away = int(digits[:2]) * 3600 + int(digits[2:] or 0) * 60
        seconds -= -away if offset[0] == "-" else away
    return Moment(parts, seconds * _SECOND + int((fraction or "").ljust(9, "0")))


class Operand:
    """One value that an agent compares with, read once."""

    __slots__ = ("moment", "number", "text", "value")

    def __init__(self, value: Json) -> None:
        """``value``: a JSON scalar or null."""
        self.value = value
        self.number = parse_number(value)
        self.moment = parse_moment(value)
        self.text = fold(str(value)) if isinstance(value, str) else None

    def equals(self, there: Json) -> bool:
        """Whether ``there`` is this value."""
        wanted = self.value
        if wanted is None or there is None:
            return wanted is None and there is None
        if isinstance(wanted, bool) or isinstance(there, bool):
            return _said(wanted) == _said(there)
        if not isinstance(there, (str, int, float)):
            return False
        if isinstance(wanted, str) and isinstance(there, str):
            if self.text == fold(there):
                return True
            return self.moment is not None and (other := parse_moment(there)) is not None and self._against(other) == 0
        return self.number is not None and self.number == parse_number(there)

    def is_same(self, there: Json) -> bool:
        """Whether ``there`` is this value whole: a month is not one of its days."""
        if isinstance(self.value, str) and isinstance(there, str):
            return self.text == fold(there)
        return self.equals(there)

    def order(self, there: Json) -> int | None:
        """-1 where ``there`` lies before this value, 0 where they are equal, 1 behind it; None where they are of
        kinds that have no order."""
        if self.value is None or there is None or isinstance(self.value, bool) or isinstance(there, bool):
            return None
        if self.number is not None:
            other = parse_number(there)
            return None if other is None else (other > self.number) - (other < self.number)
        if not isinstance(there, str):
            return None
        if self.moment is not None:
            then = parse_moment(there)
            return None if then is None else self._against(then)
        said = fold(there)
        assert self.text is not None
        return (said > self.text) - (said < self.text)

    def within(self, there: Json) -> bool:
        """Whether this value, as text, is in ``there``."""
        if there is None or isinstance(there, bool) or not isinstance(there, (str, int, float)):
            return False
        return fold(str(self.value)) in fold(str(there))

    @property
    def is_word(self) -> bool:
        """Whether it spells neither a number nor a date."""
        return isinstance(self.value, str) and self.number is None and self.moment is None

    def may_equal(self, there: Json) -> bool:
        """Whether ``there``, which is not null, is of a kind that this value could be equal to: a word is neither
        a number nor a date, and true and false are neither."""
        if self.value is None or self.value == "":
            return True
        if isinstance(self.value, bool) or isinstance(there, bool):
            return _said(self.value) is not None and _said(there) is not None
        if isinstance(there, (int, float)):
            return self.number is not None
        if not isinstance(there, str):
            return False
        if not isinstance(self.value, str):
            return parse_number(there) is not None
        if self.moment is None and parse_moment(there) is not None:
            return False
        return parse_number(there) is None or any(map(str.isdigit, self.value))

    def may_precede(self, there: Json) -> bool:
        """Whether this value and ``there`` are of kinds that have an order: a word has none with numbers and dates."""
        if self.is_word and (parse_number(there) is not None or parse_moment(there) is not None):
            return False
        return self.order(there) is not None

    def may_be_within(self, there: Json) -> bool:
        """Whether this value could be a part of one like ``there``: letters are in no number and no date."""
        if isinstance(there, bool):
            return False
        if parse_number(there) is None and parse_moment(there) is None:
            return True
        return not any(one.isalpha() and one not in "tze" for one in fold(str(self.value)))

    def _against(self, there: Moment) -> int:
        """As precisely as the agent asked: a day against a moment of it is equal."""
        wanted = self.moment
        assert wanted is not None
        if wanted.instant is None:
            one = there.parts[: len(wanted.parts)]
            other = wanted.parts[: len(one)]
            return (one > other) - (one < other)
        at = there.order()
        return (at > wanted.instant) - (at < wanted.instant)


def _midnight(day: Moment) -> int:
    year, month, date = (*day.parts, 1)[:3]
    return _seconds(datetime(year, month, date)) * _SECOND


def _seconds(whole: datetime) -> int:
    return int((whole - _EPOCH).total_seconds())


def _said(value: Json) -> bool | None:
    """The truth value that ``value`` is or spells."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.casefold()) if isinstance(value, str) else None


# ------------------------------------------------------------------------------------------------------------- order

_LAST: Final = (3,)


def sort_keys(values: list[list[Json]], *, descending: bool) -> list[tuple[Any, ...]]:
    """A key for each item, smallest first, by its values at one path. Numbers where all of them are, else dates where
    all are, else text; of several the smallest counts (``descending``: the largest), and none comes last.
    """
    known = [one for held in values for one in held if one is not None]
    read: Any = _text
    for attempt in (parse_number, _instant):
        if known and all(attempt(one) is not None for one in known):
            read = attempt
            break
    made: list[tuple[Any, ...]] = []
    for held in values:
        ranked = sorted((read(one) for one in held if one is not None), reverse=descending)
        made.append((0, _Down(ranked[0]) if descending else ranked[0]) if ranked else _LAST)
    return made


def _instant(value: Json) -> int | None:
    read = parse_moment(value)
    return None if read is None else read.order()


def _text(value: Json) -> tuple[int, Any]:
    """Of mixed values numbers come first, then true and false, then text."""
    if isinstance(value, bool):
        return 1, value
    if isinstance(value, (int, float)):
        return 0, parse_number(value) or 0
    return 2, fold(str(value))


class _Down:
    """A key in the opposite order; a sort by it stays stable."""

    __slots__ = ("_key",)

    def __init__(self, key: Any) -> None:
        self._key = key

    def __lt__(self, other: _Down) -> bool:
        return bool(other._key < self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Down) and bool(self._key == other._key)

    __hash__ = None  # type: ignore[assignment]
