"""How many records there are, whether the answer says so, and how a list ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

from adaptgen.learning.lists.candidates import Knob
from adaptgen.learning.lists.observe import Member, Seen, members, totals
from adaptgen.learning.lists.state import ListState, Way
from adaptgen.learning.lists.tokens import find_more
from adaptgen.model.tables import Json
from adaptgen.runtime.http.page import link_target

FAR = 100_000


def find_total(state: ListState, pages: list[Seen]) -> Member | None:
    """The member that may be the number of all records: it is the same whatever part was asked for, and not smaller
    than what is known."""
    least = len(state.known.marks)
    for member in totals(pages[0]):
        values = [_value(one, member.place) for one in pages if one.records]
        if any(not isinstance(one, int) or isinstance(one, bool) for one in values):
            continue
        counts = [one.count for one in pages if one.records]
        if values == counts and len(set(counts)) > 1:
            said = f"{member.place} is the number of records on the page"
            state.note("paging.total", state.asker.show(), {"pages": len(values)}, said, "certain")
            continue
        if len(set(values)) > 1:
            said = f"{member.place} changes from page to page"
            state.note("paging.total", state.asker.show(), {"pages": len(values)}, said, "certain")
            continue
        if values and values[0] >= least:
            return member
        said = f"{member.place} is smaller than the number of records that came"
        state.note("paging.total", state.asker.show(), {"pages": len(values)}, said, "certain")
        _disagree(state, member, "there are more records than it says")
    return None


def _value(seen: Seen, place: str) -> Json:
    return next((one.value for one in members(seen) if one.place == place), None)


def _disagree(state: ListState, member: Member, observed: str) -> None:
    page = state.target.page
    if getattr(page, "total", None) == member.place:
        answer = state.target.facts.answer
        pointer = answer.pointer if answer is not None else state.target.operation.pointer
        state.disagree(pointer, f"{member.place} is the number of all records", observed)


async def find_end(state: ListState, way: Way) -> None:
    """Read the last page and what lies beyond it."""
    if way.style in ("offset", "page"):
        await _end_of_positions(state, way)
    else:
        await _end_of_tokens(state, way)


def _claimed(state: ListState) -> int:
    """How many records there seem to be."""
    if state.total is not None and isinstance(state.total.value, int):
        return state.total.value
    return 0 if state.goes_on else len(state.known.marks)


async def _end_of_positions(state: ListState, way: Way) -> None:
    knob, first = way.knob, state.first
    if knob is None or first is None:
        return
    count = _claimed(state)
    if not count or (state.largest == 0 and state.total is None):
        await _far(state, knob)
        return
    size = state.count
    sized: dict[Knob, Json] = {}
    if state.size is not None:
        size = max(state.least, 3 if count > 3 else 1)
        sized = {state.size: size}
    if way.style == "page":
        pages = ceil(count / size)
        last, beyond, rest = way.first + pages - 1, way.first + pages, count - (pages - 1) * size
    else:
        last, beyond, rest = way.first + count - 1, way.first + count, 1
    page = await state.asker.ask({**sized, knob: last})
    after = await state.asker.ask({**sized, knob: beyond})
    if page.broken or after.broken:
        state.note("paging.end", {**sized, knob: beyond}, after, "no answer", "unknown")
        return
    marks, following = state.marks(page), state.marks(after)
    _say_end(state, {**sized, knob: beyond}, marks, following, after)
    longer = page.count > rest or not _is_end(state, marks, following)
    if following is not None and state.total is None and longer and state.largest:
        state.goes_on = "there are records after them"
        state.max_size, state.cut = state.max_size or state.largest, True
    right = page.count == rest and _is_end(state, marks, following)
    if right and state.known.marks and count == len(state.known.marks):
        state.known.whole = True
    if state.total is not None:
        await _judge_total(state, {**sized, knob: last}, page, right=right)


async def _judge_total(state: ListState, values: Mapping[Knob, Json], page: Seen, *, right: bool) -> None:
    """Say whether the total is that, after its last ``page``."""
    if state.total is None:
        return
    if right:
        said = f"{state.total.place} is the number of all records"
        state.note("paging.total", values, page, said, "certain")
        return
    what = "there are fewer records than it says" if not page.count else "it is not the number of all records"
    changed = await state.check_order() == "unstable"
    said = f"{state.total.place}: {what}"
    state.note("paging.total", values, page, said, "unknown" if changed else "likely")
    if not changed:
        _disagree(state, state.total, what)
    state.total = None


def _is_end(state: ListState, last: tuple[bytes, ...] | None, after: tuple[bytes, ...] | None) -> bool:
    begins = bool(after) and after == state.known.marks[: len(after or ())]
    return not after or after == last or begins


def _say_end(
    state: ListState,
    values: Mapping[Knob, Json],
    last: tuple[bytes, ...] | None,
    after: tuple[bytes, ...] | None,
    seen: Seen,
) -> None:
    if after is None:
        state.end = f"status {seen.reply.status}"
    elif not after:
        state.end = "an empty page"
    elif after == last:
        state.end = "the last page again"
    elif after == state.known.marks[: len(after)]:
        state.end = "the first page again"
    else:
        state.note("paging.end", values, seen, "there are more records than was said", "likely")
        return
    state.note("paging.end", values, seen, f"beyond the last page comes {state.end}", "certain")


async def _far(state: ListState, knob: Knob) -> None:
    """What a position far away is answered with, where it is not known how many records there are."""
    values: dict[Knob, Json] = {knob: FAR}
    if state.size is not None:
        values = {state.size: max(state.least, 2), **values}
    seen = await state.asker.ask(values)
    if seen.broken:
        return
    marks = state.marks(seen)
    if marks and marks != state.known.marks[: len(marks)]:
        state.note("paging.end", values, seen, "the last page again, or the list is very long", "unknown")
        return
    _say_end(state, values, None, marks, seen)


async def _end_of_tokens(state: ListState, way: Way) -> None:
    """Read all of a short list in two pages: whether the last one still leads on, and to what."""
    count = _claimed(state) or len(state.known.marks)
    begin: dict[Knob, Json] = {}
    if state.size is not None and count:
        half = ceil(count / 2)
        begin = {state.size: max(state.least, half)}
        if state.max_size is not None and half > state.max_size:
            begin = {}
    if not begin:
        state.note("paging.end", state.asker.show(), {}, "not known: it would take too many requests", "unknown")
        return
    page = await state.asker.ask(begin)
    pages = [page]
    for _ in range(2):
        onward = next_of(pages[-1], way)
        if onward is None:
            break
        following = await go_on(state, way, begin, onward)
        if following.broken:
            return
        pages.append(following)
        if not following.records:
            break
    _say_last(state, way, begin, pages)


def _last_of_tokens(state: ListState, way: Way, pages: Sequence[Seen]) -> str:
    """How the list ends whose last ``pages`` these are; empty where it goes on."""
    last = pages[-1]
    if last.records is None:
        return f"status {last.reply.status}"
    if not last.records:
        return "an empty page"
    if next_of(last, way) is None:
        return "no way on"
    if len(pages) > 2 and state.marks(last) in (state.marks(pages[-2]), state.marks(pages[0])):
        return "the last page again" if state.marks(last) == state.marks(pages[-2]) else "the first page again"
    return ""


def _say_last(state: ListState, way: Way, begin: Mapping[Knob, Json], pages: Sequence[Seen]) -> None:
    seen = pages[-1].shape()
    read = sum(one.count for one in pages)
    request = state.asker.show(begin) + f", then {len(pages) - 1} further pages"
    state.end = _last_of_tokens(state, way, pages)
    if not state.end:
        state.note("paging.end", request, seen, "not known: there are more pages than was thought", "unknown")
        if 0 < state.largest < read and state.total is None:
            state.max_size, state.cut = state.max_size or state.largest, True
        return
    state.note("paging.end", request, seen, f"the list ends with {state.end}", "certain")
    done = state.end in ("no way on", "an empty page")
    state.known.whole = state.known.whole or (done and read == len(state.known.marks))
    state.more = find_more(state, pages[0], pages[1] if len(pages) > 1 else pages[0])
    if state.total is not None and done:
        right = read == state.total.value
        said = "is the number of all records" if right else "is not the number of all records that could be read"
        said = f"{state.total.place} {said}"
        state.note("paging.total", request, {"read": read}, said, "certain" if right else "likely")
        if not right:
            _disagree(state, state.total, "another number of records can be read")
            state.total = None


async def check_cut(state: ListState, way: Way) -> None:
    """Whether there are records after the largest page, where no total says so: a token may lead to nothing."""
    if not state.cut or state.size is None or state.total is not None or not state.largest:
        return
    values: dict[Knob, Json] = {state.size: state.largest}
    if way.knob is not None and way.style in ("offset", "page"):
        size = state.largest if way.style == "page" else max(state.least, 1)
        position = way.first + (1 if way.style == "page" else state.largest)
        following = await state.asker.ask({state.size: size, way.knob: position})
    else:
        page = await state.asker.ask(values)
        onward = next_of(page, way)
        following = await go_on(state, way, values, onward) if onward is not None else page
        if onward is None:
            state.cut, state.max_size = False, None
            return
    if following.broken:
        return
    marks = state.marks(following)
    if marks and not set(marks) <= set(state.known.marks):
        return  # others than those that are known, and not the last page again
    state.cut, state.max_size = False, None
    said = f"no records come after {state.largest}: nothing was cut"
    state.note("paging.size.largest", values, following, said, "certain")


def next_of(seen: Seen, way: Way) -> Json:
    """The token or the address that leads on from ``seen``; None where nothing does."""
    if way.style == "link":
        return link_target(seen.headers.get("link", ""), "next")
    if way.style == "header":
        return seen.headers.get(way.source.lower()) or None
    if "[-1]" in way.source:
        return _last_id(seen, way.source)
    found = _value(seen, way.source)
    return None if found in (None, "", False) else found


def _last_id(seen: Seen, source: str) -> Json:
    last = (seen.records or [None])[-1]
    name = source.rpartition("[-1].")[2]
    return last.get(name) if isinstance(last, dict) else None


async def go_on(state: ListState, way: Way, values: Mapping[Knob, Json], onward: Json) -> Seen:
    """The page that ``onward`` leads to."""
    if way.knob is None or way.style != "cursor":
        return await state.asker.follow(str(onward))
    return await state.asker.ask({**values, way.knob: onward})
