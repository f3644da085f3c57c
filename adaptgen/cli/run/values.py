"""``key=value`` on a command line -> the arguments of a tool, typed by its schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.model.tables import Contract, Json

_INTEGER = re.compile(r"[+-]?\d+")
_MOST_REFS = 20


def parse_arguments(contract: Contract, words: Sequence[str], stdin: str | None = None) -> dict[str, Json]:
    """The arguments in ``words``: ``key=value``, ``key:=JSON``, or one JSON object (``-``: the text ``stdin``).

    A repeated key collects an array. Whether the arguments are complete is for the tool to say.

    Raises:
        AdaptgenError: AG064 for a word that is neither, an unknown argument, or a value that does not fit its type.
    """
    if len(words) == 1 and (words[0] == "-" or words[0].lstrip().startswith("{")):
        return _object(stdin or "" if words[0] == "-" else words[0])
    schema = contract.input_schema
    offered: Mapping[str, Json] = schema.get("properties", {})
    given: dict[str, Json] = {}
    for word in words:
        key, equals, text = word.partition("=")
        raw = key.endswith(":")
        name = key[:-1] if raw and key not in offered else key
        if not equals or not name:
            before = re.split(r"[:(]", word.removeprefix("--"), maxsplit=1)
            if len(before) == 2 and before[0] in offered:
                raise _misfit(f"{word!r} is not key=value", f"write {before[0]}={before[1].rstrip(')')}")
            known = f"; arguments of {contract.name}: {', '.join(offered)}" if offered else ""
            raise _misfit(f"{word!r} is not key=value", f"write key=value, key:=JSON, or one JSON object{known}")
        if name not in offered and schema.get("additionalProperties", True) is False:
            raise _unknown(name, offered, contract.name)
        value = _json(name, text) if raw else _value(name, text, offered.get(name, True), schema)
        if name in given:
            value = [*_many(given[name]), *_many(value)]
        given[name] = value
    return given


def _object(text: str) -> dict[str, Json]:
    try:
        value = json.loads(text)
    except ValueError as why:
        help = 'pass one JSON object in single quotes, such as \'{"name": "Ada"}\', or words key=value'
        raise _misfit(f"the arguments are not JSON: {_json_reason(why)}", help) from None
    if not isinstance(value, dict):
        raise _misfit("the arguments are not a JSON object", 'pass one JSON object, such as \'{"name": "Ada"}\'')
    return value


def _json(name: str, text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError as why:
        help = f'quote it for the shell, and texts in it: \'{name}:=["a", "b"]\''
        raise _misfit(f"{name} is not JSON: {_json_reason(why)}", help) from None


def _json_reason(why: ValueError) -> str:
    if not isinstance(why, json.JSONDecodeError):
        return str(why)
    return f"{why.msg[:1].lower()}{why.msg[1:]} at character {why.pos + 1}"


def _many(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _value(name: str, text: str, schema: Json, root: Mapping[str, Json]) -> Json:
    """``text`` as the first of the schema's types that it fits; a string wherever one is allowed."""
    types = _types(schema, root)
    if "array" in types and text[:1] != "[":
        items = _resolved(schema, root).get("items", True)
        parts = text.split(",") if name == "fields" else [text]
        return [_value(name, part, items, root) for part in parts]
    if "string" in types and not ({"array", "object"} & types and text[:1] in ("[", "{")):
        return text
    for kind in ("null", "boolean", "integer", "number"):
        if kind in types and (found := _scalar(kind, text)) is not _NOTHING:
            return found
    if not types:
        try:
            return json.loads(text)
        except ValueError:
            return text
    if types & {"array", "object"}:
        return _json(name, text)
    expected = " or ".join(sorted(types))
    samples = {"integer": "5", "number": "2.5", "boolean": "true", "null": "null"}
    help = (
        f"write a value such as {' or '.join(f'{name}={samples[kind]}' for kind in sorted(types) if kind in samples)}"
    )
    raise _misfit(f"{name}={text!r} is not of type {expected}", help)


_NOTHING: Any = object()


def _scalar(kind: str, text: str) -> Json:
    if kind == "null":
        return None if text == "null" else _NOTHING
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower(), _NOTHING)
    if kind == "integer":
        return int(text) if _INTEGER.fullmatch(text) else _NOTHING
    try:
        number = json.loads(text)
    except ValueError:
        return _NOTHING
    return number if isinstance(number, (int, float)) and not isinstance(number, bool) else _NOTHING


def _types(schema: Json, root: Mapping[str, Json]) -> set[str]:
    """The JSON types that a schema allows; empty when it does not say."""
    schema = _resolved(schema, root)
    declared = schema.get("type")
    if declared is not None:
        return set(declared) if isinstance(declared, list) else {declared}
    found: set[str] = set()
    for word in ("anyOf", "oneOf"):
        for one in schema.get(word, ()):
            found |= _types(one, root)
    for value in schema.get("enum", ()):
        found.add(_type_of(value))
    return found


def _type_of(value: Json) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _resolved(schema: Json, root: Mapping[str, Json]) -> Mapping[str, Json]:
    for _ in range(_MOST_REFS):
        if not isinstance(schema, Mapping):
            return {}
        ref = schema.get("$ref")
        if not isinstance(ref, str) or not ref.startswith("#/$defs/"):
            return schema
        schema = root.get("$defs", {}).get(ref.removeprefix("#/$defs/"))
    return {}


def _unknown(name: str, offered: Mapping[str, Json], tool: str) -> AdaptgenError:
    near = get_close_matches(name, offered, 1)
    help = f"did you mean {near[0]!r}?" if near else f"arguments: {', '.join(offered) or 'none'}"
    return _misfit(f"{tool} has no argument {name!r}", help)


def _misfit(message: str, help: str) -> AdaptgenError:
    return error("AG064", message, help=help)
