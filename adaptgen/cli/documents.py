"""Which documents a command without SPEC means: those in ``specs/``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from adaptgen.diagnostics import Where, error

FOLDER = Path("specs")
_ENDS = (".yaml", ".yml", ".json")


def meant(given: Sequence[Path]) -> list[Path]:
    """``given``, or every document right in ``specs/`` by name.

    Raises:
        AdaptgenError: AG001, there is none.
    """
    found = list(given) or sorted(path for path in FOLDER.glob("*") if path.suffix in _ENDS and path.is_file())
    if not found:
        help = "name a document: adaptgen build specs/crm.yaml"
        raise error("AG001", "there is no document in this folder", Where(FOLDER.as_posix()), help)
    return found
