"""Requests to services of AWS: signed, over pooled connections of the event loop, tried again where that can help.

Only the services and protocols that serving needs are known (``endpoints.SERVICES``): JSON with ``X-Amz-Target``, and
plain requests for those that speak REST. An error has AWS's code, never anything of what was sent or answered.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from adaptgen.model.frozen import value
from adaptgen.runtime.aws.endpoints import SERVICES, configured_endpoint, find_region, own_endpoint
from adaptgen.runtime.aws.errors import AwsError, clean_code, tag_texts
from adaptgen.runtime.aws.own_keys import OwnKeys
from adaptgen.runtime.aws.sigv4 import AwsKeys, sign
from adaptgen.runtime.core.connections import LoopClient, context_of

MAX_BYTES: Final = 16 * 1024 * 1024
"""Bytes of an answer; DynamoDB's largest has 16 MB with a transaction, and a secret 64 KB."""

_THROTTLED: Final = frozenset({
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException",
    "TooManyRequestsException", "ProvisionedThroughputExceededException", "RequestLimitExceeded",
    "BandwidthLimitExceeded", "LimitExceededException", "RequestThrottled", "SlowDown",
    "TransactionInProgressException", "TransactionConflictException", "KMSInternalException",
    "ReplicatedWriteConflictException",
})  # fmt: skip
_TRANSIENT: Final = frozenset({"RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete", "InternalError"})
_SKEWED: Final = frozenset({
    "RequestTimeTooSkewed", "RequestExpired", "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
    "RequestInTheFuture", "InvalidSignature",
})  # fmt: skip
_ENDED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"})
_SKEW: Final = 120.0
"""Seconds by which a clock is wrong before requests are signed with another time; AWS accepts five minutes."""
_BACKOFF: Final = 0.05
_THROTTLE: Final = 0.3
_LONGEST: Final = 5.0

OWN_KEYS: Final = OwnKeys()
"""Those of this process."""


@value()
class Answer:
    """What a service answers; the names of ``headers`` are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Clock:
    """By how much the clock of this machine is wrong, in seconds: all services have the same time."""

    offset = 0.0


class AwsApi:
    """One service in one region. ``timeout``: seconds for one attempt; ``limit``: seconds for all ``attempts`` of one
    request (by default twice as long). ``region`` and ``endpoint``: "" for what the environment says.
    """

    def __init__(
        self,
        service: str,
        region: str = "",
        endpoint: str = "",
        *,
        environ: Mapping[str, str] = os.environ,
        keys: Callable[[], Awaitable[AwsKeys]] | None = None,
        timeout: float = 10.0,
        limit: float = 0.0,
        attempts: int = 3,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """``keys``: those to sign with, by default the process's own; ``transport`` replaces the network.

        Raises:
            AwsError: no region is known, or the service has no address there.
        """
        self.service = SERVICES[service]
        self.region = find_region(environ, region)
        chosen = configured_endpoint(service, environ, endpoint)
        self.endpoint = chosen or own_endpoint(service, self.region, environ)
        self.is_custom = bool(chosen)
        self._environ = environ
        self._keys = keys
        self._timeout = timeout
        self._limit = limit or 2 * timeout
        self._attempts = attempts
        self._transport = transport
        self._bundle = environ.get("AWS_CA_BUNDLE", "")
        self._clients = LoopClient(self._options)

    def __repr__(self) -> str:
        return f"AwsApi({self.service.label!r}, {self.region!r})"

    def _options(self) -> dict[str, Any]:
        return {
            "transport": self._transport,
            "verify": context_of(self._bundle) if self.endpoint.startswith("https:") else False,
            "timeout": httpx.Timeout(self._timeout, connect=min(self._timeout, 5.0)),
            # A function sleeps between requests: what closed meanwhile is noticed before it is used again.
            "limits": httpx.Limits(max_connections=100, max_keepalive_connections=32, keepalive_expiry=60.0),
        }

    def in_region(self, region: str) -> AwsApi:
        """The same service in another region, at AWS's own address."""
        return AwsApi(
            self.service.label, region, environ=self._environ, keys=self._keys, timeout=self._timeout,
            limit=self._limit, attempts=self._attempts, transport=self._transport,
        )  # fmt: skip

    async def current_keys(self) -> AwsKeys:
        """The keys to sign with."""
        return await (self._keys or OWN_KEYS.get)()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._clients.aclose()

    async def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """One operation of a service that speaks JSON. Bytes in ``parameters`` and in the answer are base64.

        Raises:
            AwsError: with AWS's code; never with a value.
        """
        service = self.service
        headers = {
            "Content-Type": f"application/x-amz-json-{service.json}",
            "X-Amz-Target": f"{service.target}.{operation}",
        }
        answer = await self.send("POST", "/", headers=headers, body=json.dumps(parameters).encode(), name=operation)
        return read_json(answer, operation)

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        name: str = "",
        base: str = "",
        upload: Upload | None = None,
        sink: Callable[[bytes], None] | None = None,
        most: int = MAX_BYTES,
    ) -> Answer:
        """One request; its answer has a status below 300, or 304. ``path`` and ``query`` are encoded; ``name`` is
        what errors call it. ``base`` replaces the address of the service; ``upload`` the body. ``sink`` takes the
        content of a good answer, in pieces, instead of the answer. ``most``: bytes of an answer.

        Raises:
            AwsError: with AWS's code; never with a value.
        """
        url = f"{base or self.endpoint}{path}{f'?{query}' if query else ''}"
        name = name or f"{method} of {self.service.label}"
        request = _Request(method, url, dict(headers or {}), body, name, upload, sink, most)
        try:
            async with asyncio.timeout(self._limit):
                return await self._tried(request)
        except TimeoutError:
            raise AwsError(f"AWS cannot be asked for {name}: no answer in {self._limit:g} s") from None

    async def _tried(self, request: _Request) -> Answer:
        renewed = False
        for attempt in range(1, self._attempts + 1):
            last = attempt == self._attempts
            try:
                answer = await self._once(request)
            except (httpx.TransportError, OSError) as problem:
                # What was handed out already cannot be taken back.
                if last or request.begun or isinstance(problem, httpx.UnsupportedProtocol):
                    raise AwsError(f"AWS cannot be asked for {request.name}: {type(problem).__name__}") from None
                await asyncio.sleep(_pause(attempt - 1, _BACKOFF))
                continue
            except (httpx.HTTPError, httpx.InvalidURL) as problem:
                raise AwsError(f"AWS cannot be asked for {request.name}: {type(problem).__name__}") from None
            if answer.status < 300 or answer.status == 304:
                return answer
            problem_of = refusal(answer, request.name)
            code = problem_of.code
            if last:
                raise problem_of
            if code in _SKEWED and _skewed(answer):
                continue
            if code in _ENDED and not renewed and self._keys is None:
                renewed = True
                OWN_KEYS.forget()
                continue
            throttled = code in _THROTTLED or answer.status == 429
            if not throttled and code not in _TRANSIENT and answer.status not in (500, 502, 503, 504):
                raise problem_of
            await asyncio.sleep(_pause(attempt, _THROTTLE if throttled else _BACKOFF))
        raise AssertionError

    async def _once(self, request: _Request) -> Answer:
        keys = await self.current_keys()
        headers = {**request.headers, "Accept-Encoding": "identity"}
        upload = request.upload
        if upload is not None:
            headers["Content-Length"] = str(upload.size)
        digest = upload.digest if upload is not None else ""
        added = sign(
            request.method, request.url, headers, request.body, keys,
            region=self.region, service=self.service.signing, now=service_time(), digest=digest,
        )  # fmt: skip
        client = self._clients.get()
        made = client.build_request(
            request.method, request.url, headers=headers | added,
            content=upload.pieces() if upload is not None else request.body,
        )  # fmt: skip
        got = await client.send(made, stream=True)
        try:
            parts: list[bytes] = []
            size = 0
            good = got.status_code < 300
            async for part in got.aiter_raw():
                size += len(part)
                if size > request.most:
                    raise AwsError(f"the answer to {request.name} is too large")
                if good and request.sink is not None:
                    request.begun = True
                    request.sink(part)
                else:
                    parts.append(part)
        finally:
            await got.aclose()
        body = b"".join(parts)
        told = got.headers.get("x-amz-crc32", "")
        if told.isdecimal() and int(told) != zlib.crc32(body):
            raise httpx.RemoteProtocolError("the answer was changed on the way")
        return Answer(got.status_code, dict(got.headers), body)


@value()
class Upload:
    """A body that is not held in memory: its pieces, its length and the SHA-256 of all of it, in hex."""

    pieces: Callable[[], AsyncIterator[bytes]]
    size: int
    digest: str


class _Request:
    """What is sent, again where that helps. ``begun``: whether some of its answer was handed out."""

    def __init__(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes,
        name: str,
        upload: Upload | None,
        sink: Callable[[bytes], None] | None,
        most: int,
    ) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.name = name
        self.upload = upload
        self.sink = sink
        self.most = most
        self.begun = False


def service_time() -> datetime:
    """The time of AWS, as far as it is known."""
    return datetime.fromtimestamp(time.time() + _Clock.offset, UTC)


def read_json(answer: Answer, name: str) -> dict[str, Any]:
    """The members of an answer; AwsError where it is not a JSON object."""
    try:
        found = json.loads(answer.body or b"{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise AwsError(f"the answer to {name} cannot be read")
    return found


def refusal(answer: Answer, name: str) -> AwsError:
    """The error that an answer is: JSON of either kind, or XML."""
    code, item = clean_code(answer.headers.get("x-amzn-errortype")), None
    if answer.body[:1] == b"{":
        try:
            found = json.loads(answer.body)
            code = clean_code(found.get("__type") or found.get("code")) or code
            item = found.get("Item") if isinstance(found.get("Item"), dict) else None
        except (ValueError, AttributeError):
            pass
    elif b"<Code>" in answer.body:
        code = clean_code(tag_texts(answer.body.decode("utf-8", "replace"), "Code").get("Code"))
    code = code or str(answer.status)
    region = answer.headers.get("x-amz-bucket-region", "")
    return AwsError(f"AWS refuses {name}: {code}", code, answer.status, item, region)


def _skewed(answer: Answer) -> bool:
    """Take the time of the service where this machine's is wrong; whether it is."""
    try:
        there = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return False
    offset = there - time.time()
    if abs(offset - _Clock.offset) < _SKEW:
        return False
    _Clock.offset = offset
    return True


def _pause(times: int, base: float) -> float:
    """Seconds before another attempt: at once after the first connection that failed, else random ones."""
    return random.uniform(0, min(base * 2 ** (times - 1), _LONGEST)) if times else 0.0  # noqa: S311
