"""What every endpoint of the authorization server needs: settings and seals in effect, clients, the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import orjson

from adaptgen.govern.identity.claims import login_source
from adaptgen.govern.identity.own_tokens import client_mark
from adaptgen.govern.settings.model import Login, Settings
from adaptgen.mcp.http_messages import HttpAnswer, json_answer
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.core.seals import Seals
from adaptgen.runtime.store.protocol import Store
from adaptgen.web.browser.people import People, people_of
from adaptgen.web.oauth.client_documents import ClientDocuments, is_document
from adaptgen.web.oauth.clients import Client
from adaptgen.web.oauth.families import Families, Lifetimes
from adaptgen.web.oauth.registration import network_of, registered
from adaptgen.web.routes import base_url, origin_of

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.assemble import GovernedServer

NO_STORE: Final = {"cache-control": "no-store", "pragma": "no-cache", "x-content-type-options": "nosniff"}


class Context:
    """One authorization server. The settings may change while it runs: they are asked each time."""

    def __init__(self, governed: GovernedServer) -> None:
        self._governed = governed
        self.people: People = people_of(governed)
        self.documents = ClientDocuments()

    @property
    def settings(self) -> Settings:
        return self._governed.settings

    @property
    def login(self) -> Login:
        found = self.settings.login
        assert found is not None
        return found

    @property
    def seals(self) -> Seals:
        found = self._governed.handler.parts.seals
        assert found is not None
        return found

    @property
    def own_seals(self) -> Seals:
        """Seals of this server alone, for what names no resource: another server may have the same keys and state."""
        return self.seals.within(self.issuer)

    @property
    def person_seals(self) -> Seals:
        """The same for what says who somebody is: it counts under the provider, and the mapping, of now."""
        return self.own_seals.within(login_source(self.settings))

    @property
    def store(self) -> Store:
        return self._governed.store

    @property
    def resource(self) -> str:
        return self.settings.listen.resource

    @property
    def issuer(self) -> str:
        return base_url(self.resource)

    @property
    def allowed(self) -> tuple[str, ...]:
        """The hosts, and private-use schemes, that may get a code; none for all."""
        return tuple(one.lower() for one in self.login.redirects)

    @property
    def lasts(self) -> Lifetimes:
        return Lifetimes(self.login.access, self.login.refresh)

    @property
    def families(self) -> Families:
        return Families(self.store, self.seals, self.lasts, login_source(self.settings), forget=self._forget)

    def _forget(self, family: str) -> None:
        authenticator = self._governed.handler.parts.authenticator
        if authenticator is not None:
            authenticator.forget_family(family)

    async def client(self, client_id: str, source: str = "") -> Client | None:
        """The client with this id; None where it does not count here. ``source``: the address that asks, "" where it is
        not known."""
        if is_document(client_id):
            if "metadata" not in self.login.clients:
                return None
            sender = self.own_seals.name("source", network_of(source)) if source else ""
            return await self.documents.client(client_id, self.resource, self.allowed, self.store, sender)
        if "dynamic" not in self.login.clients:
            return None
        return registered(self.own_seals, client_id)

    def names_us(self, resource: str) -> bool:
        """Whether a resource indicator (RFC 8707) names this server: the resource of its metadata (RFC 9728), or our
        base URL, which clients use that do not read it. Both mean the same tokens."""
        named = _canonical(resource)
        return named is not None and named in (_canonical(self.resource), _canonical(self.issuer))

    def record(self, event: str, caller: Caller | None, about: Mapping[str, Json], *, refused: bool = False) -> None:
        """Put on record what happened, without any token. AuditError where that cannot be done."""
        self._governed.handler.record_login(event, caller, about, refused=refused)


def _canonical(url: str) -> tuple[str, str, str] | None:
    """A resource as it is compared: clients write the host in capitals, the usual port, a slash at the end (MCP,
    Authorization, Canonical Server URI). None for what names none."""
    if "#" in url or "@" in url:
        return None
    try:
        parts = urlsplit(url)
        return origin_of(url), parts.path.rstrip("/"), parts.query
    except ValueError:
        return None


def about_client(client: Client) -> dict[str, Json]:
    """A client for the audit trail. ``adaptgen logout --client`` takes what is there."""
    return {"client": client_mark(client.client_id), "client_name": client.name}


def json_of(value: Mapping[str, Json], status: int = 200, headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """A JSON answer that is not cached."""
    return json_answer(orjson.dumps(dict(value)), status, {**NO_STORE, **(headers or {})})


def failed(status: int, code: str, text: str, headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """An error of RFC 6749, 5.2, or RFC 7591, 3.2.2."""
    return json_of({"error": code, "error_description": text}, status, headers)


def repeated(pairs: list[tuple[str, str]]) -> str | None:
    """A name that occurs more than once (RFC 6749, 3.1 and 3.2)."""
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            return name
        seen.add(name)
    return None
