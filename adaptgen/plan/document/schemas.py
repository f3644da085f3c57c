"""What a schema says, read leniently: references followed, ``allOf`` merged, the spellings of null unified.

Understands the Schema Object of OpenAPI 3.0 and 3.1 (JSON Schema 2020-12) side by side, since documents mix them. All
results are cached per node of the document, so shared schemas are read once however often they are reached.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from adaptgen.model.frozen import changed
from adaptgen.model.tables import Json
from adaptgen.plan.document.shapes import (
    MISSING,
    OPEN,
    PLAIN,
    Leaf,
    Shape,
    finished,
    is_null,
    merged_shape,
    own_shape,
)

if TYPE_CHECKING:
    from adaptgen.source import Document

__all__ = ["MISSING", "Leaf", "Shape", "every_property", "forget", "identity", "join", "leaves", "memory", "shape"]

_STRUCTURE = frozenset(
    ("type", "properties", "items", "enum", "allOf", "oneOf", "anyOf", "additionalProperties", "required", "format")
)
_SPECIAL = re.compile(r"[.\[\]\"]")

# Documents may be made to explode: nothing that a person wrote comes near these.
_NESTED = 60
"""How deep references, combinations and lists are followed into one another."""
_MERGES = 4000
"""How many nodes one shape may be made of."""
_ALL_MERGES, _LATE_MERGES = 50_000, 50
"""After this many nodes in a document, how many a shape may be made of: GitHub's 13 MB take 13,000, a chain of lists of
themselves millions."""
_STEPS = 25
"""How many schemas are looked at for each leaf that may be found."""


def shape(document: Document, schema: Json) -> Shape:
    """The resolved form of ``schema``, a node of the document or a value made from nodes of it. Never raises: what
    leads nowhere is an open schema. The same object is returned for the same node."""
    cache = _CACHES[-1] if _CACHES and _CACHES[-1].document is document else _cache(document)
    known = cache.shapes.get(id(schema))
    return cache.shape(schema) if known is None else known[1]


def leaves(document: Document, schema: Json, *, depth: int = 6, limit: int = 2000) -> list[Leaf]:
    """The values inside ``schema``, at most ``limit``, at most ``depth`` levels of objects deep.

    Required properties come first, then they are in the order of their names. The alternatives of ``oneOf`` and
    ``anyOf`` are united. A leaf is required if every object on its path requires it, read-only (write-only) if
    anything on its path is.
    """
    return _cache(document).leaves(schema, depth, limit)


def every_property(document: Document, one: Shape, depth: int = 4) -> dict[str, Json]:
    """The properties of an object, and those that only some alternatives of it have."""
    found = dict(one.properties)
    for variant in one.variants if depth else ():
        for name, node in every_property(document, shape(document, variant), depth - 1).items():
            found.setdefault(name, node)
    return found


def identity(schema: Json) -> int | str:
    """The identity of a schema: the pointer of a plain reference, else the node itself."""
    if isinstance(schema, dict) and len(schema) == 1 and isinstance(schema.get("$ref"), str):
        return str(schema["$ref"])
    return id(schema)


def memory(document: Document) -> dict[Any, Any]:
    """A place for what other passes remember about ``document``; it goes with :func:`forget`."""
    return _cache(document).memory


def forget(document: Document) -> None:
    """Drop what is cached for ``document``."""
    _CACHES[:] = [cache for cache in _CACHES if cache.document is not document]


def join(path: str, name: str) -> str:
    """``path`` extended by a property, in the grammar of ``adaptgen.syntax.field_paths``: ``a.b``, ``a["odd.key"]``."""
    step = _step(name)
    return f"{path}.{step}" if path and step[0] != "[" else path + step


@lru_cache(maxsize=16384)
def _step(name: str) -> str:
    """A property as a path names it: as it is, or quoted in brackets."""
    odd = not name or name == "*" or name[0] == "$" or name != name.strip() or not name.isprintable()
    return f"[{json.dumps(name, ensure_ascii=False)}]" if odd or _SPECIAL.search(name) else name


_CACHES: list[_Cache] = []


def _cache(document: Document) -> _Cache:
    for cache in _CACHES:
        if cache.document is document:
            return cache
    # Few documents are planned at once: one, and those that its hints add.
    del _CACHES[:-3]
    _CACHES.append(_Cache(document))
    return _CACHES[-1]


def _is_value(one: Shape, path: str, within: bool) -> bool:
    """Whether what is at ``path`` is a value. ``within``: what it holds is looked at."""
    if one.type == "array":
        return True
    if not one.properties and not one.variants:
        return bool(path) or one.type != "object"
    # Without a path it is an alternative of itself, or one too deep: nothing new.
    return bool(path) and not within


class _Enough(Exception):
    """As many leaves as were asked for."""


class _Cache:
    """Shapes by node identity. The node is kept with its shape so that no other can take its place in memory."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.shapes: dict[int, tuple[Json, Shape]] = {}
        self.found: dict[tuple[int | str, int, int], tuple[Json, list[Leaf]]] = {}
        self.memory: dict[Any, Any] = {}
        self.cuts = 0  # how often a cycle, a depth or the budget ended a merge: what holds one is not kept
        self.merges = 0
        self.merged = 0  # nodes, since the document was read
        self.steps = 0

    def shape(self, schema: Json) -> Shape:
        """The shape of a node that is not known yet."""
        self.merges = _MERGES if self.merged < _ALL_MERGES else _LATE_MERGES
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
        if not isinstance(schema, dict):
            return OPEN
        self.merges -= 1
        self.merged += 1
        if id(schema) in above or len(above) >= _NESTED or self.merges < 0:
            self.cuts += 1
            return OPEN
        above |= {id(schema)}
        parts: list[Shape] = []
        ref = schema.get("$ref")
        if isinstance(ref, str):
            parts.append(self.target(ref, above))
            if _STRUCTURE.isdisjoint(schema):
                return self.annotated(parts[0], schema)
        own = own_shape(schema)
        parts.append(own)
        all_of = schema.get("allOf")
        for part in all_of if isinstance(all_of, list) else ():
            parts.append(self.make(part, above))
        for keyword in ("oneOf", "anyOf"):
            options = schema.get(keyword)
            if not isinstance(options, list) or not options:
                continue
            kept = [option for option in options if not self.null(option)]
            null = len(kept) < len(options)
            if len(kept) == 1:
                parts.append(self.make(kept[0], above))
            elif kept:
                parts.append(Shape(variants=tuple(kept), raw=schema))
            if null:
                parts.append(Shape(nullable=True, raw=schema))
        merged = parts[0] if len(parts) == 1 else merged_shape(parts, own)
        return finished(merged)

    def null(self, option: Json) -> bool:
        """Whether the alternative only allows null, itself or what it refers to."""
        ref = option.get("$ref") if isinstance(option, dict) else None
        if isinstance(ref, str):
            try:
                return is_null(self.document.get(ref))
            except (LookupError, ValueError):
                return False
        return is_null(option)

    def target(self, ref: str, above: frozenset[int]) -> Shape:
        try:
            node = self.document.get(ref)
        except (LookupError, ValueError):
            return OPEN
        if known := self.shapes.get(id(node)):
            return known[1]
        cuts = self.cuts
        found = self.make(node, above)
        if not isinstance(node, dict) or id(node) in above:
            return found
        if not found.pointer:
            found = changed(found, {"name": ref.rpartition("/")[2], "pointer": ref})
        # Inside a cycle the target was read only in part: do not keep that.
        if len(above) == 1 or self.cuts == cuts:
            self.shapes[id(node)] = (node, found)
        return found

    def annotated(self, target: Shape, schema: Mapping[str, Any]) -> Shape:
        """A reference with annotations (allowed by 3.1, ignored by 3.0, meant by all authors)."""
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
        return changed(target, changes) if changes else target

    # ---------------------------------------------------------------------------------------------------- leaves

    def is_plain_map(self, one: Shape) -> bool:
        """Whether an open object declares its values to be plain ones."""
        return isinstance(one.additional, dict) and self.shape(one.additional).type in PLAIN

    def leaves(self, schema: Json, depth: int, limit: int) -> list[Leaf]:
        key = (identity(schema), depth, limit)
        if known := self.found.get(key):
            return known[1]
        found: dict[str, Leaf] = {}
        self.steps = _STEPS * limit
        with suppress(_Enough):
            self.walk(found, limit, schema, "", "", depth, (), True, False, False, False, False)
        result = list(found.values())
        if isinstance(schema, (dict, list)):
            self.found[key] = (schema, result)
        return result

    def walk(
        self, found: dict[str, Leaf], limit: int, schema: Json, path: str, name: str, depth: int,
        above: tuple[str | int, ...], required: bool, read_only: bool, write_only: bool, bare: bool, late: bool,
    ) -> None:  # fmt: skip
        """Put the leaves into ``found``. ``bare``: an alternative next to properties, which may only say which of them
        are required: by itself it is not a value."""
        self.steps -= 1
        if self.steps < 0:
            return
        known = self.shapes.get(id(schema))
        one = self.shape(schema) if known is None else known[1]
        read_only = read_only or one.read_only
        write_only = write_only or one.write_only
        # A shape that was reached by reference is known by its pointer, so that annotated copies count as the same.
        mark: str | int = one.pointer or id(one)
        within = depth > 0 and mark not in above
        if one.type == "array" and within and len(above) < _NESTED and one.items is not None:
            self.walk(
                found, limit, one.items, f"{path}[*]", name, depth, (*above, mark),
                required, read_only, write_only, False, late,
            )  # fmt: skip
            return
        if not bare and path not in found and _is_value(one, path, within):
            found[path] = Leaf(
                path,
                one.type,
                one.format,
                name,
                one.description or one.title,
                one.enum,
                one.pointer,
                required,
                read_only,
                write_only,
                late or one.default is False,
                self.is_plain_map(one),
            )
            if len(found) >= limit:
                raise _Enough
        if one.type == "array" or not within:
            return
        above = (*above, mark)
        late = late or (one.nullable and bool(path))
        for key, node in one.properties.items():
            self.walk(
                found, limit, node, join(path, key), key, depth - 1, above,
                required and key in one.required, read_only, write_only, False, late,
            )  # fmt: skip
        for variant in one.variants:
            self.walk(
                found, limit, variant, path, name, depth - 1, above,
                False, read_only, write_only, bare or bool(one.properties), late,
            )  # fmt: skip
