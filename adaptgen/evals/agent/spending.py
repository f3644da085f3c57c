"""What tokens cost, and when a run must stop."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adaptgen.config.checker import Checker
from adaptgen.config.types import Dialect, Key, MapOf, Number, Table, TextKind
from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.evals.agent.conversation import Usage
from adaptgen.model.tables import value
from adaptgen.text.files import read_file
from adaptgen.text.locations import SourceMap
from adaptgen.text.parse import parse

_CODE = "AG104"
_MILLION = 1_000_000
_MOST = 1_000_000
_AMOUNT = Number(0, _MOST, whole=False)
_PRICES = MapOf(
    Table({
        "input": Key(_AMOUNT, "Per million tokens that are sent", required=True),
        "output": Key(_AMOUNT, "Per million tokens that the model writes", required=True),
        "cached": Key(_AMOUNT, "Per million tokens that are read from a cache; default: as input"),
        "cache_written": Key(_AMOUNT, "Per million tokens that are written into a cache; default: as input"),
    }),
    key="model",
)  # fmt: skip
_DIALECT = Dialect({"model": TextKind(most=300)}, _CODE, _CODE)


@value()
class Price:
    """Per million tokens, in the currency of the table."""

    input: float
    output: float
    cached: float
    cache_written: float

    def of(self, usage: Usage) -> float:
        """What some tokens cost."""
        parts = (
            usage.input * self.input,
            usage.output * self.output,
            usage.cached * self.cached,
            usage.cache_written * self.cache_written,
        )
        return sum(parts) / _MILLION


def read_prices(path: Path) -> Mapping[str, Price]:
    """Prices by model, from a YAML or JSON file: ``MODEL: {input: 3, output: 15}``.

    Raises:
        AdaptgenError: AG001 to AG005, AG104.
    """
    shown = path.as_posix()
    parsed = parse(read_file(path, shown), shown, strict=True)
    checker = Checker(SourceMap(shown, parsed.syntax, path).where, _DIALECT)
    raw: Any = parsed.value if parsed.value is not None else {}
    checker.read(raw, _PRICES, ())
    if checker.errors:
        raise AdaptgenError(*checker.errors)
    return {model: _price(one) for model, one in raw.items()}


def _price(given: Mapping[str, float]) -> Price:
    sent = given["input"]
    return Price(sent, given["output"], given.get("cached", sent), given.get("cache_written", sent))


class Budget:
    """Tokens or money, spent by all conversations of a run. Nothing is asked once it is used up, so the last reply may
    go over it."""

    def __init__(self, tokens: int | None = None, cost: float | None = None) -> None:
        self.tokens = tokens
        self.cost = cost
        self._usage = Usage()
        self._spent = 0.0

    def spend(self, usage: Usage, cost: float | None) -> None:
        """Count one reply."""
        self._usage += usage
        self._spent += cost or 0.0

    @property
    def is_used_up(self) -> bool:
        """Whether nothing more may be asked."""
        over = self.tokens is not None and self._usage.total >= self.tokens
        return over or (self.cost is not None and self._spent >= self.cost)

    def __str__(self) -> str:
        return f"{self.tokens:,} tokens" if self.tokens is not None else f"{self.cost:g}"


def read_budget(text: str, price: Price | None) -> Budget:
    """The budget that a command line names: ``2.50`` is money, ``200000tokens`` and ``200k tokens`` are tokens.

    Raises:
        AdaptgenError: AG104, it is neither, or money without prices.
    """
    found = re.fullmatch(r"\s*([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*(k|m)?\s*(tokens?)?\s*", text, re.IGNORECASE)
    if found is None or (found[2] and not found[3]):
        raise error(_CODE, f"the budget {text[:40]!r} is neither money nor tokens", help="write 2.50, or 200k tokens")
    amount = float(found[1]) * {"k": 1000, "m": _MILLION, "": 1}[(found[2] or "").lower()]
    if found[3]:
        return Budget(tokens=int(amount))
    if price is None:
        help = "name a table of prices: --prices FILE; or write the budget in tokens: --budget '200k tokens'"
        raise error(_CODE, "a budget of money needs the prices of the model", help=help)
    return Budget(cost=amount)
