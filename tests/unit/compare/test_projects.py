"""Servers in a tree of other things, and the documents that they are taken to be made from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from adaptgen.cli import main
from adaptgen.compare.inputs import find_changes
from adaptgen.compare.projects import find_projects
from adaptgen.diagnostics import AdaptgenError

SHOP = Path(__file__).parents[2] / "docs" / "shop.yaml"


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two states of a project: old/ and new/, each with generated/ and specs/."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for side in ("old", "new"):
        (tmp_path / side / "specs").mkdir(parents=True)
        shutil.copy(SHOP, tmp_path / side / "specs" / "shop.yaml")
        monkeypatch.chdir(tmp_path / side)
        assert main(["build", "--quiet"]) == 0
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_server_is_what_adaptgen_wrote(workplace: Path) -> None:
    for name in ("new/server.py", "new/app/server.py", "new/.venv/x/server.py", "new/env/lib/server.py"):
        path = workplace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("print('a server of somebody else')\n")
    (workplace / "new" / "env" / "pyvenv.cfg").touch()
    for hidden in (".venv/x", "env/lib", "node_modules/x"):
        shutil.copytree(workplace / "new" / "generated" / "shop", workplace / "new" / hidden, dirs_exist_ok=True)
    assert [one.key for one in find_projects(Path("new"), "new")] == ["generated/shop"]
    assert find_changes("old", "new") == ()


def test_folders_without_any_server_are_an_error(workplace: Path) -> None:
    shutil.rmtree(workplace / "new" / "generated")
    with pytest.raises(AdaptgenError, match="AG055"):
        find_changes("old", "new")


def swap(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize("source", ["specs/other.yaml", "../outside.yaml", "/etc/passwd"])
def test_a_copy_without_its_document_is_compared_by_the_types_of_its_views(workplace: Path, source: str) -> None:
    for path in (workplace / "new" / "generated" / "shop" / "tools").glob("*.json"):
        tools = json.loads(path.read_text())
        for tool in tools.values():
            tool["returns"] = dict.fromkeys(tool.get("returns", {}), "boolean")
        path.write_text(json.dumps(tools, indent=2))
    for side in ("old", "new"):
        shutil.rmtree(workplace / side / "specs")
        swap(workplace / side / "generated" / "shop" / "adaptgen.lock", "specs/shop.yaml", source)
    found = find_changes("old/generated", "new/generated")
    assert {(one.level, one.kind) for one in found} == {("breaking", "field-type")}


def test_another_document_of_the_name_is_not_believed(workplace: Path) -> None:
    """A document that was changed and not built says nothing of the folder next to it."""
    swap(workplace / "new" / "specs" / "shop.yaml", "type: integer", "type: boolean")
    assert find_changes("old/generated", "new/generated") == ()
