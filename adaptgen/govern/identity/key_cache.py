"""The key set of an issuer in the shared state: a process that starts asks the state, and not the issuer.

The state is not trusted with who may call. What lies there is authenticated with a key of the settings, and says for
which issuer and when it was fetched: someone who can write to the state can put back an answer of the last minutes.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable, Sequence
from typing import Final

import orjson

from adaptgen.govern.identity.jwks import FRESH, KeySet
from adaptgen.model.tables import Json
from adaptgen.runtime.store.protocol import Store, StoreError

_log = logging.getLogger("adaptgen.govern")
_MAC: Final = 32
LIFETIME: Final = 2 * FRESH
"""Seconds: as long as a running process uses a key set without waiting for a new one."""
PATIENCE: Final = 2.0
"""Seconds for the state to answer; the issuer is asked then."""


class KeySetCache:
    """The key sets of one issuer, in ``store``. ``keys``: derived from those of the settings, the first of which
    writes; ``issuer``: all that says whose keys they are."""

    def __init__(self, store: Store, keys: Sequence[bytes], issuer: Sequence[str], clock: Callable[[], float]) -> None:
        self._store = store
        self._keys = tuple(keys)
        self._about = orjson.dumps(list(issuer))
        self._name = f"jwks:{hashlib.sha256(self._about).hexdigest()}"
        self._clock = clock
        self._writing: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return "KeySetCache()"

    async def read(self) -> tuple[KeySet, float] | None:
        """The keys and when they were fetched; None where there is nothing that can be trusted. It never raises."""
        try:
            async with asyncio.timeout(PATIENCE):
                data = await self._store.get(self._name)
        except (StoreError, TimeoutError) as problem:
            _log.warning("the keys of those who sign cannot be read from the state: %s", type(problem).__name__)
            return None
        if data is None:
            return None
        mac, content = data[:_MAC], data[_MAC:]
        if not any(hmac.compare_digest(mac, self._mac(key, content)) for key in self._keys):
            _log.warning("the keys of those who sign in the state are not ours, and are not used")
            return None
        try:
            found = orjson.loads(content)
            if not 0 <= self._clock() - found["fetched"] <= LIFETIME:
                return None
            return KeySet(found["document"]), found["fetched"]
        except (ValueError, KeyError, TypeError):  # of another version
            return None

    def write(self, document: Json, fetched: float) -> None:
        """Put a key set there, in the background."""
        content = orjson.dumps({"fetched": fetched, "document": document})
        task = asyncio.create_task(self._put(self._mac(self._keys[0], content) + content))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _put(self, data: bytes) -> None:
        try:
            await self._store.put(self._name, data, ttl=LIFETIME)
        except StoreError as problem:
            _log.warning("the keys of those who sign cannot be put into the state: %s", type(problem).__name__)

    def _mac(self, key: bytes, content: bytes) -> bytes:
        return hmac.digest(key, len(self._about).to_bytes(4, "big") + self._about + content, "sha256")

    async def aclose(self) -> None:
        """Wait until what was written is there."""
        if self._writing:
            await asyncio.wait(self._writing, timeout=PATIENCE)
