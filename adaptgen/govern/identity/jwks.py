"""Public keys of those who sign: a JWK Set (RFC 7517), picked from by algorithm and key id, fetched within bounds."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from adaptgen.govern.identity.http_fetch import Fetch, FetchError, place, trusted
from adaptgen.govern.identity.oauth_metadata import parsed
from adaptgen.govern.identity.signatures import PublicKey, public_key

if TYPE_CHECKING:
    from adaptgen.govern.identity.key_cache import KeySetCache

_log = logging.getLogger("adaptgen.govern")

LIMIT: Final = 256 * 1024
"""Bytes of a JWK Set."""
TIMEOUT: Final = 5.0
COOLDOWN: Final = 30.0
"""Seconds between two fetches, whatever tokens come."""
FRESH: Final = 300.0
"""Seconds after which a key set is fetched again in the background; after twice that, before the next check."""
STALE: Final = 3600.0
"""Seconds after which keys that cannot be fetched again count no more: one of them may have been withdrawn."""
KEYS: Final = 100


class KeySet:
    """Public keys. Keys that cannot serve (symmetric, weak, for encryption, unknown) are left out (RFC 7517, 5)."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """From a JWK Set, or one JWK; ValueError where it holds no key that can be used."""
        found = document.get("keys") if "keys" in document else [document]
        self._keys: list[PublicKey] = []
        for one in found[:KEYS] if isinstance(found, list) else []:
            key = _imported(one) if isinstance(one, dict) else None
            if key is not None:
                self._keys.append(key)
        if not self._keys:
            raise ValueError("no usable public key")
        self.mark = frozenset((key.kid, key.thumbprint) for key in self._keys)

    async def start(self) -> None:
        """Nothing to fetch."""

    async def key(self, algorithm: str, kid: str | None) -> PublicKey | None:
        """As :meth:`pick`, which a :class:`KeySource` may have to fetch keys for."""
        return self.pick(algorithm, kid)

    def pick(self, algorithm: str, kid: str | None) -> PublicKey | None:
        """The key with that id, or the only one that fits where the token names none."""
        fitting = [key for key in self._keys if (kid is None or key.kid == kid) and key.fits(algorithm)]
        return fitting[0] if len(fitting) == 1 or (fitting and kid is not None) else None


def _imported(data: dict[str, Any]) -> PublicKey | None:
    operations = data.get("key_ops")
    if data.get("use", "sig") != "sig":
        return None
    if operations is not None and not (isinstance(operations, list) and "verify" in operations):
        return None
    try:
        return public_key(data)
    except ValueError:
        return None


class KeySource:
    """The keys at a URL. ``replaced`` is called when other keys have come in the place of the old ones."""

    def __init__(
        self,
        url: Callable[[], Awaitable[str]],
        requests: Fetch,
        *,
        replaced: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
        stale: float = STALE,
        cache: KeySetCache | None = None,
    ) -> None:
        """``url`` finds the address, at every fetch (metadata may name another one by then). ``stale``: seconds that
        keys count while they cannot be fetched again. ``cache``: where processes share what they fetched.
        """
        self._url = url
        self._requests = requests
        self._replaced = replaced
        self._clock = clock
        self._stale = stale
        self._cache = cache
        self._keys: KeySet | None = None
        self._fetched = 0.0
        self._tried: float | None = None
        self._task: asyncio.Task[None] | None = None
        self._down = False

    async def start(self) -> None:
        """Take the keys that another process has fetched, or fetch them; FetchError where they cannot be had."""
        known = await self._cache.read() if self._cache is not None else None
        if known is not None:  # as if it had been fetched here then: what is unknown or too old is fetched as always
            self._keys, self._fetched = known
            return
        self._tried = self._clock()
        await self._fetch()

    async def key(self, algorithm: str, kid: str | None) -> PublicKey | None:
        """The key for a token, fetched anew where it is not known, at most once per :data:`COOLDOWN` in all."""
        if self._usable() is None or (self._age() > 2 * FRESH and not self._down):
            await self._again()
        elif self._age() > FRESH:
            self._begin()
        keys = self._usable()
        found = keys.pick(algorithm, kid) if keys is not None else None
        if found is None:
            await self._again()
            keys = self._usable()
            found = keys.pick(algorithm, kid) if keys is not None else None
        return found

    def _usable(self) -> KeySet | None:
        """The keys, unless they are too old."""
        return self._keys if self._age() <= self._stale else None

    def trusted_for(self) -> float:
        """Seconds for which a verdict under the present keys may be remembered."""
        return min(max(FRESH - self._age(), COOLDOWN), max(self._stale - self._age(), 0.0))

    def _age(self) -> float:
        return self._since(self._fetched)

    def _since(self, moment: float) -> float:
        passed = self._clock() - moment
        return passed if passed >= 0 else math.inf  # the clock was set back

    def _begin(self) -> asyncio.Task[None] | None:
        """The fetch under way, or a new one; None while it is too early for one."""
        if self._task is not None and not self._task.done():
            if self._task.get_loop() is asyncio.get_running_loop():
                return self._task
            self._task = None
        if self._tried is not None and self._since(self._tried) < COOLDOWN:
            return None
        self._tried = self._clock()
        self._task = asyncio.create_task(self._quietly())
        return self._task

    async def _again(self) -> None:
        task = self._begin()
        if task is not None:
            await asyncio.shield(task)

    async def _quietly(self) -> None:
        try:
            await self._fetch()
            self._down = False
        except FetchError as problem:  # the last good keys stay, and known ones are not waited for again
            self._down = True
            if self._usable() is None:
                _log.error("the keys of those who sign are too old, so nobody is let in: %s", problem)
            else:
                _log.warning("the keys of those who sign cannot be fetched again: %s", problem)

    async def _fetch(self) -> None:
        url = trusted(await self._url())
        status, _, body = await self._requests("GET", url, {}, b"", limit=LIMIT, timeout=TIMEOUT)
        if status != 200:
            raise FetchError(f"{place(url)} answers {status} to the request for its keys")
        document = parsed(body, "key set", url)
        try:
            keys = KeySet(document)
        except ValueError:
            raise FetchError(f"the key set of {place(url)} holds no public key that can be used") from None
        known = self._keys
        self._keys, self._fetched = keys, self._clock()
        if self._cache is not None:
            self._cache.write(document, self._fetched)
        if known is not None and known.mark != keys.mark:
            self._replaced()
