"""A scripted year of an API: what each edit of the document means for agents, and what it touches in generated/."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from regenerate import year, year_answers
from regenerate.year import Edit

from adaptgen.cli import main
from adaptgen.compare.inputs import find_changes
from adaptgen.compare.model import Change
from adaptgen.transports.load import load_server

EDITS = [*year.EDITS, *year_answers.EDITS]
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
    assert len({edit.name for edit in EDITS}) == len(EDITS) >= 52


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name.replace(" ", "-"))
def test_every_edit_is_classified_and_touches_what_it_means(edit: Edit, workplace: Path) -> None:
    if edit.hints:
        hint(edit.hinted_before or "adaptgen: 1\n")
    SPEC.write_text(edit.before(year.BASE))
    before = build()
    shutil.copytree("generated", "earlier/generated")
    shutil.copytree("specs", "earlier/specs")
    SPEC.write_text(edit.make(SPEC.read_text()))
    if edit.hints:
        hint(edit.hints)
    after = build()

    assert means(find_changes("earlier/specs/orders.yaml", str(SPEC))) == edit.means
    # Documents lie next to both generated folders: the types of answers are compared there, too.
    assert means(find_changes("earlier/generated/orders", str(OUT))) == edit.means
    touched = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert touched - {"adaptgen.lock"} == edit.files
    if not edit.files and not edit.hints:
        assert touched == set()
        assert main(["build", str(SPEC), "--check"]) == 0


OVERRIDES = """\
from adaptgen.runtime import Overrides, Proceed, ToolCall

overrides = Overrides()


@overrides.wrap("list_orders")
async def open_ones(call: ToolCall, proceed: Proceed):
    return await proceed({"status": "open", **call.arguments})
"""


@pytest.mark.parametrize("name", ["reformatted", "an operation is added", "a type is narrowed", "the server moves"])
def test_overrides_are_kept_through_the_year(name: str, workplace: Path) -> None:
    overrides = SPEC.with_suffix("") / "overrides.py"
    overrides.parent.mkdir()
    overrides.write_text(OVERRIDES)
    build()
    SPEC.write_text(next(edit for edit in EDITS if edit.name == name).make(year.BASE))
    build()
    assert overrides.read_text() == OVERRIDES
    assert load_server(OUT).overrides == "../../specs/orders/overrides.py"


def test_an_override_of_a_tool_that_went_is_a_located_error(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overrides = SPEC.with_suffix("") / "overrides.py"
    overrides.parent.mkdir()
    overrides.write_text(OVERRIDES.replace("list_orders", "cancel_order"))
    before = build()
    SPEC.write_text(year.tree(year.without("/orders/{orderId}", "delete"))(year.BASE))
    capsys.readouterr()
    assert main(["build", str(SPEC), "--quiet"]) == 2
    assert "specs/orders/overrides.py:6:" in capsys.readouterr().err
    assert {path: (OUT / path).read_bytes() for path in before} == before
