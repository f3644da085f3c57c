"""What may stand on the command line of ``record``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

Command = Callable[[str, str, str], argparse.ArgumentParser]
"""(name, summary, description) -> the parser of a command."""


def add(command: Command) -> None:
    """Add the command."""
    record = command(
        "record",
        "record the real API for contract tests",
        "Calls each tool that reads once, with identifiers that lists before it answered, and writes what went over "
        "the wire to specs/NAME/cassettes/, with stand-ins for secrets and personal data. A cassette in which any "
        "remains is refused. Addresses and credentials come from the environment, as for serve.",
    )
    record.add_argument("folder", metavar="DIR", type=Path, help="a generated server, such as generated/crm")
    record.add_argument("--out", metavar="DIR", type=Path, help="default: specs/NAME/cassettes")
    record.add_argument(
        "--writes", metavar="TOOL", action="append", default=[], help="also call this tool, which writes; repeatable"
    )
    record.add_argument("--skip", metavar="TOOL", action="append", default=[], help="leave this tool out; repeatable")
    record.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 with what the API answers otherwise than before"
    )
