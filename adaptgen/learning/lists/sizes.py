"""Which input asks for a number of records, and how many come at most."""

from __future__ import annotations

import re
from collections.abc import Sequence

from adaptgen.learning.lists.candidates import Knob
from adaptgen.learning.lists.observe import Seen, next_link, onward_members, says_more, totals
from adaptgen.learning.lists.state import ListState
from adaptgen.model.tables import Json

LARGE = 1000
"""What is asked for to see the most that comes."""
_LADDER = (500, 250, 200, 100, 50, 30, 25, 20, 10)
_FEW, _MANY = 4, 10
"""Names that are tried one by one, and where an answer says that there is more."""
_BULKY = 8_000
"""Bytes of a record: of larger ones, fewer are asked for."""


async def find_size(state: ListState, candidates: Sequence[Knob], customary: Sequence[Knob]) -> None:
    """Try the declared names, then all ``customary`` ones in one request, which is halved until one is left."""
    for knob in candidates:
        if await is_honoured(state, knob):
            return
        if state.is_unstable:
            return
    group = list(customary)
    if not group:
        return
    if state.strict:
        await _try_singly(state, group)
        return
    while group:
        outcome = await _try_group(state, group)
        if outcome == "ignored":
            state.size_ignored += group
            return
        if len(group) == 1:
            if outcome == "honoured":
                await is_honoured(state, group[0])
            return
        if outcome == "refused":
            state.strict = True
            await _try_singly(state, group)
            return
        half = group[: len(group) // 2]
        moved = await _try_group(state, half)
        group = half if moved != "ignored" else group[len(half) :]


async def _try_singly(state: ListState, group: Sequence[Knob]) -> None:
    """The most usual names, where undeclared ones are refused."""
    for knob in group[: _MANY if says_more(state.first) else _FEW]:
        if await is_honoured(state, knob):
            return


async def _try_group(state: ListState, group: Sequence[Knob]) -> str:
    wanted = small(state.count)
    values = dict.fromkeys(group, wanted)
    seen = await state.asker.ask(values)
    outcome = _outcome(state, seen, wanted)
    if outcome == "disordered" and await state.check_order() == "volatile":
        outcome = _outcome(state, seen, wanted)
    if len(group) > 1:
        said = "none of them changes the answer" if outcome == "ignored" else f"together they are {outcome}"
        request = f"{state.target.key}?{'&'.join(f'{knob.shown}={wanted}' for knob in group)}"
        state.note("paging.size.customary", request, seen, said, "certain" if outcome == "ignored" else "unknown")
    return outcome


def small(count: int) -> int:
    """The size that is tried with a list of ``count`` records."""
    return 3 if count >= 7 else 2 if count > 2 else 1


def _outcome(state: ListState, seen: Seen, wanted: int) -> str:
    """What became of a size: honoured, ignored, refused, or something ``else``."""
    marks = state.marks(seen)
    if seen.broken:
        return "failed"
    if marks is None:
        return "refused"
    if len(marks) == wanted and wanted < state.count:
        return "honoured" if marks == state.known.marks[:wanted] else "disordered"
    if marks == state.known.marks[: state.count]:
        return "ignored"
    return "disordered" if len(marks) == state.count else "else"


async def is_honoured(state: ListState, knob: Knob) -> bool:
    """Whether ``knob`` asks for a number of records."""
    wanted = small(state.count)
    seen = await state.asker.ask({knob: wanted})
    outcome = _outcome(state, seen, wanted)
    if outcome in ("disordered", "else"):
        order = await state.check_order()
        outcome = _outcome(state, seen, wanted)
        if order == "unstable":
            both = outcome == "disordered" and seen.count == wanted
            said = f"{knob.shown} is honoured, but the order of the list changes" if both else "the list changes"
            state.note("paging.size.honoured", {knob: wanted}, seen, said, "likely" if both else "unknown")
            state.size = knob if both else None
            return False
    if outcome == "else" and wanted < seen.count < state.count:
        # A smallest page: half way between is honoured, then.
        least = seen.count
        above = least + 1
        second = await state.asker.ask({knob: above})
        if above < state.count and state.marks(second) == state.known.marks[:above]:
            state.size, state.least, state.proved = knob, least, True
            said = f"{knob.shown} is honoured from {least} on"
            state.note("paging.size.honoured", {knob: wanted}, seen, said, "certain")
            return True
    name = knob.shown if knob.declared else f"{knob.shown}, which the document does not declare,"
    if outcome == "honoured":
        state.size, state.proved = knob, True
        state.note("paging.size.honoured", {knob: wanted}, seen, f"{name} is honoured", "certain")
        return True
    if outcome == "ignored":
        state.size_ignored.append(knob)
        state.note("paging.size.honoured", {knob: wanted}, seen, f"{name} is ignored", "certain")
        if knob.declared and knob.role == "size":
            many = f"{state.count} records come for {knob.shown}={wanted}, as without it"
            state.disagree(state.pointer(knob.name), f"{knob.shown} is the size of a page", many)
    elif outcome == "refused":
        state.note("paging.size.honoured", {knob: wanted}, seen, f"{name} is refused", "likely")
    else:
        state.note("paging.size.honoured", {knob: wanted}, seen, f"what {name} does is not clear", "unknown")
    return False


async def find_largest(state: ListState) -> None:
    """How many records come at most: asked for a great many, and whether there are others after them."""
    knob, first = state.size, state.first
    if knob is None or first is None:
        return
    bulky = first.reply.bytes > _BULKY * max(first.count, 1)
    page = state.target.page
    declared = getattr(page, "max_size", None)
    asked = 100 if bulky else LARGE
    seen = await state.asker.ask({knob: asked})
    if seen.refused:
        await _find_accepted(state, knob, seen, asked, declared)
        return
    marks = state.marks(seen)
    if seen.broken or marks is None or marks[: state.count] != state.known.marks[: len(marks)]:
        state.note("paging.size.largest", {knob: asked}, seen, "not clear", "unknown")
        return
    state.largest = len(marks)
    if len(marks) >= asked:
        state.known.marks = marks
        state.note("paging.size.largest", {knob: asked}, seen, f"{asked} records come at once", "certain")
        return
    more = _more(state, seen, asked)
    if len(marks) == state.count and more:
        above = state.count + 1
        second = await state.asker.ask({knob: above})
        if second.count == above:
            state.largest = max(state.largest, second.count)
            said = f"a size that is too large is not cut, but replaced by {state.count}"
            state.max_size = await _climb(state, knob, above)
            state.known.marks = state.marks(second) or state.known.marks
            state.note("paging.size.largest", {knob: asked}, seen, f"{said}; {state.max_size} is honoured", "likely")
            return
    if len(marks) > len(state.known.marks):
        state.known.marks = marks
    if more:
        state.max_size, state.goes_on, state.cut = len(marks), more, True
        state.note("paging.size.largest", {knob: asked}, seen, f"cut to {len(marks)}: {more}", "likely")
    else:
        state.note("paging.size.largest", {knob: asked}, seen, "all records seem to come", "likely")


async def check_largest(state: ListState, known: int, *, ask: bool) -> None:
    """Whether the largest page of another list is that of this one, with one request; it is taken over where none is
    left for that."""
    knob, first = state.size, state.first
    if knob is None or first is None:
        return
    if not ask:
        state.max_size = known
        return
    seen = await state.asker.ask({knob: known + 1})
    if seen.refused:
        state.max_size = known
        state.note("paging.size.largest", {knob: known + 1}, seen, f"refused, as in other lists: {known}", "certain")
    elif seen.count == known:
        state.max_size, state.largest, state.cut = known, known, True
        state.note("paging.size.largest", {knob: known + 1}, seen, f"cut to {known}, as in other lists", "certain")
    elif seen.count > known:
        await find_largest(state)
    else:
        state.largest = max(seen.count, state.largest)
        marks = state.marks(seen)
        if marks is not None and marks[: len(state.known.marks)] == state.known.marks:
            state.known.marks = marks


def _more(state: ListState, seen: Seen, asked: int) -> str:
    """What says that there are more records than came. A total does not change with the size."""
    before = {one.place: one.value for one in totals(state.first)} if state.first is not None else {}
    for member in totals(seen):
        same = member.value != asked and member.value == before.get(member.place)
        if same and isinstance(member.value, int) and member.value > seen.count:
            return f"{member.place} says that there are more"
    if next_link(seen):
        return "the Link header leads on"
    if onward := [one for one in onward_members(seen) if "next" in one.said or "cursor" in one.said]:
        return f"{onward[0].place} leads on"
    return ""


async def _climb(state: ListState, knob: Knob, least: int) -> int:
    """The largest of the usual sizes that is honoured, from the list's default on."""
    honoured = least
    steps = [one for one in sorted(_LADDER) if one > least]
    low, high = 0, len(steps)
    while low < high:
        middle = (low + high) // 2
        seen = await state.asker.ask({knob: steps[middle]})
        if seen.count > honoured and seen.records is not None:
            honoured, low = min(steps[middle], max(seen.count, honoured)), middle + 1
            if seen.count < steps[middle]:
                break
        else:
            high = middle
    return honoured


async def _find_accepted(state: ListState, knob: Knob, seen: Seen, asked: int, declared: int | None) -> None:
    """The largest size that is not refused: as declared, as the message says, else one of the usual ones."""
    said = [one for one in _numbers(seen.reply.json) if state.count <= one < asked]
    tries = [*([declared] if declared and declared < asked else []), *said[:2]]
    for wanted in dict.fromkeys(tries):
        answer = await state.asker.ask({knob: wanted})
        if _take(state, answer, wanted):
            above = await state.asker.ask({knob: wanted + 1})
            if above.refused:
                said_so = f"{wanted} is the largest size that is not refused"
                state.note("paging.size.largest", {knob: wanted + 1}, above, said_so, "certain")
                return
    low, high = 0, len(_LADDER) - 1
    while low < high:  # the first of the ladder, which goes down, that is not refused
        middle = (low + high) // 2
        answer = await state.asker.ask({knob: _LADDER[middle]})
        if answer.broken:
            return
        if _take(state, answer, _LADDER[middle]):
            high = middle
        else:
            low = middle + 1
    if state.max_size is not None:
        because = f"{asked} is refused, {state.max_size} is not"
        state.note("paging.size.largest", {knob: asked}, seen, because, "likely")
        return
    state.note("paging.size.largest", {knob: asked}, seen, f"{asked} and the usual sizes are refused", "unknown")


def _take(state: ListState, answer: Seen, wanted: int) -> bool:
    marks = state.marks(answer)
    if marks is None or answer.broken:
        return False
    state.max_size, state.largest = max(wanted, state.max_size or 0), max(len(marks), state.largest)
    if len(marks) > len(state.known.marks):
        state.known.marks = marks
    return True


def _numbers(body: Json) -> list[int]:
    """The numbers in a message of an error."""
    found: list[int] = []
    texts = [body]
    while texts and len(found) < 20:
        one = texts.pop()
        if isinstance(one, dict):
            texts += list(one.values())
        elif isinstance(one, list):
            texts += one[:10]
        elif isinstance(one, str):
            found += [int(number) for number in re.findall(r"(?<![\d.])\d{1,4}(?![\d.])", one)]
        elif isinstance(one, int) and not isinstance(one, bool):
            found.append(one)
    return sorted(set(found), reverse=True)
