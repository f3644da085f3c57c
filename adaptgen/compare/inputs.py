"""OLD and NEW of a comparison: what a person names, found and read."""

from __future__ import annotations

import contextlib
import posixpath
import shlex
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adaptgen.building.spec_files import WORKSPACE
from adaptgen.cedar_schema import action_id
from adaptgen.compare import folders, projects, revisions
from adaptgen.compare.model import Change, Surface
from adaptgen.compare.servers import compare_servers, order_changes, server_appeared, server_disappeared
from adaptgen.compare.side_files import changed_side_files
from adaptgen.diagnostics import Where, error
from adaptgen.output import lock
from adaptgen.text.files import suggest


@dataclass(frozen=True, slots=True)
class ComparisonInput:
    """A file or folder on disk and how it is named to people. ``taken``: it is out of a revision."""

    path: Path
    shown: str
    taken: bool = False


def find_changes(old: str, new: str) -> tuple[Change, ...]:
    """What changed for agents from ``old`` to ``new``: documents, generated folders, folders of them, or revisions
    (``REVISION:PATH``; a bare revision takes the path of the other side; ``REVISION...`` is the commit where ``HEAD``
    left it).

    Raises:
        AdaptgenError: AG055, one of them cannot be read or the two cannot be compared; AG126, the revision is not in
            this clone; AG001 to AG040, a document or its hints are wrong.
    """
    # A change request brings its own files: one that has the name of the base must not be taken for it.
    fixed = [_is_based(one) for one in (old, new)]
    old, new = _based(old), _based(new)
    old, new = _whole(old, new, fixed[0]), _whole(new, old, fixed[1])
    with _found(old, fixed[0]) as first, _found(new, fixed[1]) as second:
        if first.path.is_dir() != second.path.is_dir():
            help = "pass two documents, or two generated folders"
            raise error("AG055", f"{old} and {new} are a document and a folder", help=help)
        if not first.path.is_dir():
            return _documents(first, second)
        return _folders(first, second)


def _is_based(name: str) -> bool:
    return name.partition(":")[0].endswith("...")


def _based(name: str) -> str:
    """``REVISION...`` and ``REVISION...:PATH`` with the commit in its place."""
    if not _is_based(name):
        return name
    revision, colon, path = name.partition(":")
    return f"{revisions.merge_base(revision.removesuffix('...'))}{colon}{path}"


def _whole(name: str, other: str, fixed: bool) -> str:
    """``fixed``: it is a revision, whatever files there are."""
    if ":" in name or (not fixed and (Path(name).exists() or not revisions.is_revision(name))):
        return name
    path = other.partition(":")[2] if not Path(other).exists() else revisions.path_at_root(Path(other))
    return f"{name}:{'' if path == '.' else path}"


@contextlib.contextmanager
def _found(name: str, fixed: bool) -> Iterator[ComparisonInput]:
    path = Path(name)
    if not fixed and path.exists():
        yield ComparisonInput(path, path.as_posix())
        return
    # git knows the working folder as ``REVISION:./``, and not without the slash.
    kind = revisions.kind(f"{name}/" if name.endswith(":.") else name) if ":" in name else ""
    if kind not in ("tree", "blob"):
        near = suggest(path)
        help = "name a document, a generated folder, or a revision with a path, such as HEAD~1:generated/crm"
        if name.lower().startswith(("https:", "http:")):
            help = f"fetch it first: adaptgen pull {shlex.quote(name)}"
        raise error("AG055", "no such file, folder or revision", Where(name), near if "mean" in near else help)
    revision, _, path_named = name.partition(":")
    inside = revisions.resolve_path(path_named)
    shown = posixpath.relpath(inside or ".", revisions.working_folder() or ".")
    with tempfile.TemporaryDirectory(prefix="adaptgen-") as temporary:
        # The root of a server is two folders above it, also where that is not in the repository: never out of here.
        folder = Path(temporary, "parent", "repository")
        if kind == "blob":
            # Hints and the files that a document refers to are next to it.
            tree, own = revisions.parent(name)
            revisions.extract(tree, folder)
            yield ComparisonInput(folder / own, shown)
        else:
            _extract_servers(revision, inside, folder)
            yield ComparisonInput(folder / inside, shown, taken=True)


def _extract_servers(revision: str, inside: str, into: Path) -> None:
    """The generated servers below ``inside`` in a revision, each with its document and what is next to that."""
    (into / inside).mkdir(parents=True, exist_ok=True)
    files = revisions.files_below(revision, inside)
    names = set(files)
    servers = [
        folder
        for folder in dict.fromkeys(posixpath.dirname(one) for one in files if posixpath.basename(one) == "server.py")
        if posixpath.join(folder, lock.NAME) in names or folder == inside or posixpath.dirname(folder) == inside
    ]
    if not servers:
        return
    revisions.extract(revision, into, [one or "." for one in servers])  # git takes no empty path for its root
    wanted: list[str] = []
    for folder in servers:
        if source := projects.source_of(into / folder):
            spec = posixpath.normpath(posixpath.join(folder, "..", "..", source))
            wanted += _needed(into / folder, spec)
    if wanted := [one for one in dict.fromkeys(wanted) if projects.is_below(one)]:
        revisions.extract(revision, into, wanted)


def _needed(folder: Path, spec: str) -> Iterator[str]:
    """What a server was built from, as its lock says it; the folder of side files and the workspace."""
    beside = posixpath.dirname(spec)
    yield from (spec, posixpath.splitext(spec)[0], posixpath.join(beside, WORKSPACE))
    known = lock.read(folder)
    for name in known.inputs if known is not None else ():
        yield posixpath.normpath(posixpath.join(beside, name))
    shared = known.options.get("governance") if known is not None else None
    if isinstance(shared, str):
        yield posixpath.normpath(posixpath.join(posixpath.dirname(spec), "..", shared.removeprefix("../../")))


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
    before, after = _projects(old), _projects(new)
    # A revision from before the first server is not an error: everything is new then.
    if not (before and after) and (not old.taken or not (before or after)):
        help = "name a folder that adaptgen build wrote, or the folder that holds such folders"
        raise error("AG055", "no generated server found in it", Where((old if after else new).shown), help)
    if list(before) == list(after) == ["."]:
        return order_changes(_compared(before["."], after["."]))
    found: list[Change] = []
    gone = [one for key, one in before.items() if key not in after]
    fresh = [one for key, one in after.items() if key not in before]
    for was, now in _moved(gone, fresh):
        gone.remove(was)
        fresh.remove(now)
        text = f"the server moved from {was.shown}: clients, deployments and workflows that name the folder"
        found.append(Change("review", now.path.name, "server-moved", text, Where(f"{now.shown}/server.py", 1, 1),
                            server=now.path.name))  # fmt: skip
        found += _compared(was, now)
    found += [server_disappeared(folders.read(one.path, one.shown)) for one in gone]
    found += [server_appeared(folders.read(one.path, one.shown)) for one in fresh]
    for key in sorted(before.keys() & after.keys()):
        found += _compared(before[key], after[key])
    return order_changes(found)


def _projects(side: ComparisonInput) -> dict[str, projects.Project]:
    """By their place: "." for a folder that is a server itself."""
    return {one.key: one for one in projects.find_projects(side.path, side.shown)}


def _moved(gone: Sequence[projects.Project], fresh: Sequence[projects.Project]) -> list[tuple[Any, Any]]:
    """The servers that are in another folder now: what is unique by its name."""
    before, after = (Counter(one.path.name for one in some) for some in (gone, fresh))
    by_name = {one.path.name: one for one in fresh}
    unique = [one for one in gone if before[one.path.name] == after[one.path.name] == 1]
    return [(one, by_name[one.path.name]) for one in unique]


def _compared(old: projects.Project, new: projects.Project) -> tuple[Change, ...]:
    if projects.same_files(old, new):
        return ()
    (before, _), (after, unread) = projects.read_project(old), projects.read_project(new)
    # The policies of a generated folder are next to the document that it was made from.
    side = Path(new.source).with_suffix("") / "policies" if new.source else Path("policies")
    found = _with_policies(before, after, new.root / side, new.name_file(side.as_posix()))
    return (*found, *unread, *changed_side_files(old, new))


def _with_policies(old: Surface, new: Surface, folder: Path, shown: str) -> tuple[Change, ...]:
    found = compare_servers(old, new)
    return order_changes((*found, *_affected_policies(found, old, new, folder, shown)))


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
