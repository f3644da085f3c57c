"""The key that seals cursors: from the environment, or for ``call`` from the user's state folder."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from adaptgen.diagnostics import Where, error
from adaptgen.runtime.paging.cursor import KEY_VARIABLE, KeyFormatError, read_key
from adaptgen.text.files import state_folder

SIZE = 32


def key_of_environ(environ: Mapping[str, str]) -> bytes:
    """The key in ``ADAPTGEN_CURSOR_KEY`` (AG060 where it is malformed), or a random one."""
    try:
        return read_key(environ)
    except KeyFormatError as why:
        raise error("AG060", str(why), help="make one with: openssl rand -hex 32") from None


def stored_key(environ: Mapping[str, str]) -> bytes:
    """The key of the environment, else the one in the user's state folder (mode 0600), made at first use (AG001 where
    the folder cannot be used)."""
    if environ.get(KEY_VARIABLE, "").strip():
        return key_of_environ(environ)
    path = state_folder(environ) / "cursor.key"
    try:
        key = _read(path)
        if len(key) != SIZE:
            _place(path, secrets.token_bytes(SIZE))
            key = _read(path)
    except OSError as why:
        help = f"set {KEY_VARIABLE}, or ADAPTGEN_STATE to a folder that can be written"
        raise error("AG001", f"the key of cursors cannot be kept: {why.strerror}", Where(str(path)), help) from why
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _place(path: Path, key: bytes) -> None:
    """Whole or not at all: another process may make the same file at the same moment; the first one stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".cursor-")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(key)
        if len(_read(path)) == SIZE:
            return
        path.unlink(missing_ok=True)
        try:
            os.link(name, path)
        except FileExistsError:
            pass
    finally:
        Path(name).unlink(missing_ok=True)
