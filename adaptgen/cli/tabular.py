"""Tables that fit: aligned and cut to the width of a terminal, separated by tabs anywhere else; records for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adaptgen.cli import terminal
from adaptgen.diagnostics import count_columns
from adaptgen.model.tables import Json

_GAP = 2
_NARROW = 12
"""Columns of a wide cell at least; what does not fit then is named below the table."""


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows under their headings: on a terminal aligned, the widest cells but those of the first column cut to its
    width; else with tabs between the whole cells."""
    cells = [[terminal.clean(cell) for cell in row] for row in (head, *rows)]
    if not terminal.for_people():
        for row in cells:
            terminal.say("\t".join(row))
        return
    natural = [max(map(count_columns, column)) for column in zip(*cells, strict=True)]
    room = terminal.width() - _GAP * (len(head) - 1)
    first = min(natural[0], max(room - _NARROW * (len(head) - 1), room // 3))
    widths = [first, *fit(natural[1:], room - first)]
    for at, row in enumerate(cells):
        fitted = (terminal.pad(terminal.cut(cell, size), size) for cell, size in zip(row, widths, strict=True))
        line = "  ".join(fitted).rstrip()
        terminal.say(line if at else terminal.paint(line, "dim"))


def fit(natural: Sequence[int], total: int) -> list[int]:
    """Widths that add up to ``total`` columns at most: the widest ones are cut to one width, which is not under 1."""
    cap = max(natural, default=0)
    while cap > 1 and sum(min(one, cap) for one in natural) > total:
        cap -= 1
    return [min(one, cap) for one in natural]


def show_answer(value: Json) -> None:
    """An answer of a tool: lists of records as a table, one record as lines of keys and values, and what an agent would
    read of the rest of the list."""
    if isinstance(value, Mapping) and isinstance(value.get("items"), list):
        _show_list(value)
    elif isinstance(value, Mapping):
        _show_record(value)
    elif isinstance(value, list):
        _show_rows(value)
    else:
        terminal.say(_cell(value))


def _show_list(answer: Mapping[str, Json]) -> None:
    items, fields = answer["items"], answer.get("fields")
    if isinstance(fields, list) and all(isinstance(row, list) and len(row) == len(fields) for row in items):
        _show_table([str(one) for one in fields], items)
    else:
        _show_rows(items)
    shown, total = terminal.count(len(items), "item"), answer.get("total")
    of = f" of {total:,}" if isinstance(total, int) else f" of {total}" if total is not None else ""
    terminal.say(terminal.paint(f"{shown}{of}", "bold"))
    for key, one in answer.items():
        if key == "next_cursor":
            terminal.say(f"there are more: cursor={terminal.clean(str(one))}")
        elif key not in ("items", "fields", "total"):
            said = (
                "; ".join(f"{name}: {_cell(part)}" for name, part in one.items())
                if isinstance(one, dict)
                else _cell(one)
            )
            terminal.say(f"{terminal.clean(key)}: {terminal.clean(said)}")


def _show_record(record: Mapping[str, Json]) -> None:
    rows = list(_flat(record))
    terminal.table(("", ""), [(path, _cell(one)) for path, one in rows if not _is_records(one)], indent=0)
    for path, one in rows:
        if _is_records(one):
            terminal.say()
            terminal.say(terminal.paint(f"{terminal.clean(path)} ({len(one)})", "bold"))
            _show_rows(one)


def _flat(record: Mapping[str, Json], before: str = "") -> Iterator[tuple[str, Json]]:
    """Each value with its path; objects by their members."""
    for key, one in record.items():
        if isinstance(one, Mapping) and one:
            yield from _flat(one, f"{before}{key}.")
        else:
            yield f"{before}{key}", one


def _is_records(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _show_rows(items: Sequence[Json]) -> None:
    if _is_records(items):
        names = list(dict.fromkeys(str(key) for one in items for key in one))
        _show_table(names, [[one.get(name) for name in names] for one in items])
    else:
        for one in items:
            terminal.say(_cell(one))


def _show_table(head: Sequence[str], rows: Sequence[Sequence[Json]]) -> None:
    """As many columns as fit; the others are named."""
    if not rows:
        return
    most = max((terminal.width() + _GAP) // (_NARROW + _GAP), 1)
    natural = [max(map(count_columns, (name, *(_cell(row[at]) for row in rows)))) for at, name in enumerate(head)]
    while most < len(head) and sum(min(one, _NARROW) + _GAP for one in natural[: most + 1]) - _GAP <= terminal.width():
        most += 1  # some are narrow
    columns(head[:most], [[_cell(one) for one in row[:most]] for row in rows])
    if len(head) > most:
        terminal.say(f"not shown: {terminal.clean(', '.join(head[most:]))} (--json has all)")


def _cell(value: Any) -> str:
    """A value in one line."""
    if value is None:
        return ""
    if isinstance(value, str):
        return terminal.clean(value)
    if isinstance(value, list) and value and all(isinstance(one, (str, int, float)) for one in value):
        return ", ".join(map(_cell, value))
    return terminal.clean(json.dumps(value, ensure_ascii=False))
