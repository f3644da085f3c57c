"""A response that is a table (CSV, TSV, JSON lines), as records; the reading is ``adaptgen.syntax.tables``'s."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from adaptgen.model.frozen import lazy, value
from adaptgen.model.tables import Json
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.text import clean
from adaptgen.runtime.http.response import Response
from adaptgen.syntax import tables as tabular

_NAME: Final = lazy(r"filename\*?\s*=\s*(?:UTF-8'[^']*')?\"?([^\";]+)\"?", re.IGNORECASE)
_VAGUE: Final = frozenset({"", "text/plain", "application/octet-stream", "application/force-download"})
"""Types that say nothing; then the name of the file decides."""
_NUMBERS: Final = 5


@value()
class Items:
    """The records of a table. ``note``: what of it could not be read."""

    records: list[Json]
    note: str = ""


def file_name(response: Response) -> str:
    """The file name in the answer (RFC 6266), or ""."""
    found = _NAME.search(response.headers.get("content-disposition", ""))
    return clean(found.group(1)).replace("/", "_").replace("\\", "_")[:200] if found else ""


def find_kind(response: Response) -> tabular.Kind | None:
    """The kind of table that an answer is, by its media type, or by its file name where that says nothing."""
    media = response.media_type.partition(";")[0].strip().lower()
    found = tabular.kind_of_media(media)
    if found is None and media in _VAGUE:
        found = tabular.kind_of_file(file_name(response))
    return found


def read_table(response: Response) -> Items | None:
    """The answer as a table, None for what is not a table."""
    kind = find_kind(response)
    if kind is None:
        return None
    media = response.headers.get("content-type", "") or response.media_type
    table = tabular.read(response.text(), kind, media, loads=_loads, clean=clean)
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
