"""Whether an answer leads on: by a token, a link, or the address of the next page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adaptgen.learning.lists.candidates import Knob
from adaptgen.learning.lists.counting import ENOUGH
from adaptgen.learning.lists.observe import Member, Seen, flags, members, next_link, onward_members
from adaptgen.learning.lists.state import ListState, Way
from adaptgen.learning.records import is_name
from adaptgen.learning.targets import identity_fields
from adaptgen.model.tables import Json
from adaptgen.syntax.identifiers import words

_TRIES = 6
"""Names for a token that are tried for one member of the answer."""


async def first_page(state: ListState) -> tuple[Mapping[Knob, Json], Seen] | None:
    """A page that does not have all known records, where a size can be asked for; else the first answer."""
    if state.size is None or state.count < 2:
        return ({}, state.first) if state.first is not None else None
    size = max(state.least, min(3, state.count // 2))
    values = {state.size: size}
    seen = await state.asker.ask(values)
    return (values, seen) if seen.records else None


async def find_onward(state: ListState, knobs: Sequence[Knob], customary: Sequence[Knob]) -> Way | None:
    """The way that the first page itself shows: a link, an address, or a token for one of ``knobs``."""
    begin = await first_page(state)
    if begin is None:
        return None
    values, page = begin
    if (url := next_link(page)) and (way := await _follow(state, values, page, url, Way("link"))):
        return way
    onward = onward_members(page)
    knobs = [*knobs, *_echoed(state, page, knobs)]
    for member in [one for one in onward if one.is_address][:2]:
        header = member.place.removeprefix("header:") if member.place.startswith("header:") else ""
        way = Way("header", source=header) if header else Way("next_url", source=member.place)
        if found := await _follow(state, values, page, str(member.value), way):
            return found
    for member in _tokens(page, onward, knobs)[:3]:
        own, usual = _knobs_for(member, knobs, customary)
        if found := await _send_to_each(state, values, page, own[:_TRIES], member):
            return found
        if state.is_unstable:
            return None
        tries = usual[:3] if state.strict else await _narrow(state, values, page, usual, member)
        if found := await _send_to_each(state, values, page, tries, member):
            return found
    return None


def _echoed(state: ListState, page: Seen, knobs: Sequence[Knob]) -> list[Knob]:
    """Declared inputs that are called as a text next to the records, such as ``cookie``."""
    known = {one.name for one in knobs} | set(state.target.query)
    said = {one.folded for one in members(page) if one.is_token and isinstance(one.value, str)}
    declared = [one.name for one in state.target.operation.parameters if one.place == "query" and not one.required]
    return [Knob(name, "cursor") for name in declared if name not in known and _fold(name) in said]


def _tokens(page: Seen, onward: Sequence[Member], knobs: Sequence[Knob]) -> list[Member]:
    """The members that may be tokens: by their own names, or by the name of an input."""
    names = {_fold(one.name) for one in knobs if one.role != "size"}
    others = [one for one in members(page) if one.is_token and one not in onward and one.place.startswith("$")]
    tokens = [one for one in [*onward, *(one for one in others if one.folded in names)] if one.is_token]
    if not tokens and any(one.role == "cursor" for one in knobs):
        # An input takes a token, and the answer has texts that are called nothing in particular.
        return [one for one in others if isinstance(one.value, str)][:2]
    return tokens


async def _send_to_each(
    state: ListState, values: Mapping[Knob, Json], page: Seen, knobs: Sequence[Knob], member: Member
) -> Way | None:
    for knob in knobs:
        if found := await _send_token(state, values, page, knob, member):
            return found
        if state.is_unstable:
            return None
    return None


async def _narrow(
    state: ListState, values: Mapping[Knob, Json], page: Seen, knobs: Sequence[Knob], member: Member
) -> list[Knob]:
    """The one of ``knobs`` that changes the answer, found by sending the token under many names at once."""

    async def is_ignored(group: Sequence[Knob]) -> bool | None:
        seen = await state.asker.ask({**values, **dict.fromkeys(group, member.value)})
        same = state.marks(seen) is not None and state.marks(seen) == state.marks(page)
        said = "none of them changes the answer" if same else "one of them changes the answer"
        shown: dict[Knob, Json] = {**values, **dict.fromkeys(group, "<token>")}
        state.note("paging.next.customary", shown, seen, said, "certain" if same else "unknown")
        return None if seen.refused or seen.broken else same

    group = list(knobs)
    ignored = await is_ignored(group) if group else True
    if ignored is not False:
        return [] if ignored else group[:4]
    while len(group) > 1:
        half = group[: len(group) // 2]
        group = group[len(half) :] if await is_ignored(half) else half
    return group


def _fold(name: str) -> str:
    return "".join(words(name))


async def find_last_id(state: ListState, knobs: Sequence[Knob], customary: Sequence[Knob] = ()) -> Way | None:
    """Whether the identity of the last record leads on: ``starting_after``, ``marker``, ``since_id``."""
    begin = await first_page(state)
    if begin is None or not begin[1].records:
        return None
    values, page = begin
    if not page.records:
        return None
    for field in identity_fields(page.records, f"{state.target.facts.holder}_id")[:2]:
        member = Member(f"{page.place}[-1].{field}", field, page.records[-1][field])
        tries = [one for one in knobs if one.role == "cursor"][:3]
        if customary and not state.strict:
            tries = await _narrow(state, values, page, customary, member)
        if found := await _send_to_each(state, values, page, tries, member):
            return found
    return None


def _knobs_for(member: Member, knobs: Sequence[Knob], customary: Sequence[Knob]) -> tuple[list[Knob], list[Knob]]:
    """The inputs that may take a token, the likeliest first: those that are declared, and others: called as the
    member, or customary."""
    alike = {member.folded, member.folded.removeprefix("next"), member.folded.removeprefix("xnext")}

    def rank(knob: Knob) -> tuple[bool, bool, bool]:
        return (_fold(knob.name) not in alike, knob.role != "cursor", knob.role == "page")

    own = [one for one in knobs if one.role != "size"]
    names = [member.name, member.name.removeprefix("next_")] if member.place.startswith("$") else []
    known = {one.name for one in own}
    others = {name: Knob(name, "cursor", declared=False) for name in names if is_name(name)}
    others |= {one.name: one for one in customary}
    return sorted(own, key=rank), [one for name, one in others.items() if name not in known]


async def _send_token(
    state: ListState, values: Mapping[Knob, Json], page: Seen, knob: Knob, member: Member
) -> Way | None:
    sent = {**values, knob: member.value}
    following = await state.asker.ask(sent)
    shown = {**values, knob: "<token>"}
    name = knob.shown if knob.declared else f"{knob.shown}, which the document does not declare,"
    outcome, matched, apart = await _judge(state, values, page, following)
    seen = {**following.shape(), "foreseen": matched, "new": apart}
    if outcome == "next":
        way = Way("cursor", knob, source=member.place)
        state.note("paging.next", shown, seen, f"{name} takes {member.place} and the next page comes", "certain")
        return way
    if following.records == [] and knob.declared and values == {}:
        why = "the next page is empty: all records fit on one"
        state.note("paging.next", shown, seen, f"{name} takes {member.place}, and {why}", "likely")
        state.known.whole = True
        return Way("cursor", knob, source=member.place, guess=True, why=why)
    if outcome == "same":
        state.ignored.append(knob)
        state.note("paging.next", shown, seen, f"{name} is ignored", "certain")
    elif following.refused and not knob.declared:
        state.note("paging.next", shown, seen, f"{name} is refused", "likely")
    else:
        state.moved_by.append(knob)
        state.note("paging.next", shown, seen, f"what {name} does with {member.place} is not clear", "unknown")
    return None


async def _follow(state: ListState, values: Mapping[Knob, Json], page: Seen, url: str, way: Way) -> Way | None:
    following = await state.asker.follow(url)
    outcome, matched, apart = await _judge(state, values, page, following)
    seen = {**following.shape(), "foreseen": matched, "new": apart}
    where = {"link": "the Link header", "header": f"the header {way.source}", "next_url": way.source}[way.style]
    request = state.asker.show(values) + f", then the address in {where}"
    if outcome == "next":
        state.note("paging.next", request, seen, f"{where} leads to the next page", "certain")
        return way
    said = {"same": "leads to the same page", "failed": f"cannot be followed ({following.reply.failed or 'an error'})"}
    state.note("paging.next", request, seen, f"{where} {said.get(outcome, 'leads to something else')}", "likely")
    return None


async def _judge(state: ListState, values: Mapping[Knob, Json], page: Seen, following: Seen) -> tuple[str, int, int]:
    """Whether ``following`` is the page after ``page``: ``next``, ``same``, ``failed`` or ``unclear``; how many of its
    records were known to come there, and how many are new."""
    if following.broken:
        return "failed", 0, 0
    for _ in range(2):
        one, two = state.marks(page) or (), state.marks(following)
        if two is None:
            return "failed", 0, 0
        if not two:
            return "unclear", 0, 0
        if two == one:
            return "same", 0, 0
        foreseen = state.known.marks[len(one) : len(one) + len(two)]
        begins = one == state.known.marks[: len(one)]
        apart = len(set(two) - set(state.known.marks) - set(one))
        matches = two[: len(foreseen)] == foreseen and apart == len(two) - len(foreseen)
        if begins and matches and set(two).isdisjoint(one):
            state.known.surprise += state.known.chance(len(foreseen))
            if state.known.surprise >= ENOUGH:
                return "next", len(foreseen), apart
            order = await state.check_order()
            return ("next" if order in ("stable", "volatile") else "unclear"), len(foreseen), apart
        if not begins and await state.check_order() == "volatile":
            continue
        await state.check_order()
        return "unclear", 0, apart
    return "unclear", 0, 0


def find_more(state: ListState, first: Seen, last: Seen) -> Member | None:
    """The member that says on ``first`` that there is more, and on ``last`` that there is not."""
    ends = {one.place: one.value for one in flags(last)}
    return next((one for one in flags(first) if one.value is True and ends.get(one.place) is False), None)
