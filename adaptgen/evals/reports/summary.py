"""What all forms of the report show: counts per layer, one row per case, totals, and which tool was taken for which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import comb
from typing import TypeVar

from adaptgen.evals.model import Case, CaseScore, Check, EvalResult, Layer, State
from adaptgen.model.tables import value

_N = TypeVar("_N", int, float)

STATES: tuple[State, ...] = ("failed", "stale", "not run", "passed")
"""The worst first."""


@value()
class LayerCount:
    """How many checks of a layer ended how."""

    layer: Layer
    passed: int
    failed: int
    stale: int
    not_run: int

    @property
    def total(self) -> int:
        return self.passed + self.failed + self.stale + self.not_run


@value()
class CaseRow:
    """One case with its checks in every layer. ``state``: the worst of theirs."""

    case: Case
    state: State
    layers: tuple[tuple[Layer, State], ...]
    checks: tuple[Check, ...]
    score: CaseScore | None


@value()
class Totals:
    """Means over the cases that have a figure, and sums; None where no case has one. ``pass_k``: k -> the chance that k
    runs of a case in a row all pass."""

    precision: float | None
    recall: float | None
    arguments: float | None
    turns: float | None
    bytes: int | None
    tokens: int | None
    cost: float | None
    pass_k: tuple[tuple[int, float], ...]


@value()
class Confusion:
    """``expected`` names the rows, ``called`` the columns; "" stands for no tool. ``counts`` are by row."""

    expected: tuple[str, ...]
    called: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@value()
class Summary:
    """``others``: checks that are of no case (of tools, in L0)."""

    layers: tuple[LayerCount, ...]
    cases: tuple[CaseRow, ...]
    others: tuple[Check, ...]
    totals: Totals
    confusion: Confusion


def summarize(result: EvalResult) -> Summary:
    """``result``, added up."""
    scores = {one.case: one for one in result.scores}
    by_case: dict[str, list[Check]] = {one.id: [] for one in result.cases}
    others: list[Check] = []
    for check in result.checks:
        own = by_case.get(check.subject) if check.layer != "L0" else None
        (others if own is None else own).append(check)
    rows = tuple(_row(case, by_case[case.id], scores.get(case.id)) for case in result.cases)
    return Summary(
        tuple(_count(layer, result.checks) for layer in result.layers),
        rows,
        tuple(others),
        _totals(result.scores),
        confusion(result.scores),
    )


def worst(states: Iterable[State]) -> State:
    """The worst of some states; ``not run`` of none."""
    found = {*states}
    return next((one for one in STATES if one in found), "not run")


def percent(share: float) -> int:
    """A share of 1 as a whole percentage. It is rounded down: only what is whole is 100 %."""
    return int(share * 100 + 1e-9)


def pass_k(trials: Sequence[tuple[int, int]]) -> tuple[tuple[int, float], ...]:
    """For each k up to the fewest runs of a case: the mean over the cases of C(passes, k) / C(runs, k), the unbiased
    estimate of the chance that k runs in a row all pass."""
    runs = [one for one in trials if one[1] > 0]
    most = min((number for _, number in runs), default=0)
    return tuple(
        (k, sum(comb(passed, k) / comb(number, k) for passed, number in runs) / len(runs)) for k in range(1, most + 1)
    )


def confusion(scores: Iterable[CaseScore]) -> Confusion:
    """Which tool was called where which was expected. Names in order, "" last."""
    counts = Counter(pair for one in scores for pair in one.tools)
    expected = _names(first for first, _ in counts)
    called = _names(second for _, second in counts)
    return Confusion(expected, called, tuple(tuple(counts[row, column] for column in called) for row in expected))


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*names}, key=lambda name: (not name, name)))


def _row(case: Case, checks: list[Check], score: CaseScore | None) -> CaseRow:
    by_layer: dict[Layer, list[State]] = {}
    for one in checks:
        by_layer.setdefault(one.layer, []).append(one.state)
    layers = tuple((layer, worst(by_layer[layer])) for layer in sorted(by_layer))
    return CaseRow(case, worst(one.state for one in checks), layers, tuple(checks), score)


def _count(layer: Layer, checks: Iterable[Check]) -> LayerCount:
    states = Counter(one.state for one in checks if one.layer == layer)
    return LayerCount(layer, states["passed"], states["failed"], states["stale"], states["not run"])


def _totals(scores: Sequence[CaseScore]) -> Totals:
    return Totals(
        _mean(one.precision for one in scores),
        _mean(one.recall for one in scores),
        _mean(one.arguments for one in scores),
        _mean(one.turns for one in scores),
        _sum(one.bytes for one in scores),
        _sum(one.tokens for one in scores),
        _sum(one.cost for one in scores),
        pass_k([one.trials for one in scores if one.trials is not None]),
    )


def _mean(figures: Iterable[float | None]) -> float | None:
    known = [one for one in figures if one is not None]
    return sum(known) / len(known) if known else None


def _sum(figures: Iterable[_N | None]) -> _N | None:
    known = [one for one in figures if one is not None]
    return sum(known[1:], known[0]) if known else None
