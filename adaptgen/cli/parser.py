"""The commands and their arguments. The module of a command is imported when it runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module

from adaptgen import __version__

Command = Callable[[str, str, str], argparse.ArgumentParser]
"""(name, summary, description) -> the parser of a command."""

_EPILOG = """\
exit codes: 0 done, 1 a finding (stale output, failed call), 2 bad input or usage

start here:
  adaptgen demo                                   the whole story on a bundled legacy CRM
  adaptgen build specs/crm.yaml                   writes generated/crm/
  adaptgen serve generated/crm                    an MCP server on stdio
  adaptgen call generated/crm list_invoices status=OVERDUE
"""

_COMMANDS: Mapping[str, tuple[str, str, str]] = {
    "build": ("generate", "cli.generate.build", "run"),
    "serve": ("run", "cli.run.serve", "run"),
    "call": ("run", "cli.run.call", "run"),
    "proxy": ("run", "cli.run.proxy", "run"),
    "explain": ("understand", "cli.understand.explain", "run"),
    "audit": ("govern", "cli.govern.audit", "run"),
    "policy": ("govern", "cli.govern.policy", "run"),
    "usage": ("govern", "cli.govern.shared_state", "run_usage"),
    "package": ("ship", "cli.ship.package", "run"),
    "deploy": ("ship", "cli.ship.deploy", "run"),
    "inspect": ("understand", "cli.understand.readiness", "run_inspect"),
    "init": ("understand", "cli.understand.readiness", "run_init"),
    "doctor": ("understand", "cli.understand.readiness", "run_doctor"),
    "diff": ("generate", "cli.generate.regenerate", "run_diff"),
    "ci": ("generate", "cli.generate.regenerate", "run_ci"),
    "pull": ("generate", "cli.generate.regenerate", "run_pull"),
    "record": ("generate", "cli.generate.record", "run"),
    "erase": ("govern", "cli.govern.shared_state", "run_erase"),
    "demo": ("run", "demo.story", "run"),
}
"""Command, in the order of the help -> the group that adds its arguments; the module and function that run it."""


def parser(only: str = "") -> argparse.ArgumentParser:
    """The parser of every command; the parsed options carry ``run(options) -> exit code``.

    ``only``: the first argument. If it is a command, no other is added: making the parsers of all
    takes longer than reading a small document.
    """
    top = argparse.ArgumentParser(
        prog="adaptgen",
        description="MCP servers for legacy HTTP APIs, generated from their OpenAPI documents.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"adaptgen {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in (only,) if only in _COMMANDS else _COMMANDS:
        group, module, function = _COMMANDS[name]
        add: Callable[[Command], None] = getattr(import_module(f"adaptgen.cli.{group}"), f"add_{name}")
        add(partial(_command, commands, f"adaptgen.{module}", function))
    return top


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    module: str,
    function: str,
    name: str,
    summary: str,
    text: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}. {text}")

    def run(options: argparse.Namespace) -> int:
        code: int = getattr(import_module(module), function)(options)
        return code

    command.set_defaults(run=run, command=name)
    return command
