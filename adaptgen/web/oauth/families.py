"""Families of tokens: all that came from one consent, and end together (RFC 9700, 4.14.2).

Each family has one row in the shared state. It holds the hash of the refresh token that counts, what the identity
provider needs to be asked again, and, for a short while, the answer that replaced the refresh token before. Secrets in
it open with the refresh token alone, so that the state and the keys of the settings together do not give them away.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, cast

import orjson

from adaptgen.govern.identity.own_tokens import (
    ENDED,
    REFRESH,
    Grant,
    family_key,
    grant_of,
    is_in_force,
    mint,
)
from adaptgen.model.frozen import value
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.auth.session_store import PATIENCE, Lease
from adaptgen.runtime.core.seals import Seals
from adaptgen.runtime.store.protocol import Store, insist

GRACE: Final = 30.0
"""Seconds in which a refresh token that was replaced gets the newest answer once more: the first may have been lost, or
one client refreshes for several requests at once, each with the token that it had when the request was refused."""
_LINKS: Final = 8
"""Replaced refresh tokens that a family knows in that time."""
UNTIL: Final = 900.0
"""Seconds for which a family that was ended cannot begin."""
MARGIN: Final = 60.0
"""Seconds for which a row outlives what it stands for."""


class Ended(Exception):
    """A refresh token that does not count. ``reused``: it was replaced before, so somebody may have stolen it, and the
    family has ended; None else."""

    def __init__(self, reused: Grant | None = None) -> None:
        super().__init__("the refresh token is no longer valid")
        self.reused = reused


class Busy(Exception):
    """Another process refreshes this family, and takes too long."""


@value()
class Lifetimes:
    """Seconds, by the settings."""

    access: float
    refresh: float


@value()
class Issue:
    """What an answer of the token endpoint is made of. ``upstream``: what the identity provider needs to be asked
    again; None where it has nothing for that, or the client wants no refresh token."""

    grant: Grant
    caller: Caller
    scope: str
    resource: str
    upstream: Mapping[str, Json] | None
    ends: float | None = None
    """When the provider's access token in ``caller`` ends."""


class Families:
    """The families of one server, with the settings of one request."""

    def __init__(
        self,
        store: Store,
        seals: Seals,
        lasts: Lifetimes,
        source: str = "",
        *,
        forget: Callable[[str], None] = lambda family: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``source``: where the people come from, see ``claims.login_source``. ``forget``: lets the end of a
        family take effect at once in this process."""
        self._store = store
        self._seals = seals
        self._lasts = lasts
        self._source = source
        self._forget = forget
        self._clock = clock

    async def begin(self, issue: Issue) -> dict[str, Json]:
        """The first answer of a family. Ended: it has been ended already."""
        answer = self._answer(issue)
        row = self._row(issue, answer, None)
        key = family_key(issue.grant.family)

        async def add() -> bool:  # an answer may have been lost: then it is there
            return await self._store.add(key, row, ttl=self._ttl(issue)) or await self._store.get(key) == row

        if not await insist(add, PATIENCE):  # the code is used already
            raise Ended
        return answer

    def opened(self, token: str) -> tuple[Grant, dict[str, Any]] | None:
        """The grant and what else a refresh token holds; None for what is none of ours, or has expired."""
        if not token.startswith(REFRESH):
            return None
        held = self._seals.open("refresh token", token.removeprefix(REFRESH))
        return None if held is None else (grant_of(held), held)

    async def refresh(
        self, token: str, grant: Grant, renew: Callable[[Mapping[str, Json]], Awaitable[Issue | None]]
    ) -> dict[str, Json]:
        """The answer that replaces a refresh token. ``renew`` asks the provider; None ends the family; what it raises
        leaves it as it was, but for ``upstream`` of the exception, which is kept.

        Raises:
            Ended, Busy, StoreError.
        """
        key = family_key(grant.family)
        lease = Lease(self._store, f"{key}/lease")
        until = time.monotonic() + PATIENCE
        while True:
            row = await self._standing(key, grant)
            if row["h"] != _mark(token):
                return await self._repeated(key, row, token, grant)
            if await lease.acquire():
                break
            if time.monotonic() > until:
                raise Busy
            await asyncio.sleep(0.1)
        try:
            row = await self._standing(key, grant)
            if row["h"] != _mark(token):
                return await self._repeated(key, row, token, grant)
            return await self._replace(key, row, token, grant, renew)
        finally:
            await lease.release()

    async def _replace(
        self,
        key: str,
        row: dict[str, Any],
        token: str,
        grant: Grant,
        renew: Callable[[Mapping[str, Json]], Awaitable[Issue | None]],
    ) -> dict[str, Json]:
        within = self._seals.within(token)
        upstream = within.open("upstream", row["u"])
        if upstream is None:
            raise Ended
        try:
            issue = await renew({name: one for name, one in upstream.items() if name != "exp"})
        except Exception as problem:
            kept = getattr(problem, "upstream", None)
            if kept is not None:  # the provider has replaced its refresh token already
                changed = {**row, "u": within.seal("upstream", kept, self._lasts.refresh)}
                await self._swap(key, row, orjson.dumps(_bare(changed)), self._lasts.refresh + MARGIN)
            raise
        if issue is None:
            await self.end(grant.family)
            raise Ended
        answer = self._answer(issue)
        new = self._row(issue, answer, token, self._links(row))
        if not await self._swap(key, row, new, self._ttl(issue)):
            raise Ended  # somebody has ended it in between
        return answer

    async def _repeated(self, key: str, row: dict[str, Any], token: str, grant: Grant) -> dict[str, Json]:
        """The newest answer, from link to link: each opens with a refresh token, and holds the next one."""
        links = self._links(row)
        found = next((at for at, one in enumerate(links) if one["p"] == _mark(token)), -1)
        answer: dict[str, Json] | None = None
        for link in reversed(links[: found + 1]):
            answer = self._seals.within(token).open("answer", link["n"]) if link["p"] == _mark(token) else None
            if answer is None:
                break
            token = str(answer.get("refresh_token"))
        if answer is None:
            await self.end(grant.family)
            raise Ended(grant)
        until = cast("float", answer["until"])
        kept = {name: one for name, one in answer.items() if name not in ("exp", "until")}
        return {**kept, "expires_in": max(int(until - self._clock()), 1)}

    def _links(self, row: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The refresh tokens that were replaced not long ago, the last one first."""
        last = [{"p": row["p"], "n": row["n"], "t": row["t"]}] if "p" in row else []
        # The clock of the process that wrote it may be ahead of ours.
        return [one for one in (*last, *row.get("o", ())) if abs(self._clock() - one["t"]) < GRACE][:_LINKS]

    async def _standing(self, key: str, grant: Grant) -> dict[str, Any]:
        if not await is_in_force(self._store, grant):
            raise Ended
        raw = await self._store.get(key)
        if raw in (None, ENDED):
            raise Ended
        row: dict[str, Any] = orjson.loads(raw)
        if "h" not in row:
            raise Ended
        row["raw"] = raw
        return row

    async def _swap(self, key: str, row: Mapping[str, Any], new: bytes, ttl: float) -> bool:
        """Replace a row; a store that is away is offered it for a while, as the provider has given what is in it."""

        async def swap() -> bool:  # an answer may have been lost: then it is there
            return await self._store.swap(key, row["raw"], new, ttl=ttl) or await self._store.get(key) == new

        return await insist(swap, PATIENCE)

    async def end(self, family: str) -> None:
        """End a family: none of its tokens counts any more."""
        # Not deleted: it may be about to begin.
        await self._store.put(family_key(family), ENDED, ttl=UNTIL)
        self._forget(family)

    # -------------------------------------------------------------------------------------------------------- inside

    def _answer(self, issue: Issue) -> dict[str, Json]:
        now = self._clock()
        seconds = self._lasts.access if issue.ends is None else min(self._lasts.access, max(issue.ends - now, 60.0))
        grant = issue.grant
        answer: dict[str, Json] = {
            "access_token": mint(
                self._seals, grant, issue.caller, issue.resource, issue.scope, seconds, source=self._source
            ),
            "token_type": "Bearer",
            "expires_in": int(seconds),
            "scope": issue.scope,
        }
        if issue.upstream is not None:
            held: dict[str, Json] = {
                "fam": grant.family,
                "client": grant.client,
                "sub": grant.sub,
                "tenant": grant.tenant,
                "began": grant.began,
                "scope": issue.scope,
                "aud": issue.resource,
            }
            answer["refresh_token"] = REFRESH + self._seals.seal("refresh token", held, self._lasts.refresh)
        return answer

    def _row(
        self, issue: Issue, answer: Mapping[str, Json], before: str | None, links: Sequence[Mapping[str, Json]] = ()
    ) -> bytes:
        token = answer.get("refresh_token")
        row: dict[str, Json] = {"t": self._clock()}
        if isinstance(token, str) and issue.upstream is not None:
            row["h"] = _mark(token)
            row["u"] = self._seals.within(token).seal("upstream", issue.upstream, self._lasts.refresh)
        if before is not None:
            until = self._clock() + cast("int", answer["expires_in"])
            row["p"] = _mark(before)
            row["n"] = self._seals.within(before).seal("answer", {**answer, "until": until}, GRACE)
            row["o"] = [dict(one) for one in links[: _LINKS - 1]]
        return orjson.dumps(row)

    def _ttl(self, issue: Issue) -> float:
        return MARGIN + (self._lasts.access if issue.upstream is None else self._lasts.refresh)


def family_of(code: str) -> str:
    """The family that begins with a code: who uses the code again knows which one has to end."""
    return hashlib.sha256(f"family\0{code}".encode()).hexdigest()[:32]


def _mark(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _bare(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in row.items() if name != "raw"}
