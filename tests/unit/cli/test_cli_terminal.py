"""What is printed stays readable whatever the document says."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest

from adaptgen.cli import terminal
from adaptgen.cli.understand import readiness
from adaptgen.diagnostics import Diagnostic, Where


def test_escapes_and_line_ends_of_a_document_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.table(("a", "b"), [["\x1b[2J\x1b]0;owned\x07", "one\r\ntwo\u202e"]])
    terminal.diagnostics([Diagnostic("AG020", "bad \x1b[31mname\nerror AG001: forged", Where("a\nb", 1, 2))])
    printed = capsys.readouterr()
    for text in (printed.out, printed.err):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "\nerror AG001" not in printed.err


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
def test_json_is_json_whatever_the_document_says_and_the_terminal_shows(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    value = {"title": "Ä \x1b[2J \x9b2J \u202e \u2028 \ud800 \U000e0041 😀"}
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding))
    terminal.say_json(value)
    sys.stdout.flush()
    text = written.getvalue().decode(encoding)
    assert json.loads(text) == value
    assert all(char.isprintable() or char == "\n" for char in text)
    assert ("Ä" in text) == (encoding == "utf-8")


def test_columns_are_aligned_and_the_last_one_wraps(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "width", lambda: 60)
    terminal.table(("name", "what"), [["a", "one " * 30], ["long", "two"]])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "  name  what"
    assert all(len(line) <= 60 for line in lines)
    assert lines[2].startswith("        one")
    assert lines[-1] == "  long  two"


def test_a_thousand_warnings_of_a_kind_are_counted_and_errors_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    found = [Diagnostic("AG020", f"w{at}", Where("f", at + 1, 1), severity="warning") for at in range(1000)]
    found += [Diagnostic("AG030", f"e{at}", Where("f", at + 1, 1)) for at in range(100)]
    terminal.diagnostics(found)
    lines = capsys.readouterr().err.splitlines()
    assert sum("warning AG020" in line for line in lines) == 40
    assert sum("error AG030" in line for line in lines) == 100
    assert lines[-1].strip() == "and 960 more AG020"


def test_no_colour_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert terminal.paint("x", "error") == "x"
    with terminal.progress("reading"):
        pass
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("char", ["\n", "\r", "\x1b", "\x07", "\x08", "\x9b", "\u2028", "\u202e", "\u200b", "\ud800"])
def test_text_of_a_document_neither_moves_the_cursor_nor_hides(char: str) -> None:
    """Control Sequence Introducers (ECMA-48, 8.3.16), overwritten lines and turned text are the reader's deception."""
    shown = terminal.clean(f"a{char}[2Jb")
    assert shown == "a [2Jb"


def test_every_colour_that_a_command_paints_with_is_known() -> None:
    for path in Path(terminal.__file__).parent.rglob("*.py"):
        for colour in re.findall(r'paint\(.*?, "(\w+)"', path.read_text("utf-8")):
            assert colour in terminal._COLOURS, (path, colour)
    assert {colour for _, colour in readiness._MARKS.values()} <= terminal._COLOURS.keys()
