"""Shapes: single schemas resolved at their top level, and how several become one.

Understands the Schema Object of OpenAPI 3.0 and 3.1 (JSON Schema 2020-12) side by side, since documents mix them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from adaptgen.model import tables as model
from adaptgen.model.frozen import changed
from adaptgen.model.tables import Json

TYPES = ("object", "array", "string", "integer", "number", "boolean")
PLAIN = TYPES[2:]
# Keywords that restrict values; `Shape.constraints` carries them. Their meaning is the same in 3.0 and 3.1, but for
# the boolean exclusive bounds of 3.0, which `adaptgen.plan.document.inline_schema` converts.
CONSTRAINTS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
    "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
)  # fmt: skip
_CONSTRAINTS = frozenset(CONSTRAINTS)
_NONE: frozenset[str] = frozenset()
MISSING: Any = type("Missing", (), {"__repr__": lambda self: "MISSING"})()


@model.value()
class Shape:
    """One schema, resolved at its top level; ``properties``, ``items`` and ``variants`` are still raw nodes.

    ``type`` is None where none or several are declared (``types`` has them). ``additional`` is False where nothing is
    said about additional properties, True for free-form objects, else a schema. ``variants`` are the alternatives of
    ``oneOf``/``anyOf`` without null. ``enum`` is None, or the values without null; a ``const`` is an enum of one.
    ``default`` is :data:`MISSING` where nothing is said. ``closed``: additional properties are explicitly forbidden.
    ``bare``: nothing is declared about properties, so ``additional`` is an inference and no word of the document.
    """

    type: str | None = None
    properties: Mapping[str, Json] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    items: Json | None = None
    enum: tuple[Json, ...] | None = None
    format: str | None = None
    description: str = ""
    additional: bool | Json = False
    variants: tuple[Json, ...] = ()
    read_only: bool = False
    write_only: bool = False
    nullable: bool = False
    default: Json = MISSING
    raw: Json = None
    types: tuple[str, ...] = ()
    title: str = ""
    constraints: Mapping[str, Json] = field(default_factory=dict)
    prefix: tuple[Json, ...] = ()
    closed: bool = False
    bare: bool = False
    name: str = ""
    pointer: str = ""

    @property
    def binary(self) -> bool:
        """A file: bytes that are not text."""
        return self.type == "string" and self.format == "binary"


@model.value()
class Leaf:
    """A value inside a schema: ``path`` is dotted with ``[*]``; ``name`` the last property name on it.

    Objects without declared properties, and what lies beyond the depth or a cycle, are leaves of type ``object``.
    ``late``: an object around it may be null, or its default is false. ``plain_map``: an open object that declares its
    values to be plain ones.
    """

    path: str
    type: str | None
    format: str | None
    name: str
    description: str
    enum: tuple[Json, ...] | None
    pointer: str
    required: bool
    read_only: bool
    write_only: bool
    late: bool = False
    plain_map: bool = False


OPEN = Shape(additional=True, raw={})
"""Nothing is known: any value."""


def is_null(option: Json) -> bool:
    """Whether the alternative only allows null."""
    if not isinstance(option, dict):
        return False
    return (
        option.get("type") in ("null", ["null"])
        or (option.get("enum") == [None] and option.get("type") is None)
        or ("const" in option and option["const"] is None)
    )


def own_shape(schema: Mapping[str, Any]) -> Shape:
    """What the node itself says, without its references and combinations."""
    said = schema.get
    types, format, nullable = _own_types(schema)
    patterned = isinstance(said("patternProperties"), dict)
    enum, null_allowed = _own_enum(schema) if "enum" in schema or "const" in schema else (None, False)
    items, prefix = _own_items(schema) if "items" in schema or "prefixItems" in schema else (None, ())
    properties, required, additional = said("properties"), said("required"), said("additionalProperties")
    properties = properties if isinstance(properties, dict) else {}
    needed = _own_required(required, properties)
    if not types and (properties or patterned or isinstance(additional, dict)):
        types = ("object",)
    elif not types and items is not None:
        types = ("array",)
    # By position: 18 keywords cost more than all the rest, and giants have 100,000 shapes.
    return Shape(
        types[0] if len(types) == 1 else None,
        _ordered(properties, needed) if properties else {},
        needed,
        items if isinstance(items, (dict, bool)) else None,
        enum,
        format,
        _text(said("description")),
        additional if isinstance(additional, dict) and additional else additional in (True, {}) or patterned,
        (),
        said("readOnly") is True,
        said("writeOnly") is True,
        nullable or null_allowed,
        said("default", MISSING),
        schema,
        types,
        _text(said("title")),
        {} if _CONSTRAINTS.isdisjoint(schema) else {name: schema[name] for name in CONSTRAINTS if name in schema},
        prefix,
        additional is False,
    )


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _own_types(schema: Mapping[str, Any]) -> tuple[tuple[str, ...], str | None, bool]:
    """The declared types without null, the format, and whether null is one of the types."""
    declared, format = schema.get("type"), schema.get("format")
    listed = declared if isinstance(declared, list) else [declared]
    if any(type(name) is str and name not in TYPES for name in listed):
        listed, format = _translate(listed, format)
    types = tuple(dict.fromkeys([name for name in listed if name in TYPES]))
    nullable = "null" in listed or schema.get("nullable") is True or schema.get("x-nullable") is True
    format = format if isinstance(format, str) else None
    if declared == "file" or (format is None and types in ((), ("string",)) and _raw_bytes(schema)):
        return ("string",), "binary", nullable
    return types, format, nullable


_FOREIGN: Final[Mapping[str, tuple[str, str | None]]] = {
    **dict.fromkeys(("string", "str", "text", "char", "character", "varchar", "date", "time"), ("string", None)),
    **dict.fromkeys(("datetime", "date-time", "localdatetime", "zoneddatetime", "instant"), ("string", "date-time")),
    "localdate": ("string", "date"),
    **dict.fromkeys(("uuid", "guid"), ("string", "uuid")),
    **dict.fromkeys(("uri", "url"), ("string", "uri")),
    **dict.fromkeys(("integer", "int", "short", "biginteger", "bigint"), ("integer", None)),
    "int32": ("integer", "int32"),
    **dict.fromkeys(("long", "int64"), ("integer", "int64")),
    **dict.fromkeys(("number", "decimal", "bigdecimal", "numeric"), ("number", None)),
    "float": ("number", "float"),
    "double": ("number", "double"),
    **dict.fromkeys(("boolean", "bool"), ("boolean", None)),
    **dict.fromkeys(("array", "list", "arraylist", "set", "collection"), ("array", None)),
    **dict.fromkeys(("object", "map", "hashmap", "dict"), ("object", None)),
}
"""Types of Swagger 1.2 (4.3.1) and of programming languages, in small letters, with a format that they imply. ``Date``
has none: it is a day in one system and a moment in the next."""


def _translate(listed: list[Any], format: Any) -> tuple[list[Any], Any]:
    """Types under foreign names as those of JSON Schema; an unknown name says nothing."""
    types = []
    for name in listed:
        known, implied = _FOREIGN.get(name.lower(), (name, None)) if isinstance(name, str) else (name, None)
        types.append(known)
        format = format if format is not None else implied
    return types, format


def _own_enum(schema: Mapping[str, Any]) -> tuple[tuple[Json, ...] | None, bool]:
    """The allowed values without null, and whether null is one of them."""
    enum = schema.get("enum")
    if not isinstance(enum, list):
        if "const" not in schema:
            return None, False
        enum = [schema["const"]]
    values = tuple(value for value in enum if value is not None)
    return values or None, len(values) < len(enum)


def _own_required(required: Json, properties: Mapping[str, Json]) -> frozenset[str]:
    """The required properties: those in the list, and those that say so themselves (JSON Schema, draft 3, 5.7)."""
    names = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    names += [str(name) for name, one in properties.items() if type(one) is dict and one.get("required") is True]
    return frozenset(names) if names else _NONE


def _own_items(schema: Mapping[str, Any]) -> tuple[Json, tuple[Json, ...]]:
    """The schema of the elements of a list, and those of its first elements where each has its own."""
    items, listed = schema.get("items"), schema.get("prefixItems")
    if not isinstance(items, list) and not isinstance(listed, list):
        return items, ()
    prefix: tuple[Json, ...] = tuple(items if isinstance(items, list) else schema["prefixItems"])
    return {"anyOf": list(prefix)} if len(prefix) > 1 else prefix[0] if prefix else None, prefix


def _ordered(properties: Mapping[str, Json], required: frozenset[str]) -> dict[str, Json]:
    """Required ones first, then by name: an order that does not depend on the order of keys in the document."""
    names = sorted(properties, key=lambda name: (str(name) not in required, str(name)))
    return {str(name): properties[name] for name in names}


def _raw_bytes(schema: Mapping[str, Any]) -> bool:
    """OpenAPI 3.1, 4.8.14.3: bytes of a media type that are not encoded as text."""
    return isinstance(schema.get("contentMediaType"), str) and not {"contentEncoding", "contentSchema"} & schema.keys()


def merged_shape(parts: list[Shape], own: Shape) -> Shape:
    """All of ``parts`` at once. ``own`` is what the node itself says, which wins over what it includes."""
    schema = own.raw
    wraps = _only_wraps(schema)
    return Shape(
        type=_first(parts, "type", None),
        types=_first(parts, "types", ()),
        properties=_merged_properties(parts),
        required=frozenset().union(*(part.required for part in parts)),
        items=_both_items(parts),
        prefix=_first(parts, "prefix", ()),
        enum=_merged_enum(parts),
        format=_first(parts, "format", None),
        description=own.description or _first(parts, "description", ""),
        title=own.title or _first(parts, "title", ""),
        additional=_merged_additional(parts),
        # Closing one part of a combination would forbid the others; what people mean is the sum.
        closed=own.closed and not any(part.properties for part in parts[1:]),
        # Two sets of alternatives at once are their product; the larger one describes it best.
        variants=max((part.variants for part in parts), key=len),
        read_only=any(part.read_only for part in parts),
        write_only=any(part.write_only for part in parts),
        nullable=own.nullable or _null_for_all(parts),
        default=next((part.default for part in (own, *parts) if part.default is not MISSING), MISSING),
        constraints=_merged_constraints(parts),
        raw=schema,
        # A node that only wraps one reference is that reference.
        name=_first(parts, "name", "") if wraps else "",
        pointer=_first(parts, "pointer", "") if wraps else "",
    )


def _first(parts: list[Shape], name: str, default: Any) -> Any:
    """What the first part says that says anything."""
    return next((value for part in parts if (value := getattr(part, name))), default)


def _merged_properties(parts: list[Shape]) -> dict[str, Json]:
    properties: dict[str, Json] = {}
    for part in parts:
        for name, node in part.properties.items():
            known = properties.get(name, MISSING)
            if known is MISSING or known is node or known in ({}, True):
                properties[name] = node
            elif node not in ({}, True):
                properties[name] = {"allOf": [known, node]}
    return properties


def _merged_constraints(parts: list[Shape]) -> dict[str, Json]:
    constraints: dict[str, Json] = {}
    for part in parts:
        for name, value in part.constraints.items():
            constraints.setdefault(name, value)
    return constraints


def _merged_enum(parts: list[Shape]) -> tuple[Json, ...] | None:
    """The values that every part allows; those of the parts before, where one has none in common with them."""
    enum: tuple[Json, ...] | None = None
    for part in parts:
        if part.enum is not None:
            enum = part.enum if enum is None else tuple(value for value in enum if value in part.enum) or enum
    return enum


def _merged_additional(parts: list[Shape]) -> bool | Json:
    additional: bool | Json = False
    for part in parts:
        # `{type: object, required: […]}` beside properties restricts them and allows no others.
        if part.additional is not False and part is not OPEN and not part.bare:
            additional = part.additional
    return additional


def _null_for_all(parts: list[Shape]) -> bool:
    """Whether null is one of the values of every part: a part that has types and does not name null refuses it."""
    return any(part.nullable and not part.types for part in parts) or (
        any(part.nullable for part in parts) and all(part.nullable for part in parts if part.types)
    )


def _both_items(parts: list[Shape]) -> Json | None:
    """What every part says about the elements: a wrapper often has ``items: {type: object}``, which another narrows."""
    said = [part.items for part in parts if part.items is not None]
    telling = [items for items in said if items not in ({}, True, {"type": "object"})] or said
    distinct = [items for index, items in enumerate(telling) if not any(items is other for other in telling[:index])]
    return distinct[0] if len(distinct) == 1 else {"allOf": distinct} if distinct else None


def _only_wraps(schema: Mapping[str, Any]) -> bool:
    combined = [schema[keyword] for keyword in ("allOf", "oneOf", "anyOf") if isinstance(schema.get(keyword), list)]
    real = [option for options in combined for option in options if not is_null(option)]
    return len(real) == 1 and "properties" not in schema


def undeclared(one: Shape) -> list[str]:
    """What an object requires without declaring it, which JSON Schema allows. A name that differs from a declared one
    only in case and punctuation is a slip of the pen."""
    if one.closed or not one.required - one.properties.keys():
        return []
    known = {_plain(name) for name in one.properties}
    return [name for name in sorted(one.required - one.properties.keys()) if name and _plain(name) not in known]


def _plain(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum()) or name


def finished(one: Shape) -> Shape:
    """Fill in what follows from the rest: a missing type, and that an object without properties is free-form."""
    changes: dict[str, Any] = {}
    kind = one.type
    if kind is None and not one.types:
        if one.properties or one.additional not in (False, True):
            kind = "object"
        elif one.items is not None:
            kind = "array"
        elif one.enum and not one.variants:
            kind = _type_of(one.enum)
        if kind:
            changes.update(type=kind, types=(kind,))
    bare = not one.properties and not one.variants and one.additional is False and not one.closed
    if bare and (kind == "object" or (kind is None and not one.types)):
        changes.update(additional=True, bare=True)
    return changed(one, changes) if changes else one


def _type_of(values: tuple[Json, ...]) -> str | None:
    if all(isinstance(value, str) for value in values):
        return "string"
    if all(isinstance(value, bool) for value in values):
        return "boolean"
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return "integer"
    return None
