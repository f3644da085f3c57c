"""JSON Schemas that every validator takes: told without one, by the few keywords that most consist of."""

from __future__ import annotations

from collections.abc import Callable

from adaptgen.model.tables import Json

_TYPES = frozenset(("string", "integer", "number", "boolean", "object", "array", "null"))
_LARGEST = 2**53


def certain(schema: Json) -> bool:
    """Whether ``schema`` is surely a JSON Schema (2020-12, meta-schema). False: only a validator can tell.

    Patterns are never certain, nor is text that is no Unicode (unpaired surrogates) and numbers beyond 2**53.
    """
    if type(schema) is not dict:
        return type(schema) is bool
    for key, value in schema.items():
        check = _CHECKS.get(key)
        if check is None or not check(value):
            return False
    return True


def _properties(value: Json) -> bool:
    return type(value) is dict and all(_text(name) and certain(schema) for name, schema in value.items())


def _alternatives(value: Json) -> bool:
    return type(value) is list and bool(value) and all(map(certain, value))


def _values(value: Json) -> bool:
    return type(value) is list and all(map(_scalar, value))


def _names(value: Json) -> bool:
    return type(value) is list and all(map(_text, value)) and len(set(value)) == len(value)


def _count(value: Json) -> bool:
    return type(value) is int and 0 <= value < _LARGEST


def _factor(value: Json) -> bool:
    return _number(value) and value > 0


def _flag(value: Json) -> bool:
    return type(value) is bool


def _types(value: Json) -> bool:
    if type(value) is str:
        return value in _TYPES
    return (
        type(value) is list
        and bool(value)
        and all(type(one) is str and one in _TYPES for one in value)
        and len(set(value)) == len(value)
    )


def _text(value: Json) -> bool:
    if type(value) is not str:
        return False
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(value: Json) -> bool:
    # Neither infinite nor "not a number" is between two numbers.
    return type(value) in (int, float) and -_LARGEST < value < _LARGEST


def _scalar(value: Json) -> bool:
    return value is None or type(value) is bool or _number(value) or _text(value)


_CHECKS: dict[str, Callable[[Json], bool]] = {
    "properties": _properties,
    "type": _types,
    **dict.fromkeys(("title", "description", "format"), _text),
    **dict.fromkeys(("items", "additionalProperties", "not"), certain),
    "enum": _values,
    "required": _names,
    "anyOf": _alternatives,
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _count),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _number),
    "multipleOf": _factor,
    **dict.fromkeys(("default", "const"), _scalar),
    "uniqueItems": _flag,
}
