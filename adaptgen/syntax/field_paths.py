"""The path grammar of views, ``fields`` and ``sensitive``: dotted paths, relative to one item.

``organization.name`` goes into objects, ``tags[*].name`` through every element of a list, ``tags[0]`` to one element,
``notes[0:2000]`` to a part of a long text or list. A key that holds a dot, a bracket or a quote, is empty, ``*``, or
starts with ``$``, is written as a JSON string in brackets: ``metrics["cpu.load"]``. A key applied to a list goes
through its elements too, so that ``tags.name`` means what its author meant.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

from adaptgen.model.frozen import lazy


class _Mark:
    """A value that no JSON value equals."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


EACH: Final = _Mark("[*]")
"""The segment ``[*]``: every element of a list."""
MISSING: Final = _Mark("MISSING")
"""What :func:`get` returns where an item does not have the path; a null is ``None``."""

Mark: TypeAlias = _Mark
Segment: TypeAlias = str | int | slice | _Mark

_PLAIN = lazy(r"[^.\[\]\"]+")
_EACH = lazy(r"\[\*\](?=[.\[]|\Z)")
_SPECIAL = lazy(r"[\[\]\"]")
_INDEX = lazy(r"-?\d+")
_SLICE = lazy(r"(-?\d*):(-?\d*)")


class PathError(ValueError):
    """The text is not a path. ``at`` is the offset of what is wrong, in characters from 0."""

    def __init__(self, text: str, at: int, message: str) -> None:
        super().__init__(f"{text!r} is not a field path: {message} at character {at + 1}")
        self.text = text
        self.at = at


@lru_cache(maxsize=32768)
def parse(path: str) -> tuple[Segment, ...]:
    """The segments of ``path``: a key (str), an index (int), a slice, or :data:`EACH`; PathError, with the offset, for
    others."""
    if not path.strip():
        raise PathError(path, 0, "it is empty")
    if path == "$" or path.startswith(("$.", "$[")):
        raise PathError(path, 0, "it starts with `$`, but it is relative to one item, so leave out `$.`,")
    # Nearly every path is keys with a `[*]` here and there.
    keys = (_EACH.sub(".*", path) if "[" in path else path).split(".")
    if all(keys) and path[0] != "$" and not _SPECIAL.search("".join(keys)):
        return tuple([EACH if key == "*" and number else key for number, key in enumerate(keys)])
    segments: list[Segment] = []
    at = 0
    while at < len(path):
        if path[at] == "[":
            segment, at = _bracket(path, at)
            segments.append(segment)
        elif path[at] == "." and not segments:
            raise PathError(path, at, "a dot without a key before it")
        else:
            if segments:
                if path[at] != ".":
                    raise PathError(path, at, f"a dot or a bracket expected instead of {path[at]!r}")
                at += 1
            if path[at : at + 1] == "[":  # `a.["b"]` is JSONPath habit
                continue
            plain = _PLAIN.match(path, at)
            if plain is None:
                raise PathError(path, at, "a key expected" if at >= len(path) else f"a key expected, not {path[at]!r},")
            segments.append(EACH if plain.group() == "*" and segments else plain.group())
            at = plain.end()
    return tuple(segments)


_PART = lazy(r"""(?:\[\s*"(?:[^"\\]|\\.)*"\s*\]|\[\s*'[^']*'\s*\]|[^,])+""")


def split(text: str) -> list[str]:
    """The paths of ``text``, which are separated by commas: ``a, b.c, ["d,e"]`` are three."""
    return [part.strip() for part in _PART.findall(text) if part.strip()]


def keys_of(path: str) -> tuple[str, ...]:
    """The keys of ``path``, without its elements; the text itself where it is not a path."""
    try:
        return tuple(segment for segment in parse(path) if isinstance(segment, str))
    except PathError:
        return (path,)


def join(start: str, path: str) -> str:
    """``path`` below ``start``; ``$`` makes a JSONPath of it."""
    return f"{start}{path}" if path.startswith("[") or not start else f"{start}.{path}"


def _bracket(path: str, at: int) -> tuple[Segment, int]:
    start = at + 1
    if path[start : start + 1] == '"':
        try:
            key, end = json.JSONDecoder(strict=False).raw_decode(path, start)
        except ValueError:
            raise PathError(path, start, "a string that does not end") from None
        return str(key), _close(path, at, end)
    if path[start : start + 1] == "'":
        end = path.find("'", start + 1)
        if end < 0:
            raise PathError(path, start, "a string that does not end")
        return path[start + 1 : end], _close(path, at, end + 1)
    end = path.find("]", start)
    if end < 0:
        raise PathError(path, at, "an open bracket")
    inner = path[start:end].strip()
    if inner in ("", "*"):
        return EACH, end + 1
    if _INDEX.fullmatch(inner):
        return int(inner), end + 1
    part = _SLICE.fullmatch(inner)
    if part is not None:
        low, high = (int(number) if number not in ("", "-") else None for number in part.groups())
        return slice(low, high), end + 1
    raise PathError(path, start, f'`*`, a number, a range or a key in quotes (["{inner}"]) expected')


def _close(path: str, opened: int, at: int) -> int:
    if path[at : at + 1] != "]":
        raise PathError(path, opened, "an open bracket")
    return at + 1


def text(segments: Sequence[Segment]) -> str:
    """The path of ``segments``; ``parse(text(s)) == s`` for every ``s`` of at least one segment."""
    parts: list[str] = []
    for position, segment in enumerate(segments):
        if isinstance(segment, str):
            if _plain(segment):
                parts.append(f".{segment}" if position else segment)
            else:
                parts.append(f"[{json.dumps(segment, ensure_ascii=False)}]")
        elif isinstance(segment, slice):
            low = "" if segment.start is None else str(segment.start)
            high = "" if segment.stop is None else str(segment.stop)
            parts.append(f"[{low}:{high}]")
        elif isinstance(segment, int):
            parts.append(f"[{segment}]")
        else:
            parts.append("[*]")
    return "".join(parts)


def _plain(key: str) -> bool:
    return (
        _PLAIN.fullmatch(key) is not None
        and key == key.strip()
        and key != "*"
        and not key.startswith("$")
        and key.isprintable()
    )


def get(item: Any, path: str | Sequence[Segment], *, early: bool = False) -> Any:
    """The value of ``item`` at ``path`` (PathError as :func:`parse`), :data:`MISSING` if it has none. A path through
    ``[*]`` returns the list of what its elements have, without those that have nothing. ``early``: where a member on
    the way is a plain value, it is that value: ``a.b`` of ``{"a": 1}`` is 1."""
    return _walk(item, parse(path) if isinstance(path, str) else path, 0, early)


def _walk(here: Any, segments: Sequence[Segment], at: int, early: bool) -> Any:
    for position in range(at, len(segments)):
        segment = segments[position]
        if isinstance(segment, str):
            if isinstance(here, dict):
                if segment not in here:
                    return MISSING
                here = here[segment]
                continue
            if isinstance(here, list):
                return _through(here, segments, position, early)
            return here if early and position and here is not None else MISSING
        if isinstance(segment, _Mark):
            if isinstance(here, list):
                return _through(here, segments, position + 1, early)
            return here if early and position and is_plain(here) else MISSING
        if not isinstance(here, (list, str)):
            return MISSING
        if isinstance(segment, slice) or (isinstance(here, list) and -len(here) <= segment < len(here)):
            here = here[segment]
        else:
            return MISSING
    return here


def is_plain(value: Any) -> bool:
    """Whether a JSON value is neither null, nor an object, nor a list."""
    return value is not None and not isinstance(value, (dict, list))


def _through(here: list[Any], segments: Sequence[Segment], at: int, early: bool) -> list[Any]:
    values = (_walk(element, segments, at, early) for element in here)
    return [value for value in values if value is not MISSING]
