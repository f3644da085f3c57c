"""JSON-RPC 2.0 messages: read from the bytes of a body, written to bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TypeAlias

import orjson

from adaptgen.mcp.json_text import MAX_DEPTH, DuplicateKeyError, encode, has_long_number, is_too_deep, loads_unique
from adaptgen.model.frozen import value
from adaptgen.model.tables import Json

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
CANCELLED = -32800
HEADER_MISMATCH = -32020
MISSING_CAPABILITY = -32021
UNSUPPORTED_VERSION = -32022
REFUSED = -32000
"""Ours, in the range that JSON-RPC leaves to implementations: refused before it was read as MCP."""
TIMEOUT = -32001

MessageId: TypeAlias = int | str

_UNREADABLE = "the body is not JSON"


class Malformed(Exception):
    """The bytes are not a message. ``text`` says what is wrong and contains nothing of the body."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@value()
class Request:
    """A request; it is owed exactly one response."""

    id: MessageId
    method: str
    params: Mapping[str, Json] = field(default_factory=dict)


@value()
class Notice:
    """A notification."""

    method: str
    params: Mapping[str, Json] = field(default_factory=dict)


@value()
class Response:
    """The client's answer to a question of ours: a result, or an error as code and message."""

    id: MessageId
    result: Mapping[str, Json] | None
    error: tuple[int, str] | None = None


Message: TypeAlias = Request | Notice | Response


def read(body: bytes) -> Json:
    """The JSON value of ``body``; Malformed unless it is JSON in UTF-8, nested no deeper than :data:`MAX_DEPTH`, in
    which no object has a key twice: a reader of the request on its way may see the other value."""
    try:
        value: Json = orjson.loads(body)
        if is_too_deep(body, value):
            raise Malformed(INVALID_REQUEST, f"the body nests deeper than {MAX_DEPTH} levels")
        if orjson.dumps(value) == body:  # written again it is the same: no key was lost, and no digit
            return value
        checked: Json = loads_unique(body.decode())
        if has_long_number(body):
            value = checked
    except DuplicateKeyError:
        raise Malformed(INVALID_REQUEST, "a key occurs twice in one object of the body") from None
    except ValueError:
        raise Malformed(PARSE_ERROR, _UNREADABLE) from None
    return value


def message(value: Json) -> Message:
    """One message; Malformed for anything else (JSON-RPC 2.0, 4 and 5)."""
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        raise Malformed(INVALID_REQUEST, "the body must be a JSON-RPC 2.0 message")
    if "method" not in value:
        return _response(value)
    method, params = value["method"], value.get("params")
    if not isinstance(method, str):
        raise Malformed(INVALID_REQUEST, "method must be a string")
    if params is None:
        params = {}
    elif not isinstance(params, dict):
        raise Malformed(INVALID_REQUEST, "params must be an object")
    if "id" not in value:
        return Notice(method, params)
    return Request(_id(value["id"]), method, params)


def _response(value: Mapping[str, Json]) -> Response:
    given = _id(value.get("id"))
    error, result = value.get("error"), value.get("result")
    if isinstance(error, dict):
        code, text = error.get("code"), error.get("message")
        return Response(
            given, None, (code if isinstance(code, int) else INTERNAL_ERROR, text if isinstance(text, str) else "")
        )
    if not isinstance(result, dict):
        raise Malformed(INVALID_REQUEST, "a message has a method, a result or an error")
    return Response(given, result)


def _id(value: Json) -> MessageId:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Malformed(INVALID_REQUEST, "id must be a string or an integer")
    return value


def answered(given: MessageId, result: bytes) -> bytes:
    """The response of a request; ``result`` is JSON already."""
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (encode(given), result)


def failed(given: MessageId | None, code: int, text: str, data: Json = None) -> bytes:
    """The error response of a request (``None``: of a body in which no request was found)."""
    error: dict[str, Json] = {"code": code, "message": text}
    if data is not None:
        error["data"] = data
    return encode({"jsonrpc": "2.0", "id": given, "error": error})


def event(body: bytes) -> bytes:
    """A message as a server-sent event. JSON has no line breaks of its own."""
    return b"event: message\ndata: %b\n\n" % body
