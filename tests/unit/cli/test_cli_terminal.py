"""What is printed stays readable whatever the document says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adaptgen.cli import terminal
from adaptgen.cli.understand import readiness
from adaptgen.diagnostics import Diagnostic, Where


def test_a_thousand_warnings_of_a_kind_are_counted_and_errors_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    found = [Diagnostic("AG020", f"w{at}", Where("f", at + 1, 1), severity="warning") for at in range(1000)]
    found += [Diagnostic("AG030", f"e{at}", Where("f", at + 1, 1)) for at in range(100)]
    terminal.diagnostics(found)
    lines = capsys.readouterr().err.splitlines()
    assert sum("warning AG020" in line for line in lines) == 40
    assert sum("error AG030" in line for line in lines) == 100
    assert lines[-1].strip() == "and 960 more AG020"


def test_every_colour_that_a_command_paints_with_is_known() -> None:
    for path in Path(terminal.__file__).parent.rglob("*.py"):
        for colour in re.findall(r'paint\(.*?, "(\w+)"', path.read_text("utf-8")):
            assert colour in terminal._COLOURS, (path, colour)
    assert {colour for _, colour in readiness._MARKS.values()} <= terminal._COLOURS.keys()
