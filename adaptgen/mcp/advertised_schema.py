"""Input schemas as every model provider accepts them, made of those that arguments are checked by.

One tool that a provider refuses fails the whole request, so what is advertised keeps to what all of them take
(:mod:`adaptgen.mcp.provider_rules`). What a provider's schema cannot express is in the description, and is still
checked. The profile ``openai-strict`` is for clients that set ``strict: true``: every object closed, every property
required.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from adaptgen.mcp.headers import ANNOTATION
from adaptgen.mcp.plain_schema import Schema, SchemaReader, type_of
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json

Profile = Literal["", "openai-strict"]

_NAME = lazy(r"[a-zA-Z0-9_.-]{1,64}")
_KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    "string": ("minLength", "maxLength", "pattern"),
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}
_FORMATS: Final = frozenset({"date-time"})
"""Formats of strings that every provider knows; others are named in the description."""
_SILENT_FORMATS: Final = frozenset({"string", "password", "date-time"})
_SHOWN = 20
"""Values of an enum that the description lists."""
_STRICT_LEVELS = 10
_DEEPEST = 40
_JSON_OBJECT = "JSON object"


def legal_names(names: Iterable[str], fixed: Iterable[str] = ()) -> dict[str, str]:
    """Property name -> its name of ``[a-zA-Z0-9_.-]``, at most 64 characters, for those whose own is not one; the same
    for the same names. ``fixed``: those that keep theirs."""
    known = list(dict.fromkeys(names))
    kept = set(fixed)
    taken = {name for name in known if _NAME.fullmatch(name) or name in kept}
    legal: dict[str, str] = {}
    for name in known:
        if name in taken and name not in legal:
            continue
        plain = re.sub(r"[^a-zA-Z0-9_.-]+", "_", name).strip("_") or "value"
        digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:6]
        wish = plain if len(plain) <= 64 else f"{plain[:57]}_{digest}"
        if wish in taken:
            wish = f"{plain[:57]}_{digest}"
        legal[name] = wish
        taken.add(wish)
    return legal


def fixed_names(properties: Mapping[str, Any]) -> list[str]:
    """Properties that are repeated in a header under their own name."""
    return [name for name, one in properties.items() if isinstance(one, Mapping) and ANNOTATION in one]


def advertised_tool(tool: Mapping[str, Any], profile: Profile = "") -> dict[str, Any]:
    """An entry of ``tools/list`` with its input schema as providers take it."""
    schema = tool.get("inputSchema")
    return {**tool, "inputSchema": advertised(schema if isinstance(schema, Mapping) else {}, profile)}


def advertised(schema: Mapping[str, Json], profile: Profile = "") -> dict[str, Any]:
    """An input schema as providers take it."""
    return _Writer(SchemaReader(schema), strict=profile == "openai-strict").arguments(schema)


class _Writer:
    def __init__(self, reader: SchemaReader, *, strict: bool) -> None:
        self._reader = reader
        self._strict = strict
        self._above: list[int] = []
        """The members and items that are being written: what holds itself is not written out again."""

    def arguments(self, schema: Mapping[str, Json]) -> Schema:
        """The schema of all arguments, which is an object whatever it holds."""
        form = self._reader.normal(schema) or {}
        found = self._members(form, depth=1)
        result: Schema = {"type": "object", "properties": found.get("properties", {})}
        if self._strict:
            return {**result, "required": found.get("required", []), "additionalProperties": False}
        if found.get("required"):
            result["required"] = found["required"]
        return result

    def value(self, schema: Json, depth: int, *, optional: bool = False) -> Schema | None:
        """One schema; None where nothing satisfies it. ``optional``: strict mode wants null for what is absent."""
        form = self._reader.normal(schema)
        if form is None:
            return None
        text = _text(form)
        nullable = bool(form.get("nullable")) or (optional and self._strict)
        variants = form.get("anyOf")
        if isinstance(variants, list):
            return self._union(variants, text, form, depth, nullable=nullable)
        kind = form.get("type")
        if kind not in ("string", "integer", "number", "boolean", "array", "object"):
            return self._anything(text, nullable=nullable)
        made = self._typed(form, str(kind), text, depth)
        return self._with_null(made) if nullable else made

    def _typed(self, form: Schema, kind: str, text: str, depth: int) -> Schema:
        if kind == "object":
            return self._object(form, text, depth)
        notes: list[str] = []
        made: Schema = {"type": kind}
        if kind == "array":
            made["items"] = self._items(form, depth)
        else:
            values = form.get("enum")
            if isinstance(values, list):
                notes += _values(made, kind, values)
            if kind == "string":
                said = form.get("format")
                if said in _FORMATS and not self._strict:
                    made["format"] = said
                elif isinstance(said, str) and said not in _SILENT_FORMATS and said.lower() not in text.lower():
                    notes.append(said[:40])
        if not self._strict:
            self._limit(form, kind, made)
        if words := _noted(text, notes):
            made["description"] = words
        return made

    def _limit(self, form: Schema, kind: str, made: Schema) -> None:
        """Bounds and the default, where the type has them."""
        for keyword in _KEPT.get(kind, ()):
            bound = form.get(keyword)
            if isinstance(bound, str) if keyword == "pattern" else type_of(bound) in ("integer", "number"):
                made[keyword] = bound
        if kind == "integer":
            for keyword, plain, step in (("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)):
                bound = form.get(keyword)
                if isinstance(bound, int) and not isinstance(bound, bool) and plain not in made:
                    made[plain] = bound + step
        default, enum = form.get("default"), made.get("enum")
        fits = type_of(default) == kind or (kind == "number" and type_of(default) == "integer")
        if fits and kind not in ("array", "object") and (enum is None or default in enum):
            made["default"] = default
        if isinstance(form.get(ANNOTATION), (str, bool, Mapping)):
            made[ANNOTATION] = form[ANNOTATION]

    def _items(self, form: Schema, depth: int) -> Schema:
        """What an array holds: always said."""
        items = form.get("items")
        if isinstance(items, Mapping):
            if id(items) in self._above or len(self._above) >= _DEEPEST:
                return self._anything("")
            self._above.append(id(items))
            try:
                return self.value(items, depth) or self._anything("")
            finally:
                self._above.pop()
        prefix = form.get("prefixItems")
        if isinstance(prefix, (list, tuple)) and prefix:
            return self.value({"anyOf": list(prefix)}, depth) or self._anything("")
        return self._anything("")

    def _object(self, form: Schema, text: str, depth: int) -> Schema:
        members = form.get("properties")
        if id(members) in self._above or len(self._above) >= _DEEPEST or (self._strict and depth >= _STRICT_LEVELS):
            return _json_text(text, _JSON_OBJECT)
        self._above.append(id(members))
        try:
            found = self._members(form, depth + 1)
        finally:
            self._above.pop()
        if not found.get("properties"):
            return _json_text(text, _map_words(self._reader, form))
        made: Schema = {"type": "object"}
        if text:
            made["description"] = text
        if not self._strict:
            self._limit(form, "object", made)
        made |= found
        if self._strict:
            made["additionalProperties"] = False
        return made

    def _members(self, form: Schema, depth: int) -> Schema:
        members = form.get("properties")
        if not isinstance(members, Mapping):
            return {}
        legal = legal_names(members, fixed_names(members))
        needed = form.get("required")
        required = {name for name in needed if isinstance(name, str)} if isinstance(needed, (list, tuple)) else set()
        properties: Schema = {}
        for name, member in members.items():
            shown = self.value(member, depth, optional=name not in required)
            if shown is not None:
                properties[legal.get(str(name), str(name))] = shown
        found: Schema = {"properties": properties} if properties else {}
        listed = [legal.get(name, name) for name in members if self._strict or name in required]
        listed = [name for name in listed if name in properties]
        if listed:
            found["required"] = listed
        return found

    def _union(self, variants: list[Schema], text: str, form: Schema, depth: int, *, nullable: bool) -> Schema:
        """Alternatives, alone in their schema: Vertex refuses any other keyword next to them."""
        branches: list[Schema] = []
        texts = any(one.get("type") == "string" for one in variants)
        anything = self._anything("")
        for variant in variants:
            one = self.value(variant, depth)
            # Next to text, a list of anything says nothing more.
            if one is not None and not (texts and one.get("items") == anything):
                for branch in one.get("anyOf", (one,)):
                    _add_branch(branches, branch)
        if not branches:
            return self._anything(text, nullable=nullable)
        if len(branches) == 1:
            made = dict(branches[0])
            said = str(made.get("description") or "")
            if words := text if not said or said in text else f"{text} {said}".strip():
                made["description"] = words
            return self._with_null(made) if nullable else made
        first = branches[0]
        if text:
            said = str(first.get("description") or "")
            first = {**first, "description": f"{text} {said}".strip() if said and said not in text else text}
        made = {"anyOf": [first, *branches[1:]]}
        return self._with_null(made) if nullable else made

    def _anything(self, text: str, *, nullable: bool = False) -> Schema:
        made: Schema = {
            "anyOf": [_json_text(text, "JSON for objects and lists"), {"type": "number"}, {"type": "boolean"}]
        }
        return self._with_null(made) if nullable else made

    def _with_null(self, made: Schema) -> Schema:
        """``made``, or null: a flag, which OpenAPI has and JSON Schema ignores; a type in strict mode."""
        if not self._strict:
            if "anyOf" in made:
                return {"anyOf": [{**made["anyOf"][0], "nullable": True}, *made["anyOf"][1:]]}
            return {**made, "nullable": True}
        if "anyOf" in made:
            return {"anyOf": [*made["anyOf"], {"type": "null"}]}
        if made["type"] == "object":
            return {"anyOf": [made, {"type": "null"}]}
        found = {**made, "type": [made["type"], "null"]}
        if isinstance(made.get("enum"), list):
            found["enum"] = [*made["enum"], None]
        return found


def _add_branch(branches: list[Schema], one: Schema) -> None:
    """Add an alternative; scalars of one type are one alternative, with the values of both."""
    for at, known in enumerate(branches):
        if known == one:
            return
        if known.get("type") == one.get("type") and known.get("type") not in ("object", "array", None):
            values = [*known["enum"], *one["enum"]] if "enum" in known and "enum" in one else []
            said = known.get("description") or one.get("description")
            nullable = known.get("nullable") or one.get("nullable")
            branches[at] = {"type": known["type"]} | ({"description": said} if said else {})
            if nullable:
                branches[at]["nullable"] = True
            if values:
                branches[at]["enum"] = list(dict.fromkeys(values))
            return
    branches.append(one)


def _values(made: Schema, kind: str, values: list[Json]) -> list[str]:
    """The values of an enum: a keyword for strings, words for the others, which Gemini refuses."""
    fitting = [one for one in values if type_of(one) == kind or (kind == "number" and type_of(one) == "integer")]
    if kind == "string":
        # An empty value is refused by Gemini; it is still accepted.
        texts = [one for one in dict.fromkeys(map(str, fitting)) if one]
        if texts:
            made["enum"] = texts
        return []
    shown = ["true" if one is True else "false" if one is False else str(one) for one in fitting]
    if not shown or (kind == "boolean" and len(set(shown)) > 1):
        return []
    return [f"one of {', '.join(shown[:_SHOWN])}{', …' if len(shown) > _SHOWN else ''}" if len(shown) > 1 else shown[0]]


def _map_words(reader: SchemaReader, form: Schema) -> str:
    """What an object without declared members is called."""
    values = form.get("additionalProperties")
    inner = reader.normal(values) if isinstance(values, Mapping) else None
    kind = inner.get("type") if inner else None
    return f"{_JSON_OBJECT}, values: {kind}" if isinstance(kind, str) else _JSON_OBJECT


def _json_text(text: str, what: str) -> Schema:
    """A value as JSON text: no provider accepts an object without members."""
    return {"type": "string", "description": text if "JSON" in text else _noted(text, [what])}


def _text(form: Schema) -> str:
    said = form.get("description") or form.get("title")
    return said if isinstance(said, str) else ""


def _noted(text: str, notes: list[str]) -> str:
    """``text`` with a remark in parentheses; the remark alone if ``text`` is empty."""
    if not notes:
        return text
    remark = "; ".join(notes)
    if not text:
        return remark[0].upper() + remark[1:]
    return f"{text[:-1]} ({remark})." if text.endswith(".") and not text.endswith("..") else f"{text} ({remark})"
