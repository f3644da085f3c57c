"""The vault: what short tokens and digits for the API stand for, in the store that the processes share.

Entries are sealed, so the store never sees a value; they end on their own after their lifetime, and can be erased.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Final

from adaptgen.govern.tokenization.token_formats import DecodedToken, MalformedToken, TokenMatch, Tokens
from adaptgen.runtime.store.protocol import Store

_FRESH: Final = 60.0
"""Seconds in which an entry that was just written is not written again."""
_REMEMBERED: Final = 50_000
_AT_ONCE: Final = 32


class Vault:
    """Entries of short tokens. ``expires``: seconds that an entry lives after it was last given out. StoreError where
    the store cannot be reached."""

    def __init__(
        self, store: Store, tokens: Tokens, expires: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._expires = expires
        self._clock = clock
        self._fresh: dict[str, float] = {}

    async def keep(self, scope: bytes, entries: Mapping[str, bytes]) -> None:
        """Write the entries (token -> sealed value); they can be used when this returns."""
        now = self._clock()
        fresh = min(_FRESH, self._expires / 2)
        due = {_key(scope, token): sealed for token, sealed in entries.items()}
        due = {key: sealed for key, sealed in due.items() if self._fresh.get(key, float("-inf")) < now - fresh}
        gate = asyncio.Semaphore(_AT_ONCE)

        async def put(key: str, sealed: bytes) -> None:
            async with gate:
                await self._store.put(key, sealed, ttl=self._expires)

        await asyncio.gather(*(put(key, sealed) for key, sealed in due.items()))
        if len(self._fresh) > _REMEMBERED:
            self._fresh.clear()
        self._fresh.update(dict.fromkeys(due, now))

    async def open(self, scope: bytes, found: TokenMatch) -> DecodedToken:
        """The value of a short token; MalformedToken where there is no entry: expired, erased, or never there in this
        scope."""
        sealed = await self._store.get(_key(scope, f"tok_{found.kind}_{found.body}"))
        if sealed is None:
            raise MalformedToken
        return self._tokens.unwrap(scope, found, sealed)

    async def erase(self, scope: bytes, *, token: str = "", kind: str = "", value: str = "") -> None:
        """Forget an entry, by its token or by the kind and the value that it stands for: it resolves no more."""
        names = [found.kind + "_" + found.body for found in self._tokens.find(token)]
        names += [
            self._tokens.handle(scope, kind, value, number)[0].removeprefix("tok_")
            for number in (False, True)
            if kind and value
        ]
        for name in names:
            key = _key(scope, f"tok_{name}")
            self._fresh.pop(key, None)
            await self._store.delete(key)


def _key(scope: bytes, token: str) -> str:
    return "pii:" + blake2b(scope + b"\0" + token.encode(), digest_size=20).hexdigest()
