"""Requests of one HTTP exchange, executed by the handler: as JSON when nothing was said meanwhile, else as events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from adaptgen.mcp import json_text, revisions
from adaptgen.mcp import jsonrpc as message
from adaptgen.mcp.http_messages import HttpAnswer, json_answer
from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.jsonrpc import Request
from adaptgen.mcp.protocol import Challenge, McpHandler, RpcError
from adaptgen.model.frozen import value
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.core.caches import IdentityCache
from adaptgen.transports.streamable_http.http import SSE_HEADERS, STATUS, challenged, refused
from adaptgen.transports.streamable_http.request_context import RequestContext, guarded, subscribed
from adaptgen.transports.streamable_http.stream import Stream

ROUNDS = 16
"""How often one request may need more input."""
PATIENCE = 5.0
"""Seconds that cancelled requests have to end."""


@value()
class RunningRequest:
    """A request that passed every check of the wire."""

    request: Request
    exchange: RequestContext
    caller: Caller


class Encoder:
    """Encodes results. A list of tools that the handler returns again (the same object) is not encoded again."""

    def __init__(self, server: Mapping[str, Json]) -> None:
        self._server = server
        self._lists: IdentityCache[Mapping[str, Json], dict[str, bytes]] = IdentityCache(256, lambda _: {})

    def result(self, method: str, result: Mapping[str, Json], version: str) -> bytes:
        known = self._lists.get(result) if method == "tools/list" else {}
        if version not in known:
            known[version] = json_text.encode(revisions.shaped(method, result, version, self._server))
        return known[version]


class RequestRunner:
    """Runs jobs, one task each."""

    def __init__(self, handler: McpHandler, encoder: Encoder) -> None:
        self._handler = handler
        self._encoder = encoder
        self._tasks: set[asyncio.Task[HttpAnswer]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, job: RunningRequest, stream: Stream, ended: Callable[[], None] | None = None) -> None:
        """Begin a job. ``ended`` is called when it is over, however it went."""
        self._start(job, self._run(job), stream, ended)

    async def answer(self, job: RunningRequest, stream: Stream) -> HttpAnswer:
        """The answer to a POST of one started job. Cancelling this cancels the request."""
        task = job.exchange.task
        assert task is not None
        try:
            streamed = await stream.decided()
        except asyncio.CancelledError:
            job.exchange.cancel()
            raise
        if streamed:
            return HttpAnswer(200, dict(SSE_HEADERS), stream.events(job.exchange.cancel))
        if task.cancelled():
            return refused(503, "the server is stopping", given=job.request.id)
        done: HttpAnswer = task.result()
        return done

    def listen(self, job: RunningRequest, stream: Stream, ended: Callable[[], None]) -> None:
        """Begin to pass on what the handler says unasked, until the stream ends."""
        self._start(job, self._overhear(job), stream, ended)

    async def several(self, jobs: list[RunningRequest], others: list[bytes]) -> HttpAnswer:
        """The answer to a batch: an array of the responses, and of ``others`` that are responses already."""
        tasks = [self._start(job, self._run(job), None, None) for job in jobs]
        try:
            done = await asyncio.gather(*tasks)
        except asyncio.CancelledError:
            for job in jobs:
                job.exchange.cancel()
            raise
        return json_answer(b"[%b]" % b",".join([*others, *(_whole(one) for one in done)]))

    async def aclose(self) -> None:
        """Cancel whatever runs, and wait until it has put its things in order."""
        running = list(self._tasks)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=PATIENCE)

    def _start(
        self,
        job: RunningRequest,
        work: Coroutine[Any, Any, HttpAnswer],
        stream: Stream | None,
        ended: Callable[[], None] | None,
    ) -> asyncio.Task[HttpAnswer]:
        task = asyncio.get_running_loop().create_task(work)
        job.exchange.task = task
        # asyncio itself holds on to tasks only weakly.
        self._tasks.add(task)

        def over(_: asyncio.Task[HttpAnswer]) -> None:
            self._tasks.discard(task)
            if ended is not None:
                ended()
            if stream is not None:
                # Here and not in the task: what it was decided to be until now, it stays.
                stream.end(None if task.cancelled() else _whole(task.result()) or None)

        task.add_done_callback(over)
        return task

    async def _overhear(self, job: RunningRequest) -> HttpAnswer:
        async def work() -> bytes:
            try:
                await self._handler.request(job.caller, job.request.method, job.request.params, job.exchange)
            except RpcError as problem:
                if problem.code != message.METHOD_NOT_FOUND:
                    return b""  # not permitted, or not any more
            # A handler without news leaves the stream open: a client would only come back.
            await asyncio.Event().wait()
            return b""

        await guarded(work, job.exchange)
        return HttpAnswer(200)

    async def _run(self, job: RunningRequest) -> HttpAnswer:
        request, exchange = job.request, job.exchange
        outcome = await guarded(lambda: self._result(job), exchange)
        if isinstance(outcome, bytes):
            return json_answer(message.answered(request.id, outcome))
        if isinstance(outcome, Challenge):
            return challenged(outcome, request.id)
        status = STATUS.get(outcome.code, 200) if exchange.modern else 200
        return json_answer(message.failed(request.id, outcome.code, outcome.message, outcome.data), status)

    async def _result(self, job: RunningRequest) -> bytes:
        request, exchange = job.request, job.exchange
        if request.method == revisions.LISTEN:
            return await self._listen(job)
        result = await self._handler.request(job.caller, request.method, request.params, exchange)
        if not exchange.modern and result.get("resultType") == "input_required":
            result = await self._interviewed(job, result)
        return self._encoder.result(request.method, result, exchange.version)

    async def _interviewed(self, job: RunningRequest, result: dict[str, Json]) -> dict[str, Json]:
        """The result of a request that needs input (SEP-2322), for a client that must be asked instead."""
        exchange = job.exchange
        for _ in range(ROUNDS):
            answered: dict[str, Json] = {}
            for key, question in as_object(result.get("inputRequests")).items():
                given = as_object(question)
                answered[key] = dict(await exchange.ask(str(given.get("method")), as_object(given.get("params"))))
            again: dict[str, Json] = {**job.request.params, "inputResponses": answered}
            if "requestState" in result:
                again["requestState"] = result["requestState"]
            exchange.params = again
            result = await self._handler.request(job.caller, job.request.method, again, exchange)
            if result.get("resultType") != "input_required":
                return result
        raise RpcError(message.INTERNAL_ERROR, f"still no result after {ROUNDS} rounds of questions")

    async def _listen(self, job: RunningRequest) -> bytes:
        request, exchange = job.request, job.exchange
        try:
            result = await self._handler.request(job.caller, request.method, request.params, exchange)
        except asyncio.CancelledError:
            if not exchange.cancelled:
                raise
            result = {}  # ended by us: the client is told so, and not left to guess
        return self._encoder.result(request.method, subscribed(result, request.id), exchange.version)


def _whole(answer: HttpAnswer) -> bytes:
    assert isinstance(answer.body, bytes)
    return answer.body
