"""What a tool of several calls carries from one call to the next, where it must wait for the API in between.

The state travels in a cursor, sealed and bound to the tool, its steps, the caller and the arguments. A cursor behind
which something was changed works once: a process remembers the last ones that were used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from adaptgen.model.tables import Json
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.parameters import to_json
from adaptgen.runtime.paging.cursor import Bound, CursorBox

LARGEST: Final = 6000
"""Bytes of state that a cursor carries."""
_USED: Final = 10_000

_AGAIN = (
    "This cursor was used already, and the steps after it changed something. Read the current state before changing "
    "more."
)


class Continuation:
    """Seals and opens the states of one call. ``cursor``: the one that the agent passed, if any; ``box`` is asked for
    when it is needed; ``used``: digests of the cursors that were used to change something, the last ones of this
    process."""

    def __init__(self, box: Callable[[], CursorBox], to: Bound, cursor: str | None, used: dict[bytes, None]) -> None:
        self.box = box
        self._to = to
        self._cursor = cursor
        self._used = used

    def opened(self) -> Json:
        """The state in the agent's cursor; None without a cursor.

        Raises:
            ToolError: the cursor cannot be used.
        """
        return self.box().open(self._cursor, self._to) if self._cursor else None

    def sealed(self, state: Json) -> str | None:
        """The cursor of ``state``; None where that is too large."""
        return self.box().seal(state, self._to) if len(to_json(state)) <= LARGEST else None

    def changes(self) -> None:
        """Something is about to be changed.

        Raises:
            ToolError: this cursor was used for it already.
        """
        if self._cursor:
            if self._digest() in self._used:
                raise ToolError(_AGAIN)
            self._used[self._digest()] = None
            while len(self._used) > _USED:
                del self._used[next(iter(self._used))]

    def changed_nothing(self) -> None:
        """What was about to be changed certainly was not."""
        if self._cursor:
            self._used.pop(self._digest(), None)

    def _digest(self) -> bytes:
        return self.box().digest((self._cursor or "").strip().encode(errors="replace"), 16)
