"""Which requests are for the web and not for MCP, and what answers them; loaded at the first one."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from adaptgen.mcp import json_text
from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest, json_answer
from adaptgen.model.tables import Json
from adaptgen.net.addresses import base_url as base_url

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.assemble import GovernedServer

METADATA: Final = "/.well-known/oauth-authorization-server"
"""RFC 8414, section 3; what follows is the path of the issuer."""
DISCOVERY: Final = "/.well-known/openid-configuration"
"""The other place where clients look for it (MCP, Authorization, Authorization Server Metadata Discovery)."""

_PARTS: Final = {
    METADATA: "adaptgen.web.oauth.endpoints",
    DISCOVERY: "adaptgen.web.oauth.endpoints",
    "/oauth/": "adaptgen.web.oauth.endpoints",
    "/login/": "adaptgen.web.browser.login",
    "/connections": "adaptgen.web.connections",
    "/approvals": "adaptgen.web.approvals",
}
"""Beginning of a path -> the module whose ``route(governed)`` makes what answers it."""
BEGINNINGS: Final = tuple(_PARTS)
"""What a door in front of the server has to let through, besides ``/mcp``: as they are, and what follows a slash."""
_HOME: Final = "adaptgen.web.browser.login"
"""Answers browsers that ask for any other path."""
_PUBLIC: Final = ("/oauth/token", "/oauth/register", "/oauth/revoke", "/oauth/jwks")


class Route(Protocol):
    """Answers the requests of one module. Whatever it raises becomes 500 without a word of what was asked."""

    async def answer(self, request: HttpRequest) -> HttpAnswer:
        """The answer to a request whose path begins as the module's."""


class WebRoutes:
    """The routes of one server."""

    def __init__(self, governed: GovernedServer) -> None:
        self._governed = governed
        self._made: dict[str, Route] = {}

    def serves(self, path: str) -> bool:
        """Whether a request with this path is for the web. The settings may change while the server runs."""
        return self._governed.settings.login is not None and module_of(path) is not None

    def shows(self, request: HttpRequest) -> bool:
        """Whether a browser asks for a page: it gets one where there is nothing else at a path."""
        reads = request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")
        return reads and self._governed.settings.login is not None

    def public(self, path: str) -> bool:
        """Whether scripts of any origin may read the answer: it depends on no cookie."""
        return path.endswith(DISCOVERY) or path.startswith((METADATA, DISCOVERY, *_PUBLIC))

    def refuses(self, request: HttpRequest) -> bool:
        """Whether a page of another origin sends this to change something. Each form has its own token besides."""
        if self.public(request.path) or request.method in ("GET", "HEAD", "OPTIONS"):
            return False
        return not same_origin(request, self._governed.settings.listen.resource)

    async def answer(self, request: HttpRequest) -> HttpAnswer:
        """Answer a request that it serves, or shows a page for."""
        module = module_of(request.path) or _HOME
        switch = self._governed.handler.parts.switch
        if switch is not None:
            await switch.fresh()
        if module not in self._made:
            self._made[module] = importlib.import_module(module).route(self._governed)
        if self.public(request.path):
            return await self._made[module].answer(request)
        pages = importlib.import_module("adaptgen.web.browser.pages")
        people = importlib.import_module("adaptgen.web.browser.people").people_of(self._governed)
        if "cookie" in request.headers:
            request = await people.without_ended(request)
        with pages.framed(pages.Frame(people.base, people.person(request) is not None)):
            return await self._made[module].answer(request)

    def refused(self, request: HttpRequest, status: int, text: str) -> HttpAnswer | None:
        """What a request gets that is refused before a route answers it: a page for a person, for an OAuth client an
        error as it knows it (RFC 6749, 5.2; RFC 7591, 3.2.2); None for other programs. ``text``: the end of a sentence
        of ours."""
        if request.path in _PUBLIC:
            code = {500: "server_error", 503: "temporarily_unavailable"}.get(status, "invalid_request")
            said: dict[str, Json] = {"error": code, "error_description": f"{text[:1].upper()}{text[1:]}."}
            return json_answer(json_text.encode(said), status, {"cache-control": "no-store"})
        if self.public(request.path) or "text/html" not in request.headers.get("accept", ""):
            return None
        pages = importlib.import_module("adaptgen.web.browser.pages")
        shown: HttpAnswer = pages.problem(
            status, "This did not work", f"The reason: {text}.", "Go back, and try again."
        )
        return shown


def module_of(path: str) -> str | None:
    """The module that answers requests with this path; None where it is not of the web."""
    if path.endswith(DISCOVERY):  # also after the path of the issuer (OpenID Connect Discovery, 4.1)
        return _PARTS[DISCOVERY]
    for begin, module in _PARTS.items():
        rest = path[len(begin) :]
        if path.startswith(begin) and (begin.endswith("/") or not rest or rest.startswith("/")):
            return module
    return None


def web_of(governed: GovernedServer) -> WebRoutes:
    """The routes of a governed server; they serve nothing as long as its settings have no ``login``."""
    return WebRoutes(governed)


def same_origin(request: HttpRequest, base: str) -> bool:
    """Whether a browser says that a page of the server at ``base`` sends this, by Sec-Fetch-Site or Origin, and none of
    both says otherwise. (``Origin: null`` says nothing: browsers hide origins for several reasons.)"""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "null")
    if site not in (None, "same-origin") or (origin != "null" and origin.lower() != origin_of(base)):
        return False
    return site is not None or origin != "null"


def origin_of(url: str) -> str:
    """The origin of a URL as browsers write it (RFC 6454, 6.2)."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    port = f":{parts.port}" if parts.port not in (None, usual) else ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"
