"""An error that says nothing of its own about what to do takes the next step of its code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import adaptgen
from adaptgen.diagnostics import CODES, NEXT_STEPS

PACKAGE = Path(adaptgen.__file__).parent


def without_help(tree: ast.AST) -> Iterator[str]:
    """The codes of errors that are made without a help."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        code = node.args[0]
        if node.func.id not in ("error", "Diagnostic") or not isinstance(code, ast.Constant) or code.value not in CODES:
            continue
        given = {one.arg for one in node.keywords}
        severity = [one.value for one in node.keywords if one.arg == "severity"] + node.args[4:5]
        is_error = not any(isinstance(one, ast.Constant) and one.value in ("warning", "note") for one in severity)
        if is_error and len(node.args) < 4 and "help" not in given:
            yield code.value


def test_every_error_has_a_next_step() -> None:
    found = {code for path in PACKAGE.rglob("*.py") for code in without_help(ast.parse(path.read_text("utf-8")))}
    assert found
    assert found <= NEXT_STEPS.keys()


def test_next_steps_are_those_of_known_codes() -> None:
    assert NEXT_STEPS.keys() <= CODES.keys()
