"""Connections: the HTTP client of an event loop, and the TLS context that clients share."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from collections.abc import Callable
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx

# httpx logs each URL with its query string at INFO, httpcore each header at DEBUG: personal data and credentials.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class LoopClient:
    """The httpx client of the running event loop: connections cannot move from one loop to another. ``options``
    returns what it is made with."""

    def __init__(self, options: Callable[[], dict[str, Any]]) -> None:
        self._options = options
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a client of the running loop."""
        return self._client is not None and self._loop is asyncio.get_running_loop()

    def get(self) -> httpx.AsyncClient:
        """The client: it keeps no cookies and follows no redirects."""
        if self._client is None or not self.is_open:
            self._loop = asyncio.get_running_loop()
            options = self._options()
            if options.get("transport") is None:  # else each client would read the certificates
                options.setdefault("verify", shared_context())
            cookies = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
            self._client = httpx.AsyncClient(cookies=cookies, follow_redirects=False, **options)
        return self._client

    async def aclose(self) -> None:
        """Close the pooled connections."""
        client = self._client if self.is_open else None
        self._client = None
        if client is not None:
            await client.aclose()


@cache
def shared_context() -> ssl.SSLContext:
    """The default TLS context of clients to which nothing is added: reading the certificates takes some 10 ms."""
    usual = not any(os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    found = find_spec("certifi") if usual else None
    for folder in found.submodule_search_locations or () if found is not None else ():
        # The file that httpx trusts. Importing certifi loads what reads files out of archives: 4 ms.
        file = Path(folder) / "cacert.pem"
        if file.is_file():
            return ssl.create_default_context(cafile=file)
    return httpx.create_ssl_context()


def context_of(bundle: str) -> ssl.SSLContext:
    """A context that trusts the certificates of the file or folder ``bundle``; the shared one for ""."""
    if not bundle:
        return shared_context()
    folder = os.path.isdir(bundle)  # noqa: PTH112  (a folder of hashed names, as OpenSSL takes it)
    return ssl.create_default_context(cafile=None if folder else bundle, capath=bundle if folder else None)
