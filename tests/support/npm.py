"""Packages of npm, installed once into the cache that services share."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from support.services import Unavailable, cache


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
