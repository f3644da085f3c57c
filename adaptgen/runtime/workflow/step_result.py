"""The result of one answer for a step: its records under the step's view, and the values that it saves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from adaptgen.model.tables import Json, Step
from adaptgen.runtime.answers.projection import view
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.page import find_items, is_json
from adaptgen.runtime.http.request import Request
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.http.table_response import read_table
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.syntax.field_paths import MISSING
from adaptgen.syntax.json_pointer import split

_WHOLE = ("header:", "cookie:", "status", "method", "url")


@dataclass(slots=True)
class StepResult:
    """``shown``: the answer under the view; ``saved``: name -> value, None where the answer does not have it;
    ``empty``: why it does not."""

    shown: Json = None
    saved: dict[str, Json] = field(default_factory=dict)
    empty: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class StepResponse:
    """One answer of the API to a step. ``request``: what was sent, to ``path``, a path template; ``items``: all of
    them, where several pages were read; ``note``: what of them is missing, and why. ``marked``: the body with its
    classified values marked, where that is known already.
    """

    response: Response
    body: Json
    request: Request | None = None
    path: str = ""
    items: list[Json] | None = None
    note: str = ""
    marked: Json = None

    def of(self, step: Step, marks: PiiTracker | None = None) -> StepResult:
        """The result for ``step``; with ``marks``, its classified values are marked."""
        body, items = self.body, self.items
        if marks is not None and step.call is not None:
            body = marks.step(step.call, body)
            items = None if items is None else marks.step(step.call, items)
        elif marks is not None:
            body = self.marked
        found = StepResult()
        for name, place in step.save.items():
            value = self._at(place, body)
            found.saved[name] = None if value is MISSING else value
            if value is MISSING and (nothing := _nothing(place, body)) is not None:
                found.empty[name] = nothing
        shown = body
        if items is not None:
            shown = items
        elif step.items is not None:
            shown = find_items(step.items, body)
            if shown is None:
                raise ToolError(f"The answer holds no list at {step.items}.")
        found.shown = view(step.view).objects(shown) if step.view is not None else shown
        return found

    def _at(self, place: str, body: Json) -> Json:
        if place == "status":
            return self.response.status
        if place == "method":
            return self.request.method if self.request is not None else MISSING
        if place == "url":
            return self.response.url
        if place.startswith("header:"):
            return self.response.headers.get(place.removeprefix("header:").strip().lower(), MISSING)
        if place.startswith("cookie:"):
            found = self.response.cookies.get(place.removeprefix("cookie:").strip())
            return MISSING if found is None else found
        return resolve_pointer(place, body) if place.startswith("#") else jsonpath.first(place, body)


class CriterionFailed(ToolError):
    """The API answered, and not with success; ``asked`` is its answer."""

    def __init__(self, problem: ToolError, asked: StepResponse) -> None:
        super().__init__(problem.text, status=problem.status, retry_after=problem.retry_after, unknown=problem.unknown)
        self.asked = asked


def read_body(step: Step, response: Response) -> Json:
    """The body of an answer: JSON, text, or None without a body.

    Raises:
        ToolError: it is not JSON, where a value is to be read from it.
    """
    if response.status == 204 or not response.content.strip():
        return None
    if is_json(response):
        return response.json()
    if (table := read_table(response)) is not None:
        return table.records
    if any(not place.startswith(_WHOLE) and place != "#" for place in step.save.values()) or step.items or step.until:
        raise ToolError("The API sent something that is not JSON, where a value is to be read from it.")
    return response.text()


def resolve_pointer(pointer: str, body: Json) -> Json:
    """The value at a JSON Pointer in URI fragment form (``#/data/0``; RFC 6901, 4 and 6), or MISSING."""
    here = body
    for token in split(pointer):
        if isinstance(here, dict) and token in here:
            here = here[token]
        elif isinstance(here, list) and token.isdecimal() and int(token) < len(here):
            here = here[int(token)]
        else:
            return MISSING
    return here


def combine(answers: Sequence[StepResult | None]) -> StepResult:
    """The result of the answers to the items of a list: lists, with null where there is no answer."""
    names = dict.fromkeys(name for one in answers if one is not None for name in one.saved)
    return StepResult(
        [None if one is None else one.shown for one in answers],
        {name: [None if one is None else one.saved.get(name) for one in answers] for name in names},
    )


def _nothing(path: str, body: Json) -> str | None:
    """How the place that ``path`` reads from is empty, None where it holds something."""
    if body is None or body == {}:
        return "nothing"
    if not path.startswith("$"):
        return None
    around = body if body == [] else jsonpath.first(path.partition("[")[0], body) if "[" in path else None
    return "an empty list: nothing was found" if around == [] else None
