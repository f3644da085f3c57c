"""Whether a build would change nothing, without building.

After a build, a file in the user's cache directory holds one digest for the folder: of the generator, the options,
and the content of every input and output. While that digest stays the same, so does what a build would write. Without
the file a build runs. Nothing here imports the generator: an unchanged build only reads and compares.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Json
from adaptgen.output import lock
from adaptgen.text.files import cache_folder

# What the output depends on: the bottom layer, and the build column up to the renderer.
_SOURCES = (
    "building", "config", "mcp", "model", "net", "pii", "plan", "render", "source", "syntax", "text", "tool_search",
    "views",
)  # fmt: skip


def is_unchanged(folder: Path, *, spec: Path, sides: Iterable[Path] = (), options: Mapping[str, Json] = {}) -> bool:
    """Whether a build of ``spec`` would write what is in ``folder``, as the last build there recorded it.

    ``sides``: the side files that would be read if they existed; one that appeared or went makes a difference.
    Raises nothing: whatever is odd is a difference.
    """
    try:
        written = lock.read(folder)
        if written is None or written.spec != spec.name or dict(written.options) != dict(options):
            return False
        base = spec.parent
        if any(path.exists() != (path.relative_to(base).as_posix() in written.inputs) for path in sides):
            return False
        if lock.present(folder) != {lock.NAME, *written.files}:
            return False
        recorded = _record_of(folder).read_text("ascii")
        inputs = {path: lock.digest((base / path).read_bytes()) for path in written.inputs}
        files = {path: lock.digest((folder / path).read_bytes()) for path in (lock.NAME, *written.files)}
        return recorded == _digest(options, inputs, files)
    except (AdaptgenError, OSError, ValueError, RuntimeError):
        return False


def record(folder: Path, *, inputs: Mapping[str, str], options: Mapping[str, Json], files: Mapping[str, str]) -> None:
    """Remember that a build with these ``inputs`` (path -> hash) and ``options`` wrote these ``files`` (path -> text)
    into ``folder``. A cache that cannot be written is not an error: the next build runs."""
    digests = {path: lock.digest(text.encode()) for path, text in files.items()}
    with contextlib.suppress(OSError, RuntimeError):
        path = _record_of(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.write_text(_digest(options, inputs, digests), "ascii")
        fresh.replace(path)


def _record_of(folder: Path) -> Path:
    return cache_folder(os.environ) / "builds" / lock.digest(os.fsencode(folder.resolve()))


def _digest(options: Mapping[str, Json], inputs: Mapping[str, str], files: Mapping[str, str]) -> str:
    return lock.digest(json.dumps([generator(), options, inputs, files], sort_keys=True).encode())


@cache
def generator() -> str:
    """A hash of everything of adaptgen that the output depends on: its sources, up to the renderer, and templates."""
    from adaptgen.render.safe import templates

    package = str(Path(__file__).parents[1])
    sources = [*_files(package, ".py"), *(path for one in _SOURCES for path in _files(f"{package}/{one}", ".py", True))]
    sources.append(lock.__file__)
    named = [(path[len(package) + 1 :].replace(os.sep, "/"), path) for path in sources]
    named += [(f"templates/{path.rpartition(os.sep)[2]}", path) for path in _files(str(templates()), ".j2")]
    total = hashlib.sha256()
    for name, path in sorted(named):
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            total.update(f"{name}\0{lock.digest(file.read())}\n".encode())
    return total.hexdigest()


def _files(folder: str, suffix: str, deep: bool = False) -> Iterator[str]:
    # Not by pathlib: every build goes through two hundred files here.
    for one in os.scandir(folder):
        if one.name.endswith(suffix):
            yield one.path
        elif deep and one.is_dir():
            yield from _files(one.path, suffix, deep)
