"""How the API is reached, where that is not the open internet: certificates, an egress proxy, how much at once.

Values are looked up at first use. Whatever waits here waits within the budget of its call, and says so when it was
for nothing.
"""

from __future__ import annotations

import asyncio
import math
import os
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where
from adaptgen.model.tables import Connection, Server
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.core.answer import ToolError
from adaptgen.syntax.templates import fill, references

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_PEM = "-----BEGIN"


def check_certificates(server: Server) -> None:
    """Check the files of the connection that are named by a path.

    Raises:
        AdaptgenError: AG066 for each that is not there.
    """
    found = server.connection
    assert found is not None
    problems = [
        Diagnostic("AG066", f"the file of connection.{what} is not there", Where(str(path)), "put it there")
        for what, text in (("ca", found.ca), ("client_cert", found.client_cert))
        if text and "${" not in text and not (path := _path(server, text)).is_file()
    ]
    if problems:
        raise AdaptgenError(*problems)


def _path(server: Server, text: str) -> Path:
    """Paths are relative to the folder of the server, as those of governance are."""
    return Path(os.path.normpath(server.contracts.parent / text))


class TokenBucket:
    """A token bucket: ``rate`` a second on average, at most one second's worth at once (at least one)."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._most = max(1.0, math.floor(rate))
        self._left = self._most
        self._clock = clock
        self._at = clock()

    def take(self, most: float) -> float:
        """Take a turn: seconds until it comes. One that would come after more than ``most`` seconds is not taken."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        wait = max(0.0, (1.0 - self._left) / self._rate)
        if wait <= most:
            self._left -= 1.0
        return wait


class ConcurrencyLimiter:
    """Whose turn it is: at most ``concurrency`` requests at once, and ``rate`` (``50/s``) of them."""

    def __init__(self, connection: Connection) -> None:
        self._most = connection.concurrency
        self._slots = asyncio.Semaphore(connection.concurrency) if connection.concurrency else None
        self._said = connection.rate
        count, _, unit = connection.rate.partition("/")
        self._bucket = TokenBucket(int(count) / _SECONDS[unit]) if unit else None

    def busy(self) -> ToolError:
        """The error of a call whose time ran out while it waited for others."""
        return ToolError(
            f"The API answers {self._most} calls of this server already, which is as many as it may at once. "
            "Nothing was sent. Try again in a few seconds.",
            retry_after=2.0,
        )

    @asynccontextmanager
    async def turn(self, deadline: float) -> AsyncIterator[None]:
        """Wait for a turn, and hold it. ``deadline`` (of ``time.monotonic``): when the call ends.

        Raises:
            ToolError: the rate has no turn before that; nothing was sent.
        """
        if self._slots is not None:
            await self._slots.acquire()
        try:
            if self._bucket is not None:
                room = max(deadline - time.monotonic(), 0.0)
                wait = self._bucket.take(room)
                if wait > room:
                    raise ToolError(
                        f"This server may call the API {self._said.replace('/', ' times in 1 ')}, and has. Nothing was "
                        f"sent. Try again in {math.ceil(wait)} s.",
                        retry_after=wait,
                    )
                if wait > 0:
                    await asyncio.sleep(wait)
            yield
        finally:
            if self._slots is not None:
                self._slots.release()


class ConnectionSettings:
    """The connection of one server."""

    def __init__(self, server: Server, credentials: Credentials) -> None:
        assert server.connection is not None
        self._server = server
        self._said = server.connection
        self._credentials = credentials

    def turns(self) -> ConcurrencyLimiter:
        """New turns: they belong to one event loop."""
        return ConcurrencyLimiter(self._said)

    async def ready(self) -> tuple[ssl.SSLContext | None, str]:
        """The TLS context (None: the usual one) and the URL of the egress proxy ("": none).

        Raises:
            ToolError: a reference is not set, or a certificate or key cannot be used; nothing of it is shown.
        """
        said = self._said
        found = references([said.ca, said.client_cert, said.proxy])
        if found:
            await self._credentials.prepare(found, "the connection needs")
        context = None
        if said.ca or said.client_cert:
            from adaptgen.runtime.http.client import usual_context

            context = usual_context()
        if context is not None and said.ca:
            try:
                text = self._pem(said.ca)
                context.load_verify_locations(cadata=text)
            except (OSError, ValueError):  # an SSLError is an OSError
                raise ToolError("The certificates of connection.ca cannot be used. Nothing was sent.") from None
        if context is not None and said.client_cert:
            try:
                with _kept(self._pem(said.client_cert)) as file:
                    context.load_cert_chain(file, password="")
            except (OSError, ValueError):
                raise ToolError(
                    "connection.client_cert cannot be used: it must hold a certificate and its private key, not "
                    "encrypted, as PEM. Nothing was sent."
                ) from None
        return context, self._proxy(said.proxy)

    def _proxy(self, template: str) -> str:
        if not template:
            return ""
        url = str(fill(template, {}, self._credentials.resolve)).strip()
        try:
            parts = urlsplit(url)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good:
            raise ToolError("connection.proxy must be an http or https URL with a host. Nothing was sent.")
        return url

    def _pem(self, text: str) -> str:
        """PEM from a file, or from a reference, whose value may be PEM or the path of a file."""
        if "${" in text:
            text = str(fill(text, {}, self._credentials.resolve)).strip()
            if text.startswith(_PEM):
                return text
        return _path(self._server, text).read_text("ascii")


@contextmanager
def _kept(text: str) -> Iterator[str]:
    """A file with ``text`` for as long as it is needed: in memory where that can be, else for its owner only."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("adaptgen", os.MFD_CLOEXEC)
        try:
            os.write(handle, text.encode())
            yield f"/proc/self/fd/{handle}"
        finally:
            os.close(handle)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "client.pem"
        path.touch(0o600)
        path.write_text(text)
        yield str(path)
