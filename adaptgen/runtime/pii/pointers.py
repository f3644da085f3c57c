"""Where marked values are in an answer, as JSON Pointers in which ``*`` is every element of a list.

Elements that agree on where their marked values are share one pointer; those that do not are named one by one, so
that a pointer never points at a value that was not classified.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

from adaptgen.runtime.core.text import clean
from adaptgen.runtime.pii.tagged_values import Tagged
from adaptgen.syntax.json_pointer import escape_key

_PLAIN = ""


class _Conflict(Exception):
    """Two elements do not agree."""


class _List:
    """``each``: the form of every element, where they agree; ``places``: the forms one by one."""

    __slots__ = ("each", "places")

    def __init__(self, each: Any, places: Sequence[Any] | None) -> None:
        self.each = each
        self.places = places


_DIFFER = object()


def positions(value: Any) -> dict[str, str]:
    """Pointer -> kind of everything in ``value`` that is marked."""
    found: dict[str, str] = {}
    _emit(_form(value), "", found)
    return found


def columns(rows: Sequence[Sequence[Any]], width: int, under: str) -> dict[str, str]:
    """The same for rows of ``width`` cells that are in a list at the pointer ``under``."""
    found: dict[str, str] = {}
    for at in range(width):
        types = {type(row[at]) for row in rows}
        kinds = {one.kind for one in types if issubclass(one, Tagged)}
        mixed = len(kinds) > 1 or (bool(kinds) and any(_plain(row[at]) for row in rows))
        if mixed or any(issubclass(one, (list, dict, tuple)) for one in types):
            return {under + rest: kind for rest, kind in positions(rows).items()}
        if kinds:
            found[f"{under}/*/{at}"] = kinds.pop()
    return found


def _plain(cell: Any) -> bool:
    return not isinstance(cell, (Tagged, bool)) and cell is not None and cell != ""


def _form(value: Any) -> Any:
    """None for what says nothing (null, the empty string), a kind, _PLAIN, or the forms of members and elements."""
    if isinstance(value, Tagged):
        return value.kind
    if isinstance(value, dict):
        return {clean(str(key)): _form(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return _listed([_form(element) for element in value])
    return None if value is None or value == "" or isinstance(value, bool) else _PLAIN


def _listed(forms: list[Any]) -> _List:
    return _List(_agreed(forms), forms)


def _agreed(forms: Iterable[Any]) -> Any:
    merged: Any = None
    try:
        for form in forms:
            merged = _merge(merged, form)
    except _Conflict:
        return _DIFFER
    return merged


def _merge(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return one if other is None else other
    if isinstance(one, str) or isinstance(other, str):
        if one == other:
            return one
        raise _Conflict
    if isinstance(one, dict) and isinstance(other, dict):
        merged = dict(one)
        for key, form in other.items():
            merged[key] = _merge(merged[key], form) if key in merged else form
        return merged
    if isinstance(one, _List) and isinstance(other, _List):
        return _merged_lists(one, other)
    raise _Conflict


def _merged_lists(one: _List, other: _List) -> _List:
    each = _DIFFER if one.each is _DIFFER or other.each is _DIFFER else _agreed((one.each, other.each))
    places: list[Any] | None = None
    if one.places is not None and other.places is not None:
        try:
            places = [_merge(a, b) for a, b in zip_longest(one.places, other.places)]
        except _Conflict:
            places = None
    if each is _DIFFER and places is None:
        raise _Conflict
    return _List(each, places)


def _emit(form: Any, at: str, found: dict[str, str]) -> None:
    if isinstance(form, str):
        if form:
            found[at] = form
    elif isinstance(form, dict):
        for key, member in form.items():
            if member:
                _emit(member, f"{at}/{escape_key(key)}", found)
    elif isinstance(form, _List):
        if form.each is not _DIFFER:
            _emit(form.each, f"{at}/*", found)
        else:
            for index, place in enumerate(form.places or ()):
                _emit(place, f"{at}/{index}", found)
