"""The table of commands, and what a command line that is wrong is told."""

from __future__ import annotations

import pytest

from adaptgen.cli import main
from adaptgen.cli.commands import SECTIONS


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


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert f"_ADAPTGEN_COMPLETE={shell}_complete" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["serve", "absent"], ["serve", "absent", "--effect", "read"], ["ci", "github"]])
def test_choices_may_be_left_out(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(argv)
    assert "AG058" not in capsys.readouterr().err
