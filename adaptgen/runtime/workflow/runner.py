"""Tools of several calls: each step sees the arguments and the results of earlier steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Flow, Json, Step, Then, Tool
from adaptgen.runtime.answers.record import show
from adaptgen.runtime.api_client import ApiClient, DryRun
from adaptgen.runtime.core.answer import Answer, ToolError
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.tagged_values import Tagged, tag
from adaptgen.runtime.workflow.conditions import after_failure, after_success
from adaptgen.runtime.workflow.continuation import RunState, answer_pending, pack_state, restore_state
from adaptgen.runtime.workflow.continuation_state import Continuation
from adaptgen.runtime.workflow.polling import Pending
from adaptgen.runtime.workflow.scope import Scope, Without, find_value
from adaptgen.runtime.workflow.step import StepExecutor
from adaptgen.runtime.workflow.step_result import StepResponse
from adaptgen.syntax.templates import Placeholder, Reference, TemplateError, fill, lookup, parse, placeholders

if TYPE_CHECKING:
    from adaptgen.runtime.queries.search_filter import SearchFilter

MOST: Final = 200
"""Steps that one call runs, those that are run again included."""


class WorkflowRun:
    """The steps of one call of ``tool``. ``search`` drops what must not be found."""

    def __init__(
        self,
        api: ApiClient,
        tool: Tool,
        marks: PiiTracker,
        carry: Continuation,
        *,
        dry_run: bool = False,
        search: SearchFilter | None = None,
    ) -> None:
        self._api = api
        self._tool = tool
        self._marks = marks
        self._carry = carry
        self._dry_run = dry_run
        self._state = RunState()
        self._executor = StepExecutor(api, tool, marks, carry.box, search)
        self._count = 0

    async def answer(self, arguments: Mapping[str, Json], *, fields: Sequence[str] | None, max_bytes: int) -> Answer:
        """Run the steps in order and answer the ``result`` template, or the last step without one.

        A dry run ends before the first step that writes. A step that waits for longer than it may ends the call with
        what is known and a cursor; with that, the call goes on there.

        Raises:
            ToolError: a step failed; the text names it, and what was changed before.
            DryRun: with the request of the first step that writes.
        """
        tool, marks, state = self._tool, self._marks, self._state
        scope = Scope({**tool.defaults, **arguments}, marks, tool.steps)
        restore_state(self._carry.opened(), scope, state, marks)
        try:
            await self.steps(tool.steps, scope, state.at)
        except Pending as waiting:
            cursor = self._carry.sealed(pack_state(tool, scope, state))
            return answer_pending(tool, waiting, scope, state, cursor, max_bytes, marks)
        if self._dry_run:
            result: Json = {"dry_run": True, "note": "No step would change anything."}
        else:
            result = self._result(tool.result if tool.result is not None else f"{{{tool.steps[-1].id}}}", scope.known)
        answer = show(tool, result, fields=fields, max_bytes=max_bytes, marks=marks, missing=state.notes)
        return replace(answer, unknown=True) if state.unknown else answer

    async def steps(self, steps: Sequence[Step], scope: Scope, at: int = 0) -> None:
        """Run ``steps`` from ``at`` on.

        Raises:
            ToolError, Pending, DryRun: they end here.
        """
        places = {step.id: index for index, step in enumerate(steps)}
        tries: Counter[tuple[str, int]] = Counter()
        while at < len(steps):
            self._count += 1
            if self._count > MOST:
                raise ToolError(f"The steps of this tool go round in circles: {MOST} were run.")
            if steps is self._tool.steps:
                self._state.at = at
            step = steps[at]
            follows = await self._one(step, scope, tries)
            if follows is None:
                at += 1
            elif follows.do == "end":
                return
            elif follows.do == "goto":
                at = places[follows.to]
            elif follows.to:  # what is to run before the step is tried again
                await self._one(steps[places[follows.to]], scope, tries)

    async def _one(self, step: Step, scope: Scope, tries: Counter[tuple[str, int]]) -> Then | None:
        """Run a step; what follows it, None for the next one."""
        if step.when is not None and not _by_item(step) and not scope.runs(step.when):
            self._state.notes[step.id] = "skipped: its condition does not hold"
            scope.nothing(step, "was skipped: its condition does not hold")
            return None
        before = len(self._state.written)
        self._state.notes.pop(step.id, None)
        try:
            scope.needed(step)
            asked = await self._given(step, scope)
        except Without as nothing:
            self._state.notes[step.id] = f"skipped: {nothing.why}"
            scope.nothing(step, f"was skipped: {nothing.why}")
            return None
        except ToolError as problem:
            follows = await after_failure(step, scope, problem, tries)
            if follows is not None:
                if follows.do == "end":
                    self._state.notes[step.id] = f"failed, and the steps end here: {problem.text}"
                elif follows.do == "goto":
                    self._state.notes[step.id] = f"failed: {problem.text}"
                    scope.nothing(step, "failed")
                return follows
            if step.on_error == "fail":
                raise self._failed(step, problem, before) from None
            self._goes_on(step, scope, problem)
            return None
        return after_success(step, scope, asked) if step.then and asked is not None else None

    def _goes_on(self, step: Step, scope: Scope, problem: ToolError) -> None:
        self._state.notes[step.id] = f"failed: {problem.text}"
        self._state.unknown = self._state.unknown or problem.unknown
        if step.on_error == "omit":
            self._state.left.add(step.id)
        scope.nothing(step, "failed")

    def _failed(self, step: Step, problem: ToolError, before: int) -> ToolError:
        """The failure of a step in words: what it was, and what was changed all the same."""
        done = ""
        if self._state.written[:before]:
            done = f" Before it, {' and '.join(self._state.written[:before])} changed something already."
        if own := self._state.written[before:]:
            done += f" {' and '.join(own)} changed something already."
        return problem.reworded(f"Step {step.id!r} failed. {problem.text}{done}")

    # ------------------------------------------------------------------------------------------------- one step

    async def _given(self, step: Step, scope: Scope) -> StepResponse | None:
        """Run a step and keep its result."""
        if step.each:
            from adaptgen.runtime.workflow.for_each import for_each

            gave, known, note = await for_each(step, scope, self.ask, self._marks)
            scope.keep(step, gave, known)
            self._note(step, note)
            return None
        asked = await self._flow(step, step.flow, scope) if step.flow is not None else await self.ask(step, scope)
        scope.keep(step, asked.of(step), asked.of(step, self._marks) if self._marks.enabled else None)
        self._note(step, asked.note)
        return asked

    def _note(self, step: Step, text: str) -> None:
        """Say what is missing of a step."""
        if text:
            self._state.notes[step.id] = text

    async def ask(self, step: Step, scope: Scope, of: int = 1, done: int = 0) -> StepResponse:
        """Send what a step asks for, as the next of ``of`` items, of which ``done`` are done.

        Raises:
            DryRun: the request would change something, and nothing may be changed.
        """
        request = await self._executor.request(step, scope)
        if step.effect == "read":
            return await self._executor.ask(step, scope, request)
        if self._dry_run:
            note = f"The first of {of} requests, one for each item." if of > 1 else ""
            raise DryRun(request, step.auth, note)
        if not self._state.written:
            self._carry.changes()
        try:
            asked = await self._executor.ask(step, scope, request)
        except ToolError as problem:
            if not self._state.written and not problem.unknown:
                self._carry.changed_nothing()
            raise
        self._wrote(step, of, done)
        return asked

    def _wrote(self, step: Step, of: int, done: int) -> None:
        if of == 1:
            self._state.written.append(repr(step.id))
            return
        if done:
            self._state.written.pop()
        self._state.written.append(f"{step.id!r} ({done + 1} of {of} items)")

    async def _flow(self, step: Step, flow: Flow, scope: Scope) -> StepResponse:
        """The steps inside a step; their result takes the place of an API's answer."""
        inner = Scope(self._filled(flow.given, scope.values), self._marks, flow.steps)
        if self._marks.enabled:
            inner.known = self._filled(flow.given, scope.known)
        await self.steps(flow.steps, inner)
        marked = self._result(flow.result, inner.known) if self._marks.enabled else None
        return StepResponse(Response(200, {}, b""), self._result(flow.result, inner.values), marked=marked)

    def _filled(self, given: Mapping[str, Json], values: Mapping[str, Json]) -> dict[str, Json]:
        named = {name: find_value(values, name) for name in placeholders(dict(given))} | dict(values)
        resolve = self._api.inputs({}).resolve
        made = {name: fill(template, named, resolve) for name, template in given.items()}
        return {name: value for name, value in made.items() if value is not None}

    # ------------------------------------------------------------------------------------------------- the result

    def _result(self, template: Json, values: Mapping[str, Json]) -> Json:
        """The template of an answer, filled: what was not saved is read from the step's answer; what is nowhere is
        null; what was left out by ``on_error: omit`` is not there."""
        template = _without(template, self._state.left)
        named = {name: find_value(values, name) for name in placeholders(template)} | dict(values)
        try:
            return fill_result(template, named, self._api.inputs({}).resolve)
        except (KeyError, TemplateError):
            raise ToolError("The result of the tool's steps cannot be put together.") from None


def _by_item(step: Step) -> bool:
    """Whether the condition of a step is one of the items, not of the step."""
    if step.when is None or not step.each:
        return False
    return any(name.partition(".")[0] == "item" for name in placeholders(step.when.value))


def _without(template: Json, left: set[str]) -> Json:
    """``template`` without the members that are nothing but a step that was left out."""
    if not left:
        return template
    if isinstance(template, Mapping):
        return {key: _without(one, left) for key, one in template.items() if not _is(one, left)}
    if isinstance(template, (list, tuple)):
        return [_without(one, left) for one in template if not _is(one, left)]
    return template


def _is(template: Json, left: set[str]) -> bool:
    if not isinstance(template, str):
        return False
    parts = parse(template)
    return len(parts) == 1 and isinstance(parts[0], Placeholder) and parts[0].name.partition(".")[0] in left


_WORD = lazy(r"\w")


def fill_result(template: Any, scope: Mapping[str, Any], resolve: Callable[[Reference], str]) -> Any:
    """As :func:`adaptgen.syntax.templates.fill`; a string made of nothing but values of one kind (``{first} {last}``)
    is of that kind too.

    Raises:
        KeyError: with the name of a placeholder that the scope does not have.
        TemplateError: for a malformed template.
    """
    if isinstance(template, Mapping):
        return {key: fill_result(one, scope, resolve) for key, one in template.items()}
    if isinstance(template, (list, tuple)):
        return [fill_result(one, scope, resolve) for one in template]
    made = fill(template, scope, resolve)
    if not isinstance(template, str) or not isinstance(made, str) or isinstance(made, Tagged):
        return made
    kinds: set[str] = set()
    for part in parse(template):
        if isinstance(part, Reference) or (isinstance(part, str) and _WORD.search(part)):
            return made
        if isinstance(part, Placeholder):
            value = lookup(scope, part.name)
            if value is not None and value != "":
                kinds.add(value.kind if isinstance(value, Tagged) else "")
    return tag(made, kinds.pop()) if len(kinds) == 1 and "" not in kinds else made
