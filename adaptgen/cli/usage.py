"""``adaptgen usage``: what each group had of each tool, from the shared state."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import asdict

from adaptgen.cli import governance, terminal
from adaptgen.diagnostics import error
from adaptgen.govern.limits.usage import Row, Usage
from adaptgen.govern.settings.store import open_store


def run(options: argparse.Namespace) -> int:
    """Print the counters.

    Raises:
        AdaptgenError: the settings are wrong, or their state cannot be read by another process.
    """
    rows = asyncio.run(_read(str(options.governance)))
    if options.json:
        terminal.say(json.dumps([asdict(one) for one in rows], indent=2))
    else:
        for line in _table(rows):
            terminal.say(line)
    return 0


async def _read(named: str) -> list[Row]:
    settings = await governance.load(named, os.environ)
    if settings.state.store == "memory":
        where = settings.where("state", "store") or settings.where("mode")
        help = "state: {store: redis, url: …} or {store: dynamodb, table: …}"
        raise error("AG076", "counters in memory are known to the serving process alone", where, help)
    store = await open_store(settings, os.environ)
    try:
        return await Usage(store).read()
    finally:
        await store.aclose()


def _table(rows: Sequence[Row]) -> list[str]:
    heads = ("tenant", "group", "tool", "calls", "errors", "bytes")
    cells = [(r.tenant, r.group, r.tool, f"{r.calls:,}", f"{r.errors:,}", f"{r.bytes_out:,}") for r in rows]
    widths = [max(len(row[at]) for row in (heads, *cells)) for at in range(6)]
    return [
        "  ".join(
            c.ljust(w) if at < 3 else c.rjust(w) for at, (c, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (heads, *cells)
    ]
