"""What refused requests leave in the audit trail: the first ones in full, the rest as a count.

Anyone who can reach a server can make it refuse requests; lines for all of them would fill the disk and bury what
matters. So the first refusals of a group (one caller, one tool, one reason) are recorded in each window of time, and
the others as one ``refusals`` line when it has ended. Groups and lines per window are bounded too, so that many callers
cost no more than one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adaptgen.model.tables import Json

WINDOW = 60.0
"""Seconds."""
TOTAL = 300
"""Full lines per window, over all groups."""
GROUPS = 100
"""Groups per window that are counted by themselves; the rest share one count."""

_SHARED = ("caller", "server", "tool", "prompt", "resource", "completion", "reason", "policies", "status")
"""The members that define a group; the line with the count repeats them."""


@dataclass(slots=True)
class _Group:
    shared: dict[str, Json]
    full: int = 0
    counted: int = 0


class RefusalWindow:
    """Decides which refusals are written in full, and counts the others. Not safe to use from several threads."""

    def __init__(self, full: int) -> None:
        """``full``: lines of one group per window that are written in full."""
        self.full = full
        self._groups: dict[str, _Group] = {}
        self._others = 0
        self._written = 0
        self._began = 0.0

    def admits(self, record: Mapping[str, Json], now: float) -> bool:
        """Whether this refusal is to be written in full; if not, it was counted. ``now``: seconds of any clock."""
        if not self._groups and not self._others:
            self._began = now
        shared = {name: record[name] for name in _SHARED if name in record}
        key = repr(shared)
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) >= GROUPS:
                self._others += 1
                return False
            group = self._groups[key] = _Group(shared)
        if group.full < self.full and self._written < TOTAL:
            group.full += 1
            self._written += 1
            return True
        group.counted += 1
        return False

    def ended(self, now: float) -> bool:
        """Whether the window is over, or the clock went back, with something to forget."""
        return bool(self._groups or self._others) and not 0.0 <= now - self._began < WINDOW

    def drain(self) -> Iterator[dict[str, Json]]:
        """End the window: one record for each group that was counted."""
        groups, others = list(self._groups.values()), self._others
        self._groups, self._others, self._written = {}, 0, 0
        for group in groups:
            if group.counted:
                yield {"event": "refusals", **group.shared, "count": group.counted}
        if others:
            yield {"event": "refusals", "count": others}
