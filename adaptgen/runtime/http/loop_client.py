"""An httpx client for each event loop: connections cannot move from one loop to another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

# httpx logs each URL with its query string at INFO, httpcore each header at DEBUG: personal data and credentials.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class LoopClient:
    """The client of the running event loop. ``options`` returns what it is made with."""

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
            cookies = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
            self._client = httpx.AsyncClient(cookies=cookies, follow_redirects=False, **self._options())
        return self._client

    async def aclose(self) -> None:
        """Close the pooled connections."""
        client = self._client if self.is_open else None
        self._client = None
        if client is not None:
            await client.aclose()
