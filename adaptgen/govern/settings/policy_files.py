"""Which policy files a name in ``authorize.policies`` stands for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

Find: TypeAlias = Callable[[str], Mapping[str, str]]
"""A name in ``authorize.policies`` -> path relative to the settings -> text. Raises OSError or UnicodeError."""

SUFFIX = ".cedar"
MAX_BYTES = 5_000_000
"""How large one policy file may be; nothing that people write comes near it."""


def files_next_to(folder: Path) -> Find:
    """Files and folders relative to the settings in ``folder``; of a folder every ``*.cedar`` file, at any depth."""

    def find(name: str) -> Mapping[str, str]:
        start = folder / name
        files = [start]
        if start.is_dir():
            files = sorted(one for one in start.rglob(f"*{SUFFIX}") if one.is_file())
        return {_relative(one, folder): text(one.read_bytes()) for one in files}

    return find


def _relative(file: Path, folder: Path) -> str:
    return Path(os.path.relpath(file, folder)).as_posix()


def text(data: bytes) -> str:
    """The text of one policy file.

    Raises:
        OSError: it is too large.
        UnicodeError: it is not UTF-8.
    """
    if len(data) > MAX_BYTES:
        raise OSError(27, "the file is too large")
    return data.decode("utf-8-sig")
