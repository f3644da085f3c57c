"""How each list of an API is paged, within the budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from adaptgen.building.result import BuildResult
from adaptgen.learning.lists.asking import Asker
from adaptgen.learning.lists.observe import says_more
from adaptgen.learning.lists.state import Habit, ListState
from adaptgen.learning.lists.study import FINAL, Study
from adaptgen.learning.model import Experiment, Notebook
from adaptgen.learning.probe import BudgetSpent, Probe
from adaptgen.learning.records import Sample, Samples, samples_of
from adaptgen.learning.targets import Target, addresses, find_targets
from adaptgen.model.tables import Json
from adaptgen.plan.document.schemas import forget

_SHARE = 0.75
"""Of the requests that are left, for lists; the others are for records."""
_SCARCE, _FEW = 80, 2
"""Requests from which on a list is not looked for below many records."""
_DEEP = 3
"""Lists of one habit whose end and largest page are looked at."""


async def learn_lists(result: BuildResult, probe: Probe, notebook: Notebook) -> None:
    """Try the lists of an API, those first that most operations are about, and write down how they are paged. A list
    that was done before is not tried again. Where the budget ends, the rest is not known."""
    try:
        await _Lists(result, probe, notebook).run()
    finally:
        forget(result.document)


class _Lists:
    def __init__(self, result: BuildResult, probe: Probe, notebook: Notebook) -> None:
        self.probe, self.notebook = probe, notebook
        self.targets, _ = find_targets(result, probe)
        self.samples: Samples = samples_of(probe)
        self.habits: list[Habit] = []
        self.unmoved = 0
        self.default = 0
        self.strict = False
        self.floor = int(probe.remaining * (1 - _SHARE))

    async def run(self) -> None:
        for position, target in enumerate(self.targets):
            if self.notebook.find(target.key, FINAL) is not None:
                continue
            if self.probe.remaining <= self.floor:
                self._spent(self.targets[position:])
                return
            try:
                await self._list(target)
            except BudgetSpent:
                self._spent(self.targets[position:])
                return

    async def _list(self, target: Target) -> None:
        if target.missing:
            names = ", ".join(target.missing[:5])
            self._unknown(target, f"not known: it requires {names}, of which no value is known")
            return
        places = list(addresses(target, self.samples))[: _FEW if self.probe.remaining < _SCARCE else None]
        if not places:
            self._unknown(target, "not known: no record is known for its address")
            return
        best: tuple[Asker, ListState] | None = None
        for place in places:
            asker = Asker(target, self.probe, place)
            state = ListState(target, asker, self.notebook, strict=self.strict)
            first = await asker.ask()
            if best is None or first.count > (best[1].first.count if best[1].first is not None else 0):
                state.first = first
                best = asker, state
            if first.count > 1 or len(places) == 1:
                break
        assert best is not None
        await self._study(target, best[1])

    async def _study(self, target: Target, state: ListState) -> None:
        study = Study(state, self._ranked(), thrifty=self.unmoved >= 3, deep=len(self.habits) < _DEEP)
        try:
            habit = await study.run()
        finally:
            self._keep(target, state, study)
        self.strict = self.strict or state.strict
        if habit is not None:
            self.habits.append(habit)
        elif study.customary_tried and not state.is_unstable:
            self.unmoved += 1

    def _ranked(self) -> list[Habit]:
        """One of each habit, the most frequent first."""
        found: dict[tuple[object, ...], list[Habit]] = {}
        for one in self.habits:
            names = tuple((knob.name, knob.place, knob.inside) if knob else None for knob in (one.way.knob, one.size))
            found.setdefault((one.way.style, one.way.first, *names), []).append(one)
        groups = sorted(found.values(), key=len, reverse=True)
        totals = [frozenset(one.total for one in group if one.total is not None) for group in groups]
        fullest = [max(group, key=_completeness) for group in groups]
        return [replace(one, totals=places) for one, places in zip(fullest, totals, strict=True)]

    def _keep(self, target: Target, state: ListState, study: Study) -> None:
        """Keep the largest answer, in memory, for what is learned next."""
        seen = max(state.asker.answers(), key=lambda one: one.count, default=None)
        if seen is None or seen.records is None:
            return
        whole = study.whole
        if whole == "unknown":
            total = state.total.value if state.total is not None else None
            every = seen.count == total or (state.known.whole and seen.count == len(state.known.marks))
            shorter = study.way is not None and 0 < seen.count == state.count < self.default
            whole = "certain" if every else "likely" if shorter and not says_more(state.first) else "unknown"
        self.default = max(self.default, state.count)
        self.samples.keep(
            Sample(
                target.operation,
                list(seen.records),
                seen.place,
                state.asker.path,
                target.query,
                whole=whole,
                answers=state.asker.requests,
                body=seen.reply.json,
            )
        )

    def _unknown(self, target: Target, conclusion: str, seen: Mapping[str, Json] | None = None) -> None:
        self.notebook.experiments.append(
            Experiment(target.key, FINAL, target.key, dict(seen or {}), conclusion, "unknown")
        )

    def _spent(self, rest: list[Target]) -> None:
        """Say of one for all that nothing was asked: they are asked when learning continues."""
        left = [one for one in rest if self.notebook.find(one.key, FINAL) is None]
        if left:
            said = f"not known: the requests were spent before {len(left)} lists"
            self.notebook.experiments.append(Experiment("lists", "budget", "", {"lists": len(left)}, said, "unknown"))


def _completeness(one: Habit) -> tuple[bool, bool, bool]:
    """How much is known besides the way itself."""
    return one.max_size is not None, one.bounded, one.total is not None
