"""The map of the packages stays true: what it names is there, and every package is on it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "adaptgen"
TABLE = [line.split("|")[1:4] for line in (ROOT / "docs/architecture.md").read_text("utf-8").splitlines()
         if line.startswith("| `")]  # fmt: skip
MODULES = {path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.py")}
BESIDE = {"cli", "compare", "demo", "readiness", "ship", "templates"}
"""On the picture or in the text, not in the table."""


def named(cell: str) -> list[str]:
    return re.findall(r"`([a-z0-9_/]+)`", cell)


def test_every_module_of_the_table_is_there() -> None:
    assert TABLE
    for packages, _, first in TABLE:
        for name in named(first):
            assert any(one == name or one.endswith(f"/{name}") for one in MODULES), (packages, name)


def test_every_package_is_on_the_map() -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    for path in PACKAGE.glob("*/__init__.py"):
        assert re.search(rf"\b{path.parent.name}\b", text), path.parent.name
    known = {name.split("/")[0] for packages, _, _ in TABLE for name in named(packages)}
    there = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert there - BESIDE <= known, there - BESIDE - known
