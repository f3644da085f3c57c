"""Chance for the seed: the same choices in every process, on every platform, in every Python."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

TODAY = date(2026, 2, 16)


class Dice:
    """Choices from ``Random.random`` alone, the one method whose sequence Python promises to keep."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311  no secret comes of it

    def number(self, low: int, high: int) -> int:
        return low + int(self._random.random() * (high - low + 1))

    def pick(self, values: Sequence[T]) -> T:
        return values[self.number(0, len(values) - 1)]

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def day(self, first: date, days: int) -> date:
        return first + timedelta(days=self.number(0, days))


def udf(dice: Dice) -> str:
    return json.dumps(
        {f"udf_{n:02d}": dice.pick((None, None, "N/A", "", "0", "migr.", "X", str(n * 37))) for n in range(1, 13)}
    )


def audit(dice: Dice) -> tuple[Any, ...]:
    created = dice.day(date(2009, 11, 14), 5000)
    changed = created + timedelta(days=dice.number(0, (TODAY - created).days))
    who = (f"u{dice.number(1, 24):03d}", f"u{dice.number(1, 24):03d}")
    return udf(dice), 1, who[0], f"{created}T08:15:00Z", who[1], f"{changed}T16:40:00Z"


def iban(dice: Dice, country: str) -> str:
    return f"{country}00" + "".join(str(dice.number(0, 9)) for _ in range(18))


def phone(dice: Dice) -> str:
    return f"+1-555-{dice.number(0, 9999):04d}"


def national_id(dice: Dice) -> str:
    return f"000-{dice.number(10, 99)}-{dice.number(1000, 9999)}"
