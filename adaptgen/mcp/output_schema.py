"""The output schema of a tool whose answers are structured: what its view shows, as lenient as documents lie.

A declared type is one of several: every value may be null, and a text, for APIs write numbers as texts and governance
puts tokens in their place. Nothing is required, every member may be joined by others, and formats and enums are not
repeated. An answer that is still something else comes whole under ``result`` (:func:`make_fitting`): so
``structuredContent`` always validates, and clients that check it never refuse an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adaptgen.model.tables import Json, Tool
from adaptgen.syntax import field_paths as fields

RESULT: Final = "result"
"""The member that takes any value."""
NOT_JSON: Final = "This answer is not JSON; it is in `content`."

_SCALARS: Final[Mapping[str, tuple[str, ...]]] = {
    "integer": ("integer", "number", "string", "null"),
    "number": ("number", "integer", "string", "null"),
    "boolean": ("boolean", "integer", "string", "null"),
    "string": ("string", "integer", "number", "boolean", "null"),
}
"""``integer`` is among them next to ``number``: clients that make values of their own make a float of a number,
and a long id would lose its digits."""
_LONG: Final = "Numbers that a double does not hold (integers from 2^53 on, more than 15 digits) are texts"
_ALL: Final = ("object", "array", "string", "integer", "number", "boolean", "null")
_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list, tuple),
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_NUMBERS: Final = {"type": "object", "description": "By path"}
_LIST: Final[Mapping[str, Json]] = {
    "next_cursor": {"type": "string", "description": "Pass it as cursor to go on; absent at the end"},
    "total": {"type": "integer", "description": "Items in the whole list"},
    "complete": {"type": "boolean", "description": "false: not everything was read, see note"},
    "omitted": {"type": "object", "description": "What the API has and this answer does not"},
    "note": {"type": "string"},
    "fields": {"type": "array", "items": {"type": "string"}, "description": "Of groups and counts: the columns"},
    "count": {"type": "integer"},
    "read": {"type": "integer"},
    "distinct": {"type": "integer"},
    "others": {"type": "object", "description": "Groups and items that are not shown"},
    "sum": _NUMBERS,
    "avg": _NUMBERS,
    "min": _NUMBERS,
    "max": _NUMBERS,
}


def output_schema(tool: Tool, returns: Mapping[str, str]) -> dict[str, Json]:
    """The schema of ``structuredContent``. ``returns``: path of the view -> type, as the document declares it."""
    record = _record(tool, returns)
    if tool.page is None and "properties" not in record:
        return {"type": "object", "description": _LONG}
    if tool.page is None:
        properties = {**record.get("properties", {}), RESULT: {}}
        return {"type": "object", "description": _LONG, "properties": properties, "additionalProperties": True}
    item = {**record, "type": list(_ALL), "description": "A row of values where the answer has `fields`"}
    items = {"type": "array", "items": item}
    properties = {"items": items, **_LIST, RESULT: {}}
    return {"type": "object", "description": _LONG, "properties": properties, "additionalProperties": True}


def make_fitting(structured: Json, schema: Mapping[str, Json]) -> dict[str, Json]:
    """``structured`` as it fits ``schema``: itself, or under ``result``."""
    if isinstance(structured, dict) and fits(structured, schema):
        return structured
    return {RESULT: structured}


def fits(value: Json, schema: Mapping[str, Any]) -> bool:
    """Whether a value is valid under a schema of :func:`output_schema`."""
    kinds = schema.get("type")
    if kinds is not None and not any(_is(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        return False
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        return all(fits(value[name], properties[name]) for name in properties.keys() & value.keys())
    inner = schema.get("items")
    return inner is None or not isinstance(value, (list, tuple)) or all(fits(one, inner) for one in value)


def _is(value: Json, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return isinstance(value, _KINDS[kind])


def _record(tool: Tool, returns: Mapping[str, str]) -> dict[str, Any]:
    """What the view shows of a record: objects in each other."""
    root: dict[str, Any] = {}
    for path in tool.view or ():
        try:
            segments = fields.parse(path)
        except fields.PathError:
            continue
        here: dict[str, Any] | None = root
        for at, segment in enumerate(segments):
            if here is None:
                break
            here = _inside(here, segment, segments[at + 1 :])
        if here is not None and not here.keys() & {"properties", "items"}:
            here |= _typed(returns.get(path))
    return root


def _inside(here: dict[str, Any], segment: fields.Segment, rest: tuple[fields.Segment, ...]) -> dict[str, Any] | None:
    """The schema at ``segment`` of ``here``; None where a part of a value is meant."""
    if segment is fields.EACH:
        here["type"] = ["array", *(kind for kind in _ALL if kind != "array")]
        return here.setdefault("items", {})  # type: ignore[no-any-return]
    if not isinstance(segment, str) or segment == "*":
        return None
    here["type"] = list(_ALL)
    part = here.setdefault("properties", {}).setdefault(segment, {})
    if rest and "type" in part:
        part.pop("type")
    return part  # type: ignore[no-any-return]


def _typed(kind: str | None) -> dict[str, Json]:
    if kind is not None and kind in _SCALARS:
        return {"type": list(_SCALARS[kind])}
    return {"type": [kind, *(one for one in _ALL if one != kind)]} if kind in _ALL else {}
