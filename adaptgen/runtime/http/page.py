"""One page of an API: how it is asked for, and what its answer says about items, total and the next page.

Positional styles (offset, page number) know where any page starts; the others learn the next place from the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias
from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit

from adaptgen.model import frozen
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Cursor, Json, Link, NextHeader, NextUrl, Offset, PageNumber, Paging, Unpaged
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.completeness import (
    ListAnswer,
    find_doubt,
    find_sizes,
    find_token,
    find_total,
    list_beside,
    read_answer,
)
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.syntax.field_paths import MISSING
from adaptgen.syntax.tables import kind_of_media
from adaptgen.views.vocabulary import identifies, is_wrapper_word

if TYPE_CHECKING:
    from adaptgen.runtime.http.response import Response

LARGE: Final = 200_000
"""Bytes of a table that is read off the event loop."""

At: TypeAlias = Json
"""Where an API page starts: an offset, a page number, a token (any JSON value) or a URL; None is the first page of the
others. Of lists without known paging, a list of the token."""


class Fetch(Protocol):
    """One request of the tool's call with these values of paging where they belong, or of a next-page URL (maybe
    relative), with the body that the call has with these values.

    Raises:
        ToolError: the API refused or failed, its status in ``status``; or the URL is of another origin.
    """

    def __call__(self, query: Mapping[str, Json] = ..., url: str | None = None) -> Awaitable[Response]: ...


@frozen.value()
class Page:
    """What came for ``at``. ``next``: where the API says that the list goes on (None: nowhere, or it does not say).
    ``torn``: what of a table could not be read. ``doubt``: why the list may go on although nothing leads on;
    ``weak``: only its length says so. ``beside``: JSONPaths of what is next to the items. ``evidence``: why a list
    that is read by position may go on, should its positions turn out to be ignored."""

    at: At
    items: list[Json]
    next: At = None
    total: int | None = None
    torn: str = ""
    doubt: str = ""
    weak: bool = False
    beside: tuple[str, ...] = ()
    evidence: Callable[[], str] = str


class NoList(Exception):
    """The answer holds no list. ``response`` is all of it."""

    def __init__(self, response: Response) -> None:
        super().__init__("no list in the answer")
        self.response = response


def first_place(paging: Paging) -> At:
    """Where the first page starts."""
    if isinstance(paging, Offset):
        return 0
    return paging.first if isinstance(paging, PageNumber) else None


def is_positional(paging: Paging) -> bool:
    """Whether any page can be asked for by its number."""
    return isinstance(paging, (Offset, PageNumber))


def by_offset(paging: Paging) -> bool:
    """Whether positions count items."""
    return isinstance(paging, Offset)


def size_parameter(paging: Paging) -> str | None:
    """The parameter that asks for a number of items."""
    if isinstance(paging, PageNumber):
        return paging.size
    return None if isinstance(paging, Unpaged) else paging.limit


async def read_page(paging: Paging, fetch: Fetch, at: At, size: int | None) -> Page:
    """Ask for the page at ``at`` with ``size`` items, where the API lets one ask.

    Raises:
        NoList: the answer holds no list of items.
        ToolError: from ``fetch``, or because the answer is not JSON.
    """
    query: dict[str, Json] = {}
    sized = size_parameter(paging)
    if sized is not None and size is not None:
        query[sized] = size
    if isinstance(at, str) and (not isinstance(paging, Cursor) or _is_url(at)):
        apart = getattr(paging, "place", "") in ("body", "header")  # a URL has none of these values in it
        return await _paged(paging, at, await fetch(query if apart else {}, at))
    if isinstance(paging, Offset):
        query[paging.offset] = at + paging.first if isinstance(at, int) else paging.first
    elif isinstance(paging, PageNumber) and at is not None:
        query[paging.page] = at
    elif isinstance(paging, Unpaged) and paging.cursor and isinstance(at, list):
        query[paging.cursor] = at[0]
    elif isinstance(paging, Cursor) and at is not None:
        query[paging.cursor] = at
        try:
            return await _paged(paging, at, await fetch(query))
        except ToolError as problem:
            if problem.status != 304:
                raise
            return Page(at, [])  # the last page gave a token too, to ask for what is new: nothing is (RFC 9110, 15.4.5)
    return await _paged(paging, at, await fetch(query))


async def _paged(paging: Paging, at: At, response: Response) -> Page:
    """A large table is read off the event loop: 10 MB take seconds, in which no other call would be served."""
    if len(response.content) > LARGE and not is_json(response):
        return await asyncio.to_thread(_page, paging, at, response)
    return _page(paging, at, response)


def _page(paging: Paging, at: At, response: Response) -> Page:
    if response.status == 204 or not response.content.strip():
        return Page(at, [])
    torn = ""
    if is_json(response):
        body = response.json()
        items = find_items(paging.items, body)
    else:
        from adaptgen.runtime.http.table_response import read_table

        table = read_table(response)
        body = items = None
        if table is not None:
            body = items = table.records
            torn = table.note
    if items is None:
        raise NoList(response)
    following = _next(paging, response, body)
    settled = following is not None or (isinstance(paging, Cursor) and _ended(paging, response, body))
    # Positions are asked for until there is nothing more: they need no evidence, unless the API ignores them.
    known = settled or is_positional(paging)
    doubt, weak = ("", False) if known else _doubt(paging, response, body, at, items)
    total: int | None
    if not isinstance(paging, Unpaged):
        total = _total(paging, response, body)
    elif following is not None:  # whether the pages are all of the list is judged by the total of the first
        said = find_total(_around(paging, response, body, at, items))
        total = said[1] if said else None
    else:
        total = None if doubt else len(items)
    around = list_beside(body, paging.items) if at is None or is_positional(paging) else ()
    evidence = (lambda: _doubt(paging, response, body, at, items)[0]) if is_positional(paging) else str
    return Page(at, items, following, total, torn, doubt, weak, around, evidence)


def _doubt(paging: Paging, response: Response, body: Json, at: At, items: list[Json]) -> tuple[str, bool]:
    """Whether the list may go on where nothing that is known of its paging leads on."""
    return find_doubt(_around(paging, response, body, at, items))


def _around(paging: Paging, response: Response, body: Json, at: At, items: list[Json]) -> ListAnswer:
    unpaged = paging if isinstance(paging, Unpaged) else Unpaged()
    return read_answer(
        body,
        paging.items,
        len(items),
        response.headers,
        (*find_sizes(response.url, size_parameter=unpaged.size_argument), *response.sizes),
        whole=unpaged.whole,
        later=at != first_place(paging),
        size_parameter=unpaged.size_argument,
        size_default=unpaged.size_default,
    )


def _ended(paging: Cursor, response: Response, body: Json) -> bool:
    """Whether the answer says explicitly that there is no further page."""
    return paging.more is not None and _ends(_named(paging.more, response, body))


def is_json(response: Response) -> bool:
    """Whether the content is JSON: by its media type (RFC 6839 suffixes too), else by how it starts."""
    media = response.media_type.partition(";")[0].strip().lower()
    if kind_of_media(media) in ("lines", "sequence"):
        return False
    if media.endswith(("/json", "+json")):
        return True
    if media.startswith(("image/", "audio/", "video/")):
        return False
    if response.content.lstrip()[:1] not in (b"{", b"["):
        return False
    try:
        response.json()
    except ToolError:
        return False
    return True


# ----------------------------------------------------------------------------------------------------------- items

_LIST_NAMES: Final = ("items", "results", "data", "records", "entries", "values", "rows", "content", "list", "value")


def find_items(path: str, body: Json) -> list[Json] | None:
    """The items of a body: at ``path``, else the one list that the body holds; None without a list."""
    found = jsonpath.compiled(path)(body)
    if len(found) > 1:
        return [item for one in found for item in (one if isinstance(one, list) else [one])]
    value = found[0] if found else MISSING
    if value == [] and isinstance(body, list) and path != "$":
        return body  # a bare list: a path through its elements leads nowhere
    if isinstance(value, list):
        return value
    if value is None:
        return []
    if isinstance(value, dict):
        only = None if found and path != "$" else _only_list(value)
        if only is not None:
            return only
        if _is_map(value):
            return _members(value)
        return None if path == "$" else [value]
    if value is MISSING:
        return _only_list(body)
    return None if path == "$" else [value]


def _only_list(body: Json) -> list[Json] | None:
    """The one list in the body or in one of its objects; of several, one of objects or with a usual name. None where
    something other than wrapper words is next to it: that is a record which holds a list."""
    if isinstance(body, list):
        return body
    if not isinstance(body, dict):
        return None
    if any(isinstance(value, list) for value in body.values()):
        return _best(body)
    inner = {
        key: found for key, value in body.items() if isinstance(value, dict) and (found := _best(value)) is not None
    }
    if len(inner) != 1 or not all(is_wrapper_word(key, of_list=True) for key in body if key not in inner):
        return None
    return next(iter(inner.values()))


def _best(body: dict[str, Json]) -> list[Json] | None:
    lists = {key: value for key, value in body.items() if isinstance(value, list)}
    if not all(is_wrapper_word(key, of_list=True) for key in body if key not in lists) or any(map(identifies, body)):
        return None
    if len(lists) == 1:
        return next(iter(lists.values()))
    of_objects = {key: one for key, one in lists.items() if one and all(isinstance(each, dict) for each in one)}
    rivals = [key for key in of_objects if key in _LIST_NAMES or not is_wrapper_word(key, of_list=True)]
    if len(rivals) > 1:
        return None
    named = next((lists[name] for name in _LIST_NAMES if name in lists), None)
    if named is not None and not rivals:
        return named
    if len(of_objects) == 1 or named is None:
        return next(iter(of_objects.values())) if len(of_objects) == 1 else None
    return of_objects[rivals[0]]


def _is_map(value: dict[str, Json]) -> bool:
    """Whether an object is a list by key: objects that share a key, or at least two of them."""
    members = list(value.values())
    if not members or not all(isinstance(member, dict) for member in members):
        return False
    return len(members) > 1 and bool(set(members[0]).intersection(*members[1:]))


def _members(value: dict[str, Json]) -> list[Json]:
    return [member if "key" in member else {"key": key, **member} for key, member in value.items()]


# ------------------------------------------------------------------------------------------------- total and next

_COUNT = lazy(r"(?:.*/)?\s*(\d{1,15})\s*")


def _named(place: str, response: Response, body: Json) -> Json:
    """The value at a JSONPath or in ``header:<Name>``."""
    if place.startswith("header:"):
        return response.headers.get(place.removeprefix("header:").strip().lower())
    value = jsonpath.first(place, body)
    return None if value is MISSING else value


def _total(paging: Paging, response: Response, body: Json) -> int | None:
    if paging.total is None:
        return None
    value = _named(paging.total, response, body)
    if isinstance(value, dict):  # {"value": 250, "relation": "eq"}
        value = value.get("value") if value.get("relation", "eq") == "eq" else None
    if isinstance(value, str):  # Content-Range: items 0-24/250 (RFC 9110, 14.4)
        count = _COUNT.fullmatch(value)
        value = int(count.group(1)) if count else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _next(paging: Paging, response: Response, body: Json) -> At:
    if isinstance(paging, Cursor):
        token = _named(paging.next, response, body)
        if _ended(paging, response, body):
            return None
        return _token(token)
    target: Json
    if isinstance(paging, Unpaged):
        target = link_target(response.headers.get("link", ""), "next") if paging.seek else None
        if target is None and paging.cursor and (token := find_token(body, paging.items, response.headers)):
            return [token]
    elif isinstance(paging, Link):
        target = link_target(response.headers.get("link", ""), paging.rel)
    elif isinstance(paging, NextHeader):
        target = response.headers.get(paging.header.lower())
    elif isinstance(paging, NextUrl):
        target = _named(paging.next, response, body)
        if isinstance(target, dict):
            target = target.get("href") or target.get("url")
    else:
        return None
    return _relative(response.url, target.strip()) if isinstance(target, str) and target.strip() else None


def _relative(here: str, target: str) -> str:
    """The URL of the next page, without the origin where that is the same: it travels in cursors."""
    try:
        parts, base = urlsplit(urljoin(here, target)), urlsplit(here)
    except ValueError:  # an unfinished IPv6 address; who follows it is told
        return target
    if (parts.scheme, parts.netloc) == (base.scheme, base.netloc) and parts.path.startswith("/"):
        parts = parts._replace(scheme="", netloc="")
    return parts._replace(fragment="").geturl()


def _ends(more: Json) -> bool:
    """Whether the answer says that there is no next page; one that does not say leaves it to the token."""
    return more in (False, 0, "false", "False")


def _token(value: Json) -> At:
    if isinstance(value, bool) or value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, (list, dict)) and not value:
        return None
    return value


def _is_url(token: str) -> bool:
    return token.startswith(("http://", "https://"))


_PARAMETER = r";\s*([\w!#$&+.^`|~*-]+)\s*(?:=\s*(\"(?:[^\"\\]|\\.)*\"|[^\s\",;]*))?\s*"
_LINK = lazy(rf"<\s*([^>]*?)\s*>\s*((?:{_PARAMETER})*)")
_ONE = lazy(_PARAMETER)


def link_target(header: str, relation: str) -> str | None:
    """The target of the first link with ``relation`` in a ``Link`` header field (RFC 8288, section 3)."""
    for link in _LINK.finditer(header):
        values = (one.group(2) or "" for one in _ONE.finditer(link.group(2)) if one.group(1).lower() == "rel")
        if relation.lower() in next(values, "").strip('"').lower().split():  # the first `rel` counts
            return link.group(1)
    return None


# ------------------------------------------------------------------------------------------------------ neighbours

NOWHERE: Final = -1
"""No page starts there."""
_OFFSETS: Final = frozenset({"offset", "skip", "start", "from", "startat", "startindex", "first"})
_PAGES: Final = frozenset({"page", "pagenumber", "p", "pageno", "pageindex"})


def is_movable(paging: Paging, at: At) -> bool:
    """Whether the pages around ``at`` can be asked for: positions, and URLs that hold one."""
    return is_positional(paging) or (not isinstance(paging, Cursor) and _position(at) is not None)


def find_neighbour(paging: Paging, at: At, pages: int, step: int) -> At:
    """Where the page starts that lies ``pages`` further (negative: before), or :data:`NOWHERE`."""
    if isinstance(at, int):
        if isinstance(paging, Offset):
            return max(at + pages * step, 0) if at + pages * step > -step else NOWHERE
        first = paging.first if isinstance(paging, PageNumber) else 0
        return at + pages if at + pages >= first else NOWHERE
    found = _position(at)
    if found is None or at is None:
        return NOWHERE
    parts, query, index, by_page = found
    value = int(query[index][1]) + pages * (1 if by_page else step)
    if value <= (-1 if by_page else -step):
        return NOWHERE
    if value <= 0:
        return None  # the first request, without a position: pages of an API may count from 0
    query[index] = (query[index][0], str(value))
    return parts._replace(query=urlencode(query)).geturl()


def _position(at: At) -> tuple[SplitResult, list[tuple[str, str]], int, bool] | None:
    """The URL, its query, and the index of the parameter in it that is an offset or (True) a page number."""
    if not isinstance(at, str):
        return None
    try:
        parts = urlsplit(at)
    except ValueError:
        return None
    query = parse_qsl(parts.query, keep_blank_values=True)
    for index, (name, value) in enumerate(query):
        plain = name.lower().replace("_", "").replace("-", "").replace("$", "")
        if value.isdecimal() and (plain in _OFFSETS or plain in _PAGES):
            return parts, query, index, plain in _PAGES
    return None
