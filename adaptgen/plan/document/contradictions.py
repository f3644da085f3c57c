"""Bodies that contradict themselves: a string with properties, an object that has to be a list.

No value is valid for such a schema, so no argument can carry what it declares. JSON Schema allows to write it
(Validation 2020-12, 6.1: `type` limits the values, and `properties` and `items` speak only of those that are left).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from adaptgen.model.plan import Input
from adaptgen.model.tables import Json
from adaptgen.plan.document.schemas import Shape, shape
from adaptgen.syntax import field_paths as fields

if TYPE_CHECKING:
    from adaptgen.plan.document.reader import Operation
    from adaptgen.source import Document

_INPUTS, _STEPS = 100, 2000
"""How many inputs are looked at, and how many schemas for each."""


def contradiction(document: Document, operation: Operation, lost: Sequence[Input]) -> str:
    """Why the inputs in ``lost`` could not be kept, "" unless each is one of a body that contradicts itself there."""
    if not lost or operation.body is None:
        return ""
    for one in lost[:_INPUTS]:
        path = fields.parse(one.name) if one.name != "(body)" else ()
        steps = tuple(step if isinstance(step, str) else None for step in path)
        if one.place != "body" or not _Walk(document).torn(operation.body.schema, steps, None):
            return ""
    return f"its body contradicts itself: no value of the declared types can hold {lost[0].name!r}"


class _Walk:
    def __init__(self, document: Document) -> None:
        self.document, self.left = document, _STEPS
        self.above: set[tuple[int, int]] = set()

    def torn(self, schema: Json, steps: tuple[str | None, ...], above: Shape | None) -> bool:
        """Whether a schema on the way excludes what it declares. ``steps``: names, None for an element; ``above``: the
        schema that has this one as an alternative."""
        self.left -= 1
        if self.left < 0:
            return False
        one = shape(self.document, schema)
        here = (id(one), len(steps))
        if here in self.above:
            return False  # an alternative of itself says nothing new
        self.above.add(here)
        try:
            return self._torn(one, steps, above)
        finally:
            self.above.remove(here)

    def _torn(self, one: Shape, steps: tuple[str | None, ...], above: Shape | None) -> bool:
        if above is not None and _apart(above.types, one.types):
            return True
        if one.types and (
            (one.properties and "object" not in one.types) or (one.items is not None and "array" not in one.types)
        ):
            return True
        step, rest = (steps[0], steps[1:]) if steps else (None, ())
        inner = one.properties.get(step) if step is not None else one.items if steps else None
        if inner is not None and self.torn(inner, rest, None):
            return True
        return any(self.torn(variant, steps, one) for variant in one.variants)


def _apart(types: Sequence[str], others: Sequence[str]) -> bool:
    """Whether no value is of both; an integer is a number too."""
    both = set(types) & set(others) or {"integer", "number"} <= set(types) | set(others)
    return bool(types and others) and not both
