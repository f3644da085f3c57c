"""The key of cursors: given, or kept for this user."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from adaptgen.cli.run import keys
from adaptgen.diagnostics import AdaptgenError

KEY = bytes(range(32))


@pytest.mark.parametrize("text", [KEY.hex(), base64.b64encode(KEY).decode()])
def test_the_environment_gives_the_key(text: str, tmp_path: Path) -> None:
    environ = {"ADAPTGEN_CURSOR_KEY": text, "ADAPTGEN_STATE": str(tmp_path)}
    assert keys.key_of_environ(environ) == KEY
    assert keys.stored_key(environ) == KEY
    assert list(tmp_path.iterdir()) == []


def test_a_key_of_the_wrong_size_is_refused_without_repeating_it() -> None:
    with pytest.raises(AdaptgenError, match="AG060") as caught:
        keys.key_of_environ({"ADAPTGEN_CURSOR_KEY": "abcd1234"})
    assert "abcd1234" not in str(caught.value)


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AdaptgenError, match="AG001") as caught:
        keys.stored_key({"ADAPTGEN_STATE": str(tmp_path / "file")})
    assert "ADAPTGEN_CURSOR_KEY" in caught.value.diagnostics[0].help
