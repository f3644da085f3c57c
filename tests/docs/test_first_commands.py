"""Every page of docs/ starts with a command that works in a fresh clone, or with a picture.

The tutorial and the how-to guides are played as a whole (test_readme_commands, test_howto)."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STARTS = [path for folder in ("docs", "docs/explanation") for path in sorted((ROOT / folder).glob("*.md"))]
PAGES = [path for path in STARTS if path.stem != "tutorial" and not re.match(r"# .*\n\n!\[", path.read_text("utf-8"))]


def first(page: Path) -> str:
    """The shell lines under the heading of a page, indented or fenced."""
    text = page.read_text(encoding="utf-8")
    found = re.match(r"# .*\n\n(?:((?:    .*\n)+)|```sh\n((?:(?!```).*\n)+))", text)
    assert found, f"{page.name} does not start with a command"
    return re.sub(r"(?m)^    ", "", found[1] or found[2])


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What the commands need of a clone, committed: `adaptgen diff` reads revisions."""
    for name in ("specs", "generated", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "all"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda one: one.stem)
def test_the_first_command_of_the_page_works(page: Path, clone: Path) -> None:
    command = first(page)
    if "adaptgen package" in command:
        pytest.skip("bundles need wheels from the network; tests/ship makes them")
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("CRM_", "ADAPTGEN_"))}
    environ |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "EDITOR": "true"}
    said = clone / "said.txt"
    with said.open("w") as out, subprocess.Popen(
        ["bash", "-ec", command], cwd=clone, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        start_new_session=True,
    ) as running:  # fmt: skip
        try:
            code = running.wait(120)
        finally:
            # What a command leaves in the background ends with it.
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
    assert code == 0, said.read_text()[-2000:]
