"""``adaptgen doctor``: reach the API, log in, read once."""

from __future__ import annotations

import argparse
import asyncio
import os
from typing import TYPE_CHECKING

from adaptgen.cli import terminal, tools

if TYPE_CHECKING:
    from adaptgen.readiness.doctor import Check

_MARKS = {True: ("ok", "green"), False: ("wrong", "red"), None: ("note", "yellow")}


def run(options: argparse.Namespace) -> int:
    """Print each check as it is made; 1 where one of them fails."""
    from adaptgen.readiness.doctor import examine
    from adaptgen.transports.load import load_server

    server = load_server(options.folder)
    if options.tool:
        tools.find(server, options.tool)
    found = asyncio.run(examine(server, os.environ, tool=options.tool, said=_show))
    wrong = sum(one.ok is False for one in found)
    terminal.say()
    terminal.say(f"{server.name}: {terminal.count(wrong, 'check')} failed" if wrong else f"{server.name} can be called")
    return 1 if wrong else 0


def _show(check: Check) -> None:
    mark, colour = _MARKS[check.ok]
    terminal.say(f"{terminal.paint(f'{mark:6}', colour)} {check.name:12} {terminal.clean(check.text)}")
    if check.fix:
        terminal.say(f"{'':6} {'':12} {terminal.clean(check.fix)}")
