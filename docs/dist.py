"""Build what a release consists of: ``python docs/dist.py`` (``make dist`` also tests it, tests/release/test_dist.py).

``dist/`` holds the sdist and the wheel. ``build/environment`` is a virtual environment with the wheel and what it
depends on, and nothing else, and ``build/adaptgen-VERSION.cdx.json`` the bill of materials of it (CycloneDX 1.6): the
packages that ``pip install adaptgen`` brings on the day of the release.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
ENVIRONMENT = ROOT / "build" / "environment"


def build() -> tuple[Path, Path]:
    """The sdist and the wheel."""
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel")
    (sdist,), (wheel,) = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
    return sdist, wheel


def install(wheel: Path) -> None:
    """A new environment with the wheel alone; pip stays outside, so that it is in no bill of materials."""
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    run(sys.executable, "-m", "venv", "--without-pip", str(ENVIRONMENT))
    # By its version, not its path, which the environment would note.
    named = f"adaptgen=={wheel.name.split('-')[1]}"
    pip = (sys.executable, "-m", "pip", "--python", str(ENVIRONMENT / "bin" / "python"))
    run(*pip, "install", "--quiet", "--disable-pip-version-check", "--find-links", str(wheel.parent), named)


def bill_of_materials(wheel: Path) -> Path:
    """What is in the environment, as the parts of the wheel."""
    # ``--no-validate``: the test validates the file as it is after the change below.
    listing = ("-m", "cyclonedx_py", "environment", "--output-reproducible", "--no-validate", "--sv", "1.6")
    bill: dict[str, Any] = json.loads(run(sys.executable, *listing, str(ENVIRONMENT)))
    (own,) = (one for one in bill["components"] if one["name"] == "adaptgen")
    bill["components"].remove(own)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    bill["metadata"]["component"] = own | {"type": "application", "hashes": [{"alg": "SHA-256", "content": digest}]}
    path = ROOT / "build" / f"adaptgen-{wheel.name.split('-')[1]}.cdx.json"
    for old in path.parent.glob("*.cdx.json"):
        old.unlink()
    path.write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n", "utf-8")
    return path


def run(*command: str) -> str:
    """What it prints.

    Raises:
        SystemExit: it fails; what it said on stderr is printed.
    """
    # The time of the commit, in place of now: the same sources make the same files.
    epoch = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    environ = os.environ | ({"SOURCE_DATE_EPOCH": epoch.stdout.strip()} if epoch.stdout.strip() else {})
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> int:
    start = time.perf_counter()
    sdist, wheel = build()
    install(wheel)
    for path in (sdist, wheel, bill_of_materials(wheel)):
        print(f"{path.relative_to(ROOT).as_posix():<60} {path.stat().st_size / 1024:>8,.0f} KiB")
    print(f"{time.perf_counter() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
