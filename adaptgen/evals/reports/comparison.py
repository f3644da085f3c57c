"""What a change of the tools did: the same cases on two servers, check by check."""

from __future__ import annotations

from collections.abc import Iterable

from adaptgen.evals.model import Case, CaseScore, Check, EvalResult, Layer, State
from adaptgen.evals.reports.summary import LayerCount, Totals, summarize, worst
from adaptgen.model.tables import Json, value

_Key = tuple[Layer, str, str]
_BAD: frozenset[State] = frozenset(("failed", "stale"))


@value()
class CaseChange:
    """A case that ended otherwise, or whose figures differ. None: it is not on that side."""

    case: Case
    before: State | None
    after: State | None
    score_before: CaseScore | None
    score_after: CaseScore | None


@value()
class Comparison:
    """``against``: how the other server is named. ``failing``: checks that did not fail before; ``passing``: that did;
    ``unchecked``: that passed before and did not run now. ``layers``: counts of each layer before and now."""

    against: str
    before: EvalResult
    after: EvalResult
    failing: tuple[Check, ...]
    passing: tuple[Check, ...]
    unchecked: tuple[Check, ...]
    layers: tuple[tuple[LayerCount, LayerCount], ...]
    cases: tuple[CaseChange, ...]
    totals: tuple[Totals, Totals]

    @property
    def is_regression(self) -> bool:
        """Whether something fails that did not fail before."""
        return bool(self.failing)


def compare(before: EvalResult, after: EvalResult, against: str) -> Comparison:
    """What differs from ``before`` to ``after``. A check that is new and fails is a check that did not fail before."""
    old, new = _states(before.checks), _states(after.checks)
    first, second = summarize(before), summarize(after)
    counts = {one.layer: one for one in first.layers}
    return Comparison(
        against,
        before,
        after,
        tuple(one for key, one in new.items() if one.state in _BAD and not _is_bad(old.get(key))),
        tuple(one for key, one in new.items() if one.state == "passed" and _is_bad(old.get(key))),
        tuple(one for key, one in new.items() if one.state == "not run" and _passed(old.get(key))),
        tuple((counts.get(one.layer, LayerCount(one.layer, 0, 0, 0, 0)), one) for one in second.layers),
        tuple(_cases(before, after)),
        (first.totals, second.totals),
    )


def _states(checks: Iterable[Check]) -> dict[_Key, Check]:
    """Each check by its name; the worst where a subject has several of one name."""
    found: dict[_Key, Check] = {}
    for one in checks:
        key = one.layer, one.subject, one.name
        if key not in found or worst((one.state, found[key].state)) != found[key].state:
            found[key] = one
    return found


def _is_bad(check: Check | None) -> bool:
    return check is not None and check.state in _BAD


def _passed(check: Check | None) -> bool:
    return check is not None and check.state == "passed"


def _cases(before: EvalResult, after: EvalResult) -> Iterable[CaseChange]:
    old = {row.case.id: row for row in summarize(before).cases}
    new = {row.case.id: row for row in summarize(after).cases}
    for name in dict.fromkeys((*new, *old)):
        first, second = old.get(name), new.get(name)
        known = second or first
        if known is None or (first is not None and second is not None and _same(first, second)):
            continue
        yield CaseChange(
            known.case,
            first.state if first is not None else None,
            second.state if second is not None else None,
            first.score if first is not None else None,
            second.score if second is not None else None,
        )


def _same(first: object, second: object) -> bool:
    return all(getattr(first, name) == getattr(second, name) for name in ("state", "score"))


def comparison_json(comparison: Comparison) -> dict[str, Json]:
    """The differences, for ``against`` in the JSON report."""
    from adaptgen.evals.reports.json_report import check_to_json, score_to_json, totals_to_json

    old, new = comparison.totals
    return {
        "name": comparison.against,
        "surface": comparison.before.surface,
        "share": round(comparison.before.share, 6),
        "regression": comparison.is_regression,
        "newly_failing": [check_to_json(one) for one in comparison.failing],
        "newly_passing": [check_to_json(one) for one in comparison.passing],
        "no_longer_run": [check_to_json(one) for one in comparison.unchecked],
        "layers": {
            after.layer: {"before": _count(before), "after": _count(after)} for before, after in comparison.layers
        },
        "totals": {"before": totals_to_json(old), "after": totals_to_json(new)},
        "cases": [
            {
                "id": one.case.id,
                "before": one.before,
                "after": one.after,
                "scores_before": score_to_json(one.score_before),
                "scores_after": score_to_json(one.score_after),
            }
            for one in comparison.cases
        ],
    }


def _count(one: LayerCount) -> dict[str, Json]:
    return {"passed": one.passed, "failed": one.failed, "stale": one.stale, "not_run": one.not_run}


FIGURES = (
    ("precision", True), ("recall", True), ("arguments", True), ("turns", False), ("bytes", False), ("tokens", False),
    ("cost", False),
)  # fmt: skip
"""The figures of a case and of all, and whether more is better."""


def figures(before: CaseScore | Totals | None, after: CaseScore | Totals | None) -> list[tuple[str, str, str]]:
    """(name, before, after) of the figures that differ."""
    rows = []
    for name, is_share in FIGURES:
        first, second = getattr(before, name, None), getattr(after, name, None)
        if first != second:
            rows.append((name, _figure(first, is_share), _figure(second, is_share)))
    return rows


def _figure(figure: float | None, is_share: bool) -> str:
    if figure is None:
        return "-"
    if is_share:
        return f"{figure * 100:.0f} %"
    return f"{figure:,.4f}".rstrip("0").rstrip(".") if isinstance(figure, float) else f"{figure:,}"
