"""Names of files and variables: any text becomes a plain, unique, ASCII identifier."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Container, Iterable

_OTHER = re.compile(r"[^0-9A-Za-z]+")
_CHUNK = re.compile(r"(\d+)")
_LONGEST = 60
# Names that Windows does not give to files, and modules of a generated package.
_DEVICES = frozenset(("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))))
_BUILTINS = frozenset(dir(builtins))


def variables(names: Iterable[str], taken: Container[str]) -> list[str]:
    """One variable for each name; no keyword, no builtin, nothing that is ``taken`` and no two the same."""
    return _unique([_OTHER.sub("_", name) for name in names], "tool", lambda stem: stem in taken or stem in _BUILTINS)


def files(names: Iterable[str]) -> list[str]:
    """One file stem for each name; lower case, so that no two are the same file where the file system ignores case."""
    return _unique([_OTHER.sub("_", name).lower() for name in names], "module", _DEVICES.__contains__)


def _unique(stems: Iterable[str], word: str, refused: Callable[[str], bool]) -> list[str]:
    result: list[str] = []
    used: set[str] = set()
    for text in stems:
        stem = text.strip("_")[:_LONGEST].rstrip("_") or word
        if stem[0].isdigit():
            stem = f"{word}_{stem}"
        found = f"{stem}_" if keyword.iskeyword(stem) or keyword.issoftkeyword(stem) or refused(stem) else stem
        number = 2
        while found in used:
            found = f"{stem}_{number}"
            number += 1
        used.add(found)
        result.append(found)
    return result


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key in which ``v2`` comes before ``v10``, as import sorters have it."""
    return tuple((0, int(chunk), "") if chunk.isdigit() else (1, 0, chunk) for chunk in _CHUNK.split(name) if chunk)
