"""Keeps what the proxy knows of one server fresh: reads its lists, watches for changes, remembers the last good ones,
and compares every tool with its pin.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from adaptgen.mcp.protocol import RpcError
from adaptgen.mcp.revisions import LIST_CHANGES
from adaptgen.model.tables import Json
from adaptgen.proxy.catalog_reader import ServerCatalog, pins_of, read
from adaptgen.proxy.http_client import UpstreamError
from adaptgen.proxy.pin_store import TOOLS
from adaptgen.proxy.quarantine import compare, describe, mode_of
from adaptgen.proxy.response_reader import ResponseReader
from adaptgen.proxy.upstream_client import PROXY, SessionExpired, UpstreamClient
from adaptgen.runtime.store.protocol import StoreError

if TYPE_CHECKING:
    from adaptgen.proxy.pin_store import Pins, PinState
    from adaptgen.proxy.session_pool import Sessions

_log = logging.getLogger("adaptgen.proxy")
_KEY = ("proxy",)
_LEAST = 1.0
_MOST = 60.0
"""Seconds between two attempts to hear of changes."""
_KINDS = ("tools", "prompts", "resources")

Changed = Callable[["CatalogSync", frozenset[str]], Awaitable[None]]


class CatalogSync:
    """One server. ``listing``: the last good one; ``down``: why it could not be read last ("" if it could);
    ``differing``: kind -> names of what differs from its pin, or is new and not accepted; ``quarantined``: those of
    them that are not served.
    """

    def __init__(self, remote: UpstreamClient, sessions: Sessions, pins: Pins, changed: Changed) -> None:
        self.remote = remote
        self.listing: ServerCatalog | None = None
        self.last_error = ""
        self.differing: Mapping[str, frozenset[str]] = {}
        self._sessions = sessions
        self._pins = pins
        self._memory: PinState | None = None
        self._tell = changed
        self._lock = asyncio.Lock()
        self._wanted: set[str] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def quarantined(self) -> Mapping[str, frozenset[str]]:
        return {
            kind: names for kind, names in self.differing.items() if mode_of(self.remote.settings, kind) == "quarantine"
        }

    async def accept(self, glob: str) -> list[str]:
        """Pin what differs and fits ``glob`` (``server`` or ``server/name``) as it is now; what it was, as text.
        StoreError or OSError where it cannot be kept."""
        assert self._memory is not None
        assert self.listing is not None
        server = self.remote.name
        every = pins_of(self.listing)
        accepted: list[str] = []
        for kind, names in sorted(self.differing.items()):
            for name in sorted(names):
                if fnmatchcase(server, glob) or fnmatchcase(f"{server}/{name}", glob):
                    self._memory.pin(kind, name, every[kind][name])
                    accepted.append(f"{server}/{name}" if name else f"{server}: its instructions")
        await self._pins.save(server, self._memory)
        self._compare(self.listing)
        if accepted:
            await self._tell(self, frozenset(_KINDS))
        return accepted

    async def start(self) -> None:
        """Read everything once. Where the server cannot be read, what is remembered of it serves; without that
        RpcError, UpstreamError, ValueError or StoreError."""
        self._memory = await self._pins.load(self.remote.name)
        try:
            await self._discover()
            await self.refresh()
        except (RpcError, UpstreamError) as problem:
            remembered = ServerCatalog.from_json(self._memory.listing)
            if remembered is None:
                raise
            self._fell(problem)
            self.listing = remembered
            self.remote.capabilities = remembered.capabilities
            self._compare(remembered)

    def run(self) -> None:
        """Go on in the background, until :meth:`aclose`."""
        self._tasks = [asyncio.ensure_future(self._poll()), asyncio.ensure_future(self._watch())]

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def on_change(self, kind: str) -> None:
        self._wanted.add(kind)
        self._wake.set()

    async def refresh(self) -> frozenset[str]:
        """Read the lists again; the kinds that have changed. RpcError or UpstreamError where the server cannot be read;
        the last good lists stay."""
        async with self._lock:
            old, held = self.listing, self.quarantined
            new = await read(self._ask, self.remote.capabilities, self.remote.instructions)
            await self._pinned(new)
            self.listing = new
            self.last_error = ""
            if old is None:
                return frozenset(_KINDS)
            now = self.quarantined
            changes = {
                kind
                for kind in (*_KINDS, "templates")
                if getattr(old, kind) != getattr(new, kind) or held.get(kind) != now.get(kind)
            }
            return frozenset("resources" if kind == "templates" else kind for kind in changes)

    # --------------------------------------------------------------------------------------------------------- inside

    async def _discover(self) -> None:
        """Find the newest revision that both speak."""
        if not await self.remote.discover():
            await self._sessions.get(self.remote, PROXY, _KEY, {})

    async def _ask(self, method: str, params: Mapping[str, Json]) -> dict[str, Json]:
        if self.remote.modern:
            return await self.remote.ask(PROXY, method, params, {})
        for _ in range(2):
            session = await self._sessions.get(self.remote, PROXY, _KEY, {})
            try:
                return await self.remote.ask(PROXY, method, params, {}, session=session)
            except SessionExpired:
                await self._sessions.lost(self.remote, PROXY, _KEY, session)
        raise UpstreamError("it forgets its sessions", sent=False, status=404)

    def _fell(self, problem: Exception) -> None:
        text = problem.text if isinstance(problem, UpstreamError) else "it answers with an error"
        if not self.last_error:
            _log.warning("the server %s cannot be read: %s; its last good lists are served", self.remote.name, text)
        self.last_error = text

    def _compare(self, listing: ServerCatalog) -> Mapping[str, Mapping[str, str]]:
        """Note what differs from its pins; what is to be pinned, by kind and name."""
        assert self._memory is not None
        found = compare(pins_of(listing), self._memory, self.remote.settings, ours=self.remote.ours)
        self.differing = found.differing
        return found.due

    async def _pinned(self, listing: ServerCatalog) -> None:
        """Compare with the pins, pin what is seen for the first time, and remember the listing."""
        await self._reload()
        assert self._memory is not None
        before, known = self.differing, self._memory.copy()
        for kind, due in self._compare(listing).items():
            for name, value in due.items():
                self._memory.pin(kind, name, value)
            if kind != TOOLS:
                self._memory.others.setdefault(kind, {})
        for kind, names in self.differing.items():
            for name in sorted(names - before.get(kind, frozenset())):
                _log.warning("%s", self.told(kind, name))
        told = listing.to_json()
        if self._memory == known and told == known.listing and known.known:
            return
        self._memory.listing = told
        self._memory.known = True
        try:
            await self._pins.save(self.remote.name, self._memory)
        except (StoreError, OSError) as problem:
            _log.warning("the pins of %s cannot be kept: %s", self.remote.name, type(problem).__name__)

    async def _reload(self) -> None:
        """Read the pins again: a person may have accepted something. What cannot be trusted changes nothing."""
        if self.listing is None:
            return
        try:
            memory = await self._pins.load(self.remote.name)
        except (StoreError, OSError, ValueError) as problem:
            _log.error("the pins of %s are not read again: %s", self.remote.name, problem)
            return
        if memory.known:
            self._memory = memory

    def told(self, kind: str, name: str) -> str:
        """What differs, as a sentence."""
        return describe(self.remote.name, kind, name, self._memory, mode_of(self.remote.settings, kind))

    async def _poll(self) -> None:
        while True:
            try:
                async with asyncio.timeout(max(self.remote.settings.resync, 0.05)):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            said, self._wanted = frozenset(self._wanted), set()
            try:
                if self.last_error:
                    await self._discover()
                changes = await self.refresh() | said
            except (RpcError, UpstreamError) as problem:
                self._fell(problem)
                continue
            except Exception as problem:  # the task must outlive whatever a server does
                self._fell(problem)
                _log.error("reading %s failed: %s", self.remote.name, type(problem).__name__)
                continue
            if changes:
                await self._tell(self, changes)

    async def _watch(self) -> None:
        """Hold a stream open on which the server says that its lists change. One that has none is polled only."""
        pause = _LEAST
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._listen()
            except UpstreamError as failure:
                if failure.status in (400, 404, 405, 406, 501):
                    return
            except RpcError as error:
                if error.code in (-32601, -32602):
                    return
            except Exception as problem:  # as above
                _log.error("listening to %s failed: %s", self.remote.name, type(problem).__name__)
            lived = asyncio.get_running_loop().time() - began
            pause = _LEAST if lived > _MOST else min(pause * 2, _MOST)
            await asyncio.sleep(pause)
            self.on_change("")  # what was said meanwhile is lost: look

    async def _listen(self) -> None:
        wanted: dict[str, Json] = {
            f"{kind}ListChanged": True for kind in _KINDS if self.remote.can(kind, "listChanged")
        }
        if not wanted:
            raise UpstreamError("it says nothing of changes", sent=False, status=405)
        if self.remote.modern:
            ask = self.remote.ask(PROXY, "subscriptions/listen", {"notifications": wanted}, {}, self, endless=True)
            await ask
            return
        session = await self._sessions.get(self.remote, PROXY, _KEY, {})
        try:
            reply = await self.remote.listen(session, PROXY)
        except UpstreamError as failure:
            if failure.status == 404 and session.id:
                await self._sessions.lost(self.remote, PROXY, _KEY, session)
                return
            raise
        try:
            await ResponseReader(self.remote, PROXY, session, self, None).follow(reply)
        finally:
            await reply.aclose()

    async def notify(self, method: str, params: Mapping[str, Json]) -> None:
        """A notification on the watched stream."""
        kind = LIST_CHANGES.get(method)
        if kind is not None:
            self.on_change(kind)

    async def ask(self, method: str, params: Mapping[str, Json]) -> Mapping[str, Json]:
        """The proxy itself answers no questions."""
        raise RpcError(-32601, "Method not found")
