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
from adaptgen.runtime.queries.comparison import OPERATORS
from adaptgen.runtime.queries.filters import (
    EQUALITY,
    EXAMPLES,
    OBJECT,
    Condition,
    ConditionEvidence,
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
_INNER: Final = 12
"""Fields of an object that are named where the object itself was asked for."""


class GuardedValues:
    """Looks at the items of one call of ``tool``; ``marks`` knows what is personal. ``resumed``: other items were
    looked at in the calls before."""

    def __init__(self, tool: Tool, marks: PiiTracker, question: Question, *, resumed: bool = False) -> None:
        """Raises :class:`ToolError` where the question is about what it must not be about."""
        self.question = question
        self._tool = tool
        self._marks = marks
        self._places = [Place(condition, condition.field.segments) for condition in question.where]
        self._evidence = [] if resumed else [ConditionEvidence(condition) for condition in question.where]
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
        if self._evidence:
            self._judge(record, personal)
        return hold_together(
            record, self._places, lambda condition, values: self._condition(condition, values, personal)
        )

    def _judge(self, record: Json, personal: Mapping[tuple[str, str], None]) -> None:
        """Look whether the values of ``record`` could meet the conditions of which that is not known yet."""
        for evidence in self._evidence:
            values = find_scalars(record, evidence.condition.field.segments)
            if any(map(self._hides, values)):  # what is hidden says nothing, not even of what kind it is
                evidence.answerable = True
            else:
                evidence.look(values, lambda value: self._show(value, personal))
        self._evidence = [evidence for evidence in self._evidence if not evidence.answerable]

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

    def _scalars(self, item: Json, record: Json, field: Field) -> list[Json]:
        found = find_scalars(record, field.segments)
        if any(one is OBJECT for one in found):
            raise ToolError(f"`{field.said}` holds objects; name a field of them: {self._inner_fields(field)}.")
        return found

    def keys(self, item: Json, field: Field) -> list[Json]:
        """The same to sort by: text without what would be a token in it."""
        record, personal = self._look(item)
        values = find_scalars(record, field.segments)
        found = [one for one in values if one is not OBJECT]
        if not found and values:
            raise ToolError(f"`sort`: `{field.said}` holds objects. Name a field of them: {self._inner_fields(field)}.")
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
        if self._is_secret(field.keys):
            raise ToolError(f"`{field.said}` holds a secret, so it cannot be queried.")

    def _is_secret(self, keys: tuple[str, ...]) -> bool:
        declared = [fields.keys_of(path) for path, kind in self._tool.sensitive.items() if kind == "secret"]
        return any(map(is_secret, keys)) or any(keys[: len(path)] == path for path in declared if path)

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
            ToolError: a condition compares with a value of another kind than all that were read.
        """
        for evidence in self._evidence:
            if evidence.is_against:
                raise self._unmatchable(evidence)
        for field in self._unmet:
            self._refuse_inside_scalars(field)
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

    def _unmatchable(self, evidence: ConditionEvidence) -> ToolError:
        field = evidence.condition.field
        examples = f", such as {', '.join(evidence.examples)}" if evidence.examples else ""
        if evidence.kinds.keys() == {"objects"}:
            more = f" Name a field of them: {self._inner_fields(field)}."
        else:
            more = " Compare with a value of that kind."
        read = f"the values that were read are {' and '.join(evidence.kinds)}{examples}"
        return ToolError(f"`where.{field.said}` cannot match: {read}.{more}")

    def _refuse_inside_scalars(self, field: Field) -> None:
        """Raise where a path that no item has leads into scalars."""
        for end in range(1, len(field.segments)):
            if not isinstance(field.segments[end], str):
                continue
            shown: dict[str, None] = {}
            values: list[Json] = []
            for item in self._sample:
                record, personal = self._marks.record(item)
                there = [one for one in find_scalars(record, field.segments[:end]) if one not in (None, "")]
                values += there
                shown |= dict.fromkeys(text for one in there if (text := self._show(one, personal)) is not None)
            if values and OBJECT not in values:
                outer = fields.text(field.segments[:end])
                examples = f": {', '.join(list(shown)[:EXAMPLES])}" if shown else ""
                raise ToolError(
                    f"`{field.said}` cannot be asked: `{outer}` holds no objects but plain values{examples}. "
                    f"Conditions compare with {' '.join(OPERATORS)}."
                )

    def _inner_fields(self, field: Field) -> str:
        """The fields of the objects at a path, with values of some."""
        looked = [self._marks.record(item) for item in self._sample]
        held = [(one, personal) for record, personal in looked for one in self._objects_at(record, field)]
        named = []
        for name in list_paths([one for one, _ in held])[:_INNER]:
            shown: dict[str, None] = {}
            for one, personal in held:
                values = () if self._is_secret(field.keys + fields.keys_of(name)) else find_scalars_at(one, name)
                shown |= dict.fromkeys(text for value in values if (text := self._show(value, personal)) is not None)
            examples = f" ({', '.join(list(shown)[:EXAMPLES])})" if shown else ""
            named.append(f"{field.said}.{name}{examples}")
        return ", ".join(named)

    def _show(self, value: Json, personal: Mapping[tuple[str, str], None]) -> str | None:
        """A value that was read as an agent may see it, as JSON; None where it may not, or where it is long."""
        if isinstance(value, str) and not self._names(value, personal):
            return None
        if value is None or value is OBJECT or isinstance(value, Tagged):
            return None
        return encode(value).decode()

    @staticmethod
    def _objects_at(item: Json, field: Field) -> list[Json]:
        held = fields.get(item, field.segments)
        return [one for one in (held if isinstance(held, list) else [held]) if isinstance(one, dict)]

    def _names(self, value: Json, personal: Mapping[tuple[str, str], None]) -> bool:
        """Whether a value may be listed as an existing one."""
        if not isinstance(value, str) or isinstance(value, Tagged) or not 0 < len(value) <= _SHORT:
            return False
        return not self._marks.enabled or self._marks.without(value, personal, _HOLE) == value


def find_scalars_at(record: Json, path: str) -> list[Json]:
    """The scalars at a path that :func:`list_paths` named; none where it is only a word about the rest."""
    try:
        return find_scalars(record, fields.parse(path))
    except fields.PathError:
        return []


def _by_equality(condition: Condition) -> bool:
    return all(test.operator in EQUALITY for test in condition.tests)
