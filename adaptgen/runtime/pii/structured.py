"""Personal data in the strings of a body that are structured themselves: JSON, XML, tables and ``key: value`` in text,
and any of these in base64."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote_plus

from adaptgen.pii.field_kinds import kind_within
from adaptgen.pii.structured_text import base64_texts, decode_quoted, rewrite_labels, rewrite_xml, table_header
from adaptgen.runtime.pii.classifier import Classifier
from adaptgen.runtime.pii.token_sizes import read_nested

_NESTED: Final = 6
"""Levels of text within text that are read."""


def structured_values(body: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Kind and value of what the strings in ``body`` have under names that classify it."""
    if isinstance(body, str):
        yield from _values(body, depth)
    elif isinstance(body, dict):
        for key, value in body.items():
            yield from _values(str(key), depth)
            yield from structured_values(value, depth)
    elif isinstance(body, list):
        for element in body:
            yield from structured_values(element, depth)


def _values(text: str, depth: int) -> Iterator[tuple[str, str]]:
    if len(text) < 6 or depth >= _NESTED:
        return
    yield from find_named(text)
    if text.lstrip()[:1] in ("{", "[", '"') and (value := read_nested(text)) is not None:
        found: dict[tuple[str, str], None] = {}
        Classifier({}).mark(value, found)
        yield from found
        yield from structured_values(value, depth + 1)
    yield from _columns(text)
    quoted = decode_quoted(text)
    for inner in (*base64_texts(text), *([quoted] if quoted is not None else ())):
        yield from _values(inner, depth + 1)


def _columns(text: str) -> Iterator[tuple[str, str]]:
    """What a table holds in columns whose names classify it."""
    table = table_header(text) if "\n" in text else None
    if table is None:
        return
    kinds = [(at, kind) for at, name in enumerate(table[1]) if (kind := kind_within(name, "", type="string"))]
    if not kinds:
        return
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=table[0]))
    except csv.Error:
        return
    for row in rows[1:]:
        yield from ((kind, row[at]) for at, kind in kinds if at < len(row) and row[at])


def find_named(text: str) -> Iterator[tuple[str, str]]:
    """Kind and value of what is in ``text`` under a name that says what it is, in the forms that it may have there."""
    found: dict[tuple[str, str], None] = {}

    def note(kind: str, value: str) -> str:
        found[kind, value] = None
        return value

    if "<" in text:
        rewrite_xml(text, _kind, note)
    rewrite_labels(text, _kind, note)
    for kind, value in found:
        yield from ((kind, form) for form in {value, html.escape(value), unquote_plus(value)})


def _kind(name: str, holder: str) -> str | None:
    return kind_within(name, holder, type="string")
