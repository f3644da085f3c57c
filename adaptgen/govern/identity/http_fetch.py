"""Short requests to authorization servers: key sets, metadata, tokens. Small answers, no redirects, https or loopback.

Every bound is one that a hostile or broken server needs: bytes, seconds in all, no redirect, no content coding, no
cookies. httpx is imported when the first request is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from adaptgen.net.addresses import UrlProblem, find_problem

if TYPE_CHECKING:
    from adaptgen.runtime.core.connections import LoopClient

Fetched: TypeAlias = tuple[int, Mapping[str, str], bytes]
"""Status, headers (lower case) and body."""


class FetchError(Exception):
    """There is no usable answer. The text names the host and the reason, never a query, a header or a body."""


def place(url: str) -> str:
    """Scheme, host and port of a URL, for messages."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that is not a URL"
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def trusted(url: str) -> str:
    """The URL, if requests with or for credentials may go there: https, or http to loopback (RFC 6749, 1.6).

    Raises:
        FetchError: another scheme, user information or a fragment in it, a link-local address or that of a metadata
            service, or no URL at all.
    """
    match find_problem(url):
        case None if url.isprintable():
            return url
        case UrlProblem.CREDENTIALS | UrlProblem.FRAGMENT:
            raise FetchError(f"the address at {place(url)} holds user information or a fragment")
        case UrlProblem.INSECURE:
            raise FetchError(f"{place(url)} is not https")
        case UrlProblem.METADATA:
            raise FetchError(f"{place(url)} {UrlProblem.METADATA}")
    raise FetchError("the address is not a valid URL, or is not https")


class Fetch:
    """Sends one request at a time over a pooled httpx client, which is made at first use."""

    def __init__(self) -> None:
        self._loop_client: LoopClient | None = None

    async def __call__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        limit: int,
        timeout: float,  # noqa: ASYNC109
    ) -> Fetched:
        """Status, headers and body; any status but a redirect is an answer. ``limit`` bounds the bytes of the answer,
        ``timeout`` the seconds of it all.

        Raises:
            FetchError: no answer, too slow, too large, redirected, or an address that is not allowed.
        """
        import httpx

        trusted(url)
        try:
            async with asyncio.timeout(timeout):
                return await self._once(method, url, headers, body, limit)
        except TimeoutError:
            raise FetchError(f"{place(url)} did not answer within {timeout:g} s") from None
        except httpx.InvalidURL:
            raise FetchError("the address is not a valid URL") from None
        except httpx.HTTPError as problem:
            raise FetchError(f"{place(url)} cannot be reached ({type(problem).__name__})") from None

    async def _once(self, method: str, url: str, headers: Mapping[str, str], body: bytes, limit: int) -> Fetched:
        sent = {"accept": "application/json", "user-agent": "adaptgen", "accept-encoding": "identity", **headers}
        async with self._client().get().stream(method, url, headers=sent, content=body or None) as answer:
            if 300 <= answer.status_code < 400:
                raise FetchError(f"{place(url)} redirects, which is not followed")
            if answer.headers.get("content-encoding", "identity").strip().lower() != "identity":
                raise FetchError(f"{place(url)} uses a content coding that was not asked for")
            parts: list[bytes] = []
            size = 0
            async for part in answer.aiter_raw():
                size += len(part)
                if size > limit:
                    raise FetchError(f"the answer of {place(url)} is larger than {limit} bytes")
                parts.append(part)
            return answer.status_code, dict(answer.headers.items()), b"".join(parts)

    def _client(self) -> LoopClient:
        if self._loop_client is None:
            import httpx

            from adaptgen.runtime.core.connections import LoopClient

            limits = httpx.Limits(max_connections=20, max_keepalive_connections=5, keepalive_expiry=30.0)
            # No timeout: the whole request has one.
            self._loop_client = LoopClient(lambda: {"limits": limits, "timeout": None})
        return self._loop_client

    async def aclose(self) -> None:
        if self._loop_client is not None:
            await self._loop_client.aclose()
