"""``adaptgen diff``: what changed for agents."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from adaptgen.cli import terminal

if TYPE_CHECKING:
    from adaptgen.compare.model import Change

_COLOURS = {"breaking": "error", "review": "warning", "additive": "green", "unchanged": "dim"}
_TITLES = {
    "breaking": "breaking: calls that agents make today fail, or answer otherwise",
    "review": "review: a person must look at this",
    "additive": "additive: agents can do more than before",
    "unchanged": "unchanged for agents",
}


def run(options: argparse.Namespace) -> int:
    """Prints the changes; 1 if one is as bad as ``--fail-on``."""
    from adaptgen.compare import report
    from adaptgen.compare.inputs import changes
    from adaptgen.compare.model import LEVELS, worst

    found = changes(options.old, options.new)
    if options.json:
        terminal.say(report.as_json(found))
    else:
        for line in report.as_github(found) if options.github else ():
            terminal.say(line)
        show(found)
    if options.fail_on is None or not found:
        return 0
    return int(LEVELS.index(worst(found)) <= LEVELS.index(options.fail_on))


def show(changes: Sequence[Change]) -> None:
    """The changes as text, the worst first, each with its place and what the hints may say about it."""
    from adaptgen.compare.model import LEVELS
    from adaptgen.compare.report import counts

    if not changes:
        terminal.say("nothing changed for agents")
        return
    several = len({one.server for one in changes}) > 1
    for level in LEVELS:
        some = [one for one in changes if one.level == level]
        if some:
            terminal.say(terminal.paint(_TITLES[level], _COLOURS[level]))
        for one in some:
            subject = f"{one.server}/{one.subject}" if several and one.subject != one.server else one.subject
            terminal.say(f"  {terminal.clean(f'{subject}: {one.text}')}")
            if one.where is not None or one.pointer:
                place = " ".join(filter(None, (_place(one), one.pointer)))
                terminal.say(terminal.paint(f"      {terminal.clean(place)}", "dim"))
            if one.hint:
                terminal.say(f"      hint: {terminal.clean(one.hint)}")
    terminal.say(", ".join(f"{number} {level}" for level, number in counts(changes).items() if number))


def _place(change: Change) -> str:
    return str(change.where) if change.where is not None else ""
