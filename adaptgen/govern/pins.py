"""What the proxy remembers of servers beyond its own life: the pinned hash of each tool, and the last good lists.

A tool is pinned at first sight. A server that changes one afterwards (a "rug pull") is noticed, also when the change
comes while the proxy is not running.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import orjson

from adaptgen.model import Json
from adaptgen.runtime.store import Store

_LARGEST = 300_000
"""Bytes of one entry in a shared store: DynamoDB takes 400 KB."""


@dataclass(slots=True)
class Memory:
    """Of one server: tool -> hash, and its lists as JSON (None: never seen)."""

    pins: dict[str, str] = field(default_factory=dict)
    listing: Json = None


class Pins(Protocol):
    """Where memories are kept."""

    async def load(self, server: str) -> Memory:
        """What is remembered of a server."""
        ...

    async def save(self, server: str, memory: Memory) -> None:
        """Remember it."""
        ...


class Forgetful:
    """Remembers as long as the process lives."""

    def __init__(self) -> None:
        self._all: dict[str, Memory] = {}

    async def load(self, server: str) -> Memory:
        """What is remembered of a server."""
        known = self._all.get(server, Memory())
        return Memory(dict(known.pins), known.listing)

    async def save(self, server: str, memory: Memory) -> None:
        """Remember it."""
        self._all[server] = Memory(dict(memory.pins), memory.listing)


class FilePins:
    """One JSON file, replaced whole. A person accepts a change by removing the tool's line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = asyncio.Lock()

    async def load(self, server: str) -> Memory:
        """What is remembered of a server; a file that cannot be read raises.

        Raises:
            ValueError: the file is no such file.
        """
        return _memory((await asyncio.to_thread(self._read)).get(server))

    async def save(self, server: str, memory: Memory) -> None:
        """Remember it."""
        async with self._lock:
            known = await asyncio.to_thread(self._read)
            known[server] = {"pins": memory.pins, "listing": memory.listing}
            await asyncio.to_thread(self._write, known)

    def _read(self) -> dict[str, Any]:
        try:
            value = orjson.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        if not isinstance(value, dict):
            raise ValueError("the file of pins is no JSON object")
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

    def __init__(self, store: Store) -> None:
        self._store = store

    async def load(self, server: str) -> Memory:
        """What is remembered of a server.

        Raises:
            StoreError: the store cannot be reached.
        """
        data = await self._store.get(f"mirror/{server}")
        return _memory(orjson.loads(data) if data is not None else None)

    async def save(self, server: str, memory: Memory) -> None:
        """Remember it.

        Raises:
            StoreError: the store cannot be reached.
        """
        data = orjson.dumps({"pins": memory.pins, "listing": memory.listing})
        if len(data) > _LARGEST:
            data = orjson.dumps({"pins": memory.pins})
        await self._store.put(f"mirror/{server}", data)


def _memory(value: Any) -> Memory:
    if not isinstance(value, dict):
        return Memory()
    pins = value.get("pins")
    known = {key: one for key, one in pins.items() if isinstance(one, str)} if isinstance(pins, dict) else {}
    return Memory(known, value.get("listing"))
