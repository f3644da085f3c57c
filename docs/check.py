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
import subprocess
import sys
import tempfile
from pathlib import Path

from session import INSTALL, Block, Failed, Shell, blocks, free_ports, steady

ROOT = Path(__file__).parent.parent
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


def true(match: re.Match[str]) -> str:
    """The block as it should be."""
    command, _, span = match["what"].partition(" | ")
    body = run(command) if match["kind"] == "run" else lines(match["what"])
    if match["kind"] == "run" and span:
        body = some(body, span, command)
    return f"<!-- {match['kind']}: {match['what']} -->\n{match['fence']}\n{body}\n```"


def played(page: str, before: str = "") -> str:
    """The page with what its commands print, played in an empty folder after those of the page ``before``."""
    found = blocks(page)
    if not any(block.kind == "output" for block in found):
        return page
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home, "library")
        folder.mkdir()
        ports = free_ports(before + page)
        environ = {key: one for key, one in os.environ.items() if not key.startswith(("CRM_", "ADAPTGEN_", "LIBRARY_"))}
        environ |= {"PATH": f"{Path(sys.executable).parent}:{environ['PATH']}", "HOME": home, "COLUMNS": "110"}
        shown = Shell(folder, environ, {INSTALL: "true", **ports}, terminal=True).play([*blocks(before), *found])
        shown = shown[sum(block.kind == "commands" for block in blocks(before)) :]
    instead = {**ports, "/home/you/.venv/bin": str(Path(sys.executable).parent), "/home/you": home}
    printed: dict[Block, str] = {}
    last = ""
    for block in found:
        if block.kind == "commands":
            last = shown.pop(0)
        elif block.kind == "output":
            text = "\n".join(line.rstrip() for line in last.strip("\n").splitlines())
            text = steady(text, instead)
            printed[block] = some(text, block.name, "the output") if block.name else text
    for block, text in reversed(printed.items()):
        page = f"{page[: block.span[0]]}{text}\n{page[block.span[1] :]}"
    return page


def main() -> int:
    stale = False
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        before = path.read_text()
        first = (ROOT / "docs/tutorial.md").read_text() if path.parent.name == "howto" else ""
        try:
            after = played(BLOCK.sub(true, before), first)
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
