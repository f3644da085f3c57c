"""Answers that are tables, CSV, TSV or JSON lines: they are lists whose columns are fields.

A document says little about them. What it says is read: a schema of the record or of the list of records, the
``itemSchema`` of OpenAPI 3.2, or the header of an example.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from adaptgen.model.tables import Json
from adaptgen.plan.document.envelope import Envelope
from adaptgen.plan.document.reader import Operation, mapping
from adaptgen.plan.document.schemas import memory, shape
from adaptgen.syntax.tables import columns, kind_of_media

if TYPE_CHECKING:
    from adaptgen.source import Document

_COLUMNS = 200


def find_table(document: Document, operation: Operation) -> Envelope | None:
    """The records of a success answer that is a table; None where it is something else."""
    rows = rows_of(document, operation)
    if rows is None:
        return None
    answer = operation.success()
    media = answer.media if answer is not None else ""
    return Envelope("$", rows["items"], (), f"the answer is a table ({media})")


def rows_of(document: Document, operation: Operation) -> Mapping[str, Any] | None:
    """The schema of the records as an array, the same value for the same operation; None for what is no table."""
    answer = operation.success()
    if answer is None or answer.media is None or kind_of_media(answer.media) is None:
        return None
    known = memory(document)
    key = ("table", operation.pointer)
    if key not in known:
        known[key] = {"type": "array", "items": _record(document, operation)}
    found: Mapping[str, Any] = known[key]
    return found


def _record(document: Document, operation: Operation) -> Json:
    answer = operation.success()
    assert answer is not None
    assert answer.media is not None
    raw = _content(document, operation, answer.status, answer.media)
    for schema in (raw.get("itemSchema"), answer.schema):
        one = shape(document, schema)
        if one.type == "array" and one.items is not None and shape(document, one.items).properties:
            return one.items
        if one.properties:
            return schema
    kind = kind_of_media(answer.media)
    if kind in ("separated", "tabbed"):
        for example in _examples(document, raw, answer.schema):
            names = columns(example, kind, answer.media)
            if 0 < len(names) <= _COLUMNS:
                return {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    return {}


def _content(document: Document, operation: Operation, status: str, media: str) -> Mapping[str, Any]:
    """The Media Type Object of the answer."""
    for key, node in mapping(operation.raw.get("responses")).items():
        if str(key).lower() == status.lower():
            return mapping(mapping(_deref(document, node).get("content")).get(media))
    return {}


def _examples(document: Document, raw: Mapping[str, Any], schema: Json) -> Iterator[str]:
    given = [raw.get("example"), *(_deref(document, one).get("value") for one in mapping(raw.get("examples")).values())]
    own = mapping(shape(document, schema).raw)
    given += [own.get("example"), *(own["examples"] if isinstance(own.get("examples"), list) else ())]
    return (one for one in given if isinstance(one, str) and one.strip())


def _deref(document: Document, node: Json) -> Mapping[str, Any]:
    try:
        return mapping(document.deref(node))
    except LookupError:
        return {}
