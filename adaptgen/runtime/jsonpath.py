"""JSONPath on whole bodies (RFC 9535): plain paths by direct access, all else by :mod:`adaptgen.queries`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from adaptgen import fields
from adaptgen.fields import EACH, MISSING, Segment

_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")
_BEYOND = ("..", "?", "(", ",")


class JsonPathError(ValueError):
    """The text is no JSONPath."""


@lru_cache(maxsize=2048)
def compiled(path: str) -> Callable[[Any], list[Any]]:
    """A function from a body to the list of values at ``path``, empty where there are none.

    Raises:
        JsonPathError: ``path`` does not start with ``$`` or cannot be read.
    """
    if not path.startswith("$"):
        raise JsonPathError(f"{path!r} is no JSONPath: it must start with `$`")
    rest = path[1:]
    if not rest:
        return lambda body: [body]
    bare = _QUOTED.sub("", rest)
    if any(mark in bare for mark in _BEYOND):
        return _general(path)
    try:
        segments = fields.parse(rest.removeprefix("."))
    except fields.PathError as problem:
        raise JsonPathError(str(problem).replace("field path", "JSONPath")) from None
    if rest in (".*", "[*]"):
        return _members
    if EACH in segments:
        return _general(_strict(segments))
    return lambda body: _found(fields.get(body, segments))


def _found(value: Any) -> list[Any]:
    return [] if value is MISSING else [value]


def _members(body: Any) -> list[Any]:
    return list(body.values()) if isinstance(body, dict) else list(body) if isinstance(body, list) else []


def _general(path: str) -> Callable[[Any], list[Any]]:
    from adaptgen import queries

    try:
        return queries.compiled(path).values
    except queries.QueryError as problem:
        raise JsonPathError(str(problem)) from None


def _strict(segments: Sequence[Segment]) -> str:
    """A plain path as RFC 9535 spells it: the shorthand takes keys such as ``first-name`` as they are."""
    parts = []
    for segment in segments:
        if isinstance(segment, slice):
            low, high = ("" if one is None else str(one) for one in (segment.start, segment.stop))
            parts.append(f"[{low}:{high}]")
        else:
            parts.append("[*]" if segment is EACH else f"[{json.dumps(segment)}]")
    return "$" + "".join(parts)


def first(path: str, body: Any, default: Any = MISSING) -> Any:
    """The first value of ``body`` at ``path``, or ``default``.

    Raises:
        JsonPathError: ``path`` cannot be read.
    """
    found = compiled(path)(body)
    return found[0] if found else default
