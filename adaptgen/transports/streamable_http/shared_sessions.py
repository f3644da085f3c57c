"""Sessions of the handshake revisions that any replica serves.

The id that a client sends is sealed (AES-SIV, RFC 5297, bound to the caller): it holds the revision, what the client
can be asked, when the session began, and a random id. A replica that never saw it opens it with the keys of the
settings, so a session costs the shared state nothing. The state holds what an id cannot: that a session was ended,
and the answer to a question, until the replica that asked reads it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from adaptgen.mcp import revisions
from adaptgen.mcp.jsonrpc import MessageId, Response
from adaptgen.model.frozen import lazy, value
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.store.protocol import Store, StoreError

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.assemble import GovernedServer
    from adaptgen.runtime.auth.session_store import SharedSessionStore

LONGEST: Final = 86400.0
"""Seconds after which a session ends, on every replica at once: its id says when it began."""
FRESH: Final = 5.0
"""Seconds for which a replica relies on it that no other one has ended a session."""
SKEW: Final = 60.0
"""Seconds that the clocks of two replicas may differ."""
PATIENCE: Final = 600.0
"""Seconds that people have to answer a question."""
ANSWERED: Final = 60.0
"""Seconds in which the replica that asked must read an answer."""
LARGEST: Final = 300_000
"""Bytes of an answer that another replica took: DynamoDB holds 400 KB."""
ENDS: Final = (1.0, 4096.0)
"""Sessions that one caller may end, per second and at once: each is kept in the state until it would have ended."""

_FORM: Final = 1
_HEAD: Final = struct.Struct(">BIIH12s")
_ID: Final = lazy(r"[A-Za-z0-9_-]{52}")
"""The base64url of a sealed head: 39 bytes, so there is one way to write it, without padding."""
_CAPABILITIES: Final[tuple[tuple[str, str], ...]] = (
    ("sampling", ""),
    ("sampling", "tools"),
    ("sampling", "context"),
    ("elicitation", ""),
    ("elicitation", "form"),
    ("elicitation", "url"),
    ("roots", ""),
    ("roots", "listChanged"),
)
"""What a client can say of itself that changes what it is asked (2025-11-25, Lifecycle, Capability Negotiation). Each
is one bit of an id; append only."""


class TooLargeToShare(Exception):
    """An answer does not fit into the shared state."""


@value()
class Opened:
    """What an id holds. ``id``: the one that logs and other replicas know; ``began``: seconds since the epoch."""

    id: str
    version: str
    capabilities: Mapping[str, Json]
    began: float


class SharedSessions:
    """Seals and opens the ids of sessions, and keeps in ``store`` what replicas must know of each other.

    ``keys``: the first seals, every one opens; asked each time, because settings change. ``scope``: what the ids are
    for, so that those of another server with the same keys are unknown here.
    """

    def __init__(
        self,
        keys: Callable[[], Sequence[bytes]],
        store: Store,
        scope: str = "",
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.clock = clock
        self._keys = keys
        self._store = store
        self._scope = scope
        self._known: tuple[bytes, ...] = ()
        self._ciphers: list[Any] = []
        self._box: SharedSessionStore | None = None

    # ------------------------------------------------------------------------------------------------------------ ids

    def new(self, caller: Caller, version: str, capabilities: Mapping[str, Json]) -> tuple[str, Opened]:
        """What the client sends from now on (52 characters of base64url), and what it holds."""
        number, began = secrets.token_bytes(12), int(self.clock())
        flags = _flags(capabilities)
        head = _HEAD.pack(_FORM, began, int(version.replace("-", "")), flags, number)
        sealed = self._current()[0].encrypt(head, self._bound(caller))
        text = base64.urlsafe_b64encode(sealed).decode()
        return text, Opened(number.hex(), version, _capabilities(flags), float(began))

    def open(self, given: str, caller: Caller) -> Opened | None:
        """What an id holds; None for another caller's, for one that these keys did not seal, and for one too old."""
        from cryptography.exceptions import InvalidTag

        if not _ID.fullmatch(given):
            return None
        sealed, bound = base64.urlsafe_b64decode(given), self._bound(caller)
        for cipher in self._current():
            with suppress(InvalidTag):
                return self._read(cipher.decrypt(sealed, bound))
        return None

    def _read(self, head: bytes) -> Opened | None:
        form, began, date, flags, number = _HEAD.unpack(head)
        text = str(date)
        version = f"{text[:4]}-{text[4:6]}-{text[6:]}"
        now = self.clock()
        if form != _FORM or version not in revisions.HANDSHAKE or not now - LONGEST < began <= now + SKEW:
            return None
        return Opened(number.hex(), version, _capabilities(flags), float(began))

    def _bound(self, caller: Caller) -> list[bytes]:
        """What an id is good for: it opens for nobody else, and nowhere else."""
        return [f"{name} {value}".encode() for name, value in
                (("scope", self._scope), ("tenant", caller.tenant), ("sub", caller.sub))]  # fmt: skip

    def _current(self) -> list[Any]:
        keys = tuple(self._keys()) or self._known  # settings that lose every key end no session
        if keys != self._known:
            from cryptography.hazmat.primitives.ciphers.aead import AESSIV

            from adaptgen.runtime.auth.session_store import SharedSessionStore

            self._ciphers = [
                AESSIV(hashlib.blake2b(key, digest_size=64, person=b"adaptgen mcp id").digest()) for key in keys
            ]
            self._box = SharedSessionStore(self._store, *keys)
            self._known = keys
        return self._ciphers

    # ---------------------------------------------------------------------------------------------------------- state

    async def ended(self, id: str) -> bool:
        """Whether a session was ended, here or by another replica (StoreError)."""
        return await self._store.get(_ended(id)) is not None

    async def end(self, id: str, began: float, caller: Caller) -> float:
        """End a session everywhere until its id is too old; 0.0, or the seconds until this caller may end another."""
        rate, burst = ENDS
        who = hashlib.sha256(f"{caller.tenant}\0{caller.sub}".encode()).hexdigest()[:32]
        wait = await self._store.take(f"mcp/ends/{who}", rate=rate, burst=burst)
        if not wait:
            await self._store.put(_ended(id), b"1", ttl=max(began + LONGEST + SKEW - self.clock(), 1.0))
        return wait

    async def expect(self, session: str, question: MessageId) -> None:
        """Say that the client is asked something: other replicas keep the answer to it, and to nothing else."""
        await self._store.put(_question(session, question), b"?", ttl=PATIENCE)

    async def deliver(self, session: str, response: Response) -> None:
        """Keep an answer for the replica that asked; an unexpected one is dropped. StoreError;
        TooLargeToShare."""
        key = _question(session, response.id)
        told: dict[str, Json] = {"result": None if response.result is None else dict(response.result)}
        if response.error is not None:
            told["error"] = [*response.error]
        sealed = self._sealing().seal(key, told)
        if len(sealed) > LARGEST:
            if await self._store.get(key) is not None:
                raise TooLargeToShare
            return
        await self._store.swap(key, b"?", sealed, ttl=ANSWERED)

    async def collect(self, session: str, question: MessageId, here: asyncio.Future[Response]) -> Response:
        """The answer to a question, which comes to this replica (``here``) or to another."""
        key = _question(session, question)
        pause = 0.1
        try:
            while True:
                await asyncio.wait([here], timeout=pause)
                if here.done():
                    return here.result()
                pause = min(pause * 1.5, 1.0)
                found = None
                with suppress(StoreError):  # it may be back before the client is out of patience
                    found = self._sealing().open(key, await self._store.get(key))
                if found is not None:
                    return _response(question, found)
        finally:
            with suppress(StoreError):
                await self._store.delete(key)

    def _sealing(self) -> SharedSessionStore:
        self._current()
        assert self._box is not None
        return self._box


def shared_sessions(governed: GovernedServer) -> SharedSessions | None:
    """The shared sessions of a proxy; None where no key outlives the process, or where no other process sees its state:
    an id that any replica opens would then lead to another session with a server behind the proxy. Other servers keep
    no sessions."""
    local = getattr(governed.store, "local", False)
    if governed.settings.mode != "proxy" or local or not governed.session_keys():
        return None
    return SharedSessions(governed.session_keys, governed.store, governed.settings.listen.resource)


def _ended(id: str) -> str:
    return f"mcp/ended/{id}"


def _question(session: str, question: MessageId) -> str:
    return f"mcp/question/{session}/{hashlib.sha256(str(question).encode()).hexdigest()[:32]}"


def _response(question: MessageId, told: Mapping[str, Any]) -> Response:
    error = told.get("error")
    return Response(question, told.get("result"), (int(error[0]), str(error[1])) if error else None)


def _flags(capabilities: Mapping[str, Json]) -> int:
    flags = 0
    for bit, (name, part) in enumerate(_CAPABILITIES):
        found = capabilities.get(name)
        if isinstance(found, dict) and (not part or found.get(part) not in (None, False)):
            flags |= 1 << bit
    return flags


def _capabilities(flags: int) -> dict[str, Json]:
    known: dict[str, dict[str, Json]] = {}
    for bit, (name, part) in enumerate(_CAPABILITIES):
        if flags >> bit & 1:
            parts = known.setdefault(name, {})
            if part:
                parts[part] = True if part == "listChanged" else {}
    return dict(known)
