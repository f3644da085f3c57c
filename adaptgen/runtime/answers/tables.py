"""Tables that APIs send as text (CSV, TSV, JSON lines) as the items of a list; the reading is
``adaptgen.syntax.tables``'s.

Governed or not, they take one way: a column is a field, so that views, ``fields``, budgets and the classification by
name hold for it as for JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from adaptgen.model.tables import Json, Tool
from adaptgen.runtime.answers.layout import AnswerLayout
from adaptgen.runtime.core.answer import Answer, Text
from adaptgen.runtime.core.text import encode
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.http.table_response import read_table
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.syntax import field_paths as paths

_SAMPLE: Final = 200


def answer_table(
    tool: Tool, response: Response, *, fields: Sequence[str] | None, max_bytes: int, marks: PiiTracker
) -> Answer | None:
    """``{"fields", "items", "omitted", "note"}`` as for lists, without a cursor: for tools that are not lists; None for
    what is not a table, or holds nothing.

    Raises:
        ToolError: a path in ``fields`` cannot be read.
    """
    table = read_table(response)
    if table is None or not table.records:
        return None
    names = dict.fromkeys(key for one in table.records[:_SAMPLE] if isinstance(one, dict) for key in one)
    asked = list(fields or [paths.text((name,)) for name in names] or ("*",))
    shape = AnswerLayout(tool, table.records, asked, None, marks, torn=bool(table.note))
    items: list[Json] = [list(row) if shape.columns else row for row in shape.project(table.records)]
    head: dict[str, Json] = {"fields": list(shape.paths)} if shape.columns else {}
    note = " ".join(filter(None, (table.note, shape.note)))
    shown = _fitted(head, items, note, max_bytes, marks)
    return marks.finish(Answer((Text(encode(shown).decode()),)), shown, rows=len(shape.paths) if head else None)


def _fitted(head: dict[str, Json], items: list[Json], note: str, most: int, marks: PiiTracker) -> dict[str, Json]:
    sizes = [marks.size(item) + 1 for item in items]
    kept, count = len(items), len(items)
    while True:
        shown: dict[str, Json] = {**head, "items": items[:kept]}
        if kept < count:
            shown["omitted"] = {"items": f"{kept} of {count}"}
        if note:
            shown["note"] = note
        over = marks.size(head) + sum(sizes[:kept]) + 60 + len(note) + marks.repeated(shown) - most
        if over <= 0 or kept <= 1:
            return shown
        while over > 0 and kept > 1:
            kept -= 1
            over -= sizes[kept]
