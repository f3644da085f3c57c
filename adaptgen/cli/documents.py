"""Which documents a command without SPEC means: those in ``specs/``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from adaptgen.diagnostics import Where, error

FOLDER = Path("specs")
_ENDS = (".yaml", ".yml", ".json")


def _is_document(path: Path) -> bool:
    return path.suffix in _ENDS and not path.name.startswith(".") and path.is_file()


def hinted() -> list[Path]:
    """Every document in ``specs/``, and those of hints that are to be fetched for the first time, as ``.yaml`` or, if
    their source says so, ``.json``."""
    found = {path.stem: path for path in sorted(FOLDER.glob("*")) if _is_document(path)}
    for hints in sorted(FOLDER.glob("*/hints.yaml")):
        name = hints.parent.name
        if name not in found:
            from adaptgen.source import read_hints

            said = read_hints(hints).source
            found[name] = FOLDER / f"{name}.{said.format or 'yaml' if said else 'yaml'}"
    return [found[name] for name in sorted(found)]


def meant(given: Sequence[Path]) -> list[Path]:
    """``given``, or every document right in ``specs/`` by name.

    Raises:
        AdaptgenError: AG001, there is none.
    """
    found = list(given) or sorted(path for path in FOLDER.glob("*") if _is_document(path))
    if not found:
        help = "name a document: adaptgen build specs/crm.yaml"
        raise error("AG001", "there is no document in this folder", Where(FOLDER.as_posix()), help)
    return found
