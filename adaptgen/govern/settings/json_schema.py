"""The published JSON Schema of the governance settings. ``python -m adaptgen.govern.settings.json_schema`` prints
it."""

from __future__ import annotations

import json
import sys
from typing import Any

from adaptgen.govern.settings.table import SETTINGS
from adaptgen.govern.settings.types import (
    PATTERNS,
    Anything,
    Duration,
    Either,
    Flag,
    ListOf,
    MapOf,
    Number,
    OneOf,
    Rate,
    Table,
    Text,
    Type,
)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``governance.yaml``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Governance settings of adaptgen",
        "description": "Who may do what, and how (governance.yaml)",
        **schema(SETTINGS),
    }


def text() -> str:
    """The published file, ``docs/governance.schema.json``."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def schema(type_: Type) -> dict[str, Any]:
    """The JSON Schema of a type."""
    match type_:
        case Text(kind, empty):
            pattern = {"pattern": PATTERNS[kind]} if kind in PATTERNS else {}
            return {"type": "string", **({} if empty or pattern else {"minLength": 1}), **pattern}
        case Flag():
            return {"type": "boolean"}
        case Number(least, most, whole):
            bounds = {"minimum": least, "maximum": most}
            given = {key: value for key, value in bounds.items() if value is not None}
            return {"type": "integer" if whole else "number", **given}
        case Duration():
            text = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(ms|s|m|h|d)$"}
            return {"anyOf": [text, {"type": "number", "minimum": 0}]}
        case Rate():
            return {"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,6})?/[smhd]$"}
        case OneOf(words):
            return {"enum": list(words)}
        case Anything():
            return {}
        case ListOf(item, filled):
            one = schema(item)
            return {"anyOf": [{"type": "array", "items": one, **({"minItems": 1} if filled else {})}, one]}
        case MapOf(value, key, filled):
            named = {"propertyNames": {"pattern": PATTERNS[key]}} if key in PATTERNS else {}
            return {"type": "object", **named, **({"minProperties": 1} if filled else {}),
                    "additionalProperties": schema(value)}  # fmt: skip
        case Either(types):
            return {"anyOf": [schema(one) for one in types]}
        case Table():
            return _table(type_)


def _table(table: Table) -> dict[str, Any]:
    properties = {
        name: {**({"description": one.about} if one.about else {}), **schema(one.type)}
        for name, one in table.keys.items()
    }
    made: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    required = [name for name, one in table.keys.items() if one.required]
    if required:
        made["required"] = required
    return {"anyOf": [schema(table.keys[table.short].type), made]} if table.short else made


if __name__ == "__main__":
    sys.stdout.write(text())
