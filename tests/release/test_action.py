"""The action, step by step as the platform runs it, and the hooks of pre-commit."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / ".github" / "actions" / "adaptgen" / "action.yml").read_text("utf-8"))
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
WHO = {f"GIT_{role}_{part}": "t@example.invalid" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
ENVIRON = {
    **{key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "ADAPTGEN_"))},
    **WHO,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}",
    "PYTHONPATH": str(ROOT),
}


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, env=ENVIRON, check=True, capture_output=True)


def build(folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "adaptgen", "build", "-q"], cwd=folder, env=ENVIRON, check=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with one committed server."""
    folder = tmp_path / "project"
    (folder / "specs").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "docs" / "shop.yaml", folder / "specs" / "shop.yaml")
    build(folder)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")
    return folder


def rename_parameter(folder: Path) -> None:
    """What agents would notice: a parameter has another name."""
    spec = folder / "specs" / "shop.yaml"
    text = spec.read_text()
    assert "name: debug, in: query" in text
    spec.write_text(text.replace("name: debug, in: query", "name: verbose, in: query"))


def run(folder: Path, **inputs: str) -> tuple[int, dict[str, str], str]:
    """Exit code, outputs and log of the last step, which is what is of this project."""
    given = {name: about["default"] for name, about in ACTION["inputs"].items()} | {"base": "HEAD"} | inputs
    step = ACTION["runs"]["steps"][-1]
    environ = {name: given[value[len("${{ inputs.") : -len(" }}")]] for name, value in step["env"].items()}
    output = folder.parent / "output"
    output.write_text("")
    environ |= {"RUNNER_TEMP": str(folder.parent), "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": os.devnull}
    script = folder.parent / "step.sh"
    script.write_text(step["run"])
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
    done = subprocess.run(command, cwd=folder, env=ENVIRON | environ, capture_output=True, text=True, check=False)
    return done.returncode, dict(re.findall(r"(?m)^(\w+)=(.*)$", output.read_text())), done.stdout + done.stderr


def test_a_fresh_tree_passes_and_nothing_changed(project: Path) -> None:
    code, outputs, log = run(project)
    assert (code, outputs["level"], outputs["changed"]) == (0, "unchanged", "false"), log


def test_a_stale_tree_fails(project: Path) -> None:
    rename_parameter(project)
    code, outputs, log = run(project)
    assert (code, outputs) == (1, {})
    assert "AG052" in log


def test_a_breaking_change_fails_with_its_outputs_unless_it_is_allowed(project: Path) -> None:
    rename_parameter(project)
    build(project)
    code, outputs, log = run(project)
    assert (code, outputs["level"], outputs["changed"]) == (1, "breaking", "true"), log
    assert "::error file=" in log
    assert "verbose" in Path(outputs["changes"]).read_text()
    assert run(project, **{"fail-on": "never"})[0] == 0


def test_a_base_that_is_not_in_the_clone_stops(project: Path) -> None:
    code, outputs, log = run(project, base="HEAD~7")
    assert (code, outputs) == (2, {})
    assert "AG126" in log


def test_before_the_first_server_all_is_new(project: Path) -> None:
    git(project, "checkout", "-q", "--orphan", "first")
    git(project, "rm", "-q", "-r", "--cached", ".")
    git(project, "commit", "-q", "--allow-empty", "-m", "none")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "one")
    code, outputs, log = run(project, base="HEAD~1")
    assert (code, outputs["level"]) == (0, "additive")
    assert "a new server" in log


def test_an_unknown_run_says_what_there_is(project: Path) -> None:
    code, _, log = run(project, run="chek")
    assert code == 2
    assert "run is check or update, not chek" in log


def test_it_installs_itself_unless_told_otherwise() -> None:
    lines = 'python() { echo "${@: -1}"; }\n' + ACTION["runs"]["steps"][1]["run"]
    said = [
        subprocess.run(
            ["bash", "-ec", lines],
            env={"INSTALL": install, "ACTION": "/a/.github/actions/adaptgen"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for install in ("", "adaptgen==1.2.3")
    ]
    assert said == ["/a/.github/actions/adaptgen/../../..", "adaptgen==1.2.3"]


def test_pre_commit_takes_the_hooks() -> None:
    command = [Path(sysconfig.get_path("scripts")) / "pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml"]
    subprocess.run(command, check=True)


def hook(name: str, folder: Path, *arguments: str) -> int:
    entry = [sys.executable, "-m", *shlex.split(HOOKS[name]["entry"]), *arguments]
    return subprocess.run(entry, cwd=folder, env=ENVIRON, capture_output=True, check=False).returncode


def test_the_hook_of_builds_fails_where_the_tree_is_stale(project: Path) -> None:
    assert hook("adaptgen-build-check", project) == 0
    rename_parameter(project)
    assert hook("adaptgen-build-check", project) == 1


def test_the_hook_of_policies_fails_where_a_policy_names_no_tool(tmp_path: Path) -> None:
    settings = ROOT / "specs" / "crm" / "governance.yaml"
    assert hook("adaptgen-policy-check", ROOT, str(settings)) == 0
    policy = tmp_path / "one.cedar"
    policy.write_text('permit(principal, action == Action::"no_such_tool", resource);\n')
    assert hook("adaptgen-policy-check", ROOT, str(policy), "generated/crm") == 2
