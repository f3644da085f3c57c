"""What the operator allows of files, and what a place for files on their way does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Final, Protocol

from adaptgen.model.tables import Caller, value

if TYPE_CHECKING:
    from adaptgen.runtime.core.answer import FileLink
    from adaptgen.runtime.files.content import StoredFile

UPLOAD: Final = "upload://"
"""The scheme of references to slots."""


UNKNOWN_SLOT: Final = (
    "This upload slot is not known: it has expired, or is not yours. Ask for another one with create_upload."
)
"""The answer to a reference that names no slot of the caller."""

UPLOAD_TOOLS: Final = ("create_upload", "create_upload_slot", "adaptgen_create_upload")
"""Names of the tool that the server adds for uploads: the first that no tool of the API has."""


@value()
class FileRules:
    """``roots``: folders whose files a client on stdio may send, ``downloads``: the folder into which it gets files
    ("" for the first of ``roots``). ``store``: ``s3://bucket/prefix``, for files between client and server.
    ``expires``: seconds that a slot or a link lives. ``inline``: bytes of the largest file that an answer holds itself.
    ``media_types``: those that are taken; none: all.
    """

    roots: tuple[str, ...] = ()
    downloads: str = ""
    store: str = ""
    region: str = ""
    endpoint: str = ""
    max_bytes: int = 100_000_000
    media_types: tuple[str, ...] = ()
    expires: float = 900.0
    inline: int = 262_144


@value()
class SlotOffer:
    """Where a client sends a file: PUT to ``url`` with ``headers``; ``reference`` is then its name in arguments.
    ``credentials``: the URL wants those of the server too. The URL may be signed: keep it out of logs."""

    url: str = field(repr=False)
    reference: str = field(repr=False)
    headers: Mapping[str, str]
    expires: float
    credentials: bool = False


class Slots(Protocol):
    """Places for files on their way between client and server. What is refused is a ToolError."""

    async def create(self, caller: Caller, name: str, size: int, media_type: str) -> SlotOffer:
        """A slot for one file of that size and type."""

    async def take(self, caller: Caller, reference: str) -> StoredFile:
        """The file in a slot of the caller. The reader closes it."""

    async def hand_out(self, caller: Caller, file: StoredFile) -> FileLink:
        """A link to ``file``, for this caller."""

    async def aclose(self) -> None:
        """Forget every file."""
