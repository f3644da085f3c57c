"""The experiments of one list, in their order, and the line that they justify."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from adaptgen.learning.lists.candidates import PARTNERS, Knob, customary_knobs, declared_knobs
from adaptgen.learning.lists.ends import check_cut, find_end, find_total, next_of
from adaptgen.learning.lists.observe import Seen, flags, says_more, totals
from adaptgen.learning.lists.positions import find_customary, find_position
from adaptgen.learning.lists.sizes import LARGE, check_largest, find_largest, find_size, is_honoured, small
from adaptgen.learning.lists.state import Habit, ListState, Way
from adaptgen.learning.lists.tokens import find_last_id, find_onward, first_page
from adaptgen.learning.lists.verify import reads_on
from adaptgen.learning.lists.whole import judge_whole
from adaptgen.learning.model import Confidence, Line
from adaptgen.model.tables import Cursor, Json, Link, NextHeader, NextUrl
from adaptgen.runtime.http.completeness import PAGE_SIZES

_WITH_OFFSETS = frozenset({"limit", "_limit", "take", "$top", "count", "first", "max"})
"""Sizes that mostly come with an offset."""
_SCARCE = 60
"""Requests from which on the total of a list is not proved where others have theirs elsewhere."""
_LONG = 10
"""Records of a list from which on its largest page may be looked at."""
FINAL = "paging.style"
"""The question of every list: with its answer the list is done."""


class Study:
    """``habits``: what was certain for other lists, the most frequent first; ``thrifty``: customary names moved nothing
    in several lists, so they are tried only where something says that there is more."""

    def __init__(self, state: ListState, habits: Sequence[Habit], *, thrifty: bool, deep: bool) -> None:
        self.state, self.habits, self.thrifty, self.deep = state, habits, thrifty, deep
        self.habit: Habit | None = None
        self.way: Way | None = None
        self.customary_tried = False
        self.single_use = False

    async def run(self) -> Habit | None:
        """Find out how the list is paged, and write it down. What is certain is returned.

        Raises:
            BudgetSpent: no request is left.
        """
        state = self.state
        state.first = first = await state.asker.ask()
        if first.broken or first.records is None:
            self._final(_unread(first), "unknown")
            return None
        state.asker.place = first.place
        state.note("list.read", {}, first, f"the list is at {first.place}", "certain" if first.count else "likely")
        state.known.marks = first.marks(False)
        if first.count < 2:
            self._too_few()
            return None
        knobs = declared_knobs(state.target)
        self.way = await self._by_habit(knobs) or await self._from_nothing(knobs)
        if self.way is None:
            await self._nothing_found()
            return None
        return await self._conclude(self.way)

    # ------------------------------------------------------------------------------------------------ ways to find out

    async def _by_habit(self, knobs: Sequence[Knob]) -> Way | None:
        """What was certain for another list, confirmed with one or two requests."""
        state = self.state
        for habit in self.habits[:2]:
            size = _same(habit.size, knobs) if habit.size is not None else None
            if habit.size is None and not habit.bounded:
                sizes = [one for one in knobs if one.role == "size"]
                custom = [one for one in customary_knobs(state.target, "size") if one.name not in habit.ignored]
                await find_size(state, sizes[:1], custom)
                size = state.size
            knob = _same(habit.way.knob, knobs) if habit.way.knob is not None else None
            way: Way | None = None
            if habit.way.style in ("offset", "page") and knob is not None:
                state.size, state.least = size, 1
                way = await find_position(state, knob)
            elif habit.way.style not in ("offset", "page"):
                if size is not None:
                    await find_size(state, [size], [])
                way = await find_onward(state, [knob] if knob is not None else [], [])
            alike = way is not None and (way.style, way.first) == (habit.way.style, habit.way.first)
            if way is not None and alike and _name(way.knob) == _name(habit.way.knob):
                self.habit = habit
                return way
            state.size, state.least = None, 1
            state.known.marks = state.first.marks(state.by_identity) if state.first is not None else ()
            state.known.surprise = 0.0
            if state.is_unstable:
                return None
        return None

    async def _from_nothing(self, knobs: Sequence[Knob]) -> Way | None:
        state = self.state
        sizes = [one for one in knobs if one.role == "size"]
        custom = customary_knobs(state.target, "size")
        usual = [
            one for habit in self.habits if habit.size is not None and (one := _same(habit.size, knobs)) is not None
        ]
        await find_size(state, list(dict.fromkeys([*sizes[:4], *usual])), custom)
        if state.is_unstable:
            return None
        if state.size is not None:
            await find_largest(state)
        for attempt in self._attempts(knobs):
            way = await attempt()
            if way is not None or state.is_unstable:
                return way
        return None

    def _attempts(self, knobs: Sequence[Knob]) -> Iterator[Callable[[], Awaitable[Way | None]]]:
        """What is tried in turn: what the build believes, what is declared, what the answer shows, what is usual."""
        state, target = self.state, self.state.target
        tokens = customary_knobs(target, "cursor")
        onward = partial(find_onward, state, knobs, tokens)
        led = isinstance(target.page, (Cursor, Link, NextHeader, NextUrl))
        if led:
            yield onward
        for knob in [one for one in knobs if one.role in ("offset", "page")][:3]:
            yield partial(find_position, state, knob)
        if not led:
            yield onward
        done = (state.size, *state.size_ignored)
        for knob in [one for one in knobs if one.role in ("size", "cursor") and one not in done][:3]:
            yield partial(find_position, state, knob)
        yield partial(find_last_id, state, knobs)
        if self._is_thrifty():
            return
        self.customary_tried = True
        groups = [customary_knobs(target, "page"), customary_knobs(target, "offset")]
        if state.size is not None and state.size.name in _WITH_OFFSETS:
            groups.reverse()
        yield partial(find_customary, state, [*groups[0], *groups[1]])
        if state.size is not None or says_more(state.first):
            yield partial(find_last_id, state, [], tokens)

    def _is_thrifty(self) -> bool:
        state = self.state
        return self.thrifty and state.size is None and not says_more(self.state.first) and state.count not in PAGE_SIZES

    @property
    def whole(self) -> Confidence:
        """Whether the first answer has every record."""
        state, first = self.state, self.state.first
        if first is None or not first.count or says_more(self.state.first):
            return "unknown"
        named = [one for one in totals(first)[:1] if one.value == first.count and "total" in one.said]
        if (state.known.whole and len(state.known.marks) == first.count) or named:
            return "certain"
        if self.way is None:
            return "likely" if first.count not in PAGE_SIZES else "unknown"
        return "likely" if state.largest == first.count < LARGE and not state.cut else "unknown"

    # ------------------------------------------------------------------------------------------------------ conclusions

    def _final(self, conclusion: str, confidence: Confidence, seen: Mapping[str, Json] | None = None) -> None:
        state = self.state
        known = {"requests": state.asker.requests, "records": state.count, **(seen or {})}
        state.note(FINAL, state.asker.show(), known, conclusion, confidence)

    def _too_few(self) -> None:
        state = self.state
        page = state.target.page
        self._final(f"not known: too few records ({state.count})", "unknown")
        first = state.first
        moved = first is not None and first.count and (page is None or first.place != page.items)
        if moved and first is not None and not first.rivals:
            self._line({"items": first.place}, f"the list is at {first.place}", "certain")

    async def _nothing_found(self) -> None:
        """No input moves anything: whether the list is whole."""
        state, first = self.state, self.state.first
        page = state.target.page
        moved = first is not None and not state.is_unstable and (page is None or first.place != page.items)
        is_only = first is not None and not first.rivals
        if moved and first is not None and is_only:
            self._line({"items": first.place}, f"the list is at {first.place}", "certain")
        verdict = await judge_whole(state)
        self._final(verdict.conclusion, verdict.confidence)
        if verdict.page is not None and (is_only or not moved):
            self._line(verdict.page, verdict.conclusion, verdict.confidence)

    def _moves_several(self) -> bool:
        """Whether the other arrays of records differ between pages too, so that the answer is about several kinds."""
        answers = [one for one in self.state.asker.answers() if one.count]
        rivals = {keys: items for one in answers[:1] for keys, items in one.rivals}
        return any(rivals.get(keys, items) != items for one in answers for keys, items in one.rivals)

    async def _conclude(self, way: Way) -> Habit | None:
        state, first = self.state, self.state.first
        assert first is not None
        if state.size is None and state.strict and way.knob is not None and way.knob.name in PARTNERS:
            await is_honoured(state, Knob(PARTNERS[way.knob.name], "size", declared=False))
        pages = [first, *await self._sized_page()]
        state.total = find_total(state, pages)
        if self.habit is None and self.deep:
            if state.largest == 0:
                await find_largest(state)
            await find_end(state, way)
            await self._single_use(way)
        elif self.habit is not None:
            await self._as_known(self.habit, way)
        await check_cut(state, way)
        if state.cut and state.max_size is not None and (state.known.whole or _is_all(state)):
            state.max_size = None
        if self._moves_several():
            self._final("not known: several arrays of records move together, and none of them is all", "unknown")
            return None
        page = self._hint(way)
        confidence: Confidence = "likely" if way.guess else "certain"
        why = way.why
        if self.habit is None and (problem := await reads_on(state, page)):
            confidence, why = "likely", problem
            state.note("paging.verified", state.asker.show(), {}, f"not confirmed: {problem}", "unknown")
        elif self.habit is None:
            state.note("paging.verified", state.asker.show(), {"pages": 2}, "two pages do not overlap", "certain")
        because = self._because(way) + (f"; {why}" if why else "")
        self._final(because, confidence, {"style": way.style})
        self._line(page, because, confidence)
        if confidence != "certain":
            return None
        total = state.total.place if state.total is not None else None
        more = state.more.place if state.more is not None else None
        bounded = state.max_size is not None or state.largest >= LARGE
        ignored = frozenset(one.name for one in state.size_ignored)
        return Habit(way, state.size, state.max_size, total, state.target.key, more, self.single_use, bounded, ignored)

    async def _as_known(self, habit: Habit, way: Way) -> None:
        """Take from the other list what is not asked again, and look at the largest page where that one was short."""
        state = self.state
        if state.total is not None and state.total.place not in habit.totals:
            if state.asker.probe.remaining > _SCARCE:
                await find_end(state, way)
            else:
                state.total = None
        if state.size is not None and habit.max_size is not None:
            await check_largest(state, habit.max_size, ask=state.asker.probe.remaining > 2 * _SCARCE)
        self.single_use = habit.single_use
        state.more = next((one for one in flags(state.first) if one.place == habit.more), None) if state.first else None
        likely = self.deep or says_more(state.first)
        if not habit.bounded and likely and state.size is not None and state.count >= _LONG:
            await find_largest(state)
        if not state.cut and 0 < state.largest < LARGE and state.total is None:
            await find_end(state, way)

    async def _sized_page(self) -> list[Seen]:
        """A page of another size, which is known already."""
        state = self.state
        if state.size is None:
            return []
        seen = await state.asker.ask({state.size: max(state.least, small(state.count))})
        return [seen] if seen.records else []

    async def _single_use(self, way: Way) -> None:
        """Whether a token works a second time."""
        state = self.state
        if way.style != "cursor" or way.knob is None:
            return
        begin = await first_page(state)
        if begin is None or (token := next_of(begin[1], way)) is None:
            return
        values = {**begin[0], way.knob: token}
        one = await state.asker.ask(values)
        two = await state.asker.ask(values, again=True)
        if one.records and not two.broken and state.marks(two) != state.marks(one):
            state.note("paging.single_use", {**begin[0], way.knob: "<token>"}, two, "a token works only once", "likely")
            self.single_use = True

    def _hint(self, way: Way) -> dict[str, Json]:
        """The value of ``page:``."""
        state, first = self.state, self.state.first
        assert first is not None
        page: dict[str, Json] = {"style": way.style}
        size = state.size
        if way.style in ("offset", "page", "cursor") and way.knob is not None:
            page[way.style] = way.knob.name
        if size is not None:
            page["size" if way.style == "page" else "limit"] = size.name
        if way.style in ("offset", "page"):
            page["first"] = way.first
        if way.style in ("cursor", "next_url"):
            page["next"] = way.source
        if way.style == "header":
            page["header"] = way.source
        page["items"] = first.place
        if state.total is not None:
            page["total"] = state.total.place
        if way.style == "cursor" and state.more is not None:
            page["more"] = state.more.place
        if state.max_size is not None:
            page["max_size"] = state.max_size
        if self.single_use:
            page["single_use"] = True
        knobs = [one for one in (way.knob, size) if one is not None]
        places = {one.place for one in knobs}
        if any(not one.declared for one in knobs):
            page["in"] = "query"
        elif places == {"query"} and knobs and knobs[0].inside:
            page["inside"] = knobs[0].inside
        elif way.knob is not None and way.knob.place != "query":
            page["in"] = way.knob.place
            if way.knob.inside:
                page["inside"] = way.knob.inside
        return page

    def _because(self, way: Way) -> str:
        state = self.state
        said: list[str] = []
        if state.size is not None:
            said.append(f"{state.size.shown} is honoured")
        if way.style in ("offset", "page") and way.knob is not None:
            counts = "records" if way.style == "offset" else "pages"
            said.append(f"{way.knob.shown} counts {counts} from {way.first}")
        elif way.style == "cursor" and way.knob is not None:
            said.append(f"{way.source} goes into {way.knob.shown}")
        else:
            where = {"link": "the Link header", "header": f"the header {way.source}"}.get(way.style, way.source)
            said.append(f"{where} leads to the next page")
        if state.end:
            said.append(f"it ends with {state.end}")
        if self.habit is not None:
            said.append(f"as in {self.habit.subject}")
        new = [one.shown for one in (way.knob, state.size) if one is not None and not one.declared]
        if new:
            said.append(f"not declared: {', '.join(new)}")
        return "; ".join(said)

    def _line(self, page: Json, because: str, confidence: Confidence) -> None:
        state = self.state
        line = Line(("operations", state.target.key, "page"), page, because, confidence)
        state.notebook.lines[:] = [one for one in state.notebook.lines if one.keys != line.keys]
        state.notebook.lines.append(line)


def _name(knob: Knob | None) -> str:
    return knob.name if knob is not None else ""


def _same(knob: Knob, knobs: Sequence[Knob]) -> Knob | None:
    """``knob`` as another list has it: declared there, or else undeclared in both."""
    found = next(
        (one for one in knobs if (one.name, one.place, one.inside) == (knob.name, knob.place, knob.inside)), None
    )
    if found is not None:
        return found
    return replace(knob, declared=False) if knob.place == "query" and not knob.inside else None


def _is_all(state: ListState) -> bool:
    """Whether what came at once is the whole list, so that nothing was cut."""
    total = state.total.value if state.total is not None else None
    return isinstance(total, int) and state.max_size is not None and total <= state.max_size


def _unread(first: Seen) -> str:
    reply = first.reply
    if reply.failed:
        return f"not known: {reply.failed}"
    if reply.ok:
        return "not known: the answer holds no list, or several of which none is clearly that of the operation"
    return f"not known: the list is answered with status {reply.status}"
