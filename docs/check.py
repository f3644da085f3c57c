"""Keeps the documents up to date: every block marked below is the current output of its source.

    <!-- run: adaptgen --help -->            a fenced block follows: the command's output
    <!-- run: adaptgen --help | FIRST | LAST --> … or some lines of it, selected like those of a file
    <!-- lines: path/to/file FIRST | LAST --> a fenced block follows: the lines from one that starts with FIRST to the
                                              next one that starts with LAST (without LAST: to the next empty line)
    <!-- output -->                          … what the page's last commands print (docs/session.py)

``python docs/check.py`` exits with 1 and a diff when a document is stale, ``--write`` brings it up to date.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

from session import INSTALL, Block, Failed, Shell, blocks, free_ports, left_running, steady

ROOT = Path(__file__).parent.parent
TUTORIAL = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"<!-- (?P<kind>run|lines): (?P<what>.+?) -->\n(?P<fence>```\w*)\n(?P<body>.*?)```", re.DOTALL)


def run(command: str) -> str:
    """What a command prints, run in the checkout with this interpreter's environment."""
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "100"}
    done = subprocess.run(
        shlex.split(command), cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode:
        raise SystemExit(f"{command!r} ended with {done.returncode}: {done.stderr}")
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def lines(what: str) -> str:
    """Some lines of a file."""
    name, _, span = what.partition(" ")
    return some((ROOT / name).read_text(), span, name)


def some(whole: str, span: str, name: str) -> str:
    """The lines of ``whole`` that ``span``, FIRST | LAST, selects."""
    first, _, last = (part.strip() for part in span.partition("|"))
    text = whole.splitlines()
    start = next((n for n, line in enumerate(text) if line.strip().startswith(first)), None)
    if start is None:
        raise SystemExit(f"{name} has no line that starts with {first!r}")
    rest = enumerate(text[start + 1 :], start + 1)
    end = next((n for n, line in rest if (line.strip().startswith(last) if last else not line.strip())), len(text) - 1)
    return "\n".join(text[start : end + 1] if last else text[start:end]).rstrip()


def true(match: re.Match[str], runs: Mapping[str, str]) -> str:
    """The block as it should be. ``runs``: command -> what it prints."""
    command, _, span = match["what"].partition(" | ")
    body = runs[command] if match["kind"] == "run" else lines(match["what"])
    if match["kind"] == "run" and span:
        body = some(body, span, command)
    return f"<!-- {match['kind']}: {match['what']} -->\n{match['fence']}\n{body}\n```"


class Player:
    """Plays pages, each in a folder of its own below ``home``; how-to guides begin where the tutorial ended."""

    def __init__(self, home: Path, pages: list[Path]) -> None:
        self.home = home
        self.ports = free_ports("".join(path.read_text() for path in pages))
        self.environ = {
            key: one for key, one in os.environ.items() if not key.startswith(("CRM_", "ADAPTGEN_", "LIBRARY_"))
        }
        self.environ |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "110"}

    def play(self, path: Path, page: list[Block]) -> list[str]:
        """What the commands of the page print."""
        if path == TUTORIAL:
            return self.tutorial
        if path.parent.name != "howto":
            return self._play(path.stem, page)
        _ = self.tutorial
        shutil.copytree(self.home / TUTORIAL.stem, self.home / path.stem)
        return self._play(path.stem, [left_running(blocks(TUTORIAL.read_text())), *page])[1:]

    @cached_property
    def tutorial(self) -> list[str]:
        return self._play(TUTORIAL.stem, blocks(TUTORIAL.read_text()))

    def _play(self, name: str, page: list[Block]) -> list[str]:
        home = self.home / name
        folder = home / "library"
        folder.mkdir(parents=True, exist_ok=True)
        shell = Shell(folder, self.environ | {"HOME": str(home)}, {INSTALL: "true", **self.ports}, terminal=True)
        instead = {**self.ports, "/home/you/.venv/bin": str(Path(sys.executable).parent), "/home/you": str(home)}
        return [steady(text, instead) for text in shell.play(page)]


def played(path: Path, page: str, player: Player) -> str:
    """The page with what its commands print."""
    found = blocks(page)
    if not any(block.kind == "output" for block in found):
        return page
    shown = list(player.play(path, found))
    printed: dict[Block, str] = {}
    last = ""
    for block in found:
        if block.kind == "commands":
            last = shown.pop(0)
        elif block.kind == "output":
            text = "\n".join(line.rstrip() for line in last.strip("\n").splitlines())
            printed[block] = some(text, block.name, "the output") if block.name else text
    for block, text in reversed(printed.items()):
        page = f"{page[: block.span[0]]}{text}\n{page[block.span[1] :]}"
    return page


def main() -> int:
    stale = False
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    commands = {match["what"].partition(" | ")[0] for path in paths for match in BLOCK.finditer(path.read_text())
                if match["kind"] == "run"}  # fmt: skip
    with ThreadPoolExecutor(os.cpu_count()) as pool, tempfile.TemporaryDirectory() as home:
        runs = dict(zip(commands, pool.map(run, commands), strict=True))
        player = Player(Path(home), paths)
        for path in paths:
            before = path.read_text()
            try:
                after = played(path, BLOCK.sub(lambda match: true(match, runs), before), player)
            except (Failed, SystemExit) as problem:
                raise SystemExit(f"{path.relative_to(ROOT)}: {problem}") from None
            if before == after:
                continue
            if "--write" in sys.argv:
                path.write_text(after)
                print(f"written: {path.relative_to(ROOT)}")
                continue
            stale = True
            name = str(path.relative_to(ROOT))
            sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, name))
    return int(stale)


if __name__ == "__main__":
    raise SystemExit(main())
