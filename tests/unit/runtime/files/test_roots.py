"""Which local files may be read, and how files are written."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adaptgen.diagnostics import AdaptgenError
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.files import roots as module
from adaptgen.runtime.files.content import StoredFile
from adaptgen.runtime.files.roots import Roots, local_path

posix = pytest.mark.skipif(os.name == "nt", reason="links and devices of POSIX")


@pytest.fixture
def allowed(tmp_path: Path) -> Path:
    folder = tmp_path / "allowed"
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "a.txt").write_bytes(b"inside")
    (tmp_path / "secret.txt").write_bytes(b"outside")
    return folder


def read(roots: Roots, path: Path | str) -> bytes:
    with os.fdopen(roots.open(str(path)), "rb") as file:
        return file.read()


@pytest.mark.parametrize("path", ["../secret.txt", "below/../../secret.txt", "\ud800", "../allowed2/x", ".", "below"])
def test_nothing_else_is_read(allowed: Path, path: str) -> None:
    (allowed.parent / "allowed2").mkdir()
    (allowed.parent / "allowed2" / "x").write_bytes(b"outside")
    with pytest.raises(ToolError):
        read(Roots([allowed]), f"{allowed}/{path}")


PARTS = st.sampled_from(["..", ".", "", "below", "in", "out", "loop", "a.txt", "secret.txt", "allowed", ".env", "pipe"])


@posix
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(PARTS, max_size=7), st.booleans())
def test_whatever_the_path_nothing_outside_is_read(allowed: Path, parts: list[str], url: bool) -> None:
    for name, target in (("in", allowed / "below"), ("out", allowed.parent), ("loop", allowed / "loop")):
        if not (allowed / name).is_symlink():
            (allowed / name).symlink_to(target)
    (allowed / ".env").write_bytes(b"outside")
    reference = f"{'file://' if url else ''}{allowed}/{'/'.join(parts)}"
    path = local_path(reference)
    assert path is not None
    try:
        assert read(Roots([allowed]), path) == b"inside"
    except ToolError:
        pass


@posix
def test_links_are_followed_only_inside(allowed: Path) -> None:
    (allowed / "good").symlink_to(allowed / "below" / "a.txt")
    (allowed / "bad").symlink_to(allowed.parent / "secret.txt")
    (allowed / "folder").symlink_to(allowed.parent)
    assert read(Roots([allowed]), allowed / "good") == b"inside"
    for name in ("bad", "folder/secret.txt"):
        with pytest.raises(ToolError):
            read(Roots([allowed]), f"{allowed}/{name}")


@pytest.mark.parametrize("name", [".env", ".ssh/id", "below/.secret/a"])
def test_hidden_files_are_not_read(allowed: Path, name: str) -> None:
    (allowed / name).parent.mkdir(parents=True, exist_ok=True)
    (allowed / name).write_bytes(b"hidden")
    with pytest.raises(ToolError, match="Hidden"):
        read(Roots([allowed]), allowed / name)


@posix
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_becomes_a_link_after_it_was_resolved_is_not_followed(
    allowed: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The race: the path is judged, then a part of it is exchanged."""
    (allowed / "out").mkdir()
    (allowed.parent / "a.txt").write_bytes(b"outside")
    resolve = os.path.realpath

    def resolved_then_exchanged(path: str) -> str:
        found = resolve(path)
        if what == "file":
            (allowed / "below" / "a.txt").unlink()
            (allowed / "below" / "a.txt").symlink_to(allowed.parent / "secret.txt")
        else:
            (allowed / "below").rename(allowed / "moved")
            (allowed / "below").symlink_to(allowed.parent)
        return found

    roots = Roots([allowed])
    monkeypatch.setattr(module.os.path, "realpath", resolved_then_exchanged)
    with pytest.raises(ToolError):
        roots.open(str(allowed / "below" / "a.txt"))


@posix
def test_exchanging_a_file_and_a_link_all_the_time_never_reads_outside(allowed: Path) -> None:
    roots, path = Roots([allowed]), allowed / "x"
    stop = threading.Event()

    def exchange() -> None:
        spare = allowed / "spare"
        while not stop.is_set():
            spare.write_bytes(b"inside")
            spare.replace(path)
            spare.symlink_to(allowed.parent / "secret.txt")
            spare.replace(path)

    thread = threading.Thread(target=exchange)
    thread.start()
    try:
        seen = set()
        for _ in range(500):
            try:
                seen.add(read(roots, path))
            except ToolError:
                seen.add(b"refused")
    finally:
        stop.set()
        thread.join()
    assert b"outside" not in seen


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ("/tmp/a b.txt", "/tmp/a b.txt"),
        ("file:///tmp/a%20b.txt", "/tmp/a b.txt"),
        ("file://localhost/tmp/a", "/tmp/a"),
        ("file://elsewhere/tmp/a", None),
        ("file:///tmp/a?b", None),
        ("relative/a", None),
        ("https://example.com/a", None),
        ("/tmp/a\0b", None),
        ("file:///tmp/a%00b", None),
        ("file://[x/tmp/a", None),
    ],
)
@posix
def test_what_a_reference_means(reference: str, path: str | None) -> None:
    assert local_path(reference) == path


@pytest.mark.parametrize("folder", ["/", "nowhere"])
def test_a_root_is_a_folder_and_not_the_disk(folder: str, tmp_path: Path) -> None:
    with pytest.raises(AdaptgenError, match="AG106"):
        Roots([folder if folder == "/" else tmp_path / folder])


def stored(name: str, data: bytes = b"data") -> StoredFile:
    return StoredFile(io.BytesIO(data), len(data), "", data, name, "application/pdf")


def test_a_download_never_overwrites(allowed: Path) -> None:
    (allowed / "a.pdf").write_bytes(b"before")
    (allowed / "a (2).pdf").symlink_to(allowed / "not there")
    path = Roots([], allowed).save(stored("a.pdf"))
    assert (path.name, path.read_bytes()) == ("a (3).pdf", b"data")
    assert (allowed / "a.pdf").read_bytes() == b"before"
    assert not (allowed / "not there").exists()
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("../../x.pdf", "x.pdf"),
        ("C:\\temp\\x.pdf", "x.pdf"),
        ("/etc/passwd", "passwd"),
        (".bashrc", "bashrc"),
        ("..", "download"),
        ("a\n\x1b[31m.pdf", "a[31m.pdf"),
        ("con.pdf", "_con.pdf"),
        ("a:b*.pdf", "a_b_.pdf"),
        ("x" * 300 + ".pdf", "x" * 117 + ".pdf"),
    ],
)
def test_the_name_of_a_download_is_only_a_name(allowed: Path, name: str, written: str) -> None:
    assert Roots([], allowed).save(stored(name)).name == written
