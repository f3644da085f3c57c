"""What people have agreed to, so that they are not asked each time. Only where the client is who it says it is: a code
that goes to a port or a scheme of the person's machine may reach any program there (RFC 8252, 8.6)."""

from __future__ import annotations

import time

from adaptgen.govern.identity.own_tokens import ended_keys
from adaptgen.model.tables import Caller
from adaptgen.runtime.core.seals import Seals
from adaptgen.runtime.store.protocol import Store
from adaptgen.web.oauth import redirects
from adaptgen.web.oauth.clients import Client


class Consents:
    """The consents of one server. Each is for one person, one ``client_id``, one host and the same scopes: another
    client, also one with the same name, asks anew."""

    def __init__(self, store: Store, seals: Seals, seconds: float) -> None:
        self._store = store
        self._seals = seals
        self._seconds = seconds

    async def given(self, caller: Caller, client: Client, redirect_uri: str, scope: str) -> bool:
        """Whether this person has agreed before, and no operator has ended it since."""
        if not self._remembers(redirect_uri):
            return False
        found = await self._store.get(self._key(caller, client, redirect_uri, scope))
        if found is None:
            return False
        marks = ended_keys(self._seals, person=(caller.tenant, caller.sub), client=client.client_id)
        ended = [await self._store.get(one) for one in marks]
        return all(one is None or float(one) < float(found) for one in ended)

    async def remember(self, caller: Caller, client: Client, redirect_uri: str, scope: str) -> None:
        """Remember that this person has agreed, where that may be."""
        if self._remembers(redirect_uri):
            key = self._key(caller, client, redirect_uri, scope)
            await self._store.put(key, repr(time.time()).encode(), ttl=self._seconds)

    def _remembers(self, redirect_uri: str) -> bool:
        return self._seconds > 0 and redirects.is_assured(redirect_uri)

    def _key(self, caller: Caller, client: Client, redirect_uri: str, scope: str) -> str:
        parts = (caller.tenant, caller.sub, client.client_id, redirects.host_of(redirect_uri), scope)
        return f"oauth/consent/{self._seals.name('consent', repr(parts))}"
