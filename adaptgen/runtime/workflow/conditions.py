"""Whether an answer is what a step wants (Arazzo 1.0.1, Criterion Object)."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from adaptgen.model.tables import Check, Json, Step, Then
from adaptgen.runtime.core import call_context
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.workflow.scope import Scope
from adaptgen.runtime.workflow.step_result import CriterionFailed, StepResponse, resolve_pointer
from adaptgen.syntax.field_paths import MISSING
from adaptgen.syntax.runtime_expressions import Expression, condition, expression, holds


def failed_criterion(checks: Sequence[Check], scope: Scope, asked: StepResponse | None) -> Check | None:
    """The first check that does not hold; None where all do. ``asked`` None: there is no answer."""
    return next((one for one in checks if not _holds(one, scope, asked)), None)


def _holds(check: Check, scope: Scope, asked: StepResponse | None) -> bool:
    def get(wanted: Expression) -> Json:
        found = value(wanted, scope, asked)
        return None if found is MISSING else found

    if check.kind == "simple":
        return holds(condition(check.condition), get)
    about = value(expression(check.context), scope, asked)
    if about is MISSING:
        return False
    from adaptgen.syntax import jsonpath as queries

    if check.kind == "jsonpath":
        return bool(queries.compiled(check.condition).values(about))
    return queries.found(check.condition, about if isinstance(about, str) else "" if about is None else _plain(about))


def _plain(about: Json) -> str:
    if isinstance(about, bool):
        return "true" if about else "false"
    if isinstance(about, (int, float)):
        return str(about)
    from adaptgen.runtime.core.text import encode

    return encode(about).decode()


def value(wanted: Expression, scope: Scope, asked: StepResponse | None) -> Json:
    """The value of a runtime expression, or MISSING."""
    if wanted.root == "inputs":
        return _into(scope.arguments.get(wanted.name, MISSING), wanted)
    if wanted.root in ("steps", "workflows"):
        return _into(scope.values.get(f"{wanted.source}.{wanted.name}", MISSING), wanted)
    if asked is None:
        return MISSING
    if wanted.root == "statusCode":
        return asked.response.status
    if wanted.root == "method":
        return asked.request.method if asked.request is not None else MISSING
    if wanted.root == "url":
        return asked.response.url
    if wanted.root == "outputs":
        return _into(asked.body.get(wanted.name, MISSING) if isinstance(asked.body, dict) else MISSING, wanted)
    if wanted.root == "response":
        if wanted.source == "header":
            return asked.response.headers.get(wanted.name.lower(), MISSING)
        return _into(asked.body, wanted)
    return _of_request(wanted, asked) if wanted.root == "request" else MISSING


def _of_request(wanted: Expression, asked: StepResponse) -> Json:
    request = asked.request
    if request is None:
        return MISSING
    if wanted.source == "header":
        found = (text for name, text in request.headers.items() if name.lower() == wanted.name.lower())
        return next(found, MISSING)
    if wanted.source == "query":
        values = parse_qs(urlsplit(request.url).query, keep_blank_values=True).get(wanted.name)
        return MISSING if values is None else values[0] if len(values) == 1 else values
    if wanted.source == "path":
        return _in_path(wanted.name, urlsplit(request.url).path, asked.path)
    return _into(Response(200, {}, request.content).json(), wanted) if request.content else MISSING


def _in_path(name: str, path: str, template: str) -> Json:
    """The value that stands for ``{name}`` of the template at the end of ``path``."""
    parts = re.split(r"(\{[^{}]*\})", template)
    shape = "".join("([^/]*)" if part.startswith("{") else re.escape(part) for part in parts)
    names = [part[1:-1] for part in parts if part.startswith("{")]
    found = re.search(shape + "$", path)
    return unquote(found.group(names.index(name) + 1)) if found is not None and name in names else MISSING


def _into(here: Json, wanted: Expression) -> Json:
    """The value below ``here`` at the pointer and the path of the expression."""
    if here is MISSING:
        return MISSING
    if wanted.pointer:
        here = resolve_pointer(wanted.pointer, here)
    for step in wanted.path:
        if isinstance(here, dict) and step in here:
            here = here[step]
            continue
        if not isinstance(here, list) or not isinstance(step, int) or step >= len(here):
            return MISSING
        here = here[step]
    return here


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
        if wait > _LONGEST or time.monotonic() + wait > call_context.ends() - _MARGIN:
            return None
        await asyncio.sleep(wait)
        return one
    return None
