"""``/files/<id>`` next to the endpoint of MCP: a client sends a file into an upload slot, or fetches one by its link.

Callers are those of the endpoint itself, authenticated alike; a slot of somebody else is one that does not exist.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest, TooLarge, TooSlow
from adaptgen.mcp.protocol import Context, McpHandler
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.files.rules import UPLOAD
from adaptgen.transports.streamable_http.http import refused
from adaptgen.transports.streamable_http.request_context import harmless

if TYPE_CHECKING:
    from adaptgen.runtime.files.content import StoredFile
    from adaptgen.runtime.files.desk import FileDesk
    from adaptgen.runtime.files.slots import DiskSlots, Slot

PATH: Final = "/files/"
_CORS: Final = {
    "access-control-allow-methods": "GET, HEAD, PUT, OPTIONS",
    "access-control-allow-headers": "*, authorization",
    "access-control-max-age": "600",
}

Admit = Callable[[Caller, str, Mapping[str, Json]], Awaitable[None]]
"""Lets a file pass and puts it on record: who, the id of the request, its receipt. What it raises ends the request."""


class FileRoutes:
    """The slots and links of ``desk`` over HTTP. ``admit``: see above."""

    def __init__(self, handler: McpHandler, slots: DiskSlots, admit: Admit | None = None) -> None:
        self._handler = handler
        self._slots = slots
        self._admit = admit

    async def answer(self, request: HttpRequest) -> HttpAnswer:
        """Answer a request below :data:`PATH`.

        Raises:
            Challenge: the caller is not authenticated.
        """
        if request.method == "OPTIONS":
            return HttpAnswer(204, dict(_CORS))
        if request.method not in ("GET", "HEAD", "PUT"):
            return HttpAnswer(405, {"allow": "GET, HEAD, PUT, OPTIONS"})
        context = Context(request_id=uuid.uuid4().hex, headers=harmless(request.headers), principal=request.principal)
        caller = await self._handler.authenticate(request.headers, context)
        id = request.path.removeprefix(PATH)
        if request.method == "PUT":
            return await self._put(request, caller, id, context.request_id)
        slot = self._slots.linked(caller, id)
        if slot is None or slot.file is None:
            return refused(404, "there is no such file")
        if self._admit is not None and request.method == "GET":
            from adaptgen.runtime.files.desk import receipt

            await self._admit(caller, context.request_id, receipt("fetched", slot.file, "link", id))
        body = b"" if request.method == "HEAD" else _sent(slot.file)
        return HttpAnswer(200, _headers(slot, slot.file), body)

    async def _put(self, request: HttpRequest, caller: Caller, id: str, request_id: str) -> HttpAnswer:
        from adaptgen.runtime.files.desk import receipt
        from adaptgen.runtime.files.slots import SlotRefused

        headers = request.headers
        length = headers.get("content-length", "")
        size = int(length) if length.isdecimal() and len(length) < 16 else None
        try:
            if request.chunks is None:
                raise SlotRefused(501, "files cannot be sent here")
            if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
                raise SlotRefused(415, "the file must be sent as it is, without a content coding")
            chunks = request.chunks(size or 0)
            slot = await self._slots.receive(caller, id, size, headers.get("content-type", ""), chunks)
        except SlotRefused as problem:
            return refused(problem.status, problem.text, headers={"connection": "close"})
        except TooLarge:
            return refused(413, "more bytes came than were announced", headers={"connection": "close"})
        except TooSlow:
            return refused(408, "the file did not come", headers={"connection": "close"})
        if self._admit is not None and slot.file is not None:
            try:
                await self._admit(caller, request_id, receipt("received", slot.file, "slot", UPLOAD + id))
            except Exception:
                self._slots.forget(slot)  # what is not on record is not here
                raise
        return HttpAnswer(201, {"content-type": "text/plain", "cache-control": "no-store"}, b"stored\n")


def _headers(slot: Slot, file: StoredFile) -> dict[str, str]:
    return {
        "content-type": file.media_type or "application/octet-stream",
        "content-length": str(file.size),
        "content-disposition": f"attachment; filename*=UTF-8''{quote(slot.name, safe='')}",
        "cache-control": "private, no-store",
        # The bytes are an API's: no browser may run them as a page of this server.
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
    }


async def _sent(file: StoredFile) -> AsyncIterator[bytes]:
    file.share()  # here: what is never begun is never closed either
    try:
        async for chunk in file.stream():
            yield chunk
    finally:
        file.close()


def routes(handler: McpHandler, desk: FileDesk | None, address: str, admit: Admit | None = None) -> FileRoutes | None:
    """The routes of a server at ``address``, the URL of its endpoint; None where nothing is kept on its disk."""
    if desk is None:
        return None
    from adaptgen.runtime.files.slots import DiskSlots  # most servers have none

    if not isinstance(desk.slots, DiskSlots):
        return None
    desk.slots.address = address.rstrip("/").removesuffix("/mcp")
    return FileRoutes(handler, desk.slots, admit)
