"""HTTP towards the servers behind the proxy: one pool of connections for all of them, with every bound that a
stranger's server needs.

It works below httpx's client, on its transport: no redirects are followed, no cookies kept, nothing is logged, and a
call costs a third less. What a failure means for a call is said: ``sent`` tells whether it may have been executed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import ssl
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import TypeAlias

import httpx

from adaptgen.govern.events import Event, Events

__all__ = ["MAX_BYTES", "Address", "Failure", "Line", "Reply", "Transport", "address", "secure"]

Transport: TypeAlias = httpx.AsyncBaseTransport
Address: TypeAlias = httpx.URL

MAX_BYTES = 16 * 1024 * 1024
"""Bytes of one JSON answer or one event, after decompression."""
_ERROR_BYTES = 64 * 1024
_CONNECT = 5.0
_POOL = 10.0
_CODINGS = ("gzip", "x-gzip", "deflate")

# httpx logs each URL with its query string at INFO, httpcore each header at DEBUG: personal data and credentials.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Failure(Exception):
    """A server behind the proxy gave no usable answer.

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


def address(url: str) -> Address:
    """The URL, parsed once.

    Raises:
        ValueError: it is no absolute http or https URL, or holds credentials.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError) as problem:
        raise ValueError("it is no URL") from problem
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError("it is no absolute http or https URL")
    if parsed.userinfo:
        raise ValueError("it holds credentials; give them under auth")
    return parsed.copy_with(fragment=None)


def secure(url: Address) -> bool:
    """Whether nobody on the way can read along: https, or this machine."""
    if url.scheme == "https" or url.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return False


class Line:
    """The pool. ``transport`` replaces the network, for tests."""

    def __init__(self, transport: Transport | None = None) -> None:
        self._given = transport
        self._made: Transport | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def _transport(self) -> Transport:
        """That of the running loop: connections cannot move from one event loop to another."""
        if self._given is not None:
            return self._given
        loop = asyncio.get_running_loop()
        if self._made is None or self._loop is not loop:
            self._loop = loop
            self._made = httpx.AsyncHTTPTransport(
                verify=ssl.create_default_context(),
                # A server that closes idle connections does so after 5 s (uvicorn) or later.
                limits=httpx.Limits(max_connections=1000, max_keepalive_connections=50, keepalive_expiry=4.0),
            )
        return self._made

    async def send(
        self, method: str, url: Address, headers: Mapping[str, str], body: bytes | None, *, silence: float
    ) -> Reply:
        """Send a request and wait for the head of its answer. ``silence``: seconds without a byte that are borne.

        The caller closes the reply.

        Raises:
            Failure: there is none.
        """
        request = httpx.Request(method, url, headers=headers, content=body)
        request.extensions = {
            "timeout": {"connect": min(_CONNECT, silence), "read": silence, "write": silence, "pool": _POOL}
        }
        try:
            answer = await self._transport().handle_async_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as problem:
            raise Failure(_unreachable(problem), sent=False) from None
        except httpx.TimeoutException:
            raise Failure("it is too slow: it sent nothing in time", sent=True) from None
        except httpx.TransportError:
            raise Failure("the connection broke before it answered", sent=True, early=True) from None
        return Reply(answer)

    async def aclose(self) -> None:
        """Close all connections."""
        made, self._made = self._made, None
        if made is not None and self._loop is asyncio.get_running_loop():
            await made.aclose()


def _unreachable(problem: Exception) -> str:
    why = str(problem).lower()
    if "certificate" in why or "ssl" in why:
        return "it cannot be reached: its TLS certificate is not accepted"
    if ("name" in why and ("resolution" in why or "known" in why)) or "nodename" in why:
        return "it cannot be reached: its host name is not known"
    if isinstance(problem, httpx.PoolTimeout):
        return "too many calls are under way"
    return "it cannot be reached"


class Reply:
    """An answer whose body is still to be read."""

    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer
        self.status = answer.status_code
        self.kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()

    def header(self, name: str) -> str | None:
        """One header."""
        value: str | None = self._answer.headers.get(name)
        return value

    async def body(self) -> bytes:
        """All of it, decoded.

        Raises:
            Failure: it is too large, broken, or ends early.
        """
        limit = MAX_BYTES if self.status < 400 else _ERROR_BYTES
        parts: list[bytes] = []
        size = 0
        async for part in self._decoded():
            size += len(part)
            if size > limit:
                raise Failure(f"its answer is larger than {MAX_BYTES >> 20} MB", sent=True, status=self.status)
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def events(self) -> AsyncIterator[Event]:
        """Server-sent events as they come.

        Raises:
            Failure: an event is too large, or the stream breaks.
        """
        parser = Events(MAX_BYTES)
        async for part in self._decoded():
            try:
                found = parser.feed(part)
            except ValueError:
                raise Failure(f"an event is larger than {MAX_BYTES >> 20} MB", sent=True, status=self.status) from None
            for event in found:
                yield event

    async def _decoded(self) -> AsyncIterator[bytes]:
        coding = self._answer.headers.get("content-encoding", "").strip().lower()
        if coding not in ("", "identity", *_CODINGS):
            raise Failure("its answer has a content coding that was not asked for", sent=True, status=self.status)
        raw = self._raw()
        async for part in raw if coding in ("", "identity") else _inflated(raw, coding):
            yield part

    async def _raw(self) -> AsyncIterator[bytes]:
        stream = self._answer.stream
        assert isinstance(stream, httpx.AsyncByteStream)
        try:
            async for chunk in stream:
                yield chunk
        except httpx.TimeoutException:
            raise Failure("it is too slow: its answer stopped", sent=True, status=self.status) from None
        except httpx.TransportError:
            raise Failure(
                "the connection broke before its answer was complete", sent=True, status=self.status
            ) from None

    async def aclose(self) -> None:
        """Give the connection back, or close it where the answer was not read to its end."""
        stream = self._answer.stream
        assert isinstance(stream, httpx.AsyncByteStream)
        await stream.aclose()


async def _inflated(raw: AsyncIterator[bytes], coding: str) -> AsyncIterator[bytes]:
    """Decompressed piece by piece, so that a bomb is noticed before it bursts."""
    decoder = zlib.decompressobj(31 if "gzip" in coding else 15)
    async for chunk in raw:
        rest = chunk
        while rest and not decoder.eof:
            try:
                part = decoder.decompress(rest, 1 << 16)
            except zlib.error:
                raise Failure("its answer is compressed but broken", sent=True) from None
            rest = decoder.unconsumed_tail
            if part:
                yield part
    if not decoder.eof:
        raise Failure("its compressed answer ends early", sent=True)


def seconds(values: Iterable[str | None]) -> float | None:
    """The delay of a Retry-After header (RFC 9110, 10.2.3), where it is given in seconds."""
    for value in values:
        if value is not None and value.strip().isdigit():
            return float(min(int(value.strip()[:9]), 86_400))
    return None
