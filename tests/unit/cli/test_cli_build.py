"""``adaptgen build``: what it writes, prints and refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adaptgen.building.spec_files import identifier, shown_path
from adaptgen.cli import main
from adaptgen.output import build_cache
from adaptgen.transports.load import load_server

SPEC = "specs/notes.json"


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.*")) if path.is_file()}


def test_a_document_becomes_a_server(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", SPEC]) == 0
    assert {tool.name for tool in load_server(workplace / "generated" / "notes").tools} == {
        "list_notes",
        "get_note",
        "delete_note",
    }
    said = capsys.readouterr().out
    assert said.startswith("notes: Notes  (OpenAPI 3.0.3, specs/notes.json)\n  3 operations: 3 tools\n")
    assert "4 declared inputs" in said
    assert "NOTES_BASE_URL" in said
    assert said.splitlines()[-1].startswith("generated/notes: 3 tools; ")


def test_an_unchanged_build_says_so_and_loads_no_generator(workplace: Path) -> None:
    assert main(["build", SPEC, "--quiet"]) == 0
    before = tree(workplace / "generated")
    code = (
        "import sys; from adaptgen.cli import main; main(['build', 'specs/notes.json']); "
        "print([name for name in ('yaml', 'openapi_pydantic', 'adaptgen.plan', 'adaptgen.source') "
        "if name in sys.modules], file=sys.stderr)"
    )
    path = os.pathsep.join(filter(None, (str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH"))))
    environ = os.environ | {"PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=True)
    assert done.stdout == "generated/notes is up to date\n"
    assert done.stderr.strip() == "[]"
    assert tree(workplace / "generated") == before


def test_another_version_with_the_same_output_changes_no_file(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", SPEC, "--quiet"]) == 0
    before = tree(workplace / "generated")
    monkeypatch.setattr(build_cache, "generator", lambda: "another")
    monkeypatch.setattr("adaptgen.__version__", "99.0")
    capsys.readouterr()
    assert main(["build", SPEC, "--quiet"]) == 0
    assert "files unchanged" in capsys.readouterr().out
    assert tree(workplace / "generated") == before


@pytest.mark.parametrize("touch", ["specs/notes.json", "specs/notes/hints.yaml"])
def test_a_blank_line_in_an_input_changes_no_byte(workplace: Path, touch: str) -> None:
    hints = workplace / "specs" / "notes" / "hints.yaml"
    hints.parent.mkdir()
    hints.write_text("adaptgen: 1\n")
    assert main(["build", SPEC, "--check"]) == 1
    assert main(["build", SPEC]) == 0
    before = tree(workplace / "generated")
    path = workplace / touch
    path.write_text(path.read_text() + "\n")
    assert main(["build", SPEC, "--check"]) == 0
    assert main(["build", SPEC]) == 0
    assert tree(workplace / "generated") == before


@pytest.mark.parametrize("touch", ["README.md", "adaptgen.lock"])
def test_a_changed_file_of_the_output_is_stale(workplace: Path, touch: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", SPEC]) == 0
    path = workplace / "generated" / "notes" / touch
    path.write_text(path.read_text().replace("Notes", "Memos").replace('"spec": "notes.json"', '"spec": "memos.json"'))
    capsys.readouterr()
    assert main(["build", SPEC, "--check"]) == 1
    printed = capsys.readouterr()
    assert printed.out.startswith("--- a/")
    assert "AG052" in printed.err


def test_hints_that_appear_or_go_are_noticed(workplace: Path) -> None:
    assert main(["build", SPEC]) == 0
    hints = workplace / "specs" / "notes" / "hints.yaml"
    hints.parent.mkdir()
    hints.write_text("adaptgen: 1\nhide: ['DELETE /notes/{id}']\n")
    assert main(["build", SPEC, "--check"]) == 1
    assert main(["build", SPEC]) == 0
    assert main(["build", SPEC, "--check"]) == 0
    hints.unlink()
    assert main(["build", SPEC, "--check"]) == 1


def test_the_name_of_the_hints_names_the_folder(workplace: Path) -> None:
    hints = workplace / "specs" / "notes" / "hints.yaml"
    hints.parent.mkdir()
    hints.write_text("adaptgen: 1\nserver: {name: memo}\n")
    assert main(["build", SPEC]) == 0
    assert (workplace / "generated" / "memo" / "server.py").is_file()
    assert main(["build", SPEC, "--check"]) == 0


def test_the_output_does_not_depend_on_where_the_command_runs(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["build", SPEC]) == 0
    first = tree(workplace / "generated")
    monkeypatch.chdir("/")
    assert main(["build", str(workplace / SPEC), "--out", str(workplace / "generated"), "--check"]) == 0
    assert tree(workplace / "generated") == first
    assert not any(str(workplace).encode() in data for data in first.values())


def test_a_file_edited_by_hand_is_refused(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", SPEC]) == 0
    edited = workplace / "generated" / "notes" / "server.py"
    edited.write_text(edited.read_text() + "# mine\n")
    capsys.readouterr()
    assert main(["build", SPEC]) == 2
    said = capsys.readouterr().err
    assert "AG050" in said
    assert "specs/notes/hints.yaml" in said
    assert edited.read_text().endswith("# mine\n")


def test_bad_input_in_one_document_writes_none(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (workplace / "specs" / "broken.yaml").write_text("openapi: 3.0.3\npaths: [\n")
    assert main(["build", SPEC, "specs/broken.yaml", "specs/absent.yaml"]) == 2
    said = capsys.readouterr().err
    assert "specs/broken.yaml:" in said
    assert "specs/absent.yaml: error AG001" in said
    assert not (workplace / "generated").exists()


def test_an_error_in_the_hints_has_its_place(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hints = workplace / "specs" / "notes" / "hints.yaml"
    hints.parent.mkdir()
    hints.write_text("adaptgen: 1\ntols: {}\n")
    assert main(["build", SPEC]) == 2
    said = capsys.readouterr().err
    assert said.startswith("specs/notes/hints.yaml:2:1: error AG030")
    assert "did you mean 'tools'" in said


def test_two_documents_of_one_name(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (workplace / "other").mkdir()
    (workplace / "other" / "notes.json").write_text((workplace / SPEC).read_text())
    assert main(["build", SPEC, "other/notes.json"]) == 2
    assert "both make generated/notes" in capsys.readouterr().err


def test_several_documents_in_one_go(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (workplace / "specs" / "memo.json").write_text((workplace / SPEC).read_text())
    assert main(["build", SPEC, "specs/memo.json", "--quiet"]) == 0
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "generated/notes",
        "generated/memo",
    ]
    assert main(["build", SPEC, "specs/memo.json", "--check"]) == 0


def test_a_folder_that_cannot_be_written_is_told(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (workplace / "generated").write_text("a file")
    assert main(["build", SPEC]) == 2
    assert "AG051" in capsys.readouterr().err


def test_an_operation_that_cannot_be_understood_is_left_out_by_name(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = json.loads((workplace / SPEC).read_text())
    spec["paths"]["/broken"] = {"get": "nothing"}
    (workplace / SPEC).write_text(json.dumps(spec))
    assert main(["build", SPEC]) == 0
    printed = capsys.readouterr()
    assert "GET /broken" in printed.out
    assert "AG021" in printed.err


@pytest.mark.parametrize(
    ("text", "name"),
    [("Crm-API v2", "crm_api_v2"), ("2checkout", "api_2checkout"), ("import", "api_import"), ("…", "api"), ("a", "a")],
)
def test_names_are_identifiers(text: str, name: str) -> None:
    assert identifier(text) == name


def test_a_document_outside_of_the_project_is_named_without_its_folder(tmp_path: Path) -> None:
    assert shown_path(tmp_path / "a" / "x.yaml", tmp_path / "generated") == "a/x.yaml"
    assert shown_path(tmp_path / "x.yaml", tmp_path / "b" / "generated") == "x.yaml"
