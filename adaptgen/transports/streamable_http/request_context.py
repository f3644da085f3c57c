"""One request on its way through the handler: the context that can reach its client."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from adaptgen.mcp import json_text, revisions
from adaptgen.mcp import jsonrpc as message
from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.jsonrpc import Request
from adaptgen.mcp.protocol import HANDOVER_HEADER, Challenge, Context, RpcError
from adaptgen.model.tables import Json
from adaptgen.runtime.store.protocol import StoreError
from adaptgen.transports.streamable_http.sessions import Session
from adaptgen.transports.streamable_http.stream import Gone, Stream

_log = logging.getLogger("adaptgen.wire")
_KEPT_BACK = frozenset({"authorization", "proxy-authorization", "cookie", HANDOVER_HEADER})


def harmless(headers: Mapping[str, str]) -> dict[str, str]:
    """``headers`` without those that prove who somebody is."""
    return {name: value for name, value in headers.items() if name not in _KEPT_BACK}


class RequestContext(Context):
    """A request and the stream of the HTTP answer that belongs to it; ``rpc`` is the client's id of the request,
    ``method`` and ``params`` are those of the request (empty for a GET stream).
    """

    def __init__(self, request: Request | None, stream: Stream, **context: Any) -> None:
        super().__init__(**context)
        self.method = request.method if request else ""
        self.params: Mapping[str, Json] = request.params if request else {}
        self.rpc = request.id if request else None
        self.cancelled = False
        self.stream = stream
        self.task: asyncio.Task[Any] | None = None
        self._session: Session | None = None

    def bind(self, session: Session) -> None:
        self.session = session.id
        self.version = session.version
        self.capabilities = session.capabilities
        self._session = session

    def cancel(self) -> None:
        """The client wants no answer any more."""
        self.cancelled = True
        if self.task is not None:
            self.task.cancel()

    async def notify(self, method: str, params: Mapping[str, Json]) -> None:
        """Send a notification as an event before the answer; dropped where the client takes none or is gone."""
        if not self.stream.allowed or not revisions.audible(method, params, self.meta, self.version):
            return
        if method == "notifications/progress":
            params = {**params, "progressToken": self.meta["progressToken"]}
        if self.method == revisions.LISTEN and self.rpc is not None:
            params = subscribed(params, self.rpc)
        elif self.modern and method.endswith(("/list_changed", "/updated", "/acknowledged")):
            return  # on 2026-07-28 changes travel on listen streams alone
        try:
            await self.stream.send(json_text.encode({"jsonrpc": "2.0", "method": method, "params": params}))
        except Gone:
            pass

    async def ask(self, method: str, params: Mapping[str, Json]) -> Mapping[str, Json]:
        """Send a request as an event and wait for the response, which comes in another POST of the session.

        Raises:
            RpcError: the client cannot be asked (2026-07-28, no session, no events, no such capability), is gone, or
                answers with an error.
        """
        session = self._session
        needed = revisions.ASKED.get(method)
        if session is None or self.modern or not self.stream.allowed:
            return await super().ask(method, params)
        if needed is not None and needed not in session.capabilities:
            raise RpcError(message.METHOD_NOT_FOUND, f"this client does not support {needed}")
        try:
            number, waiting = await session.question()
        except StoreError:
            raise RpcError(message.INTERNAL_ERROR, "the shared state cannot be reached") from None
        body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        try:
            await self.stream.send(json_text.encode(body))
            response = await session.response(number, waiting)
        except Gone:
            raise RpcError(message.INTERNAL_ERROR, "the client is gone") from None
        finally:
            session.questions.pop(number, None)
        if response.result is None:
            code, text = response.error or (message.INTERNAL_ERROR, "")
            raise RpcError(code, text[:1000])
        return response.result


def report(problem: BaseException, request_id: str = "-") -> None:
    """Log an unexpected failure: its type and place. What it says may hold what the request held."""
    _log.error("request %s failed: %s at %s", request_id, type(problem).__name__, _place(problem))


def _place(problem: BaseException) -> str:
    """Where it was raised; not what it says."""
    frames = traceback.extract_tb(problem.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"


def subscribed(params: Mapping[str, Json], rpc: message.MessageId) -> dict[str, Json]:
    """``params`` of a message on a listen stream: they name the request that opened it."""
    return {**params, "_meta": {**as_object(params.get("_meta")), revisions.SUBSCRIPTION_KEY: rpc}}


async def guarded(work: Callable[[], Awaitable[bytes]], exchange: RequestContext) -> bytes | RpcError | Challenge:
    """The encoded result of ``work``, or what became of it. Unexpected failures are logged without their text: it
    may hold what the request held.
    """
    try:
        if exchange.deadline is None:
            return await work()
        loop = asyncio.get_running_loop()
        # time.monotonic() and the loop's clock are one on every platform of asyncio.
        async with asyncio.timeout_at(max(exchange.deadline, loop.time())):
            return await work()
    except (RpcError, Challenge) as known:
        return known
    except TimeoutError:
        return RpcError(message.TIMEOUT, "the request took too long")
    except asyncio.CancelledError:
        if not exchange.cancelled:
            raise
        return RpcError(message.CANCELLED, "Request cancelled")
    except Exception as problem:
        report(problem, exchange.request_id)
        return RpcError(message.INTERNAL_ERROR, "Internal error")
