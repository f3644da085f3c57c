"""Builds the CRM's server into a folder, as ``adaptgen build specs/crm.yaml`` does."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import yaml

from adaptgen.building import build as building
from adaptgen.output.write import write

KEYS = {f"DEMO_{name}": hashlib.sha256(f"demo {name}".encode()).hexdigest() for name in ("TOKENS", "CURSORS", "AUDIT")}
"""Keys that anybody can know, for data that is made up."""


def specs() -> Path:
    """``crm.yaml`` and its side files: next to the package in a checkout, inside it when installed."""
    package = Path(__file__).parent
    inside = package / "specs"
    return (inside if inside.is_dir() else package.parent.parent / "specs") / "crm.yaml"


def governance(folder: Path) -> Path:
    """The bundled settings, copied into ``folder`` with their policies.

    There the audit trail is a file, ``audit.jsonl``, and the keys come from the environment (:data:`KEYS`), so that
    the demo's tokens are the same each time.
    """
    side = specs().with_suffix("")
    copy = Path(shutil.copytree(side, folder / side.name))
    settings = yaml.safe_load((copy / "governance.yaml").read_text(encoding="utf-8"))
    settings["audit"] = {"sink": "audit.jsonl"}
    settings["keys"] = {
        "tokens": {"current": "k1", "all": {"k1": "${env:DEMO_TOKENS}"}},
        "cursors": "${env:DEMO_CURSORS}",
        "audit": "${env:DEMO_AUDIT}",
    }
    path = copy / "governance.yaml"
    path.write_text(json.dumps(settings), encoding="utf-8")
    return path


def build(out: Path) -> Path:
    """Generate the server into ``out / "crm"`` and return that folder."""
    result = building.build(specs(), out=out, side_files=False)
    write(result.folder, result.files)
    return result.folder
