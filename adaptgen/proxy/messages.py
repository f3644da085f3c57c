"""JSON-RPC messages as the proxy sends and receives them, and what the revisions of MCP call things."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from adaptgen.mcp.protocol import META, RpcError
from adaptgen.model.tables import Json

MODERN = "2026-07-28"
HANDSHAKE = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
CLIENT_KEY = "io.modelcontextprotocol/clientInfo"
LEVEL_KEY = "io.modelcontextprotocol/logLevel"
SUBSCRIPTION_KEY = "io.modelcontextprotocol/subscriptionId"
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""Methods whose subject stands in the Mcp-Name header too."""
CHANGES = {
    "notifications/tools/list_changed": "tools",
    "notifications/prompts/list_changed": "prompts",
    "notifications/resources/list_changed": "resources",
}
"""What a server says when one of its lists has changed."""

_BAGGAGE = frozenset({"baggage", "tracestate"})

MAX_DEPTH = 100
"""Arrays and objects in each other. Whatever searches an answer recurses."""

_LONG = re.compile(rb"[0-9]{19}")
_PLAIN = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


def dumps(message: Mapping[str, Any]) -> bytes:
    """``message`` as bytes; integers of more than 64 bits too."""
    try:
        return orjson.dumps(message)
    except TypeError:
        return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def loads(data: bytes) -> Json:
    """The JSON value of ``data``.

    Raises:
        ValueError: it is none, or nested too deeply.
    """
    value: Json = orjson.loads(data)
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH:
        _shallow(value)
    # orjson rounds integers of more than 64 bits to floats.
    if _LONG.search(data) is not None:
        try:
            value = json.loads(data)
        except RecursionError:
            raise ValueError("nested too deeply") from None
    return value


def _shallow(value: Json) -> None:
    level: list[Any] = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        level = [
            one
            for part in level
            for one in (part.values() if isinstance(part, dict) else part)
            if isinstance(one, (dict, list))
        ]
        if not level:
            return
    raise ValueError("nested too deeply")


def problem(error: Json) -> RpcError:
    """The exception for the ``error`` of a response: of another server, so its text is bounded."""
    if not isinstance(error, dict):
        return RpcError(-32603, "Internal error")
    code, text = error.get("code"), error.get("message")
    return RpcError(
        code if isinstance(code, int) else -32603, text[:2000] if isinstance(text, str) else "", error.get("data")
    )


def without_ours(value: Mapping[str, Json]) -> dict[str, Json]:
    """``value`` without our own keys in its ``_meta``."""
    meta = value.get("_meta")
    result = dict(value)
    if isinstance(meta, dict) and any(key.startswith(META) for key in meta):
        kept = {key: one for key, one in meta.items() if not key.startswith(META)}
        if kept:
            result["_meta"] = kept
        else:
            del result["_meta"]
    return result


def forwarded(meta: Mapping[str, Json]) -> dict[str, Json]:
    """The ``_meta`` of a client's request as it may travel on: without our own keys, and without baggage, which may
    hold anything (W3C Trace Context; the trace itself goes on).
    """
    return {key: value for key, value in meta.items() if key not in _BAGGAGE and not key.startswith(META)}


def written(value: str) -> str:
    """A header value (2026-07-28, Transports, Value Encoding): as it is, or ``=?base64?…?=`` where it must be."""
    if _PLAIN.fullmatch(value) and not (value.startswith("=?base64?") and value.endswith("?=")):
        return value
    return f"=?base64?{base64.b64encode(value.encode('utf-8', 'replace')).decode()}?="


Mirrored = tuple[tuple[tuple[str, ...], str], ...]
"""Paths of arguments that are repeated in headers, with the names of these."""


def mirrored(schema: Json) -> Mirrored:
    """The arguments that a schema wants to see in ``Mcp-Param-…`` headers (SEP-2243)."""
    rows = list(_annotated(schema, (), 0))
    names = [name.lower() for _, name in rows]
    return tuple(rows) if len(set(names)) == len(names) else ()


def _annotated(schema: Json, path: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], str]]:
    if not isinstance(schema, dict) or depth > 16:
        return
    name = schema.get("x-mcp-header")
    if path and isinstance(name, str) and _TOKEN.fullmatch(name):
        yield path, f"Mcp-Param-{name}"
    properties = schema.get("properties")
    if isinstance(properties, dict):
        for key, part in properties.items():
            yield from _annotated(part, (*path, key), depth + 1)


def parameters(rows: Mirrored, arguments: Mapping[str, Json]) -> dict[str, str]:
    """The ``Mcp-Param-…`` headers of a call with these arguments."""
    headers: dict[str, str] = {}
    for path, name in rows:
        value: Any = arguments
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, bool):
            headers[name] = "true" if value else "false"
        elif isinstance(value, (str, int, float)):
            headers[name] = written(str(value))
    return headers
