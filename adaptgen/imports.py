"""Modules of libraries that a serving process imports and never uses."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path


def postpone(name: str) -> None:
    """Let the module ``package.module`` load when something of it is used, and not when its package imports it.

    Does nothing where it is loaded already, or is not a file of Python source.
    """
    package, _, module = name.rpartition(".")
    if name in sys.modules or package in sys.modules:
        return
    found = importlib.util.find_spec(package)
    path = Path(found.origin).parent / f"{module}.py" if found is not None and found.origin else None
    if path is None or not path.is_file():
        return
    loader = importlib.util.LazyLoader(SourceFileLoader(name, str(path)))
    spec = ModuleSpec(name, loader, origin=str(path))
    spec.has_location = True
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    loader.exec_module(made)
