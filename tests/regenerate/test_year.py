"""A scripted year of an API: what each edit of the document means for agents, and what it touches in generated/."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from regenerate import year
from regenerate.year import EDITS, Edit

from adaptgen.cli import main
from adaptgen.compare.seen import Change
from adaptgen.compare.sides import changes

SPEC = Path("specs/orders.yaml")
OUT = Path("generated/orders")


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    SPEC.parent.mkdir()
    SPEC.write_text(year.BASE)
    return tmp_path


def build() -> dict[str, bytes]:
    assert main(["build", str(SPEC), "--quiet"]) == 0
    return {path.relative_to(OUT).as_posix(): path.read_bytes() for path in OUT.rglob("*") if path.is_file()}


def hint(text: str) -> None:
    path = SPEC.with_suffix("") / "hints.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def means(found: tuple[Change, ...]) -> set[tuple[str, str, str]]:
    return {(one.level, one.subject, one.kind) for one in found}


def test_a_year_is_long_enough() -> None:
    assert len({edit.name for edit in EDITS}) == len(EDITS) >= 30


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name.replace(" ", "-"))
def test_every_edit_is_classified_and_touches_what_it_means(edit: Edit, workplace: Path) -> None:
    if edit.hints:
        hint(edit.hinted_before or "adaptgen: 1\n")
    before = build()
    shutil.copytree("generated", "earlier/generated")
    shutil.copytree("specs", "earlier/specs")
    SPEC.write_text(edit.make(year.BASE))
    if edit.hints:
        hint(edit.hints)
    after = build()

    assert means(changes("earlier/specs/orders.yaml", str(SPEC))) == edit.means
    assert means(changes("earlier/generated/orders", str(OUT))) == (edit.means if edit.tables is None else edit.tables)
    touched = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert touched - {"adaptgen.lock"} == edit.files
    if not edit.files and not edit.hints:
        assert touched == set()
        assert main(["build", str(SPEC), "--check"]) == 0
