"""Sending what one step asks: a request, the pages of a list, or the same question until a job is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from adaptgen.model.tables import Json, Step, Tool
from adaptgen.runtime.api_client import ApiCall, ApiClient
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.body import MISSING
from adaptgen.runtime.http.error_messages import check_success, describe_error, make_refusal
from adaptgen.runtime.http.page_fetcher import PageFetcher
from adaptgen.runtime.http.page_parameters import PageParameters
from adaptgen.runtime.http.request import Inputs, Request, build
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.paging.cursor import CursorBox
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.workflow.conditions import failed_criterion
from adaptgen.runtime.workflow.scope import Scope
from adaptgen.runtime.workflow.step_result import CriterionFailed, StepResponse, read_body
from adaptgen.syntax.json_pointer import split
from adaptgen.syntax.templates import fill_present

if TYPE_CHECKING:
    from adaptgen.runtime.queries.search_filter import SearchFilter


class StepExecutor:
    """Sends the steps of one call of ``tool``. ``box`` marks the items of lists that are read page by page;
    ``search`` drops what must not be found."""

    def __init__(
        self,
        api: ApiClient,
        tool: Tool,
        marks: PiiTracker,
        box: Callable[[], CursorBox],
        search: SearchFilter | None = None,
    ) -> None:
        self._api = api
        self._tool = tool
        self._marks = marks
        self._box = box
        self._search = search

    async def request(self, step: Step, scope: Scope, placed: PageParameters | None = None) -> Request:
        """What the step sends first, or with the values of paging ``placed``.

        Raises:
            ToolError: an input has no value, or one that it cannot have.
        """
        assert step.call is not None
        base = self._api.base(step.call.base)
        await self._api.constants(step.call)
        inputs = self._api.inputs(scope.arguments, scope.values)
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
        search = self._search
        if search is not None and step.call is not None and search.searches(step.call):
            if asked.items is not None:
                asked.items = [item for item in asked.items if search.keeps(item)]
            asked.body = search.remaining(asked.body)
        return asked

    async def _ask(self, step: Step, scope: Scope, request: Request) -> StepResponse:
        call = ApiCall(self._api, self._tool, scope.arguments, self._marks, step=step)
        if step.until is not None:
            from adaptgen.runtime.workflow.polling import poll

            return await poll(step.until, lambda: self._once(step, scope, request.copy(), call), _describer(call))
        if step.page is None:
            return await self._once(step, scope, request, call)
        from adaptgen.runtime.paging.scan import read_all_pages

        last: list[StepResponse] = []

        async def make(placed: PageParameters | None) -> Request:
            return request if placed is None else await self.request(step, scope, placed)

        def accept(turned: Request, response: Response) -> Response:
            response = call.received(response)
            check_success(response, call.scrub, reads=turned.harmless, whose=call.whose)
            last[:] = [_asked(step, turned, response)]
            return response

        assert step.call is not None
        fetch = PageFetcher(step.page, step.call.path, make, call.exchange, accept)
        items, note = await read_all_pages(step.page, fetch, self._box(), step.max_items)
        return replace(last[0], items=items, note=note)

    async def _once(self, step: Step, scope: Scope, request: Request, call: ApiCall) -> StepResponse:
        response = call.received(await call.exchange(request))
        if not step.success:
            try:
                call.check(request, response)
            except ToolError as problem:
                if step.otherwise:
                    raise CriterionFailed(problem, _asked(step, request, response)) from None
                raise
            return _asked(step, request, response, strict=True)
        asked = _asked(step, request, response)
        failed = failed_criterion(step.success, scope, asked)
        if failed is None:
            return asked
        if 200 <= response.status < 300:
            text = f"The API answered {response.status}, and that does not meet `{failed.condition}`."
            raise CriterionFailed(ToolError(text, status=response.status), asked)
        raise CriterionFailed(make_refusal(response, call.scrub(), reads=request.harmless, whose=call.whose), asked)


def _describer(call: ApiCall) -> Callable[[Response], str]:
    return lambda response: describe_error(response, call.scrub())


def _asked(step: Step, request: Request, response: Response, *, strict: bool = False) -> StepResponse:
    """The answer with its body; ``strict``: a value is to be read from it."""
    assert step.call is not None
    try:
        body = read_body(step, response)
    except ToolError:
        if strict:
            raise
        body = response.text()
    return StepResponse(response, body, request, step.call.path)


def _replaced(step: Step, inputs: Inputs, scope: Scope) -> Json:
    """The body of the step's call with what is at each pointer replaced (Arazzo 1.0, Payload Replacement)."""
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
