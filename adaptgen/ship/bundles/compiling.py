"""Bytecode for the interpreter of the target: start-up is three times slower without it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from adaptgen.diagnostics import error
from adaptgen.ship.bundles.target import Target

ROOT = "/var/task"
"""Where the files lie when they run: the name of a file in tracebacks."""


def find_interpreter(target: Target, given: str = "") -> tuple[str, str]:
    """Path and full version of an interpreter of the target's version, else AG092; ``given`` is tried alone."""
    for path in [given] if given else _candidates(target):
        version = _version(path)
        if version.startswith(f"{target.python}."):
            return path, version
    wanted = (
        f"{given} is not Python {target.python}" if given else f"Python {target.python} was not found on this machine"
    )
    help = "install it, name it with --interpreter, or leave the bytecode out with --no-compile (starts are slower)"
    raise error("AG092", f"{wanted}, whose bytecode the bundle holds", help=help)


def _candidates(target: Target) -> Iterator[str]:
    yield sys.executable
    name = f"python{target.python}"
    for folder in os.get_exec_path():
        found = shutil.which(name, path=folder)
        if found is not None:
            yield found
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for found_there in sorted(pyenv.glob(f"{target.python}.*/bin/{name}")):
        yield str(found_there)


def _version(path: str) -> str:
    say = "import sys; print('.'.join(map(str, sys.version_info[:3])) if sys.implementation.name == 'cpython' else '')"
    try:
        done = subprocess.run([path, "-I", "-S", "-c", say], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def compile_modules(files: Mapping[str, bytes], path: str) -> dict[str, bytes]:
    """The bytecode of every module of ``files``, by path; a module that does not compile there has none. It is never
    checked against its source (PEP 552), and the same for the same files and interpreter: one process, one order, a
    fixed seed of hashes, nothing of this machine in it. AG092 where the interpreter fails."""
    with tempfile.TemporaryDirectory(prefix="adaptgen-compile-") as made:
        root = Path(made)
        for name, content in files.items():
            if name.endswith(".py"):
                target = root / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        command = [
            path, "-s", "-S", "-m", "compileall", "-qq", "-j1", "--invalidation-mode", "unchecked-hash",
            "-s", made, "-p", ROOT, made,
        ]  # fmt: skip
        environ = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "PATH": os.defpath}
        done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)  # noqa: S603
        # 1: some file of a wheel is not Python of this version, and is there for another one.
        if done.returncode not in (0, 1):
            raise error("AG092", f"{path} does not compile the bundle: exit code {done.returncode}")
        return {one.relative_to(root).as_posix(): one.read_bytes() for one in sorted(root.rglob("*.pyc"))}
