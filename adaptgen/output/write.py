"""{path: text} -> disk. The only file that writes a generated folder, and it does so all or nothing; single files too.

The new tree is built next to the old one, written to the disk, and replaces it by renaming. Until then nothing of
the old tree is touched; after a crash in between, the next build puts things right.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.model.frozen import value
from adaptgen.output import lock

try:
    import fcntl
except ImportError:  # Windows: two builds of one folder at a time are not kept apart there
    fcntl = None  # type: ignore[assignment]


@value()
class Changes:
    """What a build did, as sorted paths relative to the folder."""

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.created or self.changed or self.removed)


def write(out: Path, files: Mapping[str, str]) -> Changes:
    """Make the folder ``out`` hold exactly ``files`` (POSIX path -> text, the lock among them).

    Files that stay as they are keep their modification time.

    Raises:
        AdaptgenError: AG051, the folder cannot be written (the old tree is intact and nothing is left behind);
            AG053, it holds something that adaptgen did not write.
    """
    for path in files:
        if path.startswith("/") or "\\" in path or ".." in path.split("/"):
            raise ValueError(f"{path!r} is not a path inside a folder")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with _alone(out.parent):
            _recover(out)
            _refuse_foreign(out)
            changes = _compare(out, files)
            if changes or not out.is_dir():
                _replace(out, files, changes)
            return changes
    except OSError as failure:
        raise _unwritable(out, failure) from failure


def _unwritable(out: Path, failure: OSError) -> AdaptgenError:
    reason = _reason(out, failure)
    help = "nothing was changed; make room, or choose another folder with --out"
    return error("AG051", f"the folder cannot be written: {reason}", Where(str(out)), help)


def _reason(path: Path, failure: OSError) -> str:
    if isinstance(failure, (FileExistsError, NotADirectoryError)):
        for parent in path.parents:
            if parent.is_file():
                return f"{parent} is a file, and not a folder"
    reason = failure.strerror or type(failure).__name__
    return f"{reason[:1].lower()}{reason[1:]}"


@contextlib.contextmanager
def _alone(parent: Path) -> Iterator[None]:
    """Hold a lock on the folder itself (no lock file), so that builds into one folder take turns."""
    if fcntl is None:
        yield
        return
    handle = os.open(parent, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # file systems without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _aside(out: Path) -> Path:
    return out.with_name(f".{out.name}.adaptgen-old")


def _prefix(out: Path) -> str:
    return f".{out.name}.adaptgen-new-"


def _recover(out: Path) -> None:
    """Finish or undo what a crashed build left."""
    aside = _aside(out)
    if aside.is_dir() and not out.exists():
        aside.rename(out)
    elif aside.is_dir():
        shutil.rmtree(aside)
    for left in out.parent.glob(f"{_escaped(_prefix(out))}*"):
        shutil.rmtree(left)


def _escaped(text: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in text)


def _refuse_foreign(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        what = "a symbolic link" if out.is_symlink() else "no folder"
        raise error("AG051", f"the output folder is {what}", Where(str(out)), "remove it, or choose another --out")
    known = lock.read(out)
    found = lock.foreign(out, {lock.NAME, *known.files} if known else ())
    if found:
        help = "move it to the folder of side files, or delete it; everything in the output folder is derived"
        raise AdaptgenError(
            *(Diagnostic("AG053", "adaptgen did not write this", Where(str(out / path)), help) for path in found)
        )


def _compare(out: Path, files: Mapping[str, str]) -> Changes:
    there = lock.present(out)
    same = {path for path in files if path in there and (out / path).read_bytes() == files[path].encode()}
    return Changes(
        created=tuple(sorted(set(files) - there)),
        changed=tuple(sorted((set(files) & there) - same)),
        removed=tuple(sorted(there - set(files))),
        unchanged=tuple(sorted(same)),
    )


def _replace(out: Path, files: Mapping[str, str], changes: Changes) -> None:
    new = Path(tempfile.mkdtemp(prefix=_prefix(out), dir=out.parent))
    try:
        new.chmod(0o777 & ~_umask())
        same = set(changes.unchanged)
        written: list[Path] = []
        folders = {new}
        for path, text in sorted(files.items()):
            target = new / path
            if target.parent not in folders:
                target.parent.mkdir(parents=True, exist_ok=True)
                folders |= {parent for parent in target.parents if parent.is_relative_to(new)}
            if path not in same or not _linked(out / path, target):
                target.write_bytes(text.encode())
                written.append(target)
        # After all is written: the first sync brings most of the rest along.
        for target in (*written, *sorted(folders)):
            _sync(target)
        _swap(out, new)
    finally:
        # Still there only after a failure.
        shutil.rmtree(new, ignore_errors=True)


def _linked(old: Path, new: Path) -> bool:
    """Take the unchanged file over with its times and without copying, where the file system can."""
    try:
        os.link(old, new, follow_symlinks=False)
    except (OSError, NotImplementedError):
        return False
    return True


def _swap(out: Path, new: Path) -> None:
    aside = _aside(out)
    had = out.is_dir()
    if had:
        out.rename(aside)
    try:
        new.rename(out)
    except OSError:
        if had:
            aside.rename(out)
        raise
    _sync(out.parent)
    if had:
        # The new tree stands. What cannot be removed now is removed by the next build.
        shutil.rmtree(aside, ignore_errors=True)


def cannot_write(path: Path, failure: OSError) -> AdaptgenError:
    """The error for a file that :func:`write_file` could not write."""
    help = "make its folder writable, or choose another path"
    return error("AG051", f"the file cannot be written: {_reason(path, failure)}", Where(path.as_posix()), help)


def write_file(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write one file whole or not at all. ``mode``: its permissions; by default those that it has.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if mode is None:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.adaptgen-", dir=path.parent)
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.chmod(mode)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    now = os.umask(0o022)
    os.umask(now)
    return now
