"""How questions about all items see their values: secrets never, personal data only by equality.

Who may ask "is it above x" of a field learns its value by asking again and again, and who may sort by it learns its
order. So a field that holds a secret answers no question at all, and one that holds personal data that agents see as
tokens (under governance) only whether it is a known value. Text that may mention a person is compared without what
would be a token in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from adaptgen.model.tables import Json, Tool
from adaptgen.runtime.answers.layout import is_secret, list_paths
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.text import encode
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.tagged_values import Tagged
from adaptgen.runtime.queries.comparison import parse_moment
from adaptgen.runtime.queries.filters import (
    EQUALITY,
    OBJECT,
    Condition,
    Field,
    Place,
    Question,
    find_scalars,
    hold_together,
)
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.field_paths import MISSING

_HOLE: Final = "\ufffc"
"""Stands where personal data is left out of a text that is compared (OBJECT REPLACEMENT CHARACTER)."""
_KEPT: Final = 12
_SHORT: Final = 40
_SAMPLE: Final = 50
_EXAMPLES: Final = 3


class GuardedValues:
    """Looks at the items of one call of ``tool``; ``marks`` knows what is personal."""

    def __init__(self, tool: Tool, marks: PiiTracker, question: Question) -> None:
        """Raises :class:`ToolError` where the question is about what it must not be about."""
        self.question = question
        self._tool = tool
        self._marks = marks
        self._places = [Place(condition, condition.field.segments) for condition in question.where]
        self._unmet = dict.fromkeys(question.fields)
        self._sample: list[Json] = []
        self._values: dict[Field, dict[str, None]] = {
            one.field: {} for one in question.where if all(test.operator in ("=", "in") for test in one.tests)
        }
        for field in question.fields:
            self._refuse_secrets(field)
        for condition in question.where:
            if not _by_equality(condition) and (kind := self._kind(condition.field)):
                raise self._refused(condition.field, kind)
        for key in question.sort:
            if kind := self._kind(key.field):
                raise self._no_order(key.field, kind)
        for figure in question.figures:
            if kind := self._kind(figure.field):
                raise self._no_figure(figure.field, kind)

    # ------------------------------------------------------------------------------------------------------- items

    def holds(self, item: Json) -> bool:
        """Whether ``where`` holds for an item.

        Raises:
            ToolError: it compares personal data that only turns up in the data.
        """
        record, personal = self._look(item)
        return hold_together(
            record, self._places, lambda condition, values: self._condition(condition, values, personal)
        )

    def values(
        self, item: Json, by: Sequence[Field], amounts: Sequence[Field] = ()
    ) -> tuple[list[list[Json]], list[list[Json]]]:
        """The scalars of an item at each path: to group ``by``, personal ones marked, for they will be shown besides
        what the item holds; and to compute with (``amounts``).

        Raises:
            ToolError: there is an object; or figures are asked of personal data that only turns up in the data.
        """
        record, personal = self._look(item)
        if by:
            self._marks.seen |= personal
        groups = [self._scalars(item, record, field) for field in by]
        numbers = [self._scalars(item, record, field) for field in amounts]
        for field, values in zip(amounts, numbers, strict=True):
            for one in values:
                if isinstance(one, Tagged) and self._marks.will_tokenize(one.kind):
                    raise self._no_figure(field, one.kind)
        return groups, numbers

    @staticmethod
    def _scalars(item: Json, record: Json, field: Field) -> list[Json]:
        found = find_scalars(record, field.segments)
        if any(one is OBJECT for one in found):
            inner = fields.get(item, field.segments)
            inside = list_paths([one for one in (inner if isinstance(inner, list) else [inner]) if one is not MISSING])
            named = ", ".join(f"{field.said}.{one}" for one in inside[:12])
            raise ToolError(f"`{field.said}` holds objects; name a field of them: {named}.")
        return found

    def keys(self, item: Json, field: Field) -> list[Json]:
        """The same to sort by: text without what would be a token in it."""
        record, personal = self._look(item)
        values = find_scalars(record, field.segments)
        found = [one for one in values if one is not OBJECT]
        if not found and values:
            inside = ", ".join(f"{field.said}.{name}" for name in list_paths(self._objects_at(item, field))[:12])
            raise ToolError(f"`sort`: `{field.said}` holds objects. Name a field of them: {inside}.")
        return self._bare(found, personal, self._no_order, field)

    def _condition(self, condition: Condition, values: list[Json], personal: Mapping[tuple[str, str], None]) -> bool:
        if (known := self._values.get(condition.field)) is not None and len(known) <= _KEPT:
            known.update((str(one), None) for one in values if self._names(one, personal))
        compared = values
        if self._marks.enabled and not _by_equality(condition):
            compared = self._bare(values, personal, self._refused, condition.field)
        return condition.holds(values, compared, self._hides)

    def _hides(self, value: Json) -> bool:
        return isinstance(value, Tagged) and self._marks.will_tokenize(value.kind)

    def _look(self, item: Json) -> tuple[Json, Mapping[tuple[str, str], None]]:
        if self._unmet:
            for field in list(self._unmet):
                if fields.get(item, field.segments) not in (MISSING, []):
                    del self._unmet[field]
        if len(self._sample) < _SAMPLE:
            self._sample.append(item)
        return self._marks.record(item)

    def _bare(
        self,
        values: list[Json],
        personal: Mapping[tuple[str, str], None],
        refusal: Callable[[Field, str], ToolError],
        field: Field,
    ) -> list[Json]:
        """The values without what would be a token in them; one that is a token refuses."""
        if not self._marks.enabled:
            return values
        for one in values:
            if isinstance(one, Tagged) and self._marks.will_tokenize(one.kind):
                raise refusal(field, one.kind)
        return [self._marks.without(one, personal, _HOLE) if isinstance(one, str) else one for one in values]

    # ------------------------------------------------------------------------------------------------------ refusals

    def _refuse_secrets(self, field: Field) -> None:
        keys = field.keys
        declared = [fields.keys_of(path) for path, kind in self._tool.sensitive.items() if kind == "secret"]
        if any(map(is_secret, keys)) or any(keys[: len(path)] == path for path in declared if path):
            raise ToolError(f"`{field.said}` holds a secret, so it cannot be queried.")

    def _kind(self, field: Field) -> str | None:
        """The kind of what agents see as tokens at a path, whatever the data is."""
        kind = self._marks.kind_at(field.keys)
        return kind if kind is not None and self._marks.will_tokenize(kind) else None

    @staticmethod
    def _refused(field: Field, kind: str) -> ToolError:
        return ToolError(
            f"`where.{field.said}` is personal data ({kind}): only =, != and in compare it, with a whole value or the "
            "token that stands for it."
        )

    @staticmethod
    def _no_order(field: Field, kind: str) -> ToolError:
        return ToolError(f"`sort`: `{field.said}` is personal data ({kind}), by which nothing is sorted.")

    @staticmethod
    def _no_figure(field: Field, kind: str) -> ToolError:
        return ToolError(f"`{field.said}` is personal data ({kind}), of which no figures are computed.")

    # --------------------------------------------------------------------------------------------------------- notes

    def note(self, matching: int) -> str:
        """What the agent should know after all items were seen: paths that no item has, and, where nothing matched,
        the values that there are.

        Raises:
            ToolError: nothing matched, and a condition compares with a value of another kind than all that were read.
        """
        if not matching:
            for condition in self.question.where:
                self._refuse_unmatchable(condition)
        if self._unmet and self._sample:
            missing = ", ".join(f"`{one.said}`" for one in self._unmet)
            return f"No item that was read has {missing}. Fields: {', '.join(list_paths(self._sample))}."
        if matching:
            return ""
        told = [
            f"`{field.said}` is {', '.join(sorted(known))}"
            for field, known in self._values.items()
            if 0 < len(known) <= _KEPT
        ]
        return f"In the items that were read, {'; '.join(told)}." if told else ""

    def _refuse_unmatchable(self, condition: Condition) -> None:
        """Raise where no value that was read at a path is of a kind that could meet the condition."""
        shown: dict[str, None] = {}
        kinds: dict[str, None] = {}
        for item in self._sample:
            record, personal = self._marks.record(item)
            for there in find_scalars(record, condition.field.segments):
                if there is None:
                    continue
                if all(test.may_hold(there) for test in condition.tests):
                    return
                kinds[describe_kind(there)] = None
                if self._names(there, personal) or (isinstance(there, (int, float)) and not isinstance(there, Tagged)):
                    shown[encode(there).decode()] = None
        if not kinds:
            return
        path = condition.field.said
        examples = f", such as {', '.join(list(shown)[:_EXAMPLES])}" if shown else ""
        if kinds.keys() == {"objects"}:
            inside = list_paths([one for item in self._sample for one in self._objects_at(item, condition.field)])
            more = f" Name a field of them: {', '.join(f'{path}.{name}' for name in inside[:12])}."
        else:
            more = " Compare with a value of that kind."
        read = f"the values that were read are {' and '.join(kinds)}{examples}"
        raise ToolError(f"`where.{path}` cannot match: {read}.{more}")

    @staticmethod
    def _objects_at(item: Json, field: Field) -> list[Json]:
        held = fields.get(item, field.segments)
        return [one for one in (held if isinstance(held, list) else [held]) if isinstance(one, dict)]

    def _names(self, value: Json, personal: Mapping[tuple[str, str], None]) -> bool:
        """Whether a value may be listed as an existing one."""
        if not isinstance(value, str) or isinstance(value, Tagged) or not 0 < len(value) <= _SHORT:
            return False
        return not self._marks.enabled or self._marks.without(value, personal, _HOLE) == value


def describe_kind(value: Json) -> str:
    """What a scalar, or :data:`OBJECT`, is: in the plural."""
    if value is OBJECT:
        return "objects"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "numbers"
    return "dates" if parse_moment(value) is not None else "texts"


def _by_equality(condition: Condition) -> bool:
    return all(test.operator in EQUALITY for test in condition.tests)
