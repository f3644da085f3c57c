"""JSONPath on whole bodies (RFC 9535): plain paths by direct access, filters and ``..`` by jsonpath-ng."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from adaptgen.model.frozen import lazy
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.field_paths import EACH, MISSING

_QUOTED = lazy(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")
_BEYOND = ("..", "?", "(", ",")


class JsonPathError(ValueError):
    """The text is not a JSONPath."""


@lru_cache(maxsize=2048)
def compiled(path: str) -> Callable[[Any], list[Any]]:
    """A function from a body to the list of values at ``path``, which starts with ``$``; else JsonPathError."""
    if not path.startswith("$"):
        raise JsonPathError(f"{path!r} is not a JSONPath: it must start with `$`")
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
        return _general(path)
    return lambda body: _found(fields.get(body, segments))


def _found(value: Any) -> list[Any]:
    return [] if value is MISSING else [value]


def _members(body: Any) -> list[Any]:
    return list(body.values()) if isinstance(body, dict) else list(body) if isinstance(body, list) else []


def _general(path: str) -> Callable[[Any], list[Any]]:
    from jsonpath_ng.ext.parser import parse

    try:
        expression = parse(path)
    except Exception as problem:  # the parser raises bare Exception too
        raise JsonPathError(f"{path!r} is not a JSONPath: {problem}") from None
    return lambda body: [match.value for match in expression.find(body)]


def first(path: str, body: Any, default: Any = MISSING) -> Any:
    """The first value of ``body`` at ``path`` (as :func:`compiled`), or ``default``."""
    found = compiled(path)(body)
    return found[0] if found else default
