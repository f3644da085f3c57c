"""Members of one list inside an item belong together: ``lines[*].sku`` to the ``lines[*].amount`` of its own line.

Groups and figures that go through the same list are taken from each of its elements in turn, never from all of them at
once: an amount would be added to the groups of the other lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adaptgen.model.tables import Json
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.queries.filters import Field
from adaptgen.syntax.field_paths import EACH, Segment, get

Way = tuple[Segment, ...]


def find_pairs(item: Json, by: Sequence[Field], places: Sequence[Field]) -> Way | None:
    """The way to the list of ``item`` that a group of ``by`` shares with another one or with a figure of ``places``;
    None where there is no such list.

    Raises:
        ToolError: there are several, or one element is named by its number.
    """
    found: dict[Way, tuple[Field, Field]] = {}
    for at, field in enumerate(by):
        for other in (*by[at + 1 :], *places):
            if (way := _shared(item, field, other)) is not None:
                found[way] = field, other
    if not found:
        return None
    way, fields = next(iter(found.items()))
    inside = (field for field in (*by, *places) if is_inside(field, way))
    numbered = any(isinstance(part, int) for field in inside for part in field.segments)
    if len(found) > 1 or numbered or any(isinstance(part, int) for part in way):
        raise _refused(*fields)
    return way


def elements_of(item: Json, way: Way, by: Sequence[Field], places: Sequence[Field]) -> list[Json]:
    """``item`` once for each element of the list at ``way``, with that element alone.

    Raises:
        ToolError: the elements have another such list inside.
    """
    held = get(item, way)
    alone = [_with(item, way, [element]) for element in (held if isinstance(held, list) else ())]
    for one in alone:
        if find_pairs(one, by, places) is not None:
            raise _refused(by[0], (*by[1:], *places)[0])
    return alone


def is_inside(field: Field, way: Way) -> bool:
    """Whether a path goes through the list at ``way``."""
    return _way(field)[: len(way)] == way


def _shared(item: Json, one: Field, other: Field) -> Way | None:
    """The first list of several elements that both paths go through."""
    here: Any = item
    ways = _way(one), _way(other)
    at = 0
    for mine, others in zip(*ways, strict=False):
        if isinstance(here, list) and (isinstance(mine, str) or isinstance(others, str)):
            if len(here) > 1:
                return ways[0][:at]
            here = here[0] if here and mine == others else here
        if mine != others:
            return None
        here = get(here, (mine,))
        at += 1
    return ways[0][:at] if isinstance(here, list) and len(here) > 1 else None


def _way(field: Field) -> Way:
    return tuple(part for part in field.segments if part is not EACH)


def _with(value: Json, way: Way, held: list[Json]) -> Json:
    """A copy of ``value`` with ``held`` at ``way``; lists on it have one element."""
    if isinstance(value, list) and way:
        return [_with(one, way, held) for one in value]
    if not way or not isinstance(value, dict):
        return held
    return {**value, way[0]: _with(value[way[0]], way[1:], held)}


def _refused(one: Field, other: Field) -> ToolError:
    return ToolError(
        f"`{one.said}` and `{other.said}` go through lists in a way that does not say which values belong together. "
        "Use paths of one list, or read the items with `fields`."
    )
