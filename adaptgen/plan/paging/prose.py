"""What descriptions say of paging: where the next token comes from, which parameter is a size, that a Link header is
sent. Names say most of it; this is for lists whose names do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from adaptgen.model.frozen import lazy
from adaptgen.syntax.identifiers import vocabulary, words

_HEADER = lazy(
    r"headers?:?\s+[`\"'*]*([a-z][a-z0-9]*(?:-[a-z0-9]+)+)"
    r"|([a-z][a-z0-9]*(?:-[a-z0-9]+)+)[`\"'*]*\s+(?:http |response )*header",
    re.IGNORECASE,
)
# "the Link header", "[Link header](…)", "the `Link` response header" (RFC 8288).
_LINK = lazy(r"\blink[`\"'*\]]*\s+(?:http\s+|response\s+)*header", re.IGNORECASE)
_DOTTED = lazy(r"(?<![\w./@:-])([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+)(?![\w/(-])")
# "a `next_cursor` attribute returned by a previous request's `response_metadata`"
_HELD = lazy(
    r"[`'\"](\w+)[`'\"] (?:attribute|field|property|key|value|member)s? (?:\w+ )?(?:by|in|of|from|inside|within)\b"
    r"[^.`]{0,40}[`'\"](\w+)[`'\"]"
)
_NAMES = lazy(r"[A-Za-z_$][\w$]*")
_ANSWERED = lazy(r"\b(response|answer|returned|previous|result|last)\b", re.IGNORECASE)
_ONWARD = vocabulary("next cursor token continuation continue marker bookmark scroll following after")
_BACK = vocabulary("previous prev before first self current backward backwards")
_SIZE = lazy(
    r"\b(?:page size|size of (?:a|the|each) page|\w+s"
    r" (?:per|on each|in each|in a|in one) (?:page|request|call|response)|(?:number|amount|count) of"
    r" (?:\w+ ){1,3}(?:to (?:be )?(?:return|retrieve|fetch|show|list|include)(?:ed|d)?|returned|per page|"
    r"in (?:the|one|a|each) (?:page|response))|how many (?:\w+ ){0,3}(?:to )?(?:return|fetch|retrieve|show|list)\b)"
)
_PASS = lazy(
    r"\b(next|pass|use|send|following|supply|supplied|give|provide|specify|(?:keep|continue|to) paginat\w*)\b",
    re.IGNORECASE,
)
# A word in prose is a name where it is marked as one: "the server has more" speaks of no filter `server`.
_MARKED = lazy(r"[`'\"“”‘’*]([\w$.\[\]-]+)[`'\"“”‘’*]|<code>([\w$.-]+)</code>|\b([\w$]+) (?:query )?param(?:eter)?s?\b")
_OFFSET = lazy(
    r"\b(?:paging|pagination|page|result|list|record|row|item)s? offset\b|\boffset (?:of|into|in|from)"
    r" (?:the )?(?:\w+ )?(?:list|results?|collection|page|first|response|set|\w+s)\b"
    r"|\b(?:records|items|results|entries|rows|elements|objects) to (?:skip|be skipped|jump over|pass over)\b"
    r"|\b(?:index|position|number) of the first (?:\w+ )?(?:item|result|record|row|entry|element|object)\b"
    r"|\bstart(?:ing)? (?:index|position|offset|row) (?:of|for|in|from) (?:the )?\w+"
    r"|\b(?:records|items|results|entries|rows|elements|objects) (?:to )?start (?:at|from|with)\b"
)
_PAGE = lazy(
    r"^\W*(?:the )?(?:number|index|no\.?) of the (?:results? )?page\b"
    r"|\bpage (?:number|index|no\.)(?! of pages)|\bwhich page\b"
    r"|\bpage (?:to|of results to) (?:show|return|fetch|load|get|retrieve|display|start)\b|\bcurrent page\b"
)
_CURSOR = lazy(
    r"\b(?:pagination|paging|page|continuation) (?:token|cursor|key|marker|id)\b|\bcursor (?:for|to|that|of|from)\b"
    r"|\bopaque (?:string|token|cursor|value)\b"
    r"|\btoken (?:for|of|(?:used )?to (?:get|fetch|retrieve|request)) the (?:next|following)\b"
    r"|\btoken (?:that \w+ (?:uses|needs) |used )?to continue (?:an?|the)\b"
)
_LISTS = lazy(
    r"^[^\w\n]*(?:(?:get|return|retrieve|fetch|show|display|give|provide|obtain)s?\s+)?(?:(?:an?|the)\s+)?(?:\w+\s+)?"
    r"(?:lists?|listing|pages?|collection|array)\s+(?:of|all)\b"
    r"|^[^\w\n]*(?:list|search|find|browse)s?\s|^[^\w\n]*\w+\s+all\s+\w+s\b",
    re.IGNORECASE | re.MULTILINE,
)
_BACKWARD = lazy(r"\b(?:previous|preceding|prior) (?:page|results|set)|\bbackwards?\b")
_LAST = lazy(
    r"\b(?:id|identifier|uuid|key)s? (?:for|of) the last\b|\bobject id that defines your place\b|"
    r"\blast (?:\w+ )?(?:id|identifier) (?:from|of|in|on) the (?:previous|last)\b"
)
_BELOW = lazy(
    r"\bids?\b (?:is |are |that is )?(?:lower|less|smaller|older|greater|higher|larger|newer|more) than\b|"
    r"\b(?:earlier|later|before|after|older|newer)(?: than)? (?:this|the given) \w*id\b"
)
# "jobs submitted before the job with this id, exclusive": what follows the record that is named.
_AFTER = lazy(r"\b(?:before|after|following|preceding|older than|newer than) the \w+ with (?:this|the given|that) id\b")


def header_told(text: str) -> str | None:
    """The response header that a parameter's description names as the source of its value: ``x-next-token``."""
    for found in _HEADER.finditer(text):
        name = found[1] or found[2]
        if set(words(name)) & _ONWARD and not set(words(name)) & _BACK:
            return name
    return None


def path_told(text: str) -> tuple[str, ...] | None:
    """The place in the answer that a parameter's description names: ``meta.cursors.next``; ``meta.cursors`` alone
    means the next one of them."""
    if not _ANSWERED.search(text):
        return None
    if (held := _HELD.search(text)) and set(words(held[1])) & _ONWARD and not set(words(held[1])) & _BACK:
        return held[2], held[1]
    for found in _DOTTED.finditer(text):
        keys = tuple(found[1].split("."))
        said = words(keys[-1])
        if set(said) & _BACK:
            continue
        if said == ("cursors",):
            return (*keys, "next")
        if set(said) & _ONWARD:
            return keys
    return None


def link_told(texts: Iterable[str]) -> bool:
    """Whether one of the descriptions says that the answer has a Link header."""
    return any(_LINK.search(text) for text in texts)


def leads_on(parameter: str, text: str, key: str, about: str) -> bool:
    """Whether the value of answer field ``key`` (described by ``about``) goes into ``parameter`` (described by
    ``text``): one names the other, and the field's name is about going on."""
    said = set(words(key))
    if said & _BACK or not (said & (_ONWARD | {"last"})):
        return False
    here, there = _plain(parameter), _plain(key)
    if here == there:
        return False
    if len(words(key)) > 1 and there in _named(text):
        return True
    names = _named if len(words(parameter)) > 1 else _marked
    passed = (part for part in re.split(r"[.;]\s", about) if _PASS.search(part))
    return len(here) > 3 and any(here in names(part) for part in passed)


def size_told(text: str) -> bool:
    """Whether a description (in lower case) is that of the size of a page."""
    return bool(_SIZE.search(text))


def offset_told(text: str) -> bool:
    """Whether a description (in lower case) is that of a position in a list."""
    return bool(_OFFSET.search(text)) and not size_told(text)


def page_told(text: str) -> bool:
    """Whether a description (in lower case) is that of the number of a page."""
    return bool(_PAGE.search(text)) and not size_told(text) and "per page" not in text


def cursor_told(text: str) -> bool:
    """Whether a description (in lower case) is that of a token for the next page."""
    return bool(_CURSOR.search(text)) and not _BACKWARD.search(text)


def list_told(text: str) -> bool:
    """Whether a summary or description says that a list is answered."""
    return bool(_LISTS.search(text[:2000]))


def last_id_told(text: str) -> bool:
    """Whether a description (in lower case) wants the identity of the last record that came."""
    return bool(
        _LAST.search(text)
        or _AFTER.search(text)
        or (_BELOW.search(text) and re.search(r"\bpaginat|\bpaging|\bnext page", text))
    )


def about_parameter(name: str, text: str) -> str:
    """What an operation's description says of its parameter ``name`` in a list of parameters:
    ``- page - the number of the page, from 0``."""
    if name not in text:
        return ""
    found = re.search(
        rf"(?:^|[\n,;]|[-*•])\s*[`*_\"']*{re.escape(name)}[`*_\"']*\s*(?:[-–:=]|\()\s*([^\n]{{0,200}})", text
    )
    return found[1] if found else ""


def _marked(text: str) -> set[str]:
    return {_plain(next(filter(None, names))) for names in _MARKED.findall(text)}


def _named(text: str) -> set[str]:
    return {_plain(name) for name in _NAMES.findall(text)}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
