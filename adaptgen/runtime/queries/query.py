"""Questions about all items of a list, answered inside one call: ``where``, ``sort``, ``count``, ``sum`` and others.

Every page is read by the same iterator that serves lists page by page, so the same holds here: each item once,
whatever the API's paging. What was not read is said: a count of a part is a lower bound, never a total.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import replace

from adaptgen.model.contract_file import QUESTIONS
from adaptgen.model.tables import Json, Tool, Unpaged
from adaptgen.runtime.answers.list import MOST_SIZE, ListCall, answer_list
from adaptgen.runtime.answers.record import TOO_DEEP
from adaptgen.runtime.core import call_context
from adaptgen.runtime.core.answer import Answer, ToolError
from adaptgen.runtime.http.page import Fetch, NoList
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.paging.cursor import CursorBox
from adaptgen.runtime.paging.pages import PageIterator, State, first_state
from adaptgen.runtime.paging.scan import TOO_LARGE, Bounds, RequestBudget, Scan
from adaptgen.runtime.queries import comparison as comparing
from adaptgen.runtime.queries.aggregates import Aggregator
from adaptgen.runtime.queries.filters import Question, parse_question
from adaptgen.runtime.queries.values import GuardedValues

_NARROW = "Narrow it down with the tool's own arguments."


class ItemSelector:
    """``where`` while a list is given page by page (see :class:`adaptgen.runtime.answers.list.ItemFilter`)."""

    def __init__(self, lens: GuardedValues, meter: RequestBudget) -> None:
        self.most = meter.bounds.requests
        self._lens = lens
        self._meter = meter

    def __call__(self, item: Json) -> bool:
        """Whether ``where`` holds."""
        return self._lens.holds(item)

    async def enough(self, items: int, total: int | None) -> str:
        """The bound that is reached."""
        self._meter.items += items
        await call_context.report(self._meter.items, total, f"{self._meter.items} items read")
        return self._meter.reached()

    def note(self, given: int, why: str) -> str:
        """How far was read, where that was not to the end."""
        said = self._lens.note(given)
        if why:
            said = f"{self._meter.items} items were read: {why}. Go on with `next_cursor`. {said}".rstrip()
        return said


async def answer_question(
    tool: Tool, fetch: Fetch, call: ListCall, *, asked: Mapping[str, Json], bounds: Bounds | None = None
) -> Answer:
    """One answer of a list tool, to what ``asked`` (its arguments where, sort, count, sum and others) says; without any
    of them the list itself, as :func:`adaptgen.runtime.answers.list.answer_list` gives it.

    Raises:
        ToolError: it cannot be asked, or the API failed.
    """
    known = parse_question(asked)
    # A cursor belongs to the question that it continues.
    told = {name: asked[name] for name in QUESTIONS if asked.get(name) not in (None, False)}
    call = replace(call, arguments={**call.arguments, **told})
    if known is None:
        return await answer_list(tool, fetch, call)

    once = bool(call.cursor) and not known.sort  # a cursor knows the size of its pages
    try:
        try:
            return await _answer(tool, fetch, call, known, MOST_SIZE, bounds)
        except ToolError as problem:
            size = first_state(tool.page, MOST_SIZE).size
            if once or problem.status not in TOO_LARGE or size is None or size <= call.page_size:
                raise
        return await _answer(tool, fetch, call, known, call.page_size, bounds)
    except NoList:
        raise ToolError(describe_no_list(told)) from None
    except RecursionError:
        raise ToolError(TOO_DEEP) from None


def _answer(
    tool: Tool, fetch: Fetch, call: ListCall, known: Question, size: int, bounds: Bounds | None
) -> Awaitable[Answer]:
    """The answer to ``known``, read in pages of ``size`` items if the API allows that many."""
    lens = GuardedValues(tool, call.marks, known, resumed=bool(call.cursor))
    meter = RequestBudget(bounds or Bounds())
    fetch = meter.metered(fetch)
    if known.aggregates:
        tally = Aggregator(tool, lens, call.marks, most=call.limit, max_bytes=call.max_bytes)
        return _counted(tool, fetch, tally, call, meter=meter, size=size)
    if known.sort:
        return _sorted(tool, fetch, lens, meter, call, size)
    return answer_list(tool, fetch, call, keep=ItemSelector(lens, meter), size=size)


def describe_no_list(asked: Iterable[str]) -> str:
    """Why a query needs a list."""
    names = " and ".join(f"`{name}`" for name in asked)
    return (
        f"The API answered a single object, not a list: {names} cannot be asked of it. Call the tool without {names}."
    )


# -------------------------------------------------------------------------------------------------------------- sort


async def _sorted(
    tool: Tool, fetch: Fetch, lens: GuardedValues, meter: RequestBudget, call: ListCall, size: int
) -> Answer:
    """The first of all items that ``where`` keeps, in order."""
    items, note, doubt = await _read_sorted(tool, fetch, lens, meter, call.box, size)
    whole = not note
    if not whole:
        items[max(call.limit or call.page_size, 1) :] = []
    note = f"{note} {lens.note(len(items))}".strip()
    alone = replace(tool, page=Unpaged(whole=True))
    return await answer_list(alone, serve_items(items), call, note=note, whole=whole, doubt=doubt)


async def _read_sorted(
    tool: Tool, fetch: Fetch, lens: GuardedValues, meter: RequestBudget, box: CursorBox, size: int
) -> tuple[list[Json], str, str]:
    """All items that ``where`` keeps, in order; what is to be said where they are not all; and why there may be more
    although the list ended."""
    assert tool.page is not None
    known = lens.question
    scan = Scan(PageIterator(tool.page, fetch, box, first_state(tool.page, size)), meter)
    items: list[Json] = []
    async for page in scan.pages(resumed=False):
        items += [item for item in page if lens.holds(item)] if known.where else page
    for key in reversed(known.sort):  # a stable sort by the last key first
        values = [lens.keys(item, key.field) for item in items]
        order = comparing.sort_keys(values, descending=key.descending)
        items = [items[at] for at in sorted(range(len(items)), key=order.__getitem__)]
    why = why_partial(scan)
    if why and why == scan.doubt:
        return items, "", why
    if why:
        why = f"Only the first {meter.items} items of the list were read and sorted: {why}. {_NARROW}"
    return items, why, ""


def serve_items(items: list[Json]) -> Fetch:
    """A list that is there, as an API that gives it at once."""

    async def fetch(query: Mapping[str, Json] = {}, url: str | None = None) -> Response:
        return Response(200, {}, b"[]", media_type="application/json", _json=items)

    return fetch


# ------------------------------------------------------------------------------------------------------------- count


async def _counted(
    tool: Tool,
    fetch: Fetch,
    tally: Aggregator,
    call: ListCall,
    *,
    meter: RequestBudget,
    size: int,
) -> Answer:
    assert tool.page is not None
    known, box, cursor, to = tally.question, call.box, call.cursor, call.bound(tool)
    if cursor:
        at, before = box.open(cursor, to)
        state = State.unpack(at)
        tally.resume(before)
    else:
        state = first_state(tool.page, size)
    scan = Scan(PageIterator(tool.page, fetch, box, state), meter)
    only = known == Question(count=True) and not cursor
    async with aclosing(scan.pages(resumed=bool(cursor))) as pages:
        async for page in pages:
            if only and (total := _told(scan, page)) is not None:
                return tally.answer(total, "", None)
            tally.add(page)
    rest = scan.rest if scan.why else None
    why = why_partial(scan, tally.read)
    partial = tally.partial() if rest is not None else None
    sealed = box.seal([rest.pack(), partial], to) if rest is not None and partial is not None else None
    return tally.answer(None, why, sealed)


def _told(scan: Scan, page: list[Json]) -> int | None:
    """The number of items as the API says it on the first page, where it can be believed without reading on."""
    total = scan.walk.total
    if total is None or scan.walk.doubtful or total < len(page):
        return None
    return total


def why_partial(scan: Scan, read: int | None = None) -> str:
    """Why what was read is not the whole list; "" where it is. ``read``: items, with those of the calls before."""
    if scan.why:
        return scan.why
    if scan.torn:
        return scan.torn.rstrip(".")
    if scan.walk.note:
        return scan.walk.note.rstrip(".")
    if scan.doubt:
        return scan.doubt
    total = scan.walk.total
    if read is None and scan.started:
        read = scan.meter.items
    if total is not None and read is not None and read < total:
        return f"the API says that there are {total:,}"
    return ""
