"""How much work the search of one answer may take, and where large ones are searched: never on the event loop.

Patterns and the matcher count what they read. What lets an answer leave catches :class:`ScanBudgetExceeded` and
withholds it: an answer that was not searched to its end does not leave.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache
from typing import Final, TypeVar

SECONDS: Final = 20.0
"""Processor time that the search of one answer may take."""
CHARACTERS: Final = 128 * 2**20
"""Characters that it may read, again and again for nested JSON and for repeated values."""
_UNCHECKED: Final = 8_192
"""Characters that are read before the clock is: reading it is a call of the system."""
_PER_TEXT: Final = 64
"""Characters that a text counts for the clock in addition to its own."""
_THREADS: Final = 2
"""Threads that search: each more makes the event loop wait longer for its turn."""

T = TypeVar("T")


class ScanBudgetExceeded(Exception):
    """An answer takes too long to be searched."""


class ScanBudget:
    """What is left for one answer."""

    __slots__ = ("_characters", "_ends", "_unchecked")

    def __init__(self, seconds: float = SECONDS, characters: int = CHARACTERS) -> None:
        self._ends = time.thread_time() + seconds
        self._characters = characters
        self._unchecked = 0

    def spend(self, characters: int) -> None:
        """Count ``characters`` that are about to be read; ScanBudgetExceeded where nothing is left."""
        self._characters -= characters
        self._unchecked += characters + _PER_TEXT
        if self._characters < 0:
            raise ScanBudgetExceeded
        if self._unchecked > _UNCHECKED:
            self._unchecked = 0
            if time.thread_time() > self._ends:
                raise ScanBudgetExceeded


_CURRENT: ContextVar[ScanBudget | None] = ContextVar("adaptgen_scan_budget", default=None)


def spend(characters: int) -> None:
    """As :meth:`ScanBudget.spend`, against the budget of the answer at hand, if there is one."""
    budget = _CURRENT.get()
    if budget is not None:
        budget.spend(characters)


@contextmanager
def limited() -> Iterator[None]:
    """A budget for one answer, in this thread."""
    token = _CURRENT.set(ScanBudget())
    try:
        yield
    finally:
        _CURRENT.reset(token)


async def scan(work: Callable[[], T], *, apart: bool) -> T:
    """The result of ``work``, which searches within its own budget (ScanBudgetExceeded); ``apart``: in a thread."""
    if not apart:
        return _within_budget(work)
    context = copy_context()
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads(), context.run, _within_budget, work)


def _within_budget(work: Callable[[], T]) -> T:
    with limited():
        return work()


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="adaptgen-pii")
