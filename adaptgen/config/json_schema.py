"""The JSON Schema of a table of keys."""

from __future__ import annotations

import json
from typing import Any

from adaptgen.config.types import (
    Anything,
    Dialect,
    Duration,
    Either,
    Flag,
    ListOf,
    MapOf,
    Number,
    OneOf,
    Rate,
    Size,
    Table,
    Text,
    Type,
)


def published(table: Table, dialect: Dialect, title: str, description: str) -> str:
    """The text of a published schema (JSON Schema 2020-12)."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, "description": description}
    return json.dumps({**head, **schema(table, dialect)}, indent=2, ensure_ascii=False) + "\n"


def schema(type_: Type, dialect: Dialect) -> dict[str, Any]:
    """The JSON Schema of a type."""
    match type_:
        case Text(name):
            kind = dialect.kinds[name]
            return {
                "type": "string",
                **({"minLength": 1} if kind.filled and not kind.pattern else {}),
                **({"maxLength": kind.most} if kind.most else {}),
                **_pattern(kind.pattern),
            }
        case Flag():
            return {"type": "boolean"}
        case Number(least, most, whole):
            return {"type": "integer" if whole else "number", **_bounds(least, most)}
        case Duration(least, most):
            written = {"type": "string", "pattern": rf"^[0-9]+(\.[0-9]+)?({'|'.join(dialect.units)})$"}
            bounds = _bounds(least, most) if dialect.duration_bounds else {"minimum": 0}
            return {"anyOf": [written, {"type": "number", **bounds}]}
        case Size(least, most):
            text = {"type": "string", "pattern": "^[0-9]{1,12} ?(B|kB|KB|MB|GB|KiB|MiB|GiB)?$"}
            return {"anyOf": [text, {"type": "integer", **_bounds(least, most)}]}
        case Rate():
            return {"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,6})?/[smhd]$"}
        case OneOf(words, empty=empty):
            return {"enum": [*words, *([None] if empty else [])]}
        case Anything():
            return {}
        case ListOf(item, filled, alone, most):
            one = schema(item, dialect)
            several = {"type": "array", "items": one, **({"minItems": 1} if filled else {})}
            several |= {"maxItems": most} if most else {}
            return {"anyOf": [several, one]} if alone else several
        case MapOf(value, key, filled):
            pattern = _pattern(dialect.kinds[key].pattern)
            names = {"propertyNames": pattern} if pattern else {}
            least_one = {"minProperties": 1} if filled else {}
            return {"type": "object", **names, **least_one, "additionalProperties": schema(value, dialect)}
        case Either(types):
            return {"anyOf": [schema(one, dialect) for one in types]}
        case Table():
            return _table(type_, dialect)


def _table(table: Table, dialect: Dialect) -> dict[str, Any]:
    properties = {
        name: {**({"description": key.about} if key.about else {}), **schema(key.type, dialect)}
        for name, key in table.keys.items()
    }
    mapping: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    required = [name for name, key in table.keys.items() if key.required]
    if required:
        mapping["required"] = required
    if table.exactly:
        mapping["allOf"] = [{"oneOf": [{"required": [name]} for name in group]} for group in table.exactly]
    return {"anyOf": [schema(table.keys[table.short].type, dialect), mapping]} if table.short else mapping


def _pattern(pattern: str) -> dict[str, Any]:
    # Inline flags are not part of the regular expressions of JSON Schema (ECMA-262).
    return {"pattern": pattern} if pattern and "(?i:" not in pattern else {}


def _bounds(least: float | None, most: float | None) -> dict[str, Any]:
    return {name: bound for name, bound in (("minimum", least), ("maximum", most)) if bound is not None}
