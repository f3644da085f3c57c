"""Keys in files of this machine: ``${file:keys/audit}``, relative to the settings.

As with ssh, a key file is used only if nobody else can read it: a regular file, not a symbolic link, of this user (or
root), without permissions for group and others.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final

from adaptgen.diagnostics import AdaptgenError, Where, error

REFERENCE: Final = re.compile(r"\$\{file:([^${}\x00-\x1f\x7f]+)\}")
"""The one form in which settings name a key file: nothing before it and nothing after it."""
_MOST: Final = 64 * 1024


def read_key_file(path: Path, where: Where | None = None) -> str:
    """The text of a key file. ``where``: what names it.

    Raises:
        AdaptgenError: AG071 where it is not there or cannot be read, AG073 where others could have read or changed it;
            no part of its content.
    """
    shown = path.as_posix()
    try:
        # Without waiting for the writer of a pipe.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as why:
        if path.is_symlink():
            raise _unsafe(shown, "is a symbolic link", where, "name the file itself") from None
        help = "adaptgen govern init makes the keys that are missing"
        raise error("AG071", f"the key file {shown} cannot be read: {why.strerror}", where, help) from None
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise _unsafe(shown, "is not a regular file", where, "name a file with one key")
        if os.name == "posix":
            if about.st_mode & 0o077:
                raise _unsafe(shown, "can be read by others", where, f"chmod 600 {shown}")
            if about.st_uid not in (os.geteuid(), 0) and os.geteuid() != 0:
                raise _unsafe(shown, "belongs to another user", where, "only its owner may use it")
        data = os.read(handle, _MOST + 1)
    finally:
        os.close(handle)
    try:
        if len(data) > _MOST or not data.strip():
            raise ValueError
        return data.decode()
    except ValueError:
        raise _unsafe(shown, "does not hold one key as text", where, "32 random bytes in base64, or PEM") from None


def make_key_file(path: Path, text: str) -> bool:
    """Write a new key file, readable by its owner alone; False, and nothing is done, where something is there already.
    It is there whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    if os.path.lexists(path):
        return False
    # A link is made of the whole file, and never over another one: whoever is first wins.
    new = path.with_name(f".{path.name}.{os.urandom(6).hex()}.new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(handle)
        try:
            os.link(new, path)
        except FileExistsError:
            return False
        return True
    finally:
        new.unlink(missing_ok=True)


def _unsafe(shown: str, why: str, where: Where | None, help: str) -> AdaptgenError:
    return error("AG073", f"the key file {shown} {why}", where, help)
