"""What the parameters of an operation say about paging: which one is the size, from where pages count, how many at
most. Names are compared without case and punctuation: ``page_size``, ``pageSize`` and ``$pageSize`` are the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from adaptgen.model.frozen import lazy
from adaptgen.plan.document.reader import Parameter
from adaptgen.plan.document.schemas import MISSING, Shape, shape
from adaptgen.plan.paging.prose import about_parameter, cursor_told, offset_told, page_told, size_told
from adaptgen.syntax.identifiers import vocabulary

if TYPE_CHECKING:
    from adaptgen.source import Document

OFFSET = vocabulary("offset skip startat startindex start from rowstart firstresult startrow startrecord")
OFFSET |= {"page[offset]", "pageoffset", "resultoffset", "offsetrows", "startoffset"}
OFFSET |= vocabulary(
    "desplazamiento deslocamento inicio "
    "skiprecords recordstoskip skipcount firstrow firstrecord limitstart recordindex recordoffset rowoffset itemoffset "
    "listoffset startingindex startrecordnumber startrownumber firstindex paginationoffset"
)
PAGE = vocabulary("page pagenumber pageno pagenum pageindex currentpage paged p pg page[number] pagenr")
PAGE |= vocabulary("startpage pagestart paginatepage paginationpage whichpage resultpage resultspage pageposition")
PAGE |= vocabulary(
    "current curpage pn pagina paginaatual paginaactual numeropagina numeropaginas numpagina numerodepagina "
    "numerodapagina nropagina seite seitennummer numeropage numerodepage"
)
PAGES_TO_SKIP = vocabulary("skippages pagestoskip skippage")
PAGE |= PAGES_TO_SKIP
LIMIT = vocabulary(
    "maximumpagesize requestedpagesize maximumresults maximumitems "
    "limit top size count max maxresults rows num pagesize perpage pagelimit pagelen take length maxrecords "
    "maxitems resultsperpage hitsperpage itemsperpage recordsperpage limitcount batchsize resultsize pagecount "
    "maxpagesize page[size] page[limit] pages[size] page[perpage] numresults limitresults ps first resultcount "
    "maxcount querylimit resultlimit entriesperpage numberofresults numberofrecords numberofitems numitems numrecords "
    "maxentries maxrows maxreturned nrows recordcount maxnumberofresults pagelength pagemax perpagelimit "
    "numbertoread itensporpagina itenspagina registrosporpagina elementosporpagina tamanhopagina tamanhodapagina "
    "tamanopagina tamanodepagina porpagina proseite elementeproseite seitengroesse parpage elementsparpage taillepage "
    "numperpage sizeperpage rpp rowcount recordsnumber paginatelimit paginationlimit paginationsize rowsperpage"
)
CURSOR = vocabulary(
    "cursor pagetoken nexttoken nextpagetoken continuationtoken after continue marker nextcursor pagecursor "
    "bookmark startcursor scrollid page[after] page[cursor] paginationtoken nextpage nextpageid startingtoken "
    "skiptoken exclusivestartkey token pagingtoken aftercursor position startkey startingafter startafter iterator "
    "pagepointer nextpagepointer pagekey"
)
TOKEN = vocabulary(
    "pagetoken nexttoken nextpagetoken continuationtoken nextcursor pagecursor paginationtoken startingtoken cursor "
    "page[cursor] continue"
)
"""Names that nothing but the token of a page has."""
_SURE = vocabulary("limit pagesize perpage maxresults top page[size] page[limit] pagelimit take")
_BEGIN = vocabulary("from start inicio")
_END = vocabulary("to end until till stop fin fim")
_NO_POSITION = lazy(r"\b(date|time|timestamp|epoch|unix|day|month|year|seconds|block|version|height)\b")
_AUTHENTICATES = lazy(
    r"\b(auth\w*|access|api|bearer|user|session|security|jwt|oauth\w*)[ -]?tokens?\b|\blog(ged)? ?in\b"
)
_MANY_MEANINGS = vocabulary("size max length num first count rows top ps take")
_OF_RECORDS = lazy(
    r"\b(results?|items?|records?|entries|rows|objects|elements|returned?|pages?|lists?|how many|number of|maximum)\b"
)
_MEASURE = lazy(r"\b(time ?zones?|utc|gmt|(milli)?seconds?|minutes?|hours?|bytes?|pixels?|degrees?|met(er|re)s?)\b")
_CONTINUES = lazy(r"\b(tokens?|previous(ly)?|continu(e|es|ed|ing|ation)|resum(e|es|ed|ing))\b")
_TOKEN = lazy(r"\b(token|cursor|opaque|encoded|string|hash|marker|pointer)\b")
_NUMBER_FORMATS = (None, "int32", "int64", "integer", "number", "int")
WIRE_NUMBERS = frozenset({"int64", "uint64"})
"""Formats of texts that are numbers: the JSON form of protocol buffers reads both."""
_SIZE_NAMES = vocabulary(
    "perpage pagesize limit maxresults maxitems maxrecords pagelimit resultsperpage itemsperpage recordsperpage"
)
_PAGE_SIZES = vocabulary("perpage pagesize rpp itemsperpage resultsperpage page[size]")
_COUNTS = vocabulary(
    "page pagenumber pageno pagenum offset skip pageoffset limit pagesize perpage count size pagelimit"
)
_SIZES = vocabulary("limit pagesize perpage count size pagelimit")
_SAID = OFFSET | PAGE | CURSOR | _SURE
_LIKELY = ("limit", "pagesize", "perpage", "page[size]", "page[limit]", "maxresults", "top", "size")
_MAXIMUM = (
    r"(?:max(?:imum)?(?: allowed)?(?: value| size| limit| number)?(?: is|:| of|=)?|up to|at most|no more than|exceed|"
    r"upper limit(?: is|:| of)?|less than or equal to|not (?:be )?(?:greater|larger|more) than)"
    r"\s*(?:a )?[`'\"(*]*(\d{1,5})\b|\bbetween 1 and (\d{1,5})\b|\b1\s?(?:-|–|\.\.|to)\s?(\d{1,5})\b"
    r"|(\d{1,5}) (?:is the )?max(?:imum)?\b"
)


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """A parameter's name for comparison: ``page_size``, ``pageSize`` and ``$pageSize`` are the same, and so are
    ``página`` and ``pagina``."""
    return re.sub(r"[^a-z0-9\[\]]", "", unicodedata.normalize("NFKD", name).lower())


class Parameters:
    """The query parameters of one operation, or its inputs in another place, which ``folded`` has names to compare.
    ``notes``: its description, which may describe them too."""

    def __init__(
        self,
        document: Document,
        queries: Mapping[str, Parameter],
        notes: str = "",
        *,
        folded: Mapping[str, str] | None = None,
    ) -> None:
        self.document, self.queries, self.notes = document, queries, notes
        self.shapes = {name: shape(document, one.schema) for name, one in queries.items()}
        self.folded = {name: fold(name) for name in queries} if folded is None else folded

    def called(self, names: frozenset[str]) -> list[str]:
        """Those whose folded name is among ``names``, in the order declared."""
        return [name for name, folded in self.folded.items() if folded in names]

    def offsets(self) -> list[str]:
        """The parameters that say where to begin, those by name before those by description."""
        named = [name for name in self.called(OFFSET) if not self.other_begin(name) and not self.measures(name)]
        # `first` alone is a size (GraphQL's connections); beside `max` it is a position (JPA's setFirstResult).
        names = set(self.folded.values())
        pair = self.called(frozenset({"first"})) if "max" in names and not names & {"after", "before"} else []
        return list(dict.fromkeys([*named, *pair, *self.told["offset"]]))

    def other_begin(self, name: str) -> bool:
        """Whether ``from`` or ``start`` begins something else: a range that another parameter ends, a time, or the
        list that is read page by page all the same."""
        if self.folded[name] not in _BEGIN:
            return False
        if set(self.folded.values()) & (_END | PAGE):
            return True
        one, said = self.shapes[name], self.described(name)
        counts = str(one.default) in ("0", "1") or offset_told(said)
        return (one.type == "string" or bool(_NO_POSITION.search(said))) and not counts

    def measures(self, name: str) -> bool:
        """Whether an offset is one of time or of bytes."""
        said = self.described(name)
        return bool(_MEASURE.search(said)) and not offset_told(said)

    def begins_range(self, name: str) -> bool:
        """Whether a text begins a range that another parameter ends, or is a date."""
        dated = self.shapes[name].format in {"date", "date-time"}
        return dated or (self.folded[name] in _BEGIN and bool(set(self.folded.values()) & _END))

    def begins(self) -> list[str]:
        """The optional parameters that say where something begins."""
        return [name for name in self.called(_BEGIN | {"since"}) if not self.queries[name].required]

    def begins_page(self, name: str) -> bool:
        """Whether the end of a page goes into ``from``, ``start`` or ``since``: by its text, or because nothing makes
        it the begin of a range or of a time."""
        if name not in self.begins() or self.shapes[name].format in {"date", "date-time"}:
            return False
        if self.continues(name):
            return True
        ranged = set(self.folded.values()) & _END
        return not ranged and not _NO_POSITION.search(self.described(name)) and not self.measures(name)

    def continues(self, name: str) -> bool:
        """Whether the text of a parameter says that it continues from the previous answer."""
        said = self.described(name)
        return bool(_CONTINUES.search(said)) and not _AUTHENTICATES.search(said) and self.shapes[name].enum is None

    def pages(self) -> list[str]:
        """The parameters for the number of a page, by name and by description."""
        return [*self.called(PAGE), *self.told["page"]]

    def cursors(self) -> list[str]:
        """The parameters that take a token, by name and by description. Those that nothing but a token has come first:
        ``after`` may take an id; ``token`` comes last: it may log in."""
        named = [name for name in self.called(CURSOR) if not self.authenticates(name)]
        named.sort(key=lambda name: (self.folded[name] == "token", self.folded[name] not in TOKEN))
        return [*named, *self.told["cursor"]]

    def is_opaque(self, name: str) -> bool:
        """Whether a parameter is described as a token or a position, which only the API knows."""
        return bool(_TOKEN.search(self.described(name)) or "position" in self.described(name))

    def authenticates(self, name: str) -> bool:
        """Whether a parameter called ``token`` proves who is calling, by what is said of it."""
        return self.folded[name] == "token" and bool(_AUTHENTICATES.search(self.described(name)))

    @cached_property
    def told(self) -> dict[str, list[str]]:
        """Optional parameters whose names say nothing of paging, by what their descriptions say they are."""
        found: dict[str, list[str]] = {"offset": [], "page": [], "cursor": [], "size": []}
        for name, one in self.queries.items():
            kind = self.shapes[name].type
            if one.required or self.shapes[name].enum is not None:
                continue
            said = self.described(name)
            if self.folded[name] in _SAID:
                # Called like a token, but a number that counts records.
                if self.folded[name] in CURSOR and kind in {"integer", "number"} and offset_told(said):
                    found["offset"].append(name)
                elif self.folded[name] in OFFSET - PAGE and self.counts_pages(name):
                    found["page"].append(name)
                continue
            if kind == "string" and cursor_told(said):
                found["cursor"].append(name)
            elif kind in {"integer", "number"}:
                says = (("size", size_told), ("offset", offset_told), ("page", page_told))
                known = next((what for what, test in says if test(said)), None)
                if known:
                    found[known].append(name)
        return found

    def limit(self, *, clear: bool = False) -> str | None:
        """The parameter for the size of a page; ``clear``: only one whose name or description leaves nothing else."""
        found = [name for name in self.queries if self.folded[name] in LIMIT and self.number_like(name)]
        if clear:
            found = [name for name in found if self.folded[name] in _SURE or size_told(self.described(name))]
        else:
            found = [name for name in found if name not in self.offsets()] or self.told["size"]
        ranks = {name: _LIKELY.index(self.folded[name]) if self.folded[name] in _LIKELY else 99 for name in found}
        return min(found, key=lambda name: (ranks[name], list(self.queries).index(name)), default=None)

    def argument_of_size(self) -> str | None:
        """The parameter that asks for a number of records, or the position where they end, of a list whose paging is
        not known. A ``size`` may be that of a shoe: where it has a text, this must be about records."""
        name = self.limit(clear=True) or self.limit()
        if name is not None:
            said = self.described(name).strip()
            plain = self.folded[name] not in _MANY_MEANINGS or not said
            if plain or size_told(said) or _OF_RECORDS.search(said):
                return name
        return next((one for one in self.called(_END) if self.is_end(one)), None)

    def is_end(self, name: str) -> bool:
        """Whether a number is the position where a part of the list ends that ``from`` or ``start`` begins."""
        begins = [one for one in self.called(_BEGIN) if self.number_like(one) and not self.measures(one)]
        times = any(_NO_POSITION.search(self.described(one)) for one in (name, *begins))
        return self.folded[name] in _END and self.number_like(name) and bool(begins) and not times

    def beside_page(self, name: str) -> bool:
        """Whether a position adds to the number of a page: the only size is that of a page, in its name."""
        page = any(self.number_like(other) for other in self.called(PAGE - OFFSET) if other != name)
        return page and set(self.folded.values()) & LIMIT <= _PAGE_SIZES and bool(self.called(_PAGE_SIZES))

    def part(self) -> tuple[str, str, str] | None:
        """The style, the position and the size of a page that the parameters ask for; None without one of these."""
        size = self.limit()
        for style, names in (("offset", self.offsets()), ("page", self.pages())):
            position = next((name for name in names if name != size and self.number_like(name)), None)
            if size and position:
                return style, position, size
        return None

    def number_like(self, name: str) -> bool:
        one = self.shapes[name]
        if one.type in {"integer", "number"}:
            return True
        if self.queries[name].place == "body":
            return one.type is None or one.format in WIRE_NUMBERS
        if one.type is None and (not one.types or "integer" in one.types):
            return True
        return one.type == "string" and one.format in _NUMBER_FORMATS and (self.numeric(name) or self.by_name(name))

    def by_name(self, name: str) -> bool:
        """Whether a parameter declared as a string can be nothing but a number: a position or the number of a page
        next to a size, with no word of a token."""
        if self.folded[name] not in _COUNTS or self.shapes[name].enum is not None:
            return False
        beside = set(self.folded.values())
        if not (beside & _SIZES and beside & _COUNTS - _SIZES) or _TOKEN.search(self.described(name)):
            return False
        return self.folded[name] == "pageoffset" or not beside & (CURSOR - {"token", "position"})

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
        if self.folded[name] in _SIZE_NAMES:
            return one.enum is None or all(str(value).isdigit() for value in one.enum)
        said = f"{given.description} {one.description}".lower()
        return bool(
            re.search(
                r"\bpage (number|no\b|index)|number of (the )?(page|items|results|records)|which page"
                r"|\bpage of (the )?\w+ to\b|\bdefaults? (is|to) (page )?\d",
                said,
            )
        )

    def text_like(self, name: str) -> bool:
        one = self.shapes[name]
        return one.type in {"string", None} and one.format not in {"date", "date-time"} and one.enum is None

    def described(self, name: str) -> str:
        return _plain(self.text(name))

    def text(self, name: str) -> str:
        """What the document says of a parameter, as it is written."""
        said = f"{self.queries[name].description} {self.shapes[name].description}".strip()
        return said or about_parameter(name, self.notes)

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

    def first(self, name: str, beside: frozenset[str]) -> int | None:
        """The number of the first page; None where it may as well be 0 as 1. ``beside``: folded names of what is
        next to the records (a page object that counts from 0 is known by its members). Where nothing is said here, the
        document's other parameters of the same name speak for it, if they agree."""
        if self.folded[name] in PAGES_TO_SKIP:
            return 0
        found = _first(self.shapes[name], self.described(name))
        if found is not None:
            return found
        if self.folded[name] in OFFSET:
            return None
        if {"totalelements", "totalpages", "number"} <= beside:
            return 0
        said = _elsewhere(self.document, name)
        if len(said) == 1:
            return next(iter(said))
        if self.queries[name].required and self.shapes[name].constraints.get("minimum") == 0:
            return 0
        return None if self.folded[name] == "pageindex" and self.queries[name].required else 1

    def tells_first(self, name: str) -> bool:
        """Whether the document says what number the first page has."""
        return _first(self.shapes[name], self.described(name)) is not None or len(_elsewhere(self.document, name)) == 1

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

    def counts_records(self, name: str) -> bool:
        """Whether a parameter that is called an offset is a size after all."""
        return bool(re.search(r"number of \w+( \w+)? to (be )?(retrieve|return|fetch|get)", self.described(name)))


_ZERO = lazy(
    r"\b(0|zero)[- ]?(based|index)|\(0\s*\.\.|first page (is|=|:) ?(0|zero)"
    r"|\b(start|begin)(s|ning|ing)? (at|from|with|by)( page| index)? (0|zero)\b"
    r"|\bdefaults?( value)?( is| to|:| =|=)? ?(0|zero)\b(?!\.\d)"
    r"|\b(values?|page|counted|counting):? from (0|zero)\b"
    r"|(0|zero) (is|for|means|being|as) the first|index.{0,30}\b0\b"
)
_ONE = lazy(
    r"\b(1|one)[- ]?(based|index)|first page (is|=|:) ?(1|one)"
    r"|\b(start|begin)(s|ning|ing)? (at|from|with|by)( page| index)? (1|one)\b"
    r"|\bdefaults?( value)?( is| to|:| =|=)? ?(1|one)\b(?!\.\d)"
)


@lru_cache(maxsize=1024)
def _first_told(said: str) -> int | None:
    return 0 if _ZERO.search(said) else 1 if _ONE.search(said) else None


def _first(one: Shape, said: str) -> int | None:
    """The number of the first page that is declared; a bound of 0 says that the number is not negative, no more."""
    if (told := _first_told(said)) is not None:
        return told
    if one.default is not MISSING and str(one.default) in {"0", "1"}:
        return int(str(one.default))
    return 1 if one.constraints.get("minimum") == 1 else None


_FIRSTS: WeakKeyDictionary[Document, dict[str, list[int | None]]] = WeakKeyDictionary()


def _elsewhere(document: Document, name: str) -> set[int]:
    """What the query parameters called ``name`` say about the number of the first page, where at least half do."""
    if document not in _FIRSTS:
        _FIRSTS[document] = {}
        for parameter in _page_parameters(document):
            text = parameter.get("description")
            said = _plain(text if isinstance(text, str) else "")
            first = _first(shape(document, parameter.get("schema", parameter)), said)
            _FIRSTS[document].setdefault(str(parameter["name"]), []).append(first)
    every = _FIRSTS[document].get(name, [])
    told = {first for first in every if first is not None}
    return told if 2 * sum(first is not None for first in every) >= len(every) else set()


def _page_parameters(document: Document) -> list[Mapping[str, Any]]:
    """Every query parameter of every operation that is called like the number of a page."""
    found: dict[int, Mapping[str, Any]] = {}
    paths = document.root.get("paths")
    for item in paths.values() if isinstance(paths, Mapping) else ():
        for holder in (item, *item.values()) if isinstance(item, Mapping) else ():
            listed = holder.get("parameters") if isinstance(holder, Mapping) else None
            for node in listed if isinstance(listed, list) else ():
                try:
                    one = document.deref(node)
                except LookupError:
                    continue
                if isinstance(one, Mapping) and one.get("in") == "query" and fold(str(one.get("name"))) in PAGE:
                    found[id(one)] = one
    return list(found.values())


def _plain(text: str) -> str:
    return re.sub(r"[`'\"*]", "", text.lower())
