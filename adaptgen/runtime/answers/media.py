"""Answers that are not JSON, as MCP content: text as text, pages as their words, everything else as bytes."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

from adaptgen.runtime.core.answer import Answer, Binary, Text
from adaptgen.runtime.core.text import clean
from adaptgen.runtime.http.table_response import file_name
from adaptgen.runtime.pii.call_pii import PiiTracker

if TYPE_CHECKING:
    from adaptgen.runtime.http.response import Response

_TEXTUAL: Final = ("xml", "csv", "yaml", "javascript", "x-www-form-urlencoded", "ndjson", "jsonl", "json-seq", "sql")
_CARDS: Final = frozenset({"text/vcard", "text/x-vcard", "text/directory", "text/calendar", "message/rfc822"})
"""Text that is about people and that no name of a field classifies; governance hands it on only where released."""
MAX_FILE: Final = 4 * 1024 * 1024
"""Bytes of a file that are handed on; the most that deployed servers can answer is 6 MB of base64."""
_PAGE_LIMIT: Final = 1_000_000


def answer_media(response: Response, *, max_bytes: int, marks: PiiTracker | None = None) -> Answer:
    """The answer for content that is neither JSON nor a table; text is cut to ``max_bytes`` bytes and says so.

    Where ``marks`` are on, what text says under names (XML, YAML, forms) is found by them.
    """
    marks = marks or PiiTracker()
    media = clean(response.media_type).partition(";")[0].strip().lower()
    return marks.finish(_as_it_is(response, media, max_bytes, marks))


def _as_it_is(response: Response, media: str, max_bytes: int, marks: PiiTracker) -> Answer:
    if media in _CARDS and marks.enabled:
        return Answer((Binary(response.content, media, file_name(response)),))
    if media in ("text/html", "application/xhtml+xml"):
        words = page_text(response.text()[:_PAGE_LIMIT])
        return Answer((Text(_capped(words, max_bytes, marks)),))
    if _is_text(media):
        text = response.text()
        if marks.enabled:
            marks.named(text)
        return Answer((Text(_capped(text, max_bytes, marks)),))
    if not media:
        try:
            text = response.content.decode()
            if marks.enabled:
                marks.named(text)
            return Answer((Text(_capped(text, max_bytes, marks)),))
        except UnicodeDecodeError:
            media = "application/octet-stream"
    name = file_name(response)
    if len(response.content) > MAX_FILE:
        what = f"{name or 'a file'} ({media}, {len(response.content)} bytes)"
        return Answer((Text(f"The API sent {what}, too large to hand on; the limit is {MAX_FILE} bytes."),))
    return Answer((Binary(response.content, media, name),))


def is_file(media: str) -> bool:
    """Whether an answer of this media type is handed on as bytes: it is neither text, JSON nor a table."""
    media = media.partition(";")[0].strip().lower()
    return bool(media) and "json" not in media and not _is_text(media) and media not in _CARDS


def _is_text(media: str) -> bool:
    return media.startswith("text/") or media.endswith("+xml") or any(one in media for one in _TEXTUAL)


def _capped(text: str, max_bytes: int, marks: PiiTracker) -> str:
    shown = clean(text)
    if marks.enabled:
        return marks.capped(shown, max_bytes)
    data = shown.encode(errors="replace")
    if len(data) <= max_bytes:
        return data.decode()
    room = max(max_bytes - 60, 20)
    kept = data[:room].decode(errors="ignore")
    return f"{kept}\n… (the first {len(kept.encode())} of {len(data)} bytes)"


class _Words(HTMLParser):
    _HIDDEN = frozenset({"script", "style", "head", "template", "svg", "noscript"})
    _BREAKS = frozenset({"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "section", "table", "pre"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._HIDDEN:
            self._depth += 1
        elif tag in self._BREAKS:
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._HIDDEN:
            self._depth = max(self._depth - 1, 0)
        elif tag in self._BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._depth:
            self.parts.append(re.sub(r"\s+", " ", data))


def page_text(html: str) -> str:
    """The words of an HTML page, without markup, scripts and styles, one line per block."""
    parser = _Words()
    parser.feed(html)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.parts).splitlines())
    return "\n".join(line for line in lines if line)
