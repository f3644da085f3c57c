"""Which documents a command without SPEC means, and what the fleet in ``adaptgen.yaml`` beside them adds to each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from adaptgen.diagnostics import Where, error

if TYPE_CHECKING:
    from adaptgen.source import Workspace

FOLDER = Path("specs")
FLEET = "adaptgen.yaml"
"""Repeated here from the source so that a fresh output needs no import of it."""
_ENDS = (".yaml", ".yml", ".json")


def _is_document(path: Path) -> bool:
    return path.suffix in _ENDS and not path.name.startswith(".") and path.name != FLEET and path.is_file()


def fleet(folder: Path) -> Workspace | None:
    """The fleet of the documents in ``folder``, where there is one."""
    if not (folder / FLEET).is_file():
        return None
    from adaptgen.source import fleet_of

    return fleet_of(folder)


def inherits(spec: Path) -> bool:
    """Whether the fleet says anything about ``spec``."""
    return bool(shared_digest(spec))


def shared_digest(spec: Path) -> str:
    """A hash of what ``spec`` inherits from its fleet; "" for nothing."""
    found = fleet(spec.parent)
    return found.shared(spec.stem).digest() if found and found.holds(spec) else ""


def shared_governance(spec: Path) -> Path | None:
    """The settings of the fleet of ``spec``."""
    found = fleet(spec.parent)
    return found.governance if found and found.holds(spec) else None


def meant(given: Sequence[Path]) -> list[Path]:
    """``given``, a fleet among them as its documents; without any the fleet in ``specs/``, or every document there.

    Raises:
        AdaptgenError: AG001, there is none.
    """
    found = list(given) or [FOLDER / FLEET]
    specs: list[Path] = []
    for path in found:
        one = fleet(path.parent) if path.name == FLEET else None
        specs += one.specs if one else [path] if path.name != FLEET else _all()
    if not specs:
        help = "name a document: adaptgen build specs/crm.yaml"
        raise error("AG001", "there is no document in this folder", Where(FOLDER.as_posix()), help)
    return specs


def _all() -> list[Path]:
    return sorted(path for path in FOLDER.glob("*") if _is_document(path))


def hinted() -> list[Path]:
    """Every document in ``specs/``, and those of hints that are to be fetched for the first time, as ``.yaml`` or, if
    their source says so, ``.json``."""
    one = fleet(FOLDER)
    found = {path.stem: path for path in (one.specs if one else _all())}
    for hints in sorted(FOLDER.glob("*/hints.yaml")):
        name = hints.parent.name
        if name not in found and one is None:
            from adaptgen.source import read_hints

            said = read_hints(hints).source
            found[name] = FOLDER / f"{name}.{said.format or 'yaml' if said else 'yaml'}"
    return [found[name] for name in sorted(found)]
