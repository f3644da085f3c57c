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
from adaptgen.transports.streamable_http.http import BusyError
from adaptgen.transports.streamable_http.shared_sessions import FRESH, LONGEST, Opened, SharedSessions

if TYPE_CHECKING:
    from adaptgen.transports.streamable_http.request_context import RequestContext


def owner(caller: Caller) -> tuple[str, str]:
    """Whose a session is: it answers to nobody else."""
    return (caller.tenant, caller.sub)


@dataclass(slots=True)
class Session:
    """One client's session. ``running``: requests under way by their id, ``listening``: its GET stream.

    ``token``: what the client sends, which is the ``id`` where this process alone serves the session. ``shared``: what
    replicas share; ``began``: seconds since the epoch; ``checked``: when it last looked whether
    another one has ended it.
    """

    id: str
    owner: tuple[str, str]
    version: str
    capabilities: Mapping[str, Json]
    used: float
    token: str = ""
    shared: SharedSessions | None = None
    began: float = 0.0
    checked: float = 0.0
    running: dict[MessageId, RequestContext] = field(default_factory=dict)
    listening: RequestContext | None = None
    questions: dict[MessageId, asyncio.Future[Response]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def busy(self) -> bool:
        return bool(self.running) or self.listening is not None

    async def question(self) -> tuple[MessageId, asyncio.Future[Response]]:
        """An id for a request to the client, and where its response will be."""
        # Two replicas may ask in one session: the ids that they make up must differ.
        number: MessageId = next(self.numbers) if self.shared is None else secrets.token_urlsafe(9)
        waiting: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self.questions[number] = waiting
        if self.shared is not None:
            await self.shared.expect(self.id, number)
        return number, waiting

    async def response(self, number: MessageId, waiting: asyncio.Future[Response]) -> Response:
        """The client's response, whichever replica it reaches."""
        return await (waiting if self.shared is None else self.shared.collect(self.id, number, waiting))

    async def heard(self, response: Response) -> None:
        """A response has arrived; it is kept for the replica that asked, and an unexpected one is dropped."""
        waiting = self.questions.pop(response.id, None)
        if waiting is not None:
            if not waiting.done():
                waiting.set_result(response)
        elif self.shared is not None:
            await self.shared.deliver(self.id, response)

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

    With ``shared`` they live in their ids, and what is here is what this replica knows of them: it may forget one that
    is unused, and find it again by its id. They end when the client ends them, or are too old.
    """

    def __init__(self, most: int, most_each: int, idle: float, shared: SharedSessions | None = None) -> None:
        self._most = most
        self._most_each = most_each
        self._idle = idle
        self._shared = shared
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

    async def lookup(self, given: str, caller: Caller) -> tuple[Session | None, list[Session]]:
        """The caller's session of that id, which another replica may have opened; and those that are not here any more,
        which may be found again.

        Raises:
            BusyError: all places are in use.
            StoreError: whether it has been ended cannot be known.
        """
        session, gone = self.find(given, caller), list[Session]()
        if self._shared is None:
            return session, gone
        now = time.monotonic()
        if session is None:
            opened = self._shared.open(given, caller)
            if opened is None:
                return None, gone
            session, gone = self._admit(self._known(given, opened, caller, now))
            if session is None:
                raise BusyError
        if self._shared.clock() - session.began >= LONGEST:
            return None, [*gone, self.drop(session)]
        if not session.checked or now - session.checked >= FRESH:
            if await self._shared.ended(session.id):
                return None, [*gone, self.drop(session)]
            session.checked = now
        return session, gone

    async def end(self, session: Session, caller: Caller) -> float:
        """End a session on every replica; 0.0, or the seconds until this caller may end one more."""
        wait = 0.0 if self._shared is None else await self._shared.end(session.id, session.began, caller)
        if not wait:
            self.drop(session)
        return wait

    def open(
        self, caller: Caller, version: str, capabilities: Mapping[str, Json]
    ) -> tuple[Session | None, list[Session]]:
        """A new session (None while all places are in use), and those that had to end for it or were idle too long."""
        now = time.monotonic()
        if self._shared is not None:
            token, opened = self._shared.new(caller, version, capabilities)
            session = self._known(token, opened, caller, now)
            session.checked = now
        else:
            id = secrets.token_hex(16)
            session = Session(id, owner(caller), version, capabilities, now, id)
        return self._admit(session)

    def _known(self, token: str, opened: Opened, caller: Caller, now: float) -> Session:
        return Session(
            opened.id, owner(caller), opened.version, opened.capabilities, now, token, self._shared, opened.began
        )

    def _admit(self, session: Session) -> tuple[Session | None, list[Session]]:
        """Take in a session; None where all places are in use, and those that went for it."""
        now = session.used
        ended: list[Session] = []
        for one in list(self._all.values()):
            if now - one.used < self._idle:
                break
            if not one.busy():
                ended.append(self.drop(one))
        mine = session.owner
        crowded = self._owned.get(mine, 0) >= self._most_each
        if crowded or len(self._all) >= self._most:
            unused = (one for one in self._all.values() if not one.busy() and (one.owner == mine or not crowded))
            victim = next(unused, None)
            if victim is None:
                return None, ended
            ended.append(self.drop(victim))
        self._all[session.token] = session
        self._owned[mine] = self._owned.get(mine, 0) + 1
        return session, ended

    def drop(self, session: Session) -> Session:
        """Forget a session and end what is open in it."""
        if self._all.pop(session.token, None) is not None:
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
