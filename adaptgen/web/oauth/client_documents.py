"""Clients that are described by a document of theirs (draft-ietf-oauth-client-id-metadata-document, Client ID Metadata
Documents): its URL is the ``client_id``.

Whoever sends a browser here chooses the URL, so a document is fetched with care: the name is resolved once, every
address of it must be public, and the connection goes to the address that was checked.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address
from threading import BoundedSemaphore, Thread
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import orjson

from adaptgen.govern.identity.http_fetch import place
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json
from adaptgen.net.addresses import is_loopback, is_metadata, is_public, split_url
from adaptgen.runtime.core.caches import LruCache
from adaptgen.runtime.store.protocol import Store
from adaptgen.web.oauth.clients import NONE, Client
from adaptgen.web.oauth.registration import SHARE, Refusal, described_client

if TYPE_CHECKING:
    import httpx

_log = logging.getLogger("adaptgen.web")

LARGEST: Final = 5 * 1024
"""Bytes of a document (draft, 6.6)."""
TIMEOUT: Final = 3.0
LONGEST: Final = 500
"""Characters of the URL."""
MIN_AGE: Final = 60.0
"""Seconds for which a document is used at least, whatever it says."""
MAX_AGE: Final = 3600.0
FAILED: Final = 5.0
"""Seconds in which a document that could not be used is not asked for again."""
FETCHES: Final = (5.0, 60.0)
"""Documents that are fetched, a second and at once: anyone can make a server ask for one."""
OF_A_HOST: Final = (0.5, 10.0)
"""The same of one host, so that none uses up all."""
_KEPT: Final = 1000
_AT_ONCE: Final = 8
"""Documents that are fetched at the same time; who comes next waits."""
_LOOKUPS: Final = BoundedSemaphore(32)
"""Names that are looked up at the same time, in threads, also those whose request has given up. One sender, who may
ask for one a second, does not fill them while a resolver waits half a minute for a dead name server."""
_URL: Final = lazy(r"[!-~]+")
_HOST: Final = lazy(r"(?=.{1,253}\Z)(?:[a-z0-9_-]{1,63}\.)*(?=[a-z0-9_-]*[a-z_-])(?!0x)[a-z0-9_-]{1,63}")
"""A name that can be looked up (RFC 1035, 2.3.4), without a dot at its end. Its last part is not a number: it would
be another spelling of an IPv4 address."""
_DOTS: Final = lazy(r"/(?:\.|%2[eE]){1,2}(?:/|$)")
_MAX_AGE: Final = lazy(r"(?:^|[\s,])max-age\s*=\s*\"?([0-9]{1,9})")
_SECRETS: Final = ("client_secret", "client_secret_expires_at")

PUBLISHED: Final[Mapping[str, Mapping[str, Json]]] = {
    "https://claude.ai/oauth/mcp-oauth-client-metadata": {
        "client_name": "Claude",
        "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
    },
    "https://claude.ai/oauth/claude-code-client-metadata": {
        "client_name": "Claude Code",
        "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
    },
    "https://chatgpt.com/oauth/client.json": {
        "client_name": "ChatGPT",
        "redirect_uris": ["https://chatgpt.com/connector_platform_oauth_redirect"],
    },
}
"""Documents as their publishers had them in autumn 2026, for servers that cannot fetch them: without a way to the
internet, or because the publisher's guard against robots answers 403 to data centers (seen at claude.ai)."""
_GRANTED: Final[Mapping[str, Json]] = {"grant_types": ["authorization_code", "refresh_token"]}

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class NotUsable(Exception):
    """A document that cannot be used. The text says why, without any part of it."""


class Crowded(Exception):
    """Too many documents are asked for; it says nothing about this one."""


def is_document(client_id: str) -> bool:
    """Whether a ``client_id`` is a URL, and not one that was made here."""
    return "://" in client_id


def find_problem(client_id: str, *, local: bool = False) -> str | None:
    """Why a URL is no ``client_id`` (draft, 3), as the end of a sentence; None where it is. ``local``: loopback and
    http on it are accepted, too."""
    if len(client_id) > LONGEST or not _URL.fullmatch(client_id) or "\\" in client_id:
        return "is too long, or has characters that no URL has"
    try:
        parts = split_url(client_id)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "is not a URL"
    if parts.scheme != "https" and not (local and parts.scheme == "http" and is_loopback(host)):
        return "is not https"
    if not host or "@" in parts.netloc:
        return "has no host, or user information"
    if not client_id.startswith(f"{parts.scheme}://") or parts.netloc != _usual_netloc(parts.scheme, host, port):
        return "is not written as usual: lower case, no port that goes without saying, no dot at the end of the host"
    if "#" in client_id:
        return "has a fragment"
    if parts.path in ("", "/"):
        return "has no path"
    if _DOTS.search(parts.path):
        return "has dot segments"
    return None


def _usual_netloc(scheme: str, host: str, port: int | None) -> str:
    """Host and port as they must be written, "" for what names no host: of one client there is one ``client_id``, so
    that a client that is switched off cannot come back under another spelling."""
    if _is_address(host):
        host = str(ip_address(host))
        host = f"[{host}]" if ":" in host else host
    elif not _HOST.fullmatch(host):
        return ""
    usual = {"https": 443, "http": 80}.get(scheme)
    return host if port is None else f"{host}:{port}" if port != usual else ""


class ClientDocuments:
    """Fetches documents, and keeps what they say."""

    def __init__(self, *, resolve: Resolve | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._resolve = resolve or _resolve
        self._clock = clock
        self._kept: LruCache[tuple[str, tuple[str, ...], bool], tuple[float, Client | None]] = LruCache(_KEPT)
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def client(
        self, client_id: str, resource: str, allowed: Sequence[str], store: Store, sender: str = ""
    ) -> Client | None:
        """The client that a document describes; None where it cannot be used. ``sender``: a name of who asks, "" where
        it is not known. Crowded, StoreError.

        A document on loopback counts only for a server that is itself on loopback: one that is being developed, with
        its client, on the same machine.
        """
        local = is_loopback(urlsplit(resource).hostname or "")
        if find_problem(client_id, local=local) is not None:
            return None
        key = (client_id, tuple(allowed), local)
        kept = self._kept.get(key)
        if kept is not None and self._clock() < kept[0]:
            return kept[1]
        found: Client | None = None
        try:
            body, seconds = await self._document(client_id, local, store, sender)
            found = _client_of(client_id, body, allowed)
        except (NotUsable, Refusal) as problem:  # few: only as many documents are read as the rate allows
            _log.warning("the document of a client at %s cannot be used: %s", place(client_id), problem)
            seconds = FAILED
        self._kept.put(key, (self._clock() + seconds, found))
        return found

    async def _document(self, client_id: str, local: bool, store: Store, sender: str) -> tuple[bytes, float]:
        """A document, and the seconds for which it counts; that of :data:`PUBLISHED` where it cannot be fetched."""
        try:
            await self._admit(client_id, store, sender)
            await self._turn()
            try:
                async with asyncio.timeout(TIMEOUT):
                    return await self._fetch(client_id, local)
            except (TimeoutError, OSError, UnicodeError) as problem:
                raise NotUsable(f"its host cannot be reached ({type(problem).__name__})") from None
            finally:
                self._turns.release()
        except (NotUsable, Crowded):
            if client_id not in PUBLISHED:
                raise
            return orjson.dumps({"client_id": client_id, **_GRANTED, **PUBLISHED[client_id]}), MIN_AGE

    async def _turn(self) -> None:
        try:
            async with asyncio.timeout(TIMEOUT):
                await self._turns.acquire()
        except TimeoutError:
            raise Crowded from None

    async def _admit(self, client_id: str, store: Store, sender: str) -> None:
        """Take a document from what the sender, all, and its host may have. All before the host: otherwise anyone could
        fill the state with names of hosts, however little is left for all."""
        rate, burst = FETCHES
        if sender and await store.take(f"oauth/documents/of/{sender}", rate=rate * SHARE, burst=burst * SHARE):
            raise Crowded
        if await store.take("oauth/documents", rate=rate, burst=burst):
            raise Crowded
        host = hashlib.sha256((urlsplit(client_id).hostname or "").encode()).hexdigest()[:32]
        if await store.take(f"oauth/documents/{host}", rate=OF_A_HOST[0], burst=OF_A_HOST[1]):
            await store.take("oauth/documents", rate=rate, burst=burst, cost=-1)
            raise Crowded

    async def _fetch(self, url: str, local: bool) -> tuple[bytes, float]:
        import httpx

        from adaptgen.runtime.core.connections import shared_context

        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = await self._address(host, port, local)
        target = httpx.URL(url).copy_with(host=address)
        name = f"[{host}]" if ":" in host else host
        headers = {
            "host": name if parts.port is None else f"{name}:{parts.port}",
            "accept": "application/json",
            "accept-encoding": "identity",
            "user-agent": "adaptgen",
        }
        try:
            async with (
                httpx.AsyncClient(
                    trust_env=False, follow_redirects=False, timeout=TIMEOUT, verify=shared_context()
                ) as client,
                client.stream("GET", target, headers=headers, extensions={"sni_hostname": host}) as answer,
            ):
                return await _read(answer), lifetime(answer.headers)
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            raise NotUsable(f"its host cannot be reached ({type(problem).__name__})") from None

    async def _address(self, host: str, port: int, local: bool) -> str:
        """The address to connect to. NotUsable where any address of the host is not one of the public internet."""
        found = [host.strip("[]")] if _is_address(host) else list(await self._resolve(host, port))
        if not found:
            raise NotUsable("its host has no address")
        own = local and is_loopback(host)
        if is_metadata(host) or not all(is_public(one) or (own and is_loopback(one)) for one in found):
            raise NotUsable("its host has an address that is not one of the public internet")
        return found[0]


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


async def _resolve(host: str, port: int) -> list[str]:
    """The addresses of a host. In a thread of its own, not in the pool of the event loop: strangers choose the host,
    its name server may never answer, and nobody can stop the thread. A process that ends does not wait for it."""
    room = _LOOKUPS
    if not room.acquire(blocking=False):
        raise Crowded
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def tell(found: list[str], problem: Exception | None) -> None:
        if answer.done():  # nobody waits any more
            return
        if problem is not None:
            answer.set_exception(problem)
        else:
            answer.set_result(found)

    def look_up() -> None:
        found: list[str] = []
        problem: Exception | None = None
        try:
            given = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = list(dict.fromkeys(str(one[4][0]) for one in given))
        except (OSError, UnicodeError) as caught:
            problem = caught
        finally:
            room.release()
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(tell, found, problem)

    try:
        Thread(target=look_up, name="client-document", daemon=True).start()
    except RuntimeError:  # the system has no thread left
        room.release()
        raise Crowded from None
    return await answer


async def _read(answer: httpx.Response) -> bytes:
    if answer.status_code != 200 or answer.headers.get("content-encoding", "identity") != "identity":
        raise NotUsable(f"the answer has the status {answer.status_code}, or is compressed")
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise NotUsable("the answer is not application/json")
    body = b""
    async for part in answer.aiter_raw():
        body += part
        if len(body) > LARGEST:
            raise NotUsable(f"it has more than {LARGEST} bytes")
    return body


def lifetime(headers: Mapping[str, str]) -> float:
    """The seconds for which an answer is used (RFC 9111), within bounds."""
    said = headers.get("cache-control", "").lower()
    if "no-store" in said or "no-cache" in said:
        return MIN_AGE
    found = _MAX_AGE.search(said)
    return min(max(float(found[1]) if found else MIN_AGE, MIN_AGE), MAX_AGE)


def _client_of(client_id: str, body: bytes, allowed: Sequence[str]) -> Client:
    try:
        about: Any = orjson.loads(body)
    except ValueError:
        raise NotUsable("it is not JSON") from None
    if not isinstance(about, dict) or about.get("client_id") != client_id or any(one in about for one in _SECRETS):
        raise NotUsable("its client_id is not its URL, or it has a secret")
    # A client with a choice takes what the metadata of this server list (OpenID Connect RP Metadata Choices), as
    # ChatGPT does, which would rather sign its requests.
    choices = about.get("token_endpoint_auth_methods_supported")
    if isinstance(choices, list) and NONE in choices:
        about = {**about, "token_endpoint_auth_method": NONE}
    found = described_client(client_id, about, allowed, NONE, lenient=True)
    if not found.name:  # required (MCP, Client Registration), as it is what people see
        raise NotUsable("it has no client_name")
    if found.method != NONE:  # a secret that everybody can read, or that nobody has (draft, 4.1)
        raise NotUsable("its token_endpoint_auth_method is not none")
    return Client(client_id, found.name, found.redirect_uris, NONE, found.grants, assured=True)
