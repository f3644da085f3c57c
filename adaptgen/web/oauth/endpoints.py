"""The paths of the authorization server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest, json_answer
from adaptgen.web.browser.pages import problem
from adaptgen.web.oauth.authorize import AuthorizationEndpoint
from adaptgen.web.oauth.metadata import answer_metadata
from adaptgen.web.oauth.registration import LARGEST, Refusal, register, wait_for
from adaptgen.web.oauth.server import Context, failed, json_of
from adaptgen.web.oauth.tokens import TokenEndpoint
from adaptgen.web.routes import DISCOVERY, METADATA

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.assemble import GovernedServer


class AuthorizationRoute:
    """Answers the requests of this module."""

    def __init__(self, governed: GovernedServer) -> None:
        self._context = Context(governed)
        self._authorize = AuthorizationEndpoint(self._context)
        self._tokens = TokenEndpoint(self._context)

    async def answer(self, request: HttpRequest) -> HttpAnswer:
        path = request.path
        if METADATA in path or DISCOVERY in path:
            return answer_metadata(request, self._context.settings)
        match path:
            case "/oauth/register":
                return await self._register(request)
            case "/oauth/authorize":
                return await self._authorize.answer(request)
            case "/oauth/token":
                return await self._tokens.token(request)
            case "/oauth/revoke":
                return await self._tokens.revoke(request)
            case "/oauth/jwks":
                return json_answer(b'{"keys":[]}', headers={"cache-control": "max-age=3600"})
        return problem(404, "There is no such page", "This server has no page at this address.")

    async def _register(self, request: HttpRequest) -> HttpAnswer:
        context = self._context
        if "dynamic" not in context.login.clients:
            return HttpAnswer(404)
        if request.method != "POST":
            return HttpAnswer(405, {"allow": "POST"})
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return failed(400, "invalid_client_metadata", "The body must be application/json.")
        body = await request.read(LARGEST)
        try:
            made = register(context.own_seals, orjson.loads(body), context.allowed)
        except ValueError:
            return failed(400, "invalid_client_metadata", "The body is not JSON.")
        except Refusal as refusal:
            return failed(400, refusal.code, f"{refusal}.")
        wait = await wait_for(context.store, context.own_seals, context.login.registrations, request.source)
        if wait:
            text = "Too many clients register. Try again later."
            return failed(429, "temporarily_unavailable", text, {"retry-after": str(int(wait) + 1)})
        return json_of(made, 201)


def route(governed: GovernedServer) -> AuthorizationRoute:
    """What answers the requests of this module."""
    return AuthorizationRoute(governed)
