"""Patterns that are compiled at their first use."""

from __future__ import annotations

import re

import pytest

from adaptgen.model.frozen import lazy


def test_a_lazy_pattern_is_compiled_once_and_only_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[tuple[str, int]] = []
    real = re.compile
    monkeypatch.setattr(re, "compile", lambda text, flags=0: compiled.append((text, flags)) or real(text, flags))
    word = lazy(r"b+", re.IGNORECASE)
    assert compiled == []
    assert [found[0] for found in word.finditer("aBb b")] == ["Bb", "b"]
    assert [found[0] for found in word.finditer("b")] == ["b"]
    assert compiled == [(r"b+", re.IGNORECASE)]
