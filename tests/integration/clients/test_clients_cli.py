"""``adaptgen call`` against a running API, and what ``serve`` says at start."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from adaptgen.cli import main

from .conftest import NOTES, Served


@pytest.fixture(autouse=True)
def environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, notes_api: str) -> None:
    """The API's address, and a state folder of the test's own."""
    monkeypatch.setenv("NOTES_BASE_URL", notes_api)
    monkeypatch.setenv("ADAPTGEN_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("ADAPTGEN_CURSOR_KEY", raising=False)


def test_cursors_work_from_one_invocation_to_the_next(notes_package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[Any] = []
    words = ["limit=2"]
    while words:
        assert main(["call", str(notes_package), "find_notes", *words]) == 0
        answer = json.loads(capsys.readouterr().out)
        rows += answer["items"]
        cursor = answer.get("next_cursor")
        words = ["limit=2", f"cursor={cursor}"] if cursor else []
    assert rows == [[note["id"], note["text"]] for note in NOTES]


def test_arguments_may_come_as_json_on_stdin(
    notes_package: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"id": 2, "fields": ["text"]}'))
    assert main(["call", str(notes_package), "get_note", "-"]) == 0
    assert json.loads(capsys.readouterr().out) == {"text": "note 2"}


def test_a_failed_call_ends_with_one(notes_package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["call", str(notes_package), "get_note", "id=99"]) == 1
    assert "not found" in capsys.readouterr().out.lower()


def test_a_missing_address_is_named(
    notes_package: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTES_BASE_URL")
    assert main(["call", str(notes_package), "get_note", "id=1"]) == 1
    assert "NOTES_BASE_URL" in capsys.readouterr().out


def test_serve_names_a_missing_address_at_start(notes: Served) -> None:
    without = {name: value for name, value in notes.environ.items() if name != "NOTES_BASE_URL"}
    done = subprocess.run(notes.command, env=without, input="", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert "NOTES_BASE_URL is not set" in done.stderr
