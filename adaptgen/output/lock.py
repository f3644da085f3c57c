"""``adaptgen.lock``: what a generated folder was made from, and what was made.

It is JSON in a stable layout: the format, the document, the hash of every file that was read (paths relative to the
folder of the document, so that the lock is the same on every machine), the options, the name of each operation's tool,
and the hash of every file that was written. Hashes are SHA-256, in hexadecimal digits. The names are an input of the
next build: an operation keeps the name of its tool, and earlier names are served on. The lock says nothing about the
generator: another version of adaptgen that writes the same files writes the same lock.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where
from adaptgen.model.frozen import value
from adaptgen.model.tables import FORMAT, Json

NAME = "adaptgen.lock"
IGNORED = frozenset(("__pycache__", ".DS_Store"))
"""Names in a generated folder that are nobody's work."""

_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_LONGEST_DIFF = 20_000


@value()
class Lock:
    """The content of a lock. ``inputs`` and ``files`` map paths (POSIX) to hashes."""

    spec: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Json] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    format: int = FORMAT


def make(
    *,
    spec: str,
    inputs: Iterable[tuple[str, str]],
    options: Mapping[str, Json],
    files: Mapping[str, str],
    names: Mapping[str, Sequence[str]] = {},
) -> str:
    """The text of the lock for ``files`` (path -> text). ``spec`` is the document's file name; ``names``: operation ->
    the name of its tool, then its earlier names."""
    lock = {
        "format": FORMAT,
        "spec": spec,
        "options": dict(sorted(options.items())),
        "inputs": dict(sorted(inputs)),
        "names": {one: given[0] if len(given) == 1 else list(given) for one, given in sorted(names.items())},
        "files": {path: digest(text.encode()) for path, text in sorted(files.items()) if path != NAME},
    }
    return json.dumps(lock, indent=2) + "\n"


def read(folder: Path) -> Lock | None:
    """The lock of a generated folder; None if it has none.

    Raises:
        AdaptgenError: AG050, the lock cannot be understood (a merge conflict, for instance).
    """
    path = folder / NAME
    try:
        found = json.loads(path.read_bytes())
        lock = Lock(**{key: found[key] for key in ("spec", "inputs", "options", "files", "format")})
        lock = replace(lock, names=_names(found.get("names", {})))
        texts = (lock.spec, *lock.inputs.items(), *lock.files.items(), *lock.names.values())
        if not isinstance(lock.format, int) or not isinstance(lock.options, dict) or not all(map(_is_text, texts)):
            raise TypeError
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        help = f"delete {folder.name}/ and build again: everything in it is derived"
        raise AdaptgenError(Diagnostic("AG050", f"{NAME} cannot be understood", Where(str(path)), help)) from None
    return lock


def side_folder(folder: Path) -> Path | None:
    """The folder of the side files that a generated server was built with; None where its lock does not name it."""
    known = read(folder)
    source = known.options.get("source") if known else None
    return folder.resolve().parent.parent / Path(source).with_suffix("") if isinstance(source, str) else None


def _names(written: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The names as they are written: one text, or a list where a tool was renamed. They become Python names, policies
    and files: each is a legal one, and of one operation.

    Raises:
        ValueError: they are not.
    """
    names = {one: (given,) if isinstance(given, str) else tuple(given) for one, given in written.items()}
    every = [name.lower() for given in names.values() for name in given]
    if not all(names.values()) or len(set(every)) != len(every) or not all(map(_NAME.fullmatch, every)):
        raise ValueError
    return names


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, tuple) and all(isinstance(one, str) for one in value))


def digest(data: bytes) -> str:
    """The SHA-256 of ``data`` in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


# ------------------------------------------------------------------------------------------------------------- drift


def edited(folder: Path) -> list[str]:
    """The generated files that no longer are as they were written: changed, or replaced by something else. Deleted
    ones are not edited: a build writes them again."""
    lock = read(folder)
    return [] if lock is None else [path for path, hash in sorted(lock.files.items()) if _changed(folder / path, hash)]


def _changed(path: Path, hash: str) -> bool:
    try:
        return path.is_symlink() or digest(_lines(path)) != hash
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _lines(path: Path) -> bytes:
    """The bytes of a generated file as adaptgen wrote them: a checkout with other line ends is not an edit."""
    return path.read_bytes().replace(b"\r\n", b"\n")


def refuse_edits(folder: Path, *, hints: str) -> None:
    """Refuse to overwrite what a person changed by hand. ``hints``: the hints file, as it is to be named.

    Raises:
        AdaptgenError: AG050 for every file that was edited.
    """
    found = [
        Diagnostic("AG050", "this generated file was edited by hand", Where(str(folder / path)), _instead(path, hints))
        for path in edited(folder)
    ]
    if found:
        raise AdaptgenError(*found)


def _instead(path: str, hints: str) -> str:
    if path == "README.md":
        where = "write your own page elsewhere: this one is derived"
    elif path == "server.py":
        where = f"say it in {hints} (server, defaults)"
    elif path == "auth.py":
        where = f"say it in {hints} (auth)"
    else:
        where = f"say it in {hints} (tools: names, descriptions, views, paging, arguments)"
    return f"{where}, then delete the edited file and build again"


def present(folder: Path) -> set[str]:
    """The paths (POSIX, relative) of all files in ``folder``, and of symbolic links and empty folders, which adaptgen
    never writes, with a ``/`` at the end. Links are not followed."""
    found: set[str] = set()
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.name in IGNORED:
            continue
        if entry.is_symlink():
            found.add(f"{entry.name}/")
        elif entry.is_dir():
            inner = present(entry)
            found |= {f"{entry.name}/{name}" for name in inner} or {f"{entry.name}/"}
        else:
            found.add(entry.name)
    return found


def diff(folder: Path, files: Mapping[str, str]) -> str:
    """What a build would change, as a unified diff; empty if nothing.

    A lock that differs in the hashes of the inputs alone is not a change: the same files came out.
    """
    there = {path for path in present(folder) if not path.endswith("/")}
    parts = [_file_diff(folder, path, files.get(path)) for path in sorted(there | set(files))]
    return "".join(parts)


def _file_diff(folder: Path, path: str, new: str | None) -> str:
    try:
        old = _lines(folder / path).decode("utf-8", "replace")
    except OSError:
        old = None
    if old == new or (path == NAME and old and new and _same_but_hashes(old, new)):
        return ""
    before, after = (old or "").splitlines(keepends=True), (new or "").splitlines(keepends=True)
    names = "/dev/null" if old is None else f"a/{path}", "/dev/null" if new is None else f"b/{path}"
    if min(len(before), len(after)) > _LONGEST_DIFF:
        return f"--- {names[0]}\n+++ {names[1]}\n@@ too long to compare: {len(before)} lines, then {len(after)} @@\n"
    lines = difflib.unified_diff(before, after, *names)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def keep(folder: Path, files: Mapping[str, str]) -> dict[str, str]:
    """``files`` with the lock that is there, where only the hashes of the inputs would differ in it.

    A document that was only reformatted, reordered or commented changes no byte of the server or of the
    lock.
    """
    try:
        old = _lines(folder / NAME).decode()
    except (OSError, UnicodeDecodeError):
        return dict(files)
    return {**files, NAME: old} if NAME in files and _same_but_hashes(old, files[NAME]) else dict(files)


def _same_but_hashes(old: str, new: str) -> bool:
    """Whether two locks differ in nothing but the hashes of the inputs."""
    try:
        first, second = json.loads(old), json.loads(new)
        if set(first["inputs"]) != set(second["inputs"]):
            return False
        return bool({**first, "inputs": None} == {**second, "inputs": None})
    except (ValueError, TypeError, LookupError):
        return False


def foreign(folder: Path, known: Collection[str]) -> list[str]:
    """What is in ``folder`` and not among the ``known`` paths, sorted."""
    return sorted(present(folder) - set(known))
