"""Tables that APIs send as text, CSV (RFC 4180) and JSON lines, as rows whose columns are known."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from itertools import islice
from typing import Final

from adaptgen import fields as paths
from adaptgen.model import Json
from adaptgen.runtime.answer import Answer, Text
from adaptgen.runtime.errors import ToolError
from adaptgen.runtime.marks import Marks
from adaptgen.runtime.projection import view
from adaptgen.runtime.response import Response
from adaptgen.runtime.shape import WITHHELD, asked_view, swept
from adaptgen.runtime.text import clean, encode
from adaptgen.sensitivity import kind_of

_SEPARATED: Final = frozenset({"text/csv", "application/csv", "text/x-csv", "text/comma-separated-values"})
_TABBED: Final = "text/tab-separated-values"
_LINES: Final = ("ndjson", "jsonl", "json-lines", "jsonlines", "json-seq")
_ROWS: Final = 5000
"""Rows that are read; an answer holds far fewer."""
_CELL: Final = 1_000_000


def answer_table(
    response: Response, media: str, *, fields: Sequence[str] | None, max_bytes: int, marks: Marks
) -> Answer | None:
    """``{"fields", "items", "omitted"}`` as for lists, or objects where records do not fit into rows; None for what is
    no table.

    Raises:
        ToolError: a path in ``fields`` cannot be read.
    """
    if media in _SEPARATED or media == _TABBED:
        records = _separated(response.text())
    elif any(one in media for one in _LINES):
        records = _lines(response.text())
    else:
        return None
    if not records:
        return None
    count = len(records)
    names = list(dict.fromkeys(name for record in records[:200] for name in record))
    chosen = asked_view(fields) if fields else view(paths.text((name,)) for name in names)
    marked = swept(marks.mark(records, cuts=chosen.cuts))
    if chosen.whole or not chosen.flat or any(_nests(value) for record in marked for value in record.values()):
        items: list[Json] = chosen.objects(marked)
        columns = None
    else:
        hidden = [at for at, path in enumerate(chosen.segments) if _secret(path[-1])]
        rows = chosen.rows(marked)
        items = [[WITHHELD if at in hidden and cell else cell for at, cell in enumerate(row)] for row in rows]
        columns = list(chosen.paths)
    head = {"fields": columns} if columns is not None else {}
    shown = _fitted(head, items, count, max_bytes, marks)
    return marks.finish(Answer((Text(encode(shown).decode()),)), shown, rows=len(columns) if columns else None)


def _secret(segment: object) -> bool:
    return isinstance(segment, str) and kind_of(segment, type="string") == "secret"


def _nests(value: Json) -> bool:
    return isinstance(value, (dict, list))


def _fitted(head: dict[str, Json], items: list[Json], count: int, most: int, marks: Marks) -> dict[str, Json]:
    sizes = [marks.size(item) + 1 for item in items]
    kept = len(items)
    while True:
        shown: dict[str, Json] = {**head, "items": items[:kept]}
        if kept < count:
            shown["omitted"] = {"items": f"{kept} of {count}"}
        over = marks.size(head) + sum(sizes[:kept]) + 60 + marks.repeated(shown) - most
        if over <= 0 or kept <= 1:
            return shown
        while over > 0 and kept > 1:
            kept -= 1
            over -= sizes[kept]


def _separated(text: str) -> list[dict[str, Json]]:
    text = text.removeprefix("\ufeff").replace("\0", "")
    first = text[: text.find("\n")] if "\n" in text else text
    separator = max(",;\t|", key=first.count)
    old = csv.field_size_limit(_CELL)
    try:
        rows = [row for row in islice(csv.reader(io.StringIO(text), delimiter=separator), _ROWS) if row]
    except csv.Error:
        raise ToolError("The API sent a table (CSV) that cannot be read; it is not shown.") from None
    finally:
        csv.field_size_limit(old)
    if not rows:
        return []
    names = _header(rows[0])
    body = rows[1:] if names is not None else rows
    width = max(map(len, rows))
    known = [*(names or ()), *(f"column {at + 1}" for at in range(len(names or ()), width))]
    return [dict(zip(known, row, strict=False)) for row in body]


def _header(row: list[str]) -> list[str] | None:
    """The names in the first row; None where it looks like data."""
    names = [clean(cell).strip() for cell in row]
    if any("@" in name or not any(map(str.isalpha, name)) or len(name) > 80 for name in names):
        return None
    return names if len(set(names)) == len(names) else None


def _lines(text: str) -> list[dict[str, Json]]:
    records: list[dict[str, Json]] = []
    for line in text.replace("\x1e", "").split("\n")[:_ROWS]:
        if not line.strip():
            continue
        try:
            record = Response(200, {}, line.encode("utf-8", "replace")).json()
        except ToolError:
            raise ToolError("The API sent JSON lines that cannot be read; they are not shown.") from None
        records.append(record if isinstance(record, dict) else {"value": record})
    return records
