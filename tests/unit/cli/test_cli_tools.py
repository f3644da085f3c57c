"""``adaptgen tools``: the table of a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adaptgen.cli import main

BUILT = "generated/notes"
POLICIES = """@id("staff-delete")
permit (principal in Group::"bank/staff", action == Action::"notes__delete_note", resource)
when { principal.groups.containsAny(["night", "day"]) && !principal.groups.contains("interns") };
@id("not-now")
forbid (principal, action == Action::"notes__delete_note", resource)
unless { principal.groups.contains("lead") };
"""


def rows(capsys: pytest.CaptureFixture[str], *words: str) -> list[list[str]]:
    assert main(["tools", BUILT, *words]) == 0
    return [line.split("\t") for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def built(workplace: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["build", "specs/notes.json", "--quiet"]) == 0
    capsys.readouterr()
    return workplace


def govern(settings: str) -> None:
    Path("specs/notes/policies").mkdir(parents=True, exist_ok=True)
    Path("specs/notes/policies/a.cedar").write_text(POLICIES)
    Path("specs/notes/governance.yaml").write_text(f"adaptgen: 1\n{settings}\n")
    assert main(["build", "specs/notes.json", "--quiet"]) == 0


def test_a_governed_tool_names_its_policies_and_their_groups(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    govern("authorize: {default: read, policies: [policies/]}")
    capsys.readouterr()
    assert [row[-1] for row in rows(capsys)[1:]] == [
        "staff-delete [bank/staff, night, day]; forbid: not-now",
        "default-read",
        "default-read",
    ]
    assert [row[-1] for row in rows(capsys, "--no-governance")[1:]] == ["-"] * 3
    Path("specs/notes/governance.yaml").write_text("adaptgen: 1\n")
    assert [row[-1] for row in rows(capsys)[1:]] == ["nobody"] * 3


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("mode: behind\naccept: {issuer: i, audience: a, jwks: j}\nkeys: {cursors: '${env:C}'}", "the proxy decides"),
        ("authorize: {engine: verified_permissions, store: s}", "Verified Permissions decides"),
    ],
)
def test_who_else_decides_is_said(built: Path, settings: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("front.yaml").write_text(f"adaptgen: 1\n{settings}\n")
    assert [row[-1] for row in rows(capsys, "--governance", "front.yaml")[1:]] == [said] * 3


def test_json_has_the_whole_of_each_tool(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    govern("authorize: {default: read, policies: [policies/]}")
    capsys.readouterr()
    assert main(["tools", BUILT, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (found["server"], found["governance"]) == ("notes", "specs/notes/governance.yaml")
    delete, get, listed = found["tools"]
    assert delete["arguments"] == [{"name": "id", "type": "integer", "required": True}]
    assert delete["added_arguments"] == ["dry_run"]
    assert delete["policies"] == [
        {
            "id": "staff-delete",
            "effect": "permit",
            "groups": ["bank/staff", "night", "day"],
            "where": "specs/notes/policies/a.cedar:1:1",
        },
        {"id": "not-now", "effect": "forbid", "groups": [], "where": "specs/notes/policies/a.cedar:4:1"},
    ]
    assert (get["view"], get["list"], listed["list"]) == (["id", "title", "author_email"], False, True)
    assert "cursor" in listed["added_arguments"]
    assert get["policies"] == [{"id": "default-read", "effect": "permit", "groups": [], "where": None}]
