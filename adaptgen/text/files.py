"""The bytes of a file; or why it cannot be read, and what its reader may have meant. And where adaptgen keeps files of
its own in a user's home (XDG Base Directory Specification 0.8)."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from shlex import quote

from adaptgen.diagnostics import AdaptgenError, Where, error
from adaptgen.model.frozen import lazy

MAX_BYTES = 64 * 1024 * 1024
"""No description of an API is larger; what is, is refused before it is parsed."""

_DOCUMENTS = (".yaml", ".yml", ".json")
_ADDRESS = lazy(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?::[0-9]+)?/\S+|localhost(?::[0-9]+)?/\S+", re.IGNORECASE)


def explain(path: Path, failure: OSError, ends: Collection[str] = _DOCUMENTS) -> tuple[str, str]:
    """The reason in words, and a help. ``ends``: of the files that are wanted there."""
    if isinstance(failure, IsADirectoryError) or path.is_dir():
        return "it is a folder", _of_folder(path, ends)
    if isinstance(failure, (FileNotFoundError, NotADirectoryError)):
        return "there is no such file", suggest(path)
    if isinstance(failure, PermissionError):
        return "this user may not read it", f"make it readable: chmod u+r {quote(str(path))}"
    reason = failure.strerror or type(failure).__name__
    return f"{reason[:1].lower()}{reason[1:]}", "check the path"


def suggest(path: Path) -> str:
    """A neighbour of a path where nothing is that has nearly its name, or the URL that lacks its scheme."""
    if _ADDRESS.fullmatch(path.as_posix()):
        return f"a URL begins with https://: adaptgen pull {quote(f'https://{path.as_posix()}')}"
    try:
        names = {one.name: one for one in sorted(path.parent.iterdir()) if not one.name.startswith(".")}
    except OSError:
        return f"there is no folder {path.parent.as_posix()} here either: check the path"
    # By what comes before the suffix: of short names it is most of the text.
    near = difflib.get_close_matches(path.stem, [Path(name).stem for name in names], 1, 0.6)
    meant = [one for name, one in names.items() if near and Path(name).stem == near[0]]
    if meant:
        same = [one for one in meant if one.suffix == path.suffix]
        return f"did you mean {(same or meant)[0].as_posix()!r}?"
    return "check the path; it is relative to the folder that you are in"


def _of_folder(path: Path, ends: Collection[str]) -> str:
    if (path / "server.py").is_file():
        return "it is a generated server: name the document that it was built from"
    try:
        found = sorted(one.as_posix() for one in path.iterdir() if one.suffix in ends and one.is_file())
    except OSError:
        found = []
    return f"name a file in it, such as {found[0]}" if found else "name a file"


def read_file(path: Path, shown: str) -> bytes:
    """The bytes of a file (AG001), without reading one that is too large into memory (AG005)."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(MAX_BYTES + 1) if size <= MAX_BYTES else b""
            if max(size, len(data)) > MAX_BYTES:
                raise too_large(max(size, len(data)), shown)
            return data
    except OSError as broken:
        reason, help = explain(path, broken)
        raise error("AG001", f"the file cannot be read: {reason}", Where(shown), help) from None


def too_large(size: int, file: str, max_bytes: int = MAX_BYTES) -> AdaptgenError:
    """The error for a file of ``size`` bytes."""
    help = "name another file, or divide it"
    return error("AG005", f"the file has {size:,} bytes; at most {max_bytes:,} are read", Where(file), help)


def state_folder(environ: Mapping[str, str]) -> Path:
    """Files that outlive a process: ``ADAPTGEN_STATE``, else ``adaptgen`` in the user's state folder."""
    given = environ.get("ADAPTGEN_STATE")
    return Path(given) if given else _base(environ, "XDG_STATE_HOME", ".local/state") / "adaptgen"


def config_folder(environ: Mapping[str, str]) -> Path:
    """What a person has set up: ``adaptgen`` in the user's folder of configuration."""
    return _base(environ, "XDG_CONFIG_HOME", ".config") / "adaptgen"


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Files that may be lost at any time: ``adaptgen`` in the user's cache."""
    return _base(environ, "XDG_CACHE_HOME", ".cache") / "adaptgen"


def _base(environ: Mapping[str, str], variable: str, default: str) -> Path:
    """A relative path in the variable is invalid and ignored, as the specification says."""
    given = environ.get(variable, "")
    return Path(given) if given.startswith("/") else Path.home() / default
