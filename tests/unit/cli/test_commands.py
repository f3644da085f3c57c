"""The table of commands, and what a command line that is wrong is told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from adaptgen.cli import main
from adaptgen.cli.commands import SECTIONS, root


def _all(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from _all(command, *path, name)


COMMANDS = dict(_all(root()))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_and_quiet(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*path, "--help"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"usage: adaptgen {' '.join(path)} ")
    assert "-q, --quiet" in said
    assert "-h, --help" in said


def test_commands_are_shown_in_their_sections(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:-1] for line in lines if line[:-1] in SECTIONS] == ["start", "understand", "run", "govern", "ship"]
    start = lines.index("start:")
    assert [line.split()[0] for line in lines[start + 1 : start + 6]] == ["demo", "init", "build", "serve", "call"]


@pytest.mark.parametrize(
    ("argv", "meant"),
    [
        (["bild"], "build"),
        (["Serve"], "serve"),
        (["policy", "chek", "x"], "check"),
        (["build", "--chek"], "--check"),
        (["build", "--output-dir", "x"], "--output"),
        (["serve", "x", "--efect", "read"], "--effect"),
        (["serve", "x", "--effect", "wrte"], "write"),
        (["ci", "githb"], "github"),
        (["audit", "verify", "x", "--chekpoints", "y"], "--checkpoints"),
    ],
)
def test_a_typo_gets_a_suggestion(argv: list[str], meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"help: did you mean {meant!r}?" in said.err
    assert "error AG058: " in said.err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["serve"], "DIR|DOCUMENT is missing"),
        (["build", "--out"], "--out needs a value"),
        (["deploy", "x"], "--stage NAME, or --stack NAME"),
        (["inspect", "x", "--fail-under", "much"], "--fail-under"),
        (["call", "x", "y", "--governance", "f", "--no-governance"], "--governance and --no-governance exclude"),
        (["erase", "x"], "--token or --kind is missing"),
        (["diff", "a", "b", "c"], "does not take 'c' as well"),
    ],
)
def test_a_wrong_command_line_is_told(argv: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    assert said in capsys.readouterr().err


def test_what_was_typed_reaches_the_terminal_without_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--\x1b[31mred"]) == 2
    assert main(["\x1b]0;title\x07"]) == 2
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert f"_ADAPTGEN_COMPLETE={shell}_complete" in capsys.readouterr().out


def _completed(words: str) -> list[str]:
    asked = {"_ADAPTGEN_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    command = [sys.executable, "-c", "import sys; from adaptgen.cli import main; sys.exit(main())"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | asked, check=True)
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_commands_options_and_tools_are_completed(workplace: Path) -> None:
    assert main(["build", "specs/notes.json", "--quiet"]) == 0
    assert _completed("adaptgen ex") == ["explain"]
    assert _completed("adaptgen build --che") == ["--check"]
    assert _completed("adaptgen call generated/notes ") == ["delete_note", "get_note", "list_notes"]
    assert _completed("adaptgen explain generated/notes l") == ["list_notes"]
    assert _completed("adaptgen call absent ") == []


def test_a_hostile_lock_completes_nothing_that_a_shell_reads(workplace: Path) -> None:
    folder = workplace / "generated" / "notes"
    assert main(["build", "specs/notes.json", "--quiet"]) == 0
    lock = folder / "adaptgen.lock"
    lock.write_text(lock.read_text().replace('"get_note"', '"get$(touch x)"'))
    assert _completed("adaptgen call generated/notes get") == []


@pytest.mark.parametrize("argv", [["serve", "absent"], ["serve", "absent", "--effect", "read"], ["ci", "github"]])
def test_choices_may_be_left_out(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(argv)
    assert "AG058" not in capsys.readouterr().err
