"""How a list is paged, by what its parameters, its answer and its headers declare.

Precision comes first: where the evidence is thin the list counts as unpaged, its parameters stay arguments, and the
answer is sliced all the same. A parameter is absorbed only when the style found needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.model.plan import Basis, Evidence
from adaptgen.model.tables import Cursor, Effect, Link, NextHeader, NextUrl, Offset, PageNumber, Paging, Unpaged, value
from adaptgen.plan.document.envelope import Envelope
from adaptgen.plan.document.reader import Operation
from adaptgen.plan.document.schemas import shape
from adaptgen.plan.paging.hints import hinted
from adaptgen.plan.paging.parameter_signals import CURSOR, LIMIT, OFFSET, PAGE, Parameters, fold
from adaptgen.plan.paging.places import PagingLocation, absorbed, last_key
from adaptgen.plan.paging.prose import last_id_told, link_told, page_told
from adaptgen.plan.paging.response_signals import PagingSignals

if TYPE_CHECKING:
    from adaptgen.plan.facts import OperationFacts
    from adaptgen.source import Document
    from adaptgen.source.hints.model import PageHint


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

    Only calls that read are lists: the next page of a call that writes would write again. ``where`` gives the place of
    a key of the hint, for errors.

    Raises:
        AdaptgenError: for a hint that names an undeclared parameter (AG034), a path that cannot be read (AG036) or a
            style without what it needs (AG031).
    """
    operation = facts.operation
    if hint is not None:
        envelope = facts.paged_envelope()
        inferred = _infer(facts, envelope) if envelope else None
        page, _ = hinted(facts, hint, envelope, inferred.page if inferred else None, where)
        return PagingPlan(page, absorbed(page, operation), (_evidence(operation, page, "the hints say so", "hint"),))
    if effect != "read" or operation.method == "HEAD" or not facts.answers_list:
        return PagingPlan(None)
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
    """Whether an address can hold what ``page`` asks for: a page, or a position beside a size; no token, which the
    first request does not have."""
    return isinstance(page, PageNumber) or (isinstance(page, Offset) and page.limit is not None)


@value()
class _Found:
    page: Paging
    names: tuple[str | None, ...]
    because: str


def _infer(facts: OperationFacts, envelope: Envelope) -> PagingPlan:
    """The style that the inputs of one place show, the query before others; else what the answer alone shows, with
    the size where it stands."""
    document, operation, places = facts.document, facts.operation, facts.page_inputs
    page: Paging | None = None
    because = ""
    for place in places:
        found = _Finder(facts, place, envelope).find()
        here = found.page
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
            page, because = here, found.because + place.said
        if by_inputs:
            break
    because = f"{envelope.because}; {because}"
    return PagingPlan(page, absorbed(page, operation), (_evidence(operation, page, because),))


class _Finder:
    def __init__(self, facts: OperationFacts, place: PagingLocation, envelope: Envelope) -> None:
        self.document, self.operation, self.envelope, self.place = facts.document, facts.operation, envelope, place
        self.parameters = Parameters(facts.document, place.queries, self.operation.description, folded=place.folded)
        headers = facts.answer.headers if facts.answer else {}
        self.signs = PagingSignals(facts.document, envelope, headers, self.operation.description)
        self.items = envelope.items
        self.total = self.signs.total()

    def find(self) -> _Found:
        return (
            # Before a cursor: a service with both may answer the next cursor only to those that began with one.
            self.by_offset()
            or self.by_cursor()
            or (self.by_url() if self.parameters.cursors() else None)
            or self.by_page()
            or self.by_last_id()
            or self.by_url()
            or self.by_header()
            or _Found(Unpaged(items=self.items, total=self.total), (), "nothing about paging is declared")
        )

    def by_offset(self) -> _Found | None:
        given = self.parameters
        for name in given.offsets():
            if not given.number_like(name) or self.comes_back(name):
                continue
            limit = given.limit()
            clear = given.folded[name] in _CLEAR_OFFSET
            plain = given.folded[name] in {"offset", "skip"} and given.shapes[name].type == "integer"
            if not (clear or limit) or (limit is None and given.queries[name].required and not plain):
                continue
            if given.counts_pages(name):
                return None
            if limit is None and given.counts_records(name):
                continue
            page = Offset(
                offset=name, limit=limit, first=int(given.one_based(name)), items=self.items, total=self.total,
                max_size=given.maximum(limit),
            )  # fmt: skip
            return _Found(page, (name, limit), f"parameters {_both(name, limit)}")
        return None

    def by_cursor(self) -> _Found | None:
        given = self.parameters
        targets = [name for name in given.cursors() if given.text_like(name)]
        texts = [name for name in given.called(PAGE | OFFSET) if given.shapes[name].type == "string"]
        numbers = [name for name in given.cursors() if given.shapes[name].type in {"integer", "number"}]
        texts = [name for name in texts if not given.numeric(name) and not given.begins_range(name)]
        for target in [*targets, *texts, *self.told([*targets, *numbers]), *numbers]:
            required = given.queries[target].required
            source = None if required else self.source(target)
            if source is None or (target in numbers and not self.signs.is_number(source)):
                continue
            limit = given.limit()
            page = Cursor(
                cursor=target, next=source, limit=limit, items=self.items, total=self.total, more=self.more(),
                max_size=given.maximum(limit),
            )  # fmt: skip
            return _Found(page, (target, limit), f"parameter {target!r} takes what the answer gives at {source}")
        return None

    def source(self, target: str) -> str | None:
        """Where the answer gives the value for a cursor: for one in a header, in the header of the same name first."""
        same = self.signs.header(target) if self.place.place == "header" else None
        return same or self.signs.token_for(self.key(target), self.parameters.text(target))

    def comes_back(self, name: str) -> bool:
        """Whether a text that nobody says is a number is given by the answer, for the next page."""
        given = self.parameters
        if given.shapes[name].type != "string" or given.numeric(name):
            return False
        return self.signs.token_for(self.key(name), given.text(name)) is not None

    def key(self, name: str) -> str:
        """A parameter's name, or the last key of what is a path in the body or in an object."""
        if self.place.place == "header":
            return self.place.folded[name]
        return last_key(name) if self.place.inside or self.place.place == "body" else name

    def told(self, known: list[str]) -> list[str]:
        """Parameters that no name gives away, but that a description connects with a field of the answer."""
        given = self.parameters
        others = [name for name in given.queries if name not in known and given.folded[name] not in LIMIT | PAGE]
        return [
            name
            for name in others
            if self.signs.goes_into(self.key(name)) or self.signs.told_for(name, given.text(name))
        ]

    def by_page(self) -> _Found | None:
        given = self.parameters
        for name in given.pages():
            size = given.limit()
            if not given.number_like(name) or self.comes_back(name):
                continue
            if given.folded[name] in {"p", "pg", "paged"} and size is None and not self.counts(name):
                continue
            first = given.first(name, self.signs.beside)
            if first is None or given.no_page_number(name):
                continue
            page = PageNumber(
                page=name, size=size, first=first, items=self.items, total=self.total, max_size=given.maximum(size),
                guessed=first == 1 and not given.queries[name].required and not given.tells_first(name),
            )  # fmt: skip
            return _Found(page, (name, size), f"parameters {_both(name, size)}, the first page is {first}")
        return None

    def counts(self, name: str) -> bool:
        """Whether a short name is that of a page after all: it is described so, or the answer says which page it is."""
        return page_told(self.parameters.described(name)) or bool({"page", "currentpage"} & self.signs.beside)

    def more(self) -> str | None:
        """Where the answer says in so many words whether there is a next page; a token may stand on the last one."""
        return next(
            (one.path for one in self.envelope.siblings if fold(one.keys[-1]) in _MORE and one.shape.type == "boolean"),
            None,
        )

    def by_last_id(self) -> _Found | None:
        """``starting_after`` takes the id of the last record; ``has_more`` says whether there is a next page, else an
        empty page is the end."""
        given, more = self.parameters, self.more()
        named = given.called(frozenset({"startingafter"})) if more else []
        told = [name for name in given.called(CURSOR | _LAST_IDS) if last_id_told(given.described(name))]
        target = next((name for name in [*named, *told] if not given.queries[name].required), None)
        if target is None or not self.has_id():
            return None
        limit = given.limit()
        page = Cursor(
            cursor=target, next=f"{self.items}[-1].id", more=more, limit=limit, items=self.items,
            total=self.total, max_size=given.maximum(limit),
        )  # fmt: skip
        return _Found(page, (target, limit), f"parameter {target!r} takes the id of the last record")

    def has_id(self) -> bool:
        """Whether every record has an ``id``, whatever kind it is."""
        item = shape(self.document, self.envelope.item)
        kinds = [item] if item.properties else [shape(self.document, option) for option in item.variants]
        return bool(kinds) and all("id" in one.properties for one in kinds)

    def by_url(self) -> _Found | None:
        path = self.signs.next_url()
        if path is None:
            return None
        limit = self.parameters.limit(clear=True)
        size = self.parameters.maximum(limit)
        page = NextUrl(next=path, limit=limit, items=self.items, total=self.total, max_size=size)
        return _Found(page, (limit,), f"the answer gives the next page's URL at {path}")

    def by_header(self) -> _Found | None:
        limit = self.parameters.limit(clear=True)
        size = self.parameters.maximum(limit)
        declared = "link" in self.signs.headers
        if declared or link_told([self.operation.description, *map(self.parameters.text, self.parameters.queries)]):
            link = Link(limit=limit, items=self.items, total=self.total, max_size=size)
            return _Found(link, (limit,), f"a Link header is {'declared' if declared else 'described'}")
        name = self.signs.next_header()
        if name is None:
            return None
        page = NextHeader(header=name, limit=limit, items=self.items, total=self.total, max_size=size)
        return _Found(page, (limit,), f"the header {name!r} is declared")


_MORE = frozenset({"nextpage", "more", "moreresults", "moreavailable", "moreitems"})
_MORE |= frozenset({"hasmore", "hasnext", "hasnextpage", "hasmorepages", "hasmoreitems", "hasmoreresults"})
_LAST_IDS = frozenset({"before", "maxid", "sinceid", "lastid", "afterid", "beforeid", "fromid", "lastseenid"})
_CLEAR_OFFSET = frozenset({"offset", "skip", "startat", "page[offset]", "startindex", "firstresult"})


def _both(name: str, size: str | None) -> str:
    return f"{name!r} and {size!r}" if size else f"{name!r}"
