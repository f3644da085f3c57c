"""The contract next to a module: what agents see of its tools, as JSON that a reviewer reads line by line.

The layout is stable, whatever order a document had its keys in: tools by name, the keywords of a schema in one order,
the properties of a nested schema required ones first. The arguments of a tool keep the order that was planned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from adaptgen.model.contract_file import entry_of
from adaptgen.model.tables import Contract, Json, Tool
from adaptgen.render.safe import is_visible

# The keywords that say what a value is come first; the rest follows by name.
_FIRST = ("$schema", "$ref", "title", "type", "format", "const", "enum", "description", "default", "examples")
_LAST = ("properties", "required", "items", "additionalProperties", "$defs")
_RANK = {name: (index - 100) for index, name in enumerate(_FIRST)} | {
    name: index + 1 for index, name in enumerate(_LAST)
}
_BY_NAME = frozenset(("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"))
_VALUES = frozenset(("const", "enum", "default", "examples", "example"))

_SURROGATE = re.compile("[\ud800-\udfff]")
_UNUSUAL = re.compile(r"[^\n -~]")
_LARGEST = 2**64
_SMALLEST = -(2**63)


def contract_json(contracts: Iterable[tuple[Tool, Contract]]) -> str:
    """``tools/<module>.json`` (see ``adaptgen.model.contract_file``), by name.

    Visible text is kept; invisible, bidi and control characters are escaped. Unpaired surrogates, which no JSON
    parser has to accept (RFC 8259, section 8.2), become U+FFFD; numbers that JSON cannot hold become null.
    """
    entries = {
        _text(contract.name): {key: _member(key, part) for key, part in entry_of(contract, tool).items()}
        for tool, contract in sorted(contracts, key=lambda pair: pair[1].name)
    }
    text = orjson.dumps(entries, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    return _UNUSUAL.sub(_escaped, text)


def _member(key: str, part: Json) -> Json:
    if key == "inputSchema":
        return _schema(part, nested=False)
    if key == "arguments":
        return {_text(name): _schema(schema) for name, schema in part.items()}
    return _value(part)


def _schema(schema: Json, *, nested: bool = True) -> Json:
    if isinstance(schema, (list, tuple)):
        return [_schema(item) for item in schema]
    if not isinstance(schema, Mapping):
        return _value(schema)
    result: dict[str, Any] = {}
    for key in sorted(schema, key=lambda name: (_RANK.get(name, 0), name)):
        value = schema[key]
        if key in _VALUES:
            result[_text(key)] = _value(value)
        elif key in _BY_NAME and isinstance(value, Mapping):
            names = list(value) if not nested and key == "properties" else _names(value, schema.get("required"))
            result[_text(key)] = {_text(name): _schema(value[name]) for name in names}
        else:
            result[_text(key)] = _schema(value)
    return result


def _names(properties: Mapping[str, Json], required: Json) -> list[str]:
    first = {name for name in required if isinstance(name, str)} if isinstance(required, (list, tuple)) else set()
    return sorted(properties, key=lambda name: (name not in first, name))


def _value(value: Json) -> Json:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return {_text(str(key)): _value(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [_value(item) for item in value]
    if isinstance(value, int) and not _SMALLEST <= value < _LARGEST:
        # JSON allows it (RFC 8259, section 6), the encoder does not; Python refuses to print the longest ones.
        return orjson.Fragment(str(value)) if value.bit_length() < 1024 else None
    return value


def _text(text: str) -> str:
    return text if text.isascii() else _SURROGATE.sub("�", text)


def _escaped(found: re.Match[str]) -> str:
    char = found[0]
    if is_visible(char):
        return char
    code = ord(char)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 | code >> 10:04x}\\u{0xDC00 | code & 0x3FF:04x}"
