"""``adaptgen policy explain``: what a caller sees and may call, as the running server has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adaptgen.cli import main

BUILT = "generated/notes"
SETTINGS = "specs/notes/governance.yaml"
POLICIES = """@id("staff-delete")
permit (principal, action == Action::"notes__delete_note", resource)
when { principal.groups.contains("staff") };

@id("first-notes-stay")
forbid (principal, action == Action::"notes__delete_note", resource)
when { context.input.id < 10 };
"""


@pytest.fixture
def built(workplace: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = Path("specs/notes/policies")
    folder.mkdir(parents=True)
    (folder / "a.cedar").write_text(POLICIES)
    Path(SETTINGS).write_text("adaptgen: 1\nauthorize: {default: read, policies: [policies/]}\n")
    assert main(["build", "specs/notes.json", "--quiet"]) == 0
    capsys.readouterr()
    return workplace


def explained(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["policy", "explain", BUILT, *words, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_each_tool_is_told_with_the_policies_that_decide(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "explain", BUILT, "--sub", "bob", "--groups", "interns"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "bob [interns] sees 2 of 3 tools (specs/notes/governance.yaml)"
    assert [line.split(maxsplit=3) for line in lines[2:]] == [
        ["delete_note", "no", "no", "no policy permits it"],
        ["get_note", "yes", "yes", "permitted by default-read"],
        ["list_notes", "yes", "yes", "permitted by default-read"],
    ]


def test_one_tool_is_told_with_every_policy_about_it(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["policy", "explain", BUILT, "--sub", "ann", "--groups", "staff,night", "delete_note"]
    assert main(words) == 0
    said = capsys.readouterr().out
    at = "specs/notes/policies/a.cedar"
    assert said.splitlines()[0] == "ann [staff, night] sees delete_note and may call it with some arguments"
    assert [line.split() for line in said.splitlines()[2:]] == [
        ["staff-delete", "permits", "always", f"{at}:1"],
        ["first-notes-stay", "forbids", "some", "arguments", f"{at}:5"],
    ]
    assert main([*words, "id=9"]) == 0
    assert "this call is refused by first-notes-stay: a policy forbids it" in capsys.readouterr().out
    assert explained(capsys, *words[3:], "id=10")["decision"] == {
        "permitted": True,
        "policies": ["staff-delete"],
        "because": "",
    }


def test_without_a_caller_it_is_the_one_on_stdio(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    local = "adaptgen: 1\nlocal: {sub: ann, groups: [staff]}\n"
    Path(SETTINGS).write_text(local + "authorize: {default: read, policies: [policies/]}\n")
    found = explained(capsys)
    assert (found["caller"]["sub"], found["tools"][0]["call"]) == ("ann", "depends")
    Path(SETTINGS).write_text("adaptgen: 1\n")
    assert [one["call"] for one in explained(capsys)["tools"]] == ["permitted"] * 3
    assert [one["call"] for one in explained(capsys, "--sub", "bob")["tools"]] == ["refused"] * 3


def test_the_kill_switch_counts(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("specs/notes/off.yaml").write_text("tools: [notes/get_*]\n")
    Path(SETTINGS).write_text("adaptgen: 1\nauthorize: {default: read}\nswitch: {source: off.yaml, callers: [eve]}\n")
    get = explained(capsys, "--sub", "bob", "get_note")["tools"][0]
    assert (get["visible"], get["call"], get["because"]) == (True, "refused", "switched off: the tool get_note")
    assert [one["visible"] for one in explained(capsys, "--sub", "eve")["tools"]] == [False] * 3


def test_what_is_only_logged_is_said(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path(SETTINGS).write_text("adaptgen: 1\nauthorize: {mode: log_only, policies: [policies/]}\n")
    assert main(["policy", "explain", BUILT, "--sub", "bob", "delete_note", "id=12"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("bob [] sees delete_note and may not call it: no policy permits it")
    assert "this call is refused: no policy permits it" in said.out
    assert "every call passes" in said.err


@pytest.mark.parametrize(
    ("settings", "words", "said"),
    [
        ("adaptgen: 1\n", ["delete_notes"], "notes has no tool 'delete_notes'"),
        ("adaptgen: 1\n", ["--groups", "staff"], "--groups, --tenant and --claim are of a caller, who needs a name"),
        ("adaptgen: 1\n", ["--sub", "b", "delete_note", "number=1"], "delete_note has no argument 'number'"),
        (
            "adaptgen: 1\nmode: behind\naccept: {issuer: i, audience: a, jwks: j}\nkeys: {cursors: '${env:C}'}\n",
            [],
            "these settings decide nothing of notes: the proxy decides",
        ),
        ("adaptgen: 1\nauthorize: {engine: verified_permissions, store: s}\n", [], "Verified Permissions decides"),
        ("adaptgen: 1\nauthorize: {default: read, policies: [gone/]}\n", [], "error AG072"),
    ],
)
def test_what_cannot_be_explained(
    built: Path, settings: str, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(SETTINGS).write_text(settings)
    assert main(["policy", "explain", BUILT, *words]) == 2
    seen = capsys.readouterr()
    assert (said in seen.err, seen.out) == (True, "")


def test_a_server_without_settings_is_told_how_to_get_some(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "specs/notes.json", "--quiet"]) == 0
    assert main(["policy", "explain", BUILT, "--sub", "bob"]) == 2
    assert "help: adaptgen govern init generated/notes" in capsys.readouterr().err
