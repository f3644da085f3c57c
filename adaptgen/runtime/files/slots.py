"""Upload slots and links of an HTTP server, on its own disk: each belongs to one caller and ends by itself.

They are of one process. Several processes, and functions, need a store (``s3``).
"""

from __future__ import annotations

import asyncio
import secrets
import string
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from adaptgen.model.tables import Caller
from adaptgen.runtime.core.answer import FileLink, ToolError
from adaptgen.runtime.files import media_types
from adaptgen.runtime.files.content import Spool, StoredFile
from adaptgen.runtime.files.rules import UNKNOWN_SLOT, UPLOAD, FileRules, SlotOffer

PER_CALLER: Final = 8
"""Slots that one caller may have at once, and as many links,"""
ALL: Final = 64
"""and both of all callers together."""


class SlotRefused(Exception):
    """An upload that is not taken. ``status``: of HTTP; ``text``: for the client."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(slots=True, eq=False)
class Slot:
    """``size``: bytes that must come; ``file``: what came. ``filling``: an upload is under way. ``link``: it holds a
    file for the client."""

    id: str
    owner: str
    name: str
    size: int
    media_type: str
    ends: float
    link: bool = False
    filling: bool = False
    file: StoredFile | None = None


class DiskSlots:
    """Slots and links of one process. ``clock`` counts seconds."""

    def __init__(self, rules: FileRules, clock: Callable[[], float] = time.monotonic) -> None:
        self._rules = rules
        self._clock = clock
        self._slots: dict[str, Slot] = {}
        self.address = ""
        """The URL below which ``/files/<id>`` is served."""

    async def create(self, caller: Caller, name: str, size: int, media_type: str) -> SlotOffer:
        """A slot for one file of that size and type.

        Raises:
            ToolError: the caller, or the server, has too many files.
        """
        self._expire()
        if sum(one.owner == caller.key and not one.link for one in self._slots.values()) >= PER_CALLER:
            raise ToolError(f"You have {PER_CALLER} upload slots; wait until one of them expires.")
        slot = self._add(caller, name, size, media_type)
        headers = {"Content-Type": media_type}
        return SlotOffer(self._url(slot.id), UPLOAD + slot.id, headers, self._rules.expires, credentials=True)

    async def take(self, caller: Caller, reference: str) -> StoredFile:
        """The file in a slot of the caller. The reader closes it.

        Raises:
            ToolError: nothing was sent to it, or it is not the caller's.
        """
        slot = self._find(caller, reference.removeprefix(UPLOAD))
        if slot is None or slot.link:
            raise ToolError(UNKNOWN_SLOT)
        if slot.file is None:
            raise ToolError("Nothing was sent to this upload slot yet: PUT the file to its URL first.")
        return slot.file.share()

    async def hand_out(self, caller: Caller, file: StoredFile) -> FileLink:
        """A link to ``file``; of many the caller's oldest ends early.

        Raises:
            ToolError: the server has too many files.
        """
        self._expire()
        own = [one for one in self._slots.values() if one.owner == caller.key and one.link]
        if len(own) >= PER_CALLER:
            self._drop(own[0].id)
        slot = self._add(caller, file.name, file.size, file.media_type)
        slot.link, slot.file = True, file.share()
        return FileLink(self._url(slot.id), file.media_type, file.size, file.name)

    async def aclose(self) -> None:
        """Forget every file."""
        for id in list(self._slots):
            self._drop(id)

    # ----------------------------------------------------------------------------------------------------- over HTTP

    async def receive(
        self, caller: Caller, id: str, size: int | None, media_type: str, chunks: AsyncIterator[bytes]
    ) -> Slot:
        """Take the body of a PUT. What fails in between leaves the slot empty, for another try.

        Raises:
            SlotRefused: the slot is not the caller's, or has a file; or the file is not the declared one.
        """
        slot = self._find(caller, id)
        if slot is None or slot.link:
            raise SlotRefused(404, "this upload slot is not known")
        if slot.file is not None or slot.filling:
            raise SlotRefused(409, "this upload slot has a file already")
        if size is None:
            raise SlotRefused(411, "the length of the file must be known")
        if size != slot.size:
            raise SlotRefused(400, f"the slot is for {slot.size} bytes, and {size} were announced")
        if media_type and media_types.plain(media_type) != media_types.plain(slot.media_type):
            raise SlotRefused(415, f"the slot is for the type {slot.media_type}")
        slot.filling = True
        spool = Spool(slot.size)
        try:
            async for chunk in chunks:
                await asyncio.to_thread(spool.write, chunk)
            if spool.size != slot.size:
                raise SlotRefused(400, f"the slot is for {slot.size} bytes, and {spool.size} came")
            file = spool.finish(slot.name, slot.media_type)
            if not media_types.agree(slot.media_type, file.head):
                raise SlotRefused(415, f"the file does not begin like one of the type {slot.media_type}")
        except ToolError as problem:
            spool.close()
            raise SlotRefused(413, problem.text) from None
        except BaseException:
            spool.close()
            raise
        finally:
            slot.filling = False
        if self._slots.get(id) is not slot:  # it expired meanwhile
            file.close()
            raise SlotRefused(404, "this upload slot is not known")
        slot.file = file
        return slot

    def linked(self, caller: Caller, id: str) -> Slot | None:
        """The slot behind a link of the caller; None for anything else. Its ``file`` is the slot's own."""
        slot = self._find(caller, id)
        return slot if slot is not None and slot.link else None

    def forget(self, slot: Slot) -> None:
        """End a slot."""
        self._drop(slot.id)

    # --------------------------------------------------------------------------------------------------------- inside

    def _url(self, id: str) -> str:
        return f"{self.address}/files/{id}"

    def _add(self, caller: Caller, name: str, size: int, media_type: str) -> Slot:
        if len(self._slots) >= ALL:
            raise ToolError("The server holds as many files as it may; try again in some minutes.")
        # Letters alone: other forms of random text now and then look like a telephone number.
        id = "".join(secrets.choice(string.ascii_letters) for _ in range(32))
        slot = Slot(id, caller.key, name, size, media_type, self._clock() + self._rules.expires)
        self._slots[id] = slot
        # The disk is given back also where nobody calls any more.
        asyncio.get_running_loop().call_later(self._rules.expires + 1, self._expire)
        return slot

    def _find(self, caller: Caller, id: str) -> Slot | None:
        self._expire()
        slot = self._slots.get(id)
        return slot if slot is not None and secrets.compare_digest(slot.owner.encode(), caller.key.encode()) else None

    def _expire(self) -> None:
        now = self._clock()
        for id in [id for id, slot in self._slots.items() if slot.ends <= now]:
            self._drop(id)

    def _drop(self, id: str) -> None:
        slot = self._slots.pop(id, None)
        if slot is not None and slot.file is not None:
            slot.file.close()
