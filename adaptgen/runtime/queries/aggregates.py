"""Counting: how many items there are, how many of each value, and which values there are.

Values that are personal keep their kind, so that governance puts tokens in their place; their order
then says nothing about them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from adaptgen.model.tables import Json, Tool
from adaptgen.runtime.core.answer import Answer, answer_json
from adaptgen.runtime.core.text import encode
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.tagged_values import Tagged, cut, tag
from adaptgen.runtime.queries import comparison as comparing
from adaptgen.runtime.queries.filters import Field
from adaptgen.runtime.queries.values import GuardedValues

VALUES: Final = 50
"""Values in one answer, where the agent does not say ``limit``."""
_LONGEST: Final = 200
_PARTIAL: Final = 6_000
"""Bytes of a count under way that a cursor carries."""


class Aggregator:
    """A count under way. ``most``: values in the answer; ``max_bytes`` of the whole answer."""

    def __init__(self, tool: Tool, lens: GuardedValues, marks: PiiTracker, *, most: int | None, max_bytes: int) -> None:
        self.question = lens.question
        self._tool = tool
        self._lens = lens
        self._marks = marks
        self._most = most or VALUES
        self._budget = max_bytes
        self._items = 0
        self._read = 0
        self._groups: dict[tuple[str, str, Any], list[Any]] = {}

    def add(self, items: Sequence[Json], named: Field | None) -> None:
        """Count a page."""
        lens = self._lens
        self._read += len(items)
        for item in items:
            if self.question.where and not lens.holds(item):
                continue
            self._items += 1
            if named is not None:
                counted = {_key(one): one for one in lens.values(item, named)}
                for key, one in counted.items():
                    self._group(key, one, 1)

    def _group(self, key: tuple[str, str, Any], value: Json, count: int) -> None:
        found = self._groups.get(key)
        if found is None:
            self._groups[key] = [value, count]
        else:
            found[1] += count

    # -------------------------------------------------------------------------------------------------- going on

    def partial(self) -> Json:
        """The count so far, for a cursor; None where that would be too large."""
        rows = [[one, _kind(one), count] for one, count in self._groups.values()]
        part = [self._items, self._read, rows]
        return part if len(encode(part)) <= _PARTIAL else None

    def resume(self, part: Json) -> None:
        """Continue from what :meth:`partial` returned."""
        self._items, self._read, rows = part
        for value, kind, count in rows:
            one = tag(value, kind) if kind else value
            self._group(_key(one), one, count)

    # ----------------------------------------------------------------------------------------------------- answer

    def answer(self, total: int | None, why: str, cursor: str | None) -> Answer:
        """The answer: ``total`` where the API said it; ``why`` not everything was read, ``cursor`` to go on."""
        question = self.question
        counted = self._items if total is None else total
        note = self._lens.note(counted) if total is None else ""
        parts: dict[str, Json] = {"count": counted}
        if question.distinct is not None:
            parts["distinct"] = len(self._groups)
        if why:
            parts |= {"complete": False, "read": self._read}
            more = " Go on with `next_cursor`, which holds the count so far." if cursor else ""
            note = f"A lower bound: {self._read} items were read; {why}.{more} {note}".rstrip()
            if cursor:
                parts["next_cursor"] = cursor
        elif total is None and question.where:
            parts["read"] = self._read
        if note:
            parts["note"] = note
        if isinstance(question.count, Field):
            return self._fitted([question.count.said, "count"], self._by_count(), parts)
        if question.distinct is not None:
            return self._fitted([question.distinct.said], self._by_value(), parts)
        return self._made(parts)

    def _by_count(self) -> list[list[Any]]:
        return sorted(self._groups.values(), key=lambda group: -group[1])

    def _by_value(self) -> list[list[Any]]:
        groups = list(self._groups.values())
        if self._marks.enabled and any(isinstance(one, Tagged) or _is_text(one) for one, _ in groups):
            return groups  # as the API gave them: an order of theirs would tell about what becomes a token
        order = comparing.sort_keys([[one] for one, _ in groups], descending=False)
        return [groups[at] for at in sorted(range(len(groups)), key=order.__getitem__)]

    def _fitted(self, heads: list[str], groups: list[list[Any]], parts: dict[str, Json]) -> Answer:
        """The most rows that fit, what is left out of them counted."""
        counts = len(heads) > 1
        shown = min(len(groups), self._most)
        while True:
            rows = [[_short(value), count] if counts else [_short(value)] for value, count in groups[:shown]]
            left = groups[shown:]
            others = {"others": {"values": len(left), "items": sum(count for _, count in left)}} if left else {}
            made = {"fields": heads, "items": rows, **parts, **others}
            over = self._marks.whole(made) - self._budget
            if over <= 0 or shown <= 1:
                return self._made(made, len(heads))
            shown = max(shown * self._budget // (self._budget + over) - 1, 1)

    def _made(self, made: dict[str, Json], width: int | None = None) -> Answer:
        for one, _ in self._groups.values():
            if isinstance(one, Tagged):
                self._marks.seen[one.kind, str(one)] = None
        return self._marks.finish(answer_json(encode(made), self._tool), made, rows=width)


def _kind(value: Json) -> str:
    return value.kind if isinstance(value, Tagged) else ""


def _key(value: Json) -> tuple[str, str, Any]:
    """What makes two values one: 1 and 1.0 are, true and 1 are not."""
    if isinstance(value, bool) or value is None:
        return "", "literal", value
    return _kind(value), "text" if isinstance(value, str) else "number", str(value) if isinstance(value, str) else value


def _is_text(value: Json) -> bool:
    return isinstance(value, str) and comparing.parse_number(value) is None and comparing.parse_moment(value) is None


def _short(value: Json) -> Json:
    return cut(value, _LONGEST) if isinstance(value, str) and len(value) > _LONGEST else value
