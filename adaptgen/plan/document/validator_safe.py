"""JSON Schemas that every validator takes: told without one, by the few keywords that most consist of."""

from __future__ import annotations

from adaptgen.model.tables import Json

_TYPES = frozenset(("string", "integer", "number", "boolean", "object", "array", "null"))
_TEXTS = frozenset(("title", "description", "format"))
_BOUNDS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"))
_COUNTS = frozenset(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"))
_LARGEST = 2**53


def certain(schema: Json) -> bool:
    """Whether ``schema`` is surely a JSON Schema (2020-12, meta-schema). False: only a validator can tell.

    Patterns are never certain, nor is text that is no Unicode (unpaired surrogates) and numbers beyond 2**53.
    """
    if type(schema) is not dict:
        return type(schema) is bool
    for key, value in schema.items():
        if key == "properties":
            known = type(value) is dict and all(_text(name) and certain(one) for name, one in value.items())
        elif key == "type":
            known = value in _TYPES if type(value) is str else _types(value)
        elif key in _TEXTS:
            known = _text(value)
        elif key in ("items", "additionalProperties", "not"):
            known = certain(value)
        elif key == "enum":
            known = type(value) is list and all(map(_scalar, value))
        elif key == "required":
            known = type(value) is list and all(map(_text, value)) and len(set(value)) == len(value)
        elif key == "anyOf":
            known = type(value) is list and bool(value) and all(map(certain, value))
        elif key in _COUNTS:
            known = type(value) is int and 0 <= value < _LARGEST
        elif key in _BOUNDS:
            known = _number(value)
        elif key == "multipleOf":
            known = _number(value) and value > 0
        elif key in ("default", "const"):
            known = _scalar(value)
        else:
            known = key == "uniqueItems" and type(value) is bool
        if not known:
            return False
    return True


def _types(value: Json) -> bool:
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
