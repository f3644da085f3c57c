"""Requests that come at once begin a few at a time, so that those under way go on between them."""

from __future__ import annotations

import asyncio
from collections import deque

AT_ONCE = 8
"""Requests that begin between two turns of the event loop."""


class Turns:
    """A turnstile, first come, first served."""

    def __init__(self) -> None:
        self._begun = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Returns when it is this request's turn."""
        if self._begun < AT_ONCE and not self._waiting:
            if not self._begun:
                asyncio.get_running_loop().call_soon(self._turn)
            self._begun += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _turn(self) -> None:
        self._begun = 0
        while self._waiting and self._begun < AT_ONCE:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._begun += 1
        if self._begun:
            asyncio.get_running_loop().call_soon(self._turn)
