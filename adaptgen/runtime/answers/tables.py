"""Tables that APIs send as text (CSV, TSV, JSON lines) as the items of a list; the reading is
``adaptgen.syntax.tables``'s.

Governed or not, they take one way: a column is a field, so that views, ``fields``, budgets and the classification by
name hold for it as for JSON.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from adaptgen.model.tables import Json, Tool
from adaptgen.runtime.answers.layout import Shape
from adaptgen.runtime.core.answer import Answer, Text
from adaptgen.runtime.core.errors import ToolError
from adaptgen.runtime.core.text import clean, encode
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.pii.call_pii import Marks
from adaptgen.syntax import field_paths as paths
from adaptgen.syntax import tables as tabular

_NAME: Final = re.compile(r"filename\*?\s*=\s*(?:UTF-8'[^']*')?\"?([^\";]+)\"?", re.IGNORECASE)
_VAGUE: Final = frozenset({"", "text/plain", "application/octet-stream", "application/force-download"})
"""Types that say nothing; then the name of the file decides."""
_NUMBERS: Final = 5
_SAMPLE: Final = 200


@dataclass(frozen=True, slots=True)
class Items:
    """The records of a table. ``note``: what of it could not be read."""

    records: list[Json]
    note: str = ""


def file_name(response: Response) -> str:
    """The name that the API gives to a file (RFC 6266), "" where it gives none."""
    found = _NAME.search(response.headers.get("content-disposition", ""))
    return clean(found.group(1)).replace("/", "_").replace("\\", "_")[:200] if found else ""


def kind_of(response: Response) -> tabular.Kind | None:
    """The kind of table that an answer is, by its media type, or by its file name where that says nothing."""
    media = response.media_type.partition(";")[0].strip().lower()
    found = tabular.kind_of_media(media)
    if found is None and media in _VAGUE:
        found = tabular.kind_of_file(file_name(response))
    return found


def table_of(response: Response) -> Items | None:
    """The answer as a table, None for what is no table."""
    kind = kind_of(response)
    if kind is None:
        return None
    media = response.headers.get("content-type", "") or response.media_type
    text = tabular.decoded(response.content, media)
    table = tabular.read(text, kind, media, loads=_loads, clean=clean)
    return Items(table.records, _said(table.unreadable))


def _loads(text: str) -> Json:
    try:
        return Response(200, {}, text.encode("utf-8", "replace")).json()
    except ToolError:
        raise ValueError("no JSON") from None


def _said(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    named = ", ".join(map(str, numbers[:_NUMBERS])) + (", …" if len(numbers) > _NUMBERS else "")
    what = "1 line fits no record" if len(numbers) == 1 else f"{len(numbers)} lines fit no record"
    return f"{what} (line {named}): each is given as text in the field `{tabular.UNREADABLE}`."


def answer_table(
    tool: Tool, response: Response, *, fields: Sequence[str] | None, max_bytes: int, marks: Marks
) -> Answer | None:
    """``{"fields", "items", "omitted", "note"}`` as for lists, without a cursor: for tools that are no list; None for
    what is no table, or holds nothing.

    Raises:
        ToolError: a path in ``fields`` cannot be read.
    """
    table = table_of(response)
    if table is None or not table.records:
        return None
    names = dict.fromkeys(key for one in table.records[:_SAMPLE] if isinstance(one, dict) for key in one)
    asked = list(fields or [paths.text((name,)) for name in names] or ("*",))
    shape = Shape(tool, table.records, asked, None, marks, torn=bool(table.note))
    items: list[Json] = [list(row) if shape.columns else row for row in shape.project(table.records)]
    head: dict[str, Json] = {"fields": list(shape.paths)} if shape.columns else {}
    note = " ".join(filter(None, (table.note, shape.note)))
    shown = _fitted(head, items, note, max_bytes, marks)
    return marks.finish(Answer((Text(encode(shown).decode()),)), shown, rows=len(shape.paths) if head else None)


def _fitted(head: dict[str, Json], items: list[Json], note: str, most: int, marks: Marks) -> dict[str, Json]:
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
