"""What the API answered, read to its end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from adaptgen.mcp.json_text import loads, loads_exact
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json
from adaptgen.runtime.core.answer import ToolError
from adaptgen.syntax.charsets import decode
from adaptgen.syntax.tables import read as read_table

if TYPE_CHECKING:
    from adaptgen.runtime.files.content import StoredFile

_UNREAD: Any = object()


@dataclass(slots=True)
class Response:
    """One answer. ``headers`` have lower-case names, values of repeated headers joined by ``, ``; ``content`` is
    decoded from its content coding; ``url`` is where it came from after redirects, ``elapsed`` in seconds;
    ``media_type`` is the type without parameters, lower-case. ``cookies``: what ``Set-Cookie`` sets, None for a
    cookie that it deletes. ``sizes``: members of the request's body that asked for a number of
    items. ``file``: a large file on disk, of which ``content`` holds the first bytes. ``redirected``: the status of the
    last redirect that led here, from ``asked``; 0 for none.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    url: str = field(default="", repr=False)
    elapsed: float = 0.0
    media_type: str = ""
    cookies: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    sizes: tuple[tuple[str, int], ...] = ()
    redirected: int = 0
    asked: str = field(default="", repr=False)
    file: StoredFile | None = field(default=None, repr=False)
    _json: Json = field(default=_UNREAD, repr=False, compare=False)

    def json(self) -> Json:
        """The content as JSON, parsed once. Numbers that a float would round are
        :class:`adaptgen.mcp.json_text.ExactNumber`.

        Raises:
            ToolError: it is not JSON.
        """
        if self._json is _UNREAD:
            self._json = _parse(self)
        return self._json

    def unread(self) -> Response:
        """The same answer without its parsed JSON, which takes several times the bytes."""
        return replace(self, _json=_UNREAD)

    def as_written(self) -> Response:
        """The same answer, whose numbers are written again as they are here: 1.10 is not 1.1."""
        try:
            content = loads_exact(self.text(), as_written=True)
        except ValueError:
            return self
        return replace(self, _json=content)

    def text(self) -> str:
        """The content as text, by the charset that it declares; see :func:`adaptgen.syntax.charsets.decode`."""
        content_type = self.headers.get("content-type", "") or self.media_type
        return decode(self.content, content_type, cut=self.file is not None)


_GUARD: Final = lazy(
    r"\s*(?:\)\]\}'?,?|while\s*\(\s*(?:1|true)\s*\)\s*;?|for\s*\(\s*;\s*;\s*\)\s*;?|throw\b[^;\n]{0,80};|\{\}\s*&&)\s*"
)
"""What APIs for browsers put before JSON, so that no page can read it as a script."""
_CALLBACK: Final = lazy(r"(?:/\*\*/\s*)?[A-Za-z_$][\w$.]{0,99}\s*\(\s*(?=[{\[])")
"""The begin of a call with an object or a list as its argument; ``Error(404)`` is a message."""
_ROOT: Final = lazy(r"\s*(?:<\?.{0,200}?\?>\s*)?<([A-Za-z_][\w.:-]{0,40})")
_FILES: Final = ((b"%PDF", "a PDF file"), (b"PK\x03\x04", "a ZIP file"), (b"\x1f\x8b", "gzip data"))


def _parse(response: Response) -> Json:
    try:
        return loads(response.content)
    except ValueError:
        pass
    text = response.text()
    for form in (text, *_inside(text)):
        try:  # NaN, another charset
            return loads_exact(form)
        except ValueError:
            pass
    lines = _lines(text)
    if lines is not None:
        return lines
    if not text.strip():
        raise ToolError("The API sent an empty answer where JSON was expected.", status=response.status)
    raise ToolError(
        f"The API sent {_name_kind(response, text)} where JSON was expected; its answer cannot be used.",
        status=response.status,
    )


def _inside(text: str) -> Iterator[str]:
    """The text behind a guard, or in the parentheses of a call."""
    guard = _GUARD.match(text)
    if guard is not None:
        yield text[guard.end() :]
    stripped = text.strip()
    call = _CALLBACK.match(stripped)
    end = stripped.removesuffix(";").rstrip()
    if call is not None and end.endswith(")"):
        yield end[call.end() : -1]


def _lines(text: str) -> list[Json] | None:
    """The objects of an answer that has one in each line (JSON lines); None where a line is something else."""
    if text.lstrip()[:1] != "{":
        return None
    table = read_table(text, "lines", loads=loads_exact)
    if table.unreadable or len(table.records) < 2 or not all(isinstance(record, dict) for record in table.records):
        return None
    return table.records


def _name_kind(response: Response, text: str) -> str:
    """What an answer is by its first bytes. None of its words are shown: a login may repeat the password."""
    begin = text.lstrip()[:1000]
    for mark, name in _FILES:
        if response.content.startswith(mark):
            return name
    if "html" in response.media_type or begin[:9].lower() == "<!doctype" or begin[:5].lower() == "<html":
        return "an HTML page"
    root = _ROOT.match(begin)
    if root is not None:
        return f"an XML document (its first element is {root[1]})"
    if begin[:1] in ("{", "["):
        return f"something that begins like JSON ({begin[:1]}) and cannot be read to its end"
    return "text that is not JSON"


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from now, from a number or an HTTP date (against the server's own ``Date`` where it sends one)."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text)) if float(text) < 1e9 else None
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, until - read_server_time(headers))


def read_server_time(headers: Mapping[str, str]) -> float:
    """The server's clock by its ``Date`` header, else ours, in seconds since the epoch."""
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError, OverflowError):
        return time.time()
