"""The version is that of the last tag; sources without tags or git have a version that sorts after the last release."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PERSON = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"]


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """What hatchling reads to tell the version, below no repository."""
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def run(folder: Path, *command: str) -> str:
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "SETUPTOOLS_SCM_"))}
    environ["GIT_CEILING_DIRECTORIES"] = str(folder.parent)
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=True).stdout.strip()


def version(folder: Path) -> str:
    return run(folder, sys.executable, "-m", "hatchling", "version")


def commit(folder: Path) -> None:
    run(folder, "git", *PERSON, "commit", "-q", "--allow-empty", "-m", "Change")


def fallback() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return str(project["tool"]["hatch"]["version"]["fallback-version"])


def test_a_tag_is_the_version_and_commits_after_it_are_development_versions_of_the_next(sources: Path) -> None:
    run(sources, "git", "init", "-q")
    run(sources, "git", "add", ".")
    commit(sources)
    run(sources, "git", "tag", "v1.2.3")
    assert version(sources) == "1.2.3"
    commit(sources)
    assert re.fullmatch(r"1\.2\.4\.dev1\+g[0-9a-f]{7,}", version(sources))


def test_a_repository_without_tags_counts_its_commits_from_the_fallback(sources: Path) -> None:
    run(sources, "git", "init", "-q")
    run(sources, "git", "add", ".")
    commit(sources)
    assert Version(version(sources)).base_version == Version(fallback()).base_version
    assert Version(version(sources)).dev == 1


def test_sources_without_a_repository_have_the_fallback(sources: Path) -> None:
    assert version(sources) == fallback()


def test_the_fallback_is_a_development_version_after_the_last_release_of_the_changelog() -> None:
    released = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert Version(fallback()).is_devrelease
    assert Version(fallback()) > max(map(Version, released), default=Version("0"))


def test_sources_that_were_never_installed_have_a_version(tmp_path: Path) -> None:
    shutil.copy(ROOT / "adaptgen" / "__init__.py", tmp_path / "adaptgen.py")
    assert run(tmp_path, sys.executable, "-c", "import adaptgen; print(adaptgen.__version__)") == "0+unknown"
