"""``adaptgen build``: what it writes, prints and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from adaptgen.building.spec_files import identifier
from adaptgen.cli import main

SPEC = "specs/notes.json"


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.*")) if path.is_file()}


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


def test_two_documents_of_one_name(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (workplace / "other").mkdir()
    (workplace / "other" / "notes.json").write_text((workplace / SPEC).read_text())
    assert main(["build", SPEC, "other/notes.json"]) == 2
    assert "both make generated/notes" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "name"),
    [("Crm-API v2", "crm_api_v2"), ("2checkout", "api_2checkout"), ("import", "api_import"), ("…", "api"), ("a", "a")],
)
def test_names_are_identifiers(text: str, name: str) -> None:
    assert identifier(text) == name
