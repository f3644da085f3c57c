"""Budgets: how one value that is larger than a whole answer is made to fit, and how that is said.

A value that is one list keeps as many whole elements as fit. Else long strings are shortened first, then long lists,
then the largest members are left out. Every cut is recorded under its path, with a ``fields`` path that returns the
rest, so that nothing becomes unreachable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adaptgen.model.frozen import lazy
from adaptgen.runtime.core.text import encode
from adaptgen.runtime.pii.tagged_values import cut
from adaptgen.syntax import field_paths as fields

_STRINGS = (4000, 2000, 1000, 500, 200, 80)
_LISTS = (50, 20, 10, 5, 3, 1)
_NAMED = 6
_SLICED = lazy(r"(.+?)\[(\d+):(\d*)\]((?:\.|\[\*\]).*)?")


def measure(value: Any) -> int:
    """Bytes of the JSON of ``value``."""
    return len(encode(value))


def reduce_value(
    value: Any, room: int, *, paths: bool = False, size: Callable[[Any], int] = measure
) -> tuple[Any, dict[str, str]]:
    """``value`` cut to at most ``room`` bytes of JSON (as far as a value of its type can be), and what was cut.

    The second value maps the path of each cut to words: ``{"notes": "200 of 9123 characters; fields notes[200:]"}``.
    With ``paths`` the keys of ``value`` are paths themselves (one row of a list). ``size`` measures a value.
    """
    if size(value) <= room:
        return value, {}
    if (fewer := _whole(value, room, size)) is not None:
        return fewer
    cuts: dict[str, str] = {}
    for strings, lists in [(most, None) for most in _STRINGS] + [(80, most) for most in _LISTS]:
        cuts = {}
        if paths:
            smaller = {key: _cut(cell, fields.parse(key), strings, lists, cuts) for key, cell in value.items()}
        else:
            smaller = _cut(value, (), strings, lists, cuts)
        if size(smaller) <= room:
            return smaller, _worded(cuts)
    if isinstance(smaller, dict):
        smaller = _without_largest(smaller, room, cuts, paths, size)
    elif isinstance(smaller, str):
        smaller = _cut(smaller, (), max(room // 8, 1), None, cuts)
    elif isinstance(smaller, list) and size(smaller) > room:
        smaller, cuts = [], {"": f"all {len(value)} elements"}
    return smaller, _worded(cuts)


def _whole(value: Any, room: int, size: Callable[[Any], int]) -> tuple[Any, dict[str, str]] | None:
    """A value that is one list, with as many whole elements as fit: what follows is one ``fields`` path away. None
    where it is something else, or where not even one element fits."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((key, members),) = value.items()
    if not isinstance(members, list):
        return None
    left, kept = room - size({key: []}), 0
    for member in members:
        left -= size(member) + 1
        if left < 0:
            break
        kept += 1
    if not 0 < kept < len(members):
        return None
    cuts: dict[str, str] = {}
    _record(cuts, (key,), kept, len(members), "elements")
    return {key: members[:kept]}, cuts


def _cut(value: Any, path: tuple[fields.Segment, ...], strings: int, lists: int | None, cuts: dict[str, str]) -> Any:
    if isinstance(value, str):
        if len(value) <= strings:
            return value
        _record(cuts, path, strings, len(value), "characters")
        return cut(value, strings)
    if isinstance(value, dict):
        return {key: _cut(member, (*path, key), strings, lists, cuts) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        kept = value if lists is None or len(value) <= lists else value[:lists]
        if len(kept) < len(value):
            _record(cuts, path, len(kept), len(value), "elements")
        return [_cut(element, (*path, position), strings, lists, cuts) for position, element in enumerate(kept)]
    return value


def _record(cuts: dict[str, str], path: tuple[fields.Segment, ...], kept: int, whole: int, unit: str) -> None:
    name = _name(path)
    asked = name if len(path) == 1 else ""
    if (sliced := _SLICED.fullmatch(asked)) is not None:
        # The value of an asked slice is under its path: the rest begins where this one was cut.
        rest = f"; fields {sliced[1]}[{int(sliced[2]) + kept}:{sliced[3]}]{sliced[4] or ''}"
    elif asked.startswith("$"):
        # `$.users[*].id` goes on at `$.users[50:].id`.
        head, each, tail = asked.partition("[*]")
        rest = f"; fields {head}[{kept}:]{tail if each else ''}"
    else:
        rest = f"; fields {name}[{kept}:]" if path else ""
    cuts[name] = f"{kept} of {whole} {unit}{rest}"


def _name(path: tuple[fields.Segment, ...]) -> str:
    """The path in words. The first key may be a path itself: that of a slice, or of what is around a payload."""
    first = path[0] if path else None
    if isinstance(first, str) and (first == "$" or first.startswith(("$.", "$[")) or _SLICED.fullmatch(first)):
        return fields.join(first, fields.text(path[1:])) if len(path) > 1 else first
    return fields.text(path)


def _without_largest(
    value: dict[str, Any], room: int, cuts: dict[str, str], paths: bool, size: Callable[[Any], int]
) -> dict[str, Any]:
    kept = dict(value)
    sizes = {key: size(member) + size(key) + 2 for key, member in value.items()}
    total = sum(sizes.values()) + 2
    for key in sorted(sizes, key=lambda one: -sizes[one]):
        if total <= room or len(kept) == 1:
            break
        total -= sizes[key]
        del kept[key]
        name = key if paths else _name((key,))
        for inner in [one for one in cuts if one == name or one.startswith((f"{name}.", f"{name}["))]:
            del cuts[inner]
        cuts[name] = f"left out; fields {name}"
    return kept


def _worded(cuts: dict[str, str]) -> dict[str, str]:
    """The first few cuts by path, the others as a number: the report must stay smaller than what it reports."""
    named = dict(list(cuts.items())[:_NAMED])
    if len(cuts) > _NAMED:
        named["…"] = f"and {len(cuts) - _NAMED} more"
    return named
