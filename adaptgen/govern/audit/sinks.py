"""Where audit lines go: a file, standard output or standard error. One system call a line."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Protocol


class Sink(Protocol):
    """Takes whole lines. Every method raises OSError where the line, or an earlier one, did not get there."""

    def write(self, line: bytes) -> None:
        """Append one line, which ends in a newline."""

    def sync(self) -> None:
        """See to it that what was written outlives a crash of the machine, without waiting for it."""

    def close(self) -> None:
        """Write nothing any more; waits until everything is safe."""


class FileSink:
    """A file that only its owner can read, opened for appending: processes that share it do not overwrite each other.

    Flushing to the disk takes milliseconds and happens in a thread; where it fails, the next line fails. Where the file
    was moved away (rotated), what follows goes into a new one of its name.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the file; an OSError where that fails."""
        self._path = path
        self._file, self._torn = _opened(path)
        self._pool: ThreadPoolExecutor | None = None
        self._syncing: Future[None] | None = None

    def write(self, line: bytes) -> None:
        if self._syncing is not None and self._syncing.done():
            done, self._syncing = self._syncing, None
            done.result()
        _write(self._file, b"\n" + line if self._torn else line, self)
        self._torn = False

    def torn(self) -> None:
        """A part of a line was written, and no more."""
        self._torn = True

    def sync(self) -> None:
        if _moved(self._file, self._path):
            self._reopen()
        if self._syncing is not None and not self._syncing.done():
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="adaptgen-audit")
        self._syncing = self._pool.submit(os.fsync, self._file)

    def _reopen(self) -> None:
        new = _opened(self._path)
        if self._syncing is not None:
            done, self._syncing = self._syncing, None
            done.result()
        old, (self._file, self._torn) = self._file, new
        try:
            os.fsync(old)
        finally:
            os.close(old)

    def close(self) -> None:
        if self._file < 0:
            return
        if self._pool is not None:
            self._pool.shutdown(wait=True)
        file, self._file = self._file, -1
        try:
            os.fsync(file)
        finally:
            os.close(file)


class StreamSink:
    """Standard output or standard error, by its number."""

    def __init__(self, number: int) -> None:
        self._file = os.dup(number)
        os.set_inheritable(self._file, False)

    def write(self, line: bytes) -> None:
        _write(self._file, line, self)

    def torn(self) -> None:
        """Readers of streams see it."""

    def sync(self) -> None:
        """Streams are the reader's."""

    def close(self) -> None:
        if self._file >= 0:
            file, self._file = self._file, -1
            os.close(file)


def _opened(path: Path) -> tuple[int, bool]:
    """The file for appending, and whether it ends within a line: a process that died while it wrote leaves a part of
    one, and ours must not become its end."""
    torn = False
    if path.is_file():  # no device or pipe, which have no end to look at
        with suppress(PermissionError), path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            torn = size > 0 and file.read() != b"\n"
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), torn


def _moved(file: int, path: Path) -> bool:
    try:
        there = path.stat()
    except OSError:
        return True
    return not os.path.samestat(there, os.fstat(file))


def _write(file: int, line: bytes, sink: FileSink | StreamSink) -> None:
    if file < 0:
        raise OSError(9, "the audit sink is closed")
    written = os.write(file, line)
    while written < len(line):  # a full disk or a pipe takes a part and says so with the next call
        try:
            more = os.write(file, line[written:])
        except OSError:
            sink.torn()
            raise
        if not more:
            sink.torn()
            raise OSError(28, "only a part of the line was written")
        written += more
