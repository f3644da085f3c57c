"""Access tokens of this server's own authorization server: sealed, so that no key set and no request are needed.

A token holds the caller as the identity provider vouched for it at the last log-in or refresh, the client, and the
family: all tokens that came from one consent. What must be known everywhere at once is in the shared state: whether the
family is still valid, and whether an operator has ended what a person or a client had.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from adaptgen.govern.identity.claims import caller_of, caller_value
from adaptgen.model.frozen import lazy, value
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.core.caches import LruCache
from adaptgen.runtime.core.seals import Seals
from adaptgen.runtime.store.protocol import Store

ACCESS: Final = "mcp_at_"
"""How our access tokens begin, so that scanners of secrets find them, and no other token is taken for one."""
REFRESH: Final = "mcp_rt_"
FRESH: Final = 2.0
"""Seconds for which a process relies on it that no other one has ended a family."""
ENDED: Final = b"ended"
"""The state of a family that was ended: it must not begin after that. One that is missing has ended, too."""
LONGEST: Final = 900.0
"""Seconds for which an access token counts at most, whatever seals it: settings allow no more (``login.access``)."""
_SKEW: Final = 60.0
"""Seconds by which the clocks of two machines may differ."""
REMEMBERED: Final = 366 * 86400.0
"""Seconds for which it is known what operators have ended: longer than settings let anything last. It may have begun
under other settings than those of now, and a consent outlives the tokens that came from it."""
_FAMILIES: Final = 10_000
_AFTER: Final = 0.001
_LATEST: Final = "oauth/ended/latest"
"""The last of all that is under :func:`ended_keys`."""
_MARK = lazy("[0-9a-f]{32}")
"""No id of a client looks like this: it is a URL, or sealed and longer."""


class NotAccepted(Exception):
    """An access token of ours that does not count, or no longer. The text holds no part of it."""


@value()
class Grant:
    """One consent: to which client, for which person, since when (seconds since the epoch)."""

    family: str
    client: str
    sub: str
    tenant: str
    began: float


def family_key(family: str) -> str:
    """Where the state of a family is in the store; without it the family is not valid."""
    return f"oauth/family/{_hash('family', family)}"


def client_mark(client_id: str) -> str:
    """A client for the audit trail: the URL of its document, or the hash of an id that was made here, which is long and
    the client's alone."""
    return client_id if "://" in client_id or _MARK.fullmatch(client_id) else _hash("client", client_id)


def ended_keys(*, person: tuple[str, str] | None = None, client: str = "") -> list[str]:
    """Where it is said since when nothing of a person (tenant, sub) or of a client counts. ``client``: its id, or its
    :func:`client_mark`."""
    keys = []
    if person is not None:
        keys.append(f"oauth/ended/{_hash('person', chr(0).join(person))}")
    if client:
        keys.append(f"oauth/ended/{client if _MARK.fullmatch(client) else _hash('client', client)}")
    return keys


def _hash(kind: str, text: str) -> str:
    # Without a key of the settings: another key must not bring back what was ended.
    return hashlib.sha256(f"{kind}\0{text}".encode(errors="surrogatepass")).hexdigest()[:32]


async def is_in_force(store: Store, grant: Grant) -> bool:
    """Whether nobody has ended a grant (StoreError)."""
    ended = ended_keys(person=(grant.tenant, grant.sub), client=grant.client)
    family, *marks = await asyncio.gather(*(store.get(one) for one in (family_key(grant.family), *ended)))
    return family not in (None, ENDED) and not any(is_ended(mark, grant.began) for mark in marks)


async def end_all(store: Store, *, person: tuple[str, str] | None = None, client: str = "") -> None:
    """End everything that a person (tenant, sub) or a client has at this moment; what begins later counts again
    (``begin_time``). For operators, and for the person."""
    for key in ended_keys(person=person, client=client):
        # What has begun since then, of this one or of another one, is ended as well, however far this machine's clock
        # is behind: it began after what was ended of its person and of its client.
        before = [float(one) for one in (await store.get(key), await store.get(_LATEST)) if one is not None]
        mark = repr(max([time.time(), *(one + 2 * _AFTER for one in before)])).encode()
        await store.put(_LATEST, mark, ttl=REMEMBERED)
        await store.put(key, mark, ttl=REMEMBERED)


def is_ended(mark: bytes | None, began: float) -> bool:
    """Whether operators have ended what began then. ``mark``: what is under one of :func:`ended_keys`, by the clock of
    the machine from which they did it; the one on which it began may be ahead."""
    return mark is not None and float(mark) + _SKEW >= began


async def begin_time(
    store: Store, person: tuple[str, str], client: str = "", *, clock: Callable[[], float] = time.time
) -> float:
    """When something of a person (tenant, sub) begins, in seconds since the epoch: now, but after all that operators
    have ended, so that who logs in again at once is logged in (StoreError)."""
    keys = ended_keys(person=person, client=client)
    marks = await asyncio.gather(*(store.get(one) for one in keys))
    return max([clock(), *(float(one) + _SKEW + _AFTER for one in marks if one is not None)])


def mint(
    seals: Seals, grant: Grant, caller: Caller, resource: str, scope: str, seconds: float, *, source: str = ""
) -> str:
    """An access token. ``source``: where its person comes from, see ``claims.login_source``."""
    held: dict[str, Json] = {
        "fam": grant.family,
        "client": grant.client,
        "began": grant.began,
        "aud": resource,
        "scope": scope,
        **caller_value(caller),
        "token": caller.token,
        "source": _hash("source", source),
    }
    return ACCESS + seals.seal("access token", held, seconds)


class OwnTokens:
    """Opens the access tokens of one server. ``resource``: the URL for which they must have been issued; ``source``:
    where the people come from for whom they must have been."""

    def __init__(
        self,
        seals: Seals,
        store: Store,
        resource: str,
        source: str = "",
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seals = seals
        self._store = store
        self._resource = resource
        self._source = _hash("source", source)
        self._clock = clock
        self._standing: LruCache[str, float] = LruCache(_FAMILIES)

    async def open(self, token: str) -> tuple[Caller, Grant, frozenset[str]]:
        """Whose token it is, and its scopes.

        Raises:
            NotAccepted: it is not ours, has expired, is for another resource, or was revoked.
            StoreError: nobody can say whether it was revoked.
        """
        held = self._seals.open("access token", token.removeprefix(ACCESS))
        if held is None or _ends(held) - time.time() > LONGEST + _SKEW:
            raise NotAccepted("the access token has expired, or was not issued here")
        if held["aud"] != self._resource:
            raise NotAccepted("the access token is for another audience")
        if held.get("source") != self._source:
            raise NotAccepted("the login of this server has changed: log in again")
        grant = grant_of(held)
        since = self._standing.get(grant.family)
        if since is None or not 0 <= self._clock() - since < FRESH:
            if not await is_in_force(self._store, grant):
                raise NotAccepted("the access token was revoked")
            self._standing.put(grant.family, self._clock())
        return caller_of(held, held["token"]), grant, frozenset(str(held["scope"]).split())

    def forget(self, family: str) -> None:
        """Ask again whether a family counts: this process has ended it."""
        self._standing.pop(family)


def _ends(held: Mapping[str, Json]) -> float:
    ends = held.get("exp")
    assert isinstance(ends, int)  # else it would not have been opened
    return float(ends)


def grant_of(held: dict[str, Any]) -> Grant:
    """The grant of a token that was opened."""
    return Grant(held["fam"], held["client"], held["sub"], held["tenant"], held["began"])
