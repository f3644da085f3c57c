"""The CRM as an ASGI application: routes, sessions, CSRF, counters, and the redirect of its old web server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import fields

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adaptgen.demo.crm.errors import CrmError
from adaptgen.demo.crm.handlers import billing, people, reports, sales, service, system
from adaptgen.demo.crm.state import State, Stats

PREFIX = "/crm/rest/v2"
"""The basePath of the API."""

Handler = Callable[[State, Request], Awaitable[Response]]

_OPEN = {"/auth/login", "/auth/refresh"}
_SLASHED = {f"{PREFIX}/countries", f"{PREFIX}/tags"}


class Crm:
    """The application. ``state`` is there for tests: ``state.stats``, ``state.database``, ``state.sessions``."""

    def __init__(self, *, ttl: float = 1800.0, slow: float = 1.2) -> None:
        self.state = State(ttl=ttl, slow=slow)
        modules = (system, people, sales, billing, service, reports)
        routes = [self._route(*entry) for module in modules for entry in module.ROUTES]
        routes += [
            Route("/__stats", self._stats, methods=["GET"]),
            Route("/__reset", self._reset, methods=["POST"]),
        ]
        application = Starlette(routes=routes, exception_handlers={404: _unknown, 405: _unknown})
        application.router.redirect_slashes = False
        self._application: ASGIApp = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (moved := _moved(scope)):
            await Response(status_code=301, headers={"Location": moved})(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.body":
                self.state.stats.sent += len(message.get("body", b""))
            await send(message)

        await self._application(scope, receive, counted)

    def _route(self, method: str, path: str, handler: Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            stats = self.state.stats
            stats.requests += 1
            stats.by_operation[f"{method} {path.rstrip('/')}"] += 1
            try:
                if path not in _OPEN:
                    session = self.state.sessions.check(request.headers.get("x-crm-session"))
                    request.state.session = session
                    if method != "GET":
                        self.state.sessions.check_csrf(session, request.headers.get("x-csrf-token"))
                return await handler(self.state, request)
            except CrmError as problem:
                self.state.incidents += 1
                if problem.code.startswith("SEC-04"):
                    stats.refused += 1
                return problem.response(self.state.incidents)

        return Route(PREFIX + path, endpoint, methods=[method])

    async def _stats(self, request: Request) -> Response:
        return JSONResponse({one.name: getattr(self.state.stats, one.name) for one in fields(Stats)})

    async def _reset(self, request: Request) -> Response:
        self.state.reset()
        return JSONResponse({"reset": True})


def _moved(scope: Scope) -> str | None:
    """Where the request belongs, if its path has a trailing slash too many or too few."""
    path: str = scope["path"]
    if path in _SLASHED:
        right = path + "/"
    elif path != "/" and path.endswith("/") and path.rstrip("/") not in _SLASHED:
        right = path.rstrip("/")
    else:
        return None
    host = dict(scope["headers"]).get(b"host", b"localhost").decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return f"{scope['scheme']}://{host}{right}" + (f"?{query}" if query else "")


async def _unknown(request: Request, problem: Exception) -> Response:
    """What the servlet container answers: a page, not JSON."""
    page = "<html><head><title>Error report</title></head><body><h1>HTTP Status 404</h1><hr/></body></html>"
    return Response(page, 404, media_type="text/html")
