"""The first line of a draft leads an editor to its schema, in a clone of the repository too."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from support.web import Said, web

from adaptgen.cli import main

ROOT = Path(__file__).parents[2]
WHO = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the document of the CRM."""
    folder = tmp_path / "project"
    (folder / "specs").mkdir(parents=True)
    shutil.copy(ROOT / "specs" / "crm.yaml", folder / "specs")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    return folder


def schema_of(draft: Path) -> Draft202012Validator:
    """What an editor would read: the path of the first line, relative to the draft."""
    said = re.match(r"# yaml-language-server: \$schema=(\S+)\n", draft.read_text())
    assert said, draft.read_text()[:200]
    return Draft202012Validator(json.loads((draft.parent / said[1]).read_text()))


def cloned(project: Path) -> Path:
    for words in (["init", "-q"], ["add", "."], [*WHO, "commit", "-qm", "all"], ["clone", "-q", ".", "../clone"]):
        subprocess.run(["git", *words], cwd=project, check=True)
    return project.with_name("clone")


def init(project: Path) -> None:
    assert main(["init", "specs/crm.yaml"]) == 0


def govern_init(project: Path) -> None:
    assert main(["govern", "init", "specs/crm.yaml"]) == 0


def pull(project: Path) -> None:
    with web(lambda _: Said((ROOT / "specs" / "crm.yaml").read_bytes(), 200)) as api:
        assert main(["pull", f"{api.url}/openapi.yaml", "-o", "specs/other.yaml"]) == 0


@pytest.mark.parametrize(
    ("command", "draft", "key"),
    [
        (init, "crm/hints.yaml", "tols"),
        (init, "crm/governance.draft.yaml", "authorise"),
        (govern_init, "crm/governance.yaml", "authorise"),
        (pull, "other/hints.yaml", "tols"),
    ],
)
def test_an_editor_finds_the_schema_in_a_clone_and_it_knows_the_keys(
    project: Path, command: Callable[[Path], None], draft: str, key: str
) -> None:
    command(project)
    path = cloned(project) / "specs" / draft
    schema, written = schema_of(path), yaml.safe_load(path.read_text())
    assert list(schema.iter_errors(written)) == []
    (problem,) = schema.iter_errors({**written, key: {}})
    assert f"'{key}' was unexpected" in problem.message


def test_a_schema_of_another_version_is_written_anew(project: Path) -> None:
    schema = project / "specs" / ".schemas" / "hints.schema.json"
    schema.parent.mkdir()
    schema.write_text("{}")
    init(project)
    assert schema.read_text() == (ROOT / "docs" / "hints.schema.json").read_text()


def test_the_folder_of_schemas_is_not_taken_for_documents(project: Path) -> None:
    init(project)
    assert main(["build", "--quiet"]) == 0
    assert [path.name for path in (project / "generated").iterdir()] == ["crm"]
