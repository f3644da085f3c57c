"""``adaptgen explain`` and ``adaptgen call`` on a built server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adaptgen.cli import main

BUILT = "generated/notes"


@pytest.fixture
def built(workplace: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["build", "specs/notes.json"]) == 0
    capsys.readouterr()
    return workplace


def test_the_page_of_a_tool(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", BUILT, "list_notes"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("list_notes  (reads, a list)\n")
    line = next(
        at for at, text in enumerate((built / "specs/notes.json").read_text().splitlines(), 1) if '"get"' in text
    )
    assert f"\n  specs/notes.json:{line}:" in said
    assert "GET https://notes.example/notes" in said
    assert "paging\n  Offset\n" in said
    assert "query limit" in said
    assert "absorbed" in said
    assert "author_email  email" in said


def test_without_the_document_the_tables_are_told(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (built / "specs/notes.json").unlink()
    assert main(["explain", BUILT, "get_note"]) == 0
    said = capsys.readouterr().out
    assert "GET https://notes.example/notes/{id}" in said
    assert "the document was not found" in said
    assert "evidence" not in said.replace("the evidence", "")


def test_a_document_that_changed_is_not_taken_for_the_one_that_was_built(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = built / "specs/notes.json"
    spec.write_text(spec.read_text() + "\n")
    assert main(["explain", BUILT, "get_note"]) == 0
    assert "the document was not found" in capsys.readouterr().out
    assert main(["explain", BUILT, "get_note", "--spec", "specs/notes.json"]) == 0
    assert "specs/notes.json:" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["list_notes", "GET /notes"])
def test_the_decisions_on_a_tool_as_json(built: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", BUILT, name, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["operation"] == "GET /notes"
    (tool,) = said["tools"]
    assert tool["name"]["value"] == "list_notes"
    assert tool["paging"]["value"] == "offset"
    assert tool["paging"]["certainty"] == "likely"


def test_the_decisions_on_a_server(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", BUILT, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["exposure"]["value"] for one in said["operations"]] == ["tool"] * 3
    assert main(["explain", BUILT]) == 0
    assert capsys.readouterr().out.startswith("notes: Notes  (OpenAPI 3.0.3, specs/notes.json)\n")


def test_decisions_need_the_document(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (built / "specs/notes.json").unlink()
    assert main(["explain", BUILT, "--json"]) == 2
    assert "--spec specs/notes.yaml" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["explain", "--json"], ["explain"], ["call"]])
def test_an_unknown_tool_comes_with_near_names(
    built: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command[0], BUILT, "list_note", *command[1:]]) == 2
    said = "".join(capsys.readouterr())
    assert "AG063" in said
    assert "list_notes" in said


def test_a_call_that_cannot_be_made_ends_with_one(
    built: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADAPTGEN_STATE", str(built / "state"))
    assert main(["call", BUILT, "get_note"]) == 1
    assert "id" in capsys.readouterr().out
