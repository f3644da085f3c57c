"""Views: the paths of an item that an answer keeps, compiled once.

A view is flat when each of its paths has one cell: it then answers in rows. Cells are read column by column with
``operator.itemgetter``; items that lack a key, and only columns that meet one, are read with care. No text of a
document is ever executed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.field_paths import EACH, MISSING, Segment

Column = Callable[[Sequence[Any]], Iterable[Any]]
Build = Callable[[Any], Any]


class View:
    """A compiled view. ``paths`` in order, without repetitions; ``whole`` when it keeps items as they are (``*``).

    ``cuts``: whether it asks for parts of lists or texts.
    """

    __slots__ = ("_build", "_columns", "cuts", "flat", "paths", "segments", "whole")

    def __init__(self, paths: Sequence[str]) -> None:
        """Raises :class:`adaptgen.syntax.field_paths.PathError` for text that is not a path."""
        self.whole = any(path.strip() in ("*", "**") for path in paths)
        parsed = () if self.whole else tuple(map(fields.parse, paths))
        unique = {fields.text(segments): segments for segments in parsed}
        self.paths = tuple(unique)
        self.segments: tuple[tuple[Segment, ...], ...] = tuple(unique.values())
        self.cuts = any(isinstance(one, (int, slice)) for segments in self.segments for one in segments)
        self.flat = not self.whole and _flat(self.segments)
        self._columns = tuple(_column(segments) for segments in self.segments)
        self._build = _identity if self.whole else _builder(self.segments)

    def rows(self, items: Sequence[Any]) -> list[tuple[Any, ...]]:
        """One tuple per item, one cell per path; what an item does not have is None."""
        if not self._columns:
            return [() for _ in items]
        return list(zip(*(column(items) for column in self._columns), strict=True))

    def objects(self, value: Any) -> Any:
        """``value`` with only the paths of the view, nested as it was: an object of an object, a list of a list.

        What an item does not have stays absent; a null stays null. A plain value on the way of a path is shown as
        itself.
        """
        if isinstance(value, list):
            return [self._one(item) for item in value]
        return self._one(value)

    def _one(self, item: Any) -> Any:
        if not isinstance(item, (dict, list)):
            return item
        built = self._build(item)
        return {} if built is MISSING else built

    def unmet(self, items: Sequence[Any]) -> tuple[str, ...]:
        """The paths that no item has."""
        return tuple(
            path
            for path, segments in zip(self.paths, self.segments, strict=True)
            if all(_absent(fields.get(item, segments, early=True)) for item in items)
        )

    def lacking(self, items: Sequence[Any]) -> tuple[str, ...]:
        """The paths that no item has where an object around them could have them: a null or an empty list is no
        sign that the API does not have the field."""
        return tuple(
            path
            for path, segments in zip(self.paths, self.segments, strict=True)
            if not any(_has(item, segments) for item in items)
        )


def _absent(value: Any) -> bool:
    return value is MISSING or value == []


def _has(here: Any, segments: Sequence[Segment]) -> bool:
    """Whether the way into ``here`` ends at a value, a null or an empty list."""
    for position, segment in enumerate(segments):
        if isinstance(here, list):
            rest = segments[position:] if isinstance(segment, str) else segments[position + 1 :]
            return not here or any(_has(element, rest) for element in here)
        if not isinstance(here, dict):
            return position > 0
        if not isinstance(segment, str) or segment not in here:
            return False
        here = here[segment]
    return True


@lru_cache(maxsize=4096)
def _compiled(paths: tuple[str, ...]) -> View:
    return View(paths)


def view(paths: Iterable[str]) -> View:
    """The compiled view of ``paths``, kept for the next call.

    Raises:
        adaptgen.syntax.field_paths.PathError: one of them is not a path.
    """
    return _compiled(tuple(paths))


def _identity(item: Any) -> Any:
    return item


def _flat(paths: Sequence[Sequence[Segment]]) -> bool:
    """Whether each path has one cell that says what belongs together: one list at most, and no two paths in it."""
    lists: set[str] = set()
    for segments in paths:
        through = [position for position, segment in enumerate(segments) if segment is EACH]
        if not through:
            continue
        prefix = fields.text(segments[: through[0]])
        if len(through) > 1 or prefix in lists:
            return False
        lists.add(prefix)
    return True


def _column(segments: Sequence[Segment]) -> Column:
    """A reader of one path over all items. The quick way is given up for a column once an item lacks a key."""

    def careful(items: Sequence[Any]) -> list[Any]:
        values = (fields.get(item, segments, early=True) for item in items)
        return [None if value is MISSING else value for value in values]

    keys = [segment for segment in segments if isinstance(segment, str)]
    if len(keys) != len(segments):
        return careful
    getters = [itemgetter(key) for key in keys]

    def quick(items: Sequence[Any]) -> list[Any]:
        values: Iterable[Any] = items
        for getter in getters:
            values = map(getter, values)
        try:
            return list(values)
        except (KeyError, TypeError, IndexError):
            return careful(items)

    return quick


class _Node:
    """A place in the tree of a view: ``members`` by key, ``each`` for the elements of a list, or all of it."""

    __slots__ = ("each", "everything", "members")

    def __init__(self) -> None:
        self.members: dict[str, _Node] = {}
        self.each: _Node | None = None
        self.everything = False


def _builder(paths: Sequence[Sequence[Segment]]) -> Build:
    root = _Node()
    parts: list[tuple[str, Sequence[Segment]]] = []
    for segments in paths:
        if any(isinstance(segment, (int, slice)) for segment in segments):
            parts.append((fields.text(segments), segments))  # a part of a list or text keeps its path as its key
            continue
        here = root
        for segment in segments:
            if isinstance(segment, str):
                here = here.members.setdefault(segment, _Node())
            else:
                here.each = here = here.each or _Node()
        here.everything = True
    build = _build(root)
    if not parts:
        return build

    def with_parts(item: Any) -> Any:
        built = build(item)
        if not isinstance(item, dict):
            return built
        target = built if isinstance(built, dict) else {}
        for name, segments in parts:
            value = fields.get(item, segments)
            if value is not MISSING:
                target[name] = value
        return target

    return with_parts


def _build(node: _Node) -> Build:
    if node.everything:
        return _identity
    members = tuple((key, _build(child)) for key, child in node.members.items())
    each = _build(node.each) if node.each is not None else None

    def build(value: Any) -> Any:
        if isinstance(value, dict):
            kept: dict[str, Any] = {}
            for key, child in members:
                if key in value:
                    inner = child(value[key])
                    if inner is not MISSING:
                        kept[key] = inner
            return kept
        if isinstance(value, list):
            inside = each if each is not None else build
            return [inner for inner in map(inside, value) if inner is not MISSING]
        return value

    return build
