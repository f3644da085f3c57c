"""Modules of libraries that load when something of them is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package that imports a module of its own."""
    folder = tmp_path / "slow_library"
    folder.mkdir()
    (folder / "__init__.py").write_text("from slow_library import nodes\nTOP = 1\n")
    (folder / "nodes.py").write_text("import sys\nsys.slow_library = True\nANSWER = 42\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delattr(sys, "slow_library", raising=False)
    for name in ("slow_library", "slow_library.nodes"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return "slow_library"


def test_it_works_in_a_process_that_has_loaded_nothing_else(package: str, tmp_path: Path) -> None:
    code = f"""import sys
sys.path.insert(0, {str(tmp_path)!r})
from adaptgen.model.frozen import postpone
postpone("{package}.nodes")
import {package}
print(hasattr(sys, "{package}"), {package}.nodes.ANSWER)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "42"]
