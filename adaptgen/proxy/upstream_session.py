"""One session of the handshake revisions with a server."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from adaptgen.proxy.http_client import UpstreamError


class Session:
    """A session of the handshake revisions with one server. ``id`` is None where the server keeps no state."""

    def __init__(self, id: str | None, version: str) -> None:
        self.id = id
        self.version = version
        self.fresh = True
        self.level = ""
        self.tasks: set[asyncio.Task[None]] = set()

    def headers(self) -> dict[str, str]:
        """What every request in it carries; before 2025-06-18 the revision was not among it."""
        headers = {"mcp-session-id": self.id} if self.id else {}
        if self.version >= "2025-06-18":
            headers["mcp-protocol-version"] = self.version
        return headers

    def soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the background, kept alive until it is done."""
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def session_id(value: str | None) -> str | None:
    """The id that a server gives (visible ASCII); one that is no such thing is none.

    Raises:
        Failure: it could do harm in a header.
    """
    if not value:
        return None
    if len(value) > 1024 or not all("\x21" <= one <= "\x7e" for one in value):
        raise UpstreamError("its session id is not visible ASCII", sent=False, status=400)
    return value
