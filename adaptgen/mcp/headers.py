"""Headers that repeat what the body of a request says: how their values are written, and which arguments a schema wants
to see in ``Mcp-Param-…`` headers (2026-07-28, Transports, Value Encoding and Custom Headers; SEP-2243).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from adaptgen.model import frozen
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json
from adaptgen.syntax.identifiers import vocabulary

ANNOTATION = "x-mcp-header"
PREFIX = "mcp-param-"

_ENCODED = lazy(r"=\?base64\?(.*)\?=")
_PLAIN = lazy(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_TOKEN = lazy(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_SUBSCHEMA = vocabulary(
    "additionalProperties contains contentSchema else if items not propertyNames then unevaluatedItems "
    "unevaluatedProperties"
)
_SUBSCHEMAS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SUBSCHEMAS_BY_NAME = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties"})


def encode_value(text: str) -> str:
    """A header value: as it is, or ``=?base64?…?=`` where it must be."""
    if _PLAIN.fullmatch(text) and not (text.startswith("=?base64?") and text.endswith("?=")):
        return text
    return f"=?base64?{base64.b64encode(text.encode('utf-8', 'replace')).decode()}?="


def decode_value(value: str | None) -> str | None:
    """The text of a header that may be ``=?base64?…?=``; None for a broken one."""
    found = _ENCODED.fullmatch(value) if value is not None else None
    if found is None:
        return value
    try:
        data = base64.b64decode(found[1], validate=True)
        # The one spelling of these bytes: bits after the last would make two headers of one value.
        return data.decode() if base64.b64encode(data).decode() == found[1] else None
    except (binascii.Error, ValueError):
        return None


def scalar_text(value: Json) -> str | None:
    """A scalar as a client writes it into a header; None for what has no such form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return str(value) if isinstance(value, str | int | float) else None
    except ValueError:  # an integer of thousands of digits
        return None


@frozen.value()
class HeaderParameter:
    """An argument that clients repeat in the header ``Mcp-Param-<token>``. ``kind``: string, integer or boolean."""

    path: tuple[str, ...]
    token: str
    kind: str

    def value_in(self, arguments: Mapping[str, Json]) -> Json:
        """The argument; None where it is not given."""
        node: Any = arguments
        for key in self.path:
            if not isinstance(node, dict):
                return None
            node = node.get(key)
        return node


def header_parameters(schema: Json) -> tuple[HeaderParameter, ...]:
    """The annotated arguments of a schema; none where one annotation is invalid: clients drop such a tool."""
    rows: list[HeaderParameter] = []
    names: set[str] = set()
    for path, part in _positions(schema):
        if ANNOTATION not in part:
            continue
        token, kind = part[ANNOTATION], part.get("type")
        fits = isinstance(token, str) and _TOKEN.fullmatch(token) and kind in ("string", "integer", "boolean")
        if not path or not fits or str(token).lower() in names:
            return ()
        names.add(str(token).lower())
        rows.append(HeaderParameter(path, str(token), str(kind)))
    return tuple(rows)


def parameter_headers(rows: tuple[HeaderParameter, ...], arguments: Mapping[str, Json]) -> dict[str, str]:
    """The ``Mcp-Param-…`` headers of a call with these arguments."""
    headers: dict[str, str] = {}
    for row in rows:
        text = scalar_text(row.value_in(arguments))
        if text is not None:
            headers[f"Mcp-Param-{row.token}"] = encode_value(text)
    return headers


def _positions(root: Json) -> Iterator[tuple[tuple[str, ...] | None, dict[str, Json]]]:
    """Every schema in a schema, with its path where only ``properties`` lead to it."""
    stack: list[tuple[tuple[str, ...] | None, Json]] = [((), root)]
    while stack:
        path, node = stack.pop()
        if not isinstance(node, dict):
            continue
        yield path, node
        for key, value in node.items():
            if key == "properties" and isinstance(value, dict):
                stack.extend((None if path is None else (*path, name), sub) for name, sub in value.items())
            elif key in _SUBSCHEMA:
                stack.append((None, value))
            elif key in _SUBSCHEMAS and isinstance(value, list):
                stack.extend((None, sub) for sub in value)
            elif key in _SUBSCHEMAS_BY_NAME and isinstance(value, dict):
                stack.extend((None, sub) for sub in value.values())
