"""All pages of a list for one step: each record once, within bounds, and said where it is cut."""

from __future__ import annotations

from typing import Final

from adaptgen.model.tables import Json, Paging
from adaptgen.runtime.core.errors import ToolError
from adaptgen.runtime.http import page as pages
from adaptgen.runtime.http.page import Fetch, NoList
from adaptgen.runtime.paging.cursor import CursorBox
from adaptgen.runtime.paging.pages import PageIterator, State
from adaptgen.runtime.paging.scan import Bounds, RequestBudget, Scan

MOST: Final = 1000
"""Items, where nothing else is said."""
REQUESTS: Final = 100
"""Requests to the API."""
_SIZE: Final = 100
"""Items that are asked for in one request, where the API does not declare a bound of its own."""


async def read_all_pages(paging: Paging, fetch: Fetch, box: CursorBox, most: int | None) -> tuple[list[Json], str]:
    """The items of the list, ``most`` at most, and what is missing of them ("" for nothing).

    Raises:
        ToolError: the first page cannot be read, or holds no list.
    """
    most = most or MOST
    bound = getattr(paging, "max_size", None) or _SIZE
    size = min(most, bound) if pages.size_parameter(paging) is not None else None
    meter = RequestBudget(Bounds(items=most, requests=REQUESTS))
    walk = PageIterator(paging, meter.metered(fetch), box, State(pages.first_place(paging), size=size))
    scan = Scan(walk, meter)
    items: list[Json] = []
    try:
        async for page in scan.pages(resumed=False):
            items += page
    except NoList:
        raise ToolError("The API answered no list.") from None
    cut = len(items) > most or bool(scan.why and scan.rest is not None)
    if not cut:
        return items, walk.note or (f"there may be more items: {scan.doubt}" if scan.doubt else "")
    total = walk.total
    if total == most == len(items):
        return items, walk.note
    kept = min(len(items), most)
    of = f" of {total}" if total is not None and total > kept else ""
    why = f": {scan.why.rstrip('.')}" if scan.why and len(items) < most else ""
    return items[:kept], f"the first {kept}{of} items{why or ('' if of else '; there may be more')}"
