"""What an answer and its headers say about paging: the total, the next token, the next URL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from adaptgen.model.evidence import RULES_OUT, Row, Table
from adaptgen.model.tables import Json
from adaptgen.plan.document.envelope import Envelope, Sibling, jsonpath
from adaptgen.plan.document.schemas import Shape, shape
from adaptgen.plan.paging.parameter_signals import CURSOR, OFFSET, fold
from adaptgen.plan.paging.prose import cursor_told, header_told, leads_on, path_told
from adaptgen.syntax.identifiers import vocabulary, words

if TYPE_CHECKING:
    from adaptgen.source import Document

_TOTAL = vocabulary(
    "total totalcount totalresults totalitems totalelements totalentries totalrecords totalhits totalrows "
    "totalnumber totalsize totalobjects recordstotal fullcount itemcount recordcount totalmatches totalavailable "
    "odatacount numfound numberofrecords numberofresults totalresultscount totalnumberofresults hydratotalitems "
    "quantidadetotaldeitens totalregistros totalderegistros totalitens totaldeitens totalelementos cantidadtotal "
    "totalitemscount totalresultcount resulttotal countall"
)
_NEXT_TOKEN = vocabulary(
    "nextcursor nextpagetoken nexttoken continuationtoken continue nextmarker nextpagecursor endcursor scrollid "
    "bookmark nextpageid nextcontinuationtoken paginationtoken nextstartingtoken nextpagekey aftercursor "
    "nextafter"
)
_MORE = frozenset({"nextpage", "more", "moreresults", "moreavailable", "moreitems"})
_MORE |= frozenset({"hasmore", "hasnext", "hasnextpage", "hasmorepages", "hasmoreitems", "hasmoreresults"})
_ONWARD = vocabulary("pagination paging pointer cursor continuation bookmark scroll")
TIMES = vocabulary("since until")
_NEXT_TIMES = vocabulary("nexttimestamp nexttime nextts nextdate nextsince nextuntil nextstart nextfrom")
_NEXT_URL = vocabulary("nexturl nextlink nextpageurl nexthref nexturi odatanextlink nextpagelink nextrecordsurl")
# What a description says of the total and of nothing smaller: "in this page", "of failed rows".
_TOTAL_OF = re.compile(
    r"\s*(?:the )?total (?:number|count) of (?:all |available |matching |found )?"
    r"(?:rows|records|results|items|entries|elements|objects|hits|matches)\b(?!.*\b(?:page|pages|this)\b)",
    re.IGNORECASE | re.DOTALL,
)
_TOTAL_HEADERS = vocabulary("xtotalcount xtotal totalcount totalrecords paginationcount xpaginationtotalcount xwptotal")
_NEXT_HEADERS = vocabulary("nextpage xnextpage xnexturl xnextlink nextlink xnexthref")
_TOKEN_HEADERS = vocabulary("xnextcursor nextcursor xnexttoken xnextpagetoken xcontinuationtoken")
_TOKEN_HEADER_ENDS = ("continuationtoken", "continuation", "nextpagetoken", "nextcursor", "nexttoken", "nextmarker")


# "use the embedded `next` or `prev` link", "the link with rel next".
_NEXT_LINK = re.compile(r"\bnext\b[^.]{0,30}\blinks?\b|\blinks?\b[^.]{0,40}\bnext\b", re.IGNORECASE)


# "The previous URL always points to a page with older records": a list that begins with the newest goes on there.
_OLDER = re.compile(r"\b(?:page|results|set) (?:with|of) older\b", re.IGNORECASE)
_NEWER = re.compile(r"\b(?:page|results|set) (?:with|of) newer\b", re.IGNORECASE)
_NEWEST_FIRST = re.compile(r"\bnewest (?:to|first)|\b(?:most recent|latest) first|\breverse chronolog", re.IGNORECASE)
_THIS_PAGE = re.compile(r"\W*(?:the |a )?(?:current|requested|previous)(?!.*\bnext\b)", re.IGNORECASE | re.DOTALL)


class PagingSignals:
    """The properties next to the records, and the declared headers, of one list. ``notes``: the operation's
    description."""

    def __init__(self, document: Document, envelope: Envelope, headers: Mapping[str, Json], notes: str = "") -> None:
        self.document, self.envelope, self.notes = document, envelope, notes
        self.headers = {fold(name): (name, node) for name, node in sorted(headers.items())}
        self.beside = frozenset(fold(one.keys[-1]) for one in envelope.siblings)

    def total(self) -> str | None:
        """Where the number of all records is: a JSONPath or ``header:<Name>``."""
        for one in self.envelope.siblings:
            name, kind = fold(one.keys[-1]), one.shape.type
            if kind not in {"integer", "number", None} or (kind is None and one.shape.properties):
                continue
            if name in _TOTAL:
                return one.path
            if name.endswith("count") and _TOTAL_OF.match(one.shape.description):
                return one.path
            if name in {"count", "size"} and len(one.keys) <= 2:
                said = one.shape.description.lower()
                if (name == "count" and {"next", "previous"} <= self.beside) or re.search(r"\btotal\b", said):
                    return one.path
        for folded in sorted(_TOTAL_HEADERS & set(self.headers)):
            return f"header:{self.headers[folded][0]}"
        return None

    def more(self) -> str | None:
        """Where the answer says whether there is a next page; the last page may have a token too."""
        flags = [one for one in self.envelope.siblings if one.shape.type == "boolean"]
        return next((one.path for one in flags if fold(one.keys[-1]) in _MORE), None)

    def token_for(self, target: str, text: str = "") -> str | None:
        """Where the answer has the value for cursor parameter ``target``: a JSONPath or ``header:<Name>``. ``text``
        describes the parameter; what it says counts where no name does."""
        return self._named(target) or self.told_for(target, text) or self._elsewhere(text)

    def goes_into(self, target: str) -> bool:
        """Whether the answer has the next value of a parameter, by name: ``next_stream_position``."""
        return len(fold(target)) > 3 and f"next{fold(target)}" in self.beside

    def token_called(self, target: str) -> bool:
        """Whether the answer has a text of the parameter's name, which is one about pages: ``pagination_id``."""
        alike = [one for one in self.envelope.siblings if fold(one.keys[-1]) == fold(target)]
        return any(one.shape.type == "string" and set(words(target)) & _ONWARD for one in alike)

    def end_for(self, target: str, input_shape: Shape) -> str | None:
        """Where the answer says where its page ends, for a parameter that says where the next one begins, of one
        type: ``end`` for ``from`` or ``start``, ``next_batch`` for ``since`` or ``from``."""
        ends = [one for one in self.envelope.siblings if fold(one.keys[-1]) in {"nextbatch", "nextstart", "nextfrom"}]
        if fold(target) not in TIMES:
            ends += [one for one in self.envelope.siblings if fold(one.keys[-1]) == "end"]
        return next((one.path for one in ends if _is_same_value(one.shape, input_shape)), None)

    def member_for(self, target: str, input_shape: Shape) -> str | None:
        """The member of the answer that is called as a parameter and has its type."""
        alike = [one for one in self.envelope.siblings if fold(one.keys[-1]) == fold(target)]
        return next((one.path for one in alike if _is_same_value(one.shape, input_shape)), None)

    def header(self, name: str) -> str | None:
        """``header:<Name>`` where a header of this name is declared."""
        return f"header:{self.headers[fold(name)][0]}" if fold(name) in self.headers else None

    def is_number(self, path: str) -> bool:
        """Whether the field of the answer at ``path`` is a number."""
        return any(one.path == path and one.shape.type in {"integer", "number"} for one in self.envelope.siblings)

    def told_for(self, target: str, text: str) -> str | None:
        """The field of the answer that goes into ``target`` because one of the two descriptions names the other."""
        for one in self.envelope.siblings:
            if one.shape.properties or one.shape.type not in {"string", "integer", None} or _is_url(one.shape):
                continue
            if leads_on(target, text, one.keys[-1], one.shape.description):
                return one.path
        return None

    def _elsewhere(self, text: str) -> str | None:
        """A header, or a place in the answer that its schema leaves out, which a description names."""
        if name := header_told(text):
            return f"header:{name}"
        keys = path_told(text)
        if keys is None:
            return None
        declared = [one for one in self.envelope.siblings if one.keys[-len(keys) :] == keys]
        if declared:
            return None if _is_url(declared[0].shape) else declared[0].path
        return jsonpath(keys) if keys[0] not in self.envelope.names else None

    def _named(self, target: str) -> str | None:
        wanted = fold(target).strip("]").replace("page[", "")
        chosen = [
            (row.weight, one) for one in self.envelope.siblings if (row := NEXT_TOKEN.strongest(_Next(one, wanted)))
        ]
        chosen = [(weight, one) for weight, one in chosen if weight != RULES_OUT]
        if chosen:
            return max(chosen, key=lambda pair: pair[0])[1].path
        for folded in sorted(self.headers):
            if folded in _TOKEN_HEADERS or folded.endswith(_TOKEN_HEADER_ENDS):
                return f"header:{self.headers[folded][0]}"
        return None

    def next_url(self) -> str | None:
        """The JSONPath of the next page's URL."""
        named = next((one.path for one in self.envelope.siblings if self.is_next_url(one)), None)
        return named or next((path for one in self.envelope.siblings if (path := self.related(one))), None)

    def related(self, one: Sibling) -> str | None:
        """The URL of relation ``next`` in a list of ``{relation, url}`` (FHIR R5, Bundle.link)."""
        if one.shape.type != "array" or fold(one.keys[-1]) not in {"link", "links"}:
            return None
        members = shape(self.document, one.shape.items).properties
        if {"relation", "url"} <= set(members):
            return f"{one.path}[?(@.relation=='next')].url"
        # Any record may have links; those of a list lead to its next page where somebody says so.
        relation = next((name for name in ("rel", "relation", "relationship") if name in members), None)
        address = next((name for name in ("href", "uri", "url") if name in members), None)
        if relation is None or address is None:
            return None
        kinds = shape(self.document, members[relation]).enum or ()
        if "next" in kinds or _NEXT_LINK.search(f"{self.notes} {one.shape.description}"):
            return f"{one.path}[?(@.{relation}=='next')].{address}"
        return None

    def next_header(self) -> str | None:
        """The declared header that holds the next page's URL."""
        for folded in sorted(_NEXT_HEADERS & set(self.headers)):
            name, node = self.headers[folded]
            one = shape(self.document, node)
            said = f"{name} {one.description}".lower()
            if one.format in {"uri", "url"} or (one.type in {"string", None} and re.search(r"ur[il]|link", said)):
                return name
        return None

    def is_next_url(self, one: Sibling) -> bool:
        row = NEXT_URL.strongest(_Next(one, "", self.beside, newest_first=bool(_NEWEST_FIRST.search(self.notes))))
        return row is not None and row.weight != RULES_OUT


class _Next:
    """A field next to the records that may lead to the next page. ``wanted``: what the parameter is called that takes
    it; ``beside``: what else is there; ``newest_first``: how the list is sorted, where that is said."""

    def __init__(
        self, one: Sibling, wanted: str, beside: frozenset[str] = frozenset(), *, newest_first: bool = False
    ) -> None:
        self.shape, self.wanted, self.beside, self.newest_first = one.shape, wanted, beside, newest_first
        self.name, self.said = fold(one.keys[-1]), words(one.keys[-1])
        self.inside = fold(one.keys[-2]) if len(one.keys) > 1 else ""
        self.is_text = one.shape.type == "string"

    @property
    def has_name_of_cursor(self) -> bool:
        onward = self.is_text and bool(set(self.said) & _ONWARD)
        return onward or self.name in CURSOR - {"after", "position", "token"} or "cursor" in self.inside

    @property
    def is_told(self) -> bool:
        back = set(self.said) & {"previous", "prev", "this", "current", "backward", "backwards", "first"}
        return self.is_text and not back and cursor_told(self.shape.description.lower())

    @property
    def is_next_time(self) -> bool:
        dated = self.shape.type == "integer" or self.shape.format in {"date", "date-time"}
        return self.name in _NEXT_TIMES or (self.name == "next" and dated)

    @property
    def is_next_of_two(self) -> bool:
        """Whether there is a page before and a page after: addresses, where nothing takes a token."""
        return bool({"previous", "prev"} & self.beside) and "page" in words(self.shape.description)


NEXT_TOKEN: Table[_Next] = Table(
    "which field of the answer is the next token?",
    Row(
        RULES_OUT,
        "it is not a value",
        lambda n: n.shape.properties or n.shape.type not in {"string", "integer", "number", None},
    ),
    Row(RULES_OUT, "it is an address", lambda n: _is_url(n.shape)),
    Row(
        RULES_OUT,
        "it is a link",
        lambda n: n.inside in {"links", "link"} and "token" not in words(n.shape.description),
    ),
    Row(RULES_OUT, "it is that of this page", lambda n: _THIS_PAGE.match(n.shape.description)),
    Row(20, "it is called the next one", lambda n: n.name in {f"next{n.wanted}", f"nextpage{n.wanted}"}),
    Row(20, "it is the time that comes next", lambda n: n.wanted in TIMES and n.is_next_time),
    Row(20, "it is in what comes next", lambda n: n.inside in {"next", "nextpage"} and n.name == n.wanted),
    Row(10, "it is called a next token", lambda n: {n.name, n.name.removeprefix("x")} & _NEXT_TOKEN),
    Row(10, "it has the name of the cursor", lambda n: n.name == n.wanted and n.has_name_of_cursor),
    # A text that comes and goes under one name is a token, even if it is called an offset.
    Row(
        10,
        "it is a string with the name of the offset",
        lambda n: n.name == n.wanted and n.name in OFFSET and n.is_text,
    ),
    Row(
        10,
        "it is next in a block about pages",
        lambda n: n.name in {"next", "after"} and n.inside in {"cursor", "cursors", "page", "paging", "pagination"},
    ),
    Row(10, "it is described as the token of the next page", lambda n: n.is_told),
    Row(10, "it is a string called next", lambda n: n.name == "next" and n.is_text and n.wanted not in TIMES),
)

NEXT_URL: Table[_Next] = Table(
    "which field of the answer is the next page's URL?",
    Row(RULES_OUT, "it is not a string", lambda n: n.shape.properties or n.shape.type not in {"string", None}),
    Row(RULES_OUT, "it leads back to newer records", lambda n: n.newest_first and _NEWER.search(n.shape.description)),
    Row(10, "it is called the next URL", lambda n: n.name in _NEXT_URL),
    Row(
        10,
        "it leads on to older records",
        lambda n: n.newest_first and _is_url(n.shape) and _OLDER.search(n.shape.description),
    ),
    Row(10, "it is the address of what is next", lambda n: n.name == "href" and n.inside == "next"),
    Row(10, "it is called next, and an address", lambda n: n.name in {"next", "nextpage"} and _is_url(n.shape)),
    Row(10, "it is the next link", lambda n: n.name == "next" and n.inside in {"links", "link", "_links"}),
    Row(10, "it is the next page of two", lambda n: n.name == "next" and n.is_next_of_two),
)


def _is_same_value(answered: Shape, asked: Shape) -> bool:
    """Whether a member of the answer can be sent back as it is."""
    dated = {"date", "date-time", "time"} & {answered.format, asked.format}
    return answered.type == asked.type and asked.type in {"string", "integer"} and not dated and not _is_url(answered)


def _is_url(one: Shape) -> bool:
    if one.format in {"uri", "url", "uri-reference"}:
        return True
    raw = one.raw if isinstance(one.raw, Mapping) else {}
    example = raw.get("example")
    said = set(words(one.description))
    return bool(said & {"url", "uri", "link", "href"}) or (str(example).startswith(("http", "/")))
