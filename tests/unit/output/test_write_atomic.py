"""A generated folder is written all or nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.output import lock
from adaptgen.output.write import write


def locked(**files: str) -> dict[str, str]:
    """Files (``__`` for ``/``, ``_py`` for ``.py``) with their lock."""
    named = {name.replace("__", "/").replace("_py", ".py"): text for name, text in files.items()}
    return named | {lock.NAME: lock.make(spec="crm.yaml", inputs=(), options={}, files=named)}


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def codes(failure: pytest.ExceptionInfo[AdaptgenError]) -> list[str]:
    return [one.code for one in failure.value.diagnostics]


def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "crm", tmp_path / "elsewhere"
    write(out, locked(server_py="1\n", tools__a_py="1\n"))
    elsewhere.mkdir()
    (elsewhere / "a.py").write_text("mine")
    (out / "tools" / "a.py").unlink()
    (out / "tools").rmdir()
    (out / "tools").symlink_to(elsewhere)
    with pytest.raises(AdaptgenError) as failure:
        write(out, locked(server_py="2\n", tools__a_py="2\n"))
    assert codes(failure) == ["AG053"]
    assert tree(elsewhere) == {"a.py": "mine"}

    (tmp_path / "link").symlink_to(elsewhere)
    with pytest.raises(AdaptgenError) as failure:
        write(tmp_path / "link", locked(server_py="1\n"))
    assert codes(failure) == ["AG051"]
    assert tree(elsewhere) == {"a.py": "mine"}


def test_an_output_that_is_no_folder_is_an_error_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "generated").write_text("a file")
    with pytest.raises(AdaptgenError) as failure:
        write(tmp_path / "generated" / "crm", locked(server_py="1\n"))
    assert codes(failure) == ["AG051"]
    assert (tmp_path / "generated").read_text() == "a file"


def test_a_rename_that_fails_puts_the_old_tree_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "crm"
    write(out, old := locked(a_py="1\n"))
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if "adaptgen-new" in self.name:
            raise OSError(28, "no space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(AdaptgenError, match="no space left on device"):
        write(out, locked(a_py="2\n"))

    assert tree(tmp_path) == {f"crm/{path}": text for path, text in old.items()}
    assert [path.name for path in tmp_path.iterdir()] == ["crm"]


@pytest.mark.parametrize("swapped", [False, True])
def test_the_next_build_repairs_what_a_crash_between_the_renames_left(tmp_path: Path, swapped: bool) -> None:
    out = tmp_path / "crm"
    write(out, locked(a_py="old\n"))
    out.rename(tmp_path / ".crm.adaptgen-old")
    if swapped:
        write(tmp_path / "other", locked(a_py="new\n"))
        (tmp_path / "other").rename(out)
    left = tmp_path / ".crm.adaptgen-new-x1"
    left.mkdir()
    (left / "a.py").write_text("half")

    changes = write(out, files := locked(a_py="new\n"))

    assert bool(changes) is not swapped
    assert tree(tmp_path) == {f"crm/{path}": text for path, text in files.items()}


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "a\\..\\x"])
def test_a_path_outside_the_folder_is_a_mistake_of_the_caller(tmp_path: Path, path: str) -> None:
    files: Mapping[str, str] = {path: ""}
    with pytest.raises(ValueError, match="is not a path inside a folder"):
        write(tmp_path / "crm", files)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_without_permission_is_an_error_with_a_reason(tmp_path: Path) -> None:
    out = tmp_path / "generated" / "crm"
    write(out, old := locked(a_py="1\n"))
    out.parent.chmod(0o555)
    try:
        with pytest.raises(AdaptgenError, match="permission denied") as failure:
            write(out, locked(a_py="2\n"))
    finally:
        out.parent.chmod(0o755)
    assert codes(failure) == ["AG051"]
    assert tree(out) == old
