"""The connections of one server together: how many there are, and how many bytes they hold before anybody is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adaptgen.transports.streamable_http.protocol import WireProtocol

DESCRIPTORS = 256
"""Descriptors that stay free for what the server itself opens: connections to APIs, files, the listener."""
MOST = 4096
"""Connections at once; fewer where the process may not open as many."""
HELD = 32 * 1024 * 1024
"""Bytes of unfinished heads and unread bodies of all connections together."""


class Connections:
    """Who waits for what, the longest waiting first. One connection too many, or bytes beyond the budget, ends the
    connection that has been waiting longest for a client; connections whose request is being answered stay.
    """

    def __init__(self, most: int | None = None, held: int = HELD) -> None:
        self._most = capacity() if most is None else most
        self._budget = held
        self._count = 0
        self._idle: dict[WireProtocol, None] = {}
        self._uploading: dict[WireProtocol, None] = {}
        self._held: dict[WireProtocol, int] = {}
        self._sum = 0

    def __len__(self) -> int:
        return self._count

    @property
    def held(self) -> int:
        return self._sum

    def opened(self, connection: WireProtocol) -> None:
        """A client has connected; where that is one too many, another has to go."""
        self._count += 1
        self._idle[connection] = None
        if self._count > self._most:
            self._evict(self._idle if len(self._idle) > 1 else self._uploading or self._idle)

    def closed(self, connection: WireProtocol) -> None:
        self._count -= 1
        self._forget(connection)

    def waits(self, connection: WireProtocol) -> None:
        """It waits for a request, or for the rest of a head or of an unread body."""
        self._uploading.pop(connection, None)
        self._idle.pop(connection, None)
        self._idle[connection] = None

    def uploads(self, connection: WireProtocol) -> None:
        """Its body is being read."""
        self._idle.pop(connection, None)
        self._uploading.setdefault(connection, None)

    def works(self, connection: WireProtocol) -> None:
        """Its request is there as a whole, and being answered."""
        self._idle.pop(connection, None)
        self._uploading.pop(connection, None)

    def holds(self, connection: WireProtocol, size: int) -> None:
        """So many bytes are kept for it."""
        before = self._held.get(connection, 0)
        if size == before:
            return
        if size:
            self._held[connection] = size
        else:
            del self._held[connection]
        self._sum += size - before
        if self._sum > self._budget:
            self._evict(self._held)

    def _evict(self, among: Mapping[WireProtocol, object]) -> None:
        victim = next(iter(among))
        self._forget(victim)
        victim.evict()

    def _forget(self, connection: WireProtocol) -> None:
        self._idle.pop(connection, None)
        self._uploading.pop(connection, None)
        self._sum -= self._held.pop(connection, 0)


def capacity() -> int:
    """How many connections this process can have; its own limit of descriptors is raised as far as it may."""
    try:
        import resource
    except ImportError:  # Windows
        return MOST
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < MOST + DESCRIPTORS:
        wanted = MOST + DESCRIPTORS if hard == resource.RLIM_INFINITY else min(MOST + DESCRIPTORS, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        except (OSError, ValueError):
            pass
    return MOST if soft == resource.RLIM_INFINITY else max(min(MOST, soft - DESCRIPTORS), 16)
