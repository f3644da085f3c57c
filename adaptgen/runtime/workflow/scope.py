"""What the templates of steps can name: the arguments, the results of earlier steps, and the item at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy

from adaptgen.model.tables import Json, Step, When
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.request import templates
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.tagged_values import Tagged
from adaptgen.runtime.workflow.step_result import StepResult
from adaptgen.syntax.templates import lookup, placeholders

ITEM = "item"


class Without(Exception):
    """A step cannot run, since a step that it needs returned nothing. ``why`` says which."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Scope:
    """``values``: name -> value, with ``step`` and ``step.name`` for every step that ran; ``known``: the same with
    classified values marked; ``empty``: ``step.name`` -> how the answer was empty that should have held it;
    ``without``: step -> why it returned nothing (it was skipped, or failed and may)."""

    def __init__(self, arguments: Mapping[str, Json], marks: PiiTracker, steps: Sequence[Step]) -> None:
        self.arguments = arguments
        self.steps = {step.id: step for step in steps}
        self.values: dict[str, Json] = dict(arguments)
        self.known = marks.arguments(arguments) if marks.enabled else self.values
        self.empty: dict[str, str] = {}
        self.without: dict[str, str] = {}

    def keep(self, step: Step, gave: StepResult, known: StepResult | None = None) -> None:
        """Store the result of a step for later steps."""
        self.empty = {name: why for name, why in self.empty.items() if not name.startswith(f"{step.id}.")}
        self.empty |= {f"{step.id}.{name}": why for name, why in gave.empty.items()}
        self.without.pop(step.id, None)
        for target, one in ((self.values, gave), *([] if known is None else [(self.known, known)])):
            target[step.id] = one.shown
            target |= {f"{step.id}.{name}": value for name, value in one.saved.items()}

    def nothing(self, step: Step, why: str) -> None:
        """The step returned nothing: its values are null."""
        self.keep(step, nulls := StepResult(None, dict.fromkeys(step.save)), nulls)
        self.without[step.id] = why

    def of_item(self, item: Json, known: Json) -> Scope:
        """The same, where ``{item}`` is this one."""
        other = copy(self)
        other.values = {**self.values, ITEM: item}
        other.known = {**self.known, ITEM: known} if self.known is not self.values else other.values
        return other

    def get(self, name: str) -> Json:
        """The value of a name; None if it is missing."""
        return find_value(self.values, name)

    def runs(self, when: When) -> bool:
        """Whether the condition of a step holds."""
        value = when.value
        if isinstance(value, str) and placeholders(value):
            from adaptgen.syntax.templates import fill

            named = {name: self.get(name) for name in placeholders(value)}
            value = fill(value, named, _no_reference)
        if not when.is_ and not when.is_not:
            return value not in (None, False, 0, "", [], {})
        return (not when.is_ or is_one_of(value, when.is_)) and not is_one_of(value, when.is_not)

    def needed(self, step: Step) -> None:
        """A step that needs a value which an earlier one did not return would ask for something else.

        Raises:
            Without: the earlier step was skipped, or failed and may.
            ToolError: it answered, and not this.
        """
        for name in sorted(names_of(step)):
            head, _, value = name.partition(".")
            if head == ITEM and ITEM in self.values:
                if self.get(name) is None:
                    raise ToolError(f"The item has no {value!r}, which this step needs." if value else "It is null.")
                continue
            if head not in self.steps or head in self.arguments:
                continue
            if head in self.without:
                raise Without(f"it needs step {head!r}, which {self.without[head].partition(':')[0]}")
            if self.get(name) is not None:
                continue
            if name not in self.empty:
                what = f"no {value!r}" if value else "nothing"
                raise ToolError(f"Step {head!r} returned {what}, which this step needs.")
            look = _look(self.steps[head], self.arguments)
            raise ToolError(f"It needs {value!r} of step {head!r}, which answered {self.empty[name]}.{look}")


def find_value(values: Mapping[str, Json], name: str) -> Json:
    """The value of a dotted name in ``values``; None if it is missing."""
    try:
        return lookup(values, name)
    except KeyError:
        return None


def names_of(step: Step) -> frozenset[str]:
    """What the templates of a step name, its condition apart."""
    made: list[Json] = [step.each, dict(step.replace)]
    if step.call is not None:
        made += templates(step.call)
    if step.flow is not None:
        made.append(dict(step.flow.given))
    return placeholders(made)


def is_one_of(value: Json, values: Iterable[Json]) -> bool:
    """Whether ``value`` is one of ``values``, as JSON compares: true is not 1."""
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in values)


def find_tagged(value: Json) -> list[list[str]]:
    """Kind and text of every marked value in ``value``."""
    pairs: dict[tuple[str, str], None] = {}
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, (list, tuple)):
            waiting += one
        elif isinstance(one, Tagged):
            pairs[one.kind, str(one)] = None
    return [list(pair) for pair in pairs]


def _look(step: Step, arguments: Mapping[str, Json]) -> str:
    """Which of the agent's arguments a step asked with."""
    asked = {name.partition(".")[0] for name in names_of(step)}
    if step.call is not None:
        call = step.call
        params = (*call.path_params, *call.query, *(call.body.params if call.body else ()))
        asked |= {param.arg or param.name for param in params if param.value is None}
    used = [f"`{name}`" for name in arguments if name in asked]
    return f" Check the arguments that it asked with: {', '.join(used)}." if used else ""


def _no_reference(reference: object) -> str:
    raise ToolError("A condition cannot depend on a reference.")
