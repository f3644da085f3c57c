"""What the pages list is what there is: diagnostics, commands, links."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from adaptgen.cli.parser import parser
from adaptgen.diagnostics import CODES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_code_has_one_entry_that_says_what_to_do() -> None:
    page = (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8")
    entries = re.findall(r"^\| (AG\d{3}) \| (.+?) \| (.+?) \|$", page, re.MULTILINE)
    assert [code for code, _, _ in entries] == list(CODES)


def test_every_code_is_used() -> None:
    used = set()
    for path in (ROOT / "adaptgen").rglob("*.py"):
        source = path.read_bytes()
        if path.name != "diagnostics.py" and re.search(rb"AG\d", source):
            texts = (one.value for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Constant))
            used |= {one for one in texts if isinstance(one, str) and one in CODES}
    assert used == CODES.keys()


def commands(of: argparse.ArgumentParser) -> Iterator[str]:
    """The commands that do something; those with commands of their own only group them."""
    groups = [one for one in of._actions if isinstance(one, argparse._SubParsersAction)]
    if not groups:
        said = [one.choices for one in of._actions if one.dest == "action" and one.choices]
        yield from (f"{of.prog} {word}" for word in said[0]) if said else [of.prog]
    for group in groups:
        for inner in group.choices.values():
            yield from commands(inner)


def test_every_command_has_its_block() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    shown = re.findall(r"^## (.+)\n\n<!-- run: (.+) --help -->", page, re.MULTILINE)
    assert sorted(shown) == sorted((one, one) for one in commands(parser()))


@pytest.mark.parametrize("page", PAGES, ids=lambda one: one.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        name, _, anchor = target.partition("#")
        there = page.parent / name if name else page
        if "://" not in target and not (there.exists() and (not anchor or anchor in headings(there))):
            dead.append(target)
    assert dead == []


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in found}
