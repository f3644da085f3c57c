"""Streams for what a server says unasked: subscriptions/listen, and GET of the handshake revisions."""

from __future__ import annotations

from collections import OrderedDict

from adaptgen.model.caller import Caller
from adaptgen.transports.streamable_http.request_context import RequestContext
from adaptgen.transports.streamable_http.sessions import owner


class Streams:
    """All of them, oldest first: at most ``most``, and ``most_each`` of one caller; one more ends the oldest."""

    def __init__(self, most: int, most_each: int) -> None:
        self._most = most
        self._most_each = most_each
        self._open: OrderedDict[RequestContext, tuple[str, str]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, exchange: RequestContext, caller: Caller) -> None:
        """Take in an exchange that has started, and goes on until somebody ends it."""
        mine = owner(caller)
        own = [one for one, whose in self._open.items() if whose == mine]
        if len(own) >= self._most_each:
            self._end(own[0])
        elif len(self._open) >= self._most:
            self._end(next(iter(self._open)))
        self._open[exchange] = mine
        if exchange.task is not None:
            exchange.task.add_done_callback(lambda _: self._open.pop(exchange, None))

    def end(self) -> None:
        """End all of them; their clients are told."""
        for one in list(self._open):
            one.cancel()

    def _end(self, exchange: RequestContext) -> None:
        self._open.pop(exchange, None)
        exchange.cancel()
