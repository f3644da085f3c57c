"""The conformance suite of the Model Context Protocol, installed once, run against a URL."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import yaml
from support.services import Unavailable, cache

SUITE = "0.2.0-alpha.12"
NODE = "24"
MEETS = {"2026-07-28": 14, "2025-11-25": 11}
"""Required scenarios that a server with tools alone can meet, in answers of one piece."""


def installed() -> Path:
    """The folder in which the suite and its Node.js are installed.

    Raises:
        Unavailable: there is no npm, or the packages cannot be had.
    """
    npm = shutil.which("npm")
    folder = cache() / f"conformance-{SUITE}-node{NODE}"
    if (folder / "ready").exists():
        return folder
    if npm is None:
        raise Unavailable("the conformance suite needs npm")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    packages = [f"node@{NODE}", f"@modelcontextprotocol/conformance@{SUITE}"]
    command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        raise Unavailable(f"the conformance suite cannot be installed: {done.stderr.strip()[-400:]}")
    (folder / "ready").touch()
    return folder


def scenarios(url: str, revision: str) -> tuple[set[str], set[str]]:
    """The scenarios that pass without a failure, and those that the revision requires.

    Raises:
        Unavailable: as :func:`installed`.
    """
    folder = installed()
    package = folder / "node_modules" / "@modelcontextprotocol" / "conformance"
    node = folder / "node_modules" / ".bin" / "node"
    command = [str(node), "dist/index.js", "server", "--url", url, "--requirements", revision]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=package, timeout=300)
    required = yaml.safe_load((package / "requirements" / f"{revision}.yaml").read_text())["server"]
    summary = done.stdout.partition("=== SUMMARY ===")[2]
    return set(re.findall(r"^✓ ([\w-]+): \d+ passed, 0 failed", summary, re.MULTILINE)), set(required)
