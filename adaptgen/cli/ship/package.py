"""``adaptgen package``: make a bundle."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from adaptgen.cli import terminal
from adaptgen.diagnostics import Where, error

if TYPE_CHECKING:
    from adaptgen.ship.package import Bundle
    from adaptgen.ship.target import Arch, Kind

_DOCKER = {"arm64": "arm64", "x86_64": "amd64"}
"""Machines as Docker names them."""


def run(options: SimpleNamespace) -> int:
    """Writes the bundle and what deploys it, and says how large it is."""
    bundle = make_bundle(options, options.target)
    return _lambda(bundle, options.out) if options.target == "lambda" else _image(bundle, options.out)


def _image(bundle: Bundle, given: Path | None) -> int:
    from adaptgen.ship.package import SITE, image_context

    out = given or Path("dist") / bundle.shipment.name
    if out.exists() and any(out.iterdir() if out.is_dir() else [out]):
        if not (out / "Dockerfile").is_file() or not (out / SITE / "BUNDLE.json").is_file():
            raise error("AG053", "it holds something else than a context", Where(str(out)), "choose another --out")
        shutil.rmtree(out)
    files = image_context(bundle)
    for path, data in files.items():
        _written(out / path, data)
    size = sum(map(len, files.values())) / 1e6
    terminal.say(f"{out}: {size:.1f} MB in {len(files):,} files, {bundle.target.label}")
    terminal.say(f"docker build --platform linux/{_DOCKER[bundle.target.arch]} --tag {bundle.shipment.name} {out}")
    return 0


def _lambda(bundle: Bundle, given: Path | None) -> int:
    from adaptgen.ship import cloudformation, stack

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
    for text in bundle.left_out:
        terminal.print_error(f"left out: {text}")
    terminal.say(f"{out}: {len(data) / 1e6:.1f} MB in {len(bundle.files):,} files, {bundle.target.label}")
    terminal.say(f"sha256 {sha256}")
    terminal.say(f"next to it: {', '.join(path.name for path in templates)}")
    return 0


def _written(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as why:
        raise error("AG051", f"it cannot be written: {why.strerror}", Where(str(path)), "--out PATH") from None


def make_bundle(options: SimpleNamespace, target: Kind) -> Bundle:
    """The bundle that the options name; warnings are printed."""
    from adaptgen.output.build_cache import user_cache
    from adaptgen.ship.package import package
    from adaptgen.ship.shipment import read_deployable
    from adaptgen.ship.target import Target

    arch: Arch = options.arch or ("arm64" if target == "agentcore" else "x86_64")
    found = read_deployable(options.what, options.governance)
    terminal.diagnostics(found.warnings)
    with terminal.progress("packaging"):
        return package(
            found,
            Target(target, arch, options.python),
            user_cache(os.environ) / "wheels",
            compile=not options.no_compile,
            interpreter=options.interpreter,
        )
