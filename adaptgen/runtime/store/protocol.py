"""State that several processes share: what a store can do (memory, Redis and DynamoDB do it), and which a URL means."""

from __future__ import annotations

from typing import Final, Protocol
from urllib.parse import parse_qs, urlsplit


class Store(Protocol):
    """Small values under text keys, each with a lifetime in seconds (None: until deleted).

    Every method is atomic across the processes that share the store. A store that cannot be reached raises
    ``StoreError``; a caller that asks for security reasons then refuses.
    """

    async def get(self, key: str) -> bytes | None:
        """The value, or None where there is none or its lifetime is over."""
        ...

    async def put(self, key: str, value: bytes, *, ttl: float | None = None) -> None:
        """Set the value whatever was there."""
        ...

    async def add(self, key: str, value: bytes, *, ttl: float | None = None) -> bool:
        """Set the value only where there is none; whether it was set. For leases and for identifiers used once."""
        ...

    async def swap(self, key: str, old: bytes | None, new: bytes | None, *, ttl: float | None = None) -> bool:
        """Replace ``old`` (None: nothing there) by ``new`` (None: delete); whether ``old`` was there."""
        ...

    async def delete(self, key: str) -> None:
        """Remove the value, if any."""
        ...

    async def increment(self, key: str, by: float = 1, *, ttl: float | None = None) -> float:
        """Add to a number that starts at 0; its new value. ``ttl`` counts from the first increment."""
        ...

    async def take(self, key: str, *, rate: float, burst: float, cost: float = 1) -> float:
        """Take ``cost`` from a token bucket that refills ``rate`` a second up to ``burst``.

        Returns 0.0 when it was taken, else the seconds until it could be; then nothing is taken. A negative ``cost``
        gives back.
        """
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...


class StoreError(Exception):
    """The shared state cannot be reached or refuses; the text names the store, never a value."""


VARIABLE: Final = "ADAPTGEN_STORE_URL"
FORMS: Final = "redis://HOST:PORT/DB, rediss://…, unix://PATH or dynamodb://TABLE?region=…&endpoint=…&prefix=…"


def store_from(url: str, prefix: str = "adaptgen") -> Store:
    """The store behind ``url``; nothing is connected yet. ``memory:`` is this process alone.

    Raises:
        ValueError: no such form; the text does not repeat the URL, which may hold a password.
    """
    parts = urlsplit(url.strip())
    if parts.scheme == "memory":
        from adaptgen.runtime.store.memory import MemoryStore

        return MemoryStore()
    if parts.scheme in ("redis", "rediss", "unix"):
        from adaptgen.runtime.store.redis import RedisStore

        return RedisStore(url.strip(), prefix)
    if parts.scheme == "dynamodb" and parts.netloc:
        from adaptgen.runtime.store.dynamodb import DynamoStore

        given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        unknown = given.keys() - {"region", "endpoint", "prefix"}
        if not unknown:
            prefix = given.get("prefix", prefix)
            return DynamoStore(parts.netloc, given.get("region", ""), given.get("endpoint", ""), prefix)
    raise ValueError(f"the address of a store has one of the forms {FORMS}")
