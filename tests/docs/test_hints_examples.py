"""docs/hints.md: every example builds, and every key has one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from adaptgen import plan, source
from adaptgen.config.types import Either, ListOf, MapOf, Table, Type, keys_below
from adaptgen.source.hints.table import HINTS

ROOT = Path(__file__).parents[2]
BESIDE = Path(__file__).parent / "beside"
"""What lies beside the hints of every example: documents, certificates, workflows."""

BLOCK = re.compile(r"(?:<!-- (?P<mark>\w+): (?P<what>.+?) -->\n)?```yaml\n(?P<body>.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Example:
    """One block. ``document``: what it builds against, the bundled CRM unless ``<!-- document: … -->`` says otherwise.
    ``file``: the name of a file that the examples before it name (``<!-- file: … -->``); such a block is no hints.
    """

    title: str
    body: str
    document: Path
    file: str = ""

    def __str__(self) -> str:
        return self.title


def examples() -> list[Example]:
    page = (ROOT / "docs" / "hints.md").read_text(encoding="utf-8")
    found = []
    for number, match in enumerate(BLOCK.finditer(page), 1):
        title = ["", *re.findall(r"^## (.+)$", page[: match.start()], re.MULTILINE)][-1]
        mark, what = match["mark"], match["what"]
        document = ROOT / (what if mark == "document" else "specs/crm.yaml")
        found.append(Example(f"{number} {title}", match["body"], document, what if mark == "file" else ""))
    return found


def written(value: Any, type_: Type) -> Iterator[int]:
    """The identities of the keys of the table that a value writes. A table that stands in several places (a call, a
    credential of a request) has its keys once."""
    match type_:
        case Table(known) if isinstance(value, dict):
            for name, item in value.items():
                yield id(known[name])
                yield from written(item, known[name].type)
        case MapOf(one) if isinstance(value, dict):
            for item in value.values():
                yield from written(item, one)
        case ListOf(one) if isinstance(value, list):
            for item in value:
                yield from written(item, one)
        case Either(types):
            for one in types:
                yield from written(value, one)
        case _:
            return


EXAMPLES = examples()


@pytest.mark.parametrize("example", [one for one in EXAMPLES if not one.file], ids=str)
def test_the_example_builds_and_every_hint_takes_effect(example: Example, tmp_path: Path) -> None:
    shutil.copy(example.document, tmp_path / "crm.yaml")
    shutil.copytree(BESIDE, tmp_path / "crm")
    for other in EXAMPLES:
        if other.file:
            (tmp_path / "crm" / other.file).write_text(other.body, encoding="utf-8")
    side = tmp_path / "crm" / "hints.yaml"
    side.write_text(example.body, encoding="utf-8")
    hints = source.read_hints(side)
    _, found = plan.plan(source.read_under(tmp_path / "crm.yaml", hints), hints, "crm")
    assert [str(one) for one in found if one.severity == "error" or _beside(one.where, tmp_path / "crm")] == []


def _beside(where: Any, folder: Path) -> bool:
    return where is not None and Path(where.file).is_relative_to(folder)


def test_every_key_has_an_example() -> None:
    shown = {one for example in EXAMPLES if not example.file for one in written(yaml.safe_load(example.body), HINTS)}
    assert [name for name, key in keys_below(HINTS) if id(key) not in shown] == []
