"""``adaptgen call``: one call of one tool, printed as an agent would see it."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys

from adaptgen.cli import keys, terminal, tools, values
from adaptgen.model import Json
from adaptgen.runtime.answer import Answer, Text
from adaptgen.runtime.caller import LOCAL


def run(options: argparse.Namespace) -> int:
    """Exit code 0, or 1 when the tool answers with an error."""
    from adaptgen.fronts.load import load_server
    from adaptgen.runtime.engine import Engine

    # The log of httpx holds every URL with its query.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    server = load_server(options.folder)
    tool = tools.find(server, options.tool)
    engine = Engine(server, cursor_key=keys.kept(os.environ))
    contract = engine.get(tool.name)
    if contract is None:
        raise LookupError(tool.name)
    stdin = sys.stdin.read() if options.arguments == ["-"] else None
    given = values.arguments(contract, options.arguments, stdin)

    async def once() -> Answer:
        try:
            return await engine.call(LOCAL, tool.name, given)
        finally:
            await engine.aclose()

    with terminal.progress(f"calling {tool.name}"):
        answer = asyncio.run(once())
    _show(answer)
    return 1 if answer.is_error else 0


def _show(answer: Answer) -> None:
    for block in answer.content:
        if isinstance(block, Text):
            terminal.say(block.text)
        else:
            name = f" {block.name}" if block.name else ""
            terminal.say(f"[{block.media_type}{name}, {terminal.count(len(block.data), 'byte')}]")
    if answer.structured is not None:
        terminal.say(_compact(answer.structured))


def _compact(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
