"""Changes as JSON and as annotations of a GitHub workflow. Text of documents is hostile: it starts no command."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from adaptgen.compare.model import LEVELS, Change, worst

_COMMANDS = {"breaking": "error", "review": "warning", "additive": "notice"}
# GitHub shows ten annotations of a kind and step; the rest would be dropped without a word.
MOST = 10


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
    return json.dumps({"level": worst(tuple(changes)), "counts": counts(changes), "changes": rows}, indent=2)


def counts(changes: Sequence[Change]) -> dict[str, int]:
    """Level -> number of changes."""
    found = Counter(one.level for one in changes)
    return {level: found[level] for level in LEVELS}


def as_github(changes: Sequence[Change]) -> list[str]:
    """Workflow commands, one a line; what changes nothing for agents gives none.

    A breaking change is an error, one to review a warning, an additive one a notice.
    """
    lines: list[str] = []
    for level, command in _COMMANDS.items():
        some = [one for one in changes if one.level == level]
        for one in some[:MOST]:
            properties = {"title": f"adaptgen: {level} for agents"}
            if one.where is not None:
                properties = {"file": one.where.file, "line": str(max(one.where.line, 1)), **properties}
            hint = f"\nhint: {one.hint}" if one.hint else ""
            about = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
            lines.append(f"::{command} {about}::{_data(f'{one.subject}: {one.text}{hint}')}")
        if len(some) > MOST:
            lines.append(f"::{command} title=adaptgen::{len(some) - MOST} more {level} changes are in the log")
    return lines


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
