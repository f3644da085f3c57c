"""What the API answered, read to its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from adaptgen.mcp.json_text import loads, loads_exact
from adaptgen.model.tables import Json
from adaptgen.runtime.core.answer import ToolError

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
            content = loads_exact(self.content.decode(), as_written=True)
        except ValueError:
            return self
        return replace(self, _json=content)

    def text(self) -> str:
        """The content as text in its declared charset, UTF-8 otherwise; what cannot be decoded is replaced."""
        _, _, parameters = self.headers.get("content-type", "").partition(";")
        charset = "utf-8"
        for parameter in parameters.split(";"):
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset":
                charset = value.strip().strip('"')
        try:
            return self.content.decode(charset, "replace")
        except (LookupError, UnicodeError):
            return self.content.decode("utf-8", "replace")


def _parse(response: Response) -> Json:
    try:
        return loads(response.content)
    except ValueError:
        pass
    try:  # a byte order mark, NaN, another charset
        return loads_exact(response.text().removeprefix("\ufeff"))
    except ValueError:
        pass
    media = response.media_type
    if not response.content.strip():
        raise ToolError("The API sent an empty answer where JSON was expected.", status=response.status)
    what = "an HTML page" if "html" in media or response.content.lstrip()[:1] == b"<" else "something that is not JSON"
    raise ToolError(f"The API sent {what} where JSON was expected; its answer cannot be used.", status=response.status)


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
