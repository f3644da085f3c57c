"""Whether an input holds a position, and what it counts."""

from __future__ import annotations

from collections.abc import Sequence

from adaptgen.learning.lists.asking import Values
from adaptgen.learning.lists.candidates import Knob
from adaptgen.learning.lists.counting import COUNTINGS, ENOUGH, IGNORED, Counting, Known, choose, compare
from adaptgen.learning.lists.observe import BEYOND, Seen, says_more
from adaptgen.learning.lists.sizes import is_honoured
from adaptgen.learning.lists.state import ListState, Way
from adaptgen.learning.model import Confidence
from adaptgen.model.tables import Json

_PRIORS: dict[str, Sequence[Counting]] = {
    "offset": COUNTINGS,
    "page": (COUNTINGS[2], COUNTINGS[3], COUNTINGS[0], COUNTINGS[1], IGNORED),
}


async def find_position(state: ListState, knob: Knob) -> Way | None:
    """How ``knob`` counts; None where it does not, or nothing can be said. Each request separates what is
    left of the ways to count, until one is left."""
    known = state.known
    known.tried.clear()
    known.moved, known.apart = False, 0
    remaining = list(_PRIORS.get(knob.role, COUNTINGS))
    sizes = range(max(state.least, 1), max(min(6, len(known.marks)), state.least + 1)) if state.size else [state.count]
    while test := choose(remaining, sizes, known):
        position, size = test
        known.tried.add(test)
        values: dict[Knob, Json] = {knob: position}
        if state.size is not None:
            values = {state.size: size, **values}
        seen = await state.asker.ask(values)
        if seen.broken:
            state.note("paging.position", values, seen, "no answer", "unknown")
            return None
        got = state.marks(seen)
        if got is not None and len(got) > size and state.size is not None:
            # The size is not honoured here: it was of another list.
            state.note("paging.position", values, seen, f"{state.size.shown} is ignored", "certain")
            return None
        if got is None and (seen.reply.status not in BEYOND or (not knob.declared and seen.reply.status != 404)):
            state.note("paging.position", values, seen, f"{knob.shown} is refused", "likely")
            return None
        matches = {one: compare(one.start(position, size), size, got, known) for one in remaining}
        left = [one for one in remaining if matches[one].fits]
        if not left:
            if await _reread(state, values, seen, knob):
                remaining = list(_PRIORS.get(knob.role, COUNTINGS))
                continue
            return None
        best = matches[left[0]]
        if left[0].start(position, size):
            known.moved = known.moved or bool(got)
        state.proved = state.proved or _is_cut(left[0].start(position, size), size, got, known)
        known.surprise += known.chance(best.matched)
        known.apart += best.apart
        state.note("paging.position", values, _shape(seen, best.matched, best.apart), _said(left), "likely")
        remaining = left
        if len(remaining) == 1:
            break
    await _confirm(state, knob, remaining, sizes)
    return await _conclude(state, knob, remaining)


def _is_cut(start: int, size: int, got: Sequence[bytes] | None, known: Known) -> bool:
    """Whether there are records behind those that came, so that the size was honoured."""
    return got is not None and len(got) == size and start + size < len(known.marks)


async def _confirm(state: ListState, knob: Knob, remaining: list[Counting], sizes: Sequence[int]) -> None:
    """Where only refusals and empty pages have left one way to count: a request that is answered with records."""
    known = state.known
    if not remaining or IGNORED in remaining or known.moved:
        return
    count = len(known.marks)
    tests = [(position, size) for size in sizes for position in range(1, 4) if (position, size) not in known.tried]
    fit = [one for one in tests if {each.start(*one) for each in remaining} <= {remaining[0].start(*one)}]
    fit = [one for one in fit if 0 < remaining[0].start(*one) < count]
    if not fit:
        return
    position, size = fit[-1]
    values: dict[Knob, Json] = {knob: position}
    if state.size is not None:
        values = {state.size: size, **values}
    seen = await state.asker.ask(values)
    match = compare(remaining[0].start(position, size), size, state.marks(seen), known)
    state.note("paging.position", values, _shape(seen, match.matched, match.apart), _said(remaining), "likely")
    if match.fits and match.matched:
        known.moved = True
        known.surprise += known.chance(match.matched)
    elif not match.fits:
        remaining.clear()


async def _reread(state: ListState, values: Values, seen: Seen, knob: Knob) -> bool:
    """After an answer that nothing foresaw: whether the list is the same when it is read again, with something in its
    records that changes; then the comparison starts again."""
    before = state.by_identity
    order = await state.check_order()
    if order == "unstable":
        state.note("paging.position", values, seen, "the list changes between two identical reads", "unknown")
        return False
    if state.by_identity and not before:
        return True
    if state.marks(seen) is None or not seen.count:
        said = f"{knob.shown} is refused or selects something else"
    else:
        said = f"{knob.shown} changes the answer, but it is not a position"
    state.note("paging.position", values, seen, said, "likely")
    return False


def _shape(seen: Seen, matched: int, apart: int) -> dict[str, Json]:
    return {**seen.shape(), "foreseen": matched, "new": apart}


def _said(left: Sequence[Counting]) -> str:
    return "it fits: " + ", ".join(
        "that it is ignored" if one is IGNORED else f"{one.style} from {one.first}" for one in left
    )


async def _conclude(state: ListState, knob: Knob, remaining: list[Counting]) -> Way | None:
    known = state.known
    name = knob.shown if knob.declared else f"{knob.shown}, which the document does not declare,"
    if not remaining:
        _note(state, f"what {knob.shown} does is not clear", "unknown")
        return None
    if remaining == [IGNORED]:
        _say_ignored(state, knob, name)
        return None
    proved = [one for one in remaining if one is not IGNORED]
    begins = (1, _fixed_size(state)) in known.tried and not known.moved
    if remaining == [COUNTINGS[2]] and knob.declared and knob.role == "page" and begins:
        why = "there is only one page of records"
        _note(state, f"{name} counts pages from 1; {why}", "likely")
        return Way("page", knob, 1, guess=True, why=why)
    if IGNORED in remaining or not known.moved:
        said = f"not known: too few records to see what {knob.shown} does"
        if IGNORED not in remaining:
            state.moved_by.append(knob)
        _note(state, said, "unknown")
        return None
    chosen = proved[0]
    why = ""
    if len(proved) > 1:
        why = "there are too few records to see whether records or pages are counted"
    elif known.surprise < ENOUGH and await state.check_order() not in ("stable", "volatile"):
        _note(state, "the order is not stable", "unknown")
        return None
    elif known.surprise < ENOUGH:
        why = "there are so few records that their order may be chance"
    if state.size is not None and not state.proved and not await is_honoured(state, state.size):
        state.size = None
    confidence: Confidence = "likely" if why else "certain"
    counts = f"counts {'records' if chosen.style == 'offset' else 'pages'} from {chosen.first}"
    _note(state, f"{name} {counts}" + (f"; {why}" if why else ""), confidence)
    assert chosen.style != "ignored"
    return Way(chosen.style, knob, chosen.first, guess=bool(why), why=why)


def _say_ignored(state: ListState, knob: Knob, name: str) -> None:
    state.ignored.append(knob)
    _note(state, f"{name} is ignored", "certain")
    if knob.declared and knob.role in ("page", "offset"):
        said = f"{knob.shown} is the position in the list"
        state.disagree(state.pointer(knob.name), said, "the answer is the same whatever its value")


def _fixed_size(state: ListState) -> int:
    """The size of every page where none can be asked for."""
    return state.count if state.size is None else 0


def _note(state: ListState, conclusion: str, confidence: Confidence) -> None:
    seen: dict[str, Json] = {"records": state.count, "moved": state.known.moved}
    state.note("paging.position.honoured", state.asker.show(), seen, conclusion, confidence)


_USUAL = frozenset({"page", "offset", "skip", "pageNumber"})
_LESS_USUAL = frozenset({"page[number]", "start", "page_number", "$skip", "_page"})


async def find_customary(state: ListState, knobs: Sequence[Knob]) -> Way | None:
    """The same for names that are not declared: all in one request first, which is halved until one is left."""
    group = list(knobs)
    if not group or state.count < 2:
        return None
    if state.strict:
        return await _try_singly(state, group)
    outcome = await _try_group(state, group)
    if outcome == "refused":
        return await _try_singly(state, group)
    if outcome == "ignored":
        return None
    while len(group) > 1:
        half = group[: len(group) // 2]
        outcome = await _try_group(state, half)
        group = group[len(half) :] if outcome == "ignored" else half
    return await find_position(state, group[0])


async def _try_singly(state: ListState, group: Sequence[Knob]) -> Way | None:
    """The usual names one after the other, where all of them together are refused."""
    state.strict = True
    names = _USUAL | _LESS_USUAL if says_more(state.first) else _USUAL
    usual = [one for one in group if one.name in names]
    for knob in usual:
        if (way := await find_position(state, knob)) is not None:
            return way
    return None


async def _try_group(state: ListState, group: Sequence[Knob]) -> str:
    """What becomes of position 2 in all of ``group``: it is another page, and another record, whatever is counted and
    from where on."""
    values: dict[Knob, Json] = dict.fromkeys(group, 2)
    if state.size is not None:
        values = {state.size: max(state.least, 2 if state.count > 3 else 1), **values}
    seen = await state.asker.ask(values)
    marks = state.marks(seen)
    length = min(len(marks or ()), state.count)
    same = bool(marks) and marks == state.known.marks[:length]
    outcome = "ignored" if same else "refused" if seen.refused or seen.broken else "moved"
    if len(group) > 1:
        said = {"ignored": "none of them changes the answer", "refused": "they are refused together"}.get(
            outcome, "one of them changes the answer"
        )
        state.note("paging.position.customary", values, seen, said, "certain" if same else "unknown")
    if same:
        state.ignored += group
    return outcome
