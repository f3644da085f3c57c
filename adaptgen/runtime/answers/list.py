"""Lists: one answer of a tool that pages, whatever the API's own paging is.

Read pages → project → measure → cut by whole items → mint the cursor. An answer holds at least one item where there
is one, ``limit`` items at most, and no more bytes than its budget. ``next_cursor`` is there exactly when there is more.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from adaptgen.model.frozen import value
from adaptgen.model.tables import Cursor, Json, Tool
from adaptgen.runtime.answers.budget import reduce_value
from adaptgen.runtime.answers.envelope import answer_around, is_around
from adaptgen.runtime.answers.layout import AnswerLayout, name_few, parse_view
from adaptgen.runtime.answers.record import TOO_DEEP, answer_detail
from adaptgen.runtime.core.answer import Answer, ToolError, answer_json
from adaptgen.runtime.core.text import encode
from adaptgen.runtime.http.page import At, Fetch, NoList, Page
from adaptgen.runtime.paging.cursor import Bound, CursorBox, bind
from adaptgen.runtime.paging.pages import PageIterator, State, first_state
from adaptgen.runtime.paging.resume import resume
from adaptgen.runtime.pii.call_pii import PiiTracker

if TYPE_CHECKING:
    from adaptgen.runtime.paging.list_cache import CacheEntry

__all__ = ["Fetch", "answer_detail", "answer_list"]

MAX_LIMIT: Final = 1000
"""Items per answer."""
MOST_SIZE: Final = 500
"""Items that are asked for in one request where all of them are read, where the API declares that it returns them."""


@value(kw_only=True)
class ListCall:
    """One call of a list tool. ``arguments`` as received, without cursor, fields and limit; ``page_size`` in items,
    ``max_bytes`` in bytes of the whole text, with tokens in it where ``marks`` says what will be one. ``caller`` and
    ``contract_hash``: whom and what a cursor is bound to."""

    box: CursorBox
    caller: str
    contract_hash: str
    page_size: int
    max_bytes: int
    arguments: Mapping[str, Json] = field(default_factory=dict)
    limit: int | None = None
    fields: Sequence[str] | None = None
    cursor: str | None = None
    marks: PiiTracker = field(default_factory=PiiTracker)

    def bound(self, tool: Tool) -> Bound:
        """What a cursor of the answer belongs to."""
        return bind(tool.name, self.contract_hash, self.caller, self.arguments)


def answer_list(
    tool: Tool,
    fetch: Fetch,
    call: ListCall,
    *,
    keep: ItemFilter | None = None,
    note: str = "",
    whole: bool = True,
    kept: Callable[[Bound], CacheEntry] | None = None,
    size: int | None = None,
    doubt: str = "",
) -> Coroutine[Any, Any, Answer]:
    """One answer of a list tool: ``{"fields", "items", "next_cursor", "total", "complete", "omitted", "note"}``.

    It is JSON. Keys are there only where they say something. ``keep`` chooses among the items, and says how
    far one answer reads; ``note`` comes before other notes; ``whole`` False: what is read is a part of the list, so
    neither a total nor a cursor is given. ``kept``: returns the place where a list that comes whole is kept for
    a moment. ``size``: items that are asked for in one request, as many as are wanted unless it is said. ``doubt``: why
    the list may go on, where that is known already.

    Raises:
        ToolError: the cursor or a field path cannot be used, the list changed, or the API failed.
    """
    if tool.page is None:
        raise ValueError(f"{tool.name} does not page")
    if call.fields and is_around(call.fields):
        return answer_around(tool, fetch, call.fields, max_bytes=call.max_bytes, marks=call.marks)
    if call.fields:
        parse_view(call.fields)
    if isinstance(tool.page, Cursor) and tool.page.single_use:
        size = None
    to = call.bound(tool)
    if call.cursor:
        state = State.unpack(call.box.open(call.cursor, to))
    else:
        state = first_state(tool.page, size or call.limit or call.page_size)
    state.limit = call.limit or state.limit
    slot = kept(to) if kept is not None else None
    if slot is not None:
        fetch = slot.fetch(fetch, state)
    builder = _ListAnswerBuilder(tool, PageIterator(tool.page, fetch, call.box, state), call, to, keep, slot)
    builder.before, builder.whole_list, builder.doubt = note, whole, doubt
    return builder.answer()


class ItemFilter(Protocol):
    """Chooses the items of an answer, and bounds what is read for it."""

    most: int
    """Requests for one answer."""

    def __call__(self, item: Json) -> bool:
        """Whether ``item`` is asked for."""

    async def enough(self, items: int, total: int | None) -> str:
        """A page of ``items`` items was read, in a list of ``total``: why no further one may be; "" where it may."""

    def note(self, given: int, why: str) -> str:
        """What the agent should know; ``why``: what ended the reading."""


class _ListAnswerBuilder:
    """One answer in the making."""

    def __init__(
        self,
        tool: Tool,
        walk: PageIterator,
        call: ListCall,
        to: Bound,
        keep: ItemFilter | None,
        slot: CacheEntry | None,
    ) -> None:
        self.before = ""
        self.whole_list = True
        self.doubt = ""
        self._tool = tool
        self._walk = walk
        self._call = call
        self._to = to
        self._keep = keep
        self._slot = slot
        self._resumed = bool(call.cursor)
        self._limit = min(max(walk.state.limit or call.page_size, 1), MAX_LIMIT)
        self._budget = call.max_bytes
        self._marks = call.marks
        self._beside: tuple[str, ...] = ()
        self._empty: tuple[str, ...] = ()
        if keep is not None:
            walk.most = keep.most
        self._whole = isinstance(walk.paging, Cursor) and walk.paging.single_use
        self._taken: list[tuple[Page, int]] = []
        self._looked: tuple[Page, int] | None = None
        self._shown: list[Json] = []
        self._lines: list[bytes] = []
        self._sizes: list[int] = []
        self._bytes = 0
        self._goes_on: State | None = None
        self._following: dict[int, At] = {}
        self._notes: list[str] = []

    async def answer(self) -> Answer:
        """Read pages until the answer is full, and cut it to its budget."""
        walk = self._walk
        try:
            page, begin = await resume(walk) if self._resumed else (await walk.first(), 0)
            if self._whole and not self._resumed:
                page = await self._fitting(page)
            shape = self._shape(page, begin)
            self._beside = () if self._resumed else page.beside
            why = ""
            while (following := self._take(shape, page, begin)) is not None:
                if self._keep is not None:
                    why = await self._keep.enough(len(page.items) - begin, walk.total)
                if (self._full() and not walk.doubtful) or walk.requests >= walk.most or why:
                    break
                try:
                    next_page = await walk.follow(page, following)
                except ToolError as problem:
                    if not self._lines:
                        raise
                    self._notes.append(f"The next page could not be read: {problem.text}")
                    break
                if next_page is None:
                    self._goes_on = None
                    break
                page = next_page
                begin = self._overlap(page)
                if (self._full() and page.items[begin:]) or (self._lines and page.torn and not shape.torn):
                    break
                if not self._lines and page.items:
                    shape = self._shape(page, begin)
            if self._keep is not None:
                self._notes.append(self._keep.note(len(self._lines), why))
            return self._cut(shape)
        except RecursionError:
            raise ToolError(TOO_DEEP) from None
        except NoList as nothing:
            if self._keep is not None:
                raise
            note = "The API answered no list; this is all that it said."
            fields, size = self._call.fields, self._budget
            return answer_detail(
                self._tool, nothing.response, fields=fields, max_bytes=size, note=note, marks=self._marks
            )

    def _take(self, shape: AnswerLayout, page: Page, begin: int) -> At:
        """Take the items of ``page`` from ``begin`` on; where the list goes on behind the page, None where it ends or
        the page has more than the answer may hold."""
        if page.torn and not begin and page.torn not in self._notes:
            self._notes.append(page.torn)
        self.doubt = page.doubt or self.doubt
        at = self._take_items(shape, page, begin)
        if at < len(page.items):
            self._goes_on = self._state(page.at, at)
            return None
        following = self._following[id(page)] = None if self._walk.ended else self._walk.after(page)
        self._goes_on = None if following is None else self._state(following, 0)
        return following

    def _overlap(self, page: Page) -> int:
        """How many items of ``page`` were looked at already."""
        if self._looked is None:
            return 0
        last, position = self._looked
        return self._walk.overlap(page, last.items[position])

    def _full(self) -> bool:
        return len(self._lines) >= self._limit or self._bytes > self._budget or (self._whole and bool(self._lines))

    def _shape(self, page: Page, begin: int) -> AnswerLayout:
        kept = self._walk.state.paths
        return AnswerLayout(self._tool, page.items[begin:], self._call.fields, kept, self._marks, torn=bool(page.torn))

    # ---------------------------------------------------------------------------------------------------- reading

    def _take_items(self, shape: AnswerLayout, page: Page, begin: int) -> int:
        """Take items of ``page`` from ``begin`` on; the position behind the last that was looked at."""
        room = len(page.items) if self._whole else self._limit - len(self._lines)
        at = begin
        while at < len(page.items) and room > 0 and (self._whole or self._bytes <= self._budget):
            batch: list[int] = []
            while at < len(page.items) and len(batch) < min(25, room):
                if self._keep is None or self._keep(page.items[at]):
                    batch.append(at)
                at += 1
            room -= len(batch)
            for position, shown in zip(batch, shape.project([page.items[one] for one in batch]), strict=True):
                line = encode(shown)
                self._taken.append((page, position))
                self._shown.append(shown)
                self._lines.append(line)
                self._sizes.append(len(line) + self._marks.growth(shown))
                self._bytes += self._sizes[-1] + 1
        if at > begin:
            self._looked = page, at - 1
        return at

    async def _fitting(self, page: Page) -> Page:
        """The first page of an API whose cursors work once, read again in a size that fits the budget."""
        for _ in range(3):
            shape = AnswerLayout(self._tool, page.items, self._call.fields, None, self._marks)
            measured = sum(self._marks.size(shown) + 1 for shown in shape.project(page.items)) + 300
            if measured <= self._budget or self._walk.state.size is None or len(page.items) < 2:
                break
            self._walk.state.size = max(1, int(len(page.items) * self._budget / measured * 0.85))
            page = await self._walk.first()
        return page

    def _state(self, at: At, given: int) -> State:
        """The state after everything that was looked at."""
        state = self._walk.state
        anchor = state.anchor
        if self._looked is not None:
            last, position = self._looked
            anchor = self._walk.anchors.of(last.items[position])
        return replace(state, at=at, given=given, anchor=anchor)

    # ---------------------------------------------------------------------------------------------------- cutting

    def _cut(self, shape: AnswerLayout) -> Answer:
        """The answer with as many items as fit into the budget; where not even one fits, with what of it does."""
        self._walk.state.paths = shape.chosen
        self._drop_empty(shape)
        total, notes, omitted = self._total(), self._note(shape), self._omitted(shape)
        if self._whole:
            omitted |= self._squeeze(shape)
        count = len(self._lines)
        while True:
            parts = self._tail(count, total, omitted, notes)
            over = self._size(shape, count, parts) - self._budget
            if over <= 0 or count <= 1 or self._whole:
                break
            most = self._marks.enabled
            count = self._most(shape, count, total, omitted, notes) if most else self._fewer(count, over)
        if over > 0 and "fields" in omitted:
            del omitted["fields"]
            parts = self._tail(count, total, omitted, notes)
            over = self._size(shape, count, parts) - self._budget
        if over > 0 and count == 1:
            room = max(self._sizes[0] - over - 120, 40)
            for _ in range(4):
                cuts = self._replace(shape, 0, room)
                parts = self._tail(count, total, {**omitted, **cuts}, notes)
                over = self._size(shape, count, parts) - self._budget
                if over <= 0 or room <= 40:
                    break
                room = max(room - over - 20, 40)
        if self._slot is not None:
            self._slot.settle("next_cursor" in parts)
        answer = answer_json(self._text(shape, count, parts), self._tool)
        shown = {"items": self._shown[:count], **parts} if self._marks.enabled else None
        return self._marks.finish(answer, shown, rows=len(shape.paths) if shape.columns else None, measured=True)

    def _drop_empty(self, shape: AnswerLayout) -> None:
        """Leave out the columns in which no item has a value."""
        if not self._lines:
            return
        self._empty, left = shape.drop_empty()
        if self._empty:
            self._shown = [[row[at] for at in left] for row in self._shown]
            self._lines = [encode(row) for row in self._shown]
            growth = self._marks.growth
            self._sizes = [len(line) + growth(row) for line, row in zip(self._lines, self._shown, strict=True)]
            self._bytes = sum(self._sizes) + len(self._sizes)

    def _total(self) -> int | None:
        """The number of items in the list, where it is certain."""
        if not self.whole_list or self.doubt or self._walk.note:
            return None
        total = self._walk.total if self._keep is None else None
        ended = not self._resumed and self._goes_on is None
        return len(self._lines) if total is None and ended else total

    def _note(self, shape: AnswerLayout) -> str:
        """What the agent should know about the answer."""
        notes = [self.before, "" if self._resumed else shape.note, self._walk.note, *self._notes]
        if self.doubt:
            notes.insert(0, f"This may not be the whole list: {self.doubt}.")
        return " ".join(filter(None, notes))

    def _omitted(self, shape: AnswerLayout) -> dict[str, Json]:
        """What is in the API's answer and not in this one."""
        omitted: dict[str, Json] = {}
        if self._beside and not self._call.fields:
            omitted["beside"] = name_few(self._beside)
        if shape.others and not self._resumed:
            omitted["fields"] = name_few(shape.others)
        if self._empty:
            omitted["empty"] = name_few(self._empty)
        return omitted

    def _size(self, shape: AnswerLayout, count: int, parts: dict[str, Json]) -> int:
        """Bytes of the answer with ``count`` items, with tokens in it."""
        size = len(self._text(shape, count, parts))
        if not self._marks.enabled:
            return size
        size += sum(self._sizes[:count]) - sum(map(len, self._lines[:count])) + self._marks.growth(parts)
        return size + self._marks.repeated([self._shown[:count], parts])

    def _most(self, shape: AnswerLayout, count: int, total: int | None, omitted: dict[str, Json], notes: str) -> int:
        """The largest number of items below ``count`` that fits, at least 1: values of one item that others repeat
        make sizes that do not add up."""
        low, high = 1, count
        while high - low > 1:
            middle = (low + high) // 2
            size = self._size(shape, middle, self._tail(middle, total, omitted, notes))
            low, high = (middle, high) if size <= self._budget else (low, middle)
        return low

    def _fewer(self, count: int, over: int) -> int:
        """The number of items that is left after taking ``over`` bytes from the end."""
        while over > 0 and count > 1:
            count -= 1
            over -= self._sizes[count] + 1
        return count

    def _tail(self, count: int, total: int | None, omitted: dict[str, Json], note: str) -> dict[str, Json]:
        parts: dict[str, Json] = {}
        state = self._resumption(count)
        if state is not None and self.whole_list:
            parts["next_cursor"] = self._call.box.seal(state.pack(), self._to)
        if total is not None:
            parts["total"] = total
        if self.doubt or self._walk.note or not self.whole_list:
            parts["complete"] = False
        if omitted:
            parts["omitted"] = omitted
        if note:
            parts["note"] = note
        return parts

    def _resumption(self, count: int) -> State | None:
        """The state after ``count`` of the items taken; None at the end of the list."""
        if count == len(self._lines):
            state = self._goes_on
        else:
            page, position = self._taken[count - 1]
            if position + 1 < len(page.items):
                state = self._state(page.at, position + 1)
            else:
                state = self._state(self._following[id(page)], 0)
            state.anchor = self._walk.anchors.of(page.items[position])
        if state is not None:
            known = self._walk.state
            state.paths, state.total, state.honoured, state.step = known.paths, known.total, known.honoured, known.step
            if self._whole and known.size is not None and self._lines:
                each = sum(self._sizes) / len(self._sizes) + 1
                state.size = max(1, min(int((self._budget - 300) * 0.8 / each), known.limit or known.size))
        return state

    def _text(self, shape: AnswerLayout, count: int, parts: dict[str, Json]) -> bytes:
        head = b'{"fields":' + encode(list(shape.paths)) + b"," if shape.columns else b"{"
        tail = encode(parts)[1:-1]
        items = b",".join(self._lines[:count])
        return head + b'"items":[' + items + b"]" + (b"," + tail if tail else b"") + b"}"

    def _squeeze(self, shape: AnswerLayout) -> dict[str, Json]:
        """Reduce every item of a page that cannot be cut until the page fits."""
        cuts: dict[str, Json] = {}
        if self._bytes + 300 > self._budget:
            room = max((self._budget - 500) // max(len(self._lines), 1) - 1, 40)
            for position, size in enumerate(self._sizes):
                if size > room:
                    cuts |= self._replace(shape, position, room)
        return {"items": "long values are shortened; ask for one item"} if cuts else {}

    def _replace(self, shape: AnswerLayout, index: int, room: int) -> dict[str, str]:
        """Replace an item by a form of itself that takes ``room`` bytes; what was cut of it."""
        page, position = self._taken[index]
        (shown,) = shape.project([page.items[position]])
        size = self._marks.whole
        if shape.columns:
            named = dict(zip(shape.paths, shown, strict=True))
            value, cuts = reduce_value(named, room, paths=True, size=size)
            value = [value.get(path) for path in shape.paths]
        else:
            value, cuts = reduce_value(shown, room, size=size)
        self._shown[index], self._lines[index], self._sizes[index] = value, encode(value), size(value)
        return cuts
