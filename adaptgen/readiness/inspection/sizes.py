"""Bytes, estimated from schemas: of answers as the API and as tools give them, and of a list with every endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from adaptgen.model.tables import Json, Tool, Unpaged
from adaptgen.plan.document.reader import Operation, is_json
from adaptgen.plan.document.schemas import Shape, shape
from adaptgen.syntax import field_paths as fields

if TYPE_CHECKING:
    from adaptgen.source import Document

RECORDS = 25
"""Records of a list, where nothing says how many there are."""
_NESTED = 2
_DEPTH = 4
"""Records further down are mostly left out by APIs, or they are references."""
_WRITTEN = 60
_MOST = 5_000_000
_FORMATS = {"date-time": 22, "date": 12, "time": 10, "uuid": 38, "uri": 48, "url": 48, "email": 24, "ipv4": 14}
_TYPES = {"integer": 5, "number": 7, "boolean": 5, "null": 4, "string": 18}


class Sizes:
    """Sizes of one document's schemas. Numbers are bytes of compact JSON; they are estimates, good for ratios."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._values: dict[tuple[int, int], tuple[Any, int]] = {}
        self._targets: dict[str, tuple[int, frozenset[str]]] = {}
        self._closures: dict[frozenset[str], int] = {}

    def answer(self, operation: Operation) -> int:
        """What the API answers: lists with 25 records at the top, two further down. 0 where no JSON is described."""
        response = operation.success()
        if response is None or response.schema is None or not is_json(response.media or ""):
            return 0
        return min(self._top(response.schema), _MOST)

    def shown(self, operation: Operation, tool: Tool, raw: int, budget: int) -> int:
        """What the tool answers by default."""
        if tool.view is None or not raw:
            return min(raw, budget)
        response = operation.success()
        assert response is not None
        root = shape(self._document, response.schema)
        record = self._record(root, tool)
        row = sum(self._path(record, fields.parse(path)) + 1 for path in tool.view)
        if tool.page is None:
            return min(row + sum(map(len, tool.view)) + 4 * len(tool.view) + 2, budget)
        rows = max(1, min(RECORDS, (budget - 200) // max(row, 1)))
        tail = 60 if isinstance(tool.page, Unpaged) and rows == RECORDS else 140
        return min(sum(map(len, tool.view)) + 3 * len(tool.view) + rows * (row + 2) + tail, budget)

    def endpoint(self, operation: Operation) -> int:
        """One tool for the endpoint as it is: the whole text, and every schema that it refers to once."""
        size = 160 + len(operation.summary) + len(operation.description) + len(operation.path)
        refs: set[str] = set()
        for one in operation.parameters:
            size += len(one.name) + len(one.description) + 20 + _written(one.schema, refs)
        if operation.body is not None:
            size += _written(operation.body.schema, refs)
        return min(size + self._referred(frozenset(refs)), _MOST)

    # ------------------------------------------------------------------------------------------------------- values

    def _top(self, schema: Json) -> int:
        root = shape(self._document, schema)
        if root.type == "array":
            return 2 + RECORDS * (self._value(root.items, 0) + 1)
        size = 2
        for name, value in root.properties.items():
            inner = shape(self._document, value)
            one = RECORDS * (self._value(inner.items, 1) + 1) + 2 if inner.type == "array" else self._value(value, 1)
            size += len(name) + 4 + one
        return size

    def _value(self, schema: Json, depth: int) -> int:
        return self._sized(shape(self._document, schema), depth)

    def _sized(self, found: Shape, depth: int) -> int:
        key = (id(found), depth)
        known = self._values.get(key)
        if known is None:
            self._values[key] = (found, 2)  # a cycle ends here
            known = self._values[key] = (found, min(self._measured(found, depth), _MOST))
        return known[1]

    def _measured(self, found: Shape, depth: int) -> int:
        if found.enum:
            return len(json.dumps(found.enum[0], default=str))
        if found.properties:
            if depth >= _DEPTH:
                return 2
            return 2 + sum(len(name) + 4 + self._value(one, depth + 1) for name, one in found.properties.items())
        if found.type == "array":
            return 2 if depth >= _DEPTH else 2 + _NESTED * (self._value(found.items, depth + 1) + 1)
        if found.variants:
            return self._value(found.variants[0], depth + 1) if depth < _DEPTH else 2
        return _FORMATS.get(found.format or "", _TYPES.get(found.type or "", 12))

    def _record(self, root: Shape, tool: Tool) -> Shape:
        path = getattr(tool.page, "items", None) or tool.payload
        for key in path.removeprefix("$").replace("[*]", "").split("."):
            if key and key in root.properties:
                root = shape(self._document, root.properties[key])
        if tool.page is not None and root.type == "array":
            return shape(self._document, root.items)
        return root

    def _path(self, record: Shape, steps: Any) -> int:
        times = 1
        for step in steps:
            if not isinstance(step, str):
                times *= _NESTED
                record = shape(self._document, record.items)
            elif step in record.properties:
                record = shape(self._document, record.properties[step])
            else:
                return 12
        return times * self._sized(record, 2)

    # ---------------------------------------------------------------------------------------------------- in full

    def _referred(self, refs: frozenset[str]) -> int:
        """The schemas behind these references and all that they refer to, each once."""
        known = self._closures.get(refs)
        if known is None:
            known, open_, seen = 0, list(refs), set(refs)
            while open_:
                ref = open_.pop()
                size, more = self._target(ref)
                known += size
                open_ += more - seen
                seen |= more
            self._closures[refs] = known
        return known

    def _target(self, ref: str) -> tuple[int, frozenset[str]]:
        """The bytes of the schema that a reference leads to, and the references in it."""
        known = self._targets.get(ref)
        if known is None:
            more: set[str] = set()
            try:
                size = len(ref) + _written(self._document.deref({"$ref": ref}), more)
            except LookupError:
                size = 0
            known = self._targets[ref] = (size, frozenset(more))
        return known


def _written(schema: Json, refs: set[str], depth: int = 0) -> int:
    """A schema as JSON; the references in it are added to ``refs``."""
    if depth > _WRITTEN:
        return 2
    if isinstance(schema, Mapping):
        ref = schema.get("$ref")
        if isinstance(ref, str):
            refs.add(ref)
            return len(ref) + 12
        return 2 + sum(len(str(key)) + 4 + _written(value, refs, depth + 1) for key, value in schema.items())
    if isinstance(schema, list):
        return 2 + sum(1 + _written(one, refs, depth + 1) for one in schema)
    return len(schema) + 2 if isinstance(schema, str) else 5
