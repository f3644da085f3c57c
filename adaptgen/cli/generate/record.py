"""``adaptgen record``: cassettes of the real API next to the hints, or how its answers differ from before."""

from __future__ import annotations

import asyncio
import os
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

from adaptgen.cli import terminal
from adaptgen.diagnostics import Where, error
from adaptgen.output import lock
from adaptgen.output.write import write_file

NAME = "cassettes"


def run(options: SimpleNamespace) -> int:
    """Exit code 1 where ``--check`` finds a difference."""
    if find_spec("vcr") is None:
        raise error("AG067", "recording needs vcrpy, which is not installed", help='pip install "adaptgen[record]"')
    from adaptgen.readiness.record import Recording, record
    from adaptgen.transports.load import find_tool, load_server

    server = load_server(options.folder)
    for name in (*options.writes, *options.skip):
        find_tool(server, name)
    folder = options.out or find_cassettes(options.folder)

    async def recorded() -> Recording:
        with terminal.progress(f"{server.name}: recording"):
            return await record(server, os.environ, writes=options.writes, skip=options.skip)

    made = asyncio.run(recorded())
    if options.check:
        return _check(folder, made.cassettes)
    if not made.cassettes:
        reason = next(iter(made.skipped.values()), "it has no tools that read")
        help = f"adaptgen doctor {options.folder} looks for what is wrong"
        raise error("AG067", f"nothing could be recorded: {reason.rstrip('.')}", Where(str(options.folder)), help)
    write_cassettes(
        folder, {f"{name}.yaml": text for name, text in made.cassettes.items()} | {"recorded.json": made.index.text()}
    )
    for name, why in sorted(made.skipped.items()):
        terminal.print_error(f"{name} was not recorded: {why}")
    for name, paths in sorted(made.index.absent.items()):
        terminal.print_error(f"{name} keeps {', '.join(paths)}, which no answer had: see its view in the hints")
    many = terminal.count(len(made.cassettes), "cassette")
    terminal.say(f"{folder}: {many}; build again, so that contract tests replay them: adaptgen build")
    return 0


def find_cassettes(folder: Path) -> Path:
    """The cassettes of a generated server, next to its hints; AG067 where its lock does not say where they are."""
    side = lock.side_folder(folder)
    if side is None:
        raise error("AG067", "its lock does not say from what it was built", Where(str(folder)), "name --out DIR")
    return side / NAME


def write_cassettes(folder: Path, files: dict[str, str]) -> None:
    """Write the cassettes; those of tools that were not recorded go."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.yaml"):
        if old.name not in files:
            old.unlink()
    for name, text in files.items():
        write_file(folder / name, text.encode())


def _check(folder: Path, cassettes: dict[str, str]) -> int:
    from adaptgen.readiness.response_shapes import compared

    found = compared(folder, cassettes)
    for name, lines in found.items():
        terminal.say(name)
        for line in lines:
            terminal.say(f"  {line}")
    if not found:
        terminal.say(f"{folder}: the API answers as it did")
    return int(bool(found))
