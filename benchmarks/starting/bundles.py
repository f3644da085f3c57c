"""Bundles as they are deployed, unpacked; and the one of the reference, made of the same parts."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

from adaptgen.cli import main
from adaptgen.ship.bundles import compiling, package, wheels
from adaptgen.ship.bundles.shipment import read_deployable
from adaptgen.ship.bundles.target import Target
from adaptgen.text.files import cache_folder

ROOT = Path(__file__).parents[2]
TARGET = Target()


def interpreter() -> str:
    """The interpreter itself, and not a script that looks for it."""
    path = compiling.find_interpreter(TARGET)[0]
    say = [path, "-I", "-S", "-c", "import sys; print(sys.executable)"]
    return subprocess.run(say, capture_output=True, text=True, check=True).stdout.strip()


def ours(
    folder: Path,
    name: str = "ours",
    server: Path = Path("generated/crm"),
    governance: Path = Path("specs/crm/deployed.yaml"),
) -> Path:
    """A server under settings, as ``adaptgen package`` makes it; unpacked."""
    out = folder / f"{name}.zip"
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        command = ["package", str(server), "--governance", str(governance), "-q", "-o", str(out)]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            code = main(command)
        if code:
            raise RuntimeError(f"adaptgen package ended with {code}")
    finally:
        os.chdir(here)
    return _unpacked(folder / name, out)


def reference(folder: Path) -> Path:
    """The same tools without governance for FastMCP and Mangum: its wheels in place of those that only we need."""
    names = (
        "fastmcp-slim[server]",
        "mangum",
        *package.roots(read_deployable(ROOT / "generated/crm", ROOT / "specs/crm/deployed.yaml"), TARGET),
    )
    found = wheels.gather(names, TARGET, _cache())
    files = {**package.unpack_wheels(found), **package.serving_files()}
    files["adaptgen/transports/fastmcp.py"] = (ROOT / "adaptgen/transports/fastmcp.py").read_bytes()
    for path in sorted((ROOT / "generated/crm").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            files[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    return _written(folder / "reference", files)


def platform(folder: Path) -> Path:
    """What the runtime of Lambda brings: boto3, on the path behind the bundle."""
    return _written(folder / "platform", package.unpack_wheels(wheels.gather(("boto3",), TARGET, _cache())))


def _cache() -> Path:
    return cache_folder(os.environ) / "wheels"


def _written(folder: Path, files: Mapping[str, bytes]) -> Path:
    """With bytecode that is not checked against its source, as in a bundle."""
    for name, content in {**files, **compiling.compile_modules(files, interpreter())}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def _unpacked(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    return folder
