"""One document over HTTP: bounded in size, time and reach. The only place of the build column with httpx.

Requests go to https, or to loopback. A redirect is followed within one origin (scheme, host and port; RFC 6454), so
that the headers of the hints reach nobody else. Conditional requests follow RFC 9110, section 13.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from adaptgen.net.addresses import UrlProblem, find_problem, is_loopback, read_origin

if TYPE_CHECKING:
    import httpx

LARGEST = 50_000_000
"""Bytes of a document, after decompression."""
SECONDS = 60.0
"""For the whole of a request, redirects included."""
_REDIRECTS = 5
_ACCEPT = "application/vnd.oai.openapi+json, application/vnd.oai.openapi, application/json, application/yaml, */*;q=0.5"


class Unfetched(Exception):
    """The document cannot be fetched. The text names no address: a URL may hold credentials. ``help``: what to do."""

    def __init__(self, text: str, help: str = "") -> None:
        super().__init__(text)
        self.help = help or "check the address, and whether it can be reached from here"


@dataclass(frozen=True, slots=True)
class Fetched:
    """``body`` None: it is what it was (304). ``etag`` and ``modified`` as they were sent, "" where they were not."""

    body: bytes | None
    etag: str = ""
    modified: str = ""


def fetch(url: str, headers: Mapping[str, str], *, etag: str = "", modified: str = "") -> Fetched:
    """Fetch ``url``; with ``etag`` or ``modified`` only if it is another document now.

    Raises:
        Unfetched: the address is not allowed, or the document cannot be fetched from it.
    """
    import httpx

    known = {"If-None-Match": etag, "If-Modified-Since": modified}
    sent = {"Accept": _ACCEPT, **headers, **{name: value for name, value in known.items() if value}}
    deadline = time.monotonic() + SECONDS
    loopback = _allowed(url)
    try:
        with httpx.Client(timeout=20.0, follow_redirects=False, trust_env=not loopback) as client:
            for _ in range(_REDIRECTS + 1):
                with client.stream("GET", url, headers=sent) as answer:
                    if answer.status_code == 304:
                        return Fetched(None, etag, modified)
                    if not answer.is_redirect:
                        return _answer(answer, deadline)
                    url = _redirected(url, answer.headers["location"])
    except httpx.TimeoutException:
        raise Unfetched("it does not answer in time") from None
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError) as problem:
        from adaptgen.runtime.http.client import explain_connect_error

        raise Unfetched(explain_connect_error(problem) or f"the request failed: {type(problem).__name__}") from None
    raise Unfetched("it redirects again and again")


def _answer(answer: httpx.Response, deadline: float) -> Fetched:
    if answer.status_code != 200:
        help = ""
        if answer.status_code in (401, 403):
            help = "it wants a credential: source: {url: …, headers: {…}} in the hints, then adaptgen pull SPEC"
        elif answer.status_code == 404:
            help = "check the path, often /openapi.json or /v3/api-docs; or it wants a credential"
        raise Unfetched(f"the answer is {answer.status_code} {answer.reason_phrase}".rstrip(), help)
    parts: list[bytes] = []
    size = 0
    for part in answer.iter_bytes():
        size += len(part)
        parts.append(part)
        if size > LARGEST:
            raise Unfetched(f"the document is larger than {LARGEST // 1_000_000} MB")
        if time.monotonic() > deadline:
            raise Unfetched(f"the document did not arrive within {SECONDS:.0f} seconds")
    return Fetched(b"".join(parts), answer.headers.get("etag", ""), answer.headers.get("last-modified", ""))


def _allowed(url: str) -> bool:
    """Whether the address is loopback.

    Raises:
        Unfetched: it is neither loopback nor https, or leads to a metadata service.
    """
    parts = urlsplit(url)
    # The check is of scheme and host: hints may name a document with credentials, a fragment or spaces in its address.
    problem = find_problem(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")
    if problem is not None:
        help = "use https; or save the document in a file" if problem is UrlProblem.INSECURE else ""
        raise Unfetched(f"the address {problem}", help)
    return is_loopback(parts.hostname or "")


def _redirected(url: str, location: str) -> str:
    target = urljoin(url, location)
    try:
        is_same = read_origin(target) == read_origin(url)
    except ValueError:
        is_same = False
    if not is_same:
        raise Unfetched("it redirects to another origin; name the address that it redirects to")
    return target
