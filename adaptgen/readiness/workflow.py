"""The pipeline that keeps servers up to date: a commit is checked, a schedule fetches, generates and proposes."""

from __future__ import annotations

from typing import Literal, TypeAlias

from adaptgen.render.environment import templates

Platform: TypeAlias = Literal["github", "gitlab"]
PATHS: dict[Platform, str] = {"github": ".github/workflows/adaptgen.yaml", "gitlab": ".gitlab-ci.yml"}
"""Where each platform looks for it."""


def install_line(version: str) -> str:
    """The shell line that installs the generator and the runner of contract tests, the version that wrote it."""
    return f'python -m pip install "adaptgen[build,record]=={version}" pytest'


def workflow(platform: Platform, install: str) -> str:
    """The text of the pipeline. ``install``: shell lines that make ``adaptgen`` and ``python -m pytest`` available."""
    text = (templates() / f"ci_{platform}.yaml").read_text("utf-8")
    lines: list[str] = []
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        lines += [f"{indent}{one}" for one in install.splitlines()] if line.strip() == "@INSTALL@" else [line]
    return "\n".join(lines) + "\n"
