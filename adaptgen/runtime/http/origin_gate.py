"""How long an API that said "too many requests" is left alone: one gate for each origin in a process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeAlias

Origin: TypeAlias = tuple[str, str, int]

LEAST: Final = 0.25
"""Seconds before a request is repeated, however soon the API wants it back; doubled from answer to answer."""
_MOST: Final = 300.0
"""Seconds for which an origin is left alone at most, whatever it says."""
_KEPT: Final = 1000


class OriginGate:
    """``clock`` counts seconds."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock or time.monotonic
        self._until: dict[Origin, float] = {}
        self._times: dict[Origin, int] = {}

    def close(self, origin: Origin, wait: float | None) -> float:
        """Note a 429 with its ``Retry-After``: the seconds for which the origin is left alone."""
        times = self._times.get(origin, 0)
        self._times[origin] = times + 1
        least = min(LEAST * float(2 ** min(times, 10)), 8.0)
        pause = min(max(wait or 0.0, least), _MOST)
        if len(self._until) > _KEPT:
            self._forget()
        self._until[origin] = max(self._until.get(origin, 0.0), self._clock() + pause)
        return pause

    def open(self, origin: Origin) -> None:
        """Note an answer that was no 429."""
        if origin in self._times:
            del self._times[origin]
            self._until.pop(origin, None)

    def wait(self, origin: Origin) -> float:
        """Seconds until requests may be sent again; 0 for now."""
        ends = self._until.get(origin) if self._until else None
        return 0.0 if ends is None else max(0.0, ends - self._clock())

    def _forget(self) -> None:
        now = self._clock()
        self._until = {origin: ends for origin, ends in self._until.items() if ends > now}
        self._times = {origin: times for origin, times in self._times.items() if origin in self._until}


SHARED: Final = OriginGate()
"""That of everything in this process that goes to the network."""
