"""Arguments as a tool's own schema has them, made of those that follow the advertised one.

The inverse of :mod:`adaptgen.mcp.advertised_schema`: names that providers refuse come back, JSON text becomes the
object or list that it spells where no text is allowed, and null for "absent" (strict mode) goes. Arguments that follow
the tool's own schema are returned as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adaptgen.mcp.advertised_schema import Profile, fixed_names, legal_names
from adaptgen.mcp.json_text import loads_unique
from adaptgen.mcp.plain_schema import Schema, SchemaReader, types_of
from adaptgen.model.tables import Json

_CONTAINERS = frozenset({"object", "array"})
_PATHS = frozenset({"sum", "avg", "min", "max", "group_by"})


class ArgumentReader:
    """Reads the arguments of one tool, whose own schema is ``schema``."""

    def __init__(self, schema: Mapping[str, Json], profile: Profile = "") -> None:
        self._schema = schema
        self._strict = profile == "openai-strict"
        self._reader = SchemaReader(schema)
        self._originals: dict[int, tuple[Schema, dict[str, str]]] = {}

    def read(self, arguments: Mapping[str, Json]) -> dict[str, Json]:
        """The arguments under the names and in the types of the tool's own schema."""
        return self._object(dict(arguments), [self._reader.normal(self._schema) or {}], top=True)

    def _object(self, value: dict[str, Json], forms: list[Schema], *, top: bool = False) -> dict[str, Json]:
        read: dict[str, Json] = {}
        changed = False
        for key, member in value.items():
            name, schema, required = self._member(key, forms, value)
            if self._strict and member is None and schema is not None and not required:
                changed = True
                continue
            found = self._value(member, schema) if schema is not None else member
            if top and (name in ("count", "sort") or name in _PATHS):
                found = read_question(name, found, types_of(self._reader.normal(schema) or {}))
            changed = changed or name != key or found is not member
            read[name] = found
        return read if changed else value

    def _member(self, key: str, forms: list[Schema], value: Mapping[str, Json]) -> tuple[str, Json, bool]:
        """The name, the schema and whether it is required, of the member that is called ``key``."""
        for form in forms:
            properties = form.get("properties")
            if not isinstance(properties, Mapping):
                continue
            name = key
            if key not in properties:
                name = self._names(form, properties).get(key, key)
            # Where both names are given, each is what it says.
            if name in properties and (name == key or name not in value):
                return name, properties[name], name in (form.get("required") or ())
        rest = next((form["additionalProperties"] for form in forms if "additionalProperties" in form), None)
        return key, rest if isinstance(rest, Mapping) else None, True

    def _names(self, form: Schema, properties: Mapping[str, Any]) -> dict[str, str]:
        known = self._originals.get(id(form))
        if known is None:
            legal = legal_names(properties, fixed_names(properties))
            known = self._originals[id(form)] = (form, {new: old for old, new in legal.items()})
        return known[1]

    def _value(self, value: Json, schema: Json) -> Json:
        if not isinstance(value, (str, dict, list)):
            return value
        form = self._reader.normal(schema)
        if form is None:
            return value
        if isinstance(value, str):
            return self._parsed(value, form, types_of(form)) if value.lstrip()[:1] in ("{", "[") else value
        variants = form.get("anyOf")
        forms = variants if isinstance(variants, list) else [form]
        if isinstance(value, dict):
            return self._object(value, forms)
        items = next((one["items"] for one in forms if isinstance(one.get("items"), Mapping)), None)
        if items is None:
            return value
        read = [self._value(one, items) for one in value]
        return read if any(new is not old for new, old in zip(read, value, strict=True)) else value

    def _parsed(self, text: str, form: Schema, kinds: frozenset[str]) -> Json:
        """The object or list that ``text`` spells, where the schema has one and no text."""
        if "string" in kinds or (kinds and not kinds & _CONTAINERS):
            return text
        try:
            found = loads_unique(text)
        except ValueError:
            return text
        kind = "object" if isinstance(found, dict) else "array" if isinstance(found, list) else ""
        if not kind or (kinds and kind not in kinds):
            return text
        return self._value(found, form) if kinds else found


def read_question(name: str, value: Json, kinds: frozenset[str]) -> Json:
    """``count: true``, ``sort: "name"`` and ``sum: ["a", "b"]``, which lists take too."""
    if name == "count" and isinstance(value, bool) and kinds == {"string"}:
        return "true" if value else "false"
    if name == "sort" and isinstance(value, str) and kinds == {"array"}:
        return [value] if value.strip() else []
    if (
        name in _PATHS
        and isinstance(value, list)
        and kinds == {"string"}
        and all(isinstance(one, str) for one in value)
    ):
        return ", ".join(value)
    return value
