"""Loading generated packages from their folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from adaptgen.diagnostics import AdaptgenError, Diagnostic
from adaptgen.transports.load import load_server

Package = Callable[..., Path]

SERVER = """\
from pathlib import Path

from adaptgen.runtime import Base, Server

from .tools.notes import TOOLS

server = Server(name="notes", bases=(Base(),), tools=TOOLS, contracts=Path("tools"), format={format})
"""


def refused(folder: Path) -> Diagnostic:
    with pytest.raises(AdaptgenError) as caught:
        load_server(folder)
    (found,) = caught.value.diagnostics
    assert found.code == "AG061"
    return found


def test_a_package_is_loaded_from_any_folder(package: Package) -> None:
    server = load_server(package())
    assert server.name == "notes"
    assert [tool.name for tool in server.tools] == ["create_note", "find_notes"]


def test_the_folder_of_contracts_is_found_wherever_the_command_runs(package: Package) -> None:
    folder = package(server=SERVER.format(format=1))
    assert load_server(folder).contracts == folder.resolve() / "tools"


def test_a_rebuilt_package_replaces_the_loaded_one(package: Package) -> None:
    assert load_server(package()).title == "Notes"
    again = package(server=SERVER.format(format=1).replace('"notes",', '"notes", title="Rebuilt and longer",'))
    assert load_server(again).title == "Rebuilt and longer"


def test_two_packages_of_one_name_do_not_mix(package: Package) -> None:
    first = package(name="a/notes")
    second = package(name="b/notes", tools="TOOLS = ()\n", contract={})
    assert (len(load_server(first).tools), len(load_server(second).tools)) == (2, 0)


def test_a_folder_without_a_server_is_named(tmp_path: Path) -> None:
    assert "this folder does not exist" in refused(tmp_path / "nowhere").message


@pytest.mark.parametrize(("number", "fix"), [(3, "pip install --upgrade adaptgen"), (99, "--upgrade adaptgen")])
def test_a_newer_format_is_refused_by_name(package: Package, number: int, fix: str) -> None:
    found = refused(package(server=SERVER.format(format=number)))
    assert f"format {number}" in found.message
    assert fix in found.help


def test_a_newer_format_is_told_from_words_that_are_not_known(package: Package) -> None:
    newer = "from adaptgen.runtime import Wormhole\nserver = Wormhole(\n    format=3,\n)\n"
    assert "format 3" in refused(package(server=newer)).message


def test_a_broken_table_is_located(package: Package) -> None:
    folder = package(tools="from adaptgen.runtime import Tool\n\nTOOLS = (Tool(nam='x'),)\n")
    found = refused(folder)
    assert str(found.where) == f"{folder.resolve() / 'tools' / 'notes.py'}:3:1"
    assert "nam" in found.message


def test_a_syntax_error_is_located(package: Package) -> None:
    folder = package(tools="TOOLS = (\n\n1 +\n")
    assert refused(folder).where is not None


def test_a_module_that_defines_no_server_is_refused(package: Package) -> None:
    assert "defines no server" in refused(package(server="server = 1\n")).message
