"""What a schema says, read leniently: references followed, ``allOf`` merged, the spellings of null unified.

Understands the Schema Object of OpenAPI 3.0 and 3.1 (JSON Schema 2020-12) side by side, since documents mix them. All
results are cached per node of the document, so shared schemas are read once however often they are reached.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adaptgen.model import Json

if TYPE_CHECKING:
    from adaptgen.source import Document

TYPES = ("object", "array", "string", "integer", "number", "boolean")
# Keywords that restrict values; `Shape.constraints` carries them. Their meaning is the same in 3.0 and 3.1, but for
# the boolean exclusive bounds of 3.0, which `adaptgen.plan.inlining` converts.
CONSTRAINTS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
    "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
)  # fmt: skip
MISSING: Any = type("Missing", (), {"__repr__": lambda self: "MISSING"})()
_STRUCTURE = frozenset(
    ("type", "properties", "items", "enum", "allOf", "oneOf", "anyOf", "additionalProperties", "required", "format")
)
_SPECIAL = re.compile(r"[.\[\]\"]")


@dataclass(frozen=True, slots=True)
class Shape:
    """One schema, resolved at its top level; ``properties``, ``items`` and ``variants`` are still raw nodes.

    ``type`` is None where none or several are declared (``types`` has them). ``additional`` is False where nothing is
    said about additional properties, True for free-form objects, else a schema. ``variants`` are the alternatives of
    ``oneOf``/``anyOf`` without null. ``enum`` is None, or the values without null; a ``const`` is an enum of one.
    ``default`` is :data:`MISSING` where there is none. ``closed``: additional properties are explicitly forbidden.
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
    name: str = ""
    pointer: str = ""

    @property
    def binary(self) -> bool:
        """A file: bytes that are no text."""
        return self.type == "string" and self.format == "binary"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value inside a schema: ``path`` is dotted with ``[*]``; ``name`` the last property name on it.

    Objects without declared properties, and what lies beyond the depth or a cycle, are leaves of type ``object``.
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


def shape(document: Document, schema: Json) -> Shape:
    """The resolved form of ``schema``, a node of the document or a value made from nodes of it. Never raises: what
    leads nowhere is an open schema. The same object is returned for the same node."""
    return _cache(document).shape(schema)


def leaves(document: Document, schema: Json, *, depth: int = 6, limit: int = 2000) -> list[Leaf]:
    """The values inside ``schema``, at most ``limit``, at most ``depth`` levels of objects deep.

    Required properties come first, then they are in the order of their names. The alternatives of ``oneOf`` and
    ``anyOf`` are united. A leaf is required if every object on its path requires it, read-only (write-only) if
    anything on its path is.
    """
    return _cache(document).leaves(schema, depth, limit)


def identity(schema: Json) -> int | str:
    """What tells one schema from another: the pointer of a plain reference, else the node itself."""
    if isinstance(schema, Mapping) and len(schema) == 1 and isinstance(schema.get("$ref"), str):
        return str(schema["$ref"])
    return id(schema)


def memory(document: Document) -> dict[Any, Any]:
    """A place for what other passes remember about ``document``; it goes with :func:`forget`."""
    return _cache(document).memory


def forget(document: Document) -> None:
    """Drop what is cached for ``document``."""
    _CACHES[:] = [cache for cache in _CACHES if cache.document is not document]


def join(path: str, name: str) -> str:
    """``path`` extended by a property, in the grammar of ``adaptgen.fields``: ``a.b``, ``a["odd.key"]``."""
    if not name or name == "*" or name[0] == "$" or _SPECIAL.search(name):
        return f"{path}[{json.dumps(name, ensure_ascii=False)}]"
    return f"{path}.{name}" if path else name


_CACHES: list[_Cache] = []


def _cache(document: Document) -> _Cache:
    for cache in _CACHES:
        if cache.document is document:
            return cache
    # Few documents are planned at once: one, and those that its hints add.
    del _CACHES[:-3]
    _CACHES.append(_Cache(document))
    return _CACHES[-1]


class _Cache:
    """Shapes by node identity. The node is kept beside its shape so that no other can take its place in memory."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.shapes: dict[int, tuple[Json, Shape]] = {}
        self.found: dict[tuple[int | str, int, int], tuple[Json, list[Leaf]]] = {}
        self.memory: dict[Any, Any] = {}

    def shape(self, schema: Json) -> Shape:
        known = self.shapes.get(id(schema))
        if known is not None:
            return known[1]
        made = self.make(schema, frozenset())
        if isinstance(schema, (dict, list)):
            self.shapes[id(schema)] = (schema, made)
        return made

    def make(self, schema: Json, above: frozenset[int]) -> Shape:
        """``above``: the nodes being merged, to cut ``allOf`` and ``$ref`` cycles."""
        if known := self.shapes.get(id(schema)):
            return known[1]
        if schema is False:
            return Shape(closed=True, raw=False)
        if not isinstance(schema, Mapping) or id(schema) in above:
            return OPEN
        above |= {id(schema)}
        parts: list[Shape] = []
        ref = schema.get("$ref")
        if isinstance(ref, str):
            parts.append(self.target(ref, above))
            if not any(key in schema for key in _STRUCTURE):
                return self.annotated(parts[0], schema)
        parts.append(_own(schema))
        all_of = schema.get("allOf")
        for part in all_of if isinstance(all_of, list) else ():
            parts.append(self.make(part, above))
        single = None
        for keyword in ("oneOf", "anyOf"):
            options = schema.get(keyword)
            if not isinstance(options, list) or not options:
                continue
            kept = [option for option in options if not _null(option)]
            null = len(kept) < len(options)
            if len(kept) == 1:
                single = self.make(kept[0], above)
                parts.append(single)
            elif kept:
                parts.append(Shape(variants=tuple(kept), raw=schema))
            if null:
                parts.append(Shape(nullable=True, raw=schema))
        merged = parts[0] if len(parts) == 1 else _merge(parts, schema)
        return _finish(merged)

    def target(self, ref: str, above: frozenset[int]) -> Shape:
        try:
            node = self.document.get(ref)
        except (LookupError, ValueError):
            return OPEN
        if known := self.shapes.get(id(node)):
            return known[1]
        found = self.make(node, above)
        if not isinstance(node, Mapping) or id(node) in above:
            return found
        if not found.pointer:
            found = _copy(found, name=ref.rpartition("/")[2], pointer=ref)
        # Inside a cycle the target was read only in part: do not keep that.
        if len(above) == 1:
            self.shapes[id(node)] = (node, found)
        return found

    def annotated(self, target: Shape, schema: Mapping[str, Any]) -> Shape:
        """A reference with annotations beside it (allowed by 3.1, ignored by 3.0, meant by everybody)."""
        changes: dict[str, Any] = {}
        if isinstance(schema.get("description"), str) and schema["description"]:
            changes["description"] = schema["description"]
        if "default" in schema:
            changes["default"] = schema["default"]
        if schema.get("readOnly") is True:
            changes["read_only"] = True
        if schema.get("writeOnly") is True:
            changes["write_only"] = True
        if schema.get("nullable") is True or schema.get("x-nullable") is True:
            changes["nullable"] = True
        return _copy(target, **changes) if changes else target

    # ---------------------------------------------------------------------------------------------------- leaves

    def leaves(self, schema: Json, depth: int, limit: int) -> list[Leaf]:
        key = (identity(schema), depth, limit)
        if known := self.found.get(key):
            return known[1]
        found: dict[str, Leaf] = {}
        for leaf in self.walk(schema, "", "", depth, (), True, False, False):
            found.setdefault(leaf.path, leaf)
            if len(found) >= limit:
                break
        result = list(found.values())
        if isinstance(schema, (dict, list)):
            self.found[key] = (schema, result)
        return result

    def walk(
        self, schema: Json, path: str, name: str, depth: int, above: tuple[str | int, ...],
        required: bool, read_only: bool, write_only: bool,
    ) -> Iterator[Leaf]:  # fmt: skip
        one = self.shape(schema)
        read_only = read_only or one.read_only
        write_only = write_only or one.write_only
        # A shape that was reached by reference is known by its pointer, so that annotated copies count as the same.
        mark: str | int = one.pointer or id(one)
        whole = Leaf(
            path, one.type, one.format, name, one.description, one.enum, one.pointer, required, read_only, write_only
        )
        if one.type == "array":
            if depth <= 0 or mark in above or one.items is None:
                yield whole
            else:
                yield from self.walk(
                    one.items, f"{path}[*]", name, depth, (*above, mark), required, read_only, write_only
                )
            return
        if not one.properties and not one.variants:
            if path or one.type != "object":
                yield whole
            return
        if (depth <= 0 or mark in above) and path:
            yield whole
            return
        above = (*above, mark)
        for key, node in one.properties.items():
            yield from self.walk(
                node, join(path, key), key, depth - 1, above, required and key in one.required, read_only, write_only
            )
        for variant in one.variants:
            for leaf in self.walk(variant, path, name, depth - 1, above, False, read_only, write_only):
                # Beside properties an alternative may only say which of them are required; that is no value.
                if leaf.path != path or not one.properties:
                    yield leaf


OPEN = Shape(additional=True, raw={})
"""Nothing is known: any value."""

_FIELDS = tuple(Shape.__dataclass_fields__)


def _copy(one: Shape, **changes: Any) -> Shape:
    # dataclasses.replace costs three times as much, and giants have 100,000 shapes.
    return Shape(**{name: changes[name] if name in changes else getattr(one, name) for name in _FIELDS})


def _null(option: Json) -> bool:
    if not isinstance(option, Mapping):
        return False
    return (
        option.get("type") in ("null", ["null"])
        or (option.get("enum") == [None] and option.get("type") is None)
        or ("const" in option and option["const"] is None)
    )


def _own(schema: Mapping[str, Any]) -> Shape:
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


def _merge(parts: list[Shape], schema: Mapping[str, Any]) -> Shape:
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
    own = _own(schema)
    types = next((part.types for part in parts if part.types), ())
    typed = [part.type for part in parts if part.type]
    defaults = [part.default for part in parts if part.default is not MISSING]
    additional: bool | Json = False
    for part in parts:
        if part.additional is not False and part is not OPEN:
            additional = part.additional
    return Shape(
        type=typed[0] if typed else None,
        types=types,
        properties=properties,
        required=required,
        items=next((part.items for part in parts if part.items is not None), None),
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
        nullable=any(part.nullable for part in parts),
        default=own.default if own.default is not MISSING else defaults[0] if defaults else MISSING,
        constraints=constraints,
        raw=schema,
        # A node that only wraps one reference is that reference.
        name=next((part.name for part in parts if part.name), "") if _only_wraps(schema) else "",
        pointer=next((part.pointer for part in parts if part.pointer), "") if _only_wraps(schema) else "",
    )


def _only_wraps(schema: Mapping[str, Any]) -> bool:
    combined = [schema[keyword] for keyword in ("allOf", "oneOf", "anyOf") if isinstance(schema.get(keyword), list)]
    real = [option for options in combined for option in options if not _null(option)]
    return len(real) == 1 and "properties" not in schema


def _finish(one: Shape) -> Shape:
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
        changes["additional"] = True
    return _copy(one, **changes) if changes else one


def _type_of(values: tuple[Json, ...]) -> str | None:
    if all(isinstance(value, str) for value in values):
        return "string"
    if all(isinstance(value, bool) for value in values):
        return "boolean"
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return "integer"
    return None
