"""What the settings refer to, found at start: references (``${env:…}``, ``${secret:…#key}``, ``${ssm:…}``), and the
shared state, which is opened and tried, so that nothing is served without it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

from adaptgen.diagnostics import error
from adaptgen.govern.settings.model import Settings
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.store.protocol import Store, StoreError
from adaptgen.syntax.templates import fill, references, references_in

# Keys are looked up by ``keys``: they never stand in a value that can be printed.
_ALWAYS = ("trace", "authorize", "audit", "switch", "files")
_HTTP = ("listen", "authenticate", "login", "accept")
_PROBE: Final = "start"


async def resolve(settings: Settings, credentials: Credentials, *, http: bool) -> Settings:
    """The settings with every reference replaced that is needed to serve; ``http``: others than stdio. A reference
    without a value is an AdaptgenError (AG071) at its place."""
    names = [*_ALWAYS, *(_HTTP if http else ()), "upstreams"]
    return replace(
        settings, **{name: await _value(settings, (name,), getattr(settings, name), credentials) for name in names}
    )


def variables_on_stdio(settings: Settings) -> set[str]:
    """The environment variables that serving on stdio needs."""
    parts = [getattr(settings, name) for name in (*_ALWAYS, "upstreams", "keys", "state")]
    return {one.name for part in parts for one in references_in(part) if one.kind == "env"}


async def _value(settings: Settings, at: tuple[str | int, ...], value: Any, credentials: Credentials) -> Any:
    if isinstance(value, str):
        return await look_up(settings, at, value, credentials) if "${" in value else value
    if isinstance(value, Mapping):
        return {key: await _value(settings, (*at, key), one, credentials) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)([await _value(settings, (*at, n), one, credentials) for n, one in enumerate(value)])
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            one.name: await _value(settings, (*at, one.name), getattr(value, one.name), credentials)
            for one in fields(value)
        }
        return replace(value, **changed)
    return value


async def look_up(settings: Settings, at: tuple[str | int, ...], text: str, credentials: Credentials) -> str:
    """``text``, found at ``at`` in the settings, with its references replaced; else as :func:`resolve`."""
    try:
        await credentials.prepare(references(text), f"{'.'.join(map(str, at))} names")
        return str(fill(text, {}, credentials.resolve))
    except ToolError as problem:
        text = problem.text.removesuffix("Nothing was sent.").strip().rstrip(".")
        if text[1:2].islower():  # not an abbreviation
            text = text[:1].lower() + text[1:]
        raise error("AG071", text, settings.where(*at), "set it before the start") from None


def begin(settings: Settings, credentials: Credentials, *, http: bool) -> None:
    """Begin to read every secret that serving needs, without waiting: each once, all at the same time."""
    names = (*_ALWAYS, *(_HTTP if http else ()), "upstreams", "keys", "state")
    credentials.begin([one for name in names for one in references_in(getattr(settings, name))])


async def open_store(settings: Settings, credentials: Credentials) -> Store:
    """The store of ``settings.state``, which has been read and written once; AG076 where it cannot be used, AG071 where
    a template cannot be resolved."""
    state = settings.state
    if state.store == "memory":
        from adaptgen.runtime.store.protocol import MemoryStore

        return MemoryStore()

    async def value(key: str) -> str:
        template: str = getattr(state, key)
        return (await look_up(settings, ("state", key), template, credentials)).strip() if template else ""

    store: Store
    key = "url" if state.store == "redis" else "table"
    address = await value(key)
    if not address:
        raise error("AG076", f"state: {state.store} needs {key}", settings.where("state"), f"add {key}:")
    if state.store == "redis":
        if not address.startswith(("redis://", "rediss://", "unix://")):
            message = "the URL of the state is not a redis://, rediss:// or unix:// URL"
            raise error("AG076", message, settings.where("state", "url"), "url: rediss://host:6379/0")
        from adaptgen.runtime.store.redis import RedisStore

        store = RedisStore(address, state.prefix)
    else:
        from adaptgen.runtime.store.dynamodb import DynamoStore

        region = await value("region") or credentials.region
        store = DynamoStore(address, region, await value("endpoint"), state.prefix)
    try:
        # Both at once: reading and writing are two permissions.
        wrote, read = await asyncio.gather(store.put(_PROBE, b"", ttl=60), store.get(_PROBE), return_exceptions=True)
        for problem in (wrote, read):
            if isinstance(problem, BaseException):
                raise problem
    except StoreError as problem:
        await store.aclose()
        hint = "start it, or correct the address; without it nothing is served"
        raise error("AG076", str(problem), settings.where("state", key), hint) from None
    return store
