"""What the proxy remembers of servers beyond its own life: the pinned hash of each tool, prompt, resource and resource
template, and the last good lists.

A server is pinned at first sight. What it changes or adds afterwards (a "rug pull") is noticed, also when the change
comes while the proxy is not running. What is stored is authenticated by a key that the store does not have, so that
nobody who can write to the store can pin what no person has accepted.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Protocol

import orjson

from adaptgen.mcp.json_text import as_object
from adaptgen.model.tables import Json
from adaptgen.runtime.store.protocol import Store

_LARGEST = 300_000
"""Bytes of one entry in a shared store: DynamoDB takes 400 KB."""


TOOLS: Final = "tools"
KINDS: Final = (TOOLS, "prompts", "resources", "templates", "instructions")
"""What is pinned."""


class UntrustedPins(ValueError):
    """What is stored was not written with a key of this proxy. The text says so, without anything of it."""


@dataclass(slots=True)
class PinState:
    """Of one server: tool -> hash, its lists as JSON (None: never seen), and kind -> name -> hash of all the ``others``
    that are pinned. ``known``: it has been pinned before."""

    pins: dict[str, str] = field(default_factory=dict)
    listing: Json = None
    others: dict[str, dict[str, str]] = field(default_factory=dict)
    known: bool = field(default=False, compare=False)

    def of(self, kind: str) -> dict[str, str] | None:
        """The pins of a kind; None where nothing of it was ever recorded."""
        return (self.pins if self.known else None) if kind == TOOLS else self.others.get(kind)

    def pin(self, kind: str, name: str, value: str) -> None:
        (self.pins if kind == TOOLS else self.others.setdefault(kind, {}))[name] = value

    def copy(self) -> PinState:
        others = {kind: dict(one) for kind, one in self.others.items()}
        return PinState(dict(self.pins), self.listing, others, self.known)


class PinSigner:
    """Authenticates memories with the first of ``keys``; any of them verifies."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(keys)

    def sign(self, server: str, entry: Mapping[str, Any]) -> dict[str, Any]:
        return {**entry, "mac": self._mac(self._keys[0], server, entry)}

    def verify(self, server: str, entry: Mapping[str, Any]) -> None:
        """Raise UntrustedPins for an entry that none of the keys has signed."""
        mac = entry.get("mac")
        plain = {key: value for key, value in entry.items() if key != "mac"}
        if not isinstance(mac, str):
            raise UntrustedPins("its stored pins are not authenticated: somebody else wrote them")
        if not any(hmac.compare_digest(self._mac(key, server, plain), mac) for key in self._keys):
            raise UntrustedPins("its stored pins are not what this proxy wrote: they were changed, or its keys were")

    def _mac(self, key: bytes, server: str, entry: Mapping[str, Any]) -> str:
        told = orjson.dumps([server, entry], option=orjson.OPT_SORT_KEYS)
        return hmac.new(key, b"adaptgen pins\0" + told, hashlib.sha256).hexdigest()


class Pins(Protocol):
    """Where memories are kept."""

    async def load(self, server: str) -> PinState:
        """What is remembered of a server."""

    async def save(self, server: str, memory: PinState) -> None:
        """Remember it."""


class InMemoryPins:
    """Remembers as long as the process lives."""

    def __init__(self) -> None:
        self._all: dict[str, PinState] = {}

    async def load(self, server: str) -> PinState:
        return self._all.get(server, PinState()).copy()

    async def save(self, server: str, memory: PinState) -> None:
        self._all[server] = replace(memory.copy(), known=True)


class FilePins:
    """One JSON file, replaced whole, where a person can read what is pinned."""

    def __init__(self, path: Path, signer: PinSigner | None = None) -> None:
        """``signer``: None where nothing has a key, and the file is as good as who can write it."""
        self._path = path
        self._signer = signer
        self._lock = asyncio.Lock()

    async def load(self, server: str) -> PinState:
        """What is remembered of a server; ValueError for a file that is not of this form, or not authenticated."""
        return _memory(server, (await asyncio.to_thread(self._read)).get(server), self._signer)

    async def save(self, server: str, memory: PinState) -> None:
        async with self._lock:
            known = await asyncio.to_thread(self._read)
            known[server] = _entry(server, memory, self._signer)
            await asyncio.to_thread(self._write, known)

    def _read(self) -> dict[str, Any]:
        try:
            value = orjson.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        if not isinstance(value, dict):
            raise ValueError("the file of pins is not a JSON object")
        return value

    def _write(self, value: Mapping[str, Any]) -> None:
        data = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(data)
            Path(name).replace(self._path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
            raise


class StorePins:
    """In the store that several proxies share. Lists that are too large for it are not kept."""

    def __init__(self, store: Store, signer: PinSigner | None = None) -> None:
        self._store = store
        self._signer = signer

    async def load(self, server: str) -> PinState:
        """What is remembered of a server; ValueError where it is not authenticated, StoreError where the store is not
        reached."""
        data = await self._store.get(f"mirror/{server}")
        return _memory(server, orjson.loads(data) if data is not None else None, self._signer)

    async def save(self, server: str, memory: PinState) -> None:
        """Remember it; StoreError where the store cannot be reached."""
        data = orjson.dumps(_entry(server, memory, self._signer))
        if len(data) > _LARGEST:
            data = orjson.dumps(_entry(server, replace(memory, listing=None), self._signer))
        await self._store.put(f"mirror/{server}", data)


def _entry(server: str, memory: PinState, signer: PinSigner | None) -> dict[str, Any]:
    """The stored form of a memory: the pins of tools in ``pins``, the others in ``others``."""
    entry: dict[str, Any] = {"pins": memory.pins, "others": memory.others}
    if memory.listing is not None:
        entry["listing"] = memory.listing
    return signer.sign(server, entry) if signer is not None else entry


def _memory(server: str, value: Any, signer: PinSigner | None) -> PinState:
    if not isinstance(value, dict):
        return PinState()
    if signer is not None:
        signer.verify(server, value)
    others = as_object(value.get("others"))
    return PinState(
        _hashes(value.get("pins")),
        value.get("listing"),
        {kind: _hashes(others[kind]) for kind in KINDS if kind in others},
        known=True,
    )


def _hashes(value: Any) -> dict[str, str]:
    return {name: one for name, one in as_object(value).items() if isinstance(one, str)}
