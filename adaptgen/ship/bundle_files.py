"""The files of a bundle: adaptgen's serving half, the wheels without what no server needs."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from adaptgen.ship.wheels import Wheel

_PACKAGE = Path(__file__).parents[1]
_NOT_SERVING = frozenset(
    {
        "building",
        "cli",
        "compare",
        "demo",
        "output",
        "plan",
        "readiness",
        "render",
        "ship",
        "source",
        "templates",
        "__pycache__",
    }
)
"""The packages of the build column and of the command line. What both columns share is not among them."""
_LAPTOP = frozenset({"transports/fastmcp.py", "transports/serve.py"})
"""The transport of stdio, which brings FastMCP."""
_TESTS = frozenset({"tests", "test", "__pycache__"})
_SOURCES = (".pyi", ".pyx", ".pxd", ".c", ".h", ".cpp", ".rs", ".pyc")
_METADATA = frozenset({"METADATA", "entry_points.txt"})
"""What is read when a process runs: versions and entry points (OpenTelemetry finds its parts by them)."""


def serving_files() -> dict[str, bytes]:
    """The modules of adaptgen that serve: path in the bundle -> content."""
    found: dict[str, bytes] = {}
    for path in sorted(_PACKAGE.glob("*.py")):
        found[f"adaptgen/{path.name}"] = path.read_bytes()
    # ``python -m adaptgen`` is the command line, which is not there.
    found.pop("adaptgen/__main__.py", None)
    for path in sorted(_PACKAGE.glob("*/**/*.py")):
        name = path.relative_to(_PACKAGE).as_posix()
        if name.partition("/")[0] not in _NOT_SERVING and name not in _LAPTOP and name != "model/plan.py":
            found[f"adaptgen/{name}"] = path.read_bytes()
    return found


def unpack_wheels(wheels: Iterable[Wheel]) -> dict[str, bytes]:
    """The files of ``wheels`` as an interpreter finds them: path in the bundle -> content."""
    found: dict[str, bytes] = {}
    for wheel in wheels:
        with zipfile.ZipFile(wheel.path) as archive:
            for entry in sorted(archive.namelist()):
                path = None if entry.endswith("/") else _kept(PurePosixPath(entry))
                if path is not None:
                    found[path] = archive.read(entry)
    return found


def _kept(path: PurePosixPath) -> str | None:
    parts = path.parts
    if ".." in parts or path.is_absolute():
        return None
    top = parts[0]
    if top.endswith(".data"):  # PEP 427: purelib and platlib are installed beside the rest, scripts are not
        if len(parts) < 3 or parts[1] not in ("purelib", "platlib"):
            return None
        return _kept(PurePosixPath(*parts[2:]))
    if top.endswith(".dist-info"):
        licence = parts[1] == "licenses" or parts[1].upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE"))
        return str(path) if licence or parts[1] in _METADATA else None
    if _TESTS & set(parts[:-1]) or path.suffix in _SOURCES or path.name == "py.typed":
        return None
    return str(path)
