"""Patterns that are compiled at their first use."""

from __future__ import annotations

import importlib
from pathlib import Path

import adaptgen
from adaptgen.model.frozen import _LazyPattern


def test_every_lazy_pattern_of_the_serving_side_can_be_compiled() -> None:
    for package in ("govern", "pii", "runtime", "transports", "tool_search"):
        folder = Path(adaptgen.__file__).parent / package
        for path in folder.rglob("*.py"):
            name = ".".join(path.relative_to(folder.parents[1]).with_suffix("").parts)
            for pattern in vars(importlib.import_module(name.removesuffix(".__init__"))).values():
                if isinstance(pattern, _LazyPattern):
                    assert pattern.pattern == pattern._text, name
