"""What a person wrote next to a document and no generated file shows: policies, governance settings, hand edits.

Whether a policy permits more cannot be seen from its text, so each statement that came or went is to be reviewed, with
what it can do: a new ``permit`` and a lost ``forbid`` may loosen, the others may refuse calls that agents make today.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from adaptgen.building.spec_files import OVERRIDES
from adaptgen.compare.model import Change
from adaptgen.compare.projects import Project
from adaptgen.diagnostics import Where
from adaptgen.output import lock

_STATEMENT = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^;"])*;')
_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*')
_EFFECT = re.compile(r"^(?:@\w+(?:\([^)]*\))?\s*)*(permit|forbid)\b")
_MEANS = {
    ("permit", True): "a permit is new: more calls may be permitted",
    ("permit", False): "a permit is gone: calls that agents make today may be denied",
    ("forbid", True): "a forbid is new: calls that agents make today may be denied",
    ("forbid", False): "a forbid is gone: more calls may be permitted",
}


def changed_side_files(old: Project, new: Project) -> Iterator[Change]:
    """A change to review for each side file that differs, and for each policy that came or went."""
    if not old.source or not new.source:
        return
    before, after = (PurePosixPath(one.source).with_suffix("") for one in (old, new))
    server = new.path.resolve().name
    for name, what in ((OVERRIDES, "hand edits"), ("governance.yaml", "the governance settings")):
        yield from _file(old, new, f"{before}/{name}", f"{after}/{name}", what, server)
    shared = [_governance(one) for one in (old, new)]
    if all(shared) and shared != [f"{before}/governance.yaml", f"{after}/governance.yaml"]:
        yield from _file(old, new, shared[0], shared[1], "the governance settings", server)
    files = [
        {path.name for path in (one.root / side / "policies").glob("*.cedar")}
        for one, side in ((old, before), (new, after))
    ]
    for name in sorted(files[0] | files[1]):
        yield from _policies(old, new, f"{before}/policies/{name}", f"{after}/policies/{name}", server)


def _governance(project: Project) -> str:
    """The governance settings that the server refers to, from the root."""
    known = lock.read(project.path)
    said = known.options.get("governance") if known is not None else None
    return said.removeprefix("../../") if isinstance(said, str) and ".." not in said.removeprefix("../../") else ""


def _file(old: Project, new: Project, before: str, after: str, what: str, server: str) -> Iterator[Change]:
    first, second = _text(old.root / before), _text(new.root / after)
    if first == second:
        return
    lines = list(difflib.unified_diff(first.splitlines(), second.splitlines(), lineterm="", n=0))
    added = [line for line in lines[2:] if line.startswith("+")]
    removed = [line for line in lines[2:] if line.startswith("-")]
    found = re.match(r"@@ -\S+ \+(\d+)", lines[2]) if len(lines) > 2 else None
    where = Where(new.name_file(after), max(int(found[1]), 1) if found else 1, 1)
    text = f"{what} changed: {len(added)} lines are new, {len(removed)} are gone"
    if not second or not first:
        text = f"{what} are {'new' if second else 'gone'}"
    yield Change("review", server, "side-file", text, where, server=server)


def _policies(old: Project, new: Project, before: str, after: str, server: str) -> Iterator[Change]:
    first, second = (dict(_statements(_text(one.root / path))) for one, path in ((old, before), (new, after)))
    for added, some, others in ((True, second, first), (False, first, second)):
        for statement, line in some.items():
            if statement in others:
                continue
            effect = _EFFECT.match(statement)
            text = _MEANS[effect[1], added] if effect else "a policy changed that is neither a permit nor a forbid"
            where = Where(new.name_file(after), line if added else 1, 1)
            shown = statement if len(statement) <= 120 else f"{statement[:119]}…"
            yield Change("review", server, "policy", f"{text}: {shown}", where, server=server)


def _statements(text: str) -> Iterator[tuple[str, int]]:
    """Each policy without comments and with single blanks, and its line."""
    bare = _COMMENT.sub(lambda found: found[1] or "", text)
    for found in _STATEMENT.finditer(bare):
        start = found.start() + len(found[0]) - len(found[0].lstrip())
        yield " ".join(found[0].split()), bare.count("\n", 0, start) + 1


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
