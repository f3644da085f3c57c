"""The generated pipelines as their platforms run them: the shell lines of a job, step by step, in a checkout."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from adaptgen.cli.generate.pipeline import workflow

ROOT = Path(__file__).parents[2]
NETWORK = {"Install"}
"""Steps that need the network: these, and those that use an action, do not run here."""
CHECKS = ("The output is fresh", "What changes for agents")
LABEL = "breaking-for-agents"
GH = """\
#!/bin/sh
echo "$@" >> "$GH_LOG"
case "$1 $2" in
  "pr create") while [ $# -gt 1 ]; do if [ "$1" = --body-file ]; then cat "$2" > "$GH_LOG.body"; fi; shift; done ;;
esac
"""


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, (arguments, done.stdout + done.stderr)
    return done.stdout


def install_commands(folder: Path, monkeypatch: Any) -> None:
    """``adaptgen`` and ``python`` of this checkout, and a ``gh`` that writes down how it is called; a git that knows no
    settings of this machine."""
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "tester")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "tester@example.invalid")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    folder.mkdir()
    texts = {name: f'#!/bin/sh\nexec "{sys.executable}" {module}"$@"\n'
             for name, module in (("adaptgen", "-m adaptgen "), ("python", ""))}  # fmt: skip
    for name, text in {**texts, "gh": GH}.items():
        path = folder / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("GH_LOG", str(folder / "gh.log"))
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@dataclass
class GitHub:
    """Runs the steps of a job as GitHub does: ``sh -e`` on a file of their lines, in order, until one fails."""

    folder: Path
    event: str
    allowed: bool = False
    base: str = "main"
    projects: Sequence[str] = (".",)
    only: Sequence[str] = ()
    said: dict[str, str] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)

    def job(self, name: str) -> str:
        """The name of the step that failed; empty if none did."""
        text = yaml.safe_load(workflow("github", "true", self.projects))
        output = self.folder.parent / "output"
        output.write_text("")
        (self.folder.parent / "summary.md").write_text("")
        for step in text["jobs"][name]["steps"]:
            if "uses" in step or step["name"] in NETWORK or (self.only and step["name"] not in self.only):
                self.skipped.add(step["name"])
                continue
            if not self._applies(step.get("if", ""), output.read_text()):
                continue
            if self._step(step, text["env"], output) and not step.get("continue-on-error"):
                return str(step["name"])
        return ""

    def _applies(self, condition: str, output: str) -> bool:
        known = {
            "": True,
            "github.event_name == 'pull_request'": self.event == "pull_request",
            "steps.tree.outputs.changed == 'true'": "changed=true" in output,
        }
        return known[condition]

    def _step(self, step: dict[str, Any], shared: dict[str, str], output: Path) -> int:
        script = self.folder.parent / "step.sh"
        script.write_text(step["run"])
        given = {
            "${{ github.base_ref }}": self.base,
            f"${{{{ contains(github.event.pull_request.labels.*.name, '{LABEL}') }}}}": str(self.allowed).lower(),
            "${{ steps.app.outputs.token || github.token }}": "",
            "${{ vars.ADAPTGEN_APP_CLIENT_ID != '' }}": "false",
            "${{ steps.contract.outcome }}": "success",
        }
        environ = {key: given.get(value, value) for key, value in {**shared, **step.get("env", {})}.items()}
        assert not any("${{" in value for value in environ.values()), environ
        environ |= {
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.folder.parent / "summary.md"),
            "RUNNER_TEMP": str(self.folder.parent),
        }
        done = subprocess.run(
            ["sh", "-e", str(script)], cwd=self.folder, env=os.environ | environ, capture_output=True, text=True
        )
        self.said[step["name"]] = done.stdout + done.stderr
        return done.returncode

    @property
    def summary(self) -> str:
        return (self.folder.parent / "summary.md").read_text()


@dataclass
class GitLab:
    """Runs the script of a job as GitLab does: one shell with ``set -e`` for all of its lines."""

    folder: Path
    base: str = "main"
    labels: str = ""
    projects: Sequence[str] = (".",)
    said: str = ""

    def job(self, name: str) -> int:
        text = yaml.safe_load(workflow("gitlab", "true", self.projects))
        environ = {
            **text[".adaptgen"]["variables"],
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": self.base,
            "CI_MERGE_REQUEST_LABELS": self.labels,
            "CI_DEFAULT_BRANCH": self.base,
            "CI_SERVER_HOST": "git.example.invalid",
            "CI_SERVER_URL": str(self.folder.parent),
            "CI_PROJECT_PATH": "origin",
            "CI_JOB_TOKEN": "job-secret",
            "ADAPTGEN_TOKEN": "project-secret",
        }
        script = self.folder.parent / "job.sh"
        script.write_text("set -e\n" + "\n".join(text[name]["script"]))
        done = subprocess.run(
            ["sh", str(script)], cwd=self.folder, env=os.environ | environ, capture_output=True, text=True
        )
        self.said = done.stdout + done.stderr
        return done.returncode
