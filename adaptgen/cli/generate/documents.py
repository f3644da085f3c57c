"""Which documents a command without SPEC reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from adaptgen.building.spec_files import WORKSPACE, workspace_of
from adaptgen.diagnostics import Where, error

FOLDER = Path("specs")
_ENDS = (".yaml", ".yml", ".json")


def _is_document(path: Path) -> bool:
    return path.suffix in _ENDS and not path.name.startswith(".") and path.name != WORKSPACE and path.is_file()


def resolve_specs(paths: Sequence[Path]) -> list[Path]:
    """The documents that ``paths`` name, those of a workspace file in its place; without any path the workspace in
    ``specs/``, or every document there.

    Raises:
        AdaptgenError: AG001, there is none.
    """
    specs: list[Path] = []
    for path in paths or [FOLDER / WORKSPACE]:
        workspace = workspace_of(path.parent) if path.name == WORKSPACE else None
        specs += workspace.specs if workspace else [path] if path.name != WORKSPACE else _all()
    if not specs:
        help = "name a document: adaptgen build specs/crm.yaml"
        raise error("AG001", "there is no document in this folder", Where(FOLDER.as_posix()), help)
    return specs


def _all() -> list[Path]:
    return sorted(path for path in FOLDER.glob("*") if _is_document(path))


def resolve_hinted_specs() -> list[Path]:
    """Every document in ``specs/``, and those of hints that are to be fetched for the first time, as ``.yaml`` or, if
    their source says so, ``.json``."""
    workspace = workspace_of(FOLDER)
    found = {path.stem: path for path in (workspace.specs if workspace else _all())}
    for hints in sorted(FOLDER.glob("*/hints.yaml")):
        name = hints.parent.name
        if name not in found and workspace is None:
            from adaptgen.source import read_hints

            source = read_hints(hints).source
            found[name] = FOLDER / f"{name}.{source.format or 'yaml' if source else 'yaml'}"
    return [found[name] for name in sorted(found)]
