"""What in an answer speaks against its being the whole list: for lists of which no paging is known.

The rows of the table are looked at in their order; the first that finds something is the evidence, in words that
agents read. A name counts only where it is next to the items or in a block about pages, never inside a record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import orjson

from adaptgen.model import frozen
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.field_paths import EACH
from adaptgen.syntax.identifiers import singular, vocabulary, words
from adaptgen.views.vocabulary import is_wrapper_word

PAGE_SIZES: Final = frozenset({20, 25, 50, 100, 200, 250, 500, 1000})
"""Default sizes of a page that APIs use."""

_DEPTH: Final = 3
_SHOWN: Final = lazy(r"[\w@.$ \-\[\]]{1,40}")
_FALSE: Final = frozenset({"", "false", "no", "0", "null", "none", "n", "-1"})
_BACK: Final = vocabulary("prev previous before back first last start self current")
_TOKENS: Final = vocabulary("cursor cursors token tokens continuation marker bookmark")
_OTHER_TOKENS: Final = vocabulary("access refresh csrf xsrf auth authentication session sync delta id bearer request")
_MORE: Final = vocabulary("more limited truncated incomplete partial clipped capped")
_DONE: Final = vocabulary("done complete completed finished exhausted eof eol")
_DONE_PHRASES: Final = frozenset({("is", "last"), ("last",), ("last", "page"), ("is", "last", "page"), ("end",),
                                  ("end", "reached"), ("is", "end"), ("no", "more")})  # fmt: skip
_TOTALS: Final = vocabulary("total totals full found matches matched available estimate estimated overall all")
_COUNTS: Final = vocabulary("count counts hits number num nb size cardinality approximate approx")
_OF_A_TOTAL: Final = vocabulary(
    "of results result records record items item rows row entries entry elements element objects object documents "
    "docs data list query search filtered value x"
)
_PAGE_COUNTS: Final = frozenset({("total", "pages"), ("page", "count"), ("pages",), ("num", "pages"), ("last", "page"),
                                 ("pages", "total"), ("number", "of", "pages"), ("page", "total"), ("max", "page"),
                                 ("total", "page"), ("total", "page", "count"), ("nb", "pages")})  # fmt: skip
_THIS_PAGE: Final = frozenset({("page",), ("current", "page"), ("page", "number"), ("page", "num"), ("page", "no")})
_SIZES: Final = vocabulary(
    "limit perpage pagesize pagelimit size count maxresults maxitems top first rows take results resultsperpage max "
    "maxcount num number itemsperpage recordsperpage maxrecords batchsize length n maxkeys hitsperpage"
)
_NEXT_HEADERS: Final = lazy(r"(?:x-)?(?:[\w]+-)*(?:next|continuation)(?:-[\w]+)*")
_TOKEN_NAMES: Final = ("nexttoken", "nextpagetoken", "nextcursor", "nextmarker", "continuationtoken")
_GOES_ON: Final = (("has", "more"), ("has", "next"), ("has", "next", "page"), ("is", "truncated"), ("more",))
_MORE_HEADERS: Final = lazy(r"(?:x-)?(?:[\w]+-)*(?:has-more|has-next|truncated|more)(?:-[\w]+)*")
_TOTAL_HEADERS: Final = lazy(r"(?:x-)?(?:[\w]+-)*total(?:-(?:count|results|items|records|size))?")
_RANGE: Final = lazy(r"\s*\w*\s*(?:(\d+)-(\d+)|\*)/(\d+)\s*")
_NEXT_LINK: Final = lazy(r"rel\s*=\s*\"?[^\";,]*\bnext\b", re.IGNORECASE)


@frozen.value()
class ListAnswer:
    """One answer that holds a list of ``length``. ``members``: names and values of what is next to the items;
    ``nouns``: what the list is called; ``sizes``: what was asked for, by parameter; ``whole``: hints say that the list
    is not paged; ``later``: it is not the first page; ``size_parameter``: what asks for a number of items of a list
    whose paging is not known, and ``size_default``: how many come without it, where the API says so."""

    length: int
    members: tuple[tuple[str, Json], ...] = ()
    headers: Mapping[str, str] = ()  # type: ignore[assignment]
    sizes: tuple[tuple[str, int], ...] = ()
    nouns: frozenset[str] = frozenset()
    whole: bool = False
    later: bool = False
    size_parameter: str | None = None
    size_default: int | None = None


def read_answer(
    body: Json,
    path: str,
    length: int,
    headers: Mapping[str, str],
    sizes: tuple[tuple[str, int], ...],
    *,
    whole: bool = False,
    later: bool = False,
    size_parameter: str | None = None,
    size_default: int | None = None,
) -> ListAnswer:
    """What is around the list at JSONPath ``path`` in ``body``."""
    keys = _keys(path)
    nouns = frozenset(singular(word) for key in keys[-1:] for word in words(key))
    around = tuple(_around(body, keys))
    return ListAnswer(length, around, headers, sizes, nouns, whole, later, size_parameter, size_default)


def find_doubt(answer: ListAnswer) -> tuple[str, bool]:
    """Why the list may go on, in words, "" where nothing says so; and whether only its length does."""
    for row in _ROWS:
        if why := row(answer):
            return why, row in (_asked, _sized, _usual)
    return "", False


def find_sizes(url: str, body: Json = None, size_parameter: str | None = None) -> tuple[tuple[str, int], ...]:
    """The parameters of a request that ask for a number of items, by their names or because ``size_parameter`` does."""
    values = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    values += [(name, str(value)) for name, value in _scalars(body)]
    numbers = [(name, int(value)) for name, value in values if value.isdecimal() and len(value) < 7]
    return tuple((name, number) for name, number in numbers if name == size_parameter or _is_size(name))


def may_be_cut(length: int) -> bool:
    """Whether APIs bound their pages to this length: round numbers and powers of two."""
    return length % 5 == 0 or (length >= 8 and length & (length - 1) == 0)


def read_sizes(content: bytes) -> tuple[tuple[str, int], ...]:
    """The members of a request's JSON body that ask for a number of items."""
    try:
        return find_sizes("", orjson.loads(content))
    except orjson.JSONDecodeError:
        return ()


def find_token(body: Json, path: str, headers: Mapping[str, str]) -> Json:
    """The token for the next page that no document declares: in a header or next to the items, under a name that
    nothing else has; None without one, and where the answer says that nothing more follows."""
    members = (*headers.items(), *_around(body, _keys(path)))
    if any(value is False and words(name) in _GOES_ON for name, value in members):
        return None
    for name, value in members:
        token = "".join(words(name)).removeprefix("x").endswith(_TOKEN_NAMES) and not isinstance(value, bool)
        if token and isinstance(value, (str, int)) and _leads_on(value) and not _is_address(value):
            return value
    return None


def find_total(answer: ListAnswer) -> tuple[str, int] | None:
    """The member of the first page that says how many items there are in all, and the number, if it has not as many."""
    for name, value in answer.members if not answer.later else ():
        total = read_number(value)
        if total is not None and total > answer.length and _is_total(words(name), answer.nouns):
            return name, total
    return None


def list_beside(body: Json, path: str) -> tuple[str, ...]:
    """JSONPaths of what is next to the items and does not only wrap them, where there is something in it."""
    keys = _keys(path)
    found = []
    here = body
    for depth, key in enumerate(keys):
        if not isinstance(here, dict) or key not in here:
            return ()
        for name, value in here.items():
            empty = value is None or value in ("", [], {})
            if name != key and not empty and not is_wrapper_word(name, of_list=True):
                found.append(fields.join("$", fields.text((*keys[:depth], name))))
        here = here[key]
    return tuple(found)


# -------------------------------------------------------------------------------------------------------- the table


def _next(answer: ListAnswer) -> str:
    for name, value in answer.members:
        said = words(name)
        if (_is_next(said) or (_is_token(said))) and _leads_on(value):
            return f"the answer's {_quoted(name)} is not empty"
    return ""


def _more(answer: ListAnswer) -> str:
    for name, value in answer.members:
        said = set(words(name))
        if said & _MORE and not said & {"no", "not"} and (_is_true(value) or _is_address(value)):
            return f"the answer's {_quoted(name)} says so"
    return ""


def _not_done(answer: ListAnswer) -> str:
    for name, value in answer.members:
        said = words(name)
        if (
            (said in _DONE_PHRASES or set(said) <= _DONE | {"is", "query", "list", "results"})
            and said
            and _is_false(value)
        ):
            return f"the answer's {_quoted(name)} is false"
    return ""


def _larger_total(answer: ListAnswer) -> str:
    found = find_total(answer)
    return f"the answer's {_quoted(found[0])} is {found[1]:,}" if found else ""


def _more_pages(answer: ListAnswer) -> str:
    pages = current = None
    for name, value in answer.members:
        number = read_number(value)
        if words(name) in _PAGE_COUNTS:
            pages = pages or number
        elif words(name) in _THIS_PAGE:
            current = number
    return f"the API says that there are {pages:,} pages" if pages and pages > max(current or 1, 1) else ""


def _header(answer: ListAnswer) -> str:
    for name, value in dict(answer.headers).items():
        low = name.lower()
        if low == "link" and _NEXT_LINK.search(value):
            return "the Link header names a next page"
        if low == "content-range" and (said := _RANGE.fullmatch(value)) and not answer.later:
            if int(said[3]) > answer.length:
                return f"the Content-Range header says that there are {int(said[3]):,}"
        elif (_NEXT_HEADERS.fullmatch(low) and _leads_on(value)) or (_MORE_HEADERS.fullmatch(low) and _is_true(value)):
            return f"the header {_quoted(name)} says so"
        elif _TOTAL_HEADERS.fullmatch(low) and not answer.later and (read_number(value) or 0) > answer.length:
            return f"the header {_quoted(name)} says that there are {int(value):,}"
    return ""


def _asked(answer: ListAnswer) -> str:
    if answer.later or _has_equal_total(answer):
        return ""
    for name, size in answer.sizes:
        if size == answer.length and size > 0:
            return f"exactly as many items came as {_quoted(name)} asked for"
    return ""


def _sized(answer: ListAnswer) -> str:
    """An API that takes a size has pages: fewer items than asked for are all, unless it may have bounded the size."""
    name = answer.size_parameter
    if name is None or answer.later or answer.whole or not answer.length or _has_equal_total(answer):
        return ""
    size = dict(answer.sizes).get(name, answer.size_default)
    if size is None:
        return f"{_quoted(name)} asks for a number of items, and how many come without it is not known"
    if answer.length < size and not may_be_cut(answer.length):
        return ""
    return f"{_quoted(name)} asks for a number of items, and nothing says that these {answer.length:,} are all"


def _usual(answer: ListAnswer) -> str:
    if answer.later or answer.whole or answer.length not in PAGE_SIZES or _has_equal_total(answer):
        return ""
    return f"exactly {answer.length:,} items came, a usual size of a page, and nothing says that these are all"


_ROWS: Final[tuple[Callable[[ListAnswer], str], ...]] = (
    _next, _more, _not_done, _header, _larger_total, _more_pages, _asked, _sized, _usual,
)  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- reading


def _around(body: Json, keys: tuple[str, ...]) -> Iterator[tuple[str, Json]]:
    """The members next to the items on each level above them, and those of blocks about pages."""
    here = body
    if not keys and isinstance(body, dict) and not any(isinstance(value, list) for value in body.values()):
        return  # a map of records
    for depth, key in enumerate(keys or ("",)):
        if not isinstance(here, dict):
            return
        for name, value in here.items():
            if name != key:
                yield from _members(name, value, _DEPTH - min(depth, 1))
        here = here.get(key)


def _members(name: str, value: Json, depth: int) -> Iterator[tuple[str, Json]]:
    yield name, value
    if isinstance(value, dict) and depth and is_wrapper_word(name, of_list=True):
        for inner, member in value.items():
            # `hits: {total: …}`, `total: {value: 3}`: a block's own name says what its members are.
            yield from _members(inner, member, depth - 1)
    elif isinstance(value, list) and depth and set(words(name)) & {"link", "links"}:
        for link in value[:20]:
            relation = (
                next((link.get(key) for key in ("rel", "relation", "relationship")), None)
                if isinstance(link, dict)
                else None
            )
            if relation == "next":
                yield "next", next((link.get(key) for key in ("href", "url", "uri") if link.get(key)), True)


def _keys(path: str) -> tuple[str, ...]:
    inner = path.removeprefix("$").removeprefix(".")
    try:
        segments = fields.parse(inner) if inner else ()
    except fields.PathError:
        return ()
    keys: list[str] = []
    for segment in segments:
        if segment is EACH or not isinstance(segment, str):
            break
        keys.append(segment)
    return tuple(keys)


def _is_next(said: tuple[str, ...]) -> bool:
    return (
        "next" in said
        and not set(said) & (_BACK - {"first", "last", "start", "current"})
        and not (set(said) & {"sync", "delta"})
    )


def _is_token(said: tuple[str, ...]) -> bool:
    return bool(set(said) & _TOKENS) and not set(said) & (_BACK | _OTHER_TOKENS)


def _is_total(said: tuple[str, ...], nouns: frozenset[str]) -> bool:
    plain = {singular(word) for word in said}
    known = {singular(word) for word in _TOTALS | _COUNTS | _OF_A_TOTAL} | nouns
    return bool(set(said) & (_TOTALS | _COUNTS)) and plain <= known and not plain & {"page"}


def _has_equal_total(answer: ListAnswer) -> bool:
    """Whether the API reports the length as the total. What is called a count may count the page."""
    for name, value in answer.members:
        said = words(name)
        if set(said) & _TOTALS and _is_total(said, answer.nouns) and read_number(value) == answer.length:
            return True
    for name, text in dict(answer.headers).items():
        if _TOTAL_HEADERS.fullmatch(name.lower()) and read_number(text) == answer.length:
            return True
        if (
            name.lower() == "content-range"
            and (said_range := _RANGE.fullmatch(text))
            and int(said_range[3]) == answer.length
        ):
            return True
    return False


def read_number(value: Json) -> int | None:
    """A whole number: of JSON, of a text, or of ``{"value": 250, "relation": "gte"}``."""
    if isinstance(value, dict):
        value = value.get("value", value.get("count"))
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 16:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else None


def _leads_on(value: Json) -> bool:
    """Whether a token, a URL, a number of a page or a flag names something."""
    if isinstance(value, dict):
        return any(_leads_on(one) for one in value.values())
    if isinstance(value, (list, tuple)):
        return bool(value)
    if isinstance(value, str):
        return value.strip().lower() not in _FALSE
    return value is True or (isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0)


def _is_true(value: Json) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in {"true", "yes", "1", "y"}
    return value is True or (isinstance(value, int) and not isinstance(value, bool) and value > 0)


def _is_false(value: Json) -> bool:
    return value is False or (isinstance(value, str) and value.strip().lower() == "false")


def _is_address(value: Json) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://", "/"))


def _is_size(name: str) -> bool:
    last = name.replace("]", "").replace("[", ".").rpartition(".")[2]
    folded = "".join(char for char in last.lower() if char.isalnum())
    return folded in _SIZES or (folded.endswith(("pagesize", "perpage")))


def _scalars(body: Json, depth: int = 2) -> Iterator[tuple[str, Json]]:
    for name, value in body.items() if isinstance(body, dict) else ():
        if isinstance(value, dict) and depth:
            yield from _scalars(value, depth - 1)
        elif isinstance(value, (int, str)) and not isinstance(value, bool):
            yield str(name), value


def _quoted(name: str) -> str:
    return f"`{name}`" if _SHOWN.fullmatch(name) else "own member"
