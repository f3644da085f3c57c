"""Generated servers with what they were made from: the document and the side files next to them, at one revision.

The lock of a server names its document relative to the folder that holds ``generated/``, so that both are found in a
checkout as well as in files that were taken out of a revision. Nothing outside of that folder is read.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from adaptgen.compare import folders
from adaptgen.compare.answers import fits
from adaptgen.compare.model import Change, Surface
from adaptgen.compare.specs import answers_of
from adaptgen.diagnostics import AdaptgenError
from adaptgen.output import lock

_SKIPPED = frozenset(("node_modules", "__pycache__"))


@dataclass(frozen=True, slots=True)
class Project:
    """A generated server at ``path``, shown to people as ``shown``. ``key``: where it is in what is compared."""

    path: Path
    shown: str
    key: str

    @property
    def root(self) -> Path:
        """The folder that holds ``generated/`` and ``specs/``."""
        return self.path.resolve().parent.parent

    @property
    def source(self) -> str:
        """The document, relative to the root; "" where the lock says nothing that can be followed."""
        return source_of(self.path)

    def name_file(self, path: str) -> str:
        """How a file below the root is shown."""
        return posixpath.normpath(posixpath.join(self.shown, "..", "..", path))


def source_of(folder: Path) -> str:
    """The document of the generated ``folder``, relative to the folder above the one that holds it."""
    try:
        known = lock.read(folder)
    except AdaptgenError:
        return ""
    said = known.options.get("source") if known is not None else None
    return said if isinstance(said, str) and is_below(said) else ""


def is_below(path: str) -> bool:
    """Whether a relative path leads nowhere above where it starts."""
    return bool(path) and not posixpath.isabs(path) and posixpath.normpath(path).split("/")[0] not in ("..", ".")


def find_projects(folder: Path, shown: str) -> list[Project]:
    """``folder`` itself where it is a generated server, else every one below it. Hidden folders, environments and links
    are not entered."""
    if _is_server(folder):
        return [Project(folder, shown, ".")]
    found = []
    for path in _servers(folder):
        key = path.relative_to(folder).as_posix()
        found.append(Project(path, key if shown in ("", ".") else f"{shown}/{key}", key))
    return found


def _servers(folder: Path) -> Iterator[Path]:
    for here, names, files in os.walk(folder):
        if "pyvenv.cfg" in files:
            names.clear()
        elif "server.py" in files and (lock.NAME in files or Path(here).parent == folder) and _is_server(Path(here)):
            names.clear()
            yield Path(here)
        names[:] = sorted(one for one in names if not one.startswith(".") and one not in _SKIPPED)


def _is_server(folder: Path) -> bool:
    """Whether adaptgen wrote the folder: many projects have a ``server.py``."""
    try:
        return (folder / "server.py").is_file() and (
            (folder / lock.NAME).is_file() or "adaptgen" in (folder / "server.py").read_text("utf-8", "replace")
        )
    except OSError:
        return False


def read_project(project: Project) -> tuple[Surface, tuple[Change, ...]]:
    """The server with what its document declares of answers, where the document is there; and what to know of it.

    Raises:
        AdaptgenError: AG055, the folder is not a generated server.
    """
    surface = folders.read(project.path, project.shown)
    spec = project.root / project.source if project.source else None
    if spec is None or not spec.is_file():
        return surface, ()
    try:
        known = lock.read(project.path)
        names = {served[0]: operation for operation, served in known.names.items()} if known is not None else {}
        answers = answers_of(spec, surface.server.tools, names)
    except AdaptgenError as problem:
        text = f"its document cannot be read, so only types of default fields are compared: {problem.diagnostics[0]}"
        where = problem.diagnostics[0].where or surface.where
        return surface, (Change("review", surface.name, "answers", text, where, server=surface.name),)
    # A document that was changed after the build, or another one of this name, says nothing of this server.
    tools = {
        name: replace(seen, answers=answers[name], complete=True)
        if name in answers and fits(answers[name].get("", {}), (seen.answers or {}).get(""))
        else seen
        for name, seen in surface.tools.items()
    }
    return replace(surface, tools=tools), ()


def same_files(old: Project, new: Project) -> bool:
    """Whether nothing that is compared differs: the generated files, the document with what is next to it."""
    if not old.source or old.source != new.source:
        return False
    spec = Path(old.source)
    pairs = ((old.path, new.path), (old.root / spec.with_suffix(""), new.root / spec.with_suffix("")))
    if any(_bytes(first) != _bytes(second) for first, second in pairs):
        return False
    inputs = lock.read(old.path)
    names = {spec.name, "adaptgen.yaml", *(inputs.inputs if inputs is not None else ())}
    files = [posixpath.normpath(posixpath.join(spec.parent.as_posix(), name)) for name in names]
    return all(_file(old.root / name) == _file(new.root / name) for name in files)


def _bytes(folder: Path) -> dict[str, bytes | None]:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): _file(path) for path in files}


def _file(path: Path) -> bytes | None:
    try:
        return path.read_bytes().replace(b"\r\n", b"\n")
    except OSError:
        return None
