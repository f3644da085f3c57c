"""Counting and adding up: how many items there are, figures of them, in groups too, and which values there are.

Values that are personal keep their kind, so that governance puts tokens in their place; their order
then says nothing about them.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from itertools import product
from secrets import token_bytes
from typing import Any, Final

from adaptgen.model.tables import Json, Tool
from adaptgen.runtime.core.answer import Answer, answer_json
from adaptgen.runtime.core.text import encode
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.tagged_values import Tagged, cut, tag
from adaptgen.runtime.queries import comparison as comparing
from adaptgen.runtime.queries.figures import Cell, Column, columns_of, heading
from adaptgen.runtime.queries.pairs import elements_of, find_pairs, is_inside
from adaptgen.runtime.queries.units import UnitFields
from adaptgen.runtime.queries.values import GuardedValues

VALUES: Final = 50
"""Rows in one answer, where the agent does not say ``limit``."""
_LONGEST: Final = 200
_ORDER: Final = token_bytes(32)
"""Decides in which order personal values are shown; nobody outside of this process can work it out."""
_PARTIAL: Final = 6_000
"""Bytes of a result under way that a cursor carries."""


class _Group:
    """The items of one group: the values that make it, how many items there are, and a cell for each column."""

    __slots__ = ("cells", "count", "values")

    def __init__(self, values: list[Json], columns: int) -> None:
        self.values = values
        self.count = 0
        self.cells = [Cell() for _ in range(columns)]


class Aggregator:
    """An aggregation under way. ``most``: rows in the answer; ``max_bytes`` of the whole answer. ``read``: items that
    were read so far."""

    def __init__(self, tool: Tool, lens: GuardedValues, marks: PiiTracker, *, most: int | None, max_bytes: int) -> None:
        self.question = lens.question
        self._tool = tool
        self._lens = lens
        self._marks = marks
        self._most = most or VALUES
        self._budget = max_bytes
        self._items = 0
        self.read = 0
        self._repeated = 0
        self._columns = columns_of(self.question)
        self._units = [UnitFields(column.field) for column in self._columns]
        self._places = [column.field for column in self._columns]
        distinct = self.question.distinct
        self._by = self.question.groups if distinct is None else (distinct,)
        self._groups: dict[tuple[Any, ...], _Group] = {}
        if not self._by and self._columns:
            self._group(())

    def add(self, items: Sequence[Json]) -> None:
        """Take the items of a page.

        Raises:
            ToolError: a value cannot be used.
        """
        lens, question = self._lens, self.question
        self.read += len(items)
        for item in items:
            if question.where and not lens.holds(item):
                continue
            self._items += 1
            if self._by or self._columns:
                self._add(item)

    def _add(self, item: Json) -> None:
        way = find_pairs(item, self._by, self._places)
        alone = [item] if way is None else elements_of(item, way, self._by, self._places)
        paired = [way is not None and is_inside(field, way) for field in self._places]
        _, amounts = self._lens.values(item, (), self._places)
        whole = [column.read(values) for column, values in zip(self._columns, amounts, strict=True)]
        for units in self._units:
            units.look(item)
        seen: set[int] = set()
        for one in alone:
            groups, parts = self._lens.values(one, self._by, self._places if way is not None else ())
            named = [{_key(value): value for value in values} for values in groups]
            for chosen in product(*(values.values() for values in named)):
                group = self._group(chosen)
                fresh = id(group) not in seen
                seen.add(id(group))
                group.count += fresh
                for at, (cell, column) in enumerate(zip(group.cells, self._columns, strict=True)):
                    if paired[at]:
                        cell.add(column.parse(parts[at]), column.names)
                    elif fresh:
                        cell.add(whole[at], column.names)
        self._repeated += len(seen) > 1

    def _group(self, values: Sequence[Json]) -> _Group:
        key = tuple(map(_key, values))
        found = self._groups.get(key)
        if found is None:
            found = self._groups[key] = _Group(list(values), len(self._columns))
        return found

    # -------------------------------------------------------------------------------------------------- going on

    def partial(self) -> Json:
        """The result so far, for a cursor; None where that would be too large."""
        rows = [
            [group.values, list(map(_kind, group.values)), group.count, [cell.partial() for cell in group.cells]]
            for group in self._groups.values()
        ]
        seen = [[column.partial() for column in self._columns], [units.partial() for units in self._units]]
        part = [self._items, self.read, self._repeated, rows, *(seen if self._columns else ())]
        return part if len(encode(part)) <= _PARTIAL else None

    def resume(self, part: Json) -> None:
        """Continue from what :meth:`partial` returned."""
        self._items, self.read, self._repeated, rows, *seen = part
        for values, kinds, count, cells in rows:
            marked = [tag(one, kind) if kind else one for one, kind in zip(values, kinds, strict=True)]
            group = self._group(marked)
            group.count = count
            for cell, state in zip(group.cells, cells, strict=True):
                cell.resume(state)
        if seen:
            known: list[Column | UnitFields] = [*self._columns, *self._units]
            for one, state in zip(known, [*seen[0], *seen[1]], strict=True):
                one.resume(state)

    # ----------------------------------------------------------------------------------------------------- answer

    def answer(self, total: int | None, why: str, cursor: str | None) -> Answer:
        """The answer: ``total`` where the API said it; ``why`` not everything was read, ``cursor`` to go on."""
        question = self.question
        counted = self._items if total is None else total
        notes = [self._lens.note(counted) if total is None else "", *self._said()]
        parts: dict[str, Json] = {"count": counted}
        if question.distinct is not None:
            parts["distinct"] = len(self._groups)
        if why:
            parts |= {"complete": False, "read": self.read}
            what = "Not the whole list" if self._columns else "A lower bound"
            more = " Go on with `next_cursor`, which holds the result so far." if cursor else ""
            notes.insert(0, f"{what}: {self.read} items were read; {why}.{more}")
            if cursor:
                parts["next_cursor"] = cursor
        elif total is None and question.where:
            parts["read"] = self.read
        note = " ".join(filter(None, notes))
        if note:
            parts["note"] = note
        if question.distinct is not None:
            return self._fitted([question.distinct.said], self._by_value(), parts)
        if not self._by:
            return self._made({**self._figures(), **parts})
        heads = [*(one.said for one in self._by), *map(heading, question.figures), "count"]
        return self._fitted(heads, self._by_size(), parts)

    def _said(self) -> list[str]:
        """What the agent should know about the values."""
        grouped = frozenset(one.said for one in self._by) | {one.field.said for one in self.question.where}
        notes = [column.note(self._items) for column in self._columns]
        notes += dict.fromkeys(units.note(grouped) for units in self._units)
        if self._repeated and self._columns:
            notes.append(f"{self._repeated} items have several values to group by and count in each of these groups.")
        return notes

    def _figures(self) -> dict[str, Json]:
        """The figures of all items: function -> path -> value."""
        figures: dict[str, Json] = {}
        for group in self._groups.values():
            for one, value in zip(self.question.figures, self._values(group), strict=True):
                figures.setdefault(one.function, {})[one.field.said] = value
        return figures

    def _values(self, group: _Group) -> list[Json]:
        shown = []
        for one in self.question.figures:
            at = self._places.index(one.field)
            shown.append(group.cells[at].shown(one.function, binary=self._columns[at].binary))
        return shown

    def _by_size(self) -> list[_Group]:
        """Those with the most first: items, or what the first figure says (``min``: the least first)."""
        groups = order_blindly(list(self._groups.values()))
        if not self.question.figures:
            return sorted(groups, key=lambda group: -group.count)
        first = self.question.figures[0]
        at = self._places.index(first.field)
        keys = {id(group): group.cells[at].order(first.function) for group in groups}
        known = [group for group in groups if keys[id(group)] is not None]
        known.sort(key=lambda group: keys[id(group)], reverse=first.function != "min")
        return [*known, *(group for group in groups if keys[id(group)] is None)]

    def _by_value(self) -> list[_Group]:
        groups = order_blindly(list(self._groups.values()))
        firsts = [group.values[0] for group in groups]
        if self._marks.enabled and any(isinstance(one, Tagged) or _is_text(one) for one in firsts):
            return groups  # as the API gave them: an order of theirs would tell about what becomes a token
        order = comparing.sort_keys([[one] for one in firsts], descending=False)
        return [groups[at] for at in sorted(range(len(groups)), key=order.__getitem__)]

    def _fitted(self, heads: list[str], groups: list[_Group], parts: dict[str, Json]) -> Answer:
        """The most rows that fit, what is left out of them counted."""
        counts = self.question.distinct is None
        what = "groups" if self.question.figures or len(self._by) > 1 else "values"
        shown = min(len(groups), self._most)
        while True:
            rows = [
                [*map(_short, group.values), *((*self._values(group), group.count) if counts else ())]
                for group in groups[:shown]
            ]
            left = groups[shown:]
            others = {"others": {what: len(left), "items": sum(group.count for group in left)}} if left else {}
            made = {"fields": heads, "items": rows, **parts, **others}
            over = self._marks.whole(made) - self._budget
            if over <= 0 or shown <= 1:
                return self._made(made, len(heads))
            shown = max(shown * self._budget // (self._budget + over) - 1, 1)

    def _made(self, made: dict[str, Json], width: int | None = None) -> Answer:
        for group in self._groups.values():
            for one in group.values:
                if isinstance(one, Tagged):
                    self._marks.seen[one.kind, str(one)] = None
        return self._marks.finish(answer_json(encode(made), self._tool), made, rows=width)


def order_blindly(groups: list[_Group]) -> list[_Group]:
    """``groups`` in an order that says nothing about personal values: an API that sorts by a name would reveal it."""
    if not any(isinstance(value, Tagged) for group in groups for value in group.values):
        return groups
    return sorted(groups, key=lambda group: blake2b(encode(group.values), key=_ORDER).digest())


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
