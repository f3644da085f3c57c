"""Revisions 2024-11-05 to 2025-11-25: initialize, sessions where they are needed, and a way back to the client."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from adaptgen.mcp import json_text, revisions
from adaptgen.mcp import jsonrpc as message
from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest, json_answer
from adaptgen.mcp.jsonrpc import Malformed, Notice, Request, Response
from adaptgen.mcp.protocol import RpcError
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Caller, Json
from adaptgen.transports.streamable_http.header_checks import check_types
from adaptgen.transports.streamable_http.http import SSE_HEADERS, BusyError, refused
from adaptgen.transports.streamable_http.jobs import RunningRequest
from adaptgen.transports.streamable_http.request_context import RequestContext
from adaptgen.transports.streamable_http.sessions import Session
from adaptgen.transports.streamable_http.shared_sessions import TooLargeToShare
from adaptgen.transports.streamable_http.stream import Stream

if TYPE_CHECKING:
    from adaptgen.transports.streamable_http.server import StreamableHttpServer

SESSION = "mcp-session-id"
PLATFORM = "x-amzn-bedrock-agentcore-runtime-session-id"
"""AgentCore Runtime sends it, and may put an id of its own into ``Mcp-Session-Id``, which must not be refused. Such a
request has no session here: it shares those that the proxy holds for its caller."""
OWN = lazy(r"[A-Za-z0-9_-]{52}|[0-9a-f]{32}")
"""The ids of this server: one of them that is unknown has ended."""
MOST = 100
"""Messages of a batch."""
_EVERYTHING: dict[str, Json] = {"toolsListChanged": True, "promptsListChanged": True, "resourcesListChanged": True}


class Handshake:
    """POST, GET and DELETE of the handshake revisions."""

    def __init__(self, kernel: StreamableHttpServer) -> None:
        self._server = kernel

    async def post(self, http: HttpRequest, value: Json) -> HttpAnswer:
        """Answer one POST. Malformed: the body is not a message, or a batch where none is allowed. Challenge: the
        caller is not authenticated."""
        if isinstance(value, list):
            return await self._batch(http, value)
        said = message.message(value)
        stream = self._server.stream(http)
        exchange = self._server.exchange(http, said, stream, self._version(http, None))
        caller = await self._server.handler.authenticate(http.headers, exchange)
        if isinstance(said, Request) and said.method == "initialize":
            return await self._initialize(said, caller)
        session = await self._session(http, caller)
        if isinstance(session, HttpAnswer):
            return session
        if session is not None:
            exchange.bind(session)
        if not isinstance(said, Request):
            try:
                await self._take(said, caller, exchange, session)
            except TooLargeToShare:
                return refused(413, "the answer is too large for the replica that asked", code=message.INVALID_REQUEST)
            return HttpAnswer(202)
        early = self._early(said, session)
        if early is not None:
            return json_answer(early)
        if not http.accepts()[0]:
            stream.begin()
        job = RunningRequest(said, exchange, caller)
        if session is not None:
            session.running[said.id] = exchange
        self._server.runner.start(job, stream, lambda: _settle(job, session))
        return await self._server.runner.answer(job, stream)

    async def get(self, http: HttpRequest) -> HttpAnswer:
        """The stream for what the server says unasked: one per session.

        The handler is asked to ``subscriptions/listen`` for it, as clients of 2026-07-28 do themselves; one that has
        nothing to say leaves the stream silent.
        """
        stream = self._server.stream(http)
        exchange = self._server.exchange(http, None, stream, self._version(http, None))
        caller = await self._server.handler.authenticate(http.headers, exchange)
        if not self._server.handler.about().stateful or not _handshake(http) or not http.streaming:
            return HttpAnswer(405, {"allow": "POST"})  # what clients take for a server without a stream
        if not stream.allowed:
            return refused(406, "accept text/event-stream")
        session = await self._session(http, caller)
        if not isinstance(session, Session):
            return session or HttpAnswer(405, {"allow": "POST"})
        if session.listening is not None:
            return refused(409, "this session has its stream already")
        request = Request(0, revisions.LISTEN, {"notifications": _EVERYTHING})
        exchange.bind(session)
        exchange.method, exchange.deadline = revisions.LISTEN, None
        session.listening = exchange
        job = RunningRequest(request, exchange, caller)
        self._server.runner.listen(job, stream, lambda: _unlisten(session, exchange))
        self._server.streams.admit(exchange, caller)
        return HttpAnswer(200, dict(SSE_HEADERS), stream.events(exchange.cancel))

    async def delete(self, http: HttpRequest) -> HttpAnswer:
        """The client ends its session."""
        exchange = self._server.exchange(http, None, self._server.stream(http), self._version(http, None))
        caller = await self._server.handler.authenticate(http.headers, exchange)
        session = await self._session(http, caller) if _handshake(http) else None
        if not isinstance(session, Session):
            return session or HttpAnswer(405, {"allow": "POST"})
        wait = await self._server.sessions.end(session, caller)
        if wait:
            return refused(503, "too many sessions were ended", headers={"retry-after": str(math.ceil(wait))})
        await self._server.left([session], caller)
        return HttpAnswer(200)

    # ------------------------------------------------------------------------------------------------ inside

    def _version(self, http: HttpRequest, session: Session | None) -> str:
        return session.version if session else http.headers.get("mcp-protocol-version", revisions.UNSAID)

    async def _session(self, http: HttpRequest, caller: Caller) -> Session | HttpAnswer | None:
        """The session that a request belongs to; None where the handler needs none, whatever the header says."""
        about = self._server.handler.about()
        given = http.headers.get(SESSION)
        if not about.stateful and (given is None or not about.remembers):
            return None
        if given is None:
            return refused(400, "the Mcp-Session-Id header is missing", code=message.INVALID_REQUEST)
        try:
            found, gone = await self._server.sessions.lookup(given, caller)
        except BusyError:
            return refused(503, "too many sessions are in use", headers={"retry-after": "1"})
        await self._server.left(gone)
        if found is None and PLATFORM in http.headers and not OWN.fullmatch(given):
            return None
        return found or refused(404, "no such session", code=message.INVALID_REQUEST)

    async def _initialize(self, request: Request, caller: Caller) -> HttpAnswer:
        asked, capabilities = request.params.get("protocolVersion"), request.params.get("capabilities")
        if not isinstance(asked, str) or not isinstance(capabilities, dict | None):
            failed = message.failed(request.id, message.INVALID_PARAMS, "initialize needs protocolVersion")
            return json_answer(failed)
        version = asked if asked in revisions.HANDSHAKE else revisions.HANDSHAKE[-1]
        about = self._server.handler.about()
        headers: dict[str, str] = {}
        if about.stateful or about.remembers:
            session, ended = self._server.sessions.open(caller, version, capabilities or {})
            await self._server.left(ended)
            if session is None:
                return refused(503, "too many sessions are in use", given=request.id)
            headers[SESSION] = session.token
        result: dict[str, Json] = {
            "protocolVersion": version,
            "capabilities": dict(about.capabilities),
            "serverInfo": dict(self._server.info),
        }
        if about.instructions:
            result["instructions"] = about.instructions
        return json_answer(message.answered(request.id, json_text.encode(result)), 200, headers)

    def _early(self, request: Request, session: Session | None) -> bytes | None:
        """The response of a request that the handler is not asked for."""
        if request.method == "ping":
            return message.answered(request.id, b"{}")
        try:
            if not revisions.exists(request.method, modern=False):
                raise RpcError(message.METHOD_NOT_FOUND, "Method not found")
            check_types(request)
            if session is not None and request.id in session.running:
                raise RpcError(message.INVALID_REQUEST, "a request of this id is under way")
        except RpcError as problem:
            return message.failed(request.id, problem.code, problem.message, problem.data)
        return None

    async def _take(
        self, said: Notice | Response, caller: Caller, exchange: RequestContext, session: Session | None
    ) -> None:
        if isinstance(said, Response):
            if session is not None:
                await session.heard(said)
        elif said.method == "notifications/cancelled":
            # Without a session there is no telling whose request an id means.
            running = session.running.get(_id(said.params.get("requestId"))) if session else None
            if running is not None:
                running.cancel()
        elif said.method != "notifications/initialized":
            try:
                await self._server.handler.notification(caller, said.method, said.params, exchange)
            except RpcError:
                pass  # a notification has no answer

    async def _batch(self, http: HttpRequest, values: list[Json]) -> HttpAnswer:
        """A batch is answered as JSON: what its requests say meanwhile has no place there."""
        if not 0 < len(values) <= MOST:
            raise Malformed(message.INVALID_REQUEST, f"a batch holds 1 to {MOST} messages")
        jobs: list[RunningRequest] = []
        responses: list[bytes] = []
        session: Session | None = None
        silent = Stream(False, 0)
        try:
            for value in values:
                try:
                    said = message.message(value)
                except Malformed as problem:
                    responses.append(message.failed(None, problem.code, problem.text))
                    continue
                exchange = self._server.exchange(http, said, silent, self._version(http, None))
                caller = await self._server.handler.authenticate(http.headers, exchange)
                found = await self._session(http, caller)
                if isinstance(found, HttpAnswer):
                    return found
                session = found
                if self._version(http, session) != revisions.BATCHES:
                    raise Malformed(message.INVALID_REQUEST, "this revision has no batches")
                if session is not None:
                    exchange.bind(session)
                if not isinstance(said, Request):
                    await self._take(said, caller, exchange, session)
                    continue
                early = self._early(said, session)
                if said.method == "initialize":
                    early = message.failed(said.id, message.INVALID_REQUEST, "initialize must be the only message")
                if early is not None:
                    responses.append(early)
                    continue
                jobs.append(RunningRequest(said, exchange, caller))
                if session is not None:
                    session.running[said.id] = exchange
            if not jobs and not responses:
                return HttpAnswer(202)
            return await self._server.runner.several(jobs, responses)
        finally:
            for job in jobs:
                _settle(job, session)


def _handshake(http: HttpRequest) -> bool:
    """Whether the request names a handshake revision, or none."""
    return http.headers.get("mcp-protocol-version", revisions.UNSAID) in revisions.HANDSHAKE


def _id(value: Json) -> message.MessageId:
    return value if isinstance(value, int | str) else ""


def _settle(job: RunningRequest, session: Session | None) -> None:
    if session is not None and session.running.get(job.request.id) is job.exchange:
        del session.running[job.request.id]


def _unlisten(session: Session, exchange: RequestContext) -> None:
    if session.listening is exchange:
        session.listening = None
