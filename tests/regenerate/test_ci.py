"""The GitHub workflow: its own shell lines, run step by step in a repository of its own."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from regenerate import year

from adaptgen.cli import main
from adaptgen.cli.generate.regenerate import workflow

WORKFLOW = yaml.safe_load(workflow("github", "true"))
NETWORK = {"Install", "Fetch the documents", "Propose the change"}
"""Steps that need the network: these, and those that use an action, do not run here."""
EXPRESSIONS = {
    "origin/${{ github.base_ref }}": "origin/main",
    "${{ github.token }}": "",
    "${{ steps.contract.outcome }}": "success",
}
ALLOWED = "${{ contains(github.event.pull_request.labels.*.name, 'breaking-for-agents') }}"
OPERATION = "operationId: cancelOrder"


@dataclass
class Runner:
    """Runs the steps of a job as GitHub does: ``sh -e`` on a file of their lines, in order, until one fails."""

    folder: Path
    event: str
    allowed: bool = False
    said: dict[str, str] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)

    def job(self, name: str) -> str:
        """The name of the step that failed; empty if none did."""
        output = self.folder.parent / "output"
        output.write_text("")
        for step in WORKFLOW["jobs"][name]["steps"]:
            if "uses" in step or step["name"] in NETWORK:
                self.skipped.add(step["name"])
                continue
            if not self._applies(step.get("if", ""), output.read_text()):
                continue
            if self._step(step, output) and not step.get("continue-on-error"):
                return str(step["name"])
        return ""

    def _applies(self, condition: str, output: str) -> bool:
        known = {
            "": True,
            "github.event_name == 'pull_request'": self.event == "pull_request",
            "steps.tree.outputs.changed == 'true'": "changed=true" in output,
        }
        return known[condition]

    def _step(self, step: dict[str, Any], output: Path) -> int:
        script = self.folder.parent / "step.sh"
        script.write_text(step["run"])
        given = {ALLOWED: str(self.allowed).lower(), **EXPRESSIONS}
        environ = {key: given.get(value, value) for key, value in step.get("env", {}).items()}
        assert not any("${{" in value for value in environ.values())
        environ |= {"GITHUB_OUTPUT": str(output), "RUNNER_TEMP": str(self.folder.parent)}
        done = subprocess.run(
            ["sh", "-e", str(script)], cwd=self.folder, env=os.environ | environ, capture_output=True, text=True
        )
        self.said[step["name"]] = done.stdout + done.stderr
        return done.returncode


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone whose origin has a fresh tree on main."""
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "tester")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "tester@example.invalid")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    commands = tmp_path / "bin"
    commands.mkdir()
    root = Path(__file__).parents[2]
    for name, module in (("adaptgen", "-m adaptgen "), ("python", "")):
        path = commands / name
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" {module}"$@"\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(root))
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    git(origin, "init", "-q", "-b", "main")
    (origin / "specs").mkdir()
    (origin / "specs" / "orders.yaml").write_text(year.BASE)
    monkeypatch.chdir(origin)
    assert main(["build", "--quiet"]) == 0
    git(origin, "add", "-A")
    git(origin, "commit", "-q", "-m", "one")
    git(tmp_path, "clone", "-q", str(origin), str(clone))
    monkeypatch.chdir(clone)
    return clone


def edit(clone: Path, old: str, new: str) -> None:
    spec = clone / "specs" / "orders.yaml"
    text = spec.read_text()
    assert old in text
    spec.write_text(text.replace(old, new))


def test_a_commit_with_a_fresh_tree_passes(repository: Path) -> None:
    runner = Runner(repository, "push")
    assert runner.job("commit") == ""
    assert set(runner.said) == {"The output is fresh", "Contract tests", "What agents can answer"}
    assert runner.skipped == {"Check out", "Python", "Install"}


def test_a_commit_with_a_stale_tree_fails(repository: Path) -> None:
    edit(repository, "quantity: {type: integer, minimum: 1}", "quantity: {type: integer, minimum: 9}")
    runner = Runner(repository, "push")
    assert runner.job("commit") == "The output is fresh"
    assert "AG052" in runner.said["The output is fresh"]


def test_a_breaking_pull_request_fails_unless_it_is_allowed(repository: Path) -> None:
    edit(repository, "quantity: {type: integer, minimum: 1}", "quantity: {type: integer, minimum: 9}")
    assert main(["build", "--quiet"]) == 0
    runner = Runner(repository, "pull_request")
    assert runner.job("commit") == "What changes for agents"
    assert "::error file=generated/orders/tools/orders.json,line=" in runner.said["What changes for agents"]
    assert Runner(repository, "pull_request", allowed=True).job("commit") == ""


def test_an_additive_pull_request_passes(repository: Path) -> None:
    edit(repository, "enum: [open, shipped, closed]}}", "enum: [open, shipped, closed, lost]}}")
    assert main(["build", "--quiet"]) == 0
    runner = Runner(repository, "pull_request")
    assert runner.job("commit") == ""
    assert "::notice file=generated/orders/tools/orders.json,line=" in runner.said["What changes for agents"]


def test_the_first_pull_request_with_servers_passes(repository: Path) -> None:
    git(repository, "update-ref", "refs/remotes/origin/main", git(repository, "commit-tree", "-m", "none",
        git(repository, "mktree", "--missing").strip()).strip())  # fmt: skip
    runner = Runner(repository, "pull_request")
    assert runner.job("commit") == ""
    assert runner.said["What changes for agents"].strip() == "origin/main has no generated/ yet"


def test_the_schedule_does_nothing_when_nothing_changed(repository: Path) -> None:
    runner = Runner(repository, "schedule")
    assert runner.job("pull") == ""
    assert set(runner.said) == {"Generate", "Whether anything changed"}
    assert runner.skipped == {"Check out", "Python", "Install", "Fetch the documents", "Propose the change"}


def test_the_schedule_commits_what_changed(repository: Path) -> None:
    # What the skipped step would have fetched.
    edit(repository, "quantity: {type: integer, minimum: 1}", "quantity: {type: integer, minimum: 9}")
    runner = Runner(repository, "schedule")
    assert runner.job("pull") == ""
    assert "tool-gone" not in runner.said["What changes for agents"]
    assert "create_order" in (repository.parent / "changes.txt").read_text()
    assert git(repository, "status", "--porcelain") == ""
    assert git(repository, "rev-parse", "--abbrev-ref", "HEAD").strip() == "adaptgen/pull"
    changed = set(git(repository, "diff", "--name-only", "origin/main").split())
    assert {"specs/orders.yaml", "generated/orders/tools/orders.json"} <= changed


@pytest.mark.parametrize("platform", ["github", "gitlab"])
def test_the_shell_lines_are_posix_and_take_no_expressions(platform: Any) -> None:
    text = workflow(platform, "true")
    document = yaml.safe_load(text)
    lines: list[str] = []
    if platform == "github":
        lines = [step["run"] for job in document["jobs"].values() for step in job["steps"] if "run" in step]
        used = [step["uses"] for job in document["jobs"].values() for step in job["steps"] if "uses" in step]
        assert used
        assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", one) for one in used)
    else:
        for job in document.values():
            if isinstance(job, dict):
                lines += [*job.get("before_script", ()), *job.get("script", ())]
    assert lines
    for line in lines:
        # An expression of the platform in a shell line would be text of a stranger that the shell runs.
        assert "${{" not in line
        assert subprocess.run(["sh", "-n"], input=line, text=True, capture_output=True).returncode == 0


def test_writing_keeps_another_workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["ci", "github", "--out", "--install", "true"]) == 0
    assert main(["ci", "github", "--out", "--install", "true"]) == 0
    path = tmp_path / ".github" / "workflows" / "adaptgen.yaml"
    path.write_text("mine\n")
    assert main(["ci", "github", "--out", "--install", "true"]) == 2
    assert path.read_text() == "mine\n"


def test_the_lines_that_install_can_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ci", "github", "--install", "make venv\n. venv/bin/activate"]) == 0
    steps = yaml.safe_load(capsys.readouterr().out)["jobs"]["commit"]["steps"]
    assert steps[2]["run"] == "make venv\n. venv/bin/activate\n"
