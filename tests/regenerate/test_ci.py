"""The GitHub workflow: its own shell lines, run step by step in a repository of its own."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from regenerate import year
from regenerate.pipelines import GitHub, git, install_commands

from adaptgen.cli import main
from adaptgen.cli.generate.pipeline import workflow

OPERATION = "operationId: cancelOrder"

# Commands of the workflow are processes of their own, so the rules for addresses hold here, too.
pytestmark = pytest.mark.addresses


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone whose origin has a fresh tree on main."""
    install_commands(tmp_path / "bin", monkeypatch)
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
    runner = GitHub(repository, "push")
    assert runner.job("commit") == ""
    assert set(runner.said) == {"The output is fresh", "Contract tests", "What agents can answer"}
    assert runner.skipped == {"Check out", "Python", "Install"}


def test_a_commit_with_a_stale_tree_fails(repository: Path) -> None:
    edit(repository, "quantity: {type: integer, minimum: 1}", "quantity: {type: integer, minimum: 9}")
    runner = GitHub(repository, "push")
    assert runner.job("commit") == "The output is fresh"
    assert "AG052" in runner.said["The output is fresh"]


def test_a_breaking_pull_request_fails_unless_it_is_allowed(repository: Path) -> None:
    edit(repository, "quantity: {type: integer, minimum: 1}", "quantity: {type: integer, minimum: 9}")
    assert main(["build", "--quiet"]) == 0
    runner = GitHub(repository, "pull_request")
    assert runner.job("commit") == "What changes for agents"
    assert "::error file=generated/orders/tools/orders.json,line=" in runner.said["What changes for agents"]
    assert GitHub(repository, "pull_request", allowed=True).job("commit") == ""


def test_an_additive_pull_request_passes(repository: Path) -> None:
    edit(repository, "enum: [open, shipped, closed]}}", "enum: [open, shipped, closed, lost]}}")
    assert main(["build", "--quiet"]) == 0
    runner = GitHub(repository, "pull_request")
    assert runner.job("commit") == ""
    assert "::notice file=generated/orders/tools/orders.json,line=" in runner.said["What changes for agents"]


def test_the_first_pull_request_with_servers_passes(repository: Path) -> None:
    # A base without any file, from which the branch began.
    empty = git(repository, "commit-tree", "-m", "none", git(repository, "mktree", "--missing").strip()).strip()
    tree = git(repository, "rev-parse", "HEAD^{tree}").strip()
    git(repository, "reset", "-q", "--hard", git(repository, "commit-tree", "-m", "one", "-p", empty, tree).strip())
    git(repository, "update-ref", "refs/remotes/origin/main", empty)
    runner = GitHub(repository, "pull_request")
    assert runner.job("commit") == ""
    assert "orders: a new server with 7 tools" in runner.said["What changes for agents"]
    assert "a new server" in runner.summary


def test_the_schedule_does_nothing_when_nothing_changed(repository: Path) -> None:
    runner = GitHub(repository, "schedule")
    assert runner.job("pull") == ""
    assert set(runner.said) == {"Fetch the documents", "Generate", "Whether anything changed"}
    assert runner.skipped == {"Check out", "Python", "Install", "Token of the app"}


def test_the_schedule_commits_what_changed(repository: Path) -> None:
    # What the skipped step would have fetched.
    edit(repository, "quantity: {type: integer, minimum: 1}", "quantity: {type: integer, minimum: 9}")
    runner = GitHub(repository, "schedule")
    assert runner.job("pull") == ""
    assert "tool-gone" not in runner.said["What changes for agents"]
    body = (repository.parent / "bin" / "gh.log.body").read_text()
    assert "#### `create_order`" in body
    assert "No checks run on this pull request" in body
    assert git(repository, "status", "--porcelain") == ""
    assert git(repository, "rev-parse", "--abbrev-ref", "HEAD").strip() == "adaptgen/pull"
    assert git(repository, "ls-remote", "origin", "refs/heads/adaptgen/pull").strip() != ""
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


def test_the_jobs_may_do_no_more_than_they_need() -> None:
    document = yaml.safe_load(workflow("github", "true"))
    assert document["permissions"] == {}
    assert {name: job["permissions"] for name, job in document["jobs"].items()} == {
        "commit": {"contents": "read"},
        "pull": {"contents": "write", "pull-requests": "write"},
    }
    used = [step for job in document["jobs"].values() for step in job["steps"] if "uses" in step]
    checkouts = [step["with"] for step in used if step["uses"].startswith("actions/checkout@")]
    assert checkouts == [{"fetch-depth": 0, "persist-credentials": False}] * 2
    (app,) = (step for step in used if step["uses"].startswith("actions/create-github-app-token@"))
    granted = {key: value for key, value in app["with"].items() if key.startswith("permission-")}
    assert granted == {"permission-contents": "write", "permission-pull-requests": "write"}


def test_no_filter_leaves_a_required_check_out_and_no_branch_is_named() -> None:
    document = yaml.safe_load(workflow("github", "true"))
    events = document[True]  # YAML 1.1 reads the key `on` as true
    assert {"push", "pull_request", "merge_group"} <= events.keys()
    assert not any(
        {"paths", "paths-ignore", "branches"} & set(about) for about in events.values() if isinstance(about, dict)
    )
    assert "github.event.repository.default_branch" in document["jobs"]["commit"]["if"]


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
