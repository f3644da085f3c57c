"""Folders in which local files may be read, and one into which files are written.

A path is resolved once, then walked from the folder down without following any link: what is exchanged for a link in
between is not opened. Nothing but a plain file is read, and nothing that is there is ever overwritten.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from adaptgen.diagnostics import Where, error
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.files.content import StoredFile, clean_name

_FLAGS: Final = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NEW: Final = (
    os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)  # fmt: skip
"""A file that is not there yet; a link in its place counts as one that is."""
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_NONBLOCK: Final = getattr(os, "O_NONBLOCK", 0)
_WALKS: Final = os.open in os.supports_dir_fd and bool(_NOFOLLOW)
"""Whether folders can be walked by their handles; else (Windows) the path is resolved again after it was opened."""
_TRIES: Final = 1000


def local_path(reference: str) -> str | None:
    """The path that a reference means, a ``file:`` URL or an absolute path; None for anything else."""
    if reference.lower().startswith("file:"):
        try:
            parts = urlsplit(reference)
        except ValueError:
            return None
        if parts.netloc not in ("", "localhost") or parts.query or parts.fragment:
            return None
        reference = unquote(parts.path)
        if os.name == "nt":
            reference = reference.lstrip("/")
    return reference if Path(reference).is_absolute() and "\0" not in reference else None


class Roots:
    """``folders``: those in which files may be read. ``downloads``: where files are written, None for nowhere."""

    def __init__(self, folders: Sequence[str | Path], downloads: str | Path | None = None) -> None:
        """Raises:
        AdaptgenError: AG106, one of them is not a folder, or is the whole file system.
        """
        self._folders = tuple(map(_folder, folders))
        self._downloads = _folder(downloads) if downloads is not None else None

    @property
    def reads(self) -> bool:
        """Whether there are any to read from."""
        return bool(self._folders)

    @property
    def writes(self) -> bool:
        """Whether files can be written."""
        return self._downloads is not None

    def open(self, path: str) -> int:
        """A descriptor of the plain file at ``path``, open for reading; the caller closes it.

        Raises:
            ToolError: it is not a plain file inside an allowed folder. The text is the same whether a file outside
                exists or not.
        """
        try:
            real = os.path.realpath(path)
        except (OSError, ValueError):  # a part of it was exchanged at this moment, or it is no text of the system
            real = ""
        folder = next((one for one in self._folders if real and _is_inside(real, one)), None)
        if folder is not None and any(part.startswith(".") for part in Path(real).relative_to(folder).parts):
            raise ToolError("Hidden files, whose name or folder begins with a dot, are not read.")
        if folder is None or ".." in Path(path).parts:
            raise ToolError(f"This path is not inside the folders from which files may be read. {self._allowed()}")
        try:
            if _WALKS:
                return _walk(folder, Path(real).relative_to(folder).parts)
            return _open_again(folder, real)
        except OSError as why:
            if why.errno == errno.ENOENT:
                raise ToolError("There is no such file.") from None
            raise ToolError("This file cannot be read: it is not a plain file, or may not be read.") from None

    def _allowed(self) -> str:
        return f"Allowed: {', '.join(self._folders)}." if self._folders else "None is allowed."

    def save(self, file: StoredFile) -> Path:
        """Write ``file`` into the folder for downloads, under a name that is not taken there. Blocks.

        Raises:
            ToolError: it cannot be written.
        """
        assert self._downloads is not None
        name = clean_name(file.name, "download")
        name = name if not name.startswith(".") else f"_{name}"
        stem, dot, ending = name.rpartition(".")
        stem, ending = (stem, dot + ending) if stem else (name, "")
        for number in range(1, _TRIES):
            path = Path(self._downloads, name if number == 1 else f"{stem} ({number}){ending}")
            try:
                handle = os.open(path, _NEW, 0o600)
            except FileExistsError:
                continue
            except OSError:
                break
            try:
                with os.fdopen(handle, "wb") as written:
                    for chunk in file.chunks():
                        written.write(chunk)
            except OSError:
                path.unlink(missing_ok=True)
                break
            return path
        raise ToolError("The file that the API sent cannot be written into the folder for downloads.")


def _folder(path: str | Path) -> str:
    real = os.path.realpath(Path(path).expanduser())
    if not Path(real).is_dir():
        raise error("AG106", f"{path} is not a folder", Where(str(path)), "name a folder that exists")
    if Path(real).parent == Path(real):
        help = "name the folder whose files may be sent, not the whole disk"
        raise error("AG106", f"{path} is the whole file system", Where(str(path)), help)
    return real


def _is_inside(real: str, folder: str) -> bool:
    return real != folder and os.path.commonpath((folder, real)) == folder if _same_drive(real, folder) else False


def _same_drive(one: str, other: str) -> bool:
    return os.path.splitdrive(one)[0].lower() == os.path.splitdrive(other)[0].lower()


def _walk(folder: str, parts: Sequence[str]) -> int:
    """Open a file below ``folder`` by the handles of the folders between, following no link."""
    here = os.open(folder, _FLAGS | _NOFOLLOW | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            below = os.open(part, _FLAGS | _NOFOLLOW | os.O_DIRECTORY, dir_fd=here)
            os.close(here)
            here = below
        # To open a device may already do something, and a pipe would wait.
        _check_plain(os.stat(parts[-1], dir_fd=here, follow_symlinks=False))
        found = os.open(parts[-1], _FLAGS | _NOFOLLOW | _NONBLOCK, dir_fd=here)
    finally:
        os.close(here)
    return _checked(found)


def _open_again(folder: str, real: str) -> int:
    _check_plain(os.lstat(real))
    found = _checked(os.open(real, _FLAGS | _NONBLOCK))
    again = os.path.realpath(real)
    if again != real or not _is_inside(again, folder) or not os.path.samestat(os.fstat(found), os.lstat(real)):
        os.close(found)
        raise OSError(errno.ELOOP, "changed")
    return found


def _checked(handle: int) -> int:
    try:
        _check_plain(os.fstat(handle))
    except OSError:
        os.close(handle)
        raise
    return handle


def _check_plain(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "not a plain file")
