"""Cedar policies that name tools which a change takes away: whoever wrote them must look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from adaptgen.cedar_schema import action_id
from adaptgen.compare.model import Change, Surface
from adaptgen.diagnostics import Where


def affected(changes: Sequence[Change], old: Surface, new: Surface, folder: Path, shown: str) -> Iterator[Change]:
    """A change to review for every line of the policies in ``folder`` that names a tool that is there no more, or
    whose effect is another one. ``changes``: those from ``old`` to ``new``."""
    if not folder.is_dir() or not changes:
        return
    gone = set(old.tools) - set(new.tools)
    differs = {one.subject for one in changes if one.kind == "effect"}
    server = new.name
    for path in sorted(folder.glob("*.cedar")):
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for number, line in enumerate(lines, 1):
            for name in sorted(gone | differs):
                column = line.find(f'"{action_id(server, name)}"')
                if column >= 0:
                    why = "is there no more" if name in gone else "has another effect"
                    where = Where(f"{shown}/{path.name}", number, column + 1)
                    text = f"a policy names this tool, which {why}"
                    yield Change("review", name, "policy", text, where, server=server)
