"""The commands of each how-to guide work as printed, on the server that the tutorial leaves behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from support.scripts import script

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = sorted((DOCS / "howto").glob("*.md"))
session = script("session.py")


def test_guides_are_short() -> None:
    assert len(GUIDES) >= 6
    shown = {path.name: path.read_text("utf-8").split("```text") for path in GUIDES}
    # What commands print does not count.
    lines = {name: sum(len(part.partition("\n```")[2 * (n > 0)].splitlines()) for n, part in enumerate(parts))
             for name, parts in shown.items()}  # fmt: skip
    assert {name: number for name, number in lines.items() if number > 80} == {}


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.timeout(600)
@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_every_command_of_the_guide_works(guide: Path, tmp_path: Path) -> None:
    tutorial, page = (DOCS / "tutorial.md").read_text("utf-8"), guide.read_text("utf-8")
    folder = tmp_path / "home" / "library"
    folder.mkdir(parents=True)
    environ = {key: one for key, one in os.environ.items() if not key.startswith(("LIBRARY_", "ADAPTGEN_", "XDG_"))}
    environ |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(folder.parent)}
    # What runs the tests has everything installed.
    instead = {session.INSTALL: "true", session.INSTALL.replace("adaptgen", "adaptgen[aws]"): "true"}
    shell = session.Shell(folder, environ, instead | session.free_ports(tutorial + page))
    shell.play([*session.blocks(tutorial), *session.blocks(page, network=True)], timeout=500)
