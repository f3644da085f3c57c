"""How a list is paged, by what its parameters, its answer and its headers declare.

Precision comes first: where the evidence is thin the list counts as unpaged, its parameters stay arguments, and the
answer is sliced all the same. A parameter is absorbed only when the style found needs it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.model.evidence import RULES_OUT, Row, Table
from adaptgen.model.plan import Basis, Evidence
from adaptgen.model.tables import Cursor, Effect, Link, NextHeader, NextUrl, Offset, PageNumber, Paging, Unpaged, value
from adaptgen.plan.document.envelope import Envelope
from adaptgen.plan.document.reader import Operation
from adaptgen.plan.document.schemas import shape
from adaptgen.plan.paging.hints import hinted
from adaptgen.plan.paging.parameter_signals import CURSOR, LIMIT, OFFSET, PAGE, TOKEN, Parameters
from adaptgen.plan.paging.places import PagingLocation, absorbed, last_key
from adaptgen.plan.paging.prose import last_id_told, link_told, page_told
from adaptgen.plan.paging.response_signals import TIMES, PagingSignals
from adaptgen.source.hints.model import PageHint
from adaptgen.syntax.identifiers import vocabulary, words

if TYPE_CHECKING:
    from adaptgen.plan.facts import OperationFacts
    from adaptgen.source import Document


@value()
class PagingPlan:
    """``page``: None where the operation answers no list. ``absorbed``: (place, parameter) -> what supplies it."""

    page: Paging | None
    absorbed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()


def find_paging(
    facts: OperationFacts, effect: Effect, hint: PageHint | None = None, *, where: Callable[..., Where] | None = None
) -> PagingPlan:
    """How an operation with this ``effect`` answers a list. Hints win over extensions, and these over inference.

    Only calls that read are lists: the next page of a call that writes would write again. ``where`` returns the place
    of a key of the hint, for errors.

    Raises:
        AdaptgenError: for a hint that names an undeclared parameter (AG034), a path that cannot be read (AG036) or a
            style without what it needs (AG031).
    """
    operation = facts.operation
    if hint is not None and hint == PageHint(style="none") and facts.holds_several_lists:
        because = "the hints say that it is not a list"
        return PagingPlan(None, evidence=(_evidence(operation, None, because, "hint"),))
    if hint is not None:
        envelope = facts.paged_envelope()
        inferred = _infer(facts, envelope) if envelope else None
        page, _ = hinted(facts, hint, envelope, inferred.page if inferred else None, where)
        return PagingPlan(page, absorbed(page, operation), (_evidence(operation, page, "the hints say so", "hint"),))
    if effect != "read" or operation.method == "HEAD":
        return PagingPlan(None)
    if not facts.answers_list:
        return PagingPlan(None, evidence=_left(facts, "the answer is not declared as a list"))
    inferred = _infer(facts, facts.envelope) if facts.envelope else None
    said = facts.page_extension
    if said is None:
        return inferred or PagingPlan(None)
    try:
        page, _ = hinted(facts, said[0], facts.envelope, inferred.page if inferred else None, None)
    except AdaptgenError as wrong:
        # A document's extension may fit another version of its paths: inference goes on without it.
        plan = inferred or PagingPlan(None)
        because = f"{said[1]} is not used: {wrong.diagnostics[0].message}"
        return replace(plan, evidence=(*plan.evidence, _evidence(operation, plan.page, because)))
    page = _sized(page, inferred.page if inferred else None)
    return PagingPlan(page, absorbed(page, operation), (_evidence(operation, page, f"{said[1]} says so", "hint"),))


def hint_of_part(facts: OperationFacts) -> str:
    """The hint for a position and a size that ask for a part of a list; empty where no inputs do."""
    for place in facts.page_inputs:
        if place.place in ("query", "body") and not place.inside:
            inputs = Parameters(facts.document, place.queries, facts.operation.description, folded=place.folded)
            if part := inputs.part():
                style, position, size = part
                key = "limit" if style == "offset" else "size"
                return f"page: {{style: {style}, {style}: {json.dumps(position)}, {key}: {json.dumps(size)}}}"
    return ""


def _left(facts: OperationFacts, because: str) -> tuple[Evidence, ...]:
    """The evidence that position and size stay arguments, where inputs ask for a part of a list."""
    if not hint_of_part(facts):
        return ()
    operation = facts.operation
    return (
        Evidence(operation.key, "paging", "position and size stay arguments", because, operation.pointer, "default"),
    )


def _sized(page: Paging, inferred: Paging | None) -> Paging:
    """``x-ms-pageable`` names no size: pages of a URL are asked for with the size that inference sees."""
    if not isinstance(page, NextUrl) or page.limit is not None or inferred is None or isinstance(inferred, Unpaged):
        return page
    limit = inferred.size if isinstance(inferred, PageNumber) else getattr(inferred, "limit", None)
    if limit is None or inferred.place != "query" or inferred.inside:
        return page
    return replace(page, limit=limit, max_size=inferred.max_size)


def _evidence(operation: Operation, page: Paging | None, because: str, basis: Basis = "inference") -> Evidence:
    if basis == "inference" and isinstance(page, Unpaged):
        basis = "default"
    decision = _SAID[type(page)] if page else "no list"
    return Evidence(operation.key, "paging", decision, because, operation.pointer, basis)


_SAID: dict[type[object], str] = {
    Unpaged: "whole list, sliced",
    PageNumber: "page",
    Offset: "offset",
    Cursor: "cursor",
    Link: "Link header",
    NextHeader: "next-page header",
    NextUrl: "next URL in the answer",
}


def _beside(document: Document, queries: PagingLocation, page: Paging) -> Paging:
    """``page`` with its size in the query, where it is declared nowhere else."""
    if not isinstance(page, (Offset, PageNumber, Cursor)):
        return page
    known = page.size if isinstance(page, PageNumber) else page.limit
    given = Parameters(document, queries.queries, folded=queries.folded)
    if known is not None or (name := given.limit()) is None:
        return page
    page = replace(page, max_size=given.maximum(name), size_in_query=True)
    return replace(page, size=name) if isinstance(page, PageNumber) else replace(page, limit=name)


def _in_address(page: Paging) -> bool:
    """Whether an address can hold what ``page`` asks for: a page, or a position next to a size; not a token, which the
    first request does not have."""
    return isinstance(page, PageNumber) or (isinstance(page, Offset) and page.limit is not None)


def _infer(facts: OperationFacts, envelope: Envelope) -> PagingPlan:
    """The style that the inputs of one place show, the query before others; else what the answer alone shows, with
    the size from wherever it is."""
    document, operation, places = facts.document, facts.operation, facts.page_inputs
    page: Paging | None = None
    because = ""
    for place in places:
        here, said = _Reading(facts, place, envelope).decide()
        if place.place != "query" or place.inside:
            if isinstance(here, Unpaged) or not place.takes_numbers(document, here):
                continue
            here = replace(here, place=place.place, inside=place.inside)
            if place.place in ("header", "path"):
                here = _beside(document, places[0], here)
            if place.place == "path" and not _in_address(here):
                continue
        by_inputs = isinstance(here, (Offset, PageNumber, Cursor))
        sized = page is not None and getattr(page, "limit", None) is None and getattr(here, "limit", None) is not None
        if page is None or by_inputs or (sized and type(page) is type(here)):
            page, because = here, said + place.said
        if by_inputs:
            break
    if isinstance(page, Unpaged):
        page, seeking = _seek(document, places, page)
        because += seeking
        page = _with_size(document, places, page)
    because = f"{envelope.because}; {because}"
    left = _left(facts, "where the list goes on is not clear") if isinstance(page, Unpaged) else ()
    return PagingPlan(page, absorbed(page, operation), (_evidence(operation, page, because), *left))


def _seek(document: Document, places: Sequence[PagingLocation], page: Unpaged) -> tuple[Unpaged, str]:
    """``page`` with the input that takes a token, where its answer is not declared to have one, and why."""
    for place in places:
        inputs = Parameters(document, place.queries, folded=place.folded)
        tokens = [name for name in inputs.called(TOKEN) if inputs.text_like(name) and not place.queries[name].required]
        if tokens and place.place != "path":
            page = replace(page, seek=True, cursor=tokens[0], place=place.place, inside=place.inside)
            return page, f", but {tokens[0]!r} takes a token: it is looked for in the headers of the answer"
    sized = Parameters(document, places[0].queries, folded=places[0].folded).limit(clear=True)
    return (replace(page, seek=True), "; a Link header is followed") if sized else (page, "")


def _with_size(document: Document, places: Sequence[PagingLocation], page: Unpaged) -> Unpaged:
    """``page`` with the input that asks for a number of items and stays an argument."""
    for place in (one for one in places if one.place != "path"):
        inputs = Parameters(document, place.queries, folded=place.folded)
        name = inputs.argument_of_size()
        if name is not None:
            default = inputs.shapes[name].default
            counted = isinstance(default, int) and default > 1 and not inputs.is_end(name)
            key = last_key(name) if place.inside or place.place == "body" else name
            return replace(page, size_argument=key, size_default=int(str(default)) if counted else None)
    return page


_LAST_IDS = frozenset({"before", "maxid", "sinceid", "lastid", "afterid", "beforeid", "fromid", "lastseenid"})
_WAITS = vocabulary("wait sync delta poll watch")
_CLEAR_OFFSET = frozenset({"offset", "skip", "startat", "page[offset]", "startindex", "firstresult"})
_Page = TypeVar("_Page", bound=Paging)


class _Reading:
    """The inputs of one place and the answer, read as each style of paging."""

    def __init__(self, facts: OperationFacts, place: PagingLocation, envelope: Envelope) -> None:
        self.document, self.operation, self.envelope, self.place = facts.document, facts.operation, envelope, place
        self.parameters = Parameters(facts.document, place.queries, self.operation.description, folded=place.folded)
        headers = facts.answer.headers if facts.answer else {}
        self.signs = PagingSignals(facts.document, envelope, headers, self.operation.description)
        self.items = envelope.items
        self.total = self.signs.total()

    def decide(self) -> tuple[Paging, str]:
        """The style that the strongest evidence speaks for, and why."""
        row = STYLE.strongest(self)
        if row is None:
            return Unpaged(items=self.items, total=self.total), "nothing about paging is declared"
        page: Paging = getattr(self, row.answer)
        return page, self.said(row, page)

    def said(self, row: Row[_Reading], page: Paging) -> str:
        names = [getattr(page, key, None) for key in ("offset", "cursor", "page", "limit", "size")]
        inputs = " and ".join(repr(name) for name in names if name)
        onward = getattr(page, "next", None) or getattr(page, "header", None)
        first = f", the first page is {page.first}" if isinstance(page, PageNumber) else ""
        return (
            row.because + (f": parameters {inputs}" if inputs else "") + (f", from {onward}" if onward else "") + first
        )

    def page_sized(self, style: Callable[..., _Page], *, clear: bool = False, **values: Any) -> _Page:
        """A page of ``style``, with the parameter for its size; ``clear``: only one that can be nothing else."""
        size = self.parameters.limit(clear=clear)
        values["size" if style is PageNumber else "limit"] = size
        return style(items=self.items, total=self.total, max_size=self.parameters.maximum(size), **values)

    @cached_property
    def offset(self) -> Offset | None:
        for name in self.parameters.offsets():
            if not OFFSET_PARAMETER.score(_Counter(self, name)).ruled_out:
                # RFC 7644, 3.4.2.4: the index of the first of the `Resources` is 1.
                scim = self.parameters.folded[name] == "startindex" and self.items.lower() == "$.resources"
                return self.page_sized(Offset, offset=name, first=int(scim or self.parameters.one_based(name)))
        return None

    @cached_property
    def page(self) -> PageNumber | None:
        given = self.parameters
        for name in given.pages():
            if PAGE_PARAMETER.score(_Counter(self, name)).ruled_out:
                continue
            first = given.first(name, self.signs.beside)
            guessed = first == 1 and not given.queries[name].required and not given.tells_first(name)
            return self.page_sized(PageNumber, page=name, first=first, guessed=guessed)
        return None

    @cached_property
    def cursor(self) -> Cursor | None:
        given = self.parameters
        targets = [name for name in given.cursors() if given.text_like(name)]
        texts = [name for name in given.called(PAGE | OFFSET) if given.shapes[name].type == "string"]
        texts = [name for name in texts if not given.numeric(name) and not given.begins_range(name)]
        numbers = [name for name in given.cursors() if given.shapes[name].type in {"integer", "number"}]
        texts += given.called(frozenset(TIMES))
        texts += [name for name in given.begins() if given.begins_page(name) and name not in texts]
        for target in [*targets, *texts, *self.connected([*targets, *numbers]), *numbers]:
            source = None if given.queries[target].required else self.source(target)
            if source is not None and (target not in numbers or self.signs.is_number(source)):
                return self.page_sized(Cursor, cursor=target, next=source, more=self.signs.more())
        return None

    @cached_property
    def last_id(self) -> Cursor | None:
        """``starting_after`` and ``marker`` take the id of the last record; ``has_more`` says whether there is a next
        page, else an empty page is the end."""
        given, more = self.parameters, self.signs.more()
        both = given.called(frozenset({"endingbefore"})) and given.limit()
        named = given.called(frozenset({"startingafter"})) if more or both else []
        named += given.called(frozenset({"marker"})) if given.limit() else []
        named = [name for name in named if not given.is_opaque(name)]
        described = [name for name in given.called(CURSOR | _LAST_IDS) if last_id_told(given.described(name))]
        target = next((name for name in [*named, *described] if not given.queries[name].required), None)
        if target is None or not self.has_id():
            return None
        return self.page_sized(Cursor, cursor=target, next=f"{self.items}[-1].id", more=more)

    @cached_property
    def url(self) -> NextUrl | None:
        path = self.signs.next_url()
        return self.page_sized(NextUrl, clear=True, next=path) if path is not None else None

    @cached_property
    def link(self) -> Link | None:
        texts = [self.operation.description, *map(self.parameters.text, self.parameters.queries)]
        told = "link" in self.signs.headers or link_told(texts)
        return self.page_sized(Link, clear=True) if told else None

    @cached_property
    def header(self) -> NextHeader | None:
        name = self.signs.next_header()
        return self.page_sized(NextHeader, clear=True, header=name) if name is not None else None

    def source(self, target: str) -> str | None:
        """Where the answer has the value for a cursor: for one in a header, in the header of the same name first."""
        same = self.signs.header(target) if self.place.place == "header" else None
        given = self.parameters
        ends = self.signs.end_for(self.key(target), given.shapes[target]) if given.begins_page(target) else None
        back = self.signs.member_for(self.key(target), given.shapes[target]) if given.continues(target) else None
        return same or self.signs.token_for(self.key(target), given.text(target)) or ends or back

    def comes_back(self, name: str) -> bool:
        """Whether the answer has a value for a string that is not described as a number, for the next page."""
        given = self.parameters
        if given.shapes[name].type != "string" or given.numeric(name):
            return False
        return self.signs.token_for(self.key(name), given.text(name)) is not None

    def key(self, name: str) -> str:
        """A parameter's name, or the last key of what is a path in the body or in an object."""
        if self.place.place == "header":
            return self.place.folded[name]
        return last_key(name) if self.place.inside or self.place.place == "body" else name

    def connected(self, known: list[str]) -> list[str]:
        """Parameters that only a description connects with a field of the answer."""
        given = self.parameters
        others = [name for name in given.queries if name not in known and given.folded[name] not in LIMIT | PAGE]
        return [name for name in others if CONNECTED.score(_Counter(self, name)).total > 0]

    def has_id(self) -> bool:
        """Whether every record has an ``id``, whatever kind it is."""
        item = shape(self.document, self.envelope.item)
        kinds = [item] if item.properties else [shape(self.document, option) for option in item.variants]
        return bool(kinds) and all("id" in one.properties for one in kinds)


class _Counter:
    """A parameter that may count records or pages."""

    def __init__(self, reading: _Reading, name: str) -> None:
        self.reading, self.parameters, self.name = reading, reading.parameters, name
        self.folded, self.input = self.parameters.folded[name], self.parameters.queries[name]

    @property
    def key(self) -> str:
        return self.reading.key(self.name)

    @property
    def comes_back(self) -> bool:
        return self.reading.signs.member_for(self.key, self.parameters.shapes[self.name]) is not None

    @cached_property
    def sized(self) -> bool:
        """Whether there is a parameter for the size of a page."""
        return self.parameters.limit() is not None

    @property
    def is_plain_offset(self) -> bool:
        return self.folded in {"offset", "skip"} and self.parameters.shapes[self.name].type == "integer"

    @property
    def is_told_page(self) -> bool:
        """Whether it is described as a page, or the answer says which page it is."""
        beside = {"page", "currentpage"} & self.reading.signs.beside
        return bool(beside) or page_told(self.parameters.described(self.name))


STYLE: Table[_Reading] = Table(
    "which style of paging?",
    # Before a cursor: a service with both may answer the next cursor only to those that began with one.
    Row(70, "a parameter says where to begin", lambda r: r.offset, "offset"),
    Row(60, "a parameter takes a value from the answer", lambda r: r.cursor, "cursor"),
    Row(50, "the answer has the next page's URL, with a token", lambda r: r.parameters.cursors() and r.url, "url"),
    Row(40, "a parameter takes the number of a page", lambda r: r.page, "page"),
    Row(30, "a parameter takes the id of the last record", lambda r: r.last_id, "last_id"),
    Row(20, "the answer has the next page's URL", lambda r: r.url, "url"),
    Row(15, "a Link header is declared or described", lambda r: r.link, "link"),
    Row(10, "a header of the next page is declared", lambda r: r.header, "header"),
)
"""``answer``: the property of a reading that holds the page."""

CONNECTED: Table[_Counter] = Table(
    "does a parameter take a value from the answer?",
    Row(RULES_OUT, "it waits for what changes", lambda c: set(words(c.name)) & _WAITS),
    Row(10, "the answer has its next value", lambda c: c.reading.signs.goes_into(c.key)),
    Row(10, "one description names the other", lambda c: c.reading.signs.told_for(c.name, c.parameters.text(c.name))),
    Row(10, "it comes back under a name about pages", lambda c: c.reading.signs.token_called(c.key)),
    Row(
        10,
        "it comes back, and its text says that it continues a list",
        lambda c: c.parameters.continues(c.name) and c.comes_back,
    ),
)

OFFSET_PARAMETER: Table[_Counter] = Table(
    "does a parameter say where to begin?",
    Row(RULES_OUT, "it is not a number", lambda c: not c.parameters.number_like(c.name)),
    Row(RULES_OUT, "the answer has its next value", lambda c: c.reading.comes_back(c.name)),
    Row(RULES_OUT, "its name may mean anything", lambda c: c.folded not in _CLEAR_OFFSET and not c.sized),
    Row(
        RULES_OUT,
        "it is required, and nothing says how many follow",
        lambda c: c.input.required and not c.sized and not c.is_plain_offset,
    ),
    Row(RULES_OUT, "it is next to a page and the size of a page", lambda c: c.parameters.beside_page(c.name)),
    Row(RULES_OUT, "it counts pages", lambda c: c.parameters.counts_pages(c.name)),
    Row(RULES_OUT, "it says how many", lambda c: not c.sized and c.parameters.counts_records(c.name)),
)

PAGE_PARAMETER: Table[_Counter] = Table(
    "does a parameter take the number of a page?",
    Row(RULES_OUT, "it is not a number", lambda c: not c.parameters.number_like(c.name)),
    Row(RULES_OUT, "the answer has its next value", lambda c: c.reading.comes_back(c.name)),
    Row(
        RULES_OUT,
        "its short name may mean anything",
        lambda c: c.folded in {"p", "pg", "pn", "paged", "current"} and not c.sized and not c.is_told_page,
    ),
    Row(
        RULES_OUT,
        "the first page may be 0 or 1",
        lambda c: c.parameters.first(c.name, c.reading.signs.beside) is None,
    ),
    Row(RULES_OUT, "it names a page", lambda c: c.parameters.no_page_number(c.name)),
)
