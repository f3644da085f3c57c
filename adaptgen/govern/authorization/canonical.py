"""One form for every call: ``fields`` that mean the same are written the same, and the paths of queries are
in one list, so that another spelling of a field does not escape a policy that names it.

Only for generated servers: what ``fields`` or ``where`` of a third party mean, nobody here knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.contract_file import QUESTIONS
from adaptgen.model.frozen import value
from adaptgen.model.tables import Json
from adaptgen.syntax import field_paths as fields

_ASKED: Final = ("fields", *QUESTIONS)
_EVERYTHING: Final = "*"
_ROOT: Final = "$"
_WHOLE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("*", "**"), _EVERYTHING),
    **dict.fromkeys(("$", "$.", "$.*", "$.**", "$[*]"), _ROOT),
}
"""Ways to ask for everything of a record, or of the whole body, without blanks."""


@value()
class CanonicalCall:
    """``arguments``: what is executed. ``judged``: the same as policies read it; it differs only where ``fields`` asks
    for the whole body (``$``), which policies know as everything. ``paths``: every field that the call names."""

    arguments: Mapping[str, Json]
    judged: Mapping[str, Json]
    paths: tuple[str, ...] = ()


def canonicalize(tool: ToolInfo, arguments: Mapping[str, Json]) -> CanonicalCall:
    """The call in canonical form; arguments that are not of the runtime stay as they are."""
    if not tool.trusted or not any(name in arguments for name in _ASKED):
        return CanonicalCall(arguments, arguments)
    executed = dict(arguments)
    judged = executed
    asked = arguments.get("fields")
    if isinstance(asked, list) and all(isinstance(one, str) for one in asked):
        executed["fields"], whole = _fields(asked)
        if whole != executed["fields"]:
            judged = {**executed, "fields": whole}
    named = dict.fromkeys(path for one in _named(judged) for path in _plain_paths(one))
    return CanonicalCall(executed, judged, tuple(sorted(named)))


def _fields(asked: list[str]) -> tuple[list[str], list[str]]:
    """``fields`` as executed and as judged."""
    written = list(dict.fromkeys(_written(one) for one in asked))
    if _ROOT in written:
        return written, [_EVERYTHING]
    if _EVERYTHING in written:
        return [_EVERYTHING], [_EVERYTHING]
    return written, written


@lru_cache(maxsize=4096)
def _written(path: str) -> str:
    """A path in the one way to write it; a text that is not a path stays, and the server refuses it."""
    whole = _WHOLE.get("".join(path.split()))
    text = path.strip()
    if whole is not None or text.startswith(_ROOT):
        return whole or text
    try:
        return fields.text(fields.parse(text))
    except fields.PathError:
        return text


def _named(arguments: Mapping[str, Json]) -> Iterator[str]:
    """The paths that the arguments of the runtime name, as written."""
    for name in ("fields", "sort"):
        said = arguments.get(name)
        for one in said if isinstance(said, (list, tuple)) else (said,):
            if isinstance(one, str):
                yield one.strip().removeprefix("-").strip() if name == "sort" else one
    where = arguments.get("where")
    if isinstance(where, Mapping):
        yield from (str(one) for one in where)
    for name in ("count", "distinct"):
        said = arguments.get(name)
        if isinstance(said, str) and said.strip() not in ("", "true", "false", "*"):
            yield said
    for name in ("sum", "avg", "min", "max", "group_by"):
        said = arguments.get(name)
        if isinstance(said, str):
            yield from fields.split(said)


@lru_cache(maxsize=4096)
def _plain_paths(path: str) -> tuple[str, ...]:
    """The keys of a path, joined by dots: indexes, ranges and ``[*]`` name no other field. A path into the whole body
    (``$.data.name``) also names what it is within a record (``name``)."""
    text = _written(path)
    if text in (_EVERYTHING, _ROOT):
        return (_EVERYTHING,)
    body = text.startswith(_ROOT)
    try:
        segments = fields.parse(text[1:].removeprefix(".") if body else text)
    except fields.PathError:
        return (text,)
    keys = [one for one in segments if isinstance(one, str)]
    return tuple(fields.text(keys[at:]) if keys else text for at in range(len(keys) if body else 1))
