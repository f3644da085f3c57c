"""The pictures show what there is today, and are small."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from support.scripts import script

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def images() -> ModuleType:
    return script("images.py")


@pytest.mark.parametrize("name", ["architecture.svg", "cast.svg", "inspect.png"])
def test_the_picture_is_current(images: ModuleType, name: str) -> None:
    assert images.is_current(name), f"python docs/images.py --write makes docs/images/{name} anew"


def test_every_picture_has_a_script_and_is_small(images: ModuleType) -> None:
    sizes = {path.name: path.stat().st_size for path in (ROOT / "docs" / "images").iterdir()}
    assert sizes.keys() == images.IMAGES.keys()
    assert max(sizes.values()) < 300_000


def test_the_architecture_names_packages(images: ModuleType) -> None:
    packages = {path.parent.name for path in (ROOT / "adaptgen").glob("*/__init__.py")}
    shown = {box.title for box in images.BOXES if box.fill != images.OUTSIDE}
    assert len(shown) >= 9
    assert shown <= packages


def test_a_cast_that_is_not_animated_can_be_read(images: ModuleType) -> None:
    text = (ROOT / "docs/images/cast.svg").read_text("utf-8")
    commands = [line for block in script("session.py").blocks(images.CAST) for line in block.commands]
    assert all(line in text for line in commands)
    assert "opacity" not in text.replace("from{opacity:0}", "")
