"""The wire without a network: what an HTTP request to an MCP server is answered with.

One endpoint serves every revision: 2026-07-28, in which each request is self-contained, and those with a handshake.
The metadata of RFC 9728 and two paths for health checks are open.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from adaptgen.mcp import json_text, revisions
from adaptgen.mcp import jsonrpc as message
from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest, TooLarge, TooSlow, json_answer
from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.jsonrpc import Malformed, Message, Notice, Request
from adaptgen.mcp.protocol import Challenge, Context, McpHandler, RpcError
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.store.protocol import StoreError
from adaptgen.tool_search import toolsets as parts
from adaptgen.tool_search.menu import Menu
from adaptgen.transports.streamable_http.files import PATH as FILES
from adaptgen.transports.streamable_http.files import FileRoutes
from adaptgen.transports.streamable_http.handshake import Handshake
from adaptgen.transports.streamable_http.header_checks import Guard
from adaptgen.transports.streamable_http.http import STATUS, BusyError, Uploads, challenged, refused
from adaptgen.transports.streamable_http.jobs import Encoder, RequestRunner
from adaptgen.transports.streamable_http.request_context import RequestContext, harmless, report
from adaptgen.transports.streamable_http.sessions import Session, Sessions, Streams, owner
from adaptgen.transports.streamable_http.shared_sessions import SharedSessions
from adaptgen.transports.streamable_http.stateless import StatelessRevision
from adaptgen.transports.streamable_http.stream import Stream

if TYPE_CHECKING:
    from adaptgen.web.routes import WebRoutes

WELL_KNOWN = "/.well-known/oauth-protected-resource"
KEYS = "/.well-known/jwks.json"
"""The public keys of a proxy, for the servers that accept its handovers."""
HEALTHY = b'{"status":"Healthy"}'
"""What /healthz and /ping answer; the word is the one that AgentCore Runtime looks for."""
READY = "/readyz"
"""As /healthz, until the server begins to stop: a load balancer takes it out while it still serves."""
_HEALTH = ("/healthz", "/ping", READY)
UNPROVEN = 64 * 1024
"""Bytes of a body that is read before it is known who sends it: the identity that a proxy hands over is part of it."""
_CORS = {
    "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
    "access-control-allow-headers": "*, authorization",
    "access-control-max-age": "600",
}


class StreamableHttpServer:
    """Serves one handler. Nothing here is shared between event loops: use it from one.

    ``path``: of the endpoint. ``hosts``, ``origins``: see
    :class:`.header_checks.Guard`. ``max_body``: bytes of a request. ``max_sessions``:
    of the handshake revisions, and ``max_streams`` (streams for what the server says unasked): more of them end the
    longest unused; one caller gets an eighth. ``idle``: seconds after which an unused session ends. ``max_requests``:
    under way at once, ``timeout``: seconds that each may take, None for as long as it wants. ``ping``: seconds of
    silence on a stream after which a comment is sent. ``files``: what answers below ``/files/``. ``shared``: makes
    sessions of the handshake revisions that any replica serves. ``web``: what answers browsers, and clients that want
    tokens. ``base``: what public URLs have before the paths that are served here, whether or not a gateway in front
    takes it away.
    """

    def __init__(
        self,
        handler: McpHandler,
        *,
        path: str = "/mcp",
        hosts: Iterable[str] = (),
        origins: Iterable[str] = (),
        max_body: int = 4 * 1024 * 1024,
        max_sessions: int = 4096,
        max_streams: int = 1024,
        idle: float = 3600.0,
        max_requests: int = 1024,
        timeout: float | None = None,
        ping: float = 15.0,
        files: FileRoutes | None = None,
        shared: SharedSessions | None = None,
        web: WebRoutes | None = None,
        base: str = "",
    ) -> None:
        about = handler.about()
        info: dict[str, Json] = {"name": about.name, "version": about.version}
        if about.title:
            info["title"] = about.title
        self.handler = handler
        self.path = path.rstrip("/") or "/"
        self.info: Mapping[str, Json] = info
        self.sessions = Sessions(max_sessions, max(max_sessions // 8, 1), idle, shared)
        self.streams = Streams(max_streams, max(max_streams // 8, 1))
        self.runner = RequestRunner(handler, Encoder(info))
        self._guard = Guard(hosts, origins)
        self._uploads = Uploads()
        self._parts = isinstance(handler, Menu)
        self._max_body = max_body
        self._max_requests = max_requests
        self._timeout = timeout
        self._ping = ping
        self._files = files
        self._web = web
        self._base = base.rstrip("/")
        self.draining = False
        """It serves, and is to get no new clients."""
        self._modern = StatelessRevision(self)
        self._handshake = Handshake(self)

    async def handle(self, request: HttpRequest) -> HttpAnswer:
        """Answer one HTTP request. Cancelling it cancels what it asked for; so does closing the iterator of an
        answer of events before its end.
        """
        if self._base:
            request = self._without_base(request)
        path = request.path
        if path in _HEALTH and request.method in ("GET", "HEAD"):
            stopping = path == READY and self.draining
            return refused(503, "the server is stopping") if stopping else json_answer(HEALTHY)
        origin = request.headers.get("origin")
        web = self._web if self._web is not None and self._web.serves(path) else None
        # A page of ours is never on the list of origins, and sends its forms here all the same; others may not.
        refusal = self._refusal(request, origin if web is None else None)
        if refusal is not None:
            return refusal
        answer = await (self._routed(request) if web is None else self._answer_web(web, request))
        if web is not None and web.public(path):
            answer.headers["vary"] = "origin"  # else a browser takes what it got without one from its cache
        if origin is not None and (web is None or web.public(path)):
            answer.headers["access-control-allow-origin"] = origin
            answer.headers["access-control-expose-headers"] = "mcp-session-id, www-authenticate"
            answer.headers["vary"] = "origin"
        return answer

    def drain(self) -> None:
        """End the streams for what is said unasked, so that a server can stop; requests under way go on."""
        self.streams.end()

    async def aclose(self) -> None:
        """End every stream and request, and every session that no other replica serves."""
        self.drain()
        await self.runner.aclose()
        await self.left(one for one in [self.sessions.drop(one) for one in self.sessions.all()] if one.shared is None)

    # ------------------------------------------------------------------------------------- for the two eras

    def exchange(self, http: HttpRequest, said: Message | None, stream: Stream, version: str) -> RequestContext:
        """The context of a message (None: of a request without one)."""
        asking = said if isinstance(said, Request) else None
        meta = as_object(said.params.get("_meta")) if isinstance(said, Request | Notice) else {}
        exchange = RequestContext(
            asking,
            stream,
            request_id=uuid.uuid4().hex,
            version=version,
            meta=meta,
            headers=harmless(http.headers),
            principal=http.principal,
            deadline=self._deadline(http),
            capabilities=as_object(meta.get(revisions.CAPABILITIES_KEY)),
        )
        part = parts.asked(http.path, http.query, self.path) if self._parts else None
        if part is not None:
            exchange.tag, exchange.effect = part.tag, part.effect
        return exchange

    def stream(self, http: HttpRequest) -> Stream:
        """The stream that the answer can become."""
        return Stream(http.streaming and http.accepts()[1], self._ping)

    async def left(self, ended: Iterable[Session], caller: Caller | None = None) -> None:
        """Tell the handler of sessions that have ended; ``caller``: who has ended them."""
        for session in ended:
            try:
                await self.handler.close_session(session.id, caller)
            except Exception as problem:
                report(problem)

    # ------------------------------------------------------------------------------------------------ inside

    def _deadline(self, http: HttpRequest) -> float | None:
        if self._timeout is None:
            return http.deadline
        own = time.monotonic() + self._timeout
        return own if http.deadline is None else min(own, http.deadline)

    def _refusal(self, request: HttpRequest, origin: str | None) -> HttpAnswer | None:
        if not self._guard.host(request.headers.get("host")):
            return refused(421, "this host is not served here")
        if not self._guard.origin(origin):
            return refused(403, "this origin is not allowed")
        return None

    def _without_base(self, request: HttpRequest) -> HttpRequest:
        """The request as a gateway passes it on that takes the base away."""
        rest = request.path.removeprefix(self._base)
        if rest == request.path or not rest.startswith("/"):
            return request
        served = rest in ("/", self.path, *_HEALTH) or rest.startswith((f"{self.path}/", WELL_KNOWN, KEYS, FILES))
        if not served and not (self._web is not None and self._web.serves(rest)):
            return request
        return replace(request, path=rest)

    async def _routed(self, request: HttpRequest) -> HttpAnswer:
        path = request.path
        published = self._published(request)
        if published is not None:
            return published
        files = self._files if self._files is not None and path.startswith(FILES) else None
        part = parts.asked(path, request.query, self.path) if self._parts else parts.plain(path, self.path)
        if part is None and files is None:
            return await self._answer_nothing(request)
        ambiguous = request.ambiguous
        if ambiguous is not None:
            return refused(400, f"the {ambiguous} header occurs more than once", code=message.HEADER_MISMATCH)
        try:
            if files is not None:
                return await files.answer(request)
            match request.method:
                case "POST":
                    return await self._post(request)
                case "GET":
                    return await self._handshake.get(request)
                case "DELETE":
                    return await self._handshake.delete(request)
                case "OPTIONS":
                    return HttpAnswer(204, dict(_CORS))
                case _:
                    return HttpAnswer(405, {"allow": "GET, POST, DELETE, OPTIONS"})
        except Challenge as challenge:
            return challenged(challenge)
        except Malformed as problem:
            return refused(400, problem.text, code=problem.code)
        except RpcError as problem:
            failed = message.failed(None, problem.code, problem.message, problem.data)
            return json_answer(failed, STATUS.get(problem.code, 503))
        except StoreError:
            return refused(503, "the shared state cannot be reached", headers={"retry-after": "1"})
        except Exception as problem:
            report(problem)
            return refused(500, "Internal error", code=message.INTERNAL_ERROR)

    async def _answer_nothing(self, request: HttpRequest) -> HttpAnswer:
        """The answer where there is nothing: a page for browsers, where there are pages at all."""
        if self._web is not None and self._web.shows(request):
            return await self._answer_web(self._web, request)
        return HttpAnswer(404)

    def _published(self, request: HttpRequest) -> HttpAnswer | None:
        """What everybody may read: metadata and keys; None for another path."""
        path, asks = request.path, request.method == "OPTIONS"
        # Whatever follows: the path of the public URL, which need not be the one that arrives here (RFC 9728, 3.1).
        if path == WELL_KNOWN or path.startswith(WELL_KNOWN + "/"):
            found = self.handler.metadata() if asks or request.method in ("GET", "HEAD") else None
        elif path == KEYS:
            found = self.handler.jwks() if asks or request.method in ("GET", "HEAD") else None
        else:
            return None
        if found is None:
            return HttpAnswer(404)
        # Clients in browsers send a header of MCP, so the browser asks first.
        return HttpAnswer(204, dict(_CORS)) if asks else json_answer(json_text.encode(found))

    async def _answer_web(self, web: WebRoutes, request: HttpRequest) -> HttpAnswer:
        if request.method == "OPTIONS":
            return HttpAnswer(204, dict(_CORS)) if web.public(request.path) else HttpAnswer(405, {"allow": "GET, POST"})
        status, text, headers = 500, "Internal error", {}
        try:
            if request.ambiguous is not None:
                status, text = 400, f"the {request.ambiguous} header occurs more than once"
            elif web.refuses(request):
                status, text = 403, "this origin is not allowed"
            else:
                return await web.answer(request)
        except TooLarge:
            status, text, headers = 413, "the body is too large", {"connection": "close"}
        except (TooSlow, asyncio.IncompleteReadError):
            status, text, headers = 408, "the body did not come", {"connection": "close"}
        except StoreError:
            status, text, headers = 503, "the shared state cannot be reached", {"retry-after": "1"}
        except Exception as problem:
            report(problem)
        answer = web.refused(request, status, text)
        if answer is None:
            code = message.INTERNAL_ERROR if status == 500 else message.REFUSED
            return refused(status, text, code=code, headers=headers)
        answer.headers |= headers
        return answer

    async def _post(self, request: HttpRequest) -> HttpAnswer:
        if len(self.runner) - len(self.streams) >= self._max_requests:
            return refused(503, "too many requests are under way", headers={"retry-after": "1"})
        # The head decides whether the body is worth reading; with it comes the message that is authenticated for good.
        id = uuid.uuid4().hex
        context = Context(request_id=id, headers=harmless(request.headers), principal=request.principal)
        # Before anything else: a client without a token is told where to get one, whatever it sends (RFC 9728, 5.1).
        caller = await self.handler.authenticate(request.headers, context)
        json, events = request.accepts()
        if not json and not (events and request.streaming):
            return refused(406, "the answer is application/json or text/event-stream")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return refused(415, "the body must be application/json")
        limit = self._max_body if context.proven else min(self._max_body, UNPROVEN)
        declared = request.headers.get("content-length", "")
        size = min(int(declared), limit) if declared.isdecimal() and len(declared) < 16 else limit
        try:
            with self._uploads.reserve(owner(caller), size):
                value = message.read(await request.read(limit))
        except TooLarge:
            return refused(413, f"the body exceeds {limit} bytes", headers={"connection": "close"})
        except BusyError:
            return refused(503, "too many uploads are under way", headers={"retry-after": "1"})
        except (TooSlow, asyncio.IncompleteReadError):
            return refused(408, "the body did not come", headers={"connection": "close"})
        if _modern(request.headers.get("mcp-protocol-version"), value):
            return await self._modern.post(request, value)
        return await self._handshake.post(request, value)


def _modern(header: str | None, value: Json) -> bool:
    """Whether a POST is one of 2026-07-28, or claims an unknown revision."""
    if header is not None and header not in revisions.HANDSHAKE:
        return True
    if not isinstance(value, dict) or value.get("method") == "initialize":
        return False
    return revisions.VERSION_KEY in as_object(as_object(value.get("params")).get("_meta"))
