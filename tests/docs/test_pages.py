"""What the pages list is what there is: diagnostics, commands, links."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from adaptgen.cli.commands import root
from adaptgen.diagnostics import CODES

ROOT = Path(__file__).parents[2]
TOP = [ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY")]
PAGES = [*TOP, *sorted((ROOT / "docs").rglob("*.md"))]


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


def commands(of: click.Command, path: str) -> Iterator[str]:
    """The commands that do something; those with commands of their own only group them."""
    if not isinstance(of, click.Group):
        yield path
        return
    context = click.Context(of)
    for name in of.list_commands(context):
        inner = of.get_command(context, name)
        assert inner is not None
        yield from commands(inner, f"{path} {name}")


def test_every_command_has_its_block() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    shown = re.findall(r"^## (.+)\n\n<!-- run: (.+) --help -->", page, re.MULTILINE)
    assert sorted(shown) == sorted((one, one) for one in commands(root(), "adaptgen"))


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
