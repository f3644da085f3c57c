"""A step that runs for each item of a list: a few at a time, in order, and within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Final, TypeAlias

from adaptgen.model.tables import Json, Step
from adaptgen.runtime.core import call_context
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.workflow.scope import ITEM, Scope, find_value
from adaptgen.runtime.workflow.step_result import StepResponse, StepResult, combine
from adaptgen.syntax.templates import placeholders

ITEMS: Final = 100
"""Items of one step."""
AT_ONCE: Final = 4
"""Requests of one step that are under way. What changes something goes one after the other."""


Ask: TypeAlias = Callable[[Step, Scope, int, int], Awaitable[StepResponse]]
"""Sends a step's request for one item; the numbers: of all items, and of those done."""


async def for_each(step: Step, scope: Scope, ask: Ask, marks: PiiTracker) -> tuple[StepResult, StepResult | None, str]:
    """The results of the step for all items: lists in the order of the items; the same marked; what is missing of it.

    Raises:
        ToolError: there is no list; or an item failed, and ``step.on_error`` says that this is a failure.
    """
    (name,) = placeholders(step.each)
    items = scope.get(name)
    if items is None:
        items = []
    if not isinstance(items, list):
        raise ToolError(f"{step.each} is not a list, so there is nothing to iterate over.")
    return await _Items(step, scope, ask, marks, items, find_value(scope.known, name) or []).all()


class _Items:
    def __init__(
        self, step: Step, scope: Scope, ask: Ask, marks: PiiTracker, items: list[Json], known: list[Json]
    ) -> None:
        self.step, self.scope, self.ask, self.marks = step, scope, ask, marks
        self.items, self.known = items[:ITEMS], known
        self.cut = f"only the first {ITEMS} of {len(items)} items" if len(items) > ITEMS else ""
        self.results: list[StepResult | None] = [None] * len(self.items)
        self.marked: list[StepResult | None] = [None] * len(self.items)
        self.failures: dict[int, ToolError] = {}
        self.skipped = 0
        self.done = 0
        self.notes: list[str] = []

    async def all(self) -> tuple[StepResult, StepResult | None, str]:
        waiting = iter(range(len(self.items)))
        workers = AT_ONCE if self.step.effect == "read" else 1
        tasks = [asyncio.ensure_future(self._work(waiting)) for _ in range(min(workers, len(self.items)))]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        if self.failures and self.step.on_error == "fail":
            raise self._failure()
        kept = [at for at in range(len(self.items)) if at not in self.failures or self.step.on_error != "omit"]
        gave = combine([self.results[at] for at in kept])
        marked = combine([self.marked[at] for at in kept]) if self.marks.enabled else None
        return gave, marked, "; ".join(filter(None, self._notes()))

    async def _work(self, waiting: Iterator[int]) -> None:
        for at in waiting:
            if self.failures and self.step.on_error == "fail":
                return
            known = self.known[at] if at < len(self.known) else None
            scope = self.scope.of_item(self.items[at], known)
            try:
                await self._one(at, scope)
            except ToolError as problem:
                self.failures[at] = problem

    async def _one(self, at: int, scope: Scope) -> None:
        step = self.step
        by_item = step.when is not None and any(one.partition(".")[0] == ITEM for one in placeholders(step.when.value))
        if by_item and step.when is not None and not scope.runs(step.when):
            self.skipped += 1
            return
        scope.needed(step)
        asked = await self.ask(step, scope, len(self.items), self.done)
        self.done += 1
        self.results[at] = asked.of(step)
        if self.marks.enabled:
            self.marked[at] = asked.of(step, self.marks)
        if asked.note:
            self.notes.append(f"item {at + 1}: {asked.note}")
        await call_context.report(self.done, len(self.items), "items of a step")

    def _failure(self) -> ToolError:
        at = min(self.failures)
        first = self.failures[at]
        failure = first.reworded(f"Item {at + 1} of {len(self.items)}: {first.text}")
        failure.unknown = any(one.unknown for one in self.failures.values())
        return failure

    def _notes(self) -> Iterator[str]:
        yield self.cut
        if self.skipped:
            yield f"{self.skipped} of {len(self.items)} items skipped: the condition does not hold for them"
        if self.failures:
            at = min(self.failures)
            how = "left out" if self.step.on_error == "omit" else "null"
            yield f"{len(self.failures)} of {len(self.items)} items failed and are {how}; item {at + 1}: " + (
                self.failures[at].text
            )
        yield from self.notes[:3]
        if len(self.notes) > 3:
            yield f"and {len(self.notes) - 3} more"
