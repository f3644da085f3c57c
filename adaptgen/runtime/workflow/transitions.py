"""What follows a step that has succeeded or failed (Arazzo 1.0.1, Success Action Object and Failure Action Object)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Final

from adaptgen.model.tables import Step, Then
from adaptgen.runtime.core import progress
from adaptgen.runtime.core.errors import ToolError
from adaptgen.runtime.workflow.conditions import failed_criterion
from adaptgen.runtime.workflow.scope import Scope
from adaptgen.runtime.workflow.step import CriterionFailed
from adaptgen.runtime.workflow.step_result import StepResponse

_LONGEST: Final = 60.0
"""Seconds that are waited for between two tries."""
_MARGIN: Final = 1.5


def after_success(step: Step, scope: Scope, asked: StepResponse) -> Then | None:
    """The first action whose checks hold; None: the next step."""
    return next((one for one in step.then if failed_criterion(one.checks, scope, asked) is None), None)


async def after_failure(step: Step, scope: Scope, problem: ToolError, tries: Counter[tuple[str, int]]) -> Then | None:
    """The first action whose checks hold, after the pause that it wants; None: the step has failed.

    What changes something is tried again only where the API answered and the action says at what answer. ``tries``:
    (step, index of the action) -> how often it was tried again.
    """
    asked = problem.asked if isinstance(problem, CriterionFailed) else None
    for index, one in enumerate(step.otherwise):
        if failed_criterion(one.checks, scope, asked) is not None:
            continue
        if one.do != "retry":
            return one
        certain = step.effect == "read" or (asked is not None and bool(one.checks))
        if not certain or tries[step.id, index] >= one.limit:
            return None
        tries[step.id, index] += 1
        wait = problem.retry_after if problem.retry_after is not None else one.after
        if wait > _LONGEST or time.monotonic() + wait > progress.ends() - _MARGIN:
            return None
        await asyncio.sleep(wait)
        return one
    return None
