"""``adaptgen ci``: what can be asked for, and what cannot be written into a workflow."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from adaptgen.cli import main

HASH = "--hash=sha256:" + "0" * 64


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the projects services/crm and tools/stock; the working folder is the first."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    for name in ("services/crm", "tools/stock"):
        (tmp_path / name / "specs").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "services" / "crm")
    return tmp_path


def test_in_a_folder_of_a_repository_it_is_the_workflow_of_this_folder_at_the_root(repository: Path) -> None:
    assert main(["ci", "github", "--install", "true", "--out"]) == 0
    text = (repository / ".github" / "workflows" / "adaptgen.yaml").read_text()
    assert yaml.safe_load(text)["env"] == {"PROJECTS": "services/crm"}
    assert not Path(".github").exists()


@pytest.mark.parametrize("name", ["../crm", "/etc", "-x", "a b", "$(id)", 'a"b', "a/../../b", "a\nb", "ü", "none"])
def test_a_folder_that_is_no_plain_path_or_no_project_is_refused(
    name: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ci", "github", "--install", "true", f"--project={name}"]) == 2
    assert "AG127" in capsys.readouterr().err


def test_a_working_folder_with_an_odd_name_is_refused(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = repository / "$(touch owned)"
    odd.mkdir()
    monkeypatch.chdir(odd)
    assert main(["ci", "github", "--install", "true"]) == 2
    assert "AG127" in capsys.readouterr().err


def test_requirements_with_hashes_are_all_that_is_installed(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = repository / "services" / "crm" / "ci.txt"
    file.write_text(f"# made\n--index-url https://i.example\nadaptgen[record]==1.2 \\\n    {HASH}\nclick==8.1 {HASH}\n")
    assert main(["ci", "github", "--requirements", "ci.txt"]) == 0
    steps = yaml.safe_load(capsys.readouterr().out)["jobs"]["commit"]["steps"]
    assert steps[2]["run"].strip() == 'python -m pip install --require-hashes -r "services/crm/ci.txt"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"adaptgen==1.2 {HASH}\nclick==8.1\n", "click==8.1"),
        (f"adaptgen==1.2 {HASH}\nclick>=8 {HASH}\n", "click>=8"),
        (f"click==8.1 {HASH}\n", "do not name adaptgen"),
        ("", "do not name adaptgen"),
    ],
)
def test_requirements_without_a_version_or_a_hash_are_refused(
    text: str, said: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("ci.txt").write_text(text)
    assert main(["ci", "github", "--requirements", "ci.txt"]) == 2
    err = capsys.readouterr().err
    assert "AG127" in err
    assert said in err
    assert "--generate-hashes" in err
