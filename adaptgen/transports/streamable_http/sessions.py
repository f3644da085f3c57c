"""Sessions of the handshake revisions: who opened them, what runs in them, and what the client was asked."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from adaptgen.mcp.jsonrpc import INTERNAL_ERROR, MessageId, Response
from adaptgen.mcp.protocol import RpcError
from adaptgen.model.tables import Caller, Json

if TYPE_CHECKING:
    from adaptgen.transports.streamable_http.request_context import RequestContext


def owner(caller: Caller) -> tuple[str, str]:
    """Whose a session is: it answers to nobody else."""
    return (caller.tenant, caller.sub)


@dataclass(slots=True)
class Session:
    """One client's session. ``running``: requests under way by their id, ``listening``: its GET stream."""

    id: str
    owner: tuple[str, str]
    version: str
    capabilities: Mapping[str, Json]
    used: float
    running: dict[MessageId, RequestContext] = field(default_factory=dict)
    listening: RequestContext | None = None
    questions: dict[MessageId, asyncio.Future[Response]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def busy(self) -> bool:
        return bool(self.running) or self.listening is not None

    def question(self) -> tuple[int, asyncio.Future[Response]]:
        """A number for a request to the client, and where its response will be."""
        number = next(self.numbers)
        waiting: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self.questions[number] = waiting
        return number, waiting

    def heard(self, response: Response) -> None:
        """A response has arrived; an unexpected one is dropped."""
        waiting = self.questions.pop(response.id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(response)

    def close(self) -> None:
        for waiting in self.questions.values():
            if not waiting.done():
                waiting.set_exception(RpcError(INTERNAL_ERROR, "the session has ended"))
                waiting.exception()  # asked for here: nobody may be there to do it
        self.questions.clear()
        for one in [*self.running.values(), *([self.listening] if self.listening else [])]:
            one.cancel()


class Sessions:
    """All sessions of a server, the longest unused first. There are at most ``most``, and ``most_each`` of one owner;
    one more ends an unused one. Sessions end after ``idle`` seconds without a request.
    """

    def __init__(self, most: int, most_each: int, idle: float) -> None:
        self._most = most
        self._most_each = most_each
        self._idle = idle
        self._all: OrderedDict[str, Session] = OrderedDict()
        self._owned: dict[tuple[str, str], int] = {}

    def __len__(self) -> int:
        return len(self._all)

    def find(self, given: str, caller: Caller) -> Session | None:
        """The caller's session of that id; another's is as unknown as one that never was."""
        session = self._all.get(given)
        if session is None or session.owner != owner(caller):
            return None
        session.used = time.monotonic()
        self._all.move_to_end(given)
        return session

    def open(
        self, caller: Caller, version: str, capabilities: Mapping[str, Json]
    ) -> tuple[Session | None, list[Session]]:
        """A new session (None while all places are in use), and those that had to end for it or were idle too long."""
        now = time.monotonic()
        ended: list[Session] = []
        for one in list(self._all.values()):
            if now - one.used < self._idle:
                break
            if not one.busy():
                ended.append(self.drop(one))
        mine = owner(caller)
        crowded = self._owned.get(mine, 0) >= self._most_each
        if crowded or len(self._all) >= self._most:
            unused = (one for one in self._all.values() if not one.busy() and (one.owner == mine or not crowded))
            victim = next(unused, None)
            if victim is None:
                return None, ended
            ended.append(self.drop(victim))
        session = Session(secrets.token_hex(16), mine, version, capabilities, now)
        self._all[session.id] = session
        self._owned[mine] = self._owned.get(mine, 0) + 1
        return session, ended

    def drop(self, session: Session) -> Session:
        """Forget a session and end what is open in it."""
        if self._all.pop(session.id, None) is not None:
            left = self._owned.get(session.owner, 1) - 1
            if left:
                self._owned[session.owner] = left
            else:
                self._owned.pop(session.owner, None)
        session.close()
        return session

    def all(self) -> list[Session]:
        return list(self._all.values())


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
        """End all of them and notify their clients."""
        for one in list(self._open):
            one.cancel()

    def _end(self, exchange: RequestContext) -> None:
        self._open.pop(exchange, None)
        exchange.cancel()
