"""Builds the CRM's server into a folder, as ``adaptgen build specs/crm.yaml`` does."""

from __future__ import annotations

from pathlib import Path

from adaptgen import lock
from adaptgen.plan import plan
from adaptgen.render import render
from adaptgen.source import read, read_hints, side_file
from adaptgen.write import write

NAME = "crm"


def specs() -> Path:
    """``crm.yaml`` and its side files: beside the package in a checkout, inside it where it is installed."""
    package = Path(__file__).parent
    inside = package / "specs"
    return (inside if inside.is_dir() else package.parent.parent / "specs") / "crm.yaml"


def build(out: Path) -> Path:
    """Generate the server into ``out / "crm"`` and give that folder.

    Raises:
        AdaptgenError: the document or the hints are wrong.
    """
    path = specs()
    document, hints = read(path), read_hints(side_file(path))
    planned, _ = plan(document, hints, NAME)
    files = render(planned, spec="specs/crm.yaml", side="specs/crm")
    inputs = sorted({*document.inputs, *hints.inputs})
    files["adaptgen.lock"] = lock.make(spec="specs/crm.yaml", inputs=inputs, options={}, files=files)
    write(out / NAME, files)
    return out / NAME
