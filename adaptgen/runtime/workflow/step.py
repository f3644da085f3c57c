"""Sending what one step asks: a request, the pages of a list, or the same question until a job is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from adaptgen.model.tables import Json, Step, Tool
from adaptgen.runtime.core.errors import ToolError
from adaptgen.runtime.http.body import MISSING
from adaptgen.runtime.http.error_messages import Scrub, check, message, refusal
from adaptgen.runtime.http.expected_answer import likeness, refuse_page
from adaptgen.runtime.http.page_parameters import PageParameters
from adaptgen.runtime.http.request import Inputs, Request, build
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.paging.cursor import CursorBox
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.workflow.scope import Scope
from adaptgen.runtime.workflow.step_result import StepResponse, body_of
from adaptgen.syntax.json_pointer import split
from adaptgen.syntax.templates import fill_present

if TYPE_CHECKING:
    from adaptgen.runtime.calls import Execution


class CriterionFailed(ToolError):
    """The API answered, and not with success; ``asked`` is its answer."""

    def __init__(self, problem: ToolError, asked: StepResponse) -> None:
        super().__init__(problem.text, status=problem.status, retry_after=problem.retry_after, unknown=problem.unknown)
        self.asked = asked


class StepExecutor:
    """Sends the steps of one call of ``tool``. ``box`` marks the items of lists that are read page by page."""

    def __init__(self, execution: Execution, tool: Tool, marks: PiiTracker, box: Callable[[], CursorBox]) -> None:
        self._execution = execution
        self._tool = tool
        self._marks = marks
        self._box = box

    async def request(self, step: Step, scope: Scope, placed: PageParameters | None = None) -> Request:
        """What the step sends first, or with the values of paging ``placed``.

        Raises:
            ToolError: an input has no value, or one that it cannot have.
        """
        assert step.call is not None
        base = self._execution.base(step.call.base)
        await self._execution.constants(step.call)
        inputs = self._execution.inputs(scope.arguments, scope.values)
        body = _replaced(step, inputs, scope) if step.replace else MISSING
        request = build(step.call, base, inputs, body, placed=placed)
        request.safe = step.effect == "read"
        return request

    async def ask(self, step: Step, scope: Scope, request: Request) -> StepResponse:
        """The answer to ``request``, to all its pages or in the end, as the step has it.

        Raises:
            Pending: the job is not done in time.
            ToolError: the API failed; :class:`CriterionFailed` where it answered.
        """
        asked = await self._ask(step, scope, request)
        if self._marks.search is not None:
            self._marks.search.drop(step, asked)
        return asked

    async def _ask(self, step: Step, scope: Scope, request: Request) -> StepResponse:
        if step.until is not None:
            from adaptgen.runtime.workflow.polling import poll

            return await poll(step.until, lambda: self._once(step, scope, request.copy()), self._words(step, scope))
        if step.page is None:
            return await self._once(step, scope, request)
        from adaptgen.runtime.http.page_fetcher import page_fetcher
        from adaptgen.runtime.workflow.all_pages import every_page

        last: list[StepResponse] = []

        async def make(placed: PageParameters | None) -> Request:
            return request if placed is None else await self.request(step, scope, placed)

        async def send(turned: Request) -> Response:
            response = await self._sent(step, scope, turned)
            check(response, self._scrub(step, scope), reads=turned.harmless)
            last[:] = [_asked(step, turned, response)]
            return response

        items, note = await every_page(step.page, page_fetcher(step.page, make, send), self._box(), step.most)
        return replace(last[0], items=items, note=note)

    async def _once(self, step: Step, scope: Scope, request: Request) -> StepResponse:
        response = await self._sent(step, scope, request)
        scrub = self._scrub(step, scope)
        if not step.success:
            try:
                check(response, scrub, reads=request.harmless, addressed="{" in (step.call.path if step.call else ""))
            except ToolError as problem:
                if step.otherwise:
                    raise CriterionFailed(problem, _asked(step, request, response)) from None
                raise
            return _asked(step, request, response, strict=True)
        from adaptgen.runtime.workflow.conditions import unmet

        asked = _asked(step, request, response)
        failed = unmet(step.success, scope, asked)
        if failed is None:
            return asked
        if 200 <= response.status < 300:
            text = f"The API answered {response.status}, and that does not meet `{failed.condition}`."
            raise CriterionFailed(ToolError(text, status=response.status), asked)
        raise CriterionFailed(refusal(response, scrub(), reads=request.harmless), asked)

    async def _sent(self, step: Step, scope: Scope, request: Request) -> Response:
        assert step.call is not None
        base = self._execution.base(step.call.base)
        response = await self._execution.exchange(
            self._tool, request, step.auth, base, scope.arguments, self._marks, likeness(step)
        )
        refuse_page(step, response, self._execution.to_check(step.call, step.auth))
        return response

    def _scrub(self, step: Step, scope: Scope) -> Callable[[], Scrub]:
        return self._execution.scrubbing(self._tool, step.auth, scope.arguments, self._marks)

    def _words(self, step: Step, scope: Scope) -> Callable[[Response], str]:
        scrub = self._scrub(step, scope)
        return lambda response: message(response, scrub())


def _asked(step: Step, request: Request, response: Response, *, strict: bool = False) -> StepResponse:
    """The answer with its body; ``strict``: a value is to be read from it."""
    assert step.call is not None
    try:
        body = body_of(step, response)
    except ToolError:
        if strict:
            raise
        body = response.text()
    return StepResponse(response, body, request, step.call.path)


def _replaced(step: Step, inputs: Inputs, scope: Scope) -> Json:
    """The body of the step's call with what stands at each pointer replaced (Arazzo 1.0, Payload Replacement)."""
    assert step.call is not None
    assert step.call.body is not None
    assert step.call.body.whole is not None
    body = inputs.get(step.call.body.whole)
    body = None if body is MISSING else body
    for pointer, template in step.replace.items():
        try:
            value = fill_present(template, scope.values, inputs.resolve)
        except KeyError:  # an optional argument that was not given replaces nothing
            continue
        tokens = split(pointer)
        body = _put(body, tokens, value)
    return body


def _put(here: Json, tokens: Sequence[str], value: Json) -> Json:
    """A copy of ``here`` with ``value`` at ``tokens``; objects that are not there are made."""
    if not tokens:
        return value
    head, rest = tokens[0], tokens[1:]
    if isinstance(here, list):
        if head == "-" and not rest:
            return [*here, value]
        if not head.isdecimal() or int(head) >= len(here):
            raise ToolError(f"The body has no element {head!r} to replace.")
        return [_put(one, rest, value) if at == int(head) else one for at, one in enumerate(here)]
    if here is None or isinstance(here, dict):
        known = here or {}
        return {**known, head: _put(known.get(head), rest, value)}
    raise ToolError(f"The body has no {head!r} to replace.")
