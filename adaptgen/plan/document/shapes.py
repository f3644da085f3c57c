"""Shapes: single schemas resolved at their top level, and how several become one.

Understands the Schema Object of OpenAPI 3.0 and 3.1 (JSON Schema 2020-12) side by side, since documents mix them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from adaptgen.model import tables as model
from adaptgen.model.tables import Json

TYPES = ("object", "array", "string", "integer", "number", "boolean")
# Keywords that restrict values; `Shape.constraints` carries them. Their meaning is the same in 3.0 and 3.1, but for
# the boolean exclusive bounds of 3.0, which `adaptgen.plan.document.inline_schema` converts.
CONSTRAINTS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
    "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
)  # fmt: skip
MISSING: Any = type("Missing", (), {"__repr__": lambda self: "MISSING"})()


@model.value()
class Shape:
    """One schema, resolved at its top level; ``properties``, ``items`` and ``variants`` are still raw nodes.

    ``type`` is None where none or several are declared (``types`` has them). ``additional`` is False where nothing is
    said about additional properties, True for free-form objects, else a schema. ``variants`` are the alternatives of
    ``oneOf``/``anyOf`` without null. ``enum`` is None, or the values without null; a ``const`` is an enum of one.
    ``default`` is :data:`MISSING` where there is none. ``closed``: additional properties are explicitly forbidden.
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
        """A file: bytes that are no text."""
        return self.type == "string" and self.format == "binary"


@model.value()
class Leaf:
    """A value inside a schema: ``path`` is dotted with ``[*]``; ``name`` the last property name on it.

    Objects without declared properties, and what lies beyond the depth or a cycle, are leaves of type ``object``.
    ``late``: an object around it may be null, or its default is false.
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


OPEN = Shape(additional=True, raw={})
"""Nothing is known: any value."""

_FIELDS = tuple(Shape.__dataclass_fields__)


def copied(one: Shape, **changes: Any) -> Shape:
    """``one`` with other values in some fields."""
    # dataclasses.replace costs three times as much, and giants have 100,000 shapes.
    return Shape(**{name: changes[name] if name in changes else getattr(one, name) for name in _FIELDS})


def is_null(option: Json) -> bool:
    """Whether the alternative only allows null."""
    if not isinstance(option, Mapping):
        return False
    return (
        option.get("type") in ("null", ["null"])
        or (option.get("enum") == [None] and option.get("type") is None)
        or ("const" in option and option["const"] is None)
    )


def own_shape(schema: Mapping[str, Any]) -> Shape:
    """What the node itself says, without its references and combinations."""
    declared = schema.get("type")
    listed = declared if isinstance(declared, list) else [declared]
    types = tuple(dict.fromkeys(one for one in listed if one in TYPES))
    nullable = "null" in listed or schema.get("nullable") is True or schema.get("x-nullable") is True
    form = schema.get("format") if isinstance(schema.get("format"), str) else None
    if declared == "file" or (form is None and types in ((), ("string",)) and _raw_bytes(schema)):
        types, form = ("string",), "binary"
    enum = schema.get("enum") if isinstance(schema.get("enum"), list) else None
    if enum is None and "const" in schema:
        enum = [schema["const"]]
    if enum is not None and any(value is None for value in enum):
        nullable = True
        enum = [value for value in enum if value is not None]
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    required = schema.get("required")
    needed = frozenset(one for one in required if isinstance(one, str)) if isinstance(required, list) else frozenset()
    additional = schema.get("additionalProperties")
    items = schema.get("items")
    prefix: tuple[Json, ...] = ()
    if isinstance(items, list) or isinstance(schema.get("prefixItems"), list):
        prefix = tuple(items if isinstance(items, list) else schema["prefixItems"])
        items = {"anyOf": list(prefix)} if len(prefix) > 1 else prefix[0] if prefix else None
    if not types:
        if properties or isinstance(additional, Mapping) or isinstance(schema.get("patternProperties"), Mapping):
            types = ("object",)
        elif items is not None:
            types = ("array",)
    return Shape(
        type=types[0] if len(types) == 1 else None,
        types=types,
        properties=_ordered(properties, needed),
        required=needed,
        items=items if isinstance(items, (Mapping, bool)) else None,
        prefix=prefix,
        enum=tuple(enum) if enum else None,
        format=form,
        description=schema["description"] if isinstance(schema.get("description"), str) else "",
        title=schema["title"] if isinstance(schema.get("title"), str) else "",
        additional=additional
        if isinstance(additional, Mapping) and additional
        else additional in (True, {}) or isinstance(schema.get("patternProperties"), Mapping),
        closed=additional is False,
        read_only=schema.get("readOnly") is True,
        write_only=schema.get("writeOnly") is True,
        nullable=nullable,
        default=schema.get("default", MISSING),
        constraints={name: schema[name] for name in CONSTRAINTS if name in schema},
        raw=schema,
    )


def _ordered(properties: Mapping[str, Json], required: frozenset[str]) -> dict[str, Json]:
    """Required ones first, then by name: an order that does not depend on the order of keys in the document."""
    names = sorted(properties, key=lambda name: (str(name) not in required, str(name)))
    return {str(name): properties[name] for name in names}


def _raw_bytes(schema: Mapping[str, Any]) -> bool:
    """OpenAPI 3.1, 4.8.14.3: bytes of a media type that are not encoded as text."""
    return isinstance(schema.get("contentMediaType"), str) and not {"contentEncoding", "contentSchema"} & schema.keys()


def merged_shape(parts: list[Shape], schema: Mapping[str, Any]) -> Shape:
    """All of ``parts`` at once. The first stands for the node itself: what it says wins over what it includes."""
    properties: dict[str, Json] = {}
    constraints: dict[str, Json] = {}
    required: frozenset[str] = frozenset()
    for part in parts:
        for name, node in part.properties.items():
            known = properties.get(name, MISSING)
            trivial = known is MISSING or known is node or known in ({}, True)
            properties[name] = node if trivial else known if node in ({}, True) else {"allOf": [known, node]}
        required |= part.required
        for name, value in part.constraints.items():
            constraints.setdefault(name, value)
    variants = [part.variants for part in parts if part.variants]
    enums = [part.enum for part in parts if part.enum is not None]
    enum = enums[0] if enums else None
    for other in enums[1:]:
        both = tuple(value for value in enum or () if value in other)
        enum = both or enum
    own = own_shape(schema)
    types = next((part.types for part in parts if part.types), ())
    typed = [part.type for part in parts if part.type]
    defaults = [part.default for part in parts if part.default is not MISSING]
    additional: bool | Json = False
    for part in parts:
        # `{type: object, required: […]}` beside properties restricts them and allows no others.
        if part.additional is not False and part is not OPEN and not part.bare:
            additional = part.additional
    return Shape(
        type=typed[0] if typed else None,
        types=types,
        properties=properties,
        required=required,
        items=_both_items(parts),
        prefix=next((part.prefix for part in parts if part.prefix), ()),
        enum=enum,
        format=next((part.format for part in parts if part.format), None),
        description=own.description or next((part.description for part in parts if part.description), ""),
        title=own.title or next((part.title for part in parts if part.title), ""),
        additional=additional,
        # Closing one part of a combination would forbid the others; what people mean is the sum.
        closed=own.closed and not any(part.properties for part in parts[1:]),
        # Two sets of alternatives at once are their product; the larger one describes it best.
        variants=max(variants, key=len) if variants else (),
        read_only=own.read_only or any(part.read_only for part in parts),
        write_only=own.write_only or any(part.write_only for part in parts),
        nullable=own.nullable or _null_for_all(parts),
        default=own.default if own.default is not MISSING else defaults[0] if defaults else MISSING,
        constraints=constraints,
        raw=schema,
        # A node that only wraps one reference is that reference.
        name=next((part.name for part in parts if part.name), "") if _only_wraps(schema) else "",
        pointer=next((part.pointer for part in parts if part.pointer), "") if _only_wraps(schema) else "",
    )


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
    return copied(one, **changes) if changes else one


def _type_of(values: tuple[Json, ...]) -> str | None:
    if all(isinstance(value, str) for value in values):
        return "string"
    if all(isinstance(value, bool) for value in values):
        return "boolean"
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return "integer"
    return None
