"""Files of a git revision, read-only: nothing is checked out, no filter, hook or attribute of the repository runs."""

from __future__ import annotations

import os
import posixpath
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath

from adaptgen.diagnostics import AdaptgenError, error

_LARGEST = 200_000_000
_REGULAR = ("100644", "100755")
_HELP = "name a file or folder, or a revision and a path: HEAD~1:generated/crm; a bare revision takes the other path"


def kind(name: str) -> str:
    """What ``REVISION:PATH`` is in the repository of the working folder: ``tree``, ``blob``, or "" for neither."""
    if name.startswith("-"):
        return ""
    found = _git("cat-file", "-t", name, check=False)
    return found.decode().strip() if found else ""


def is_revision(name: str) -> bool:
    """Whether ``name`` is a commit (a branch, a tag, ``HEAD~1``)."""
    return not name.startswith("-") and bool(
        _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", check=False)
    )


def last_changed(path: Path) -> date:
    """The day on which a file last changed: of its commit, or that of the file where it is not in a repository or has
    changed since.

    Raises:
        OSError: there is no such file.
    """
    folder = path.parent
    with suppress(AdaptgenError):
        committed = _git("cat-file", "blob", f"HEAD:./{path.name}", check=False, folder=folder)
        if committed and committed == path.read_bytes():
            log = ("--literal-pathspecs", "log", "-1", "--format=%cs", "--", path.name)
            if day := _git(*log, check=False, folder=folder).decode().strip():
                return date.fromisoformat(day)
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date()


def path_at_root(path: Path) -> str:
    """``path`` as a revision knows it: relative to the root of the repository.

    Raises:
        AdaptgenError: AG055, the path is not in the repository of the working folder.
    """
    top = _git("rev-parse", "--show-toplevel", check=False)
    root = Path(top.decode().strip()) if top else None
    real = path.resolve()
    if root is None or not real.is_relative_to(root.resolve()):
        raise _wrong(f"{path} is not in a git repository")
    return real.relative_to(root.resolve()).as_posix()


def merge_base(revision: str) -> str:
    """The commit where ``HEAD`` left ``revision``: what a change request is compared with.

    Raises:
        AdaptgenError: AG126, the revision is not in this clone, or has no commit in common with ``HEAD``.
    """
    shallow = _git("rev-parse", "--is-shallow-repository", check=False).strip() == b"true"
    help = "fetch it first: git fetch origin BRANCH"
    if shallow:
        help = "this clone is shallow: git fetch --unshallow, or fetch-depth: 0 on GitHub, GIT_DEPTH: 0 on GitLab"
    if not is_revision(revision):
        raise error("AG126", f"the revision {revision} is not in this clone, so nothing can be compared", help=help)
    found = _git("merge-base", "--end-of-options", revision, "HEAD", check=False).decode().strip()
    if not found:
        message = f"{revision} and HEAD have no commit in common in this clone, so nothing can be compared"
        raise error("AG126", message, help=help)
    return found


def resolve_path(path: str) -> str:
    """``PATH`` of ``REVISION:PATH`` from the root of the repository, "" for the root itself: ``./x`` is relative to the
    working folder."""
    if path.split("/")[0] in (".", ".."):
        path = posixpath.join(working_folder(), path)
    return posixpath.normpath(path) if path and posixpath.normpath(path) != "." else ""


def working_folder() -> str:
    """The working folder from the root of its repository; "" for the root itself."""
    return _git("rev-parse", "--show-prefix", check=False).decode().strip().rstrip("/")


def files_below(revision: str, folder: str = "") -> list[str]:
    """The paths, from the root, of all files below ``folder`` in a revision."""
    where = (f"{folder}/",) if folder else ()
    listed = _git("ls-tree", "-r", "-z", "--name-only", "--full-tree", "--end-of-options", revision, *where)
    return [one.decode("utf-8", "surrogateescape") for one in listed.split(b"\0") if one]


def extract(name: str, into: Path, paths: Sequence[str] = ()) -> None:
    """Write the files below the tree ``name`` (``REVISION:PATH``, or a revision) into ``into``: all, or those below
    ``paths``. Links and submodules are left out.

    Raises:
        AdaptgenError: AG055, the tree does not exist, or is larger than 200 MB.
    """
    # Paths that begin with ":" would be read as patterns by other commands; ls-tree takes them as they are.
    listed = _git("ls-tree", "-r", "-l", "-z", "--full-tree", "--end-of-options", name, *paths)
    entries: list[tuple[str, str]] = []
    total = 0
    for line in filter(None, listed.split(b"\0")):
        about, _, path = line.decode("utf-8", "surrogateescape").partition("\t")
        mode, _, digest, size = about.split()
        pure = PurePosixPath(path)
        if mode not in _REGULAR or pure.is_absolute() or ".." in pure.parts:
            continue
        total += int(size)
        entries.append((digest, path))
    if total > _LARGEST:
        raise _wrong(f"{name} holds more than 200 MB")
    data = _git("cat-file", "--batch", given="".join(f"{digest}\n" for digest, _ in entries).encode())
    position = 0
    for _, path in entries:
        end = data.index(b"\n", position)
        length = int(data[position:end].split()[2])
        target = into / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data[end + 1 : end + 1 + length])
        position = end + 2 + length


def parent(name: str) -> tuple[str, str]:
    """``REVISION:PATH`` of a file -> the tree of its folder, and its own name."""
    revision, _, path = name.partition(":")
    return f"{revision}:{posixpath.dirname(path)}", posixpath.basename(path)


def published_commit(folder: Path) -> tuple[str, str]:
    """Address of the remote ``origin`` of a clone (or "") and the commit that is checked out (or "", not pushed)."""
    top = _git("rev-parse", "--show-toplevel", check=False, folder=folder) if folder.is_dir() else b""
    if not top or Path(top.decode().strip()).resolve() != folder.resolve():  # a part of another repository
        return "", ""
    origin = _git("remote", "get-url", "origin", check=False, folder=folder).decode().strip()
    pushed = origin and _git("branch", "--remotes", "--contains", "HEAD", check=False, folder=folder)
    return origin, _git("rev-parse", "HEAD", folder=folder).decode().strip() if pushed else ""


def _git(*arguments: str, given: bytes = b"", check: bool = True, folder: Path | None = None) -> bytes:
    """What a git command that only reads prints; empty where it fails and ``check`` is off."""
    environ = os.environ | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C",
    }
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "--no-pager", *arguments],  # noqa: S607 (the user's own git)
            input=given,
            env=environ,
            cwd=folder,
            capture_output=True,
            check=False,
        )
    except OSError:
        raise _wrong("git cannot be run") from None
    if done.returncode and check:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["git failed"]
        raise _wrong(lines[0])
    return b"" if done.returncode else done.stdout


def _wrong(message: str) -> AdaptgenError:
    return error("AG055", message, help=_HELP)
