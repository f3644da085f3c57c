"""Run one command and turn whatever happens into an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

import click

from adaptgen.cli import terminal
from adaptgen.cli.commands import VARIABLE, completed, root, told
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where

_EXTRAS = {
    "boto3": "aws",
    "botocore": "aws",
    "opentelemetry": "otel",
    "pytest": "record",
    "redis": "redis",
    "vcr": "record",
}
"""Packages of the optional parts, and the extra that brings each."""

DONE, FINDING, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``adaptgen`` with ``argv`` (default: the process's arguments) and return its exit code."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    command = next((one for one in arguments if not one.startswith("-")), "")
    if argv is None and VARIABLE in os.environ:
        return completed()
    try:
        top = root()
        with top.make_context("adaptgen", arguments) as context:
            code: int = top.invoke(context)
        sys.stdout.flush()
        if argv is None:
            gc.freeze()  # the process ends: its last collection need not walk what the command has made
        return code
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as problem:
        if problem.ctx is not None and not _wants_json(arguments):
            terminal.print_error(problem.ctx.get_usage())
        message, help = told(problem)
        return _refuse(arguments, Diagnostic("AG058", message, None, help))
    except AdaptgenError as problem:
        return _refuse(arguments, *problem.diagnostics)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away; what is left in the buffer must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINDING
    except Exception as problem:
        if isinstance(problem, ModuleNotFoundError) and not (problem.name or "adaptgen").startswith("adaptgen"):
            extra = _EXTRAS.get(str(problem.name).partition(".")[0])
            line = f'pip install "adaptgen[{extra}]"' if extra else "pip install adaptgen"
            return _fail(arguments, "error", f"{problem.name} is not installed, and adaptgen {command} needs it", line)
        if os.environ.get("ADAPTGEN_DEBUG"):
            raise
        if isinstance(problem, OSError) and problem.filename is not None and problem.strerror:
            reason = f"{problem.strerror[:1].lower()}{problem.strerror[1:]}"
            where = Where(str(problem.filename))
            return _refuse(arguments, Diagnostic("AG001", f"it cannot be used: {reason}", where))
        said = " ".join(str(problem).split())[:300]
        help = "run it again with ADAPTGEN_DEBUG=1 for the details, and report them"
        return _fail(arguments, "internal error", f"{type(problem).__name__}: {said}", help)


def _wants_json(arguments: Sequence[str]) -> bool:
    """Whether what is wrong is printed as JSON too: it may be so wrong that no command was found."""
    return "--json" in arguments


def _refuse(arguments: Sequence[str], *found: Diagnostic) -> int:
    if _wants_json(arguments):
        terminal.say_json({"diagnostics": terminal.diagnostics_json(found)})
    else:
        terminal.diagnostics(found)
    return BAD_INPUT


def _fail(arguments: Sequence[str], kind: str, message: str, help: str) -> int:
    """What is not about the input has no code."""
    if _wants_json(arguments):
        return _refuse(arguments, Diagnostic("", f"{kind}: {message}", None, help))
    terminal.print_error(f"{kind}: {message}")
    terminal.print_error(f"    help: {help}")
    return BAD_INPUT
