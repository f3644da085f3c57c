"""One file as the server holds it: on disk without a name, so that it cannot change once it was checked."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import IO, Final

from adaptgen.runtime.core.answer import ToolError

CHUNK: Final = 256 * 1024
"""Bytes that are in memory at once."""
HEAD: Final = 4096
"""First bytes, from which the type of a file is recognized."""


def size_text(size: int) -> str:
    """A number of bytes for people."""
    if size < 10_000:
        return f"{size} bytes"
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{size / 1000:.0f} kB"


class StoredFile:
    """The bytes of one file. ``name`` and ``media_type`` are what was said of it; ``sha256`` is in hex, ``head`` its
    first bytes. It can be read as often as wanted, also while another reader reads it."""

    __slots__ = ("_file", "_lock", "_readers", "head", "media_type", "name", "sha256", "size")

    def __init__(self, file: IO[bytes], size: int, sha256: str, head: bytes, name: str, media_type: str) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._readers = 1
        self.size = size
        self.sha256 = sha256
        self.head = head
        self.name = name
        self.media_type = media_type

    def __repr__(self) -> str:  # a name may be personal
        return f"StoredFile({self.size} bytes)"

    def piece(self, at: int, size: int = CHUNK) -> bytes:
        """The bytes from ``at`` on."""
        with self._lock:
            self._file.seek(at)
            return self._file.read(min(size, self.size - at))

    def chunks(self) -> Iterator[bytes]:
        """All bytes, a piece at a time."""
        at = 0
        while at < self.size:
            data = self.piece(at)
            if not data:
                raise OSError("the file ends early")
            yield data
            at += len(data)

    async def stream(self) -> AsyncIterator[bytes]:
        """All bytes, read in a thread."""
        at = 0
        while at < self.size:
            data = await asyncio.to_thread(self.piece, at)
            if not data:
                raise OSError("the file ends early")
            yield data
            at += len(data)

    def read(self) -> bytes:
        """All bytes at once: for small files."""
        return b"".join(self.chunks())

    def holds(self, needles: list[bytes]) -> bool:
        """Whether one of ``needles`` is in it."""
        longest = max(map(len, needles), default=0)
        rest = b""
        for chunk in self.chunks() if longest else ():
            data = rest + chunk
            if any(needle in data for needle in needles):
                return True
            rest = data[-(longest - 1) :] if longest > 1 else b""
        return False

    def share(self) -> StoredFile:
        """The same file for one more reader: it is there until each of them has closed it."""
        with self._lock:
            self._readers += 1
        return self

    def close(self) -> None:
        """One reader is done; after the last one the disk is free again."""
        with self._lock:
            self._readers -= 1
            if self._readers <= 0:
                self._file.close()


class BodyStream:
    """A request body with files in it: ``parts`` one after another, their size known. Iterating starts from the
    beginning each time."""

    __slots__ = ("_parts", "size")

    def __init__(self, parts: Sequence[bytes | StoredFile]) -> None:
        self._parts = tuple(parts)
        self.size = sum(len(one) if isinstance(one, bytes) else one.size for one in self._parts)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
                continue
            async for chunk in part.stream():
                yield chunk

    def sha256(self) -> str:
        """The hash of the whole body, in hex: for signatures. Reads every file; call it from a thread."""
        found = hashlib.sha256()
        for part in self._parts:
            for chunk in (part,) if isinstance(part, bytes) else part.chunks():
                found.update(chunk)
        return found.hexdigest()


class Spool:
    """Takes the bytes of a file as they come, ``limit`` of them at most. ``what`` names it in errors."""

    def __init__(self, limit: int, what: str = "The file") -> None:
        self._limit = limit
        self._what = what
        import tempfile  # most servers never need it

        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the stored file)
        self._hash = hashlib.sha256()
        self._head = b""
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append ``data``.

        Raises:
            ToolError: these are more bytes than allowed, or the disk takes no more.
        """
        self.size += len(data)
        if self.size > self._limit:
            raise ToolError(f"{self._what} is larger than the {size_text(self._limit)} that are allowed.")
        if len(self._head) < HEAD:
            self._head += data[: HEAD - len(self._head)]
        self._hash.update(data)
        try:
            self._file.write(data)
        except OSError:
            raise ToolError("The disk of the server takes no more files now; try again later.") from None

    def finish(self, name: str, media_type: str) -> StoredFile:
        """What was written, as a file."""
        self._file.flush()
        return StoredFile(self._file, self.size, self._hash.hexdigest(), self._head, name, media_type)

    def close(self) -> None:
        """Forget what was written."""
        self._file.close()


def clean_name(name: str, default: str = "file") -> str:
    """A file name without folders, control characters, and what a file system or a terminal would read otherwise."""
    plain = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join("_" if char in '<>:"|?*' else char for char in plain if char.isprintable()).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > 16:
        stem, dot, ending = plain, "", ""
    if stem.partition(".")[0].upper() in _RESERVED:
        stem = f"_{stem}"
    plain = _cut(stem, 120 - len(ending)) + dot + ending
    return plain or default


_RESERVED: Final = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}
)
"""Names that are devices on Windows, with any ending."""


def _cut(text: str, most: int) -> str:
    """``text`` in at most ``most`` bytes of UTF-8."""
    return text.encode(errors="replace")[:most].decode(errors="ignore").strip()
