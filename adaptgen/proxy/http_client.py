"""HTTP towards the servers behind the proxy: one pool of connections for all of them, with every bound that a
stranger's server needs.

No redirects are followed, no cookies kept, nothing is logged. What a failure means for a call is said: ``sent`` says
whether it may have been executed.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping
from urllib.parse import urlsplit

import h11

from adaptgen.model import frozen
from adaptgen.net.addresses import UrlProblem, find_problem, is_loopback, is_metadata_url
from adaptgen.proxy.connection_pool import Connection, ConnectionBroken, Origin, Pool
from adaptgen.proxy.sse import Event, Events

__all__ = ["MAX_BYTES", "Address", "HttpClient", "Reply", "UpstreamError", "address", "seconds", "secure"]

MAX_BYTES = 16 * 1024 * 1024
"""Bytes of one JSON answer or one event, after decompression."""
_ERROR_BYTES = 64 * 1024
_CODINGS = ("gzip", "x-gzip", "deflate")


class UpstreamError(Exception):
    """A server behind the proxy returned no usable answer.

    ``sent``: the request may have been executed; ``early``: the connection ended before a byte of the answer came;
    ``status``: of HTTP, where there was one; ``retry_after``: seconds, where the server said so. The text names
    neither the URL nor anything that was sent.
    """

    def __init__(
        self, text: str, *, sent: bool, early: bool = False, status: int = 0, retry_after: float | None = None
    ) -> None:
        super().__init__(text)
        self.text = text
        self.sent = sent
        self.early = early
        self.status = status
        self.retry_after = retry_after


@frozen.value()
class Address:
    """A URL, taken apart once. ``host`` and ``target`` are written as in the head of a request."""

    text: str
    origin: Origin
    host: bytes
    target: bytes


def address(url: str) -> Address:
    """The URL of a server.

    Raises:
        ValueError: it is not an absolute http or https URL, holds credentials, or leads to a metadata service.
    """
    problem = UrlProblem.METADATA if is_metadata_url(url) else find_problem(url)
    if problem not in (None, UrlProblem.INSECURE):
        help = "; give them under auth" if problem == UrlProblem.CREDENTIALS else ""
        raise ValueError(f"it {problem}{help}")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode() if ":" not in (parts.hostname or "") else parts.hostname
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}".encode("ascii")
    except (ValueError, TypeError, AttributeError) as broken:
        raise ValueError("it is not a URL") from broken
    if not host:
        raise ValueError("it is not an absolute http or https URL")
    tls = parts.scheme == "https"
    standard = 443 if tls else 80
    shown = f"[{host}]" if ":" in host else host
    named = shown if port in (None, standard) else f"{shown}:{port}"
    text = f"{parts.scheme}://{named}{target.decode()}"
    return Address(text, Origin(host, port or standard, tls), named.encode(), target)


def secure(url: Address) -> bool:
    """Whether nobody on the way can read along: https, or this machine."""
    return url.origin.tls or is_loopback(url.origin.host)


class HttpClient:
    """The pool, on whatever event loop runs."""

    def __init__(self) -> None:
        self._pool: Pool | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def _pooled(self) -> Pool:
        """That of the running loop: connections cannot move from one event loop to another."""
        loop = asyncio.get_running_loop()
        if self._pool is None or self._loop is not loop:
            self._loop, self._pool = loop, Pool()
        return self._pool

    async def send(
        self, method: str, url: Address, headers: Mapping[str, str], body: bytes | None, *, silence: float
    ) -> Reply:
        """Send a request and wait for the head of its answer. ``silence``: seconds without a byte that are borne.

        The caller closes the reply.

        Raises:
            UpstreamError: there is no usable answer.
        """
        pool = self._pooled()
        try:
            connection = await pool.get(url.origin)
        except (OSError, TimeoutError) as problem:
            raise UpstreamError(_unreachable(problem), sent=False) from None
        try:
            lines = [(b"host", url.host)]
            lines += [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
            if method == "POST":
                lines.append((b"content-length", str(len(body or b"")).encode()))
            answer = await connection.send(method.encode(), url.target, lines, body or b"", silence)
        except (UnicodeEncodeError, h11.LocalProtocolError):
            pool.drop(connection)
            raise UpstreamError("a header for it cannot be sent", sent=False) from None
        except ConnectionBroken as problem:
            pool.drop(connection)
            raise _failure(problem, "the connection broke before it answered") from None
        except BaseException:
            pool.drop(connection)
            raise
        return Reply(pool, url.origin, connection, answer, silence)

    async def aclose(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None and self._loop is asyncio.get_running_loop():
            pool.close()


def _unreachable(problem: BaseException) -> str:
    if isinstance(problem, ssl.SSLError):
        return "it cannot be reached: its TLS certificate is not accepted"
    if isinstance(problem, socket.gaierror):
        return "it cannot be reached: its host name is not known"
    return "it cannot be reached"


def _failure(problem: ConnectionBroken, broken: str, status: int = 0) -> UpstreamError:
    if problem.slow:
        return UpstreamError("it is too slow: it sent nothing in time", sent=True, status=status)
    return UpstreamError(broken, sent=True, early=problem.early, status=status)


class Reply:
    """An answer whose body is still to be read."""

    def __init__(
        self, pool: Pool, origin: Origin, connection: Connection, answer: h11.Response, silence: float
    ) -> None:
        self._pool = pool
        self._origin = origin
        self._connection: Connection | None = connection
        self._silence = silence
        self._headers = {name: value.decode("latin-1") for name, value in reversed(list(answer.headers))}
        self.status = answer.status_code
        self.kind = (self.header("content-type") or "").partition(";")[0].strip().lower()

    def header(self, name: str) -> str | None:
        """One header, the first of its name, which is given in lower case."""
        return self._headers.get(name.encode())

    async def body(self) -> bytes:
        """All of it, decoded; UpstreamError where it is too large, broken, or ends early."""
        limit = MAX_BYTES if self.status < 400 else _ERROR_BYTES
        parts: list[bytes] = []
        size = 0
        async for part in self._decoded():
            size += len(part)
            if size > limit:
                raise UpstreamError(f"its answer is larger than {MAX_BYTES >> 20} MB", sent=True, status=self.status)
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def events(self) -> AsyncIterator[Event]:
        """Server-sent events as they come; UpstreamError where an event is too large or the stream breaks."""
        parser = Events(MAX_BYTES)
        async for part in self._decoded():
            try:
                found = parser.feed(part)
            except ValueError:
                raise UpstreamError(
                    f"an event is larger than {MAX_BYTES >> 20} MB", sent=True, status=self.status
                ) from None
            for event in found:
                yield event

    async def _decoded(self) -> AsyncIterator[bytes]:
        coding = (self.header("content-encoding") or "").strip().lower()
        if coding not in ("", "identity", *_CODINGS):
            raise UpstreamError("its answer has a content coding that was not asked for", sent=True, status=self.status)
        raw = self._raw()
        async for part in raw if coding in ("", "identity") else _inflated(raw, coding):
            yield part

    async def _raw(self) -> AsyncIterator[bytes]:
        assert self._connection is not None
        try:
            async for chunk in self._connection.chunks(self._silence):
                yield chunk
        except ConnectionBroken as problem:
            raise _failure(problem, "the connection broke before its answer was complete", self.status) from None

    async def aclose(self) -> None:
        """Give the connection back, or close it where the answer was not read to its end."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.give_back(self._origin, connection)


async def _inflated(raw: AsyncIterator[bytes], coding: str) -> AsyncIterator[bytes]:
    """Decompressed piece by piece, so that a bomb is noticed before it bursts."""
    decoder = zlib.decompressobj(31 if "gzip" in coding else 15)
    async for chunk in raw:
        rest = chunk
        while rest and not decoder.eof:
            try:
                part = decoder.decompress(rest, 1 << 16)
            except zlib.error:
                raise UpstreamError("its answer is compressed but broken", sent=True) from None
            rest = decoder.unconsumed_tail
            if part:
                yield part
    if not decoder.eof:
        raise UpstreamError("its compressed answer ends early", sent=True)


def seconds(values: Iterable[str | None]) -> float | None:
    """The delay of a Retry-After header (RFC 9110, 10.2.3), where it is given in seconds."""
    for value in values:
        if value is not None and value.strip().isdigit():
            return float(min(int(value.strip()[:9]), 86_400))
    return None
