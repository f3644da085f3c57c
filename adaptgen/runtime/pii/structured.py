"""Personal data in the strings of a body that are structured themselves: JSON, XML, tables and ``key: value`` in text,
and any of these in base64."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote_plus

from adaptgen.pii.field_kinds import kind_within
from adaptgen.pii.structured_text import base64_texts, table_header
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
    for inner in base64_texts(text):
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


_ELEMENT = re.compile(r"<([\w:.-]{1,80})(?:\s[^<>]{0,500})?>\s*(?:<!\[CDATA\[)?([^<>\]]{1,300})")
_ATTRIBUTE = re.compile(r"([\w:.-]{1,80})\s?=\s?(?:\"([^\"<>]{1,300})\"|'([^'<>]{1,300})')")
_LINE = re.compile(r"(?m)^[ \t>*-]{0,20}[\"']?([\w][\w .-]{0,60}?)[\"']?[ \t]?[:=][ \t]?([^\r\n]{1,300})$")
_PAIR = re.compile(r"(?:^|[&?\s])([\w.\[\]%-]{1,80})=([^&\s]{1,300})")
_MOST = 5000


def find_named(text: str) -> Iterator[tuple[str, str]]:
    """Kind and value of what is in ``text`` under a name that says what it is, in the form that it has there."""
    for pattern in (_ELEMENT, _ATTRIBUTE, _LINE, _PAIR):
        for count, found in enumerate(pattern.finditer(text)):
            if count > _MOST:
                break
            name, value = found[1].rpartition(":")[2], next(one for one in found.groups()[1:] if one is not None)
            kind = kind_within(name, "", type="string")
            value = value.strip().strip("\"',")
            if kind is None or not value:
                continue
            for form in {value, html.unescape(value), unquote_plus(value)}:
                yield kind, form
