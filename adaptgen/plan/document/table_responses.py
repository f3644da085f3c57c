"""Answers that are tables, CSV, TSV or JSON lines: they are lists whose columns are fields.

A document says little about them. What it says is read: a schema of the record or of the list of records, the
``itemSchema`` of OpenAPI 3.2, or the header of an example.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from adaptgen.model.tables import Json
from adaptgen.plan.document.envelope import Envelope
from adaptgen.plan.document.reader import Operation, Response, mapping
from adaptgen.plan.document.schemas import shape
from adaptgen.syntax.tables import Kind, columns, kind_of_media

if TYPE_CHECKING:
    from adaptgen.source import Document

_COLUMNS = 200


def table_envelope(answer: Response | None, rows: Mapping[str, Any]) -> Envelope:
    """The records of a table."""
    media = answer.media if answer is not None else ""
    return Envelope("$", rows["items"], (), f"the answer is a table ({media})")


def read_rows(document: Document, operation: Operation, answer: Response | None) -> Mapping[str, Any] | None:
    """The schema of the list of records that ``answer`` is; None where it is not a table."""
    if answer is None or answer.media is None or (kind := kind_of_media(answer.media)) is None:
        return None
    return {"type": "array", "items": _record(document, operation, answer, answer.media, kind)}


def _record(document: Document, operation: Operation, answer: Response, media: str, kind: Kind) -> Json:
    raw = _content(document, operation, answer.status, media)
    for schema in (raw.get("itemSchema"), answer.schema):
        one = shape(document, schema)
        if one.type == "array" and one.items is not None and shape(document, one.items).properties:
            return one.items
        if one.properties:
            return schema
    if kind in ("separated", "tabbed"):
        for example in _examples(document, raw, answer.schema):
            names = columns(example, kind, media)
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
