"""A generated folder is written all or nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.output import lock
from adaptgen.output.write import Changes, write


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


def test_a_new_folder_holds_exactly_the_files(tmp_path: Path) -> None:
    files = locked(server_py="1\n", tools__a_py="2\n")
    changes = write(tmp_path / "generated" / "crm", files)
    assert tree(tmp_path / "generated") == {f"crm/{path}": text for path, text in files.items()}
    assert changes == Changes(created=("adaptgen.lock", "server.py", "tools/a.py"))


def test_changes_are_named_and_unchanged_files_keep_their_times(tmp_path: Path) -> None:
    out = tmp_path / "crm"
    write(out, locked(same_py="1\n", other_py="1\n", gone_py="1\n"))
    os.utime(out / "same.py", ns=(10**18, 10**18))

    changes = write(out, files := locked(same_py="1\n", other_py="2\n", new_py="1\n"))

    assert changes == Changes(("new.py",), ("adaptgen.lock", "other.py"), ("gone.py",), ("same.py",))
    assert tree(tmp_path) == {f"crm/{path}": text for path, text in files.items()}
    assert (out / "same.py").stat().st_mtime_ns == 10**18


def test_nothing_to_do_touches_nothing(tmp_path: Path) -> None:
    files = locked(server_py="1\n")
    write(tmp_path / "crm", files)
    before = (tmp_path / "crm").stat()

    changes = write(tmp_path / "crm", files)

    after = (tmp_path / "crm").stat()
    assert not changes
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_foreign_file_is_named_and_nothing_is_touched(tmp_path: Path) -> None:
    out = tmp_path / "crm"
    write(out, locked(server_py="1\n"))
    (out / "notes.txt").write_text("mine")
    (out / "__pycache__").mkdir()
    (out / "__pycache__" / "server.pyc").write_text("cache")

    with pytest.raises(AdaptgenError) as failure:
        write(out, locked(server_py="2\n"))

    assert codes(failure) == ["AG053"]
    assert str(failure.value.diagnostics[0].where) == str(out / "notes.txt")
    assert (out / "server.py").read_text() == "1\n"


def test_a_folder_that_adaptgen_never_wrote_is_refused(tmp_path: Path) -> None:
    (tmp_path / "crm").mkdir()
    (tmp_path / "crm" / "server.py").write_text("mine")
    with pytest.raises(AdaptgenError) as failure:
        write(tmp_path / "crm", locked(server_py="1\n"))
    assert codes(failure) == ["AG053"]


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


@pytest.mark.skipif(sys.platform != "linux", reason="limits file sizes as Linux does")
def test_a_full_disk_halfway_leaves_the_old_tree_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "crm"
    write(out, old := locked(a_py="1\n", z_py="1\n"))
    script = (
        "import resource, sys; from pathlib import Path\n"
        "from adaptgen.output import lock, write\n"
        "from adaptgen.diagnostics import AdaptgenError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "files = {'a.py': '2\\n', 'z.py': 'x' * 8192}\n"
        "files[lock.NAME] = lock.make(spec='crm.yaml', inputs=(), options={}, files=files)\n"
        "try: write.write(Path(sys.argv[1]), files)\n"
        "except AdaptgenError as failure: print(failure.diagnostics[0].code)\n"
    )

    done = subprocess.run([sys.executable, "-c", script, str(out)], capture_output=True, text=True, check=True)

    assert done.stdout == "AG051\n"
    assert tree(tmp_path) == {f"crm/{path}": text for path, text in old.items()}
    assert [path.name for path in tmp_path.iterdir()] == ["crm"]


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


def test_builds_of_one_folder_take_turns(tmp_path: Path) -> None:
    out = tmp_path / "crm"
    trees = [locked(**{f"file{number}_py": f"{number}\n" * 1000}) for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda files: write(out, files), trees))

    assert tree(out) in trees
    assert [path.name for path in tmp_path.iterdir()] == ["crm"]
