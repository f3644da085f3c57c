"""Sessions that several processes share through a store.

The values are sealed (AES-SIV, RFC 5297, bound to their key), so that no token is in a store in clear. One process at
a time renews: it holds a lease, added under a condition, that ends by itself when its holder is killed. What it writes
replaces exactly what it read; a holder that was stopped for longer than its lease finds that it has been overtaken.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from adaptgen.mcp.json_text import loads
from adaptgen.model.tables import Auth, Json
from adaptgen.runtime.auth.session_files import LeaseLost
from adaptgen.runtime.http.parameters import to_json
from adaptgen.runtime.store import FORMS, VARIABLE, store_from
from adaptgen.runtime.store.protocol import Store, StoreError, insist

LEASE: Final = 10.0
"""Seconds after which a killed holder's lease ends."""
PATIENCE: Final = 15.0
"""Seconds for which what was renewed is offered to a store that is away."""


class SharedSessionStore:
    """A store and the key of 32 bytes under which sessions are sealed in it; the keys of ``before`` open, too."""

    def __init__(self, store: Store, key: bytes, *before: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        self.store = store
        self._sivs = [
            AESSIV(hashlib.blake2b(one, digest_size=64, person=b"adaptgen session").digest()) for one in (key, *before)
        ]

    def __repr__(self) -> str:
        return f"Shared({self.store!r})"

    def state(self, key: str, ttl: float | None = None, *, strict: bool = False) -> SharedState:
        """The session that belongs to ``key``, kept ``ttl`` seconds from its last renewal on (None: for good).
        ``strict``: what is gone was deleted, and a renewal does not bring it back."""
        return self.state_of(hashlib.sha256(key.encode()).hexdigest()[:32], ttl, strict=strict)

    def state_of(self, id: str, ttl: float | None = None, *, strict: bool = False) -> SharedState:
        """The session with this :attr:`SharedState.id`."""
        return SharedState(self, id, ttl, strict=strict)

    def seal(self, key: str, value: Mapping[str, Json]) -> bytes:
        """The value, readable only under the same key of the store."""
        return self._sivs[0].encrypt(to_json(value), [key.encode()])

    def open(self, key: str, sealed: bytes | None) -> dict[str, Json] | None:
        """What was sealed, or None where it is not ours: another key, or another place."""
        from cryptography.exceptions import InvalidTag

        if sealed is None or len(sealed) < 17:
            return None
        for siv in self._sivs:
            with suppress(InvalidTag):
                value: Any = loads(siv.decrypt(sealed, [key.encode()]))
                return value if isinstance(value, dict) else None
        return None


class Lease:
    """The right of one process to change something, added to a store under a condition. It ends by itself after
    :data:`LEASE` seconds where its holder is killed, and is extended as long as it lives."""

    def __init__(self, store: Store, key: str) -> None:
        self._store = store
        self._key = key
        self._token = b""
        self._beat: asyncio.Task[None] | None = None

    async def acquire(self) -> bool:
        """Whether the lease is ours now; another process holds it where it is not."""
        token = secrets.token_bytes(12)
        if not await self._store.add(self._key, token, ttl=LEASE) and await self._store.get(self._key) != token:
            return False
        self._token = token
        self._beat = asyncio.create_task(self._extend(token))
        return True

    async def _extend(self, token: bytes) -> None:
        while True:
            await asyncio.sleep(LEASE / 3)
            with suppress(StoreError):
                held = await self._store.swap(self._key, token, token, ttl=LEASE)
                held = held or await self._store.add(self._key, token, ttl=LEASE)
                if not held and await self._store.get(self._key) != token:
                    return

    async def release(self) -> None:
        """Give it up."""
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None
        with suppress(StoreError):
            await self._store.swap(self._key, self._token, None)


class SharedState:
    """One session in the store; see :class:`~adaptgen.runtime.auth.session_files.SessionStore`. Every method may raise
    ``StoreError``."""

    def __init__(self, shared: SharedSessionStore, id: str, ttl: float | None, *, strict: bool = False) -> None:
        self.id = id
        self.store = shared.store
        self._shared = shared
        self._key = f"session/{id}"
        self._ttl = ttl
        self._strict = strict
        self._seen: bytes | None = None
        self._lease = Lease(shared.store, f"{self._key}/lease")

    def __repr__(self) -> str:
        return f"SharedState({self._key!r})"

    async def read(self) -> dict[str, Json] | None:
        self._seen = await self.store.get(self._key)
        return self._shared.open(self._key, self._seen)

    @property
    def unreadable(self) -> bool:
        """Whether there was something at the last look that another key has sealed."""
        return self._seen is not None and self._shared.open(self._key, self._seen) is None

    async def write(self, value: Mapping[str, Json]) -> None:
        new = self._shared.seal(self._key, value)
        await insist(lambda: self._replace(new), PATIENCE)

    async def remove(self) -> bool:
        """Remove what was read last; whether it was still there."""
        return await self.store.swap(self._key, self._seen, None)

    async def put(self, value: Mapping[str, Json]) -> None:
        """Set the value whatever was there."""
        await self.store.put(self._key, self._shared.seal(self._key, value), ttl=self._ttl)

    async def delete(self) -> None:
        """Delete the value whatever it is."""
        await self.store.delete(self._key)

    async def _replace(self, new: bytes) -> None:
        if not await self.store.swap(self._key, self._seen, new, ttl=self._ttl):
            now = await self.store.get(self._key)
            # An answer may have been lost, and a store without a disk forgets when it restarts.
            lost = now is None and not self._strict and await self.store.swap(self._key, None, new, ttl=self._ttl)
            if now != new and not lost:
                raise LeaseLost
        self._seen = new

    async def acquire(self) -> bool:
        return await self._lease.acquire()

    async def release(self) -> None:
        await self._lease.release()

    async def failure(self) -> dict[str, Json] | None:
        key = f"{self._key}/failed"
        return self._shared.open(key, await self.store.get(key))

    async def fail(self, why: Mapping[str, Json], seconds: float) -> None:
        key = f"{self._key}/failed"
        await self.store.put(key, self._shared.seal(key, why), ttl=seconds)


def _keeps(auth: Auth) -> bool:
    return bool(auth.chain or auth.refresh or auth.consent)


def _check_kind(auths: Iterable[Auth], url: str) -> None:
    kind = "dynamodb" if url.startswith("dynamodb:") else "redis"
    for auth in auths:
        if auth.store != kind:
            from adaptgen.diagnostics import error

            text = f"the hints keep {auth.name!r} in {auth.store}, and {VARIABLE} names something else"
            raise error("AG076", text, help=f"use {FORMS}")


def open_shared(
    auths: Iterable[Auth], store: Store | None, environ: Mapping[str, str], key: bytes | None
) -> tuple[SharedSessionStore | None, Store | None]:
    """Where the sessions of ``store: redis`` and ``store: dynamodb`` are kept, and those of ``store: state`` if there
    is a store; None where no auth asks for it. And the store that was opened for them and must be closed.

    ``store`` is the state of the governance settings, with their cursor key; without one, or with one that is this
    process alone, ``environ`` names store and key: a key that was made up here would lock out everybody else.

    Raises:
        AdaptgenError: AG073, no key to seal them with; AG076, no store, or not of the kind that the hints name.
    """
    auths = tuple(auths)
    named_stores = [auth for auth in auths if auth.store in ("redis", "dynamodb") and _keeps(auth)]
    asking = named_stores or [auth for auth in auths if auth.store == "state"]
    if not asking:
        return None, None
    from adaptgen.diagnostics import error
    from adaptgen.runtime.paging.cursor import KEY_VARIABLE, KeyFormatError, read_key

    if store is not None and getattr(store, "local", False):
        store = None
    if store is None:
        key = None
        if not named_stores and environ.get(VARIABLE, "memory:").strip().startswith("memory:"):
            return None, None
    named = " and ".join(sorted({auth.name for auth in asking}))
    if key is None and not environ.get(KEY_VARIABLE, "").strip():
        text = f"the sessions of {named} are shared, and there is no key to seal them with"
        raise error("AG073", text, help=f"set {KEY_VARIABLE} to 32 random bytes in base64, the same for all processes")
    try:
        key = key or read_key(environ)
    except KeyFormatError as problem:
        raise error("AG073", str(problem)) from None
    if store is not None:
        return SharedSessionStore(store, key), None
    url = environ.get(VARIABLE, "").strip()
    if not url:
        raise error(
            "AG076",
            f"the sessions of {named} are shared, and {VARIABLE} is not set",
            help=f"use {FORMS}; or state: in the settings",
        )
    try:
        made = store_from(url)
    except ValueError as problem:
        raise error("AG076", f"{VARIABLE}: {problem}") from None
    _check_kind(named_stores, url)
    return SharedSessionStore(made, key), made
