"""Whether the values could answer a condition: a word never meets a date, nor a scalar an object."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from adaptgen.model.tables import Json
from adaptgen.runtime.queries.comparison import parse_moment
from adaptgen.runtime.queries.filters import OBJECT, Condition

EXAMPLES = 3
Show = Callable[[Json], str | None]
"""A value as an agent may see it; None where it may not."""


class ConditionEvidence:
    """What was read at the path of one condition. ``answerable``: a value is of a kind that could meet all of its
    tests; ``kinds``: those of all values that were read until then; ``examples``: three of these values."""

    def __init__(self, condition: Condition) -> None:
        self.condition = condition
        self.answerable = False
        self.kinds: dict[str, None] = {}
        self.examples: dict[str, None] = {}

    def look(self, values: Iterable[Json], show: Show) -> None:
        """Take the values of one item; null and empty texts say nothing."""
        for value in values:
            if value is None or value == "":
                continue
            if all(test.may_hold(value) for test in self.condition.tests):
                self.answerable = True
                return
            self.kinds[_describe_kind(value)] = None
            if len(self.examples) < EXAMPLES and (text := show(value)) is not None:
                self.examples[text] = None

    @property
    def is_against(self) -> bool:
        """Whether values were read, and none of them could meet the condition."""
        return bool(self.kinds) and not self.answerable


def _describe_kind(value: Json) -> str:
    """What a scalar, or :data:`OBJECT`, is: in the plural."""
    if value is OBJECT:
        return "objects"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "numbers"
    return "dates" if parse_moment(value) is not None else "texts"
