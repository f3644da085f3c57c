"""The published JSON Schema of hints. ``python -m adaptgen.source.hints.json_schema`` prints it."""

from __future__ import annotations

import json
import sys
from typing import Any

from adaptgen.source.hints.table import HINTS
from adaptgen.source.hints.types import (
    PATTERNS,
    Anything,
    Either,
    Flag,
    ListOf,
    MapOf,
    Number,
    OneOf,
    Table,
    Text,
    Type,
)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a hints file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Hints for adaptgen",
        "description": "What a person may say about an API (hints.yaml)",
        **schema(HINTS),
    }


def text() -> str:
    """The published file, ``docs/hints.schema.json``."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def schema(type_: Type) -> dict[str, Any]:
    """The JSON Schema of a type."""
    match type_:
        case Text(kind):
            pattern = PATTERNS.get(kind)
            # Inline flags are no part of the regular expressions of JSON Schema (ECMA-262).
            return {"type": "string", **({"pattern": pattern} if pattern and "(?i:" not in pattern else {})}
        case Flag():
            return {"type": "boolean"}
        case Number(least, most, whole):
            bounds = {"minimum": least, "maximum": most}
            given = {key: value for key, value in bounds.items() if value is not None}
            return {"type": "integer" if whole else "number", **given}
        case OneOf(words, empty=empty):
            return {"enum": [*words, *([None] if empty else [])]}
        case Anything():
            return {}
        case ListOf(item):
            return {"type": "array", "items": schema(item)}
        case MapOf(value, key):
            named = {"propertyNames": {"pattern": PATTERNS[key]}} if key in PATTERNS else {}
            return {"type": "object", **named, "additionalProperties": schema(value)}
        case Either(types):
            return {"anyOf": [schema(one) for one in types]}
        case Table(keys, exactly):
            properties = {}
            for name, one in keys.items():
                about = {"description": one.about} if one.about else {}
                properties[name] = {**about, **schema(one.type)}
            result: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
            required = [name for name, one in keys.items() if one.required]
            if required:
                result["required"] = required
            groups = [{"oneOf": [{"required": [name]} for name in group]} for group in exactly]
            return {**result, "allOf": groups} if groups else result


if __name__ == "__main__":
    sys.stdout.write(text())
