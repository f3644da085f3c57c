"""One spelling for what JSON Schema can say in several: references followed, unions as ``anyOf``, null as a flag.

Readers of a normal form look at ``type`` (one name or none), ``nullable``, ``anyOf`` (two or more alternatives, none of
them null), ``properties``, ``required``, ``items``, ``additionalProperties`` and the restrictions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from adaptgen.model.tables import Json
from adaptgen.syntax.json_pointer import local

Schema = dict[str, Any]

_DEEPEST = 60
"""References and alternatives that are followed inside one another."""
_UNIONS = ("anyOf", "oneOf")
_BY_KEYWORD = (
    ("properties", "object"),
    ("additionalProperties", "object"),
    ("items", "array"),
    ("prefixItems", "array"),
)


class SchemaReader:
    """Normal forms of the schemas below ``root``, each computed once."""

    def __init__(self, root: Mapping[str, Json]) -> None:
        self._root = root
        self._known: dict[int, tuple[Any, Schema | None]] = {}
        self._active: set[int] = set()

    def normal(self, schema: Json) -> Schema | None:
        """The normal form of ``schema``; None where no value satisfies it. Shared: do not change it."""
        known = self._known.get(id(schema))
        if known is None:
            if id(schema) in self._active or len(self._active) >= _DEEPEST:
                return {}  # it refers to itself
            self._active.add(id(schema))
            try:
                # The schema is kept with its form, so that no other can take its place in memory.
                known = self._known[id(schema)] = (schema, self._normal(schema))
            finally:
                self._active.discard(id(schema))
        return known[1]

    def _normal(self, schema: Json) -> Schema | None:
        if schema is False or (isinstance(schema, Mapping) and schema.get("not") == {}):
            return None
        if not isinstance(schema, Mapping):
            return {}
        form: Schema = dict(schema)
        if isinstance(form.get("$ref"), str):
            target = self._target(form.pop("$ref"))
            form = {**(self.normal(target) or {}), **form}
        for member in _schemas(form.pop("allOf", None)):
            part = self.normal(member)
            if part is None:
                return None
            form = merged(form, part)
        if "const" in form:
            form["enum"] = [form.pop("const")]
        self._split_types(form)
        variants = [one for key in _UNIONS for one in _schemas(form.pop(key, None))]
        if variants:
            self._join(form, variants)
        if isinstance(form.get("enum"), list) and None in form["enum"]:
            form["enum"] = [one for one in form["enum"] if one is not None]
            form["nullable"] = True
        if "type" not in form and "anyOf" not in form:
            _infer(form)
        return form

    def _target(self, reference: str) -> Json:
        found: Json = local(self._root, reference)
        return found

    def _split_types(self, form: Schema) -> None:
        """A list of types as one type, or as alternatives that keep the restrictions of their type."""
        types = form.get("type")
        if types == "null":
            form.pop("type")
            form["nullable"] = True
            form.setdefault("enum", [None])
        if not isinstance(types, (list, tuple)):
            return
        form.pop("type")
        kinds = [one for one in dict.fromkeys(types) if isinstance(one, str) and one != "null"]
        if "null" in types:
            form["nullable"] = True
        if len(kinds) == 1:
            form["type"] = kinds[0]
        elif kinds and not any(key in form for key in _UNIONS):
            # A whole number is a number.
            form["anyOf"] = [_of_type(form, kind) for kind in kinds if kind != "integer" or "number" not in kinds]
            for key in [key for key in form if key not in ("anyOf", "description", "nullable", "title", "default")]:
                form.pop(key)

    def _join(self, form: Schema, variants: Iterable[Json]) -> None:
        """The alternatives of ``form``; merged into it where there is one, or where they only add to its members."""
        forms = self._alternatives(form, variants)
        if form.get("properties") or form.get("type") == "object":
            objects = [one for one in forms if one.get("type", "object") == "object"]
            if form.get("properties") or any("type" not in one for one in objects) or len(objects) == 1:
                _fold(form, objects)
                return
        if len(forms) == 1:
            said = form.get("description")
            form.update({**forms[0], **({"description": said} if said else {})})
        elif forms:
            for key in [key for key in form if key not in ("description", "nullable", "title", "default")]:
                form.pop(key)
            form["anyOf"] = forms

    def _alternatives(self, form: Schema, variants: Iterable[Json]) -> list[Schema]:
        """The different ``variants``, those of one that has variants itself among them; null becomes ``nullable`` of
        ``form``."""
        forms: list[Schema] = []
        for one in variants:
            part = self.normal(one)
            if part is None:
                continue
            if part.get("nullable") and part.get("enum") == [] and "type" not in part:
                form["nullable"] = True
                continue
            inner = part.get("anyOf")
            if isinstance(inner, list):
                form["nullable"] = form.get("nullable") or part.get("nullable", False)
                forms += [one for one in inner if one not in forms]
            elif part not in forms:
                forms.append(part)
        if form.get("nullable") is False:
            form.pop("nullable")
        return forms


def _of_type(form: Schema, kind: str) -> Schema:
    rest = {key: one for key, one in form.items() if key not in ("description", "nullable", "title", "default", "enum")}
    if kind != "object":
        rest = {key: one for key, one in rest.items() if key not in ("properties", "required", "additionalProperties")}
    if kind != "array":
        rest = {key: one for key, one in rest.items() if key not in ("items", "prefixItems", "minItems", "maxItems")}
    if isinstance(form.get("enum"), list):
        values = [one for one in form["enum"] if type_of(one) == kind]
        if values:
            rest["enum"] = values
    return {**rest, "type": kind}


def _fold(form: Schema, variants: list[Schema]) -> None:
    """The members of all ``variants`` as members of ``form``; those that each of them requires are required."""
    properties = dict(form.get("properties") or {})
    required = [set(one.get("required") or ()) for one in variants]
    for one in variants:
        for name, member in (one.get("properties") or {}).items():
            known = properties.get(name)
            if known is None or known == {}:
                properties[name] = member
            elif known != member:
                properties[name] = {"anyOf": [*_alternatives(known), *_alternatives(member)]}
    form["type"] = "object"
    if properties:
        form["properties"] = properties
    needed = [*(form.get("required") or ())]
    form["required"] = [*needed, *(sorted(set.intersection(*required) - set(needed)) if required else ())]


def _alternatives(schema: Any) -> list[Any]:
    inner = schema.get("anyOf") if isinstance(schema, Mapping) and set(schema) == {"anyOf"} else None
    return list(inner) if isinstance(inner, list) else [schema]


def merged(one: Schema, other: Schema) -> Schema:
    """What both say: the members of both, and of a restriction that both have that of ``one``."""
    both: Schema = {**other, **one}
    members = {**(other.get("properties") or {}), **(one.get("properties") or {})}
    if members:
        both["properties"] = members
    needed = [*(one.get("required") or ()), *(other.get("required") or ())]
    if needed:
        both["required"] = list(dict.fromkeys(needed))
    return both


def _schemas(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, (Mapping, bool))] if isinstance(value, (list, tuple)) else []


def _infer(form: Schema) -> None:
    """The type that a schema means without naming it."""
    for keyword, kind in _BY_KEYWORD:
        if form.get(keyword) not in (None, True, False):
            form["type"] = kind
            return
    kinds = {type_of(one) for one in form["enum"]} if isinstance(form.get("enum"), list) else set()
    if len(kinds) == 1:
        form["type"] = kinds.pop()


def type_of(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, (list, tuple)) else "object"


def types_of(form: Schema) -> frozenset[str]:
    """The types that a normal form allows besides null; empty for any."""
    kinds: set[str] = set()
    for one in form.get("anyOf") or (form,):
        kind = one.get("type")
        if not isinstance(kind, str):
            return frozenset()
        kinds.add(kind)
    return frozenset(kinds)
