"""What the running call carries in context variables: its deadline, where it reports progress, who counts its
requests, and whether it may create a record.

What is between the client and the engine sets them for one call; where nothing does, there is no bound.
"""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from adaptgen.model.tables import Json

if TYPE_CHECKING:
    from adaptgen.runtime.core.answer import Answer
    from adaptgen.runtime.files.content import StoredFile
    from adaptgen.runtime.http.response import Response

Notify: TypeAlias = Callable[[str, Mapping[str, Json]], Awaitable[None]]
"""Sends a notification of MCP to the client besides the answer: its method and params."""

METHOD: Final = "notifications/progress"
EVERY: Final = 0.5
"""Seconds between two notifications of one call (MCP, Progress: "implement rate limiting")."""


class Channel:
    """The client of one call. ``deadline``: the moment of ``time.monotonic()`` at which the call ends."""

    def __init__(self, notify: Notify | None, deadline: float | None, clock: Callable[[], float]) -> None:
        self.deadline = math.inf if deadline is None else deadline
        self._notify = notify
        self._clock = clock
        self._told = -math.inf
        self._done = 0

    async def tell(self, done: int, total: int | None, text: str) -> None:
        """``done`` of ``total`` (None: nobody knows): grows from call to call; what comes too often is dropped."""
        now = self._clock()
        if self._notify is None or done <= self._done or now - self._told < EVERY:
            return
        self._told, self._done = now, done
        params: dict[str, Json] = {"progress": done, "message": text}
        if total is not None and total >= done:
            params["total"] = total
        await self._notify(METHOD, params)


_channel: ContextVar[Channel | None] = ContextVar("adaptgen_progress", default=None)


@contextmanager
def channel(
    notify: Notify | None, deadline: float | None = None, *, clock: Callable[[], float] = time.monotonic
) -> Iterator[None]:
    """While this lasts, :func:`report` reaches the client by ``notify``, and :func:`ends` knows ``deadline``."""
    before = _channel.set(Channel(notify, deadline, clock))
    try:
        yield
    finally:
        _channel.reset(before)


async def report(done: int, total: int | None, text: str) -> None:
    """Report progress to the client of this call, if it listens."""
    here = _channel.get()
    if here is not None:
        await here.tell(done, total, text)


def ends() -> float:
    """The moment of ``time.monotonic()`` at which the answer of this call must be on its way."""
    here = _channel.get()
    return min(until.get(), math.inf if here is None else here.deadline)


until: ContextVar[float] = ContextVar("adaptgen_until", default=math.inf)
"""A moment of ``time.monotonic()``: no request or retry goes on beyond it. Set where the platform ends a call at a
fixed time."""


Meter = Callable[[], Awaitable[None]]
"""Awaited before each request; may raise a ToolError, then nothing is sent."""

meter: ContextVar[Meter | None] = ContextVar("adaptgen_requests", default=None)


class Changes:
    """Whether a request of the running call may have changed something: it was sent, and not refused (4xx)."""

    def __init__(self) -> None:
        self.possible = False


_changes: ContextVar[Changes | None] = ContextVar("adaptgen_changes", default=None)


@contextmanager
def watching() -> Iterator[Changes]:
    """While this lasts, what :func:`note_change` says is kept."""
    here = Changes()
    before = _changes.set(here)
    try:
        yield here
    finally:
        _changes.reset(before)


def note_change() -> None:
    """Say that a request may have changed something."""
    here = _changes.get()
    if here is not None:
        here.possible = True


creation: ContextVar[Callable[[], Awaitable[str]] | None] = ContextVar("adaptgen_creation", default=None)
"""Says why the call must not create, "" where it may. Set around a governed call; without governance all may."""


async def permit_creation() -> None:
    """Raises ToolError where the caller must not create a record with this call."""
    ask = creation.get()
    reason = await ask() if ask is not None else ""
    if reason:
        from adaptgen.runtime.core.answer import ToolError

        raise ToolError(reason, status=404)


opened_files: ContextVar[Mapping[str, StoredFile]] = ContextVar("adaptgen_files", default=MappingProxyType({}))
"""The files that arguments of the call refer to, by reference."""


class Downloads(Protocol):
    """Decides which answers of the API become files."""

    def keeps(self, status: int, headers: Mapping[str, str]) -> bool:
        """Whether an answer with this head is written to disk where it is large."""

    async def write(self, headers: Mapping[str, str], chunks: AsyncIterator[bytes]) -> bytes | StoredFile:
        """The bytes of an answer: a small one in memory, a large one on disk."""

    async def answer(self, response: Response) -> Answer:
        """The link that stands for the file of an answer."""


downloads: ContextVar[Downloads | None] = ContextVar("adaptgen_downloads", default=None)
"""Set while an answer of the API may become a file."""
