"""OLD and NEW of a comparison: what a person names, found and read."""

from __future__ import annotations

import contextlib
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from adaptgen.cedar_schema import action_id
from adaptgen.compare import folders, revisions
from adaptgen.compare.model import Change, Surface
from adaptgen.compare.servers import compare_servers, order_changes, server_appeared, server_disappeared
from adaptgen.diagnostics import Where, error
from adaptgen.text.files import suggest


@dataclass(frozen=True, slots=True)
class ComparisonInput:
    """A file or folder on disk and how it is named to people."""

    path: Path
    shown: str


def find_changes(old: str, new: str) -> tuple[Change, ...]:
    """What changed for agents from ``old`` to ``new``: documents, generated folders, folders of them, or revisions
    (``REVISION:PATH``, or a bare revision, which takes the path of the other side).

    Raises:
        AdaptgenError: AG055, one of them cannot be read or the two cannot be compared; AG001 to AG040, a document or
            its hints are wrong.
    """
    old, new = _whole(old, new), _whole(new, old)
    with _found(old) as first, _found(new) as second:
        if first.path.is_dir() != second.path.is_dir():
            help = "pass two documents, or two generated folders"
            raise error("AG055", f"{old} and {new} are a document and a folder", help=help)
        if not first.path.is_dir():
            return _documents(first, second)
        return _folders(first, second)


def _whole(name: str, other: str) -> str:
    if Path(name).exists() or ":" in name or not revisions.is_revision(name):
        return name
    path = other.partition(":")[2] if not Path(other).exists() else revisions.path_at_root(Path(other))
    return f"{name}:{path}"


@contextlib.contextmanager
def _found(name: str) -> Iterator[ComparisonInput]:
    path = Path(name)
    if path.exists():
        yield ComparisonInput(path, path.as_posix())
        return
    kind = revisions.kind(name) if ":" in name else ""
    if kind not in ("tree", "blob"):
        near = suggest(path)
        help = "name a document, a generated folder, or a revision with a path, such as HEAD~1:generated/crm"
        if name.lower().startswith(("https:", "http:")):
            help = f"fetch it first: adaptgen pull {shlex.quote(name)}"
        raise error("AG055", "no such file, folder or revision", Where(name), near if "mean" in near else help)
    shown = name.partition(":")[2].removeprefix("./").rstrip("/")
    with tempfile.TemporaryDirectory(prefix="adaptgen-") as folder:
        # Hints and the files that a document refers to are next to it.
        tree, own = (name, "") if kind == "tree" else revisions.parent(name)
        revisions.extract(tree, Path(folder))
        yield ComparisonInput(Path(folder) / own, shown or own)


def _documents(old: ComparisonInput, new: ComparisonInput) -> tuple[Change, ...]:
    from adaptgen.compare import specs

    first, second = specs.hints_file(old.path), specs.hints_file(new.path)
    # A copy of the document somewhere else is meant under the hints that there are.
    before = specs.read(old.path, first or second, old.shown, _name(new))
    after = specs.read(new.path, second or first, new.shown, _name(new), specs.names_of(before))
    side = new.path.with_suffix("") / "policies"
    return _with_policies(before, after, side, f"{new.shown.rpartition('.')[0]}/policies")


def _name(side: ComparisonInput) -> str:
    return Path(side.shown).stem


def _folders(old: ComparisonInput, new: ComparisonInput) -> tuple[Change, ...]:
    before, after = _surfaces(old), _surfaces(new)
    if len(before) == len(after) == 1 and "" in before and "" in after:
        return _generated(before[""], after[""], new.path)
    found: list[Change] = []
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            found.append(server_disappeared(before[name]))
        elif name not in before:
            found.append(server_appeared(after[name]))
        else:
            found += _generated(before[name], after[name], new.path / name)
    return order_changes(found)


def _generated(old: Surface, new: Surface, folder: Path) -> tuple[Change, ...]:
    """The policies of a generated folder are next to the document that it was made from."""
    side = Path(new.spec).with_suffix("") / "policies"
    return _with_policies(old, new, folder.resolve().parent.parent / side, side.as_posix())


def _with_policies(old: Surface, new: Surface, folder: Path, shown: str) -> tuple[Change, ...]:
    found = compare_servers(old, new)
    return order_changes((*found, *_affected_policies(found, old, new, folder, shown)))


def _surfaces(side: ComparisonInput) -> dict[str, Surface]:
    """By the name of the folder; "" for a folder that is a server itself."""
    found = folders.servers(side.path)
    if not found:
        help = "name a folder that adaptgen build wrote, or the folder that holds such folders"
        raise error("AG055", "no generated server found in it", Where(side.shown), help)
    if found == [side.path]:
        return {"": folders.read(side.path, side.shown)}
    return {one.name: folders.read(one, f"{side.shown}/{one.name}") for one in found}


def _affected_policies(
    changes: Sequence[Change], old: Surface, new: Surface, folder: Path, shown: str
) -> Iterator[Change]:
    """A change to review for every line of the policies in ``folder`` that names a tool that no longer exists, or
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
                    why = "no longer exists" if name in gone else "has another effect"
                    where = Where(f"{shown}/{path.name}", number, column + 1)
                    text = f"a policy names this tool, which {why}"
                    yield Change("review", name, "policy", text, where, server=server)
