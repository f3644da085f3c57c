"""Settings with the places of their keys, and what a command says of wrong ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Path_ = tuple[str | int, ...]


def placed(made: Any) -> tuple[str, dict[Path_, tuple[int, int]]]:
    """JSON with each key on a line of its own, and the line and column of each."""
    lines: list[str] = [""]
    places: dict[Path_, tuple[int, int]] = {}

    def write(value: Any, at: Path_) -> None:
        if isinstance(value, dict) and value:
            lines[-1] += "{"
            for index, (name, one) in enumerate(value.items()):
                lines.append(" " * len(at))
                places[(*at, name)] = (len(lines), len(lines[-1]) + 1)
                lines[-1] += f"{json.dumps(name)}: "
                write(one, (*at, name))
                lines[-1] += "," if index < len(value) - 1 else ""
            lines[-1] += "}"
        elif isinstance(value, list):
            lines[-1] += "["
            for index, one in enumerate(value):
                write(one, (*at, index))
                lines[-1] += "," if index < len(value) - 1 else ""
            lines[-1] += "]"
        else:
            lines[-1] += json.dumps(value)

    write(made, ())
    return "\n".join(lines), places


def assert_located(errors: str, code: str, path: Path, line: int, column: int) -> None:
    """One of the errors has this code at this place."""
    assert f"{path.as_posix()}:{line}:{column}: error {code}: " in errors, errors


def as_yaml(made: Any) -> tuple[str, dict[Path_, tuple[int, int]]]:
    """The same in YAML's block style."""
    lines: list[str] = []
    places: dict[Path_, tuple[int, int]] = {}

    def write(value: Any, at: Path_, indent: int) -> None:
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            lines.append(" " * indent + ("- " if isinstance(key, int) else ""))
            places[(*at, key)] = (len(lines), len(lines[-1]) + 1)
            lines[-1] += "" if isinstance(key, int) else f"{json.dumps(key) if key in ('',) else key}: "
            if isinstance(one, (dict, list)) and one:
                write(one, (*at, key), indent + 2)
            else:
                lines[-1] += json.dumps(one)

    write(made, (), 0)
    return "\n".join(lines) + "\n", places


def edited(made: Any, at: Path_, change: Callable[[Any, Any], Any]) -> Any:
    """A deep copy of ``made`` in which ``change(container, key)`` was done to the key at ``at``."""
    copy = json.loads(json.dumps(made))
    holder = copy
    for key in at[:-1]:
        holder = holder[key]
    change(holder, at[-1])
    return copy
