"""The shared state of the settings: opened and tried at start, so that nothing is served without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.govern.settings.model import Settings
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.core.errors import ToolError
from adaptgen.runtime.store.protocol import Store, StoreError
from adaptgen.syntax.templates import TemplateError, fill, references

_PROBE: Final = "start"


async def open_store(settings: Settings, environ: Mapping[str, str]) -> Store:
    """The store of ``settings.state``, which has been read and written once.

    Raises:
        AdaptgenError: AG071, a template cannot be resolved; AG076, the store cannot be used.
    """
    state = settings.state
    if state.store == "memory":
        from adaptgen.runtime.store.memory import MemoryStore

        return MemoryStore()
    store: Store
    credentials = Credentials(environ)
    if state.store == "redis":
        url = await _resolved(settings, "url", credentials)
        if not url.startswith(("redis://", "rediss://", "unix://")):
            where = settings.where("state", "url")
            message = "the URL of the state is no redis://, rediss:// or unix:// URL"
            raise error("AG076", message, where, "url: rediss://host:6379/0")
        from adaptgen.runtime.store.redis import RedisStore

        store, key = RedisStore(url, state.prefix), "url"
    else:
        from adaptgen.runtime.store.dynamodb import DynamoStore

        table = await _resolved(settings, "table", credentials)
        region = await _resolved(settings, "region", credentials) if state.region else ""
        endpoint = await _resolved(settings, "endpoint", credentials) if state.endpoint else ""
        region = region or environ.get("AWS_REGION", "") or environ.get("AWS_DEFAULT_REGION", "")
        store, key = DynamoStore(table, region, endpoint, state.prefix), "table"
    try:
        await store.put(_PROBE, b"", ttl=60)
        await store.get(_PROBE)
    except StoreError as problem:
        await store.aclose()
        hint = "start it, or correct the address; without it nothing is served"
        raise error("AG076", str(problem), settings.where("state", key), hint) from None
    return store


async def _resolved(settings: Settings, key: str, credentials: Credentials) -> str:
    """A key of ``state`` with its references looked up."""
    where = settings.where("state", key)
    template = getattr(settings.state, key)
    if not template:
        raise error("AG076", f"state: {settings.state.store} needs {key}", settings.where("state"), f"add {key}:")
    try:
        await credentials.prepare(references(template), f"the {key} of the state needs")
        return str(fill(template, {}, credentials.resolve)).strip()
    except AdaptgenError:
        raise
    except (ToolError, TemplateError, KeyError) as problem:
        text = str(problem).removesuffix(" Nothing was sent.").rstrip(".")
        raise error("AG071", text, where, "set it before the start") from None
