"""Workflows install from a place that exists: the one that the running adaptgen came from."""

from __future__ import annotations

import json
import os
import subprocess
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path
from typing import Any

import pytest

from adaptgen.cli.generate.install_source import find_requirement, install_lines
from adaptgen.diagnostics import AdaptgenError

COMMIT = "1" * 40
WHO = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]


def installed(folder: Path, version: str = "1.2.3", **came: Any) -> Distribution:
    """An installation as pip leaves it; ``came``: what direct_url.json holds."""
    info = folder / f"adaptgen-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: adaptgen\nVersion: {version}\n")
    if came:
        (info / "direct_url.json").write_text(json.dumps(came))
    return PathDistribution(info)


def git(folder: Path, *arguments: str) -> str:
    command = ["git", *WHO, "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone whose commit is on its remote."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    subprocess.run(["git", "init", "-q", str(origin)], check=True)
    git(origin, "commit", "-q", "--allow-empty", "-m", "one")
    git(tmp_path, "clone", "-q", str(origin), str(clone))
    git(clone, "remote", "set-url", "origin", "https://reader:secret@git.example/team/adaptgen.git")
    return clone


@pytest.mark.parametrize(
    ("url", "requirement"),
    [
        ("https://git.example/a/b.git", f" @ git+https://git.example/a/b.git@{COMMIT}"),
        ("https://me:secret@git.example/a/b", f" @ git+https://git.example/a/b@{COMMIT}"),
        ("ssh://git@git.example/a/b", f" @ git+ssh://git@git.example/a/b@{COMMIT}"),
        ("git@git.example:a/b.git", f" @ git+ssh://git@git.example/a/b.git@{COMMIT}"),
    ],
)
def test_an_installation_from_a_repository_is_its_commit_without_a_password(
    tmp_path: Path, url: str, requirement: str
) -> None:
    own = installed(tmp_path, url=url, vcs_info={"vcs": "git", "commit_id": COMMIT, "requested_revision": "main"})
    assert find_requirement(own) == requirement


def test_an_installation_from_an_index_is_its_version(tmp_path: Path) -> None:
    assert find_requirement(installed(tmp_path)) == "==1.2.3"


def test_an_installation_from_an_archive_is_its_address_and_hash(tmp_path: Path) -> None:
    url = "https://files.example/adaptgen-1.2.3.tar.gz"
    own = installed(tmp_path, url=url, archive_info={"hashes": {"sha256": "ab"}})
    assert find_requirement(own) == f" @ {url}#sha256=ab"


def test_an_editable_checkout_is_the_commit_of_its_remote_without_a_password(clone: Path, tmp_path: Path) -> None:
    own = installed(tmp_path / "site", url=clone.as_uri(), dir_info={"editable": True})
    head = git(clone, "rev-parse", "HEAD")
    assert find_requirement(own) == f" @ git+https://git.example/team/adaptgen.git@{head}"


def test_a_commit_that_was_not_pushed_is_no_place(clone: Path, tmp_path: Path) -> None:
    git(clone, "commit", "-q", "--allow-empty", "-m", "two")
    own = installed(tmp_path / "site", url=clone.as_uri(), dir_info={"editable": True})
    with pytest.raises(AdaptgenError, match=r"AG059.* not pushed") as told:
        find_requirement(own)
    assert "--install" in str(told.value)


def test_a_folder_inside_the_repository_of_something_else_is_no_place(clone: Path, tmp_path: Path) -> None:
    (clone / "vendor").mkdir()
    own = installed(tmp_path / "site", url=(clone / "vendor").as_uri(), dir_info={})
    with pytest.raises(AdaptgenError, match=r"AG059.* not a clone"):
        find_requirement(own)


def test_a_remote_on_this_machine_is_no_place(clone: Path, tmp_path: Path) -> None:
    git(clone, "remote", "set-url", "origin", str(tmp_path / "origin"))
    own = installed(tmp_path / "site", url=clone.as_uri(), dir_info={})
    with pytest.raises(AdaptgenError, match=r"AG059.* from this machine"):
        find_requirement(own)


def test_a_wheel_of_this_machine_is_no_place(tmp_path: Path) -> None:
    own = installed(tmp_path, url="file:///home/a/adaptgen-1.2.3-py3-none-any.whl", archive_info={})
    with pytest.raises(AdaptgenError, match=r"AG059.* from this machine"):
        find_requirement(own)


def test_a_local_version_is_on_no_index(tmp_path: Path) -> None:
    with pytest.raises(AdaptgenError, match=r"AG059.* on no index"):
        find_requirement(installed(tmp_path, "1.2.4.dev3+gabcdef"))


def test_an_address_that_the_shell_would_read_is_refused(tmp_path: Path) -> None:
    own = installed(tmp_path, url="https://git.example/$(id)", vcs_info={"vcs": "git", "commit_id": COMMIT})
    with pytest.raises(AdaptgenError, match=r"AG059.* shell line"):
        find_requirement(own)


@pytest.mark.parametrize(("folders", "extra"), [((), ""), (("generated/crm/tests",), "[record]")])
def test_recording_is_installed_only_where_there_are_contract_tests(
    folders: tuple[str, ...], extra: str, tmp_path: Path
) -> None:
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    lines = 'python() { echo "$@"; }\n' + install_lines(installed(tmp_path / "site"))
    done = subprocess.run(["sh", "-e", "-c", lines], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"-m pip install adaptgen{extra}==1.2.3\n"
