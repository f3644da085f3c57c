"""Going on with a list: finding the last item given again, in a list that may have changed since.

The page that held it is read again. Where that page was given whole, the next one is read at the same time. If the
item moved, the pages around are searched: items that were deleted before it draw it back, inserted ones push it
forward. A style whose pages cannot be asked for by position trusts the API's own token.
"""

from __future__ import annotations

import asyncio
from typing import Final

from adaptgen.model.tables import Cursor, Unpaged
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http import page as pages
from adaptgen.runtime.http.page import At, Page
from adaptgen.runtime.paging.item_marks import is_same_page
from adaptgen.runtime.paging.pages import BEYOND, LIES, PageIterator

AROUND: Final = 3
"""Pages before and after the remembered place in which the last item given is looked for."""

_CHANGED: Final = (
    "The list changed since this cursor was given, so that it cannot be continued without gaps or repetitions. "
    "Start again: leave `cursor` out."
)
_REFUSED: Final = "The API no longer accepts its own page token. Start again: leave `cursor` out."


async def resume(walk: PageIterator) -> tuple[Page, int]:
    """The page where the list goes on, and the number of its items that were given before.

    Raises:
        ToolError: the list changed so that this cannot be known, or the API failed.
    """
    state = walk.state
    if not state.anchor:
        page = await walk.read(state.at)
        return page, min(state.given, len(page.items))
    if not state.given and pages.is_movable(walk.paging, state.at):
        page, given = await _between(walk)
    else:
        page, given = await _within(walk)
    if page.total is not None and state.total not in (None, LIES):
        state.total = page.total
    return page, given


async def _between(walk: PageIterator) -> tuple[Page, int]:
    """The page before the place was given whole: its last item must still be its last one."""
    state = walk.state
    before = pages.find_neighbour(walk.paging, state.at, -1, state.step)
    if before == pages.NOWHERE:
        raise ToolError(_CHANGED)
    page, previous = await asyncio.gather(_maybe(walk, state.at), _maybe(walk, before))
    if page.items and is_same_page(previous.items, page.items) and await walk.repeats(previous, page):
        walk.repeated(previous, state.at)
        walk.ended = True
        return page, len(page.items)
    last = len(previous.items) - 1
    place = walk.anchors.find(previous.items, state.anchor, last)
    if place is not None:
        adjoins = not (isinstance(before, int) and isinstance(state.at, int) and pages.by_offset(walk.paging)) or (
            before + len(previous.items) == state.at
        )
        return (page, 0) if place == last and adjoins else (previous, place + 1)
    place = walk.anchors.find(page.items, state.anchor, -1)
    if place is not None:
        return page, place + 1
    return await _around(walk, page, [state.at, before])


async def _within(walk: PageIterator) -> tuple[Page, int]:
    """The page was given in part: the last item given must still be where it was."""
    state = walk.state
    try:
        page = await walk.read(state.at)
    except ToolError as problem:
        if problem.status not in BEYOND:
            raise
        if not pages.is_positional(walk.paging):
            raise ToolError(_REFUSED, status=problem.status) from problem
        page = Page(state.at, [])
    if not state.given:
        same_total = page.total is not None and page.total == state.total
        place = (
            None if same_total or not state.anchor.startswith("i") else walk.anchors.find(page.items, state.anchor, -1)
        )
        return page, 0 if place is None else place + 1
    place = walk.anchors.find(page.items, state.anchor, state.given - 1)
    if place is not None:
        return page, place + 1
    return await _around(walk, page, [state.at])


async def _maybe(walk: PageIterator, at: At) -> Page:
    """The page at ``at``, empty where the API says that it has none."""
    try:
        return await walk.read(at)
    except ToolError as problem:
        if problem.status not in BEYOND:
            raise
        return Page(at, [])


async def _around(walk: PageIterator, page: Page, seen: list[At]) -> tuple[Page, int]:
    state = walk.state
    if isinstance(walk.paging, Unpaged) or not state.step:
        raise ToolError(_CHANGED)
    if not pages.is_movable(walk.paging, page.at):
        return await _forward(walk, page)
    order = [sign * distance for distance in range(1, AROUND + 1) for sign in (-1, 1)]
    if page.total is not None and state.total is not None:
        grew = page.total > state.total
        order.sort(key=lambda distance: (distance > 0) != grew)
    for distance in order:
        at = pages.find_neighbour(walk.paging, page.at, distance, state.step)
        if at == pages.NOWHERE or at in seen:
            continue
        seen.append(at)
        other = await _maybe(walk, at)
        place = walk.anchors.find(other.items, state.anchor, -1)
        if place is not None:
            return other, place + 1
    raise ToolError(_CHANGED)


async def _forward(walk: PageIterator, page: Page) -> tuple[Page, int]:
    for _ in range(AROUND):
        if page.next is None or (isinstance(walk.paging, Cursor) and walk.paging.single_use):
            break
        page = await walk.read(page.next)
        place = walk.anchors.find(page.items, walk.state.anchor, -1)
        if place is not None:
            return page, place + 1
    raise ToolError(_CHANGED)
