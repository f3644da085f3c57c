"""Takes the files that agents send and hands out those that the API sends, by the rules of the operator."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from adaptgen.diagnostics import error
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.core.answer import FileLink, ToolError
from adaptgen.runtime.files import media_types
from adaptgen.runtime.files.content import CHUNK, Spool, StoredFile, clean_name, size_text
from adaptgen.runtime.files.roots import Roots, local_path
from adaptgen.runtime.files.rules import UPLOAD, FileRules, Slots


class FileDesk:
    """``roots``: for a client on this machine; ``slots``: for any other."""

    def __init__(self, rules: FileRules, roots: Roots | None = None, slots: Slots | None = None) -> None:
        self.rules = rules
        self.roots = roots
        self.slots = slots
        self.upload_tool = "create_upload"
        """The name under which clients ask for a slot."""

    @property
    def takes(self) -> str:
        """What `source` of a file argument may be, for its description; "" for nothing."""
        ways = []
        if self.roots is not None and self.roots.reads:
            ways.append("an absolute path")
        if self.slots is not None:
            ways.append(f"what {self.upload_tool} returns")
        return " or ".join(ways)

    @property
    def hands_out(self) -> bool:
        """Whether there is a place for the files of answers."""
        return self.slots is not None or (self.roots is not None and self.roots.writes)

    def check(self, what: str, declared: str, head: bytes, size: int) -> None:
        """Refuse what the rules do not take. ``what`` names the file in the error.

        Raises:
            ToolError: it is too large, of a type that is not taken, or not of the declared type.
        """
        if size > self.rules.max_bytes:
            limit = size_text(self.rules.max_bytes)
            raise ToolError(f"{what} has {size_text(size)}; {limit} are allowed. Nothing was sent.")
        found = media_types.sniff(head)
        if not media_types.agree(declared, head):
            looks = f"looks like {found}" if found else "is something else"
            raise ToolError(f"{what} is declared as {media_types.plain(declared)} and {looks}. Nothing was sent.")
        allowed = self.rules.media_types
        if allowed and not self._is_allowed(declared, found):
            named = found if media_types.plain(declared) in ("", media_types.OCTETS) and found else declared
            kinds = ", ".join(allowed)
            raise ToolError(f"{what} has the type {media_types.plain(named)}; allowed: {kinds}. Nothing was sent.")

    def check_declared(self, what: str, declared: str, size: int) -> None:
        """The same for a file that is still to come."""
        if size > self.rules.max_bytes:
            raise ToolError(f"{what} may have {size_text(self.rules.max_bytes)} at most.")
        if self.rules.media_types and not media_types.matches(declared, self.rules.media_types):
            raise ToolError(f"{what} must have one of the types {', '.join(self.rules.media_types)}.")

    def _is_allowed(self, declared: str, found: str) -> bool:
        plain = media_types.plain(declared)
        if plain in ("", media_types.OCTETS):
            plain = found or media_types.OCTETS
        return media_types.matches(plain, self.rules.media_types)

    async def take(self, caller: Caller, reference: str) -> StoredFile:
        """The file that a reference names. The reader closes it.

        Raises:
            ToolError: it is not one that this caller may use.
        """
        if reference.startswith(UPLOAD):
            if self.slots is None:
                raise ToolError("This server has no upload slots.")
            return await self.slots.take(caller, reference)
        path = local_path(reference)
        if path is None or self.roots is None or not self.roots.reads:
            raise ToolError(f"`source` must be {self.takes or 'left out'}. URLs are not fetched.")
        return await asyncio.to_thread(self._copied, self.roots, path)

    def _copied(self, roots: Roots, path: str) -> StoredFile:
        """A copy of a local file as it is now: what was checked is what is sent."""
        handle = roots.open(path)
        spool = Spool(self.rules.max_bytes)
        try:
            with os.fdopen(handle, "rb", buffering=0) as read:
                while data := read.read(CHUNK):
                    spool.write(data)
        except OSError:
            spool.close()
            raise ToolError("The file could not be read to its end.") from None
        except BaseException:
            spool.close()
            raise
        name = clean_name(Path(path).name)
        return spool.finish(name, media_types.of_name(name, media_types.OCTETS))

    async def hand_out(self, caller: Caller, file: StoredFile) -> FileLink:
        """A link to ``file``, which is not closed.

        Raises:
            ToolError: it cannot be put anywhere.
        """
        if self.roots is not None and self.roots.writes:
            path = await asyncio.to_thread(self.roots.save, file)
            return FileLink(path.as_uri(), file.media_type, file.size, path.name)
        assert self.slots is not None
        return await self.slots.hand_out(caller, file)

    async def aclose(self) -> None:
        """Forget every file."""
        if self.slots is not None:
            await self.slots.aclose()


def receipt(direction: str, file: StoredFile, place: str, slot: str = "") -> dict[str, Json]:
    """What the audit says of a file: never its name or content; hash and slot become HMACs there."""
    said: dict[str, Json] = {"direction": direction, "place": place, "size": file.size,
                             "media_type": file.media_type, "sha256": file.sha256}  # fmt: skip
    return {**said, "slot": slot} if slot else said


def open_desk(rules: FileRules, *, http: bool, frozen: bool = False, key: bytes | None = None) -> FileDesk:
    """The desk of a server on stdio, or one over ``http``, whose clients may be on another machine: there paths mean
    nothing. ``frozen``: the process has no disk between two calls. ``key``: 32 bytes that the processes of the
    server share, which seal the references to a store; by default random.

    Raises:
        AdaptgenError: AG106, a folder is not one; AG107, there is no place for files.
    """
    if frozen and not rules.store:
        raise error("AG107", "files need a store here: no disk lasts from one call to the next")
    roots = None
    if not http and (rules.roots or rules.downloads):
        roots = Roots(rules.roots, rules.downloads or rules.roots[0])
    slots: Slots | None = None
    if rules.store:
        from adaptgen.runtime.files.s3 import S3Slots

        slots = S3Slots(rules, key)
    elif http:
        from adaptgen.runtime.files.slots import DiskSlots

        slots = DiskSlots(rules)
    return FileDesk(rules, roots, slots)
