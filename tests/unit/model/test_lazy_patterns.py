"""Patterns that are compiled at their first use."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import adaptgen
from adaptgen.model.frozen import _LazyPattern, lazy


def test_a_lazy_pattern_is_compiled_once_and_only_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[tuple[str, int]] = []
    real = re.compile
    monkeypatch.setattr(re, "compile", lambda text, flags=0: compiled.append((text, flags)) or real(text, flags))
    word = lazy(r"b+", re.IGNORECASE)
    assert compiled == []
    assert [found[0] for found in word.finditer("aBb b")] == ["Bb", "b"]
    assert [found[0] for found in word.finditer("b")] == ["b"]
    assert compiled == [(r"b+", re.IGNORECASE)]


def test_every_lazy_pattern_of_the_serving_side_can_be_compiled() -> None:
    for package in ("govern", "pii", "runtime", "transports", "tool_search"):
        folder = Path(adaptgen.__file__).parent / package
        for path in folder.rglob("*.py"):
            name = ".".join(path.relative_to(folder.parents[1]).with_suffix("").parts)
            for pattern in vars(importlib.import_module(name.removesuffix(".__init__"))).values():
                if isinstance(pattern, _LazyPattern):
                    assert pattern.pattern == pattern._text, name
