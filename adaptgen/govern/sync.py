"""Keeps what the proxy knows of one server fresh: reads its lists, watches for changes, remembers the last good ones,
and compares every tool with its pin.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from adaptgen.govern import rpc
from adaptgen.govern.answers import Answers
from adaptgen.govern.desk import RpcError
from adaptgen.govern.listing import Listing, pin, read
from adaptgen.govern.remote import PROXY, Gone, Remote
from adaptgen.govern.upstream import Failure
from adaptgen.model import Json
from adaptgen.runtime.store import StoreError

if TYPE_CHECKING:
    from adaptgen.govern.pins import Memory, Pins
    from adaptgen.govern.sessions import Sessions

_log = logging.getLogger("adaptgen.mirror")
_KEY = ("proxy",)
_LEAST = 1.0
_MOST = 60.0
"""Seconds between two attempts to hear of changes."""
_KINDS = ("tools", "prompts", "resources")

Changed = Callable[["Sync", frozenset[str]], Awaitable[None]]


class Sync:
    """One server. ``listing``: the last good one; ``down``: why it could not be read last ("" if it could);
    ``changed``: tools that differ from their pins; ``kept_back``: those of them that are not served.
    """

    def __init__(self, remote: Remote, sessions: Sessions, pins: Pins, changed: Changed) -> None:
        self.remote = remote
        self.listing: Listing | None = None
        self.down = ""
        self.changed: frozenset[str] = frozenset()
        self._sessions = sessions
        self._pins = pins
        self._memory: Memory | None = None
        self._tell = changed
        self._lock = asyncio.Lock()
        self._wanted: set[str] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def kept_back(self) -> frozenset[str]:
        """Tools that are quarantined."""
        return self.changed if self.remote.settings.changed == "quarantine" else frozenset()

    async def start(self) -> None:
        """Read everything once. Where the server cannot be read, what is remembered of it serves.

        Raises:
            RpcError, Failure, ValueError, StoreError: and nothing is remembered either.
        """
        self._memory = await self._pins.load(self.remote.name)
        try:
            await self._discover()
            await self.refresh()
        except (RpcError, Failure) as problem:
            remembered = Listing.from_json(self._memory.listing)
            if remembered is None:
                raise
            self._fell(problem)
            self.listing = remembered
            self.remote.capabilities = remembered.capabilities
            self.changed = self._differing(remembered)

    def run(self) -> None:
        """Go on in the background, until :meth:`aclose`."""
        self._tasks = [asyncio.ensure_future(self._poll()), asyncio.ensure_future(self._watch())]

    async def aclose(self) -> None:
        """Stop."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def hear(self, kind: str) -> None:
        """The server says that a list has changed."""
        self._wanted.add(kind)
        self._wake.set()

    async def refresh(self) -> frozenset[str]:
        """Read the lists again; the kinds that have changed.

        Raises:
            RpcError, Failure: the server cannot be read; the last good lists stay.
        """
        async with self._lock:
            old = self.listing
            new = await read(self._ask, self.remote.capabilities, self.remote.instructions)
            self.listing = new
            self.down = ""
            await self._pinned(new)
            if old is None:
                return frozenset(_KINDS)
            changes = {kind for kind in _KINDS if getattr(old, kind) != getattr(new, kind)}
            return frozenset(changes | ({"resources"} if old.templates != new.templates else set()))

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
                return await self.remote.ask_in(session, PROXY, method, params)
            except Gone:
                self._sessions.lost(self.remote, _KEY, session)
        raise Failure("it forgets its sessions", sent=False, status=404)

    def _fell(self, problem: Exception) -> None:
        text = problem.text if isinstance(problem, Failure) else "it answers with an error"
        if not self.down:
            _log.warning("the server %s cannot be read: %s; its last good lists are served", self.remote.name, text)
        self.down = text

    def _differing(self, listing: Listing) -> frozenset[str]:
        assert self._memory is not None
        pins = self._memory.pins
        if self.remote.settings.changed == "accept":
            return frozenset()
        return frozenset(
            tool["name"] for tool in listing.tools if tool["name"] in pins and pins[tool["name"]] != pin(tool)
        )

    async def _pinned(self, listing: Listing) -> None:
        """Compare with the pins, pin what is new, and remember the listing."""
        assert self._memory is not None
        pins, known = self._memory.pins, dict(self._memory.pins)
        accept = self.remote.settings.changed == "accept"
        differing = self._differing(listing)
        for name in sorted(differing - self.changed):
            what = "is not served" if self.remote.settings.changed == "quarantine" else "is served"
            _log.warning("the tool %s of the server %s has changed since it was pinned; it %s",
                         name, self.remote.name, what)  # fmt: skip
        self.changed = differing
        for tool in listing.tools:
            if accept or tool["name"] not in pins:
                pins[tool["name"]] = pin(tool)
        told = listing.to_json()
        if pins == known and told == self._memory.listing:
            return
        self._memory.listing = told
        try:
            await self._pins.save(self.remote.name, self._memory)
        except (StoreError, OSError) as problem:
            _log.warning("the pins of %s cannot be kept: %s", self.remote.name, type(problem).__name__)

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
                if self.down:
                    await self._discover()
                changes = await self.refresh() | said
            except (RpcError, Failure) as problem:
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
            except Failure as failure:
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
            self.hear("")  # what was said meanwhile is lost: look

    async def _listen(self) -> None:
        wanted: dict[str, Json] = {
            f"{kind}ListChanged": True for kind in _KINDS if self.remote.can(kind, "listChanged")
        }
        if not wanted:
            raise Failure("it says nothing of changes", sent=False, status=405)
        if self.remote.modern:
            ask = self.remote.ask(PROXY, "subscriptions/listen", {"notifications": wanted}, {}, self, endless=True)
            await ask
            return
        session = await self._sessions.get(self.remote, PROXY, _KEY, {})
        try:
            reply = await self.remote.listen(session, PROXY)
        except Failure as failure:
            if failure.status == 404 and session.id:
                self._sessions.lost(self.remote, _KEY, session)
                return
            raise
        try:
            await Answers(self.remote, PROXY, session, self, None).follow(reply)
        finally:
            await reply.aclose()

    async def notify(self, method: str, params: Mapping[str, Json]) -> None:
        """A notification on the watched stream."""
        kind = rpc.CHANGES.get(method)
        if kind is not None:
            self.hear(kind)

    async def ask(self, method: str, params: Mapping[str, Json]) -> Mapping[str, Json]:
        """The proxy itself answers no questions.

        Raises:
            RpcError: always.
        """
        raise RpcError(-32601, "Method not found")
