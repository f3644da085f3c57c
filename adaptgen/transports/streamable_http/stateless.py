"""Revision 2026-07-28: every POST is self-contained and names its client and revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adaptgen.mcp import json_text, revisions
from adaptgen.mcp import jsonrpc as message
from adaptgen.mcp.headers import PREFIX
from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest, json_answer
from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.jsonrpc import Notice, Request
from adaptgen.mcp.protocol import Challenge, Context, RpcError
from adaptgen.model.tables import Caller, Json
from adaptgen.transports.streamable_http.header_checks import Parameters, check_types, envelope, served
from adaptgen.transports.streamable_http.http import STATUS, challenged, refused
from adaptgen.transports.streamable_http.jobs import RunningRequest

if TYPE_CHECKING:
    from adaptgen.transports.streamable_http.server import StreamableHttpServer


class StatelessRevision:
    """POST of 2026-07-28."""

    def __init__(self, kernel: StreamableHttpServer) -> None:
        self._server = kernel
        self._parameters = Parameters()

    async def post(self, http: HttpRequest, value: Json) -> HttpAnswer:
        """Answer one POST. Malformed: the body is neither a request nor a notification. Challenge: the caller is not
        authenticated."""
        said = message.message(value)
        stream = self._server.stream(http)
        exchange = self._server.exchange(http, said, stream, revisions.MODERN[-1])
        caller = await self._server.handler.authenticate(http.headers, exchange)
        if isinstance(said, Notice):
            # This revision has no notification that a client would send over HTTP: one cancels by leaving.
            served(http.headers.get("mcp-protocol-version"))
            return HttpAnswer(202)
        if not isinstance(said, Request):
            return refused(400, "this revision has no responses of clients", code=message.INVALID_REQUEST)
        try:
            await self._check(http, said, caller, exchange)
            if said.method == "server/discover":
                return self._discovered(said)
        except RpcError as problem:
            failed = message.failed(said.id, problem.code, problem.message, problem.data)
            return json_answer(failed, STATUS.get(problem.code, 200))
        except Challenge as challenge:
            return challenged(challenge, said.id)
        job = RunningRequest(said, exchange, caller)
        if said.method == revisions.LISTEN:
            if not stream.allowed:
                return refused(406, "this method answers with text/event-stream alone", given=said.id)
            exchange.deadline = None
        if not http.accepts()[0]:
            stream.begin()
        self._server.runner.start(job, stream)
        if said.method == revisions.LISTEN:
            self._server.streams.admit(exchange, caller)
        return await self._server.runner.answer(job, stream)

    async def _check(self, http: HttpRequest, request: Request, caller: Caller, context: Context) -> None:
        envelope(request, http.headers)
        if not revisions.exists(request.method, modern=True):
            raise RpcError(message.METHOD_NOT_FOUND, "Method not found")
        check_types(request)
        if request.method != "tools/call":
            return
        arguments = as_object(request.params.get("arguments"))
        if arguments or any(name.startswith(PREFIX) for name in http.headers):
            if any(name.startswith(PREFIX) for name in http.twice):
                raise RpcError(message.HEADER_MISMATCH, "a Mcp-Param header occurs more than once")
            schema = await self._server.handler.schema(caller, str(request.params["name"]), context)
            if schema is not None:
                self._parameters.check(schema, arguments, http.headers)

    def _discovered(self, request: Request) -> HttpAnswer:
        about = self._server.handler.about()
        result: dict[str, Json] = {
            "supportedVersions": list(revisions.SUPPORTED),
            "capabilities": dict(about.capabilities),
        }
        if about.instructions:
            result["instructions"] = about.instructions
        shape = revisions.shaped(request.method, result, revisions.MODERN[-1], self._server.info)
        return json_answer(message.answered(request.id, json_text.encode(shape)))
