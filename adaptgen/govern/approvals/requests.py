"""Requests for approval, in the shared state.

::

    open ──► approved ──► executing ──► done
      │          │            └───────► unknown (it may have been executed)
      ├► denied  └► open again (the approval no longer counts)
      └► expired

One request for one caller, tool and arguments: its key is a keyed hash of them, and what is stored is sealed, so the
store shows nothing. A state is replaced only by who read it (``Store.swap``), so of any number of processes one moves
it on. A call that is being executed holds a lease, which its process renews: where it ends, the process has died, and
whether the call was executed is unknown.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from adaptgen.govern.identity.claims import caller_of, caller_value
from adaptgen.mcp.json_text import spell_exact_numbers
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.frozen import lazy, value
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.core.seals import LONGEST, Seals
from adaptgen.runtime.store.protocol import Store, StoreError

State: TypeAlias = Literal["open", "approved", "denied", "executing", "done", "unknown"]

LARGEST: Final = 16_000
"""Characters of arguments that can be approved: people read them, and they are sealed into one value."""
LEASE: Final = 30.0
"""Seconds after which a call that is being executed counts as lost, unless its process renews the lease."""
BURST, REFILL = 20, 1 / 120
"""Requests that one caller may open at once, and how many more a second: nobody can flood the approvers."""
LISTED: Final = 200
"""Requests of a tenant in its list."""
_KEPT: Final = 86_400.0
"""Seconds for which an ended request is kept, so that its page says what became of it."""
_TRIES: Final = 20
_PAUSE: Final = 0.05
_ID: Final = lazy(r"[0-9a-f]{32}")
_PURPOSE: Final = "approval"


@value()
class Request:
    """``round``: another one for each request of the same call; ``arguments``: their JSON text, as they are executed;
    ``lasts``: seconds for which it is open, and for which an approval counts. ``by`` approved or denied it ``at``, and
    ``began``: after all that operators have ended (``own_tokens.begin_time``), which may be later by the clock.
    ``earlier``: an earlier round of the same call was executed (``done``), or may have been (``unknown``)."""

    id: str
    round: str
    state: State
    caller: Caller
    server: str
    tool: str
    arguments: str
    asked: float
    lasts: float
    by: Caller | None = None
    at: float = 0.0
    began: float = 0.0
    earlier: Literal["", "done", "unknown"] = ""

    @property
    def ends(self) -> float:
        """When it can no longer be approved, or its approval no longer counts."""
        return (self.at if self.state == "approved" else self.asked) + self.lasts

    def is_over(self, now: float, lasts: float | None = None) -> bool:
        """Whether it is open or approved no more. ``lasts``: what the policies in force say."""
        if self.state not in ("open", "approved"):
            return False
        return now >= self.ends - max(self.lasts - (self.lasts if lasts is None else lasts), 0.0)


@value()
class Held:
    """A request as it is in the store: ``data`` is what :meth:`Requests.move` replaces."""

    request: Request
    data: bytes


class Requests:
    """All requests. ``clock``: seconds since the epoch. StoreError: the shared state cannot be reached."""

    def __init__(self, store: Store, seals: Seals, *, clock: Callable[[], float] = time.time) -> None:
        self.store = store
        self.clock = clock
        self._seals = seals

    def id_of(self, caller: Caller, tool: ToolInfo, arguments: str) -> str:
        """The id of the request for a call; ``arguments`` as :func:`canonical_text` writes them. A tool that sends or
        says something else than when it was approved needs another approval."""
        said = [tool.effect, list(tool.calls), tool.wire.get("description"), tool.wire.get("inputSchema")]
        text = json.dumps([*said, tool.revision()], sort_keys=True, default=str)
        return self._seals.name(_PURPOSE, f"{call_text(caller, tool, arguments)}{text}")

    async def find(self, id: str) -> Held | None:
        """The request with this id, whatever its state."""
        if not _ID.fullmatch(id):
            return None
        data = await self.store.get(_key(id))
        request = self._read(id, data) if data is not None else None
        return Held(request, data) if request is not None and data is not None else None

    async def ask(self, request: Request, before: Held | None) -> Held | None:
        """Open a request in place of ``before``, one that has ended; None where another process was faster.

        Raises:
            TooMany: the caller has opened too many.
        """
        data = self._seal(request)
        ttl = _ttl(request)
        key = _key(request.id)
        if before is None:
            done = await self.store.add(key, data, ttl=ttl)
        else:
            done = await self.store.swap(key, before.data, data, ttl=ttl)
        if not done and await self.store.get(key) != data:  # an answer may have been lost: then it is there
            return None
        bucket = f"approval:rate:{self._seals.name(_PURPOSE, request.caller.key)}"
        wait = await self.store.take(bucket, rate=REFILL, burst=BURST)
        if wait > 0:
            await self.store.swap(key, data, before.data if before is not None else None, ttl=_KEPT)
            raise TooMany(wait)
        await self._list(request)
        return Held(request, data)

    async def move(self, held: Held, state: State, *, decided: Request | None = None) -> Held | None:
        """The request in another state; None where another process was faster. ``decided``: the request with who
        approved or denied it, and when; else that stays."""
        moved = replace(decided or held.request, state=state)
        return await self._replace(held, Held(moved, self._seal(moved)))

    async def execute(self, held: Held) -> Held | None:
        """The request as it is executed by this process alone, with its lease; None where another one was faster."""
        moved = replace(held.request, state="executing")
        executing = Held(moved, self._seal(moved))
        await self.hold(executing)  # first, so that nobody takes it for one whose process has died
        return await self._replace(held, executing)

    async def _replace(self, held: Held, new: Held) -> Held | None:
        key = _key(new.request.id)
        done = await self.store.swap(key, held.data, new.data, ttl=_ttl(new.request))
        # An answer may have been lost: then it is there, and no other process has written the same (it has a nonce).
        return new if done or await self.store.get(key) == new.data else None

    # ---------------------------------------------------------------------------------------------------------- leases

    async def hold(self, held: Held) -> None:
        """Say that the call of this request is being executed."""
        await self.store.put(_lease(held.request.id), _holder(held), ttl=LEASE)

    async def is_held(self, id: str) -> bool:
        """Whether a process is executing it."""
        return await self.store.get(_lease(id)) is not None

    async def let_go(self, held: Held) -> None:
        """It is no longer being executed. A call that has begun in the meantime keeps its lease."""
        await self.store.swap(_lease(held.request.id), _holder(held), None)

    # ------------------------------------------------------------------------------------------------------- the list

    async def listed(self, tenant: str) -> list[str]:
        """The ids of the latest requests of a tenant that may still be open, newest first."""
        data = await self.store.get(self._index(tenant))
        now = self.clock()
        return [str(id) for id, ends in reversed(_entries(data)) if ends > now]

    async def _list(self, request: Request) -> None:
        """Add to the list. Where others change it all the time, the request is not in it; its link works."""
        key = self._index(request.caller.tenant)
        for _ in range(_TRIES):
            data = await self.store.get(key)
            now = self.clock()
            kept = [(id, ends) for id, ends in _entries(data) if ends > now and id != request.id]
            entries = [*kept[1 - LISTED :], (request.id, request.ends)]
            made = json.dumps(entries, separators=(",", ":")).encode()
            longest = max(ends for _, ends in entries) - now
            if await self.store.swap(key, data, made, ttl=max(longest, 1.0)):
                return
            await asyncio.sleep(random.uniform(0.0, _PAUSE))  # noqa: S311 - so that not all try again at once

    def _index(self, tenant: str) -> str:
        return f"approval:list:{self._seals.name(_PURPOSE, f'tenant {tenant}')}"

    # ---------------------------------------------------------------------------------------------------------- inside

    def _seal(self, request: Request) -> bytes:
        about: dict[str, Json] = {
            "round": request.round,
            "state": request.state,
            "caller": caller_value(request.caller),
            "server": request.server,
            "tool": request.tool,
            "arguments": request.arguments,
            "asked": request.asked,
            "lasts": request.lasts,
            "by": caller_value(request.by) if request.by is not None else None,
            "at": request.at,
            "began": request.began,
            "earlier": request.earlier,
        }
        sealed = self._seals.seal(_PURPOSE, about, _ttl(request) + 60, bound=request.id.encode())
        if len(sealed) > LONGEST:  # it could not be opened again
            raise StoreError("the request for approval is too large to be kept")
        return sealed.encode()

    def _read(self, id: str, data: bytes) -> Request | None:
        about = self._seals.open(_PURPOSE, data.decode("ascii", errors="replace"), bound=id.encode())
        if about is None:
            return None
        by = about["by"]
        return Request(
            id=id,
            round=about["round"],
            state=about["state"],
            caller=caller_of(about["caller"]),
            server=about["server"],
            tool=about["tool"],
            arguments=about["arguments"],
            asked=about["asked"],
            lasts=about["lasts"],
            by=caller_of(by) if by is not None else None,
            at=about["at"],
            began=about["began"] if "began" in about else about["at"],  # a build that did not tell them apart
            earlier=about["earlier"],
        )


class TooMany(Exception):
    """The caller has opened too many requests; ``seconds`` until the next one."""

    def __init__(self, seconds: float) -> None:
        super().__init__("too many requests for approval")
        self.seconds = seconds


def new_round() -> str:
    """A name for one round of a request."""
    return secrets.token_hex(8)


def canonical_text(arguments: Mapping[str, Json]) -> str:
    """Arguments as JSON text that is the same for the same arguments, whatever the order of their keys; ASCII.

    Raises:
        StoreError: JSON cannot hold them, so they cannot be kept.
    """
    try:
        return json.dumps(spell_exact_numbers(arguments), sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError):
        raise StoreError("the arguments are not JSON") from None


def settled(arguments: Mapping[str, Json], *, dry_run: bool) -> Json:
    """Arguments in the one way of the several in which an agent may write the same call: 10.0 is 10 (JSON Schema
    2020-12, 4.2.1). ``dry_run``: the argument of this name is ours, and false as if it were not there."""
    kept = {name: one for name, one in arguments.items() if not (dry_run and name == "dry_run" and one in _NOT_DRY)}
    return _settle(kept)


_NOT_DRY: Final = (False, None, "false", "False")
_EXACT: Final = 2.0**53


def _settle(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {name: _settle(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_settle(one) for one in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return value


def call_text(caller: Caller, tool: ToolInfo, arguments: str) -> str:
    """Who calls what with which arguments, as one text that is never the same for two calls."""
    return json.dumps([caller.key, tool.server, tool.own, arguments])


def _key(id: str) -> str:
    return f"approval:{id}"


def _lease(id: str) -> str:
    return f"{_key(id)}:lease"


def _holder(held: Held) -> bytes:
    return hashlib.sha256(held.data).hexdigest().encode()


def _ttl(request: Request) -> float:
    return 2 * request.lasts + _KEPT


def _entries(data: bytes | None) -> list[tuple[str, float]]:
    return [(str(id), float(ends)) for id, ends in json.loads(data)] if data else []
