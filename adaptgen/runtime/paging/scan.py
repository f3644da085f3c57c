"""Reading all pages of a list inside one call, whatever its paging, within bounds.

Where a bound is reached the scan ends behind a whole page and knows where it would go on: nothing is read twice, and
the caller that counts knows that it was not everything.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from adaptgen.model.frozen import value
from adaptgen.model.tables import Json, Paging
from adaptgen.runtime.core import call_context
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.page import At, Fetch, NoList
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.paging.cursor import CursorBox
from adaptgen.runtime.paging.pages import PageIterator, State, first_state
from adaptgen.runtime.paging.resume import resume
from adaptgen.syntax.tables import UNREADABLE

MARGIN: Final = 2.0
"""Seconds before the end of a call in which no further page is asked for."""


TOO_LARGE: Final = frozenset({400, 413, 414, 416, 422})
"""Statuses that may mean that the API has no pages of that size."""


@value()
class Bounds:
    """The most that one call reads: items, requests, bytes of answers, seconds."""

    items: int = 10_000
    requests: int = 250
    bytes: int = 64 * 1024 * 1024
    seconds: float = 25.0


@dataclass(slots=True)
class RequestBudget:
    """What one call has read so far, and whether that is enough."""

    bounds: Bounds
    clock: Callable[[], float] = time.monotonic
    items: int = 0
    bytes: int = 0
    requests: int = 0
    _end: float = field(init=False)

    def __post_init__(self) -> None:
        self._end = min(self.clock() + self.bounds.seconds, call_context.ends() - MARGIN)

    def metered(self, fetch: Fetch) -> Fetch:
        """``fetch``, counted."""

        async def counted(query: Mapping[str, Json] = {}, url: str | None = None) -> Response:
            response = await fetch(query, url)
            self.requests += 1
            self.bytes += len(response.content)
            return response

        return counted

    def reached(self) -> str:
        """The bound that is reached, in words; "" for none."""
        bounds = self.bounds
        if self.items >= bounds.items:
            return f"one call reads {bounds.items:,} items at most"
        if self.requests >= bounds.requests:
            return f"one call makes {bounds.requests} requests at most"
        if self.bytes >= bounds.bytes:
            return f"one call reads {bounds.bytes // 1024 // 1024} MB at most"
        return "the time for one call is over" if self.clock() >= self._end else ""


class Scan:
    """The items of ``walk`` from its state on. While it runs, and when it has ended:

    ``rest``: where it would go on, None at the end of the list; ``why``: why it ended before, "" where it did not;
    ``started``: whether it began with the first item; ``torn``: what could not be read of a table, and is left out;
    ``doubt``: why the list may go on although it ended.
    """

    def __init__(self, walk: PageIterator, meter: RequestBudget) -> None:
        self.walk = walk
        self.meter = meter
        self.rest: State | None = None
        self.why = ""
        self.started = False
        self.torn = ""
        self.doubt = ""
        walk.most = meter.bounds.requests

    async def pages(self, *, resumed: bool) -> AsyncGenerator[list[Json], None]:
        """The items page by page, each of them once.

        Raises:
            NoList, ToolError: the first page cannot be read, or the list changed (``resumed``).
        """
        walk, meter = self.walk, self.meter
        self.started = not resumed
        page, begin = await resume(walk) if resumed else (await walk.first(), 0)
        last: list[Json] = []
        while True:
            fresh = page.items[begin:]
            if page.torn:
                self.torn = page.torn
                fresh = [one for one in fresh if not (isinstance(one, dict) and UNREADABLE in one)]
            meter.items += len(fresh)
            last = page.items[-1:] or last
            following = None if walk.ended else walk.after(page)
            self.rest = None if following is None else self._state(following, last)
            self.doubt = page.doubt if following is None else ""
            await call_context.report(meter.items, walk.total, f"{meter.items} items read")
            yield fresh
            if following is None:
                return
            self.why = meter.reached()
            if self.why:
                return
            try:
                next_page = await walk.follow(page, following)
            except ToolError as problem:
                self.why = f"the next page could not be read: {problem.text}"
                return
            if next_page is None:
                self.rest = None
                return
            begin = walk.overlap(next_page, last[0]) if last else 0
            page = next_page

    def _state(self, at: At, last: list[Json]) -> State:
        known = self.walk.state
        anchor = self.walk.anchors.of(last[0]) if last else known.anchor
        return replace(known, at=at, given=0, anchor=anchor, read="", begin=None)


MOST: Final = 1000
"""Items, where nothing else is said."""
REQUESTS: Final = 100
"""Requests to the API."""


async def read_all_pages(paging: Paging, fetch: Fetch, box: CursorBox, most: int | None) -> tuple[list[Json], str]:
    """The items of the list, ``most`` at most, and what is missing of them ("" for nothing).

    Raises:
        ToolError: the first page cannot be read, or holds no list.
    """
    most = most or MOST
    meter = RequestBudget(Bounds(items=most, requests=REQUESTS))
    walk = PageIterator(paging, meter.metered(fetch), box, first_state(paging, most))
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
