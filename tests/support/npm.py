"""Packages of npm, installed once into the cache that services share."""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from support.services import Unavailable, cache

NODE = "24.21.0"
"""What is fetched where the machine has none, or an older one."""


def packages(name: str, wanted: Mapping[str, str]) -> Path:
    """The ``node_modules`` folder that holds exactly these versions (package -> version).

    Raises:
        Unavailable: there is no npm, or the packages cannot be had.
    """
    npm = shutil.which("npm")
    listed = [f"{package}@{version}" for package, version in sorted(wanted.items())]
    mark = hashlib.sha256(" ".join(listed).encode()).hexdigest()[:12]
    folder = cache() / f"npm-{name}-{mark}"
    if not (folder / "ready").exists():
        if npm is None:
            raise Unavailable(f"{', '.join(sorted(wanted))}: there is no npm")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), *listed]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        if done.returncode:
            raise Unavailable(f"{' '.join(listed)} cannot be installed: {done.stderr.strip()[-400:]}")
        (folder / "ready").touch()
    return folder / "node_modules"


def node_of(least: int) -> str:
    """A Node.js of at least this version: the machine's own, or one from the registry.

    Raises:
        Unavailable: it cannot be had.
    """
    found = shutil.which("node")
    if found is not None:
        said = subprocess.run([found, "-p", "process.versions.node"], capture_output=True, text=True, check=False)
        if said.returncode == 0 and int(said.stdout.partition(".")[0]) >= least:
            return found
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    package = f"node-{sys.platform}-{machine}"
    return str(packages("node", {package: NODE}) / package / "bin" / "node")
