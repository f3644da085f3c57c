"""An HTTP answer as what a Lambda function returns."""

from __future__ import annotations

import base64
import json
from typing import Any

import orjson

from adaptgen.mcp import jsonrpc as message
from adaptgen.transports.aws_lambda.event import Event
from adaptgen.transports.streamable_http.http import (
    HttpAnswer,
    json_answer,
)

LIMIT = 6 * 1024 * 1024 - 16 * 1024
"""Bytes of a body, written as a JSON string; Lambda fails an invocation whose response exceeds 6 MB, heads included."""


def response(answer: HttpAnswer, event: Event | None = None) -> dict[str, Any]:
    """The value to return. A body that Lambda would refuse becomes an error that says so."""
    body = answer.body
    if not isinstance(body, bytes):
        raise TypeError("an answer of events cannot be returned in one piece")
    text, encoded = _text(body, event)
    if text is None:
        return response(_too_large(len(body), event))
    if event is not None and event.http.method == "HEAD":
        text, encoded = "", False
    return {"statusCode": answer.status, "headers": answer.headers, "body": text, "isBase64Encoded": encoded}


def _text(body: bytes, event: Event | None) -> tuple[str | None, bool]:
    """The body as text or as base64, whichever fits; None where neither does."""
    try:
        text = body.decode()
        # At most three bytes of JSON for each byte: most bodies need no second look.
        if len(body) * 3 <= LIMIT or len(json.dumps(text)) <= LIMIT:
            return text, False
    except UnicodeDecodeError:
        pass
    # REST APIs decode base64 only for media types that they are told of.
    if (event is None or event.version == "2.0") and len(body) * 4 // 3 + 4 <= LIMIT:
        return base64.b64encode(body).decode("ascii"), True
    return None, False


def _too_large(size: int, event: Event | None) -> HttpAnswer:
    text = (
        f"The answer has {size / 1024 / 1024:.1f} MB, and AWS Lambda returns 6 MB at most. What was asked for was "
        "carried out; to read it ask for less at a time: a smaller limit, or fewer fields."
    )
    return json_answer(message.failed(_rpc(event), message.REFUSED, text))


def _rpc(event: Event | None) -> message.MessageId | None:
    """The id of the request in the body."""
    try:
        asked = orjson.loads(event.body) if event is not None else None
    except ValueError:
        return None
    found = asked.get("id") if isinstance(asked, dict) else None
    return found if isinstance(found, int | str) else None
