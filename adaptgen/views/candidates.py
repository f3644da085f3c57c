"""Candidates of a default view: the leaves of a record, from a schema or from received data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from adaptgen.model import frozen
from adaptgen.model.frozen import lazy
from adaptgen.syntax import field_paths as fields

Json = Any


@frozen.value()
class Candidate:
    """A leaf of one record.

    ``path`` is dotted with ``[*]``; ``type`` and ``format`` as in JSON Schema; ``constant``: the value is the same in
    every record; ``size``: mean length of its JSON text in bytes, where it was received; ``optional``: by its schema it
    may well be missing, or is false unless somebody says otherwise; ``required``: by its schema it is always there;
    ``secret``: its description says that it is one; ``small``: an open object that holds plain values only.
    """

    path: str
    type: str | None
    format: str | None = None
    enum: bool = False
    constant: bool = False
    size: float | None = None
    optional: bool = False
    required: bool = False
    secret: bool = False
    small: bool = False


@dataclass(slots=True)
class _FieldStats:
    types: set[str] = field(default_factory=set)
    count: int = 0
    bytes: int = 0
    first: Json = None
    same: bool = True
    url: bool = True
    date: bool = True


_DATE_TEXT = lazy(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?\Z")


def candidates_from(items: Sequence[Json]) -> list[Candidate]:
    """The leaves of received records, in the order of their first appearance. Other values have no leaves.

    At most 50 records are read, objects to a depth of three; a path that only few records have, and an object with
    more than 60 members (a map keyed by data), is left out.
    """
    seen: dict[str, _FieldStats] = {}
    records = [one for one in items[:50] if isinstance(one, Mapping)]
    for record in records:
        for path, value in _leaves(record, "", 0):
            _note(seen.setdefault(path, _FieldStats()), value)
    enough = max(1, len(records) // 10)
    return [_from_seen(path, one, len(records)) for path, one in seen.items() if one.count >= enough]


@lru_cache(maxsize=8192)
def _key(key: str) -> str:
    return fields.text((key,))


def _leaves(record: Mapping[str, Json], prefix: str, depth: int) -> Iterator[tuple[str, Json]]:
    for key, value in record.items():
        name = _key(key)
        path = f"{prefix}{name}" if name[0] == "[" or not prefix else f"{prefix}.{name}"
        if isinstance(value, Mapping):
            if depth < 3 and len(value) <= 60:
                yield from _leaves(value, path, depth + 1)
        elif isinstance(value, list):
            yield from _list_leaves(value, path, depth)
        else:
            yield path, value


def _list_leaves(value: list[Json], path: str, depth: int) -> Iterator[tuple[str, Json]]:
    if value and isinstance(value[0], Mapping):
        if depth < 2 and len(value) <= 60:
            yield from _leaves(value[0], f"{path}[*]", depth + 1)
    elif value and not isinstance(value[0], list):
        yield f"{path}[*]", ",".join(map(str, value[:20])) if isinstance(value[0], str) else value[0]


_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


def _note(one: _FieldStats, value: Json) -> None:
    if value is None:
        one.same = one.same and one.first is None
    else:
        one.types.add(_TYPES.get(type(value), "string"))
        if one.types and one.first is None and one.count == 0:
            one.first = value
        one.same = one.same and value == one.first
        text = isinstance(value, str)
        one.url = one.url and text and value.startswith(("http://", "https://"))
        one.date = one.date and text and _DATE_TEXT.match(value) is not None
        one.bytes += len(value) + 2 if text else len(str(value))
    one.count += 1


def _from_seen(path: str, one: _FieldStats, records: int) -> Candidate:
    kind = next(iter(one.types)) if len(one.types) == 1 else "null" if not one.types else "string"
    if one.types == {"integer", "number"}:
        kind = "number"
    format = "uri" if one.types and one.url else "date-time" if one.types and one.date else None
    constant = one.same and one.count == records > 2
    return Candidate(path, kind, format, constant=constant, size=one.bytes / max(one.count, 1))
