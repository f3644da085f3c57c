"""Where adaptgen keeps files for a user."""

from __future__ import annotations

from pathlib import Path

import pytest

from adaptgen.text.files import cache_folder, state_folder


def test_state_lies_where_the_desktop_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_folder({}) == tmp_path / ".local/state/adaptgen"
    assert state_folder({"XDG_STATE_HOME": "/x"}) == Path("/x/adaptgen")
    assert state_folder({"XDG_STATE_HOME": "/x", "ADAPTGEN_STATE": "/y"}) == Path("/y")


def test_a_relative_folder_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_folder({"XDG_STATE_HOME": "relative"}) == tmp_path / ".local/state/adaptgen"
    assert cache_folder({"XDG_CACHE_HOME": "relative"}) == tmp_path / ".cache/adaptgen"
