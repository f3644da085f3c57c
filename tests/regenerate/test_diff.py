"""``adaptgen diff``: revisions, folders, forms of output, exit codes; and that nothing compared is executed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from regenerate import year

from adaptgen.cli import main
from adaptgen.cli.generate.change_report import as_github
from adaptgen.compare.model import Change
from adaptgen.compare.schemas import differences
from adaptgen.diagnostics import Where
from adaptgen.model.tables import LOCAL
from adaptgen.runtime.engine import Engine
from adaptgen.transports.load import load_server

SPEC = Path("specs/orders.yaml")
GONE = year.tree(year.without("/orders/{orderId}", "delete"))


def git(*arguments: str) -> None:
    fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    names = {
        f"GIT_{role}_{what}": "x@example.invalid" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    subprocess.run(["git", *arguments], check=True, capture_output=True, env=os.environ | fixed | names)


def commit(text: str, message: str) -> None:
    SPEC.write_text(text)
    assert main(["build", str(SPEC), "--quiet"]) == 0
    git("add", "-A")
    git("commit", "-q", "-m", message)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """Two commits; the second one drops an operation."""
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "-b", "main")
    SPEC.parent.mkdir()
    commit(year.BASE, "one")
    commit(GONE(year.BASE), "two")
    capsys.readouterr()
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("HEAD~1:generated/orders", "HEAD:generated/orders"),
        ("HEAD~1:generated/orders", "generated/orders"),
        ("HEAD~1:./generated/orders/", "generated/orders"),
        ("HEAD~1", "generated/orders"),
        ("HEAD~1:generated", "generated"),
        ("HEAD~1:specs/orders.yaml", "specs/orders.yaml"),
        ("HEAD~1", "specs/orders.yaml"),
        ("HEAD~1", "main:specs/orders.yaml"),
    ],
)
def test_revisions_of_folders_and_documents(
    repository: Path, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", old, new, "--json", "--fail-on", "breaking"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["level"] == "breaking"
    assert [(one["server"], one["subject"], one["kind"]) for one in said["changes"]] == [
        ("orders", "cancel_order", "tool-gone")
    ]
    assert said["changes"][0]["file"].startswith(("specs/orders.yaml", "generated/orders/"))


@pytest.mark.parametrize(
    ("old", "new"),
    [("HEAD~1", "."), ("old...", "."), ("HEAD~1:", "HEAD:"), ("HEAD~1:./", "."), ("HEAD~1:.", "HEAD:.")],
)
def test_a_server_that_is_the_root_of_its_repository(
    repository: Path, old: str, new: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its document is two folders above: on disk, and not in its repository.
    folder = repository / "apart/orders"
    for number, revision in enumerate(("HEAD~1", "main")):
        git("checkout", "-q", revision)
        shutil.copytree("generated/orders", folder, dirs_exist_ok=True)
        monkeypatch.chdir(folder)
        if number == 0:
            git("init", "-q", "-b", "main")
        git("add", "-A")
        git("commit", "-q", "-m", revision)
        monkeypatch.chdir(repository)
    monkeypatch.chdir(folder)
    git("branch", "old", "HEAD~1")
    capsys.readouterr()
    assert main(["diff", old, new, "--json", "--fail-on", "breaking"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [(one["subject"], one["kind"]) for one in said["changes"]] == [("cancel_order", "tool-gone")]
    assert main(["diff", "HEAD", new, "--json", "--fail-on", "additive"]) == 0


def test_the_way_back_is_additive(repository: Path) -> None:
    assert main(["diff", "HEAD", "HEAD~1:generated/orders", "--fail-on", "review"]) == 0
    assert main(["diff", "HEAD", "HEAD~1:generated/orders", "--fail-on", "additive"]) == 1


def test_hints_of_the_revision_are_used(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hints = SPEC.with_suffix("") / "hints.yaml"
    hints.parent.mkdir()
    hints.write_text('adaptgen: 1\nhide: ["POST /reports/search"]\n')
    assert main(["diff", "HEAD:specs/orders.yaml", str(SPEC)]) == 0
    # The revision had no hints, and a document without any takes those of the other.
    assert "nothing changed for agents" in capsys.readouterr().out
    git("add", "-A")
    git("commit", "-q", "-m", "three")
    hints.write_text("adaptgen: 1\n")
    assert main(["diff", "HEAD:specs/orders.yaml", str(SPEC)]) == 0
    assert "search_reports: a new tool (reads)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("nowhere", "generated/orders"),
        ("HEAD~9:generated/orders", "generated/orders"),
        ("HEAD:nowhere", "generated/orders"),
        ("--output=x:y", "generated/orders"),
        ("specs/orders.yaml", "generated/orders"),
        ("specs", "generated/orders"),
    ],
)
def test_what_cannot_be_compared_is_said(
    repository: Path, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "--", old, new]) == 2
    assert "AG055" in capsys.readouterr().err


def test_a_table_that_is_code_is_refused_and_never_runs(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = Path("generated/orders/tools/reports.py")
    table.write_text(table.read_text().replace('name="search_reports"', 'name=open("ran", "w").name'))
    assert main(["diff", "HEAD", "generated/orders"]) == 2
    said = capsys.readouterr().err
    assert "AG055" in said
    assert "generated/orders/tools/reports.py:" in said
    assert not Path("ran").exists()


def test_code_beside_the_tables_never_runs(repository: Path) -> None:
    for path in Path("generated/orders").rglob("*.py"):
        path.write_text(f'{path.read_text()}\nopen("ran", "w")\n')
    assert main(["diff", "HEAD", "generated/orders"]) == 0
    assert not Path("ran").exists()


def test_a_rename_by_the_hints_serves_both_names(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hints = SPEC.with_suffix("") / "hints.yaml"
    hints.parent.mkdir()
    hints.write_text('adaptgen: 1\ntools: {order_sheet: {call: "GET /orders/{orderId}"}}\n')
    assert main(["build", str(SPEC), "--quiet"]) == 0
    assert main(["diff", "HEAD", "generated/orders", "--fail-on", "review"]) == 0
    engine = Engine(load_server(Path("generated/orders")))
    assert [engine.get(name).name for name in ("get_order", "order_sheet")] == ["order_sheet", "order_sheet"]
    assert "get_order" not in [one.name for one in engine.list(LOCAL)]
    assert main(["call", "generated/orders", "get_order", "orderId=x", "--no-governance"]) == 2
    # The old name is another word for the same tool: its argument is checked against the tool's schema.
    assert "orderId='x' is not of type integer" in capsys.readouterr().err


@pytest.mark.parametrize("new", ["generated/orders", "generated", "specs/orders.yaml"])
def test_policies_that_name_a_tool_that_went_are_to_be_reviewed(
    repository: Path, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    policies = SPEC.with_suffix("") / "policies"
    policies.mkdir(parents=True)
    policy = 'permit (principal, action in [Action::"orders__get_order", Action::"orders__cancel_order"], resource);'
    (policies / "clerks.cedar").write_text(f"// who may what\n{policy}\n")
    assert main(["diff", "HEAD~1", new, "--json"]) == 0
    changes = json.loads(capsys.readouterr().out)["changes"]
    # Of generated folders what is next to their documents is compared, too: the policy is new.
    own = [] if new.startswith("specs") else [("review", "orders", "policy")]
    assert [(one["level"], one["subject"], one["kind"]) for one in changes] == [
        ("breaking", "cancel_order", "tool-gone"),
        ("review", "cancel_order", "policy"),
        *own,
    ]
    assert (changes[1]["file"], changes[1]["line"]) == ("specs/orders/policies/clerks.cedar", 2)


def test_annotations_are_escaped() -> None:
    where = Where("specs/a,b:c.yaml", 7, 3)
    lines = as_github([
        Change("breaking", "t", "k", "100%\n::set-output name=x::y\r", where),
        Change("review", "t", "k", "look"),
        Change("additive", "t", "k", "more"),
        Change("unchanged", "t", "k", "words"),
    ])  # fmt: skip
    assert lines == [
        "::error file=specs/a%2Cb%3Ac.yaml,line=7,title=adaptgen%3A breaking for agents::"
        "t: 100%25%0A::set-output name=x::y%0D",
        "::warning title=adaptgen%3A review for agents::t: look",
        "::notice title=adaptgen%3A additive for agents::t: more",
    ]


def test_annotations_beyond_what_github_shows_are_counted() -> None:
    lines = as_github([Change("breaking", f"t{number}", "k", "gone") for number in range(13)])
    assert len(lines) == 11
    assert lines[-1] == "::error title=adaptgen::3 more breaking changes are in the log"


@pytest.mark.parametrize(
    ("old", "new", "ways"),
    [
        ({"type": "integer"}, {"type": "integer"}, set()),
        ({"enum": [True]}, {"enum": [1]}, {"narrowed", "widened"}),
        ({"type": "integer"}, {"type": ["integer", "null"]}, {"widened"}),
        ({"type": ["integer", "null"]}, {"type": "integer"}, {"narrowed"}),
        ({"type": "number"}, {"type": "integer"}, {"narrowed"}),
        ({"type": "integer"}, {"type": "string"}, {"replaced"}),
        ({}, {"type": "string"}, {"narrowed"}),
        ({"type": "string"}, {}, {"widened"}),
        ({"minimum": 1}, {"minimum": 0}, {"widened"}),
        ({"maximum": 1}, {"maximum": 0}, {"narrowed"}),
        ({"maximum": 1}, {}, {"widened"}),
        ({}, {"minLength": 0}, set()),
        ({"format": "int32"}, {"format": "int64"}, {"widened"}),
        ({"format": "int64"}, {"format": "int32"}, {"narrowed"}),
        ({"pattern": "a"}, {"pattern": "b"}, {"narrowed"}),
        ({"items": {"type": "integer"}}, {"items": {"type": "number"}}, {"widened"}),
        ({"properties": {"a": {}}}, {"properties": {"a": {}, "b": {}}}, {"widened"}),
        ({"properties": {"a": {}}}, {"properties": {"a": {}}, "required": ["a"]}, {"narrowed"}),
        ({"properties": {"a": {}, "b": {}}, "additionalProperties": False},
         {"properties": {"a": {}}, "additionalProperties": False}, {"narrowed"}),
        ({"additionalProperties": {"type": "string"}}, {"additionalProperties": {"type": "integer"}}, {"replaced"}),
        ({"anyOf": [{"type": "string"}]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}, {"widened"}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"anyOf": [{"type": "string"}]}, {"narrowed"}),
        ({"anyOf": [{"type": "string", "title": "A"}]}, {"anyOf": [{"type": "string"}]}, set()),
        ({"allOf": [{"minimum": 1}]}, {"allOf": [{"minimum": 1}, {"maximum": 2}]}, {"narrowed"}),
        ({"default": 1}, {"default": 2}, {"meaning"}),
        ({"description": "a"}, {"description": "b"}, {"words"}),
    ],
)  # fmt: skip
def test_what_an_argument_takes(old: Any, new: Any, ways: set[str]) -> None:
    assert {one.way for one in differences(old, new)} == ways


def test_references_are_followed_and_cycles_end() -> None:
    def root(kind: str) -> Any:
        tree = {"type": "object", "properties": {"v": {"type": kind}, "next": {"$ref": "#/$defs/T"}}}
        return {"$defs": {"T": tree}, "properties": {"a": {"$ref": "#/$defs/T"}}}

    reference = {"$ref": "#/$defs/T"}
    assert list(differences(reference, reference, root("integer"), root("integer"))) == []
    found = list(differences(reference, reference, root("integer"), root("string")))
    assert ("replaced", "v", "type integer → string") in [one[:3] for one in found]
