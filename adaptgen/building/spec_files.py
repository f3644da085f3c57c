"""The files that belong to one document, and how its generated server refers to them.

``adaptgen.source`` is only imported where there is a workspace file: an output that is up to date needs none of it.
"""

from __future__ import annotations

import hashlib
import keyword
import re
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from adaptgen.output import build_cache, lock

if TYPE_CHECKING:
    from adaptgen.source import Workspace

WORKSPACE = "adaptgen.yaml"
OVERRIDES = "overrides.py"
SEARCH = "search.yaml"
LEARNED = "learned.yaml"


def workspace_of(folder: Path) -> Workspace | None:
    """The workspace of the documents in ``folder``, where there is one."""
    if not (folder / WORKSPACE).is_file():
        return None
    from adaptgen.source import fleet_of

    return fleet_of(folder)


def identifier(text: str) -> str:
    """A name for the server, its folder and its environment variables: ``Crm-API v2`` becomes ``crm_api_v2``."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    if not name:
        return "api"
    return f"api_{name}" if name[0].isdigit() or keyword.iskeyword(name) else name


class SpecFiles:
    """The side files of the document ``spec``: ``specs/crm.yaml`` has them in ``specs/crm/``."""

    def __init__(self, spec: Path) -> None:
        self.spec = spec
        self.folder = spec.parent / spec.stem
        self.hints = self.folder / "hints.yaml"
        self.overrides = self.folder / OVERRIDES
        self.search = self.folder / SEARCH
        self.learned = self.folder / LEARNED
        self.recorded = self.folder / "cassettes" / "recorded.json"
        """The index of the recorded answers."""

    @cached_property
    def workspace(self) -> Workspace | None:
        """The workspace that names this document."""
        workspace = workspace_of(self.spec.parent)
        return workspace if workspace is not None and workspace.holds(self.spec) else None

    @cached_property
    def shared_digest(self) -> str:
        """A hash of what the document inherits from its workspace; "" for nothing."""
        return self.workspace.shared(self.spec.stem).digest() if self.workspace is not None else ""

    @property
    def governance(self) -> Path:
        """The governance settings: its own, or those of the workspace. The file need not exist."""
        own = self.folder / "governance.yaml"
        shared = self.workspace.governance if self.workspace is not None and not own.exists() else None
        return shared or own

    def references(self, out: Path) -> dict[str, str]:
        """How the server in ``out`` refers to its settings, hand edits and recorded answers, those that exist."""
        files = {"governance": self.governance, "overrides": self.overrides, "cassettes": self.recorded}
        return {name: text for name, path in files.items() if (text := reference(path, out))}

    def lock_options(self, out: Path) -> dict[str, str]:
        """What the lock holds of a build besides its inputs."""
        shared = {"shared": self.shared_digest} if self.shared_digest else {}
        return {"source": shown_path(self.spec, out), **self.references(out), **shared}

    def overrides_digest(self) -> str:
        """The SHA-256 of the hand edits, for the lock."""
        return hashlib.sha256(self.overrides.read_bytes()).hexdigest()

    def up_to_date(self, out: Path) -> Path | None:
        """The folder below ``out`` that a build would leave as it is."""
        try:
            folders = sorted(path.parent for path in out.glob(f"*/{lock.NAME}"))
        except OSError:
            return None
        options, sides = self.lock_options(out), [self.hints, self.overrides, self.search, self.learned]
        unchanged = partial(build_cache.is_unchanged, spec=self.spec, sides=sides, options=options)
        return next(filter(unchanged, folders), None)


def reference(file: Path, out: Path) -> str:
    """How a server in ``out`` refers to a side file; "" if it does not exist."""
    if not file.exists():
        return ""
    root, path = out.resolve().parent, file.resolve()
    # From generated/<name>/ up to the folder that holds both; a document elsewhere has no path that holds everywhere.
    return f"../../{path.relative_to(root).as_posix()}" if path.is_relative_to(root) else file.name


def shown_path(spec: Path, out: Path) -> str:
    """How generated files name the document: relative to the folder that holds ``out``, else by its name alone.

    The output must not depend on the machine or on the folder where the command runs.
    """
    root = out.resolve().parent
    path = spec.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
