"""What a tool expects of an answer: whether a body is like the declared one, and that JSON is not a web page."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import Final
from urllib.parse import quote, quote_plus

from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Call, Json, Step, Tool
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.logged_out import Like, is_bare, wraps
from adaptgen.runtime.http.response import Response
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.syntax.field_paths import MISSING

WITHHELD: Final = b"[withheld]"


def expected_body(tool: Tool | Step) -> Like | None:
    """Whether a body is like what the tool, or the step, declares; None where it declares something else than JSON."""
    if tool.call is None or not _asks_json(tool.call):
        return None
    answer = tool.payload if isinstance(tool, Tool) else "$"
    items = tool.page.items if tool.page is not None else tool.items if isinstance(tool, Step) else None
    return _layout(items, answer, tool.view or ())


@lru_cache(maxsize=4096)
def _layout(items: str | None, answer: str, view: tuple[str, ...]) -> Like:
    names = {path.replace("[", ".").split(".")[0] for path in view} - {"", "*", "$"}
    plain = frozenset(name for name in names if wraps(name))
    return partial(_is_like, items, answer, frozenset(names - plain), plain)


def _is_like(items: str | None, answer: str, own: frozenset[str], plain: frozenset[str], body: Json) -> bool:
    """``own``: fields of the view that only a record has; ``plain``: those that wrappers have too."""
    if items is not None:
        return isinstance(jsonpath.first(items, body), list) or isinstance(body, list) or not is_bare(body)
    payload = body if answer == "$" else jsonpath.first(answer, body)
    if payload is MISSING or payload is None:
        payload = body
    if isinstance(payload, list):
        return bool(payload) and not is_bare(payload)
    if not isinstance(payload, Mapping):
        return payload is not body or not (own or plain)
    if own:
        return not own.isdisjoint(payload)
    return (bool(plain) and plain <= payload.keys()) or not is_bare(payload)


def _asks_json(call: Call) -> bool:
    return call.accept is None or "json" in call.accept


def declares_json(tool: Tool | Step) -> bool:
    """Whether the document says that the answer is JSON; where it says nothing it may be anything."""
    if tool.call is None or not _asks_json(tool.call):
        return False
    return bool(tool.call.accept or tool.page is not None or tool.view)


def refuse_page(tool: Tool | Step, response: Response, check: str) -> None:
    """An HTML page where JSON is declared is not an answer.

    Raises:
        ToolError: saying what to ``check``.
    """
    if not 200 <= response.status < 300 or not response.content or not is_page(response):
        return
    if declares_json(tool):
        raise ToolError(
            "The API sent an HTML page where JSON was expected: a login page, a gateway, or the website that the base "
            f"URL leads to. Check {check}.",
            status=response.status,
        )


def is_page(response: Response) -> bool:
    """Whether an answer is an HTML page, whatever its type says."""
    head = response.content[:512].lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html")):
        return True
    return response.media_type in ("text/html", "application/xhtml+xml") and head[:1] not in (b"{", b"[")


@lru_cache(maxsize=256)
def _forms(token: str) -> tuple[bytes, ...]:
    """A token as JSON, HTML and URLs hold it."""
    if _PLAIN.fullmatch(token):
        return (token.encode(),)
    quoted = [quote(token, safe=safe, errors="replace") for safe in _UNQUOTED]
    quoted.append(quote_plus(token, errors="replace"))
    forms = {token, html.escape(token), *quoted, *(_HEX.sub(lambda found: found[0].lower(), one) for one in quoted)}
    escaped = [json.dumps(token)[1:-1], json.dumps(token, ensure_ascii=False)[1:-1]]
    escaped.append(_CODE.sub(lambda found: f"\\u{found[1].upper()}", escaped[0]))
    forms |= {*escaped, *(one.replace("/", "\\/") for one in (token, *escaped))}
    return tuple(form.encode(errors="replace") for form in sorted(forms, key=len, reverse=True))


_PLAIN = lazy(r"[A-Za-z0-9_.~-]+")
_UNQUOTED: Final = ("", "/", "=", ";,/?:@&=+$#")
"""What writers of URLs leave as it is."""
_HEX = lazy(r"%[0-9A-F]{2}")
_CODE = lazy(r"\\u([0-9a-f]{4})")
_NUMBER = lazy(r"[0-9.eE+-]+")
_WORDS: Final = ("true", "false", "null")
LEAST: Final = 8
"""Characters of a token that is looked for anywhere; a shorter one, and one of digits, only as a word."""
_BEGINNING: Final = 16
"""Characters by which the beginning of a token is recognized."""


@lru_cache(maxsize=1)
def _escapes() -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """One by which JSON escapes what need not be, and every one."""
    return re.compile(rb"\\u00[2-7]"), re.compile(rb"\\(?:u00([2-7][0-9A-Fa-f])|(/)|.)", re.DOTALL)


def _with_plain_letters(content: bytes) -> bytes:
    """JSON in which the letters, digits and signs that some writers escape are themselves (``\\u003d`` for =)."""
    some, every = _escapes()
    if not some.search(content):
        return content

    def plain(found: re.Match[bytes]) -> bytes:
        one = bytes.fromhex(found[1].decode()) if found[1] else found[2]
        if one is None or one == b"\x7f":
            return found[0]
        return b"\\" + one if one in b'"\\' else one

    return every.sub(plain, content)


@lru_cache(maxsize=1)
def _json_parts() -> re.Pattern[bytes]:
    """The strings and the numbers of JSON. A string without an end is one as well: no part is looked at twice."""
    return re.compile(rb'"(?:[^"\\]++|\\.)*+"?|-?[0-9][0-9.eE+-]*', re.DOTALL)


def _is_number(token: str) -> bool:
    return token.isascii() and token.isdigit()


def _may_be_bare(token: str) -> bool:
    """Whether JSON may hold a token, or what looks like it, outside of a string."""
    return _NUMBER.fullmatch(token) is not None or any(token in word for word in _WORDS)


def _is_word(token: str) -> bool:
    """Whether a token may also be a part of other words and numbers by chance."""
    return len(token) < LEAST or _is_number(token)


@lru_cache(maxsize=256)
def _word(token: str) -> re.Pattern[bytes]:
    forms = b"|".join(map(re.escape, _forms(token)))
    before = rb"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})|(?<=\\[bfnrt]))"
    return re.compile(before + rb"(?:" + forms + rb")(?![A-Za-z0-9])")


def _without(content: bytes, token: str, *, is_json: bool = False, cut: bool = False) -> bytes:
    """``content`` without a token; of ``is_json`` what stays is JSON. ``cut``: without its beginnings, too."""
    forms = _forms(token)
    if is_json and _may_be_bare(token):
        return _json_without(content, token) if any(form in content for form in forms) else content
    if _is_word(token):
        return _word(token).sub(WITHHELD, content) if any(form in content for form in forms) else content
    for form in forms:
        content = content.replace(form, WITHHELD)
        if cut and len(form) > _BEGINNING:
            content = _without_beginnings(content, form)
    return content


def _json_without(content: bytes, token: str) -> bytes:
    """JSON without a token that is replaced only where it can be: in strings, and as a number of its own."""
    forms = _forms(token)

    def withhold(found: re.Match[bytes]) -> bytes:
        part = found[0]
        if not any(form in part for form in forms):
            return part
        if part[:1] == b'"':
            return _without(part, token)
        # A short number is the number of something else more often than somebody's key.
        return b'"' + WITHHELD + b'"' if len(token) >= LEAST and part == token.encode() else part

    return _json_parts().sub(withhold, content)


def _without_beginnings(content: bytes, form: bytes) -> bytes:
    """``content`` without what a token begins with: who quotes one may have cut it."""
    at, beginning = 0, form[:_BEGINNING]
    while (at := content.find(beginning, at)) >= 0:
        size = _BEGINNING
        while size < len(form) and content[at + size : at + size + 1] == form[size : size + 1]:
            size += 1
        content = content[:at] + WITHHELD + content[at + size :]
        at += len(WITHHELD)
    return content


def withhold_tokens(response: Response, tokens: Iterable[str], *, cut: bool = False) -> Response:
    """The answer without the tokens of the server's own sessions, in the forms in which JSON and URLs hold them.
    ``cut``: without the beginnings of long ones, too; for an answer that is shown to people and not read as data."""
    content, tokens = response.content, list(tokens)
    if not tokens:
        return response
    if response.file is not None and response.file.holds(
        # What is found in any large file by chance would withhold them all.
        [form for token in tokens if len(token) >= LEAST for form in _forms(token)]
    ):
        raise ToolError("The file that the API sent holds a token of this server's session; it is withheld.")
    is_json = "json" in response.media_type or content[:64].lstrip()[:1] in (b"{", b"[")
    content = before = _with_plain_letters(content) if is_json else content
    headers = {name: value.encode(errors="surrogateescape") for name, value in response.headers.items()}
    for token in sorted(set(tokens), key=len, reverse=True):
        content = _without(content, token, is_json=is_json, cut=cut)
        # The rest of a header stays: an address of the next page repeats the query with its key.
        headers = {name: _without(value, token, cut=cut) for name, value in headers.items()}
    shown = {name: value.decode(errors="surrogateescape") for name, value in headers.items()}
    if content == before and shown == response.headers:
        return response
    return replace(response.unread(), content=content, headers=shown)
