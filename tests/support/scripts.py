"""The scripts of docs/, as modules: they are not in a package."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).parents[2] / "docs"


def script(path: str) -> ModuleType:
    """The module of ``docs/<path>``."""
    name = f"docs_{Path(path).stem}"
    spec = importlib.util.spec_from_file_location(name, DOCS / path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
