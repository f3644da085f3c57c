"""How the wire answers what it refuses, and how much may come in at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from adaptgen.mcp import jsonrpc as message
from adaptgen.mcp.http_messages import SSE_TYPE, HttpAnswer, json_answer
from adaptgen.mcp.protocol import Challenge

SSE_HEADERS = {"content-type": SSE_TYPE, "cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}

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


def refused(
    status: int,
    text: str,
    *,
    code: int = message.REFUSED,
    given: message.MessageId | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpAnswer:
    """A JSON-RPC error response with an HTTP status of its own."""
    return json_answer(message.failed(given, code, text), status, headers)


def challenged(challenge: Challenge, given: message.MessageId | None = None) -> HttpAnswer:
    """401 or 403 (RFC 6750, 3; RFC 9728, 5.1)."""
    line = "".join(one for one in challenge.header if " " <= one <= "~")
    headers = {"www-authenticate": line} if line else {}
    return refused(challenge.status, challenge.text, given=given, headers=headers)


BUDGET = 512 * 1024 * 1024
"""Bytes of all bodies that may come at once, as their heads declare them; a quarter of them for one caller."""


class BusyError(Exception):
    """Too much is being read already."""


class Uploads:
    """What the bodies under way may hold once they have come."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._sum = 0
        self._own: dict[tuple[str, str], int] = {}

    @contextlib.contextmanager
    def reserve(self, owner: tuple[str, str], size: int) -> Iterator[None]:
        """Room for a body of ``size`` bytes of ``owner``; BusyError without room."""
        own = self._own.get(owner, 0) + size
        if self._sum + size > self._budget or own > self._budget // 4:
            raise BusyError
        self._sum += size
        self._own[owner] = own
        try:
            yield
        finally:
            self._sum -= size
            left = self._own[owner] - size
            if left:
                self._own[owner] = left
            else:
                del self._own[owner]
