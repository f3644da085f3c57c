"""Authorization codes: short, for one minute, used once (OAuth 2.1, 4.1.3)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final

from adaptgen.govern.identity.claims import caller_of, caller_value
from adaptgen.govern.identity.own_tokens import begin_time
from adaptgen.model.frozen import lazy, value
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.auth.session_store import PATIENCE
from adaptgen.runtime.core.seals import Seals
from adaptgen.runtime.store.protocol import Store, insist

LASTS: Final = 60.0
REMEMBERED: Final = 900.0
"""Seconds for which it is known that a code was used: as long as its first access token counts."""
PREFIX: Final = "mcp_ac_"
_CODE: Final = lazy(r"mcp_ac_[A-Za-z0-9_-]{43}")


@value()
class Authorized:
    """What a person has agreed to. ``upstream``: of the identity; it holds tokens of the provider. ``agreed``: when the
    code was issued, in seconds since the epoch: what operators end after that ends what comes of it."""

    client_id: str
    redirect_uri: str
    challenge: str
    scope: str
    refreshable: bool
    caller: Caller
    upstream: Mapping[str, Json]
    agreed: float = 0.0


@value()
class Used:
    """A code that was used already: for which client, and the family that came from it."""

    client_id: str
    family: str


class Codes:
    """The codes of one server. They are in the shared state, readable only with the code itself."""

    def __init__(self, store: Store, seals: Seals) -> None:
        self._store = store
        self._seals = seals

    async def issue(self, held: Authorized) -> str:
        """A new code."""
        code = PREFIX + secrets.token_urlsafe(32)
        about: dict[str, Json] = {
            "client": held.client_id,
            "redirect": held.redirect_uri,
            "challenge": held.challenge,
            "scope": held.scope,
            "refreshable": held.refreshable,
            "caller": caller_value(held.caller),
            "upstream": dict(held.upstream),
            "agreed": await begin_time(self._store, (held.caller.tenant, held.caller.sub), held.client_id),
        }
        sealed = self._seals.within(code).seal("code", about, LASTS)
        await self._store.put(self._key(code), sealed.encode(), ttl=LASTS)
        return code

    async def find(self, code: str) -> tuple[Authorized | Used, bytes] | None:
        """What a code stands for, and what to hand to :meth:`use`; None for any other text, or one that has expired."""
        if not _CODE.fullmatch(code):
            return None
        raw = await self._store.get(self._key(code))
        if raw is None:
            return None
        within = self._seals.within(code)
        used = within.open("used code", raw.decode())
        if used is not None:
            return Used(str(used["client"]), str(used["family"])), raw
        held = within.open("code", raw.decode())
        if held is None:
            return None
        caller = caller_of(held["caller"], held["upstream"].get("access", ""))
        found = Authorized(
            held["client"],
            held["redirect"],
            held["challenge"],
            held["scope"],
            held["refreshable"],
            caller,
            held["upstream"],
            held["agreed"],
        )
        return found, raw

    async def use(self, code: str, raw: bytes, used: Used) -> bool:
        """Use a code up for a family; whether nobody else has done so before."""
        about: dict[str, Json] = {"client": used.client_id, "family": used.family}
        sealed = self._seals.within(code).seal("used code", about, REMEMBERED)
        key, new = self._key(code), sealed.encode()

        async def swap() -> bool:  # an answer may have been lost: then it is there, and nobody else has used the code
            return await self._store.swap(key, raw, new, ttl=REMEMBERED) or await self._store.get(key) == new

        return await insist(swap, PATIENCE)

    def _key(self, code: str) -> str:
        return f"oauth/code/{self._seals.name('code', code)}"
