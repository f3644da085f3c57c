"""Arguments against the contract (JSON Schema 2020-12), before anything is sent; formats as
``adaptgen.syntax.text_formats`` checks them.

Models send ``"5"`` for 5, ``"true"`` for true, 5 for ``"5"``, true for the choice ``"true"``, JSON text for an object,
one text for a list of texts and null for "not given": what is lossless is read as it was meant. Everything else is
refused by name, with what would be right.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from functools import partial
from itertools import islice
from typing import Any

from adaptgen.mcp.json_text import ExactNumber, loads_exact, loads_strict
from adaptgen.mcp.plain_schema import Schema, SchemaReader, type_of
from adaptgen.mcp.restored_arguments import read_question
from adaptgen.model.contract_file import OWN_ARGUMENTS
from adaptgen.model.frozen import lazy, postpone
from adaptgen.model.tables import Json
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.parameters import scalar
from adaptgen.runtime.queries.comparison import flatten_conditions
from adaptgen.syntax.text_formats import FORMATS, fits

postpone("jsonschema_rs.canonical")  # 25 classes for a form of schemas that nothing here asks for
import jsonschema_rs  # noqa: E402

_INTEGER = lazy(r"-?(?:0|[1-9][0-9]{0,999})\Z")
"""Far below the 4,300 digits that ``int`` reads."""
_NUMBER = lazy(r"-?(?:0|[1-9][0-9]{0,999})(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z")
_PROBLEMS = 4
_FORMATS: dict[str, Callable[..., bool]] = {name: partial(fits, name) for name in FORMATS}


class Arguments:
    """The arguments of one tool: checked and read by its ``schema``, compiled at first use."""

    def __init__(self, schema: Mapping[str, Json], *, closed: bool = True) -> None:
        """``closed``: only declared arguments are taken where the schema does not say (JSON Schema takes any)."""
        properties = schema.get("properties")
        self._properties: dict[str, Json] = properties if isinstance(properties, dict) else {}
        self._required = frozenset(schema.get("required") or ())
        self._open = bool(schema.get("additionalProperties", not closed)) or "patternProperties" in schema
        self._validator = _compiled(schema)
        self._reader = SchemaReader(schema)
        self._asks = self._properties.get("where") == OWN_ARGUMENTS["where"]

    def check(self, arguments: Mapping[str, Json]) -> dict[str, Json]:
        """The arguments as they are meant.

        Raises:
            ToolError: naming each argument that is wrong (a few), and what is allowed.
        """
        meant, errors = self.read(arguments)
        problems = [describe_error(error, meant) for error in errors]
        if problems:
            raise ToolError(f"{' '.join(dict.fromkeys(problems))} Nothing was sent.")
        return meant

    def read(self, arguments: Mapping[str, Json]) -> tuple[dict[str, Json], list[Any]]:
        """The arguments as they are meant, and what is wrong with them (a few errors of ``jsonschema_rs``).

        Raises:
            ToolError: there is no argument of that name.
        """
        if not isinstance(arguments, Mapping):
            raise ToolError("The arguments must be an object.")
        given = dict(arguments)
        if not self._open and not given.keys() <= self._properties.keys():
            self._unknown(given)
        validator = self._validator
        if validator is None or validator.is_valid(given):
            return self._flat(given), []
        meant = {name: self._meant(name, value) for name, value in given.items()}
        meant = {
            name: value
            for name, value in meant.items()
            if value is not None or name in self._required or _takes(self._properties.get(name), "null")
        }
        return self._flat(meant), list(islice(validator.iter_errors(_with_doubles(meant)), _PROBLEMS))

    def _flat(self, arguments: dict[str, Json]) -> dict[str, Json]:
        """``arguments`` with a path for each condition of the runtime's ``where``: what hides fields, and what judges
        calls, looks at these paths."""
        where = arguments.get("where") if self._asks else None
        return {**arguments, "where": flatten_conditions(where)} if isinstance(where, dict) else arguments

    def _meant(self, name: str, value: Json) -> Json:
        schema = self._properties.get(name)
        meant = _meant(read_question(name, value, _types(schema)), schema)
        return _read_numbers(meant, self._reader.normal(schema), self._reader)

    def _unknown(self, given: Mapping[str, Json]) -> None:
        known = sorted(self._properties)
        told: list[str] = []
        for name in sorted(given.keys() - self._properties.keys())[:_PROBLEMS]:
            near = difflib.get_close_matches(name, known, 1, 0.6) or [
                one for one in known if one.replace("_", "").lower() == name.replace("_", "").replace("-", "").lower()
            ]
            hint = f"; did you mean `{near[0]}`?" if near else "."
            told.append(f"There is no argument `{name[:60]}`{hint}")
        listed = ", ".join(f"`{name}`" for name in known[:40]) + (", …" if len(known) > 40 else "")
        what = f"The arguments are: {listed}." if known else "This tool takes no arguments."
        raise ToolError(f"{' '.join(told)} {what} Nothing was sent.")


def _compiled(schema: Mapping[str, Json]) -> jsonschema_rs.Draft202012Validator | None:
    """A validator; without patterns where one is not a regular expression that Rust reads, None where nothing helps."""
    checked: dict[str, Json] = _with_known_formats(dict(schema))
    for attempt in (checked, _without_patterns(checked)):
        try:
            return jsonschema_rs.Draft202012Validator(attempt, validate_formats=True, formats=_FORMATS, offline=True)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
            continue
    return None


def _with_known_formats(value: Json) -> Json:
    """``value`` without the formats that are not checked, and without those that the values next to them contradict."""
    if isinstance(value, dict):
        format = value.get("format")
        samples = [value.get("default"), value.get("const"), *(value["enum"] if _listed(value, "enum") else ())]
        samples += value["examples"] if _listed(value, "examples") else ()
        kept = isinstance(format, str) and format in FORMATS and not isinstance(value.get("pattern"), str)
        kept = kept and all(fits(format, one) for one in samples if isinstance(one, str))  # type: ignore[arg-type]
        return {
            key: _with_known_formats(one)
            for key, one in value.items()
            if kept or key != "format" or not isinstance(format, str)
        }
    return [_with_known_formats(one) for one in value] if isinstance(value, list) else value


def _listed(value: dict[str, Json], name: str) -> bool:
    return isinstance(value.get(name), list)


def _without_patterns(value: Json) -> Json:
    if isinstance(value, dict):
        names = isinstance(value.get("pattern"), str)
        return {
            key: _without_patterns(one)
            for key, one in value.items()
            if not (key == "pattern" and names) and key != "patternProperties"
        }
    return [_without_patterns(one) for one in value] if isinstance(value, list) else value


# ----------------------------------------------------------------------------------------------------------- coercion


def _types(schema: Json) -> frozenset[str]:
    """The types that a property may have, by ``type`` and one level of ``anyOf``/``oneOf``; empty for "any"."""
    if not isinstance(schema, dict):
        return frozenset()
    kind = schema.get("type")
    if isinstance(kind, str):
        return frozenset((kind,))
    if isinstance(kind, list):
        return frozenset(one for one in kind if isinstance(one, str))
    for name in ("anyOf", "oneOf"):
        branches = schema.get(name)
        if isinstance(branches, list):
            found = [_types(one) for one in branches]
            return frozenset().union(*found) if all(found) else frozenset()
    if isinstance(schema.get("enum"), list):
        return frozenset(type_of(one) for one in schema["enum"])
    return frozenset()


def _takes(schema: Json, kind: str) -> bool:
    types = _types(schema)
    return not types or kind in types


def _meant(value: Json, schema: Json) -> Json:
    """``value`` read as the type that the schema wants, where nothing is lost; else itself."""
    types = _types(schema)
    if not types or type_of(value) in types or (isinstance(value, int) and "number" in types):
        return value
    if isinstance(value, str):
        text = value.strip()
        if types & {"object", "array"}:
            return _structured(value, text, types, schema)
        if "integer" in types and _INTEGER.match(text):
            return int(text)
        if "number" in types and _NUMBER.match(text):
            return int(text) if _INTEGER.match(text) else loads_exact(text)
        if "boolean" in types and text.lower() in ("true", "false"):
            return text.lower() == "true"
        return value
    if isinstance(value, float) and value.is_integer() and "integer" in types:
        return int(value)
    if isinstance(value, bool):
        named = schema.get("enum", ()) if isinstance(schema, dict) else ()
        return next((one for one in named if str(one).lower() == str(value).lower()), value)
    if "string" in types and isinstance(value, (int, float)):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return value


def _read_numbers(value: Json, form: Schema | None, reader: SchemaReader) -> Json:
    """``value`` with numbers in place of the texts that spell them, inside of objects and lists. ``form``: the normal
    form of its schema."""
    if form is None or not isinstance(value, (dict, list, str)):
        return value
    alternatives = [one for one in form.get("anyOf", (form,)) if one.get("type") == type_of(value)]
    if isinstance(value, str):
        numeric = form.get("type") in ("integer", "number")
        return _meant(value, {"type": form["type"]}) if numeric else value
    if len(alternatives) != 1:
        return value
    if isinstance(value, list):
        items = reader.normal(alternatives[0].get("items"))
        return [_read_numbers(one, items, reader) for one in value]
    members = alternatives[0].get("properties") or {}
    others = alternatives[0].get("additionalProperties")
    return {name: _read_numbers(one, reader.normal(members.get(name, others)), reader) for name, one in value.items()}


def _with_doubles(value: Json) -> Json:
    """A copy of ``value`` with numbers of the kinds that the validator knows."""
    if isinstance(value, Mapping):
        return {name: _with_doubles(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_doubles(one) for one in value]
    return float(value) if isinstance(value, ExactNumber) else value


def _structured(value: str, text: str, types: frozenset[str], schema: Json) -> Json:
    """An object or a list that was given as text: its JSON, or the one text that is the list."""
    parsed: Json = None
    if text[:1] in ("{", "["):
        try:
            parsed = loads_strict(text)
        except ValueError:
            if "array" not in types:
                return value
    if isinstance(parsed, dict) and "object" in types:
        return parsed
    if "array" not in types:
        return value
    items = schema.get("items") if isinstance(schema, Mapping) else None
    if isinstance(parsed, list):
        return [_meant(one, items) for one in parsed]
    if isinstance(parsed, dict) and not _takes(items, "string"):
        return [parsed]
    if not text:
        return value
    parts = text.split(",") if _types(items) and _types(items) <= {"integer", "number"} else [value]
    return [_meant(one, items) for one in parts]


# ----------------------------------------------------------------------------------------------------------- messages

_TYPE_WORDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "a string",
    "array": "an array",
    "object": "an object",
    "null": "null",
}


def describe_error(error: Any, given: Mapping[str, Json]) -> str:
    """One problem as a sentence that names the argument and what is allowed."""
    path = list(error.instance_path)
    kind = error.kind
    name = getattr(kind, "name", "")
    if name == "required":
        place = f" in `{dotted_path(path)}`" if path else ""
        return f"Argument `{kind.property}`{place} is missing."
    if not path:
        return f"The arguments are wrong: {_cut(error.message)}."
    value = error.instance
    head = f"Argument `{dotted_path(path)}`"
    if name == "type":
        kinds = kind.types if hasattr(kind, "types") else kind.value
        listed = [kinds] if isinstance(kinds, str) else list(kinds)
        wanted = " or ".join(_TYPE_WORDS.get(one, str(one)) for one in listed)
        return f"{head} must be {wanted}, not {_shown(value)}."
    if name == "enum":
        options = kind.options if isinstance(kind.options, list) else [kind.options]
        listed = [_shown(one) for one in options[:30]]
        near = difflib.get_close_matches(str(value), [str(one) for one in options], 1, 0.6)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        more = ", …" if len(options) > 30 else ""
        return f"{head} must be one of {', '.join(listed)}{more}, not {_shown(value)}.{hint}"
    if name == "format" and kind.format in FORMATS:
        return f"{head} must be {FORMATS[kind.format][1]}, not {_shown(value)}."
    if name in ("anyOf", "oneOfNotValid"):
        return f"{head} fits none of its allowed forms; it is {_shown(value)}."
    if name == "additionalProperties":
        unexpected = ", ".join(f"`{one}`" for one in list(getattr(kind, "unexpected", []))[:_PROBLEMS])
        return f"{head} takes no member {unexpected}."
    return f"{head}: {_cut(error.message)}."


def dotted_path(path: list[str | int]) -> str:
    """The path of an argument as a person writes it."""
    text = ""
    for one in path:
        text += f"[{one}]" if isinstance(one, int) else f".{one}" if text else one
    return text[:100]


def _shown(value: Json) -> str:
    if isinstance(value, str):
        return f'"{_cut(value, 60)}"'
    if isinstance(value, (list, dict)):
        return _TYPE_WORDS[type_of(value)]
    return scalar(value)


def _cut(text: str, size: int = 160) -> str:
    text = " ".join(text.split())
    return text if len(text) <= size else text[: size - 1] + "…"
