"""Tools of several calls: each step sees the arguments and what the steps before it gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from adaptgen.fields import MISSING as ABSENT
from adaptgen.model import Json, Step, Tool
from adaptgen.references import TemplateError, lookup, placeholders
from adaptgen.runtime import jsonpath
from adaptgen.runtime.answer import Answer
from adaptgen.runtime.composed import composed
from adaptgen.runtime.detail import show
from adaptgen.runtime.errors import ToolError
from adaptgen.runtime.marks import Marks
from adaptgen.runtime.paging import find_items, is_json
from adaptgen.runtime.projection import view
from adaptgen.runtime.request import build, templates
from adaptgen.runtime.response import Response

if TYPE_CHECKING:
    from adaptgen.runtime.execution import Execution


async def run(
    execution: Execution,
    tool: Tool,
    arguments: Mapping[str, Json],
    *,
    fields: Sequence[str] | None,
    max_bytes: int,
    dry_run: bool,
    marks: Marks,
) -> Answer:
    """Run the steps in order and answer the ``result`` template, or the last step where there is none.

    A dry run ends before the first step that writes, with the request of that step.

    Raises:
        ToolError: a step failed; the text names it.
    """
    scope: dict[str, Json] = dict(arguments)
    known = marks.arguments(arguments) if marks.on else scope  # the same, its classified values marked
    empty: dict[str, str] = {}
    written: list[str] = []
    for step in tool.steps:
        try:
            base = execution.base(step.call.base)
            await execution.constants(step.call)
            _needed(step, scope, empty, arguments, tool)
            request = build(step.call, base, execution.inputs(arguments, scope))
            request.safe = step.effect == "read"
            if dry_run and not request.reads and step.effect != "read":
                return execution.dry(tool, request, marks, step.auth)
            response = await execution.sender(tool, step.auth, base, arguments, marks)(request)
            body = _body(step, response)
            _keep(step, body, scope, empty)
            if marks.on:
                _keep(step, marks.step(step, body), known, empty)
        except ToolError as problem:
            done = f" Before it, {' and '.join(written)} changed something already." if written else ""
            raise ToolError(
                f"Step {step.id!r} failed. {problem.text}{done}",
                status=problem.status,
                retry_after=problem.retry_after,
                unknown=problem.unknown,
            ) from None
        if step.effect != "read":
            written.append(repr(step.id))
    return show(tool, _result(execution, tool, known), fields=fields, max_bytes=max_bytes, marks=marks)


def _needed(
    step: Step, scope: Mapping[str, Json], empty: Mapping[str, str], arguments: Mapping[str, Json], tool: Tool
) -> None:
    """A step that builds on a value which an earlier one did not give would ask for something else."""
    steps = {one.id: one for one in tool.steps}
    for name in sorted(placeholders(templates(step.call))):
        head, _, value = name.partition(".")
        if head not in steps or name not in scope or scope[name] is not None:
            continue
        if name not in empty:
            raise ToolError(f"Step {head!r} gave no {value!r}, which this step needs.")
        raise ToolError(
            f"It needs {value!r} of step {head!r}, which answered {empty[name]}.{_look(steps[head], arguments)}"
        )


def _look(step: Step, arguments: Mapping[str, Json]) -> str:
    """Which of the agent's arguments a step asked with."""
    asked = {name.partition(".")[0] for name in placeholders(templates(step.call))}
    params = (*step.call.path_params, *step.call.query, *(step.call.body.params if step.call.body else ()))
    asked |= {param.arg or param.name for param in params if param.value is None}
    used = [f"`{name}`" for name in arguments if name in asked]
    return f" Check the arguments that it asked with: {', '.join(used)}." if used else ""


def _nothing(path: str, body: Json) -> str | None:
    """How the place that ``path`` reads from is empty, None where it holds something."""
    if body is None or body == {}:
        return "nothing"
    around = body if body == [] else jsonpath.first(path.partition("[")[0], body) if "[" in path else None
    return "an empty list: nothing was found" if around == [] else None


def _body(step: Step, response: Response) -> Json:
    """What a step answered."""
    if response.status == 204 or not response.content.strip():
        return None
    if is_json(response):
        return response.json()
    if step.save or step.items:
        raise ToolError("The API sent something that is not JSON, where a value is to be read from it.")
    return response.text()


def _keep(step: Step, body: Json, scope: dict[str, Json], empty: dict[str, str]) -> None:
    """Put what a step answered and saves into ``scope``, and into ``empty`` why a value is not there."""
    for name, path in step.save.items():
        value = jsonpath.first(path, body)
        scope[f"{step.id}.{name}"] = None if value is ABSENT else value
        if value is ABSENT and (nothing := _nothing(path, body)) is not None:
            empty[f"{step.id}.{name}"] = nothing
    shown = body
    if step.items is not None:
        found = find_items(step.items, body)
        if found is None:
            raise ToolError(f"The answer holds no list at {step.items}.")
        shown = found
    scope[step.id] = view(step.view).objects(shown) if step.view is not None else shown


def _found(scope: Mapping[str, Json], name: str) -> Json:
    try:
        return lookup(scope, name)
    except KeyError:
        return None


def _result(execution: Execution, tool: Tool, scope: Mapping[str, Json]) -> Json:
    if tool.result is None:
        return scope[tool.steps[-1].id]
    # What was not saved is read from the step's answer; what is nowhere is null.
    known = {name: _found(scope, name) for name in placeholders(tool.result)} | dict(scope)
    try:
        return composed(tool.result, known, execution.inputs({}).resolve)
    except (KeyError, TemplateError):
        raise ToolError("The result of the tool's steps cannot be put together.") from None
