"""The steps of a tool, one after the other, with those inside of others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adaptgen.model.tables import Call, Step


def every(steps: Sequence[Step]) -> Iterator[Step]:
    """Each step, and the steps of its flow after it."""
    for step in steps:
        yield step
        if step.flow is not None:
            yield from every(step.flow.steps)


def calls(steps: Sequence[Step]) -> list[Call]:
    """What the steps send, in order."""
    return [step.call for step in every(steps) if step.call is not None]
