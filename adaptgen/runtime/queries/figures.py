"""Sums, averages, smallest and largest values: exact, or refused.

Numbers are added as decimals, from the digits that the API wrote. A text counts as a number only if it is a plain one
(``1234.50``): what ``1.234,50`` means depends on a locale, so one such value refuses the question.
Nulls, missing values and empty texts are left out, as SQL leaves them out, and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Context, Decimal, DecimalException, DivisionByZero, Inexact, InvalidOperation, Overflow
from typing import Any, Final

from adaptgen.mcp.json_text import ExactNumber
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.pii.tagged_values import Tagged
from adaptgen.runtime.queries.comparison import parse_moment, parse_number
from adaptgen.runtime.queries.filters import Field, Figure, Question

_THOUSANDS: Final = lazy(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")
_EXACTLY: Final = Context(prec=2500, traps=[Inexact, InvalidOperation, Overflow])
"""Holds the sum of the largest and the smallest number that a float has, or a text may spell."""
_DIVISION: Final = Context(prec=40, traps=[InvalidOperation, DivisionByZero])
_SURE: Final = 15
"""Digits of a decimal that a float always holds."""
_FAR: Final = 40
"""The largest exponent that is written out in digits."""


def _read_decimal(value: Json) -> Decimal | None:
    """The number that ``value`` is, or plainly spells; None for all others."""
    number = parse_number(value)
    return None if number is None else Decimal(number)


def write_number(number: Decimal) -> Json:
    """``number`` as JSON: an integer, a float that has the same digits, or else its text."""
    if not number:
        return 0
    if abs(number.adjusted()) <= _FAR and number == number.to_integral_value(context=_EXACTLY):
        return int(number)
    near = float(number)
    if Decimal(repr(near)) == number:
        return near
    plain = number.normalize(_EXACTLY)
    return format(plain, "f") if abs(number.adjusted()) <= _FAR else str(plain)


class Column:
    """What is known of all values at one path that ``sum``, ``avg``, ``min`` or ``max`` names."""

    def __init__(self, field: Field, names: Sequence[str]) -> None:
        self.field = field
        self.names = frozenset(names)
        self._place = f"`{names[0]}`: `{field.said}`"
        self._kind = ""
        self._missing = 0
        self._plain = False
        self._thousands = 0
        self.binary = False
        """Whether the API writes floats as they come (0.30000000000000004): then a sum is given as a float too."""

    def read(self, values: Iterable[Json]) -> list[tuple[Any, Json]]:
        """As :meth:`parse`, of one item; those without a value are counted."""
        found = self.parse(values)
        self._missing += not found
        return found

    def parse(self, values: Iterable[Json]) -> list[tuple[Any, Json]]:
        """The numbers and moments among values, each with the value itself.

        Raises:
            ToolError: one of them is neither, or of another kind than those before.
        """
        found: list[tuple[Any, Json]] = []
        for value in values:
            if value is None or (isinstance(value, str) and not value.strip()):
                continue
            kind = "number"
            key: Any = _read_decimal(value)
            if key is None:
                moment = parse_moment(value)
                if moment is None:
                    raise self._not_read(value)
                kind, key = "date", moment.order()
            elif isinstance(value, float) and not isinstance(value, ExactNumber):
                self.binary = self.binary or len(key.as_tuple().digits) > _SURE
            elif isinstance(value, str) and "." in value:
                self._thousands += bool(_THOUSANDS.fullmatch(value))
                self._plain = self._plain or not _THOUSANDS.fullmatch(value)
            if kind != (self._kind or kind):
                raise ToolError(f"{self._place} holds numbers and dates; they cannot be compared with each other.")
            self._kind = kind
            found.append((key, value))
        if found and self._kind == "date" and not self.names <= {"min", "max"}:
            raise ToolError(f"`{self.field.said}` holds dates: they have `min` and `max`, and no `sum` or `avg`.")
        return found

    def _not_read(self, value: Json) -> ToolError:
        if isinstance(value, bool):
            what = "true or false; count them with `group_by`"
        elif isinstance(value, str):
            what = (
                "a text that is neither a plain number (1234.50) nor an ISO date; other forms, such as 1.234,50, are "
                "not read, because what they mean depends on the locale"
            )
        else:
            what = "a value that is not a number"
        more = " Leave such items out with `where`, or `sort` by the field." if isinstance(value, str) else ""
        return ToolError(f"{self._place} holds {what}.{more}")

    def note(self, items: int) -> str:
        """What the agent should know about the values of ``items`` items."""
        said = []
        if 0 < self._missing < items:
            said.append(f"`{self.field.said}` has no value in {self._missing} of {items} items, which are left out.")
        if self._thousands and not self._plain:
            said.append(
                f"The values of `{self.field.said}` are texts such as 1.234: they were read as decimals, with the "
                "point before the fraction."
            )
        return " ".join(said)

    def partial(self) -> Json:
        """What is known so far, for a cursor."""
        return [self._kind, self._missing, self._plain, self._thousands, self.binary]

    def resume(self, part: Json) -> None:
        """Continue from what :meth:`partial` returned."""
        self._kind, self._missing, self._plain, self._thousands, self.binary = part


class Cell:
    """The values of one column in one group."""

    __slots__ = ("count", "high", "low", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = Decimal(0)
        self.low: tuple[Any, Json] | None = None
        self.high: tuple[Any, Json] | None = None

    def add(self, values: Iterable[tuple[Any, Json]], names: frozenset[str]) -> None:
        """Add what :meth:`Column.read` returned, for the functions called ``names``.

        Raises:
            ToolError: the sum has more digits than are kept.
        """
        for one in values:
            self.count += 1
            if "sum" in names or "avg" in names:
                try:
                    self.total = _EXACTLY.add(self.total, one[0])
                except DecimalException:
                    raise ToolError("The numbers are too far apart to be added exactly.") from None
            if "min" in names and (self.low is None or one[0] < self.low[0]):
                self.low = one
            if "max" in names and (self.high is None or one[0] > self.high[0]):
                self.high = one

    def order(self, function: str) -> Any:
        """What groups are ordered by; None without a value."""
        if not self.count:
            return None
        if function in ("min", "max"):
            held = self.low if function == "min" else self.high
            return held[0] if held else None
        return self.total if function == "sum" else _DIVISION.divide(self.total, Decimal(self.count))

    def shown(self, function: str, *, binary: bool) -> Json:
        """The figure in the answer; null without a value, as in SQL. ``binary``: a sum is rounded to a float."""
        if not self.count:
            return None
        if function in ("min", "max"):
            held = self.low if function == "min" else self.high
            return _as_written(held[1]) if held else None
        if function == "sum":
            return _as_float(self.total) if binary else write_number(self.total)
        return _as_float(_DIVISION.divide(self.total, Decimal(self.count)))

    def partial(self) -> Json:
        """The cell, for a cursor."""
        return [self.count, str(self.total), _packed(self.low), _packed(self.high)]

    def resume(self, part: Json) -> None:
        """Continue from what :meth:`partial` returned."""
        count, total, low, high = part
        self.count, self.total = count, Decimal(total)
        self.low, self.high = _unpacked(low), _unpacked(high)


def columns_of(question: Question) -> list[Column]:
    """One column for each path that a figure of ``question`` names."""
    names: dict[Field, list[str]] = {}
    for one in question.figures:
        names.setdefault(one.field, []).append(one.function)
    return [Column(field, of) for field, of in names.items()]


def heading(figure: Figure) -> str:
    """The name of a figure among the columns of an answer."""
    return f"{figure.function}({figure.field.said})"


def _as_float(number: Decimal) -> Json:
    """The float that is nearest."""
    if abs(number.adjusted()) > 300:
        return str(number)
    near = float(number)
    return int(near) if near.is_integer() and abs(near) < 2**53 else near


def _as_written(value: Json) -> Json:
    return write_number(Decimal(value.text)) if isinstance(value, ExactNumber) else value


def _packed(held: tuple[Any, Json] | None) -> Json:
    if held is None:
        return None
    value = held[1]
    if isinstance(value, float) and not isinstance(value, Tagged):
        return ["float", value.text if isinstance(value, ExactNumber) else repr(value)]
    return ["", value]


def _unpacked(part: Json) -> tuple[Any, Json] | None:
    if part is None:
        return None
    form, value = part
    if form:
        near = float(value)
        value = near if Decimal(repr(near)) == Decimal(value) else ExactNumber(value)
    key: Any = _read_decimal(value)
    if key is None:
        moment = parse_moment(value)
        assert moment is not None
        key = moment.order()
    return key, value
