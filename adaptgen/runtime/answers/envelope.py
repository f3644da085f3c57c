"""What an API sends around the items of a list: totals, options, reference lists.

``fields`` names it by its JSONPath in the whole body (``$.totals``), and all of the first page by ``$``. The items
themselves are not read by further paths of the body: paging and its bounds hold for them as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from adaptgen.model.tables import Tool
from adaptgen.runtime.answers.record import mark_body, show
from adaptgen.runtime.core.answer import Answer, ToolError
from adaptgen.runtime.http.page import Fetch, is_json
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.syntax import field_paths as paths

ALONE: Final = "`fields`: paths of the whole answer (`$.…`) are asked for alone, without paths of items."
ROOT: Final = "$"
"""All of an answer."""


def is_around(fields: Sequence[str] | None) -> bool:
    """Whether ``fields`` is about the whole body."""
    return any(path.startswith("$") for path in fields or ())


async def answer_around(
    tool: Tool, fetch: Fetch, fields: Sequence[str], *, max_bytes: int, marks: PiiTracker | None = None
) -> Answer:
    """What is next to the items in the first page of a list.

    Raises:
        ToolError: a path cannot be read, or leads to the items; or the API failed.
    """
    assert tool.page is not None
    items = _keys(tool.page.items)
    for path in fields:
        if not path.startswith("$"):
            raise ToolError(ALONE)
        keys = _keys(path)
        if path == ROOT:
            continue
        if keys[: len(items)] == items or items[: len(keys)] == keys:
            raise ToolError(f"`fields`: {path!r} leads to the items; ask for them by paths of an item (`name`, `*`).")
    response = await fetch({})
    if not is_json(response):
        raise ToolError("`fields`: this answer is a table, and has nothing around its rows.")
    marks = marks or PiiTracker()
    whole = replace(tool, page=None, payload=tool.page.items, view=None)
    body = mark_body(whole, response.json(), marks, cuts=any("[" in path for path in fields))
    return show(whole, body, fields=fields, max_bytes=max_bytes, marks=marks)


def _keys(path: str) -> tuple[str, ...]:
    """The keys of a JSONPath or of a field path that starts with ``$``.

    Raises:
        ToolError: it cannot be read.
    """
    inner = path.removeprefix("$").removeprefix(".")
    try:
        return tuple(key for key in paths.parse(inner) if isinstance(key, str)) if inner else ()
    except paths.PathError as wrong:
        raise ToolError(f"`fields`: {wrong}") from None
