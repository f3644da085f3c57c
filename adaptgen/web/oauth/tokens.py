"""The token endpoint (OAuth 2.1, 3.2) and the end of tokens (RFC 7009)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from adaptgen.govern.identity.own_tokens import ACCESS, Grant, grant_of
from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.store.protocol import StoreError
from adaptgen.web.browser.idp import Identity, ProviderError, Refused
from adaptgen.web.browser.pages import form_pairs
from adaptgen.web.oauth.client_documents import is_document
from adaptgen.web.oauth.clients import OFFLINE, Client
from adaptgen.web.oauth.codes import Authorized, Codes, Used
from adaptgen.web.oauth.families import Busy, Ended, Issue, family_of
from adaptgen.web.oauth.protocol import (
    CodeData,
    OAuth2Error,
    ProtocolServer,
    RefreshData,
    credentials,
    request_of,
)
from adaptgen.web.oauth.server import Context, about_client, failed, json_of, repeated

_log = logging.getLogger("adaptgen.web")

LARGEST: Final = 32 * 1024


class TokenEndpoint:
    """Answers ``/oauth/token`` and ``/oauth/revoke``."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def token(self, request: HttpRequest) -> HttpAnswer:
        """The answer to a request for tokens."""
        read = await self._read(request)
        if isinstance(read, HttpAnswer):
            return read
        pairs, form = read
        try:
            resource = form.get("resource")
            if resource and not self._context.names_us(resource):
                return failed(400, "invalid_target", "The resource is not this server.")
            client = await self._client(request, form)
            match form.get("grant_type"):
                case None:
                    return failed(400, "invalid_request", "The grant_type is missing.")
                case "authorization_code":
                    return await self._by_code(request, client, pairs, form)
                case "refresh_token":
                    return await self._by_refresh(request, client, pairs, form)
            ProtocolServer(client).check_token(self._checked(request, pairs))  # says what is wrong
        except OAuth2Error as problem:
            return refused(problem)
        except (StoreError, Busy):
            return unavailable("The shared state cannot be reached.")
        return failed(400, "unsupported_grant_type", "This grant type is not supported.")

    async def revoke(self, request: HttpRequest) -> HttpAnswer:
        """The answer to a request that ends a token, and with it all of its family (RFC 7009, 2.1)."""
        read = await self._read(request)
        if isinstance(read, HttpAnswer):
            return read
        pairs, form = read
        context = self._context
        try:
            client = ProtocolServer(await self._client(request, form)).check_client(self._checked(request, pairs))
            token = form.get("token", "")
            if not token:
                return failed(400, "invalid_request", "The token is missing.")
            # token_type_hint may be anything: tokens say themselves what they are.
            if token.startswith(ACCESS):
                held = context.seals.open("access token", token.removeprefix(ACCESS))
                grant = grant_of(held) if held is not None else None
            else:
                opened = context.families.opened(token)
                grant = opened[0] if opened is not None else None
            if grant is not None and grant.client == client.client_id:
                await context.families.end(grant.family)
                context.record("logout", _person(grant), about_client(client))
        except OAuth2Error as problem:
            return refused(problem)
        except StoreError:
            return unavailable("The shared state cannot be reached.")
        return json_of({})  # also for what is no token: RFC 7009, 2.2

    # -------------------------------------------------------------------------------------------------------- inside

    async def _read(self, request: HttpRequest) -> HttpAnswer | tuple[list[tuple[str, str]], dict[str, str]]:
        if request.method != "POST":
            return HttpAnswer(405, {"allow": "POST"})
        if request.query:
            return failed(400, "invalid_request", "Parameters belong in the body.")
        pairs = await form_pairs(request, LARGEST)
        if pairs is None:
            return failed(400, "invalid_request", "The body must be application/x-www-form-urlencoded.")
        pairs = [(name, text) for name, text in pairs if text]  # an empty one is an omitted one: RFC 6749, 3.2
        twice = repeated(pairs)
        if twice is not None:
            code = "invalid_target" if twice == "resource" else "invalid_request"
            return failed(400, code, "A parameter occurs more than once.")
        return pairs, dict(pairs)

    async def _client(self, request: HttpRequest, form: Mapping[str, str]) -> Client | None:
        client_id = credentials(request.headers, form)
        if is_document(client_id) and "metadata" in self._context.login.clients:
            # What it has to show is bound to its id already, and a host that is away must not log people out.
            return Client(client_id, "", (), assured=True)
        return await self._context.client(client_id) if client_id else None

    def _checked(self, request: HttpRequest, pairs: list[tuple[str, str]]) -> object:
        return request_of("POST", f"{self._context.issuer}{request.path}", pairs, request.headers)

    async def _by_code(
        self, request: HttpRequest, client: Client | None, pairs: list[tuple[str, str]], form: Mapping[str, str]
    ) -> HttpAnswer:
        context = self._context
        families, codes = context.families, Codes(context.store, context.person_seals)  # of the same settings
        code = form.get("code", "")
        found = await codes.find(code)
        if found is not None and isinstance(found[0], Used):
            return await self._replayed(found[0], ProtocolServer(client).check_client(self._checked(request, pairs)))
        held = found[0] if found is not None and isinstance(found[0], Authorized) else None
        # Clients of OAuth 2.1 do not send it again, and must be served; who does is held to it (OAuth 2.1, 10.2). PKCE
        # binds the code to whoever made the request.
        redirect_uri = held.redirect_uri if held is not None and "redirect_uri" in form else ""
        data = CodeData(held.client_id, redirect_uri, held.challenge, held.scope) if held is not None else None
        client = ProtocolServer(client, code=data).check_token(self._checked(request, pairs))
        assert held is not None
        assert found is not None
        caller = held.caller
        grant = Grant(family_of(code), client.client_id, caller.sub, caller.tenant, held.agreed)
        used = Used(client.client_id, grant.family)
        if not await codes.use(code, found[1], used):
            return await self._replayed(used, client)
        upstream = held.upstream if held.refreshable and held.upstream.get("refresh") else None
        issue = Issue(grant, caller, held.scope, context.resource, upstream, _ends(held.upstream))
        try:
            answer = await families.begin(issue)
        except Ended:
            return await self._replayed(used, client)
        context.record("login", caller, about_client(client))
        return json_of(answer)

    async def _replayed(self, used: Used, client: Client) -> HttpAnswer:
        """A code that was used before: anyone who used it may have stolen it (OAuth 2.1, 4.1.3)."""
        context = self._context
        if used.client_id == client.client_id:
            await context.families.end(used.family)
            context.record("code_reuse", None, about_client(client), refused=True)
        return failed(400, "invalid_grant", "The code is not valid, or no longer valid.")

    async def _by_refresh(
        self, request: HttpRequest, client: Client | None, pairs: list[tuple[str, str]], form: Mapping[str, str]
    ) -> HttpAnswer:
        context = self._context
        token = form.get("refresh_token", "")
        opened = context.families.opened(token)
        data = None
        if opened is not None and opened[1]["aud"] == context.resource:
            data = RefreshData(opened[0].client, opened[1]["scope"])
        # A scope says nothing here: scopes are granted together, and clients repeat what was not granted to them.
        asked = [one for one in pairs if one[0] != "scope"]
        client = ProtocolServer(client, refresh=data).check_token(self._checked(request, asked))
        assert opened is not None
        grant, held = opened

        async def renew(upstream: Mapping[str, Json]) -> Issue | None:
            found = await context.people.provider.refresh(upstream)
            if isinstance(found, Refused) or not _same(found, grant):
                return None
            return Issue(grant, found.caller, held["scope"], held["aud"], found.upstream, _ends(found.upstream))

        # Also if the client goes: what the provider gives once must not be lost.
        work = asyncio.ensure_future(context.families.refresh(token, grant, renew))
        try:
            return json_of(await asyncio.shield(work))
        except Ended as problem:
            event = "refresh_reuse" if problem.reused is not None else "refresh_refused"
            context.record(event, _person(grant), about_client(client), refused=True)
            return failed(400, "invalid_grant", "The refresh token is no longer valid: log in again.")
        except ProviderError as problem:
            _log.warning("a login cannot be renewed now: %s", problem)
            return unavailable("The identity provider cannot be reached.")


def _same(found: Identity, grant: Grant) -> bool:
    return (found.caller.sub, found.caller.tenant) == (grant.sub, grant.tenant)


def _person(grant: Grant) -> Caller:
    return Caller(grant.sub, grant.tenant)


def _ends(upstream: Mapping[str, Json]) -> float | None:
    """When the provider's access token ends that travels in ours; None where none does."""
    ends = upstream.get("access_ends")
    return float(ends) if upstream.get("access") and isinstance(ends, int | float) else None


def wants_refresh(client: Client, scopes: frozenset[str]) -> bool:
    """Whether a client gets a refresh token, where the provider has one: it registered for it, or asks for it."""
    return "refresh_token" in client.grants or OFFLINE in scopes


def unavailable(text: str) -> HttpAnswer:
    """Nothing is lost; the same request may come again."""
    return failed(503, "temporarily_unavailable", text, {"retry-after": "2"})


def refused(problem: OAuth2Error) -> HttpAnswer:
    """An error of Authlib as an answer (RFC 6749, 5.2)."""
    code = str(problem.error)
    # Descriptions of Authlib may repeat what was sent.
    text = _TEXTS.get(code) or str(problem.description or "The request is not valid.")
    status = 401 if code == "invalid_client" else 400
    headers = {"www-authenticate": 'Basic realm="oauth"'} if status == 401 else None
    return failed(status, code, text, headers)


_TEXTS: Final = {
    "invalid_client": "The client is unknown here, or does not authenticate as registered.",
    "unsupported_grant_type": "This grant type is not supported.",
    "invalid_grant": "The grant is invalid, or belongs to another client.",
}
