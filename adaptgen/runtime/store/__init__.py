"""Where state is kept that processes share (memory, files, Redis, DynamoDB), and which store a URL means."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs, urlsplit

from adaptgen.runtime.store.protocol import MemoryStore, Store

VARIABLE: Final = "ADAPTGEN_STORE_URL"
FORMS: Final = "redis://HOST:PORT/DB, rediss://…, unix://PATH or dynamodb://TABLE?region=…&endpoint=…&prefix=…"


def store_from(url: str, prefix: str = "adaptgen") -> Store:
    """The store behind ``url``; nothing is connected yet. ``memory:`` is this process alone.

    Raises:
        ValueError: no such form; the text does not repeat the URL, which may hold a password.
    """
    parts = urlsplit(url.strip())
    if parts.scheme == "memory":
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
