"""A key of 32 random bytes in a file of this machine (mode 0600), made at first use."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import Final

SIZE: Final = 32


def read_or_make_key(path: Path) -> bytes:
    """The key in a file. OSError: it cannot be read or made."""
    key = read_key_file(path)
    if len(key) != SIZE:
        _place(path, secrets.token_bytes(SIZE))
        key = read_key_file(path)
    return key


def read_key_file(path: Path) -> bytes:
    """The key in a file, b"" where there is none. OSError: it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _place(path: Path, key: bytes) -> None:
    """Whole or not at all: another process may make the same file at the same moment; the first one stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(key)
        if len(read_key_file(path)) == SIZE:
            return
        path.unlink(missing_ok=True)
        try:
            os.link(name, path)
        except FileExistsError:
            pass
    finally:
        Path(name).unlink(missing_ok=True)
