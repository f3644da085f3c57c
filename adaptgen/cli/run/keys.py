"""The key that seals cursors: from the environment, or for ``call`` from the user's state folder."""

from __future__ import annotations

from collections.abc import Mapping

from adaptgen.diagnostics import Where, error
from adaptgen.runtime.core.seals import read_or_make_key
from adaptgen.runtime.paging.cursor import KEY_VARIABLE, KeyFormatError, read_key
from adaptgen.text.files import state_folder


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
        return read_or_make_key(path)
    except OSError as why:
        help = f"set {KEY_VARIABLE}, or ADAPTGEN_STATE to a folder that can be written"
        raise error("AG001", f"the key of cursors cannot be kept: {why.strerror}", Where(str(path)), help) from why
