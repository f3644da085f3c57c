"""The commands of each how-to guide work as printed, on the server that the tutorial leaves behind."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from support.scripts import script

DOCS = Path(__file__).parents[2] / "docs"
TUTORIAL = DOCS / "tutorial.md"
GUIDES = sorted((DOCS / "howto").glob("*.md"))
session = script("session.py")


def test_guides_are_short() -> None:
    assert len(GUIDES) >= 6
    shown = {path.name: path.read_text("utf-8").split("```text") for path in GUIDES}
    # What commands print does not count.
    lines = {name: sum(len(part.partition("\n```")[2 * (n > 0)].splitlines()) for n, part in enumerate(parts))
             for name, parts in shown.items()}  # fmt: skip
    assert {name: number for name, number in lines.items() if number > 80} == {}


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The home folder that the tutorial leaves behind, and its ports."""
    home = tmp_path_factory.mktemp("tutorial")
    ports = session.free_ports("".join(path.read_text("utf-8") for path in (TUTORIAL, *GUIDES)))
    play(home, session.blocks(TUTORIAL.read_text("utf-8")), ports)
    return home, ports


def play(home: Path, page: list[Any], ports: dict[str, str]) -> None:
    environ = {key: one for key, one in os.environ.items() if not key.startswith(("LIBRARY_", "ADAPTGEN_", "XDG_"))}
    environ |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(home)}
    # What runs the tests has everything installed.
    instead = {session.INSTALL.replace("adaptgen", name): "true"
               for name in ("adaptgen", "adaptgen[aws]", "adaptgen[login]")}  # fmt: skip
    (home / "library").mkdir(exist_ok=True)
    session.Shell(home / "library", environ, instead | ports).play(page, timeout=500)


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.timeout(600)
@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_every_command_of_the_guide_works(guide: Path, tutorial: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    home, ports = tutorial
    shutil.copytree(home, tmp_path / "home")
    start = session.left_running(session.blocks(TUTORIAL.read_text("utf-8")))
    play(tmp_path / "home", [start, *session.blocks(guide.read_text("utf-8"), network=True)], ports)
