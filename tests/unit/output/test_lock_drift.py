"""The lock: what a folder was made from, hand edits, and builds with nothing to do."""

from __future__ import annotations

import json
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


def test_a_lock_says_nothing_about_the_machine(built: Path) -> None:
    text = (built / lock.NAME).read_text()
    found = json.loads(text)
    assert list(found) == ["format", "spec", "options", "inputs", "names", "files"]
    assert found["format"] == 2
    assert found["inputs"].keys() == {"crm.yaml", "crm/hints.yaml"}
    # printf 'server\n' | sha256sum
    assert found["files"]["server.py"] == "4ad28e4a6461bd64b920f72f86c0d16edc544c4a1f26060518ebb900025d496a"
    assert str(built.parent.parent) not in text


def test_a_build_with_nothing_to_do_is_recognised(built: Path) -> None:
    assert is_unchanged(built)


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


def test_other_options_are_a_difference(built: Path) -> None:
    assert not is_unchanged(built, name="other")


def test_hints_that_appear_are_a_difference(built: Path) -> None:
    specs = built.parent.parent / "specs"
    assert not build_cache.is_unchanged(
        built, spec=specs / "crm.yaml", sides=[specs / "crm.yaml", specs / "crm"], options={"name": "crm"}
    )


def test_another_generator_is_a_difference(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_cache, "generator", lambda: "another")
    assert not is_unchanged(built)


@pytest.mark.parametrize("damage", ["", "another"])
def test_without_a_record_of_the_build_nothing_is_known(built: Path, tmp_path: Path, damage: str) -> None:
    (recorded,) = (tmp_path / "cache" / "adaptgen" / "builds").iterdir()
    if damage:
        recorded.write_text(damage)
    else:
        recorded.unlink()
    assert not is_unchanged(built)


def test_a_cache_that_cannot_be_written_is_no_error(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(built / "server.py"))
    build_cache.record(built, inputs={}, options={}, files={})
    assert not is_unchanged(built)


def test_a_lock_with_the_generator_of_0_1_is_read(built: Path) -> None:
    written = json.loads((built / lock.NAME).read_text())
    (built / lock.NAME).write_text(json.dumps({**written, "generator": "0" * 64}))
    assert lock.edited(built) == []


def test_the_generator_covers_sources_and_templates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from adaptgen.render import safe

    before = build_cache.generator.__wrapped__()
    (tmp_path / "tools.py.j2").write_text("another template")
    monkeypatch.setattr(safe, "templates", lambda: tmp_path)
    assert build_cache.generator.__wrapped__() != before


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


def test_a_link_in_place_of_a_file_is_an_edit(built: Path, tmp_path: Path) -> None:
    (tmp_path / "same").write_text("server\n")
    (built / "server.py").unlink()
    (built / "server.py").symlink_to(tmp_path / "same")
    assert lock.edited(built) == ["server.py"]


@pytest.mark.parametrize("text", ["<<<<<<< ours\n", "{}", "[]", '{"format": "1"}', "\x00", "[" * 5000])
def test_a_broken_lock_is_an_error_with_a_way_out(built: Path, text: str) -> None:
    (built / lock.NAME).write_text(text)
    with pytest.raises(AdaptgenError) as failure:
        lock.read(built)
    assert "delete crm/ and build again" in failure.value.diagnostics[0].help
    assert not is_unchanged(built)


def test_a_folder_without_a_lock_has_none(tmp_path: Path) -> None:
    assert lock.read(tmp_path) is None
    assert lock.edited(tmp_path / "absent") == []


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


def test_other_inputs_with_the_same_files_are_no_diff(built: Path) -> None:
    files = {path: (built / path).read_text() for path in ("server.py", "tools/contacts.py", lock.NAME)}
    written = json.loads(files[lock.NAME])
    files[lock.NAME] = json.dumps({**written, "inputs": dict.fromkeys(written["inputs"], "0" * 64)})
    assert lock.diff(built, files) == ""


def test_a_checkout_with_other_line_ends_is_neither_edited_nor_stale(built: Path) -> None:
    files = {path: (built / path).read_text() for path in ("server.py", "tools/contacts.py", lock.NAME)}
    for path, text in files.items():
        (built / path).write_bytes(text.replace("\n", "\r\n").encode())
    assert lock.edited(built) == []
    assert lock.diff(built, files) == ""
