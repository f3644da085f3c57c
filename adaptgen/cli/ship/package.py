"""``adaptgen package``: make a bundle."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from adaptgen.cli import terminal
from adaptgen.diagnostics import Where, error
from adaptgen.model.tables import Json

if TYPE_CHECKING:
    from adaptgen.ship.bundles.package import Bundle
    from adaptgen.ship.bundles.target import Arch, Kind

_DOCKER = {"arm64": "arm64", "x86_64": "amd64"}
"""Machines as Docker names them."""


def run(options: SimpleNamespace) -> int:
    """Writes the bundle and what deploys it, and says how large it is."""
    bundle = make_bundle(options, options.target)
    packed = _lambda(bundle, options.out) if options.target == "lambda" else _image(bundle, options.out)
    if options.json:
        terminal.say_json(packed.to_json(bundle))
        return 0
    terminal.say(f"{packed.out}: {packed.bytes / 1e6:.1f} MB in {packed.files:,} files, {bundle.target.label}")
    for line in packed.more:
        terminal.say(line)
    return 0


@dataclass(frozen=True, slots=True)
class Packed:
    """What was written. ``files``: in the zip, or in the context; ``sha256``: of the zip; ``beside``: the templates
    next to it. ``more``: lines for people."""

    out: Path
    bytes: int
    files: int
    sha256: str = ""
    beside: tuple[Path, ...] = ()
    more: tuple[str, ...] = ()

    def to_json(self, bundle: Bundle) -> dict[str, Json]:
        return {
            "out": str(self.out),
            "target": bundle.target.kind,
            "python": bundle.target.python,
            "arch": bundle.target.arch,
            "bytes": self.bytes,
            "files": self.files,
            "sha256": self.sha256 or None,
            "templates": [str(path) for path in self.beside if path.suffix == ".yaml"],
            "diagnostics": terminal.diagnostics_json(bundle.shipment.warnings),
        }


def _image(bundle: Bundle, given: Path | None) -> Packed:
    from adaptgen.ship.bundles.package import SITE, code_zip, image_context, mode_of
    from adaptgen.ship.stack import agentcore, cloudformation

    out = given or Path("dist") / bundle.shipment.name
    if out.exists() and any(out.iterdir() if out.is_dir() else [out]):
        if not (out / "Dockerfile").is_file() or not (out / SITE / "BUNDLE.json").is_file():
            raise error("AG053", "it holds something else than a context", Where(str(out)), "choose another --out")
        shutil.rmtree(out)
    files = image_context(bundle)
    for path, data in files.items():
        _written(out / path, data)
    # The image runs as another user, and COPY keeps modes.
    for one in (out, *out.rglob("*")):
        one.chmod(0o755 if one.is_dir() else mode_of(one.name))
    code = code_zip(bundle)
    sha256 = hashlib.sha256(code).hexdigest()
    more = {
        out.with_name(f"{out.name}.agentcore-image.template.yaml"): cloudformation.as_yaml(
            agentcore.runtime(bundle)
        ).encode(),
        out.with_name(f"{out.name}.agentcore.zip"): code,
        out.with_name(f"{out.name}.agentcore.template.yaml"): cloudformation.as_yaml(
            agentcore.runtime(bundle, sha256)
        ).encode(),
    }
    for beside, data in more.items():
        _written(beside, data)
    docker = f"docker build --platform linux/{_DOCKER[bundle.target.arch]} --tag {bundle.shipment.name} {out}"
    said = f"without an image: {out.name}.agentcore.zip, with its template next to it"
    return Packed(out, sum(map(len, files.values())), len(files), sha256, tuple(more), (docker, said))


def _lambda(bundle: Bundle, given: Path | None) -> Packed:
    from adaptgen.ship.stack import cloudformation, stack

    data = bundle.zip()
    sha256 = hashlib.sha256(data).hexdigest()
    out = given or Path("dist") / f"{bundle.shipment.name}.zip"
    templates = {
        out.with_suffix(".sam.yaml"): stack.sam(bundle, out.name),
        out.with_suffix(".template.yaml"): stack.plain(bundle, sha256),
    }
    _written(out, data)
    for path, template in templates.items():
        _written(path, cloudformation.as_yaml(template).encode())
    beside = f"next to it: {', '.join(path.name for path in templates)}"
    return Packed(out, len(data), len(bundle.files), sha256, tuple(templates), (f"sha256 {sha256}", beside))


def _written(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as why:
        raise error("AG051", f"it cannot be written: {why.strerror}", Where(str(path)), "--out PATH") from None


def make_bundle(options: SimpleNamespace, target: Kind) -> Bundle:
    """The bundle that the options name; warnings are printed."""
    from adaptgen.ship.bundles.package import package
    from adaptgen.ship.bundles.shipment import read_deployable
    from adaptgen.ship.bundles.target import Target
    from adaptgen.text.files import cache_folder

    arch: Arch = options.arch or ("arm64" if target == "agentcore" else "x86_64")
    found = read_deployable(options.what, options.governance)
    terminal.diagnostics(found.warnings)
    with terminal.progress("packaging"):
        return package(
            found,
            Target(target, arch, options.python),
            cache_folder(os.environ) / "wheels",
            compile=not options.no_compile,
            interpreter=options.interpreter,
        )
