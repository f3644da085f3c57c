"""Printing: results on stdout, everything else on stderr, colours and progress on a terminal only."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from adaptgen.diagnostics import NEXT_STEPS, Diagnostic, count_columns, ordered

if TYPE_CHECKING:
    from adaptgen.cli.excerpt import Excerpts

_COLOURS = {"error": "31", "warning": "33", "note": "36", "bold": "1", "dim": "2", "green": "32"}
_PIPE_WIDTH = 160
_NOT_ASCII = re.compile(r"[^\n -~]")


def say(text: str = "") -> None:
    """A line of the result, on stdout. Characters that the terminal cannot show are replaced."""
    _write(sys.stdout, text)


def say_json(value: object) -> None:
    """A JSON value on stdout, for people and programs: what no terminal should print, or ``stdout`` cannot, is escaped
    as JSON does it."""
    import json

    shows_all = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(value, indent=2, ensure_ascii=not shows_all)
    say(_NOT_ASCII.sub(lambda char: char[0] if char[0].isprintable() else json.dumps(char[0])[1:-1], text))


def print_error(text: str) -> None:
    """A line on stderr."""
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(f"{text}\n")
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(f"{text}\n".encode(encoding, "backslashreplace").decode(encoding))


def paint(text: str, colour: str, stream: TextIO | None = None) -> str:
    """``text`` in a colour where ``stream`` (default stdout) is a terminal that wants colours (no-color.org)."""
    stream = stream or sys.stdout
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"


def clean(text: str) -> str:
    """One line of printable text: spec text may hold line ends and terminal escapes."""
    return "".join(char if char.isprintable() else " " for char in " ".join(text.split()))


def diagnostics(found: Iterable[Diagnostic], most: int = 40) -> None:
    """Diagnostics on stderr in the order of the files; long runs of one code are cut, errors never. An error with a
    place shows the line."""
    shown: dict[str, int] = {}
    cut: dict[str, int] = {}
    excerpts: Excerpts | None = None
    for one in ordered(found):
        shown[one.code] = shown.get(one.code, 0) + 1
        if one.severity != "error" and shown[one.code] > most:
            cut[one.code] = cut.get(one.code, 0) + 1
            continue
        place = f"{one.where}: " if one.where else ""
        word = paint(f"{one.severity} {one.code}:", one.severity, sys.stderr)
        message, help = _next_step(one)
        print_error(f"{clean(place)}{' ' if place else ''}{word} {clean(message)}")
        if one.severity == "error" and one.where is not None and one.where.line:
            excerpts = excerpts or _excerpts()
            for line in excerpts.of(one):
                print_error(line)
        if help:
            print_error(f"    help: {clean(help)}")
    for code, number in cut.items():
        print_error(f"    and {number} more {code}")


def diagnostics_json(found: Iterable[Diagnostic]) -> list[dict[str, object]]:
    """Diagnostics as ``--json`` prints them, in the same order; ``line`` and ``column`` are null for a whole file.
    ``pointer``: in a long line of JSON."""
    return [
        {
            "code": one.code or None,
            "severity": one.severity,
            "message": _next_step(one)[0],
            "file": one.where.file if one.where else None,
            "line": (one.where.line or None) if one.where else None,
            "column": (one.where.column or None) if one.where else None,
            "pointer": (one.where.pointer or None) if one.where else None,
            "help": _next_step(one)[1],
        }
        for one in ordered(found)
    ]


def next_steps(commands: Iterable[str], quiet: bool, unset: Sequence[str] = ()) -> None:
    """The commands that come next, on stderr; they work when they are pasted. ``unset``: environment variables that
    they need."""
    if not quiet:
        sys.stdout.flush()  # they follow the results
        print_error(f"next, once {', '.join(unset)} {'is' if len(unset) == 1 else 'are'} set:" if unset else "next:")
        for one in commands:
            print_error(f"  {one}")


def _next_step(found: Diagnostic) -> tuple[str, str]:
    """The message, and what to do. The line that installs a missing package is that."""
    message, colon, install = found.message.rpartition(": pip install ")
    if colon:
        return message, f"pip install {install}"
    return found.message, found.help or (NEXT_STEPS.get(found.code, "") if found.severity == "error" else "")


def _excerpts() -> Excerpts:
    from adaptgen.cli.excerpt import Excerpts

    wide = shutil.get_terminal_size().columns if sys.stderr.isatty() else _PIPE_WIDTH
    return Excerpts(wide, sys.stderr.encoding or "ascii")


@contextmanager
def progress(text: str) -> Iterator[None]:
    """Shows ``text`` on a terminal's stderr while the block runs."""
    if not sys.stderr.isatty():
        yield
        return
    sys.stderr.write(f"\r\x1b[K{text}…")
    sys.stderr.flush()
    try:
        yield
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def for_people() -> bool:
    """Whether the results go to a terminal, and not to a file or another program."""
    return sys.stdout.isatty()


def width() -> int:
    """The columns of the terminal; a wide page in a pipe."""
    return shutil.get_terminal_size().columns if for_people() else _PIPE_WIDTH


def table(head: Sequence[str], rows: Sequence[Sequence[str]], indent: int = 2) -> None:
    """An aligned table on stdout. The last column wraps; the others are cut at half of the width."""
    if not rows:
        return
    total = max(width(), 60)
    cleaned = [[clean(cell) for cell in row] for row in rows]
    widths = [max(count_columns(row[at]) for row in (head, *cleaned)) for at in range(len(head))]
    widths = [min(one, total // 2 if len(head) == 2 else total // 3) for one in widths]
    last = max(total - indent - sum(widths[:-1]) - 2 * (len(head) - 1), 20)
    if any(head):
        say(paint(" " * indent + _row(head, widths), "dim").rstrip())
    for row in cleaned:
        lines = textwrap.wrap(row[-1], last) or [""]
        *cells, _ = (cut(cell, size) for cell, size in zip(row, widths, strict=True))
        say((" " * indent + _row([*cells, lines[0]], widths)).rstrip())
        blank = [""] * (len(head) - 1)
        for line in lines[1:]:
            say((" " * indent + _row([*blank, line], widths)).rstrip())


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(pad(cell, size) for cell, size in zip(cells, widths, strict=True))


def cut(text: str, size: int) -> str:
    """``text`` in ``size`` columns at most."""
    if count_columns(text) <= size:
        return text
    end = room = size - 1
    while count_columns(text[:end]) > room:
        end -= 1
    return f"{text[:end]}…"


def pad(text: str, size: int) -> str:
    """``text`` with spaces up to ``size`` columns."""
    return text + " " * (size - count_columns(text))


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 tool``, ``2,000 tools``."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
