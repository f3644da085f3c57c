"""Asking again until a job is done, within bounds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from adaptgen.model.tables import Json, Until
from adaptgen.runtime.core import call_context
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.call_context import until as deadline
from adaptgen.runtime.core.text import clean
from adaptgen.runtime.http.response import Response, read_retry_after
from adaptgen.runtime.workflow.scope import is_one_of
from adaptgen.runtime.workflow.step_result import StepResponse
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.syntax.field_paths import MISSING

_MARGIN = 1.5
"""Seconds that are kept for the answer, where the platform ends the call."""
_GRACE = 1.0
"""Seconds that the last question may take longer than the waiting."""
_STUMBLES = 3
"""Failures in a row after which asking again is given up."""


class Pending(Exception):
    """The time is over and the job is not. ``state``: what it said last; ``after``: seconds to wait, where the API
    says so; ``waited``: seconds."""

    def __init__(self, state: str, after: float | None, waited: float) -> None:
        super().__init__(state)
        self.state = state
        self.after = after
        self.waited = waited


async def poll(
    rule: Until, ask: Callable[[], Awaitable[StepResponse]], words: Callable[[Response], str]
) -> StepResponse:
    """The answer that says that the job is done. ``words``: what the API says about a failure, "" for nothing.

    Between two questions ``rule.every`` seconds go by, or what ``Retry-After`` wants (RFC 9110, 10.2.3).

    Raises:
        Pending: it is not done in time.
        ToolError: it ended as one of ``rule.fails``, which is named; or the API failed.
    """
    started = time.monotonic()
    ends = min(started + rule.at_most, call_context.ends() - _MARGIN)
    asks, stumbled, state = 0, 0, "no answer"
    while True:
        wait = rule.every
        token = deadline.set(min(deadline.get(), ends + _GRACE))
        try:
            asked = await ask()
        except ToolError as problem:
            stumbled += 1
            passing = problem.status in (None, 408, 429, 500, 502, 503, 504)
            if not passing or stumbled >= _STUMBLES:
                raise
            after = problem.retry_after
        else:
            stumbled = 0
            value = jsonpath.first(rule.path, asked.body)
            if value is not MISSING and is_one_of(value, rule.is_):
                return asked
            state = _said(value)
            if value is not MISSING and is_one_of(value, rule.fails):
                why = words(asked.response).rstrip(".")
                raise ToolError(f"The job ended as {state}{f': {why}' if why else ''}.", status=asked.response.status)
            after = read_retry_after(asked.response.headers)
        finally:
            deadline.reset(token)
        wait = max(wait, after or 0.0)
        now = time.monotonic()
        if now + wait > ends:
            raise Pending(state, after, now - started)
        asks += 1
        await call_context.report(asks, None, "waiting until the API is done")
        await asyncio.sleep(wait)


def _said(value: Json) -> str:
    """A state as words: a short scalar, or what it is instead."""
    if value is MISSING:
        return "nothing"
    if isinstance(value, (dict, list)):
        return "something that is no state"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = " ".join(clean(str(value)).split())
    return text if len(text) <= 60 else f"{text[:59]}…"
