"""HTTP answers that are not the result of a tool: refusals, challenges, documents."""

from __future__ import annotations

from collections.abc import Mapping

from adaptgen.mcp import json_text
from adaptgen.mcp import jsonrpc as message
from adaptgen.mcp.protocol import Challenge
from adaptgen.model.tables import Json
from adaptgen.transports.streamable_http.http import JSON_TYPE, HttpAnswer

STATUS = {
    message.PARSE_ERROR: 400,
    message.INVALID_REQUEST: 400,
    message.INVALID_PARAMS: 400,
    message.HEADER_MISMATCH: 400,
    message.MISSING_CAPABILITY: 400,
    message.UNSUPPORTED_VERSION: 400,
    message.METHOD_NOT_FOUND: 404,
}
"""HTTP status of an error response on 2026-07-28; other errors, and all of the handshake revisions, come with 200."""


def body(data: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """JSON that is encoded already."""
    return HttpAnswer(status, {"content-type": JSON_TYPE, **(headers or {})}, data)


def document(value: Mapping[str, Json], headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """A JSON document."""
    return body(json_text.encode(value), 200, headers)


def refused(
    status: int,
    text: str,
    *,
    code: int = message.REFUSED,
    given: message.MessageId | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpAnswer:
    """A JSON-RPC error response with an HTTP status of its own."""
    return body(message.failed(given, code, text), status, headers)


def challenged(challenge: Challenge, given: message.MessageId | None = None) -> HttpAnswer:
    """401 or 403 (RFC 6750, 3; RFC 9728, 5.1)."""
    line = "".join(one for one in challenge.header if " " <= one <= "~")
    headers = {"www-authenticate": line} if line else {}
    return refused(challenge.status, challenge.text, given=given, headers=headers)


def empty(status: int, headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """No body."""
    return HttpAnswer(status, dict(headers or {}))
