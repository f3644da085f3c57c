"""How a list is paged, by what its parameters, its answer and its headers declare.

Precision comes first: where the evidence is thin the list counts as unpaged, its parameters stay arguments, and the
answer is sliced all the same. A parameter is absorbed only when the style found needs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adaptgen.diagnostics import Where
from adaptgen.model import Cursor, Evidence, Link, NextHeader, NextUrl, Offset, PageNumber, Paging, Unpaged
from adaptgen.plan.effects import find_effect
from adaptgen.plan.envelope import Envelope, Sibling, find_envelope, jsonpath
from adaptgen.plan.operations import Operation, Parameter
from adaptgen.plan.paging_hints import hinted
from adaptgen.plan.schemas import MISSING, Shape, shape
from adaptgen.words import vocabulary, words

if TYPE_CHECKING:
    from adaptgen.source import Document
    from adaptgen.source.hints import PageHint


@dataclass(frozen=True, slots=True)
class PagingPlan:
    """``page``: None where the operation answers no list. ``absorbed``: (place, parameter) -> what supplies it."""

    page: Paging | None
    absorbed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()


# Parameter names as written, lower case, without punctuation but brackets. The first of a set is the likeliest.
_OFFSET = vocabulary("offset skip startat startindex start from rowstart firstresult startrow startrecord")
_OFFSET |= {"page[offset]", "pageoffset", "resultoffset", "offsetrows", "startoffset"}
_PAGE = vocabulary("page pagenumber pageno pagenum pageindex currentpage paged p pg page[number] pagenr")
_LIMIT = vocabulary(
    "limit top size count max maxresults rows num pagesize perpage pagelimit pagelen take length maxrecords "
    "maxitems resultsperpage hitsperpage itemsperpage recordsperpage limitcount batchsize resultsize pagecount "
    "maxpagesize page[size] page[limit] pages[size] page[perpage] numresults limitresults ps first resultcount "
    "max_count querylimit resultlimit entriesperpage"
)
# Together with an offset or a page any of the above is a size; with a cursor only the clear ones are.
_CURSOR = vocabulary(
    "cursor pagetoken nexttoken nextpagetoken continuationtoken after continue marker nextcursor pagecursor "
    "bookmark startcursor scrollid page[after] page[cursor] paginationtoken nextpage nextpageid startingtoken "
    "skiptoken exclusivestartkey token pagingtoken aftercursor position startkey"
)
_TOTAL = vocabulary(
    "total totalcount totalresults totalitems totalelements totalentries totalrecords totalhits totalrows "
    "totalnumber totalsize totalobjects recordstotal fullcount itemcount recordcount totalmatches totalavailable "
    "odatacount numfound numberofrecords numberofresults totalresultscount totalnumberofresults hydratotalitems "
    "totalitemscount totalresultcount resulttotal countall"
)
_NEXT_TOKEN = vocabulary(
    "nextcursor nextpagetoken nexttoken continuationtoken continue nextmarker nextpagecursor endcursor scrollid "
    "bookmark nextpageid nextcontinuationtoken paginationtoken nextstartingtoken nextpagekey aftercursor "
    "nextafter"
)
_NEXT_URL = vocabulary("nexturl nextlink nextpageurl nexthref nexturi odatanextlink nextpagelink nextrecordsurl")
_TOTAL_HEADERS = vocabulary("xtotalcount xtotal totalcount totalrecords xwptotal paginationcount xpaginationtotalcount")
_NEXT_HEADERS = vocabulary("nextpage xnextpage xnexturl xnextlink nextlink xnexthref")
_TOKEN_HEADERS = vocabulary("xnextcursor nextcursor xnexttoken xnextpagetoken xcontinuationtoken xmscontinuation")


def find_paging(
    document: Document,
    operation: Operation,
    hint: PageHint | None = None,
    *,
    where: Callable[..., Where] | None = None,
) -> PagingPlan:
    """How ``operation`` answers a list. Hints win over ``x-ms-pageable``, and that over inference.

    Only calls that read are lists: the next page of a call that writes would write again. ``where`` gives the place
    of a key of the hint, for errors.

    Raises:
        AdaptgenError: for a hint that names an undeclared parameter (AG034), a path that cannot be read (AG036) or a
            style without what it needs (AG031).
    """
    queries = {one.name: one for one in operation.parameters if one.place == "query"}
    if hint is not None:
        envelope = find_envelope(document, operation, paged=True)
        inferred = _infer(document, operation, queries, envelope) if envelope else None
        page, names = hinted(operation, hint, envelope, inferred.page if inferred else None, where)
        return PagingPlan(page, _absorbed(names, "paging"), (_evidence(operation, page, "the hints say so"),))
    envelope = find_envelope(document, operation, paged=_signs(queries))
    if envelope is None:
        return PagingPlan(None)
    effect, _ = find_effect(operation, None, answers_list=True)
    if effect != "read" or operation.method == "HEAD":
        return PagingPlan(None)
    return _infer(document, operation, queries, envelope)


def _signs(queries: Mapping[str, Parameter]) -> bool:
    names = {fold(name) for name in queries}
    return bool(names & (_PAGE | _CURSOR | _OFFSET) and names & _LIMIT) or bool(names & {"offset", "page", "cursor"})


def fold(name: str) -> str:
    """A parameter's name for comparison: ``page_size``, ``pageSize`` and ``$pageSize`` are the same."""
    return re.sub(r"[^a-z0-9\[\]]", "", name.lower())


def _absorbed(names: Iterable[str | None], reason: str) -> dict[tuple[str, str], str]:
    return {("query", name): reason for name in names if name}


def _evidence(operation: Operation, page: Paging | None, because: str) -> Evidence:
    return Evidence(operation.key, "paging", _SAID[type(page)] if page else "no list", because, operation.pointer)


_SAID: dict[type[object], str] = {
    Unpaged: "whole list, sliced",
    PageNumber: "page",
    Offset: "offset",
    Cursor: "cursor",
    Link: "Link header",
    NextHeader: "next-page header",
    NextUrl: "next URL in the answer",
}


@dataclass(frozen=True, slots=True)
class _Found:
    page: Paging
    names: tuple[str | None, ...]
    because: str


def _infer(
    document: Document, operation: Operation, queries: Mapping[str, Parameter], envelope: Envelope
) -> PagingPlan:
    finder = _Finder(document, operation, queries, envelope)
    found = finder.find()
    because = f"{envelope.because}; {found.because}"
    return PagingPlan(found.page, _absorbed(found.names, "paging"), (_evidence(operation, found.page, because),))


class _Finder:
    def __init__(
        self, document: Document, operation: Operation, queries: Mapping[str, Parameter], envelope: Envelope
    ) -> None:
        self.document, self.operation, self.envelope = document, operation, envelope
        self.queries = queries
        self.shapes = {name: shape(document, one.schema) for name, one in queries.items()}
        self.folded = {name: fold(name) for name in queries}
        answer = operation.success()
        self.headers = {fold(name): (name, node) for name, node in (answer.headers if answer else {}).items()}
        self.items = envelope.items
        self.total = self.find_total()

    def find(self) -> _Found:
        return (
            self.extension()
            # Before a cursor: a service with both may answer the next cursor only to those that began with one.
            or self.by_offset()
            or self.by_cursor()
            or (self.by_url() if any(one in _CURSOR for one in self.folded.values()) else None)
            or self.by_page()
            or self.by_last_id()
            or self.by_url()
            or self.by_header()
            or _Found(Unpaged(items=self.items, total=self.total), (), "nothing about paging is declared")
        )

    # ------------------------------------------------------------------------------------------------- the styles

    def extension(self) -> _Found | None:
        """``x-ms-pageable``: the name of the member with the next page's URL; null says that there is one page."""
        said = self.operation.raw.get("x-ms-pageable")
        if not isinstance(said, Mapping):
            return None
        name = said.get("nextLinkName")
        if not isinstance(name, str) or not name:
            return None
        beside = [one for one in self.envelope.siblings if one.keys[-1] == name]
        path = beside[0].path if beside else jsonpath((name,))
        return _Found(NextUrl(next=path, items=self.items, total=self.total), (), f"x-ms-pageable names {name!r}")

    def by_cursor(self) -> _Found | None:
        targets = [name for name in self.queries if self.folded[name] in _CURSOR and self.text_like(name)]
        targets += [
            name for name in self.queries
            if self.folded[name] in _PAGE | _OFFSET and self.shapes[name].type == "string" and not self.numeric(name)
        ]  # fmt: skip
        if not targets:
            return None
        for target in targets:
            if self.queries[target].required:
                continue
            source = self.token_for(target)
            if source is None:
                continue
            limit = self.limit()
            because = f"parameter {target!r} takes what the answer gives at {source}"
            page = Cursor(
                cursor=target,
                next=source,
                limit=limit,
                items=self.items,
                total=self.total,
                max_size=self.maximum(limit),
            )
            return _Found(page, (target, limit), because)
        return None

    def by_offset(self) -> _Found | None:
        for name in self.queries:
            folded = self.folded[name]
            if folded not in _OFFSET or not self.number_like(name):
                continue
            clear = folded in {"offset", "skip", "startat", "page[offset]", "startindex", "firstresult"}
            limit = self.limit()
            if not (clear or limit) or (limit is None and self.queries[name].required):
                continue
            if self.counts_pages(name) or self.one_based(name):
                return None
            page = Offset(offset=name, limit=limit, items=self.items, total=self.total, max_size=self.maximum(limit))
            with_limit = f" and {limit!r}" if limit else ""
            return _Found(page, (name, limit), f"parameters {name!r}{with_limit}")
        return None

    def by_page(self) -> _Found | None:
        for name in self.queries:
            folded = self.folded[name]
            if folded not in _PAGE or not self.number_like(name):
                continue
            size = self.limit()
            if folded in {"p", "pg", "paged"} and size is None:
                continue
            first = self.first(name)
            if first is None or self.no_page_number(name):
                continue
            page = PageNumber(
                page=name, size=size, first=first, items=self.items, total=self.total, max_size=self.maximum(size)
            )
            with_size = f" and {size!r}" if size else ""
            return _Found(page, (name, size), f"parameters {name!r}{with_size}, the first page is {first}")
        return None

    def by_last_id(self) -> _Found | None:
        """``starting_after`` takes the id of the last record; ``has_more`` says whether there is a next page."""
        targets = [name for name in self.queries if self.folded[name] == "startingafter"]
        more = [
            one for one in self.envelope.siblings if fold(one.keys[-1]) == "hasmore" and one.shape.type == "boolean"
        ]
        if not targets or not more or "id" not in shape(self.document, self.envelope.item).properties:
            return None
        limit = self.limit()
        page = Cursor(
            cursor=targets[0], next=f"{self.items}[-1:].id", more=more[0].path, limit=limit, items=self.items,
            total=self.total, max_size=self.maximum(limit),
        )  # fmt: skip
        return _Found(page, (targets[0], limit), f"parameter {targets[0]!r} takes the id of the last record")

    def by_url(self) -> _Found | None:
        for one in self.envelope.siblings:
            if self.is_next_url(one):
                limit = self.limit(clear=True)
                page = NextUrl(
                    next=one.path, limit=limit, items=self.items, total=self.total, max_size=self.maximum(limit)
                )
                return _Found(page, (limit,), f"the answer gives the next page's URL at {one.path}")
        return None

    def by_header(self) -> _Found | None:
        limit = self.limit(clear=True)
        size = self.maximum(limit)
        if "link" in self.headers:
            page: Paging = Link(limit=limit, items=self.items, total=self.total, max_size=size)
            return _Found(page, (limit,), "a Link header is declared")
        for folded in sorted(_NEXT_HEADERS & set(self.headers)):
            name, node = self.headers[folded]
            one = shape(self.document, node)
            said = f"{name} {one.description}".lower()
            if one.format in {"uri", "url"} or (one.type in {"string", None} and re.search(r"ur[il]|link", said)):
                page = NextHeader(header=name, limit=limit, items=self.items, total=self.total, max_size=size)
                return _Found(page, (limit,), f"the header {name!r} is declared")
        return None

    # ------------------------------------------------------------------------------------------------- parameters

    def limit(self, *, clear: bool = False) -> str | None:
        """The parameter for the size of a page; ``clear``: only one that cannot mean anything else."""
        found = [name for name in self.queries if self.folded[name] in _LIMIT and self.number_like(name)]
        if clear:
            sure = {
                "limit",
                "pagesize",
                "perpage",
                "maxresults",
                "top",
                "page[size]",
                "page[limit]",
                "pagelimit",
                "take",
            }
            found = [name for name in found if self.folded[name] in sure]
        order = ["limit", "pagesize", "perpage", "page[size]", "page[limit]", "maxresults", "top", "size"]
        ranks = {name: order.index(self.folded[name]) if self.folded[name] in order else 99 for name in found}
        return min(found, key=lambda name: (ranks[name], list(self.queries).index(name)), default=None)

    def number_like(self, name: str) -> bool:
        one = self.shapes[name]
        if one.type in {"integer", "number"}:
            return True
        if one.type is None and (not one.types or "integer" in one.types):
            return True
        return one.type == "string" and one.format is None and self.numeric(name)

    def numeric(self, name: str) -> bool:
        """Whether a parameter declared as a string holds a number, by its default, example or description."""
        one, given = self.shapes[name], self.queries[name]
        raw = given.raw or {}
        schema = one.raw if isinstance(one.raw, Mapping) else {}
        for value in (one.default, raw.get("example"), schema.get("example")):
            if isinstance(value, str) and value.isdigit():
                return True
            if isinstance(value, int) and not isinstance(value, bool):
                return True
        if self.folded[name] in {"perpage", "pagesize", "limit"}:
            return one.enum is None or all(str(value).isdigit() for value in one.enum)
        said = f"{given.description} {one.description}".lower()
        return bool(
            re.search(r"\bpage (number|no\b|index)|number of (the )?(page|items|results|records)|which page", said)
        )

    def text_like(self, name: str) -> bool:
        one = self.shapes[name]
        return one.type in {"string", None} and one.format not in {"date", "date-time"} and one.enum is None

    def described(self, name: str) -> str:
        return f"{self.queries[name].description} {self.shapes[name].description}".lower()

    def counts_pages(self, name: str) -> bool:
        return bool(re.search(r"\bpages? (number|to skip|index)\b|number of pages", self.described(name)))

    def no_page_number(self, name: str) -> bool:
        said = self.described(name)
        return bool(re.search(r"\b(id|slug|name|url|title) of (the|a) page\b|page (id|slug|url|token)|cursor", said))

    def one_based(self, name: str) -> bool:
        one = self.shapes[name]
        if re.search(
            r"\b(1|one)-(based|indexed)|starts? (at|from|with) (1|one)\b|first .{0,20} is (1|one)\b",
            self.described(name),
        ):
            return True
        return one.default == 1 or one.constraints.get("minimum") == 1

    def first(self, name: str) -> int | None:
        """The number of the first page; None where it may as well be 0 as 1."""
        one, said = self.shapes[name], self.described(name)
        zero = (
            r"\b(0|zero)[- ]?(based|index)|starts? (at|from|with) (0|zero)\b|\(0\s*\.\.|first page (is|=|:) ?(0|zero)"
        )
        if re.search(zero + r"|(0|zero) (is|for|means) the first|index.{0,30}\b0\b", said):
            return 0
        if re.search(
            r"\b(1|one)[- ]?(based|index)|starts? (at|from|with) (1|one)\b|first page (is|=|:) ?(1|one)", said
        ):
            return 1
        for value in (one.default, one.constraints.get("minimum")):
            if value is not MISSING and str(value) in {"0", "1"}:
                return int(str(value))
        beside = {fold(sibling.keys[-1]) for sibling in self.envelope.siblings}
        if {"totalelements", "totalpages", "number"} <= beside:
            return 0
        return None if self.folded[name] == "pageindex" else 1

    def maximum(self, name: str | None) -> int | None:
        """The largest page that the API allows, where it says so."""
        if name is None:
            return None
        one = self.shapes[name]
        bound = one.constraints.get("maximum")
        if isinstance(bound, (int, float)) and not isinstance(bound, bool) and 0 < bound < 100_000:
            exclusive = one.constraints.get("exclusiveMaximum") is True
            return int(bound) - (1 if exclusive else 0) or None
        if one.enum and all(isinstance(value, int) and not isinstance(value, bool) for value in one.enum):
            return max(one.enum) or None
        said = re.sub(r"(?<=\d),(?=\d{3})", "", self.described(name))
        found = re.search(_MAXIMUM, said)
        if not found:
            return None
        value = int(next(group for group in found.groups() if group))
        return value if value > 1 else None

    # ------------------------------------------------------------------------------------------------- the answer

    def find_total(self) -> str | None:
        whole = {"count", "size"}
        names = {fold(one.keys[-1]) for one in self.envelope.siblings}
        for one in self.envelope.siblings:
            name, kind = fold(one.keys[-1]), one.shape.type
            if kind not in {"integer", "number", None} or (kind is None and one.shape.properties):
                continue
            if name in _TOTAL:
                return one.path
            if name in whole and len(one.keys) <= 2:
                said = one.shape.description.lower()
                if ("next" in names and "previous" in names and name == "count") or re.search(r"\btotal\b", said):
                    return one.path
        for folded in sorted(_TOTAL_HEADERS & set(self.headers)):
            return f"header:{self.headers[folded][0]}"
        return None

    def token_for(self, target: str) -> str | None:
        """Where the answer gives the value for cursor parameter ``target``: a JSONPath or ``header:<Name>``."""
        wanted = self.folded[target].strip("]").replace("page[", "")
        exact, named = [], []
        for one in self.envelope.siblings:
            name = fold(one.keys[-1])
            if one.shape.properties or one.shape.type not in {"string", "integer", None} or _is_url(one.shape):
                continue
            inside = fold(one.keys[-2]) if len(one.keys) > 1 else ""
            if name in {f"next{wanted}", f"nextpage{wanted}"} or (inside in {"next"} and name == wanted):
                exact.append(one)
            elif (
                name in _NEXT_TOKEN
                or name.removeprefix("x") in _NEXT_TOKEN
                or (name == wanted and (name in _CURSOR - {"after", "position", "token"} or "cursor" in inside))
                or (
                    name in {"next", "after"}
                    and (
                        inside in {"cursor", "cursors", "page", "paging", "pagination"}
                        or (name == "next" and one.shape.type == "string")
                    )
                )
            ):
                named.append(one)
        for group in (exact, named):
            if group:
                return group[0].path
        for folded in sorted(_TOKEN_HEADERS & set(self.headers)):
            return f"header:{self.headers[folded][0]}"
        return None

    def is_next_url(self, one: Sibling) -> bool:
        name, kind = fold(one.keys[-1]), one.shape
        if kind.properties or kind.type not in {"string", None}:
            return False
        if name in _NEXT_URL:
            return True
        inside = fold(one.keys[-2]) if len(one.keys) > 1 else ""
        if name == "href" and inside == "next":
            return True
        if name == "next":
            return _is_url(kind) or inside in {"links", "link", "_links"}
        return name == "nextpage" and _is_url(kind)


def _is_url(one: Shape) -> bool:
    if one.format in {"uri", "url", "uri-reference"}:
        return True
    raw = one.raw if isinstance(one.raw, Mapping) else {}
    example = raw.get("example")
    said = set(words(one.description))
    return bool(said & {"url", "uri", "link", "href"}) or (str(example).startswith(("http", "/")))


_MAXIMUM = (
    r"(?:max(?:imum)?(?: allowed)?(?: value| size| limit| number)?(?: is|:| of|=)?|up to|at most|no more than|exceed|"
    r"upper limit(?: is|:| of)?|less than or equal to|not (?:be )?(?:greater|larger|more) than)"
    r"\s*(?:a )?[`'\"(*]*(\d{1,5})\b|\bbetween 1 and (\d{1,5})\b|\b1\s?(?:-|–|\.\.|to)\s?(\d{1,5})\b|(\d{1,5}) (?:is the )?max(?:imum)?\b"
)
