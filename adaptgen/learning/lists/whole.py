"""Whether a list that nothing moves is whole.

A short list that fits on one page looks like one that is not paged. "certain" is said only of a long one whose answer
counts its records, under a name of totals, and where neither its length nor a member points to pages.
"""

from __future__ import annotations

from typing import Final

from adaptgen.learning.lists.candidates import customary_knobs, declared_knobs
from adaptgen.learning.lists.observe import says_more, spent_members, totals
from adaptgen.learning.lists.state import ListState
from adaptgen.learning.model import Confidence
from adaptgen.model.evidence import Row, Table
from adaptgen.model.tables import Json, Unpaged, value
from adaptgen.runtime.http.completeness import PAGE_SIZES

_USUAL: Final = PAGE_SIZES | {5, 10, 15, 30}
_LONG: Final = 100
"""Records that few APIs return at once, unless these are all."""
_NAMED: Final = frozenset({"total", "totals", "found", "overall"})


@value()
class Verdict:
    """``page``: the line that is justified, None for none."""

    conclusion: str
    confidence: Confidence
    page: Json = None


def _names(state: ListState, *, ignored: bool) -> str:
    knobs = [*state.ignored, *state.size_ignored] if ignored else state.moved_by
    return ", ".join(dict.fromkeys(one.shown for one in knobs if one.declared or not ignored))


OPEN: Table[ListState] = Table(
    "why is it not known whether a list is whole?",
    Row(60, "the list changes between two identical reads", lambda s: s.is_unstable),
    Row(50, "there is more, and nothing that was tried leads to it", lambda s: says_more(s.first)),
    Row(40, "too few records", lambda s: s.size is not None and s.count < 8),
    Row(35, "a size is honoured, and nothing that was tried leads to the rest", lambda s: s.size is not None),
    Row(30, "all records fit on one page, and the answer has a member that would lead on",
        lambda s: s.first is not None and spent_members(s.first)),
    Row(20, "an input changes the answer, and there are too few records to see how", lambda s: s.moved_by),
    Row(10, "nothing could be tried", lambda s: not s.ignored and not s.size_ignored and not s.strict),
)  # fmt: skip


async def judge_whole(state: ListState) -> Verdict:
    """What can be said of a list that no input moves.

    Raises:
        BudgetSpent: no request is left.
    """
    row = OPEN.strongest(state)
    first = state.first
    if row is not None or first is None:
        names = _names(state, ignored=False)
        more = f" ({names})" if row is not None and row.weight == 20 else ""
        return Verdict(f"not known: {row.because if row is not None else 'nothing was read'}{more}", "unknown")
    page: Json = {"style": "none", "items": first.place}
    equal = [one for one in totals(first)[:1] if one.value == first.count and set(one.said) & _NAMED]
    calm = not state.strict and bool(state.ignored)
    if equal and calm and first.count % 5 and first.count not in _USUAL and await _is_settled(state):
        because = f"{equal[0].place} is the number of records that came, and nothing that was tried changes them"
        sure: Confidence = "certain" if first.count > _LONG else "likely"
        return Verdict(f"the whole list comes at once: {because}", sure, page)
    said = "the whole list seems to come at once: no input that was tried changes the answer"
    names = _names(state, ignored=True)
    paged = state.target.page is not None and not isinstance(state.target.page, Unpaged)
    if names and paged and calm and first.count not in _USUAL:
        return Verdict(f"{said}; {names}: ignored", "likely", page)
    return Verdict(said, "likely")


async def _is_settled(state: ListState) -> bool:
    """Whether two reads are alike, and the usual names of tokens, all in one request, change nothing."""
    if await state.check_order() not in ("stable", "volatile"):
        return False
    knobs = [one for one in declared_knobs(state.target) if one.role == "cursor"]
    group = [*knobs, *customary_knobs(state.target, "cursor")]
    seen = await state.asker.ask(dict.fromkeys(group, "0"))
    same = state.marks(seen) == state.known.marks
    said = "no token is read" if same else "one of them is read as a token"
    state.note("paging.next.customary", dict.fromkeys(group, 0), seen, said, "likely")
    return same
