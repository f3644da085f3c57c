"""The network: one pooled httpx client, with every bound that a stranger's server needs.

A request ends within its time budget however slowly the API drips, an answer is read up to :data:`MAX_BYTES` after
decompression, redirects stay on the origin, and what a failure means for a write is said: not sent, or unknown.
"""

from __future__ import annotations

import asyncio
import math
import random
import re
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urljoin, urlsplit

import httpx

from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.call_context import downloads, meter, note_change, until
from adaptgen.runtime.core.connections import LoopClient
from adaptgen.runtime.http.request import Request, host_of, origin
from adaptgen.runtime.http.response import Response, read_retry_after

if TYPE_CHECKING:
    from adaptgen.runtime.files.content import StoredFile
    from adaptgen.runtime.http.connection import ConcurrencyLimiter, ConnectionSettings

__all__ = ["MAX_BYTES", "Client", "Response", "Transport"]

Transport: TypeAlias = httpx.AsyncBaseTransport

MAX_BYTES = 16 * 1024 * 1024
"""Bytes of an answer after decompression."""
RETRIES = 2
REDIRECTS = 5
MOVED = frozenset({301, 302, 303, 307, 308})
_SENT_ELSEWHERE = frozenset({307, 308})
"""Redirects of a request that was not carried out (RFC 9110, 15.4.8 and 15.4.9). After others it may have been."""
_BACKOFF = 0.15
_ADDRESS = 65_536
"""Characters that the HTTP client takes as an address."""
_PATIENCE = 2.0
"""Seconds of ``Retry-After`` that are waited for instead of reported."""
_FILE_RATE = 256 * 1024
"""Bytes of a file that buy a call another second."""
_WAITED = 8.0
"""Seconds that one request waits in all for an API that says "too many" again and again."""


class Elsewhere(ToolError):
    """A redirect that was not followed, since ``target`` is on another host."""

    def __init__(self, text: str, *, status: int, target: str) -> None:
        super().__init__(text, status=status)
        self.target = target


class Client:
    """Sends requests. ``timeout`` is the budget in seconds of one request with its retries and redirects."""

    def __init__(
        self, *, timeout: float, transport: Transport | None = None, reaching: ConnectionSettings | None = None
    ) -> None:
        """``reaching``: certificates, an egress proxy, and how much at once; ``transport`` replaces the network."""
        self.timeout = timeout
        self._transport = transport
        self._reaching = reaching
        self._gate = SHARED if transport is None else OriginGate()
        self._turns: ConcurrencyLimiter | None = None
        self._more: dict[str, Any] = {}
        self._clients = LoopClient(self._options)

    def _options(self) -> dict[str, Any]:
        self._turns = None if self._reaching is None else self._reaching.turns()
        return {
            "transport": self._transport,
            "timeout": httpx.Timeout(self.timeout, connect=min(10.0, self.timeout)),
            "limits": httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=4.0),
            **self._more,
        }

    async def _reached(self, reaching: ConnectionSettings) -> None:
        """Look up what the connections of the running loop need, before the first of them."""
        if self._clients.is_open:
            return
        context, proxy = await reaching.ready()
        if not self._clients.is_open:
            if self._transport is None:
                self._more = {"verify": context} if context is not None else {}
                self._more |= {"proxy": httpx.Proxy(proxy)} if proxy else {}
            self._clients.get()

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._clients.aclose()

    async def send(
        self,
        request: Request,
        *,
        keep: Collection[int] = (),
        login: bool = False,
        undone: Callable[[Response], bool | None] | None = None,
    ) -> Response:
        """Send and read the answer, whatever its status. Redirects with a status in ``keep`` are not followed.
        A ``login`` changes nothing that an agent must look after, whatever becomes of it. ``undone``: whether an answer
        means that the request was not carried out; None where only its status says that, as 4xx does.

        Raises:
            ToolError: the API cannot be reached, is too slow, sends too much or not all of it, or redirects to
                another host.
        """
        started = time.monotonic()
        size = request.stream.size if request.stream is not None else 0
        limit = min(self.timeout + size / _FILE_RATE, until.get() - started)
        if limit <= 0:
            raise ToolError("There is no time left in this call: nothing was sent. Try again.")
        state = _State(request, login, started, limit)
        asked, redirected = request.url, 0
        try:
            async with asyncio.timeout(limit) as state.deadline:
                if self._reaching is not None:
                    await self._reached(self._reaching)
                for _ in range(REDIRECTS + 1):
                    try:
                        response = await self._retried(request, state)
                    except BaseException:  # the time is over, too
                        if state.sent and not state.harmless:
                            note_change()
                        raise
                    if not state.harmless and not _is_undone(response, undone):
                        note_change()
                    response.asked, response.redirected = asked, redirected
                    target = response.headers.get("location")
                    if response.status not in MOVED or response.status in keep or not target:
                        return response
                    request = _redirected(request, response.status, urljoin(request.url, target))
                    redirected = response.status
        except TimeoutError:
            if state.waiting and self._turns is not None:
                raise self._turns.busy() from None
            raise state.slow(limit) from None
        raise ToolError("The API redirects again and again; the address of this call is wrong.", status=redirected)

    async def _retried(self, request: Request, state: _State) -> Response:
        """One request; again after failures that certainly did not run it, and after any failure of a read."""
        attempt = 0
        while True:
            state.sent = False
            await self._admit(request, state)
            prepared = self._prepared(request, state)
            response: Response | None = None
            failure: ToolError | None = None
            try:
                state.waiting = self._turns is not None
                async with nullcontext() if self._turns is None else self._turns.turn(state.ends):
                    state.waiting = False
                    answer = await self._clients.get().send(prepared, stream=True)
                    try:
                        content = await _received(answer, request, state)
                    finally:
                        await answer.aclose()
                response = _response(answer, content, request, state)
                pause = self._pause(request, response, attempt, state)
            except httpx.TransportError as problem:
                failure = state.failed(problem, request.url)
                again = (request.harmless or not state.sent) and not isinstance(problem, httpx.ReadTimeout)
                pause = _BACKOFF * 3**attempt if again and attempt < RETRIES else -1
            if pause < 0 or state.late(pause):
                break
            attempt += 1
            await asyncio.sleep(pause * random.uniform(0.8, 1.2) if pause < LEAST else pause)  # noqa: S311
        if response is None:
            assert failure is not None
            raise failure
        return response

    async def _admit(self, request: Request, state: _State) -> None:
        """Wait where the API asked for a pause, and count the request.

        Raises:
            ToolError: it asked for a longer pause than this call waits for, or the call may send no more.
        """
        wait = self._gate.wait(_limit_of(request))
        if wait and (wait > _PATIENCE or state.late(wait)):
            raise ToolError(
                "The API answered another call that there are too many requests, and wants a pause. Nothing was sent. "
                f"Try again in {max(1, math.ceil(wait))} s.",
                status=429,
                retry_after=wait,
            )
        if wait:
            await asyncio.sleep(wait)
        count = meter.get()
        if count is not None and not state.login:
            await count()

    def _pause(self, request: Request, response: Response, attempt: int, state: _State) -> float:
        """Seconds before this request is sent again, below 0 for not at all.

        Where the API says when, time is counted, not tries: it is waited for at least 0.25 s, twice as long each time.
        """
        busy = response.status == 429
        wait = read_retry_after(response.headers)
        if busy:
            self._gate.close(_limit_of(request), wait)
        else:
            self._gate.open(_limit_of(request))
        if not busy and not (request.harmless and response.status in (502, 503, 504)):
            return -1
        if wait is None:
            return -1 if busy or attempt >= RETRIES else _BACKOFF * 3**attempt
        wait = max(wait, LEAST * 2**attempt)
        return wait if wait <= _PATIENCE and state.elapsed() + wait <= _WAITED else -1

    def _prepared(self, request: Request, state: _State) -> httpx.Request:
        """``request`` as httpx sends it.

        Raises:
            ToolError: it has no valid address.
        """
        headers = dict(request.headers)
        given = {name.lower() for name in headers}
        # What an API declares as its own input is the caller's, however its name is spelled (RFC 9110, 5.1).
        for name, value in (("user-agent", "adaptgen"), ("accept-encoding", "gzip, deflate")):
            if name not in given:
                headers[name] = value
        if headers.get("accept-encoding") == "":
            del headers["accept-encoding"]
        if request.cookies:
            headers["cookie"] = "; ".join(request.cookies)
        content = request.content if request.stream is None else request.stream
        if request.stream is not None:
            headers["content-length"] = str(request.stream.size)
        try:
            prepared = httpx.Request(request.method, request.url, headers=headers, content=content)
        except httpx.InvalidURL:
            if len(request.url) > _ADDRESS:
                told = f"The arguments make an address of {len(request.url):,} characters, more than any server takes"
                raise ToolError(f"{told}. Nothing was sent: pass less in one call.") from None
            raise ToolError("The address of this call is not a valid URL.") from None
        prepared.extensions["timeout"] = self._clients.get().timeout.as_dict()
        if not state.harmless:
            prepared.extensions["trace"] = state.trace
            state.sent = self._transport is not None  # which may not tell how far it came
        return prepared


def _is_undone(response: Response, undone: Callable[[Response], bool | None] | None) -> bool:
    """Whether a request with this answer certainly changed nothing."""
    told = undone(response) if undone is not None else None
    return told if told is not None else 400 <= response.status < 500 or response.status in _SENT_ELSEWHERE


class _State:
    """How far a request came, to say what its failure means."""

    def __init__(self, request: Request, login: bool, started: float, limit: float) -> None:
        self.harmless = request.harmless or login
        self.login = login
        self.ends = started + limit
        self._started = started
        self._limit = limit
        self.sent = False
        self.waiting = False
        self.deadline: asyncio.Timeout | None = None

    def moved(self, size: int) -> None:
        """Note that ``size`` bytes of a file came: a large one may take longer than the budget of a request."""
        self.ends = min(self.ends + size / _FILE_RATE, until.get())
        if self.deadline is not None:
            loop = asyncio.get_running_loop()
            self.deadline.reschedule(loop.time() + max(self.ends - time.monotonic(), 0))

    def elapsed(self) -> float:
        """Seconds since the call began."""
        return time.monotonic() - self._started

    def late(self, pause: float) -> bool:
        """Whether too little time is left for another request after ``pause`` seconds."""
        return self.elapsed() + pause > self._limit * 0.8

    async def trace(self, event: str, info: object) -> None:
        """httpcore's trace extension: from its first byte on, a request may have been carried out."""
        if event.endswith("send_request_headers.started"):
            self.sent = True

    @property
    def _unknown(self) -> bool:
        """Whether a change may have been carried out, and may not."""
        return self.sent and not self.harmless

    def _outcome(self) -> str:
        if self.harmless:
            return "Trying again later may help."
        if self._unknown:
            return (
                "It is unknown whether the change was carried out: it may have been. Read the current state before "
                "trying again."
            )
        return "The change was not sent. Trying again later may help."

    def slow(self, timeout: float) -> ToolError:
        text = f"The API did not finish its answer within {round(timeout, 1):g} s. {self._outcome()}"
        return ToolError(text, unknown=self._unknown, unreachable=True)

    def failed(self, problem: httpx.TransportError, url: str) -> ToolError:
        if isinstance(problem, (httpx.ConnectError, httpx.ConnectTimeout)):
            self.sent = False
            because = explain_connect_error(problem)
            what = f"The API cannot be reached at {host_of(url)}{f' ({because})' if because else ''}"
            return ToolError(f"{what}. {self._outcome()}", unknown=self._unknown, unreachable=True)
        if isinstance(problem, httpx.ProxyError):
            self.sent = False
            return ToolError(
                f"The egress proxy does not let this call through to {host_of(url)}. {self._outcome()}",
                unreachable=True,
            )
        if isinstance(problem, httpx.TimeoutException):
            text = f"The API is too slow: it sent nothing in time. {self._outcome()}"
            return ToolError(text, unknown=self._unknown, unreachable=True)
        if isinstance(problem, httpx.UnsupportedProtocol):
            return ToolError("The address of the API must be an http or https URL.")
        if isinstance(problem, httpx.RemoteProtocolError) and re.search(r"\\x15\\x03|\x15\x03", str(problem)):
            self.sent = False
            what = "speaks TLS, but the address says http: the base URL must begin with https"
            return ToolError(f"The API at {host_of(url)} {what}. {self._outcome()}", unreachable=True)
        text = f"The connection broke before the answer of the API was complete. {self._outcome()}"
        return ToolError(text, unknown=self._unknown, unreachable=True)


def explain_connect_error(problem: Exception) -> str:
    """Why no connection was made, from the text of the error, which is all that httpx keeps; else ""."""
    why = str(problem).lower()
    if not_tls(why):
        return "the address says https, but that port speaks plain http: check the base URL and its port"
    if "certificate" in why:
        return "its TLS certificate is not accepted"
    if "ssl" in why or "tls" in why:
        return "the TLS handshake fails, and not for its certificate: is it https at all?"
    if ("name" in why and ("resolution" in why or "known" in why)) or "nodename" in why:
        return "its host name is not known"
    return "connection refused" if "refused" in why or "attempts failed" in why else ""


_NOT_TLS = ("wrong_version_number", "wrong version number", "record layer failure", "http_request", "http request",
            "unknown_protocol", "packet length too long", "unexpected_message")  # fmt: skip


def not_tls(why: str) -> bool:
    """Whether a failed handshake (the text of its error) means that the server does not speak TLS."""
    return any(one in why.lower() for one in _NOT_TLS)


def usual_context() -> ssl.SSLContext:
    """The default TLS context of clients."""
    return httpx.create_ssl_context()


def _redirected(request: Request, status: int, target: str) -> Request:
    """The request that a redirect asks for (RFC 9110, 15.4), on the same origin only.

    301, 302 and 308 that only add or drop a trailing slash are sent again as they were, with their body: the server
    did nothing but point at the right spelling. Other redirects of a write lead to a page to read.
    """
    try:
        same = origin(target) == origin(request.url) and "@" not in urlsplit(target).netloc
    except ToolError:
        same = False
    if not same:
        try:
            place = host_of(target)
        except ToolError:
            place = "another place"
        raise Elsewhere(
            f"The API redirects to another host ({place}), where credentials and data are not sent. If that is the "
            "right address, set the server's base URL to it.",
            status=status,
            target=target,
        )
    target = target.partition("#")[0]
    old, new = urlsplit(request.url), urlsplit(target)
    slash = old.path.rstrip("/") == new.path.rstrip("/")
    if request.reads or status in (307, 308) or (slash and status in (301, 302)):
        if slash and not new.query and old.query:
            target = f"{target}?{old.query}"
        again = request.copy()
        again.url = target
        return again
    return request.to_get(target)


async def _received(answer: httpx.Response, request: Request, state: _State) -> bytes | StoredFile:
    """The content, on disk where it is a large file and the call takes files."""
    keep = None if state.login else downloads.get()
    if keep is None or not keep.keeps(answer.status_code, answer.headers):
        return await _read(answer, request)

    async def chunks() -> AsyncIterator[bytes]:
        async for part in _decoded(answer, answer.headers.get("content-encoding", "identity").strip().lower()):
            state.moved(len(part))
            yield part

    return await keep.write(_joined(answer.headers), chunks())


async def _read(answer: httpx.Response, request: Request) -> bytes:
    """The content, decoded chunk by chunk so that nothing is ever larger than allowed."""
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    parts: list[bytes] = []
    size = 0
    async for part in _decoded(answer, coding):
        size += len(part)
        if size > MAX_BYTES:
            raise ToolError(
                f"The answer of the API is larger than {MAX_BYTES // 2**20} MB. Ask for less: filter, or pass a "
                "smaller limit.",
                status=answer.status_code,
            )
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _decoded(answer: httpx.Response, coding: str) -> AsyncIterator[bytes]:
    if coding in ("", "identity"):
        async for chunk in answer.aiter_raw():
            yield chunk
        return
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise ToolError(f"The API uses the content coding {coding[:20]!r}, which was not asked for.")
    decoder = None
    async for chunk in answer.aiter_raw():
        if decoder is None:
            # "deflate" is zlib (RFC 9110, 8.4.1.2), but some servers send it raw.
            raw = coding == "deflate" and (chunk[0] & 0x0F != 8 or chunk[0] >> 4 > 7)
            decoder = zlib.decompressobj(31 if "gzip" in coding else -15 if raw else 15)
        while chunk and not decoder.eof:
            with _broken_coding(answer):
                part = decoder.decompress(chunk, 1 << 20)
            chunk = decoder.unconsumed_tail
            yield part
    if decoder is not None and not decoder.eof:
        raise httpx.RemoteProtocolError("the compressed content ends early")


@contextmanager
def _broken_coding(answer: httpx.Response) -> Iterator[None]:
    try:
        yield
    except zlib.error:
        raise ToolError("The answer of the API is compressed but broken.", status=answer.status_code) from None


def _response(answer: httpx.Response, content: bytes | StoredFile, request: Request, state: _State) -> Response:
    file = None if isinstance(content, bytes) else content
    kind = answer.headers.get("content-type", "")
    return Response(
        status=answer.status_code,
        headers=_joined(answer.headers),
        content=content if isinstance(content, bytes) else content.head,
        file=file,
        url=request.url,
        elapsed=state.elapsed(),
        media_type=kind.partition(";")[0].strip().lower(),
        cookies=_cookies(answer.headers) if "set-cookie" in answer.headers else {},
    )


def _joined(headers: httpx.Headers) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in headers.multi_items():
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    joined.pop("set-cookie", None)
    return joined


def _cookies(headers: httpx.Headers) -> dict[str, str | None]:
    """What ``Set-Cookie`` sets (RFC 6265, 5.2); None where it expires the cookie at once."""
    cookies: dict[str, str | None] = {}
    for line in headers.get_list("set-cookie"):
        pair, _, attributes = line.partition(";")
        name, equals, value = pair.partition("=")
        if equals and name.strip():
            lower = attributes.lower().replace(" ", "")
            gone = "max-age=0" in lower or "max-age=-" in lower or "expires=thu,01jan1970" in lower
            cookies[name.strip()] = None if gone else value.strip()
    return cookies


Origin: TypeAlias = tuple[str, str, int]
Limited: TypeAlias = tuple[Origin, str]
"""What an API limits: an origin, and the account of one caller ("" for everything that is sent for the server)."""

LEAST: Final = 0.25
"""Seconds before a request is repeated, however soon the API wants it back; doubled from answer to answer."""
_MOST: Final = 300.0
"""Seconds for which it is left alone at most, whatever it says."""
_KEPT: Final = 1000


def _limit_of(request: Request) -> Limited:
    return origin(request.url), request.account


class OriginGate:
    """When an API asked for a pause, for everybody who shares the limit. ``clock`` counts seconds."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock or time.monotonic
        self._until: dict[Limited, float] = {}
        self._times: dict[Limited, int] = {}

    def close(self, limited: Limited, wait: float | None) -> float:
        """Note a 429 with its ``Retry-After``: the seconds for which it is left alone."""
        times = self._times.get(limited, 0)
        self._times[limited] = times + 1
        least = min(LEAST * float(2 ** min(times, 10)), 8.0)
        pause = min(max(wait or 0.0, least), _MOST)
        if len(self._until) > _KEPT:
            self._forget()
        self._until[limited] = max(self._until.get(limited, 0.0), self._clock() + pause)
        return pause

    def open(self, limited: Limited) -> None:
        """Note an answer that was not a 429."""
        if limited in self._times:
            del self._times[limited]
            self._until.pop(limited, None)

    def wait(self, limited: Limited) -> float:
        """Seconds until requests may be sent again; 0 for now."""
        ends = self._until.get(limited) if self._until else None
        return 0.0 if ends is None else max(0.0, ends - self._clock())

    def _forget(self) -> None:
        now = self._clock()
        self._until = {limited: ends for limited, ends in self._until.items() if ends > now}
        self._times = {limited: times for limited, times in self._times.items() if limited in self._until}


SHARED: Final = OriginGate()
"""That of everything in this process that goes to the network."""
