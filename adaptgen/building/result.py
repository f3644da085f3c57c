"""One generated server before it is written."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from adaptgen.building.spec_files import LEARNED, OVERRIDES, SEARCH, SpecFiles, shown_path
from adaptgen.diagnostics import Diagnostic
from adaptgen.model.plan import Plan

if TYPE_CHECKING:
    from adaptgen.building.summary import OperationSummary, ServerSummary
    from adaptgen.output.write import Changes
    from adaptgen.source import Document, Hints


@dataclass(frozen=True, eq=False)
class BuildResult:
    """The result of a build: what was understood, and the text of every file. Nothing is written yet.

    ``folder``: where ``adaptgen build`` writes it. ``diagnostics``: warnings and notes of reading and planning; errors
    are raised. ``side_files``: the files refer to governance settings, hand edits and recorded answers.
    """

    spec: Path
    folder: Path
    document: Document
    hints: Hints
    plan: Plan
    diagnostics: tuple[Diagnostic, ...] = ()
    side_files: bool = True

    @cached_property
    def inputs(self) -> dict[str, str]:
        """Path of each file that was read, relative to the document's folder -> SHA-256.

        Raises:
            OSError: the hand edits can no longer be read.
        """
        sources = SpecFiles(self.spec)
        beside = sources.folder.name
        inputs = dict(self.document.inputs)
        # Hints count their inputs from their own folder, the lock from that of the document.
        inputs |= {posixpath.normpath(posixpath.join(beside, path)): digest for path, digest in self.hints.inputs}
        if self.hints.learned is not None:
            inputs[f"{beside}/{LEARNED}"] = self.hints.learned.digest
        if self.plan.search:
            inputs[f"{beside}/{SEARCH}"] = self.plan.search
        if self.plan.server.overrides:
            inputs[f"{beside}/{OVERRIDES}"] = sources.overrides_digest()
        return inputs

    @cached_property
    def options(self) -> dict[str, str]:
        """What the files depend on besides the inputs: the paths of the document and of the side files."""
        sources, out = SpecFiles(self.spec), self.folder.parent
        return sources.lock_options(out) if self.side_files else {"source": shown_path(self.spec, out)}

    @cached_property
    def files(self) -> dict[str, str]:
        """Path relative to ``folder`` -> text, with the lock. Rendered when it is first asked for.

        Raises:
            AdaptgenError: AG045, the embedder of the hand edits fails.
        """
        from adaptgen import render
        from adaptgen.output import lock

        shown = self.options["source"]
        files = dict(render.render(self.plan, spec=shown, side=PurePosixPath(shown).with_suffix("").as_posix()))
        if self.plan.embedder:
            from adaptgen.building.vectors import vectors_text
            from adaptgen.tool_search.vectors import NAME

            files[NAME] = vectors_text(self.plan, SpecFiles(self.spec).overrides, self.folder)
        files[lock.NAME] = lock.make(
            spec=self.spec.name,
            inputs=self.inputs.items(),
            options=self.options,
            files=files,
            names=self.plan.names,
        )
        return files

    def write(self) -> Changes:
        """Make ``folder`` hold ``files``, and remember that this build did.

        Raises:
            AdaptgenError: AG051, AG053 of :func:`adaptgen.output.write.write`; then nothing was written.
        """
        from adaptgen.output import build_cache, lock
        from adaptgen.output.write import write

        files = lock.keep(self.folder, self.files)
        changes = write(self.folder, files)
        build_cache.record(self.folder, inputs=self.inputs, options=self.options, files=files)
        return changes

    @cached_property
    def summary(self) -> ServerSummary:
        """What was understood of the whole server, each decision with its evidence."""
        from adaptgen.building.summary import summarize

        return summarize(self.plan, self.document, self.hints, self.diagnostics)

    @property
    def operations(self) -> tuple[OperationSummary, ...]:
        """What was understood of each operation, in the order of the document."""
        return self.summary.operations

    def to_json(self) -> dict[str, Any]:
        """The summary as ``adaptgen explain --json`` prints it (docs/explain.md)."""
        return self.summary.to_json()
