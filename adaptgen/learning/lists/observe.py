"""What one answer of a list shows: its records, and what leads on. In memory only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import orjson

from adaptgen.learning.probe import Reply
from adaptgen.learning.records import is_name
from adaptgen.model.evidence import RULES_OUT, Row, Table
from adaptgen.model.tables import Json, value
from adaptgen.plan.document.envelope import CONTAINERS
from adaptgen.plan.document.envelope import jsonpath as written
from adaptgen.runtime.http.page import find_items, link_target
from adaptgen.runtime.paging.item_marks import identity
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.syntax.field_paths import MISSING
from adaptgen.syntax.identifiers import singular, vocabulary, words

BEYOND: Final = frozenset({204, 400, 404, 410, 416, 422})
"""Statuses that may mean that there is no such page."""
REFUSED: Final = frozenset({400, 404, 405, 406, 409, 414, 415, 422, 501})
"""Statuses that refuse an input."""
_DEPTH: Final = 3


@dataclass
class Seen:
    """One answer of a list. ``records`` None: it holds no list; ``place``: where the list is. ``declared``: where it
    should be; ``is_list``: the build knows it as a list; ``resource``: what it
    is about."""

    reply: Reply
    declared: str = "$"
    expected: str | None = None
    is_list: bool = True
    resource: tuple[str, ...] = ()

    @cached_property
    def headers(self) -> Mapping[str, str]:
        return {name.lower(): text for name, text in self.reply.headers.items()}

    @cached_property
    def found(self) -> tuple[str, list[Json]] | None:
        if self.reply.status == 204:
            return (self.expected or self.declared), []
        if not self.reply.ok or self.reply.json is None:
            return None
        if self.expected is not None:
            return _expected(self.reply.json, self.expected)
        return find_place(self.reply.json, self.declared, self.resource, is_list=self.is_list)

    @property
    def records(self) -> list[Json] | None:
        return self.found[1] if self.found is not None else None

    @property
    def place(self) -> str:
        return self.found[0] if self.found is not None else self.declared

    @property
    def count(self) -> int:
        return len(self.records or ())

    @property
    def rivals(self) -> list[tuple[tuple[str, ...], list[Json]]]:
        """The other arrays of records in the answer, by their keys."""
        return find_rivals(self.reply.json, self.records)

    @property
    def broken(self) -> bool:
        """Whether the answer says nothing about what was asked: no answer, a failure of the server, a login."""
        return bool(self.reply.failed) or self.reply.status >= 500 or self.reply.status in (0, 401, 403, 407, 408, 429)

    @property
    def refused(self) -> bool:
        return self.reply.status in REFUSED or (self.reply.ok and self.records is None)

    def marks(self, by_identity: bool) -> tuple[bytes, ...]:
        """The records, to be compared."""
        return tuple(mark(one, by_identity) for one in self.records or ())

    def shape(self) -> dict[str, Json]:
        """Its shape, which can be written down."""
        if self.reply.failed:
            return {"failed": self.reply.failed}
        known: dict[str, Json] = {"status": self.reply.status}
        if self.records is not None:
            known["records"] = self.count
        return known


def mark(record: Json, by_identity: bool) -> bytes:
    """What a record is compared by: all of it, or its identity where it has one."""
    known = identity(record) if by_identity else None
    try:
        return orjson.dumps(list(known) if known is not None else record, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return repr(record).encode()


def _expected(body: Json, place: str) -> tuple[str, list[Json]] | None:
    here = jsonpath.first(place, body)
    if isinstance(here, list):
        return place, here
    if here is None:
        return place, []
    items = find_items(place, body)
    return (place, items) if items is not None and (here is not MISSING or not items) else None


def find_place(
    body: Json, declared: str, resource: tuple[str, ...] = (), *, is_list: bool = True
) -> tuple[str, list[Json]] | None:
    """Where the list of an answer is, and its records: as declared, else the list of objects that is called as the
    ``resource`` or is alone. Without ``is_list`` nothing says that the answer is a list: a record may hold some."""
    if isinstance(body, list):
        return "$", body
    try:
        here = jsonpath.first(declared, body)
    except jsonpath.JsonPathError:
        here = MISSING
    lists = list(_lists(body, (), _DEPTH)) if is_list else []
    if isinstance(here, list) and (not here or not lists or any(isinstance(one, dict) for one in here)):
        return declared, here
    if is_list:
        best, named = _of_records(body, lists, resource)
        if len(best) == 1:
            return written(best[0][0]), best[0][1]
        if named:
            return None
    items = find_items(declared, body) or []
    if find_items(declared, body) is None or (here is MISSING and items == [body]):
        return None
    keys_of = next((keys for keys, inner in _lists(body, (), _DEPTH, any_kind=True) if inner is items), None)
    if keys_of is not None:
        return written(keys_of), items
    return (declared, items) if here is not MISSING else None


def find_rivals(body: Json, records: Sequence[Json] | None) -> list[tuple[tuple[str, ...], list[Json]]]:
    """The arrays of other records in an answer besides ``records``, by their keys. An array that lists the same records
    once more, as some answers do for older clients, does not count."""
    arrays = _lists(body, (), _DEPTH)
    return [(keys, items) for keys, items in arrays if items != records and not _is_about(keys)]


@value()
class _Place:
    """A list in an answer: its keys, and what the answer is about; ``beside``: the members next to it; ``alone``:
    there is no other list of objects."""

    keys: tuple[str, ...]
    resource: tuple[str, ...]
    beside: frozenset[str] = frozenset()
    alone: bool = False

    @property
    def said(self) -> tuple[str, ...]:
        return tuple(map(singular, words(self.keys[-1]))) if self.keys else ()

    @property
    def is_counted(self) -> bool:
        """Whether a member next to it is its number: ``cases_count`` or ``totalCases`` of ``cases``."""
        told = [tuple(map(singular, words(name))) for name in self.beside if name not in self.keys[-1:]]
        ways = {(*self.said, one) for one in _NUMBERS} | {(one, *self.said) for one in _NUMBERS}
        return bool(self.said) and any(one in ways for one in told)


_NUMBERS = ("count", "total")

PLACE: Table[_Place] = Table(
    "which list of an answer holds the records?",
    Row(50, "it is called as the resource", lambda p: p.resource and p.said == p.resource),
    Row(40, "it is called as the resource, and more", lambda p: p.resource and set(p.resource) <= set(p.said)),
    Row(35, "the number next to it is called after it", lambda p: p.is_counted),
    Row(30, "it is called as envelopes call their records", lambda p: bool(p.keys) and p.keys[-1] in CONTAINERS),
    Row(20, "there is no other", lambda p: p.alone),
)


def _of_records(
    body: Json, lists: list[tuple[tuple[str, ...], list[Json]]], resource: tuple[str, ...]
) -> tuple[list[tuple[tuple[str, ...], list[Json]]], bool]:
    """The lists that may be the records: one where that is clear. Of two lists that are called alike, such as those of
    open and of closed records, neither is the whole, also where one of them is empty now. And whether they are called
    as the resource."""
    own = [one for one in lists if not _is_about(one[0])]
    empty = [one for one in _lists(body, (), _DEPTH, any_kind=True) if not one[1] and not _is_about(one[0])]
    if not own and len(empty) == 1:
        return empty, False
    weights: dict[tuple[str, ...], int] = {}
    for keys, items in (*own, *empty):
        place = _Place(keys, resource, _beside_of(body, keys), alone=bool(items) and len(own) == 1)
        if (row := PLACE.strongest(place)) is not None:
            weights[keys] = row.weight
    most = max(weights.values(), default=0)
    best = [keys for keys, weight in weights.items() if weight == most]
    if own and most < _NAMED:
        # Names of envelopes are many: one that is empty is a rival only where it is called the same.
        full = [keys for keys, items in own if keys in best]
        best = [keys for keys in best if keys in full or keys[-1:] in [one[-1:] for one in full]] if full else best
    return [one for one in (*own, *empty) if one[0] in best], most >= _NAMED


_NAMED = 40
"""The weight from which on a list is called as the resource."""


def _beside_of(body: Json, keys: tuple[str, ...]) -> frozenset[str]:
    """The whole numbers next to a list."""
    for key in keys[:-1]:
        body = body[key] if isinstance(body, dict) else None
    return frozenset(name for name, one in body.items() if type(one) is int) if isinstance(body, dict) else frozenset()


_ABOUT = vocabulary("link links error errors warning warnings message messages facet facets included filters columns")


def _is_about(keys: tuple[str, ...]) -> bool:
    """Whether a list is about the answer, and not the records."""
    return bool(keys) and bool({*words(keys[-1])[-1:]} & _ABOUT)


def _lists(
    body: Json, path: tuple[str, ...], depth: int, *, any_kind: bool = False
) -> Iterator[tuple[tuple[str, ...], list[Json]]]:
    if isinstance(body, list):
        if any_kind or (body and isinstance(body[0], dict)):
            yield path, body
    elif isinstance(body, dict) and depth:
        for name, inner in body.items():
            if is_name(name) and not re.search(r"\s", name):
                yield from _lists(inner, (*path, name), depth - 1, any_kind=any_kind)


# ------------------------------------------------------------------------------------------------- what leads on


@value()
class Member:
    """Something next to the records: ``place`` is a JSONPath, or ``header:<Name>``."""

    place: str
    name: str
    value: Json
    holder: str = ""

    @property
    def said(self) -> tuple[str, ...]:
        return words(self.name)

    @property
    def folded(self) -> str:
        return "".join(self.said)

    @property
    def is_address(self) -> bool:
        return isinstance(self.value, str) and self.value.strip().startswith(("http://", "https://", "/", "?"))

    @property
    def is_token(self) -> bool:
        if isinstance(self.value, bool) or self.is_address:
            return False
        return isinstance(self.value, int) or (isinstance(self.value, str) and 0 < len(self.value) < 4096)


_ONWARD = vocabulary("cursor token continuation marker bookmark after scroll key offset position page start")
_BACK = vocabulary(
    "prev previous before back first last self current access refresh csrf xsrf session sync delta request"
)
_TOKENS = vocabulary(
    "cursor continuation continue bookmark marker endcursor scrollid paginationtoken pagetoken after token"
)
_COUNTS = vocabulary("total totals count size limit number pages per")
_PARTS = vocabulary("cursor continuation marker token")
_BLOCKS = vocabulary("cursors paging pagination page")
_TOTAL_WORDS = vocabulary("total totals count found matches matched overall hits full size number num all")
_OF_TOTAL = _TOTAL_WORDS | vocabulary(
    "of results result records record items item rows row entries entry elements element objects object documents "
    "docs data list x wp odata"
)

NEXT: Table[Member] = Table(
    "which member of an answer may lead to the next page?",
    Row(RULES_OUT, "it leads back, or is of a session", lambda m: set(m.said) & (_BACK - {"after", "last"})),
    Row(RULES_OUT, "it is neither a token nor an address", lambda m: not (m.is_token or m.is_address)),
    Row(RULES_OUT, "it counts", lambda m: set(m.said) & _COUNTS and "next" not in m.said),
    Row(30, "it is called the next one", lambda m: "next" in m.said or m.folded.removeprefix("x").startswith("next")),
    Row(25, "it is in what is next", lambda m: "next" in words(m.holder)),
    Row(20, "it is called a token of pages", lambda m: m.folded.removeprefix("x") in _TOKENS),
    Row(
        15, "a part of its name is one of tokens", lambda m: set(m.said) & {"cursor", "continuation", "marker", "token"}
    ),
    Row(
        10, "it is in a block about pages", lambda m: set(words(m.holder)) & {"cursors", "paging", "pagination", "page"}
    ),
)

TOTAL: Table[Member] = Table(
    "which member of an answer may be the number of all records?",
    Row(RULES_OUT, "it is not a whole number", lambda m: not isinstance(m.value, int) or isinstance(m.value, bool)),
    Row(RULES_OUT, "it counts something else", lambda m: not {singular(one) for one in m.said} <= _singulars()),
    Row(30, "it is called a total", lambda m: set(m.said) & {"total", "totals", "found", "matched", "full", "overall"}),
    Row(20, "it is in what is called a total", lambda m: "total" in words(m.holder)),
    Row(10, "it is called a count", lambda m: set(m.said) & {"count", "hits"}),
)


def _singulars() -> frozenset[str]:
    return frozenset({singular(one) for one in _OF_TOTAL} | {"value", "all", "range", "content"})


def members(seen: Seen) -> list[Member]:
    """What is next to the records, and the headers that are not of the connection."""
    found = [
        Member(f"header:{_spelled(name)}", name, _header_value(name, text))
        for name, text in seen.reply.headers.items()
        if name.lower() not in _NO_HEADERS
    ]
    return [*_beside(seen.reply.json, (), seen.records, _DEPTH), *found]


_NO_HEADERS = frozenset({
    "link", "content-length", "content-type", "date", "server", "connection", "age", "etag", "vary", "set-cookie",
    "location", "keep-alive", "transfer-encoding", "cache-control", "expires",
})  # fmt: skip
_RANGE = re.compile(r"\s*\w*\s*(?:\d+-\d+|\*)/(\d{1,15})\s*")


def _spelled(name: str) -> str:
    """A header's name as it is mostly written; its case means nothing."""
    return "-".join(part.capitalize() for part in name.split("-")) if name.islower() else name


def _header_value(name: str, text: str) -> Json:
    if name.lower() == "content-range" and (known := _RANGE.fullmatch(text)):
        return int(known[1])
    return int(text) if text.isdecimal() and len(text) < 16 else text


def _beside(body: Json, path: tuple[str, ...], records: Sequence[Json] | None, depth: int) -> Iterator[Member]:
    if not isinstance(body, dict) or not depth:
        return
    for name, inner in body.items():
        if inner is records or not is_name(name):
            continue
        keys = (*path, name)
        if isinstance(inner, dict):
            yield from _beside(inner, keys, records, depth - 1)
        elif isinstance(inner, list):
            yield from _related(inner, keys)
        else:
            yield Member(written(keys), name, inner, path[-1] if path else "")


def _related(links: list[Json], keys: tuple[str, ...]) -> Iterator[Member]:
    """The address of relation ``next`` in a list of links."""
    for link in links[:20]:
        if not isinstance(link, dict) or not set(words(keys[-1])) & {"link", "links"}:
            continue
        relation = next((name for name in ("rel", "relation", "relationship") if link.get(name) == "next"), None)
        address = next((name for name in ("href", "url", "uri") if isinstance(link.get(name), str)), None)
        if relation and address:
            yield Member(f"{written(keys)}[?(@.{relation}=='next')].{address}", "next", link[address], keys[-1])


def onward_members(seen: Seen) -> list[Member]:
    """Members that perhaps lead on, the clearest first."""
    ranked = [(NEXT.score(one), one) for one in members(seen)]
    return [one for score, one in sorted(ranked, key=lambda pair: -pair[0].total) if score.total > 0]


def spent_members(seen: Seen) -> list[Member]:
    """Members that would lead on, and do not here: null, empty or false."""
    empty = [one for one in members(seen) if one.value in (None, "", False) and not set(one.said) & _BACK]
    return [one for one in empty if "next" in one.said or one.folded in (_TOKENS | _MORE) or set(one.said) & _PARTS]


def totals(seen: Seen) -> list[Member]:
    """Members that perhaps are the number of all records, the clearest first."""
    ranked = [(TOTAL.score(one), one) for one in members(seen)]
    return [one for score, one in sorted(ranked, key=lambda pair: -pair[0].total) if score.total > 0]


def flags(seen: Seen) -> list[Member]:
    """What says whether there is more."""
    return [one for one in members(seen) if isinstance(one.value, bool) and one.folded in _MORE and one.place[0] == "$"]


_MORE = vocabulary("more hasmore hasnext hasnextpage hasmorepages hasmoreitems hasmoreresults istruncated truncated "
                   "moreresults moreavailable nextpage")  # fmt: skip


def next_link(seen: Seen) -> str | None:
    """The target of the link with relation ``next`` (RFC 8288)."""
    return link_target(seen.headers.get("link", ""), "next")


def says_more(first: Seen | None) -> bool:
    """Whether the first answer says that there are other records."""
    if first is None:
        return False
    larger = any(isinstance(one.value, int) and one.value > first.count for one in totals(first)[:1])
    onward = [one for one in onward_members(first) if "next" in one.said]
    return larger or next_link(first) is not None or bool(onward)
