"""The wheels of a bundle: what is needed, pinned by ``requirements.lock``, fetched with pip into a cache.

Only wheels whose hash is in the lock are used. What the cache holds is not fetched again.
"""

from __future__ import annotations

import email.parser
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from adaptgen.diagnostics import Where, error
from adaptgen.ship.bundles.target import Target

if TYPE_CHECKING:
    from packaging.requirements import Requirement

LOCK = "requirements.lock"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pin:
    """A distribution of the lock."""

    name: str
    version: str
    hashes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel on the disk whose hash the lock holds."""

    name: str
    version: str
    path: Path
    sha256: str


def lock_file() -> Path:
    """The lock: inside the installed package, next to it in a checkout."""
    package = Path(__file__).parents[2]
    inside = package / LOCK
    return inside if inside.is_file() else package.parent / LOCK


def pins(path: Path) -> dict[str, Pin]:
    """The pins of a lock, by normalised name; AG091 where it cannot be read."""
    try:
        text = path.read_text("utf-8")
    except OSError as why:
        raise error("AG091", f"the pinned versions cannot be read: {why.strerror}", Where(str(path))) from None
    found: dict[str, Pin] = {}
    for block in re.split(r"(?<!\\)\n", text):
        pinned = _PIN.match(block)
        if pinned is not None:
            name = normalised(pinned[1])
            found[name] = Pin(name, pinned[2], frozenset(_HASH.findall(block)))
    return found


def normalised(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def gather(roots: Iterable[str], target: Target, cache: Path, lock: Path | None = None) -> list[Wheel]:
    """The wheels of ``roots`` and of all that they need on ``target``, by name.

    ``roots``: names of distributions, with extras in brackets. ``cache``: a folder; each target has one of its own
    below it.

    Raises:
        AdaptgenError: AG091, a distribution is not in the lock, has no wheel for the target, or cannot be fetched.
    """
    from packaging.requirements import Requirement

    known = pins(lock or lock_file())
    folder = cache / f"{target.tag}-{target.machine}"
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Wheel] = {}
    extras: dict[str, set[str]] = {}
    waiting = [Requirement(one) for one in roots]
    while waiting:
        wave = [one for one in waiting if normalised(one.name) not in found]
        wanted = {normalised(one.name): _pin(known, one.name) for one in wave}
        found |= _wheels(wanted, target, folder)
        more: list[Requirement] = []
        for one in waiting:
            name = normalised(one.name)
            had = extras.setdefault(name, set())
            new = ({"", *one.extras}) - had
            had |= new
            if new:
                more += _needs(found[name], new, target)
        waiting = more
    return [found[name] for name in sorted(found)]


def _pin(known: Mapping[str, Pin], name: str) -> Pin:
    pin = known.get(normalised(name))
    if pin is None:
        raise error("AG091", f"{name} is not pinned", Where(str(lock_file())), "write it anew: make lock")
    return pin


def _needs(wheel: Wheel, extras: Iterable[str], target: Target) -> list[Requirement]:
    """What a wheel requires there, by its own metadata (PEP 566)."""
    from packaging.requirements import Requirement

    with zipfile.ZipFile(wheel.path) as archive:
        entry = next(one for one in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", one))
        about = email.parser.Parser().parsestr(archive.read(entry).decode("utf-8", "replace"))
    found = []
    for line in about.get_all("Requires-Dist", []):
        one = Requirement(line)
        if one.marker is None:
            if "" in extras:
                found.append(one)
        elif any(one.marker.evaluate({**target.environment, "extra": extra}) for extra in extras):
            found.append(one)
    return found


def _wheels(wanted: Mapping[str, Pin], target: Target, folder: Path) -> dict[str, Wheel]:
    found = {name: wheel for name, pin in wanted.items() if (wheel := _cached(pin, folder)) is not None}
    missing = [pin for name, pin in sorted(wanted.items()) if name not in found]
    if missing:
        _fetch(missing, target, folder)
        for pin in missing:
            wheel = _cached(pin, folder)
            if wheel is None:
                raise error("AG091", f"no wheel of {pin.name} {pin.version} found for {target.label}")
            found[pin.name] = wheel
    return found


def _cached(pin: Pin, folder: Path) -> Wheel | None:
    """The wheel in the cache; a damaged one counts as missing."""
    for path in sorted(folder.glob("*.whl")):
        name, version, *_ = path.name.split("-")
        if normalised(name) != pin.name or version != pin.version:
            continue
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        if sha256 in pin.hashes:
            return Wheel(pin.name, pin.version, path, sha256)
        path.unlink()
    return None


def _fetch(missing: Iterable[Pin], target: Target, folder: Path) -> None:
    """With pip, which checks the hashes."""
    lines = [
        " ".join((f"{pin.name}=={pin.version}", *(f"--hash=sha256:{one}" for one in sorted(pin.hashes))))
        for pin in missing
    ]
    with tempfile.TemporaryDirectory(prefix="adaptgen-wheels-", dir=folder) as made:
        asked = Path(made) / "asked.txt"
        asked.write_text("\n".join(lines) + "\n", "utf-8")
        command = [
            sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input",
            "--no-deps", "--only-binary=:all:", "--require-hashes", "--implementation=cp",
            f"--python-version={target.python}", *(f"--platform={one}" for one in target.platforms),
            f"--dest={made}", f"--requirement={asked}",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode != 0:
            said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
            reason = said[-1].removeprefix("ERROR: ") if said else f"exit code {done.returncode}"
            help = "the versions of requirements.lock must be reachable through pip, and pip be installed"
            raise error("AG091", f"the wheels for {target.label} cannot be fetched: {reason}", help=help)
        for path in Path(made).glob("*.whl"):
            os.replace(path, folder / path.name)  # noqa: PTH105  (whole or not at all, also beside another build)
