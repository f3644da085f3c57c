"""The parser that is made for one command."""

from __future__ import annotations

import argparse
from importlib import import_module

import pytest

from adaptgen.cli.parser import _COMMANDS, parser


def _commands(made: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found = next(one for one in made._actions if isinstance(one, argparse._SubParsersAction))
    return dict(found.choices)


@pytest.mark.parametrize("name", _commands(parser()))
def test_a_command_has_the_same_options_whether_the_others_are_there_or_not(name: str) -> None:
    assert _commands(parser(name))[name].format_help() == _commands(parser())[name].format_help()


def test_what_is_no_command_is_told_all_of_them() -> None:
    assert _commands(parser("no-such-command")).keys() == _commands(parser()).keys()
    assert len(_commands(parser("build"))) == 1


@pytest.mark.parametrize("name", _COMMANDS)
def test_what_runs_a_command_is_there(name: str) -> None:
    _, module, function = _COMMANDS[name]
    assert callable(getattr(import_module(f"adaptgen.{module}"), function))
