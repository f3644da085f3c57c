"""One change of a record at a time: among the calls of this process, and among the processes that share a store.

Without a store, processes of one machine take turns through locks on files in the state folder; where it cannot be
written (a read-only container), the calls of this process alone take turns.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from adaptgen.runtime.auth.session_files import try_lock
from adaptgen.runtime.auth.session_store import Lease
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.call_context import until
from adaptgen.runtime.http.request import origin
from adaptgen.runtime.store.protocol import Store, StoreError

_FILES: Final = 256
"""Lock files: records that share one wait for each other without need."""
_PAUSE, _LONGEST = 0.004, 0.08
_BUSY = "Other changes of this record are under way, and its turn did not come in time. Nothing was sent. Try again."
_AWAY = (
    "The store that keeps other servers from changing the same record cannot be reached. Nothing was sent. Try again "
    "later."
)


class _Turns:
    """The lock of one record in one event loop, and how many calls want it."""

    __slots__ = ("lock", "wanted")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.wanted = 0


_TURNS: dict[tuple[asyncio.AbstractEventLoop, str], _Turns] = {}


def canonical_address(url: str) -> str:
    """The same text for all spellings of the address of one record: without query, escapes and trailing slash."""
    scheme, host, port = origin(url)
    return f"{scheme}://{host}:{port}{unquote(urlsplit(url).path).rstrip('/').casefold()}"


class RecordLocks:
    """Locks by the address of a record. ``store`` returns the store that several processes share, if there is one."""

    def __init__(self, folder: Path, store: Callable[[], Store | None]) -> None:
        self._folder = folder / "locks"
        self._store = store

    @asynccontextmanager
    async def hold(self, url: str, seconds: float) -> AsyncIterator[None]:
        """Hold the record at ``url``; wait at most ``seconds`` for it.

        Raises:
            ToolError: others change it all the time, or the store cannot be reached. Nothing was sent then.
        """
        address = canonical_address(url)
        ends = min(time.monotonic() + seconds, until.get())
        key = (asyncio.get_running_loop(), address)
        turns = _TURNS.setdefault(key, _Turns())
        turns.wanted += 1
        try:
            try:
                async with asyncio.timeout(max(ends - time.monotonic(), 0.001)):
                    await turns.lock.acquire()
            except TimeoutError:
                raise ToolError(_BUSY) from None
            try:
                async with self._between_processes(address, ends):
                    yield
            finally:
                turns.lock.release()
        finally:
            turns.wanted -= 1
            if not turns.wanted:
                _TURNS.pop(key, None)

    @asynccontextmanager
    async def _between_processes(self, address: str, ends: float) -> AsyncIterator[None]:
        name = hashlib.sha256(address.encode(errors="surrogatepass")).hexdigest()[:32]
        store = self._store()
        if store is None:
            handle = await self._lock_file(name, ends)
            try:
                yield
            finally:
                if handle is not None:
                    os.close(handle)
            return
        lease = Lease(store, f"update/{name}")
        try:
            await _repeat(lease.acquire, ends)
        except StoreError:
            raise ToolError(_AWAY) from None
        try:
            yield
        finally:
            await lease.release()

    async def _lock_file(self, name: str, ends: float) -> int | None:
        """The handle of a file that is locked; None where the folder cannot be written."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._folder / f"record-{int(name[:8], 16) % _FILES:03d}.lock"
            handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        except (OSError, RuntimeError):
            return None

        async def locked() -> bool:
            return try_lock(handle)

        try:
            await _repeat(locked, ends)
        except BaseException:
            os.close(handle)
            raise
        return handle


async def _repeat(acquire: Callable[[], Awaitable[bool]], ends: float) -> None:
    """Try until it succeeds.

    Raises:
        ToolError: there is no time left.
    """
    pause = _PAUSE
    while not await acquire():
        if time.monotonic() >= ends:
            raise ToolError(_BUSY)
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
        pause = min(pause * 1.5, _LONGEST)
