"""The changes of a deployment as people and programs read them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from adaptgen.cli import terminal
from adaptgen.model.tables import Json

if TYPE_CHECKING:
    from adaptgen.ship.deployments.changes import Change, PropertyChange, Review


def show_review(review: Review) -> None:
    """Every change, property by property, on stdout."""
    for change in review.changes:
        replaced = f"  {terminal.paint(change.replaced.upper(), 'error')}" if change.replaced else ""
        kept = "  (AWS keeps the old one)" if change.kept and (change.replaced or change.action == "Remove") else ""
        name = terminal.paint(terminal.clean(change.name), "bold")
        terminal.say(f"{terminal.clean(change.action):<8} {name}  {terminal.clean(change.type)}{replaced}{kept}")
        for line in _lines(change.properties):
            terminal.say(f"           {line}")
    for title, changed in (("parameters", review.parameters), ("tags", review.tags)):
        if changed:
            terminal.say(f"{title}:")
            for line in _lines(changed):
                terminal.say(f"           {line}")
    for note in review.notes:
        terminal.say(terminal.clean(note))
    for change in review.losing:
        terminal.say(terminal.paint(f"warning: {describe_loss(change)}", "warning"))


def describe_loss(change: Change) -> str:
    """What happens to the data that a resource holds."""
    name = f"{terminal.clean(change.name)} ({terminal.clean(change.type)})"
    end = "AWS keeps the old one, which nothing uses any more" if change.kept else "what it holds is deleted"
    if change.action == "Remove":
        return f"{name} leaves the stack; {end}"
    return f"{name} is {change.replaced}: the new one is empty; {end}"


def _lines(changed: Iterable[PropertyChange]) -> Iterator[str]:
    for one in changed:
        before = "(none)" if one.before is None else terminal.clean(one.before) or '""'
        after = "(removed)" if one.after is None else terminal.clean(one.after) or '""'
        more = f"  [{one.replaces}]" if one.replaces else ""
        if one.before is None and one.after is None:
            yield f"{terminal.clean(one.path)}: known when it is made{more}"
        else:
            yield f"{terminal.clean(one.path)}: {before} → {after}{more}"


def review_json(review: Review | None) -> dict[str, Json]:
    """The same for programs."""
    if review is None:
        return {"changes": [], "parameters": [], "tags": [], "notes": []}
    return {
        "changes": [
            {
                "action": one.action,
                "name": one.name,
                "type": one.type,
                "replaced": one.replaced or None,
                "old_is_kept": one.kept,
                "loses_data": one.loses_data,
                "properties": _json(one.properties),
            }
            for one in review.changes
        ],
        "parameters": _json(review.parameters),
        "tags": _json(review.tags),
        "notes": list(review.notes),
    }


def _json(changed: Iterable[PropertyChange]) -> list[Json]:
    return [
        {"path": one.path, "before": one.before, "after": one.after, "replaces": one.replaces or None}
        for one in changed
    ]


# ---------------------------------------------------------------------------------------------------- asking


def confirmed(question: str) -> bool:
    """Whether a person agrees; False without a terminal."""
    if not sys.stdin.isatty():
        terminal.print_error(f"{question} nobody is there to agree: --yes carries it out without a question")
        return False
    return answer(f"{question} [y/N] ").lower() in ("y", "yes")


def answer(question: str) -> str:
    """What a person types."""
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()
