"""One HTTP exchange without any server's types: what came in, and what goes out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from adaptgen.mcp.protocol import HANDOVER_HEADER
from adaptgen.model import frozen
from adaptgen.syntax.identifiers import vocabulary

JSON_TYPE = "application/json"
SSE_TYPE = "text/event-stream"

_SINGLE = {HANDOVER_HEADER} | vocabulary(
    "authorization content-length content-type host mcp-method mcp-name mcp-protocol-version mcp-session-id origin"
)


class TooLarge(Exception):
    """The body exceeds the limit."""


class TooSlow(Exception):
    """The body did not come in time."""


@frozen.value()
class HttpRequest:
    """``headers``: lower case; ``twice``: names that occur more than once; ``read``: the body, up to that many bytes
    (raises :class:`TooLarge`, :class:`TooSlow`); ``streaming``: whether the answer may be an iterator of events;
    ``principal``: the IAM principal that the platform vouches for; ``deadline``: the moment of ``time.monotonic()``
    by which the platform wants the answer; ``query``: what follows the question mark of the URL, as it came;
    ``chunks``: the body a piece at a time, up to that many bytes, with the same errors; None where it only comes whole;
    ``source``: the address of the sender, where the platform vouches for it.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    read: Callable[[int], Awaitable[bytes]]
    twice: frozenset[str] = frozenset()
    streaming: bool = True
    principal: str = ""
    deadline: float | None = None
    query: str = ""
    chunks: Callable[[int], AsyncIterator[bytes]] | None = None
    source: str = ""

    @property
    def ambiguous(self) -> str | None:
        """A header that occurs more than once and must not: two readers would see two values."""
        found = sorted(name for name in self.twice if name in _SINGLE)
        return found[0] if found else None

    def accepts(self) -> tuple[bool, bool]:
        """Whether the client takes JSON, and whether it takes a stream of events (RFC 9110, 12.5.1)."""
        given = self.headers.get("accept", "*/*")
        kinds = {one.partition(";")[0].strip().lower() for one in given.split(",")}
        every = "*/*" in kinds
        return (
            every or JSON_TYPE in kinds or "application/*" in kinds,
            every or SSE_TYPE in kinds or "text/*" in kinds,
        )


@dataclass(slots=True)
class HttpAnswer:
    """``body``: bytes, or server-sent events whose iterator must be closed when the client goes. ``cookies``: the
    values of Set-Cookie lines, which must not be joined into one (RFC 6265, 3)."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | AsyncIterator[bytes] = b""
    cookies: tuple[str, ...] = ()


def json_answer(data: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """JSON that is encoded already."""
    return HttpAnswer(status, {"content-type": JSON_TYPE, **(headers or {})}, data)


def folded(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, str], frozenset[str]]:
    """Header lines by lower-case name, values of the same name joined (RFC 9110, 5.3), and the names that repeat."""
    headers: dict[str, str] = {}
    twice: set[str] = set()
    for raw, value in pairs:
        name, text = raw.lower(), value.strip(" \t")  # httptools leaves the space at the end (RFC 9110, 5.5)
        if name in headers:
            twice.add(name)
            joint = "; " if name == "cookie" else ", "  # RFC 9113, 8.2.3
            headers[name] = f"{headers[name]}{joint}{text}"
        else:
            headers[name] = text
    return headers, frozenset(twice)


def whole(body: bytes) -> Callable[[int], Awaitable[bytes]]:
    """The ``read`` of a body that is there already."""

    async def read(limit: int) -> bytes:
        if len(body) > limit:
            raise TooLarge
        return body

    return read
