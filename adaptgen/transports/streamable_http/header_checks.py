"""Headers of revision 2026-07-28 that repeat what the body says, and must say the same (Transports, Standard Headers;
SEP-2243, custom headers from parameters): who routes by the header and who executes the body must see one request.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adaptgen.mcp.jsonrpc import HEADER_MISMATCH, INVALID_PARAMS, UNSUPPORTED_VERSION, Request
from adaptgen.mcp.protocol import RpcError
from adaptgen.mcp.revisions import CAPABILITIES_KEY, MODERN, NAMED, SUPPORTED, VERSION_KEY
from adaptgen.model.tables import Json

ANNOTATION = "x-mcp-header"
PREFIX = "mcp-param-"

_ENCODED = re.compile(r"=\?base64\?(.*)\?=")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_ONE = frozenset(
    {
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
_SEVERAL = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_BY_NAME = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties"})


def envelope(request: Request, headers: Mapping[str, str]) -> None:
    """Check a request of 2026-07-28 against its headers.

    Raises:
        RpcError: -32602 for a missing ``_meta``, -32020 for a header that disagrees, -32022 for a revision that is
            not served this way.
    """
    meta = request.meta
    missing = [key for key in (VERSION_KEY, CAPABILITIES_KEY) if key not in meta]
    if missing:
        raise RpcError(INVALID_PARAMS, f"params._meta lacks {' and '.join(missing)}")
    version = meta[VERSION_KEY]
    if headers.get("mcp-protocol-version") != version:
        raise RpcError(HEADER_MISMATCH, "the MCP-Protocol-Version header does not match params._meta")
    if headers.get("mcp-method") != request.method:
        raise RpcError(HEADER_MISMATCH, "the Mcp-Method header does not match the method")
    key = NAMED.get(request.method)
    if key is not None:
        named = request.params.get(key)
        if named is not None and decoded(headers.get("mcp-name")) != named:
            raise RpcError(HEADER_MISMATCH, f"the Mcp-Name header does not match params.{key}")
    served(version)


def served(version: Json) -> None:
    """
    Raises:
        RpcError: -32022, ``version`` is none of those that are spoken without handshake.
    """
    if version not in MODERN:
        requested = version[:40] if isinstance(version, str) else ""
        data: Json = {"supported": list(SUPPORTED), "requested": requested}
        raise RpcError(UNSUPPORTED_VERSION, "Unsupported protocol version", data)


def decoded(value: str | None) -> str | None:
    """The value of a header that may be ``=?base64?…?=``; None for a broken one."""
    found = _ENCODED.fullmatch(value) if value is not None else None
    if found is None:
        return value
    try:
        data = base64.b64decode(found[1], validate=True)
        # The one spelling of these bytes: bits after the last would make two headers of one value.
        return data.decode() if base64.b64encode(data).decode() == found[1] else None
    except (binascii.Error, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Mirrored:
    """A parameter that clients repeat in the header ``Mcp-Param-<token>``."""

    path: tuple[str, ...]
    token: str
    kind: str


class Parameters:
    """Compares Mcp-Param headers with arguments; what a schema asks for is worked out once per schema."""

    def __init__(self) -> None:
        # The schema is kept beside its rows: as long as it lives, nothing else has its identity.
        self._seen: OrderedDict[int, tuple[Mapping[str, Json], tuple[Mirrored, ...]]] = OrderedDict()

    def check(self, schema: Mapping[str, Json], arguments: Mapping[str, Json], request: Mapping[str, str]) -> None:
        """
        Raises:
            RpcError: -32020, a header and its argument disagree, or one of both is missing.
        """
        for one in self._rows(schema):
            _check(one, _at(arguments, one.path), request.get(PREFIX + one.token.lower()))

    def _rows(self, schema: Mapping[str, Json]) -> tuple[Mirrored, ...]:
        known = self._seen.get(id(schema))
        if known is None:
            known = self._seen[id(schema)] = (schema, mirrored(schema))
            if len(self._seen) > 4096:
                self._seen.popitem(last=False)
        return known[1]


def _check(one: Mirrored, value: Json, raw: str | None) -> None:
    name, where = f"Mcp-Param-{one.token}", ".".join(one.path)
    said = None if value is None else _written(value)
    if said is None:
        if raw is not None:
            raise RpcError(HEADER_MISMATCH, f"the {name} header has no argument {where!r} in the body")
        return
    if raw is None:
        raise RpcError(HEADER_MISMATCH, f"the {name} header is missing beside the argument {where!r}")
    given = decoded(raw)
    if given is None or not _same(one.kind, value, said, given):
        raise RpcError(HEADER_MISMATCH, f"the {name} header does not match the argument {where!r}")


def _same(kind: str, value: Json, said: str, given: str) -> bool:
    """Integers by value (``42`` is ``42.0``), everything else as text."""
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if kind == "integer" and whole and not isinstance(value, bool) and _DECIMAL.fullmatch(given):
        number, _, fraction = given.partition(".")
        return len(number) <= 400 and not fraction.strip("0") and int(number) == int(value)
    return given == said


def _written(value: Json) -> str | None:
    """A scalar as a client writes it into a header; None for what has no such form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return str(value) if isinstance(value, str | int | float) else None
    except ValueError:  # an integer of thousands of digits
        return None


def _at(arguments: Mapping[str, Json], path: tuple[str, ...]) -> Json:
    node: Any = arguments
    for key in path:
        if not isinstance(node, dict):
            return None
        node = node.get(key)
    return node


def mirrored(schema: Mapping[str, Json]) -> tuple[Mirrored, ...]:
    """The annotated parameters of a schema; none where one annotation is invalid: clients drop such a tool."""
    rows: list[Mirrored] = []
    names: set[str] = set()
    for path, part in _positions(schema):
        if ANNOTATION not in part:
            continue
        token, kind = part[ANNOTATION], part.get("type")
        fits = isinstance(token, str) and _TOKEN.fullmatch(token) and kind in ("string", "integer", "boolean")
        if not path or not fits or str(token).lower() in names:
            return ()
        names.add(str(token).lower())
        rows.append(Mirrored(path, str(token), str(kind)))
    return tuple(rows)


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
            elif key in _ONE:
                stack.append((None, value))
            elif key in _SEVERAL and isinstance(value, list):
                stack.extend((None, sub) for sub in value)
            elif key in _BY_NAME and isinstance(value, dict):
                stack.extend((None, sub) for sub in value.values())
