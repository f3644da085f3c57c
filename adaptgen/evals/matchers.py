"""Matchers: what a case says about a value, in YAML.

A value that is not a mapping matches itself; a mapping matches an object with the same members, each a matcher. A
mapping whose keys begin with ``$`` is a matcher of the table below, or (``$.items[0].name``) matches what a JSONPath
selects; several keys must all match. ``docs/evals.md`` lists them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from adaptgen.config.checker import describe
from adaptgen.config.types import KeyPath
from adaptgen.evals.answers import shown
from adaptgen.model.frozen import value as frozen_value
from adaptgen.model.tables import Json
from adaptgen.syntax import field_paths, jsonpath
from adaptgen.syntax.field_paths import MISSING

NO_EXAMPLE: Final = MISSING
"""What :func:`example` returns for a matcher that many values fit and that names none."""

_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: _is_number(value),
    "integer": lambda value: _is_number(value) and float(value).is_integer(),
    "boolean": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}
_DEPTH: Final = 64
_TOLERANCE: Final = 1e-9
_MOST_PATTERN: Final = 300
_MOST_ANY_ORDER: Final = 500
"""Each element is compared with each."""

Scope = Mapping[str, Json]
"""Answers of earlier calls, by the names that ``keep`` gave them."""


@frozen_value()
class Matcher:
    """One row of the table. ``about``: what it means, for people. ``differs(wanted, value, at, scope)`` says what does
    not fit, or "". ``wrong(wanted)`` says what is wrong with the matcher itself, or "". ``example``: a value that fits,
    or :data:`NO_EXAMPLE`. ``inside``: the matchers that ``wanted`` holds, by their keys."""

    about: str
    differs: Callable[[Any, Any, str, Scope | None], str]
    wrong: Callable[[Any], str]
    example: Callable[[Any], Any]
    inside: Callable[[Any], Sequence[tuple[KeyPath, Any]]] = lambda wanted: ()


# ------------------------------------------------------------------------------------------------------------- matching


def mismatch(matcher: Json, value: Json, scope: Scope | None = None, at: str = "") -> str:
    """Why ``value`` does not fit a matcher, "" where it does. ``value`` may be ``MISSING``: an argument or member that
    is not there. ``scope``: answers of earlier calls; a value that is taken from one fits anything where it is not
    given. ``at``: where the value is, for the text."""
    if at.count(".") + at.count("[") > _DEPTH:
        return f"{at}: it nests too deep to compare"
    if isinstance(matcher, dict) and is_matcher(matcher):
        return next(filter(None, (_differs(key, wanted, value, at, scope) for key, wanted in matcher.items())), "")
    if value is MISSING:
        return _at(at, f"it is missing; {_shown(matcher)} is expected")
    if isinstance(matcher, dict):
        return _object_differs(matcher, value, at, scope, exact=True)
    if isinstance(matcher, list):
        if not isinstance(value, list):
            return _at(at, f"a list is expected, not {shown(value)}")
        if len(value) != len(matcher):
            return _at(at, f"{len(matcher)} elements are expected, not {len(value)}")
        pairs = enumerate(zip(matcher, value, strict=True))
        return next(filter(None, (mismatch(one, other, scope, f"{at}[{n}]") for n, (one, other) in pairs)), "")
    return "" if _equal(matcher, value) else _at(at, f"{_shown(matcher)} is expected, not {shown(value)}")


def example(matcher: Json, scope: Scope | None = None) -> Any:
    """A value that fits, for a call that is to be made; :data:`NO_EXAMPLE` where the matcher names none, and for an
    argument that must be absent."""
    if isinstance(matcher, dict) and is_matcher(matcher):
        if "$example" in matcher:
            return matcher["$example"]
        if "$from" in matcher:
            return _taken(matcher["$from"], scope or {})
        found = (MATCHERS[key].example(wanted) for key, wanted in matcher.items() if key in MATCHERS)
        return next((one for one in found if one is not NO_EXAMPLE), NO_EXAMPLE)
    if isinstance(matcher, dict):
        members = {key: example(one, scope) for key, one in matcher.items()}
        return {key: one for key, one in members.items() if one is not NO_EXAMPLE}
    if isinstance(matcher, list):
        return [one for one in (example(each, scope) for each in matcher) if one is not NO_EXAMPLE]
    return matcher


def is_absent(matcher: Json) -> bool:
    """Whether a matcher says that the argument must not be there."""
    return isinstance(matcher, dict) and matcher.get("$absent") is True


def is_matcher(matcher: Mapping[str, Any]) -> bool:
    """Whether a mapping is a matcher, and not an object of them."""
    return bool(matcher) and all(key.startswith("$") for key in matcher)


def is_path(key: str) -> bool:
    """Whether a key is a JSONPath."""
    return key == "$" or key.startswith(("$.", "$["))


def _differs(key: str, wanted: Any, value: Any, at: str, scope: Scope | None) -> str:
    if not is_path(key):
        return MATCHERS[key].differs(wanted, value, at, scope)
    found = jsonpath.compiled(key).values(None if value is MISSING else value)
    several = any(mark in key for mark in ("*", "..", "?", ":", ","))
    selected: Any = found if several else found[0] if found else MISSING
    return mismatch(wanted, selected, scope, f"{at}{key[1:]}" if at else key)


def _object_differs(wanted: Mapping[str, Any], value: Any, at: str, scope: Scope | None, *, exact: bool) -> str:
    if not isinstance(value, dict):
        return _at(at, f"an object is expected, not {shown(value)}")
    for key, one in wanted.items():
        if problem := mismatch(one, value.get(key, MISSING), scope, f"{at}.{key}" if at else key):
            return problem
    more = sorted(value.keys() - wanted.keys()) if exact else []
    return _at(at, f"it has more members than expected: {', '.join(more[:5])}") if more else ""


def _at(at: str, text: str) -> str:
    return f"{at}: {text}" if at else text


def _shown(matcher: Json) -> str:
    """What a case expects: its own words may be shown."""
    if isinstance(matcher, (dict, list)):
        return "a list" if isinstance(matcher, list) else "an object"
    return repr(matcher) if isinstance(matcher, str) else shown(matcher)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _equal(one: Any, other: Any) -> bool:
    """Equality of JSON: true is not 1, and 2 is 2.0. Sums of floats differ in their last digits."""
    if _is_number(one) and _is_number(other):
        return one == other or math.isclose(one, other, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    return type(one) is type(other) and bool(one == other)


# ------------------------------------------------------------------------------------------------------------ the table


def _any(wanted: Any, value: Any, at: str, scope: Scope | None) -> str:
    return _at(at, "it is missing") if value is MISSING or value is None else ""


def _is(wanted: Any, value: Any, at: str, scope: Scope | None) -> str:
    return "" if _deep_equal(wanted, value) else _at(at, f"{_shown(wanted)} is expected, not {shown(value)}")


def _deep_equal(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_deep_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_deep_equal, one, other))
    return _equal(one, other)


def _type(wanted: Any, value: Any, at: str, scope: Scope | None) -> str:
    names = wanted if isinstance(wanted, list) else [wanted]
    fits = value is not MISSING and any(_TYPES[name](value) for name in names)
    return "" if fits else _at(at, f"{' or '.join(names)} is expected, not {shown(value)}")


def _one_of(wanted: Any, value: Any, at: str, scope: Scope | None) -> str:
    fits = any(not mismatch(one, value, scope) for one in wanted)
    return "" if fits else _at(at, f"one of {len(wanted)} values is expected, not {shown(value)}")


def _contains(wanted: Any, value: Any, at: str, scope: Scope | None) -> str:
    if isinstance(wanted, str) and isinstance(value, str):
        fits = wanted.casefold() in value.casefold()
    else:
        fits = isinstance(value, list) and any(not mismatch(wanted, one, scope) for one in value)
    return "" if fits else _at(at, f"{_shown(wanted)} is expected in it, which is {shown(value)}")


def _regex(wanted: Any, value: Any, at: str, scope: Scope | None) -> str:
    fits = isinstance(value, str) and jsonpath.found(wanted, value)
    return "" if fits else _at(at, f"the pattern {wanted!r} is not found in {shown(value)}")


def _between(wanted: Any, value: Any, at: str, scope: Scope | None) -> str:
    low, high = wanted
    there: Any = value
    if isinstance(low, str) or isinstance(high, str):
        low, high, there = (_moment(one) if isinstance(one, str) else one for one in (low, high, value))
        fits = there is not None and isinstance(there, datetime)
    else:
        fits = _is_number(there)
    fits = fits and (low is None or low <= there) and (high is None or there <= high)
    return "" if fits else _at(at, f"between {wanted[0]} and {wanted[1]} is expected, not {shown(value)}")


def _near(wanted: Any, value: Any, at: str, scope: Scope | None) -> str:
    fits = _is_number(value) and abs(value - wanted[0]) <= wanted[1] + _TOLERANCE
    return "" if fits else _at(at, f"{wanted[0]} (±{wanted[1]}) is expected, not {shown(value)}")


def _date(wanted: Any, value: Any, at: str, scope: Scope | None) -> str:
    there = _moment(value) if isinstance(value, str) else None
    fits = there is not None and there == _moment(wanted)
    return "" if fits else _at(at, f"the date {wanted} is expected, not {shown(value)}")


def _absent(wanted: Any, value: Any, at: str, scope: Scope | None) -> str:
    fits = (value is MISSING or value is None) is wanted
    return "" if fits else _at(at, "it must be absent" if wanted else "it is missing")


def _unordered(wanted: Any, value: Any, at: str, scope: Scope | None) -> str:
    if not isinstance(value, list):
        return _at(at, f"a list is expected, not {shown(value)}")
    if len(value) != len(wanted):
        return _at(at, f"{len(wanted)} elements are expected in any order, not {len(value)}")
    fits = [[not mismatch(one, each, scope) for each in value] for one in wanted]
    if len(assign(fits)) == len(fits):
        return ""
    absent = next((one for one, fit in zip(wanted, fits, strict=True) if not any(fit)), None)
    words = json.dumps(absent, ensure_ascii=False, default=str)[:200] if absent is not None else "one of them"
    return _at(at, f"{words} is expected, and no element is like it")


def assign(fits: Sequence[Sequence[bool]]) -> dict[int, int]:
    """Rows to columns of their own, as many as possible (augmenting paths); the first column that is free first."""
    holder: dict[int, int] = {}

    def place(row: int, tried: set[int]) -> bool:
        for column, fit in enumerate(fits[row]):
            if fit and column not in tried:
                tried.add(column)
                if column not in holder or place(holder[column], tried):
                    holder[column] = row
                    return True
        return False

    for row in range(len(fits)):
        place(row, set())
    return {row: column for column, row in holder.items()}


def _subset(wanted: Any, value: Any, at: str, scope: Scope | None) -> str:
    return _object_differs(wanted, value, at, scope, exact=False)


def _rows(wanted: Any, value: Any, at: str, scope: Scope | None) -> str:
    if not isinstance(value, list):
        return _at(at, f"a list of records is expected, not {shown(value)}")
    cells = [[_cell(record, field) for field in wanted["fields"]] for record in value]
    if wanted.get("ordered"):
        return mismatch(wanted["rows"], cells, scope, at)
    return _unordered(wanted["rows"], cells, at, scope)


def _cell(record: Any, field: str) -> Any:
    if isinstance(record, dict) and field in record:
        return record[field]
    found = field_paths.get(record, field)
    return None if found is MISSING else found


def _from(wanted: Any, value: Any, at: str, scope: Scope | None) -> str:
    if value is MISSING:
        return _at(at, "it is missing")
    there = _taken(wanted, scope) if scope is not None else MISSING
    return "" if there is MISSING or _deep_equal(there, value) else _at(at, f"it is not what {wanted} was")


def _taken(path: str, scope: Scope) -> Any:
    return field_paths.get(dict(scope), path)


def _example(wanted: Any, value: Any, at: str, scope: Scope | None) -> str:
    return ""


def _moment(text: str) -> datetime | None:
    """A day or a moment in UTC; a moment without a zone is in UTC, and a day is its midnight."""
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _must(fits: Callable[[Any], bool], what: str) -> Callable[[Any], str]:
    return lambda wanted: "" if fits(wanted) else f"takes {what}, not {describe(wanted)}"


def _wrong_regex(wanted: Any) -> str:
    if not isinstance(wanted, str) or not 0 < len(wanted) <= _MOST_PATTERN:
        return f"takes a pattern of at most {_MOST_PATTERN} characters"
    try:
        jsonpath.pattern(wanted)
    except jsonpath.QueryError as broken:
        return f"cannot be used: {broken}"
    return ""


def _wrong_rows(wanted: Any) -> str:
    fields = wanted.get("fields") if isinstance(wanted, dict) else None
    rows = wanted.get("rows") if isinstance(wanted, dict) else None
    if not isinstance(fields, list) or not fields or not all(isinstance(one, str) for one in fields):
        return "takes {fields: [name, …], rows: [[value, …], …]}"
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == len(fields) for row in rows):
        return f"takes rows of {len(fields)} values, one for each of its fields"
    if len(rows) > _MOST_ANY_ORDER and not wanted.get("ordered"):
        return f"takes at most {_MOST_ANY_ORDER} rows without ordered: true"
    more = sorted(wanted.keys() - {"fields", "rows", "ordered"})
    return f"does not take {more[0]!r}" if more else ""


def _wrong_from(wanted: Any) -> str:
    try:
        path = field_paths.parse(wanted) if isinstance(wanted, str) else ()
    except field_paths.PathError as broken:
        return str(broken)
    return "" if len(path) > 1 else "takes the name of an earlier answer and a path in it: found.items[0].id"


def _bound(wanted: Any) -> bool:
    if not isinstance(wanted, list) or len(wanted) != 2 or wanted == [None, None]:
        return False
    texts = [isinstance(one, str) for one in wanted if one is not None]
    if any(texts):
        return all(texts) and all(_moment(one) for one in wanted if one is not None)
    return all(one is None or _is_number(one) for one in wanted)


def _elements(wanted: Any) -> list[tuple[KeyPath, Any]]:
    return [((index,), one) for index, one in enumerate(wanted)]


def _none(wanted: Any) -> Any:
    return NO_EXAMPLE


MATCHERS: Final[Mapping[str, Matcher]] = {
    "$any": Matcher("true; anything but null", _any, _must(lambda w: w is True, "true"), _none),
    "$is": Matcher("a literal, also one with keys that begin with $", _is, lambda w: "", lambda w: w),
    "$type": Matcher(f"one or several of {', '.join(_TYPES)}", _type, _must(
        lambda w: bool(w) and all(isinstance(n, str) and n in _TYPES for n in (w if isinstance(w, list) else [w])),
        f"one of {', '.join(_TYPES)}"), _none),
    "$one_of": Matcher("a list of matchers, one of which fits", _one_of,
                       _must(lambda w: isinstance(w, list) and bool(w), "a list"), lambda w: example(w[0]), _elements),
    "$contains": Matcher("a text that the value holds, whatever its capitals; or a matcher of one element of a list",
                         _contains, lambda w: "", lambda w: w if isinstance(w, str) else NO_EXAMPLE,
                         lambda w: [((), w)]),
    "$regex": Matcher("a regular expression that is found in the text (its first 10,000 characters, within 0.1 s)",
                      _regex, _wrong_regex, _none),
    "$between": Matcher("[least, most], numbers or dates; null leaves a side open", _between,
                        _must(_bound, "two numbers or two dates"), lambda w: w[0] if w[0] is not None else w[1]),
    "$near": Matcher("[number, tolerance]", _near, _must(
        lambda w: isinstance(w, list) and len(w) == 2 and all(map(_is_number, w)), "a number and a tolerance"),
        lambda w: w[0]),
    "$date": Matcher("the same moment, however it is written: 2026-03-31 is 2026-03-31T00:00:00Z", _date,
                     _must(lambda w: isinstance(w, str) and _moment(w) is not None, "a date"), lambda w: w),
    "$absent": Matcher("true: the argument or member is not there, or null", _absent,
                       _must(lambda w: isinstance(w, bool), "true or false"), _none),
    "$unordered": Matcher("a list in any order", _unordered, _must(
        lambda w: isinstance(w, list) and len(w) <= _MOST_ANY_ORDER, f"a list of at most {_MOST_ANY_ORDER}"),
        lambda w: example(w), _elements),
    "$subset": Matcher("an object that has these members, and may have more", _subset,
                       _must(lambda w: isinstance(w, dict), "a mapping"), lambda w: example(w),
                       lambda w: [((key,), one) for key, one in w.items()]),
    "$rows": Matcher("{fields, rows, ordered}: records by some of their fields, in any order unless ordered: true",
                     _rows, _wrong_rows, _none, lambda w: [(("rows",), w["rows"])]),
    "$from": Matcher("the value at a path of an earlier answer (keep): found.items[0].id", _from, _wrong_from, _none),
    "$example": Matcher("next to another matcher: the value that L2 calls with", _example, lambda w: "", lambda w: w),
}  # fmt: skip
"""The matchers by their keys."""
