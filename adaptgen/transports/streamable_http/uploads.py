"""The bodies that are being read: so many bytes in all, and a share of them for one caller."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

BUDGET = 512 * 1024 * 1024
"""Bytes of all bodies that may come at once, as their heads declare them; a quarter of them for one caller."""


class BusyError(Exception):
    """Too much is being read already."""


class Uploads:
    """What the bodies under way may hold once they have come."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._sum = 0
        self._own: dict[tuple[str, str], int] = {}

    @contextlib.contextmanager
    def reserve(self, owner: tuple[str, str], size: int) -> Iterator[None]:
        """Room for a body of ``size`` bytes of ``owner``.

        Raises:
            BusyError: there is none.
        """
        own = self._own.get(owner, 0) + size
        if self._sum + size > self._budget or own > self._budget // 4:
            raise BusyError
        self._sum += size
        self._own[owner] = own
        try:
            yield
        finally:
            self._sum -= size
            left = self._own[owner] - size
            if left:
                self._own[owner] = left
            else:
                del self._own[owner]
