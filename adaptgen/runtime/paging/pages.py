"""Walking through the pages of an API: where the list goes on, where it ends, and whether it is still the same list.

An API may clamp the page size, hold the page parameter for a decoration, claim totals that are not, and change its
list between two calls. Nothing here believes one sign alone:

* A short page ends the list only if a page of full size was seen; otherwise the total, or an empty page, decides.
* A total that equals the size of the first page may be the size of the page: it is believed only after a look at the
  next page, unless the page is shorter than asked for and of a size that no API clamps to.
* A page that repeats the one before means that the API ignores the parameter.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from weakref import WeakKeyDictionary

from adaptgen.model.tables import Cursor, Json, Offset, PageNumber, Paging, Unpaged
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http import page as pages
from adaptgen.runtime.http.completeness import may_be_cut
from adaptgen.runtime.http.page import At, Fetch, NoList, Page
from adaptgen.runtime.http.parameters import to_json
from adaptgen.runtime.paging.cursor import CursorBox
from adaptgen.runtime.paging.item_marks import ItemFingerprints, identity, is_same_page

MAX_REQUESTS: Final = 10
"""Requests to the API for one answer."""
MAX_SIZE: Final = 100
"""Items that are asked for in one request, where the API does not declare a bound of its own."""
LIES: Final = -1
"""The total of an API that claims the size of the page for it."""

BEYOND: Final = frozenset({400, 404, 410, 416, 422})
"""Statuses that may mean that there is no such page."""

_FOUND: Final[WeakKeyDictionary[CursorBox, dict[PageNumber, int]]] = WeakKeyDictionary()
"""The first page of lists that page alike, by server."""


@dataclass(slots=True)
class State:
    """Where a list goes on; what a cursor seals.

    ``at``: where the API page starts that is read next; ``given``: how many of its items were given; ``size``: the
    number of items that every request asks for; ``step``: the number that a full page has (the first page's);
    ``honoured``: a full page was seen; ``anchor``: marks the last item given; ``total``: as the API said, or
    :data:`LIES`; ``limit`` and ``paths``: what the agent asked for, or the view that was chosen from the data;
    ``read``: the digest of a list that was read whole, where it is kept for a moment; ``begin``: the number of the
    first page, where it was found by looking; ``turn``: how many answers came before; ``mark``: the digest of the place
    where one of them began, moved at every power of two (Brent), so that pages in a circle are noticed.
    """

    at: At
    given: int = 0
    size: int | None = None
    step: int = 0
    honoured: bool = False
    anchor: str = ""
    total: int | None = None
    limit: int | None = None
    paths: tuple[str, ...] | None = None
    read: str = ""
    begin: int | None = None
    turn: int = 0
    mark: str | None = None

    def pack(self) -> list[Json]:
        """As a JSON value without empty ends."""
        values: list[Json] = [self.at, self.given, self.size, self.step, int(self.honoured), self.anchor, self.total]
        values += [self.limit, list(self.paths) if self.paths is not None else None, self.read or None]
        values += [self.begin, self.turn or None, self.mark]
        while values[-1] is None:
            values.pop()
        return values

    @classmethod
    def unpack(cls, values: list[Json]) -> State:
        at, given, size, step, honoured, anchor, total, limit, paths, read, begin, *way = values + [None] * (
            13 - len(values)
        )
        chosen = tuple(paths) if paths is not None else None
        return cls(
            at, given, size, step, bool(honoured), anchor, total, limit, chosen, read or "", begin, way[0] or 0, way[1]
        )


def first_state(paging: Paging | None, wanted: int) -> State:
    """The beginning of a list that is read in pages of ``wanted`` items, if the API returns as many."""
    assert paging is not None
    bound = getattr(paging, "max_size", None) or MAX_SIZE
    size = min(max(wanted, 1), bound) if pages.size_parameter(paging) is not None else None
    return State(pages.first_place(paging), size=size)


class PageIterator:
    """The pages of one answer. ``state`` is updated as pages show what the API does.

    ``note`` says what is odd, ``ended`` that the list can go on no further; ``most``: requests that may be made.
    """

    def __init__(self, paging: Paging, fetch: Fetch, box: CursorBox, state: State) -> None:
        self.paging = paging if state.begin is None else counting_from(paging, state.begin)
        self.state = state
        self.requests = 0
        self.most = MAX_REQUESTS
        self.note = ""
        self.ended = False
        self._settled = False
        self._fetch = fetch
        self._box = box
        self.anchors = ItemFingerprints(box)
        self._positional = pages.is_positional(paging)
        self._doubtful = False
        self._places: list[At] = []
        if state.at is not None and not pages.is_movable(paging, state.at):  # else a list that shrank leads back
            state.turn += 1
            if not state.turn & (state.turn - 1):
                state.mark = self._digest(state.at)

    def _digest(self, at: At) -> str:
        return self._box.digest(to_json(at), 6).hex()

    def read(self, at: At) -> Awaitable[Page]:
        """The page at ``at``."""
        self.requests += 1
        return pages.read_page(self.paging, self._fetch, at, self.state.size)

    # ------------------------------------------------------------------------------------------------ first page

    async def first(self) -> Page:
        """The first page of the list; it shows how many items a page has."""
        guessed = isinstance(self.paging, PageNumber) and self.paging.guessed
        page = await (self._guessed() if guessed else self.read(self.state.at))
        page = await self._confirmed(page) if page.weak else page
        self.state.step = len(page.items)
        self.state.honoured = self.state.size is not None and len(page.items) == self.state.size
        self.state.total = page.total
        return page

    async def _confirmed(self, page: Page) -> Page:
        """A page whose length alone raises a doubt: where half as many items can be asked for, and the API then leads
        on as its document says, the page was the whole list."""
        single_use = isinstance(self.paging, Cursor) and self.paging.single_use
        size = self.state.size
        if size is None or isinstance(self.paging, Unpaged) or single_use or len(page.items) < 2:
            return page
        try:
            self.requests += 1
            half = await pages.read_page(self.paging, self._fetch, self.state.at, len(page.items) // 2)
        except (ToolError, NoList):
            return page
        leads_on = half.next is not None and 0 < len(half.items) < len(page.items)
        return replace(page, doubt="", weak=False) if leads_on else page

    async def _guessed(self) -> Page:
        """The first page, where it is not known whether pages count from 0 or 1: the answer to a request for no page
        at all. If page 1 is another one, the list would begin without its first page. Found once, it holds for
        all lists that page alike."""
        paging = self.paging
        assert isinstance(paging, PageNumber)
        known = _FOUND.setdefault(self._box, {})
        if paging in known:
            self._begin(known[paging])
            return await self.read(self.state.at)
        refused = None
        page = Page(self.state.at, [])
        try:
            page = await self.read(self.state.at)
        except ToolError as problem:
            if problem.status not in BEYOND:
                raise
            refused = problem
        if page.items and page.total == len(page.items):
            return page
        try:
            self.requests += 1
            # An address without a page is another address: the page before shows it as well.
            before = paging.first - 1 if paging.place == "path" else None
            bare = await pages.read_page(paging, self._fetch, before, self.state.size)
        except (ToolError, NoList) as problem:
            if refused is not None:
                raise refused from None
            if paging.place == "path" and getattr(problem, "status", None) in BEYOND:
                known[paging] = paging.first
            return page
        if not bare.items:
            return page
        first = paging.first if _meet(bare.items, page.items) else paging.first - 1
        known[paging] = first
        self._begin(first)
        return page if first == paging.first else replace(bare, at=first)

    def _begin(self, first: int) -> None:
        self.state.begin = self.state.at = first
        self.paging = counting_from(self.paging, first)

    # ------------------------------------------------------------------------------------------------ further pages

    def after(self, page: Page) -> At:
        """Where the list goes on after ``page``, or None at its end."""
        if not self._positional:
            self._places.append(page.at)
            if page.next is not None and (page.next in self._places or self._digest(page.next) == self.state.mark):
                which = "the page itself" if page.next == page.at else "an earlier page"
                self.note = f"The API names {which} as the next one; if there are more items, they cannot be read."
                return None
            if page.total is not None and page.total == len(page.items) and page.next is not None:
                self.state.total = LIES
            return page.next
        count = len(page.items)
        if not count:
            return None
        state = self.state
        if count == state.step and page.at != pages.first_place(self.paging):
            state.honoured = True
        elif count > state.step:
            state.step, state.honoured = count, count == state.size
        following = self._position(page, count)
        self._doubtful = False
        if page.total is not None and state.total != LIES:
            read = following if isinstance(self.paging, Offset) else self._before(page) + count
            if page.total > read:
                return following
            if page.total == read:
                self._doubtful = page.at == pages.first_place(self.paging) and self._clamped(count)
                return following if self._doubtful else None
            state.total = LIES
        return None if state.honoured and count < state.step else following

    def _position(self, page: Page, count: int) -> int:
        at = page.at if isinstance(page.at, int) else 0
        return at + count if isinstance(self.paging, Offset) else at + 1

    def _before(self, page: Page) -> int:
        first = self.paging.first if isinstance(self.paging, PageNumber) else 0
        return ((page.at if isinstance(page.at, int) else first) - first) * self.state.step

    def _clamped(self, count: int) -> bool:
        """Whether a page of ``count`` items may have been cut to that size: as asked for, or a size that APIs use."""
        size = self.state.size
        return (size is not None and count >= size) or may_be_cut(count)

    @property
    def doubtful(self) -> bool:
        """Whether only the next page can show whether the list has ended."""
        return self._doubtful

    async def follow(self, page: Page, at: At) -> Page | None:
        """The page at ``at``, which follows ``page``; None where it turns out that there is no such page."""
        doubtful, self._doubtful = self._doubtful, False
        try:
            following = await self.read(at)
        except ToolError as problem:
            total = self.state.total
            known = total is not None and total >= 0 and not doubtful
            if self._positional and problem.status in BEYOND and not known:
                return None
            raise
        self._settled = self._settled or doubtful
        if following.items and await self.repeats(page, following):
            self.repeated(page, at)
            return None
        if doubtful and following.items:
            self.state.total = LIES
        return following

    async def repeats(self, page: Page, following: Page) -> bool:
        """Whether the API returns one page for two places; records without an identity may well be equal."""
        if not is_same_page(page.items, following.items):
            return False
        if not self._positional and following.next != page.next:
            return False
        if not self._positional or all(identity(item) is not None for item in page.items):
            return True
        for _ in range(1 if len(page.items) > 2 else 3):
            if self.requests >= self.most:
                return False  # unproven; the next answer looks again
            try:
                following = await self.read(self._position(following, len(following.items)))
            except ToolError as problem:
                if problem.status in BEYOND:
                    return False
                raise
            if not is_same_page(page.items, following.items):
                return False
        return True

    def repeated(self, page: Page, place: At) -> None:
        """Say that ``page`` came for ``place`` too. The last page may: some APIs give it for all that lie beyond."""
        count, size = len(page.items), self.state.size
        second = pages.find_neighbour(self.paging, pages.first_place(self.paging), 1, count)
        # More items than were asked for are the whole list, unless something speaks against it.
        part = size is None or count <= size or page.evidence()
        if (place == second or not self._positional) and page.total != count and part:
            name = getattr(self.paging, "offset", None) or getattr(self.paging, "page", None)
            why = f"ignores its parameter `{name}` and " if name else ""
            self.note = (
                f"The API {why}returns the same {count} items again as the next page; "
                "if there are more, they cannot be read."
            )

    @property
    def total(self) -> int | None:
        """The number of items in the list, where the API says it and can be believed."""
        total = self.state.total
        if total is None or total < 0:
            return None
        if isinstance(self.paging, Unpaged) or self._settled:
            return total
        if total == self.state.step and self._clamped(total):
            return None
        return total

    def overlap(self, page: Page, last: Json) -> int:
        """How many items of ``page`` were given already, because the list grew while it was read."""
        if self._positional and identity(last) is not None:
            for position, item in enumerate(page.items):
                if item == last:
                    return position + 1
        return 0


def counting_from(paging: Paging, first: int) -> Paging:
    """``paging`` whose pages are known to count from ``first``."""
    return replace(paging, first=first, guessed=False) if isinstance(paging, PageNumber) else paging


def _meet(some: Sequence[Json], others: Sequence[Json]) -> bool:
    """Whether two pages have a record in common, whose other fields may have changed meanwhile."""
    known = [identity(item) for item in some]
    return any(item in some or ((one := identity(item)) is not None and one in known) for item in others)
