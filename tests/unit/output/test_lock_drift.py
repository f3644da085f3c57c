"""The lock: what a folder was made from, hand edits, and builds with nothing to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.output import build_cache, lock
from adaptgen.output.write import write


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder ``generated/crm`` made from ``specs/crm.yaml`` and its hints."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    specs = tmp_path / "specs"
    (specs / "crm").mkdir(parents=True)
    (specs / "crm.yaml").write_text("openapi: 3.1.0")
    (specs / "crm" / "hints.yaml").write_text("adaptgen: 1")
    inputs = [(path, lock.digest((specs / path).read_bytes())) for path in ("crm/hints.yaml", "crm.yaml")]
    files = {"server.py": "server\n", "tools/contacts.py": "tools\n"}
    files[lock.NAME] = lock.make(spec="crm.yaml", inputs=inputs, options={"name": "crm"}, files=files)
    out = tmp_path / "generated" / "crm"
    write(out, files)
    build_cache.record(out, inputs=dict(inputs), options={"name": "crm"}, files=files)
    return out


def is_unchanged(out: Path, **options: str) -> bool:
    specs = out.parent.parent / "specs"
    sides = [specs / "crm" / "hints.yaml"]
    return build_cache.is_unchanged(out, spec=specs / "crm.yaml", sides=sides, options=options or {"name": "crm"})


@pytest.mark.parametrize(
    "path",
    ["specs/crm.yaml", "specs/crm/hints.yaml", "generated/crm/server.py", "generated/crm/new.py"],
)
def test_a_changed_or_added_file_is_a_difference(built: Path, path: str) -> None:
    (built.parent.parent / path).write_text("changed")
    assert not is_unchanged(built)


@pytest.mark.parametrize("path", ["specs/crm.yaml", "specs/crm/hints.yaml", "generated/crm/server.py"])
def test_a_deleted_file_is_a_difference(built: Path, path: str) -> None:
    (built.parent.parent / path).unlink()
    assert not is_unchanged(built)


def test_the_fast_path_imports_no_generator() -> None:
    script = "import sys; from adaptgen.output import build_cache; build_cache.generator(); print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"jinja2", "pydantic", "openapi_pydantic", "yaml", "httpx", "fastmcp"} & set(done.stdout.split())


def test_an_edited_file_is_refused_with_the_side_file_to_use(built: Path) -> None:
    (built / "tools" / "contacts.py").write_text("mine")

    with pytest.raises(AdaptgenError) as failure:
        lock.refuse_edits(built, hints="specs/crm/hints.yaml")

    (found,) = failure.value.diagnostics
    assert found.code == "AG050"
    assert str(found.where) == str(built / "tools" / "contacts.py")
    assert "specs/crm/hints.yaml" in found.help


def test_a_deleted_file_is_no_edit(built: Path) -> None:
    (built / "server.py").unlink()
    assert lock.edited(built) == []


@pytest.mark.parametrize("text", ["<<<<<<< ours\n", "{}", "[]", '{"format": "1"}', "\x00", "[" * 5000])
def test_a_broken_lock_is_an_error_with_a_way_out(built: Path, text: str) -> None:
    (built / lock.NAME).write_text(text)
    with pytest.raises(AdaptgenError) as failure:
        lock.read(built)
    assert "delete crm/ and build again" in failure.value.diagnostics[0].help
    assert not is_unchanged(built)


def test_the_diff_shows_changed_new_and_removed_files(built: Path) -> None:
    files = {"server.py": "server\nmore\n", "auth.py": "auth", lock.NAME: (built / lock.NAME).read_text()}
    assert lock.diff(built, files) == (
        "--- /dev/null\n"
        "+++ b/auth.py\n"
        "@@ -0,0 +1 @@\n"
        "+auth\n"
        "\\ No newline at end of file\n"
        "--- a/server.py\n"
        "+++ b/server.py\n"
        "@@ -1 +1,2 @@\n"
        " server\n"
        "+more\n"
        "--- a/tools/contacts.py\n"
        "+++ /dev/null\n"
        "@@ -1 +0,0 @@\n"
        "-tools\n"
    )
