"""``adaptgen ci``: the workflow that keeps the projects of a repository up to date and stops breaking changes."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Literal, TypeAlias

from adaptgen.cli import terminal
from adaptgen.diagnostics import Where, error
from adaptgen.output.write import cannot_write

Platform: TypeAlias = Literal["github", "gitlab"]
_PATHS: dict[Platform, str] = {"github": ".github/workflows/adaptgen.yaml", "gitlab": ".gitlab-ci.yml"}
"""Where each platform looks for it."""

# What a folder may be called that a workflow names, in lines of a shell and between blanks.
_FOLDER = re.compile(r"(?!-)[\w.-]+(?:/[\w.-]+)*", re.ASCII)


def run_ci(options: SimpleNamespace) -> int:
    """Prints the workflow, or writes it where the platform looks for it."""
    from adaptgen.cli.generate.install_source import install_lines

    projects = _projects(options.project)
    install = options.install
    if install is None:
        install = _hashed(options.requirements) if options.requirements is not None else install_lines()
    text = workflow(options.platform, install, projects)
    if options.out is None:
        sys.stdout.write(text)
        return 0
    path = _root() / _PATHS[options.platform] if options.out == "" else Path(options.out)
    if path.exists() and path.read_text("utf-8", "replace") != text:
        help = "compare it with what `adaptgen ci` prints, or delete it first"
        raise error("AG051", "there is another workflow already, which may be yours", Where(path.as_posix()), help)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as failure:
        raise cannot_write(path, failure) from failure
    terminal.say(f"{path.as_posix()} written")
    return 0


def _root() -> Path:
    """The root of the repository, where platforms look for workflows; else the working folder."""
    from adaptgen.compare.revisions import working_folder

    inside = working_folder()
    return Path(*[".."] * len(inside.split("/"))) if inside else Path()


def _projects(named: Sequence[str]) -> list[str]:
    """The folders of projects from the root of the repository; by default the working folder.

    Raises:
        AdaptgenError: AG127, a folder cannot be named in a workflow or holds no project.
    """
    from adaptgen.compare.revisions import working_folder

    root, here = _root(), working_folder() or "."
    found = list(dict.fromkeys(PurePosixPath(one).as_posix() for one in named)) or [here]
    for one in found:
        if one != "." and (not _FOLDER.fullmatch(one) or ".." in one.split("/")):
            message = f"{one!r} cannot be a project: it is not a plain path from the root of the repository"
            raise error("AG127", message, None, "letters, digits, and . _ - with / between them, such as services/crm")
        if named and not (root / one / "specs").is_dir():
            where = Where((root / one).as_posix())
            raise error(
                "AG127", "this project has no specs/", where, "name the folder that holds specs/ and generated/"
            )
    return found


def _hashed(file: Path) -> str:
    """Shell lines that install what ``file`` pins, each file with its hash.

    Raises:
        AdaptgenError: AG127, it cannot be read, is not in the repository, or a requirement has no hash.
    """
    from adaptgen.compare.revisions import path_at_root

    help = "write it: echo 'adaptgen[record]==VERSION' | pip-compile --generate-hashes -o FILE -"
    try:
        lines = file.read_text("utf-8").replace("\\\n", " ").splitlines()
    except (OSError, UnicodeDecodeError):
        raise error("AG127", "the requirements cannot be read", Where(file.as_posix()), help) from None
    entries = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    if not any(re.match(r"adaptgen\b", line, re.IGNORECASE) for line in entries):
        raise error("AG127", "the requirements do not name adaptgen", Where(file.as_posix()), help)
    for line in entries:
        if not line.startswith("-") and ("--hash=sha256:" not in line or "==" not in line.split("--hash")[0]):
            message = f"this requirement has no version or no hash: {line.split()[0]}"
            raise error("AG127", message, Where(file.as_posix()), help)
    path = path_at_root(file)
    if not _FOLDER.fullmatch(path):
        raise error("AG127", "a workflow cannot name this path", Where(file.as_posix()), "rename the file")
    return f'python -m pip install --require-hashes -r "{path}"'


def workflow(platform: Platform, install: str, projects: Sequence[str] = (".",)) -> str:
    """The text of the pipeline. ``install``: shell lines that make ``adaptgen`` and ``python -m pytest`` available;
    ``projects``: plain paths of the folders that hold ``specs/`` and ``generated/``."""
    from adaptgen.render.safe import templates

    text = (templates() / f"ci_{platform}.yaml").read_text("utf-8").replace("@PROJECTS@", " ".join(projects))
    lines: list[str] = []
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        lines += [f"{indent}{one}" for one in install.splitlines()] if line.strip() == "@INSTALL@" else [line]
    return "\n".join(lines) + "\n"
