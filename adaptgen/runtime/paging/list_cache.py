"""What an API that returns a list whole has just answered, for the next part of the same answer.

Without it, every turn of a list that is sliced would read all of it again. Only a call that continues with a cursor is
served from here, and only with the very bytes that the cursor was made from: a call without a cursor always asks the
API. Nothing is kept that the API says not to keep, a caller's own write drops what is kept for it, and where nothing
is (another process, too late, too much) the API is asked again.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Final

from adaptgen.model.frozen import lazy, value
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.http.page import Fetch
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.paging.cursor import Bound
from adaptgen.runtime.paging.pages import State

LIFETIME: Final = 60.0
"""Seconds that an answer is kept, or fewer where ``Cache-Control: max-age`` says so."""
ENTRIES: Final = 64
BYTES: Final = 32 * 1024 * 1024
"""Answers, and bytes of them, that one process keeps; the oldest go first."""

_AGE: Final = lazy(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_NEVER: Final = lazy(r"(?:^|[,\s])no-(?:store|cache)\b", re.IGNORECASE)


@value()
class _Entry:
    response: Response
    digest: str
    until: float


class ListCache:
    """The answers of one server. ``clock`` returns seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: OrderedDict[tuple[str, bytes], _Entry] = OrderedDict()
        self._bytes = 0

    def entry(self, caller: Caller, to: Bound) -> CacheEntry:
        """The place of one call: the tool, its contract, its arguments, and ``caller`` as the API knows it, by its
        claims too."""
        claims = sorted((name, repr(value)) for name, value in caller.claims.items())
        identity = repr((caller.key, caller.groups, claims))
        mark = blake2b(digest_size=16)
        for part in (identity.encode(errors="surrogatepass"), *to.parts()):
            mark.update(len(part).to_bytes(8, "big") + part)
        return CacheEntry(self, (caller.key, mark.digest()))

    def drop(self, caller: Caller) -> None:
        """Forget everything of ``caller``: it changed something."""
        for key in [key for key in self._entries if key[0] == caller.key]:
            self.remove(key)

    def get(self, key: tuple[str, bytes], digest: str) -> Response | None:
        """The answer under ``key``, if it is the one with ``digest`` and not too old."""
        self._expire()
        found = self._entries.get(key)
        return found.response if found is not None and found.digest == digest else None

    def put(self, key: tuple[str, bytes], digest: str, response: Response, lifetime: float) -> None:
        """Keep ``response`` in place of what was under ``key``."""
        self.remove(key)
        self._expire()
        if len(response.content) > BYTES:
            return
        self._entries[key] = _Entry(response.unread(), digest, self._clock() + lifetime)
        self._bytes += len(response.content)
        while self._bytes > BYTES or len(self._entries) > ENTRIES:
            self.remove(next(iter(self._entries)))

    def remove(self, key: tuple[str, bytes]) -> None:
        """Forget what is under ``key``."""
        gone = self._entries.pop(key, None)
        if gone is not None:
            self._bytes -= len(gone.response.content)

    def _expire(self) -> None:
        now = self._clock()
        for key in [key for key, entry in self._entries.items() if entry.until <= now]:
            self.remove(key)


class CacheEntry:
    """The place of the answer to one call."""

    def __init__(self, kept: ListCache, key: tuple[str, bytes]) -> None:
        self._kept = kept
        self._key = key
        self._fresh: tuple[str, Response, float] | None = None

    def fetch(self, fetch: Fetch, state: State) -> Fetch:
        """``fetch``, but the answer that ``state`` was made from is not asked for again. ``state.read`` becomes the
        digest of what was read."""

        async def read(query: Mapping[str, Json] = {}, url: str | None = None) -> Response:
            if query or url is not None:  # a further page, which an undocumented header led to
                state.read, self._fresh = "", None
                return await fetch(query, url)
            known = self._kept.get(self._key, state.read) if state.read else None
            if known is not None:
                return known.unread()
            response = await fetch(query, url)
            lifetime = _lifetime(response)
            state.read = _digest(response) if lifetime > 0 else ""
            self._fresh = (state.read, response, lifetime) if state.read else None
            return response

        return read

    def settle(self, goes_on: bool) -> None:
        """Keep what was read, if there is more of it to return."""
        if not goes_on:
            self._kept.remove(self._key)
        elif self._fresh is not None:
            digest, response, lifetime = self._fresh
            self._kept.put(self._key, digest, response, lifetime)


def _digest(response: Response) -> str:
    return blake2b(response.content, digest_size=6).hexdigest()


def _lifetime(response: Response) -> float:
    """Seconds that the API lets one keep its answer (RFC 9111, 5.2.2)."""
    said = response.headers.get("cache-control", "")
    if _NEVER.search(said):
        return 0.0
    age = _AGE.search(said)
    return min(LIFETIME, float(age[1])) if age else LIFETIME
