"""The changes for agents as a terminal, a program, GitHub's annotations and Markdown show them.

Everything in a change may be text of a document that a stranger wrote. In Markdown it is always inside a code span: no
markup, mention, link or command of the platform in it has an effect.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from adaptgen.cli import terminal
from adaptgen.compare.model import LEVELS, Change, Level, worst_level

COMMENT_BYTES = 60_000
"""GitHub refuses the text of a pull request above 65,536 characters; the workflow puts some lines before ours."""
SUMMARY_BYTES = 1_000_000
"""GitHub drops the summary of a step above 1 MiB."""

_COMMANDS = {"breaking": "error", "review": "warning", "additive": "notice"}
# GitHub shows ten annotations of a kind and step; the rest would be dropped without a word.
_MOST_ANNOTATIONS = 10
_COLOURS = {"breaking": "error", "review": "warning", "additive": "green", "unchanged": "dim"}
_TITLES = {
    "breaking": "breaking: calls that agents make today fail, or answer otherwise",
    "review": "review: a person must look at this",
    "additive": "additive: agents can do more than before",
    "unchanged": "unchanged for agents",
}
_MOST_OF_A_KIND = 10
"""Changes of one kind of one tool that Markdown shows."""
_LONGEST = 400


def show_changes(changes: Sequence[Change]) -> None:
    """All changes as text, the worst first, each with its place and what the hints may say about it."""
    if not changes:
        terminal.say("nothing changed for agents")
        return
    several = len({one.server for one in changes}) > 1
    for level in LEVELS:
        some = [one for one in changes if one.level == level]
        if some:
            terminal.say(terminal.paint(_TITLES[level], _COLOURS[level]))
        for one in some:
            terminal.say(f"  {terminal.clean(f'{_subject(one, several)}: {one.text}')}")
            if place := _place(one):
                terminal.say(terminal.paint(f"      {terminal.clean(place)}", "dim"))
            if one.hint:
                terminal.say(f"      hint: {terminal.clean(one.hint)}")
    terminal.say(_counted(changes))


def as_markdown(changes: Sequence[Change], most: int) -> str:
    """The changes by level, then by tool, then by kind, the worst first; at most ``most`` bytes of UTF-8, of which the
    last line says what was left out and where it is."""
    if not changes:
        return "Nothing changed for agents.\n"
    lines = list(_lines(changes))
    left = most - len(_rest(len(changes), len(changes)).encode())
    for position, (line, _, _) in enumerate(lines):
        left -= len(line.encode())
        if left < 0:
            out = sum(number for _, number, _ in lines[position:])
            breaking = sum(number for _, number, level in lines[position:] if level == "breaking")
            return "".join(line for line, _, _ in lines[:position]) + _rest(out, breaking)
    return "".join(line for line, _, _ in lines)


def _rest(number: int, breaking: int) -> str:
    worst = f", {breaking} of them breaking," if breaking else ""
    return f"\n{number} more changes{worst} are in the log of this step; `adaptgen diff` prints all.\n"


def _lines(changes: Sequence[Change]) -> Iterator[tuple[str, int, Level]]:
    """Pieces of Markdown, each with the number of the changes that it shows, and their level."""
    several = len({one.server for one in changes}) > 1
    yield f"**{_counted(changes)}**\n", 0, "unchanged"
    for level in LEVELS:
        some = [one for one in changes if one.level == level]
        if some:
            yield f"\n### {_TITLES[level][:1].upper()}{_TITLES[level][1:]}\n", 0, level
        for subject, of_tool in groupby(some, lambda one: _subject(one, several)):
            yield f"\n#### {_code(subject)}\n\n", 0, level
            for kind, group in groupby(sorted(of_tool, key=lambda one: one.kind), lambda one: one.kind):
                of_kind = list(group)
                for one in of_kind[:_MOST_OF_A_KIND]:
                    place = f" at {_code(_place(one))}" if _place(one) else ""
                    hint = f"  - hint: {_code(one.hint)}\n" if one.hint else ""
                    yield f"- {_code(one.text)}{place}\n{hint}", 1, level
                if (more := len(of_kind) - _MOST_OF_A_KIND) > 0:
                    yield f"- and {more} more of the kind `{kind}`\n", more, level


def _code(text: str) -> str:
    """A code span (CommonMark 6.1): its fence is longer than any run of backticks inside."""
    text = terminal.clean(text)
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    blank = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{blank}{text or ' '}{blank}{fence}"


def _subject(change: Change, several: bool) -> str:
    return f"{change.server}/{change.subject}" if several and change.subject != change.server else change.subject


def _place(change: Change) -> str:
    return " ".join(filter(None, (str(change.where or ""), change.pointer)))


def _counted(changes: Sequence[Change]) -> str:
    return ", ".join(f"{number} {level}" for level, number in counts(changes).items() if number)


def as_json(changes: Sequence[Change]) -> str:
    """One object: ``level`` (the worst), ``counts``, ``changes``."""
    rows = []
    for one in changes:
        row: dict[str, object] = {"level": one.level, "server": one.server, "subject": one.subject, "kind": one.kind}
        row["text"] = one.text
        if one.where is not None:
            row |= {"file": one.where.file, "line": one.where.line, "column": one.where.column}
        row |= {key: value for key, value in (("pointer", one.pointer), ("hint", one.hint)) if value}
        rows.append(row)
    return json.dumps({"level": worst_level(tuple(changes)), "counts": counts(changes), "changes": rows}, indent=2)


def counts(changes: Sequence[Change]) -> dict[str, int]:
    """Level -> number of changes."""
    found = Counter(one.level for one in changes)
    return {level: found[level] for level in LEVELS}


def as_github(changes: Sequence[Change]) -> list[str]:
    """Workflow commands, one a line, for what changes something for agents.

    A breaking change is an error, one to review a warning, an additive one a notice.
    """
    lines: list[str] = []
    for level, command in _COMMANDS.items():
        some = [one for one in changes if one.level == level]
        for one in some[:_MOST_ANNOTATIONS]:
            properties = {"title": f"adaptgen: {level} for agents"}
            if one.where is not None:
                properties = {"file": one.where.file, "line": str(max(one.where.line, 1)), **properties}
            hint = f"\nhint: {one.hint}" if one.hint else ""
            about = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
            lines.append(f"::{command} {about}::{_data(f'{one.subject}: {one.text}{hint}')}")
        if len(some) > _MOST_ANNOTATIONS:
            lines.append(
                f"::{command} title=adaptgen::{len(some) - _MOST_ANNOTATIONS} more {level} changes are in the log"
            )
    return lines


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
