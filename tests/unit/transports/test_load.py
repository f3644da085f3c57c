"""Loading generated packages from their folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from adaptgen.diagnostics import AdaptgenError, Diagnostic
from adaptgen.transports.load import load_server

Package = Callable[..., Path]


def refused(folder: Path) -> Diagnostic:
    with pytest.raises(AdaptgenError) as caught:
        load_server(folder)
    (found,) = caught.value.diagnostics
    assert found.code == "AG061"
    return found


def test_a_newer_format_is_told_from_words_that_are_not_known(package: Package) -> None:
    newer = "from adaptgen.runtime import Wormhole\nserver = Wormhole(\n    format=3,\n)\n"
    assert "format 3" in refused(package(server=newer)).message


def test_a_broken_table_is_located(package: Package) -> None:
    folder = package(tools="from adaptgen.runtime import Tool\n\nTOOLS = (Tool(nam='x'),)\n")
    found = refused(folder)
    assert str(found.where) == f"{folder.resolve() / 'tools' / 'notes.py'}:3:1"
    assert "nam" in found.message


def test_a_module_that_defines_no_server_is_refused(package: Package) -> None:
    assert "defines no server" in refused(package(server="server = 1\n")).message
