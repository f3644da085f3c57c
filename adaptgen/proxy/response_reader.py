"""What comes back for one request: the result, and before it notifications and questions of the server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from adaptgen.mcp import json_text
from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.jsonrpc import MessageId
from adaptgen.mcp.protocol import Context, RpcError, without_own_meta
from adaptgen.mcp.revisions import LIST_CHANGES, SUBSCRIPTION_KEY
from adaptgen.model.tables import Caller, Json
from adaptgen.proxy.http_client import Reply, UpstreamError, seconds

if TYPE_CHECKING:
    from adaptgen.proxy.upstream_client import Session, UpstreamClient

PATIENCE = 600.0
"""Seconds that people have to answer a question."""
_QUESTIONS = 64
_RESUMES = 5
_METHODS = frozenset({"sampling/createMessage", "elicitation/create", "roots/list"})


class Relay(Protocol):
    """Receives what a server sends besides its answer."""

    async def notify(self, method: str, params: Mapping[str, Json]) -> None:
        """A notification."""

    async def ask(self, method: str, params: Mapping[str, Json]) -> Mapping[str, Json]:
        """A question to the client; RpcError where it cannot be asked."""


class ClientRelay:
    """To the client of ``context``. ``heard`` is called for lists that have changed; ``only``: the one method that
    is passed on.
    """

    def __init__(self, context: Context, heard: Callable[[str], None] | None, *, only: str = "") -> None:
        self._context = context
        self._heard = heard
        self._only = only

    async def notify(self, method: str, params: Mapping[str, Json]) -> None:
        """A notification. Changes of lists are for the proxy: it notifies its clients when it has read them."""
        kind = LIST_CHANGES.get(method)
        if kind is not None:
            if self._heard is not None:
                self._heard(kind)
            return
        if self._only and method != self._only:
            return
        if method == "notifications/progress":
            token = self._context.meta.get("progressToken")
            if token is None:
                return
            params = {**params, "progressToken": token}
        await self._context.notify(method, _unsubscribed(params))

    async def ask(self, method: str, params: Mapping[str, Json]) -> Mapping[str, Json]:
        """A question of the three that MCP knows; RpcError for another one, or where the client cannot be asked."""
        if method not in _METHODS:
            raise RpcError(-32601, "Method not found")
        return await self._context.ask(method, params)


def _unsubscribed(params: Mapping[str, Json]) -> Mapping[str, Json]:
    """``params`` without the id of the proxy's own subscription: the front puts the client's in its place."""
    meta = params.get("_meta")
    if not isinstance(meta, dict) or SUBSCRIPTION_KEY not in meta:
        return params
    kept = {key: value for key, value in meta.items() if key != SUBSCRIPTION_KEY}
    return {**params, "_meta": kept}


class ResponseReader:
    """Reads the reply to the request ``number``. ``alive`` is called whenever the server shows that it is alive, with
    the seconds that people have to answer its question.
    """

    def __init__(
        self,
        remote: UpstreamClient,
        caller: Caller,
        session: Session | None,
        relay: Relay | None,
        number: MessageId | None,
        alive: Callable[[float | None], None] = lambda patience: None,
    ) -> None:
        self._remote = remote
        self._caller = caller
        self._session = session
        self._relay = relay
        self._number = number
        self._questions: dict[str | int, asyncio.Task[None]] = {}
        self._alive = alive

    async def read(self, reply: Reply) -> dict[str, Json]:
        """The result; the reply is closed.

        Raises:
            RpcError: the server's error.
            UpstreamError: there is no answer.
        """
        try:
            if self._session is not None and self._session.fresh:
                self._session.opened(reply)
            return await self._read(reply)
        finally:
            await reply.aclose()

    async def _read(self, reply: Reply) -> dict[str, Json]:
        if reply.status >= 300:
            raise await _refused(reply)
        if reply.kind == "text/event-stream":
            return await self._streamed(reply)
        if reply.kind != "application/json":
            raise UpstreamError("it does not answer in MCP", sent=True, status=reply.status)
        try:
            value = json_text.decode(await reply.body())
        except ValueError:
            raise UpstreamError("its answer is not JSON", sent=True, status=reply.status) from None
        for message in value if isinstance(value, list) else [value]:
            found = await self._message(message)
            if found is not None:
                return found
        raise UpstreamError("it answered without a result", sent=True, status=reply.status)

    async def follow(self, reply: Reply) -> tuple[dict[str, Json] | None, str | None, float]:
        """Everything on a stream, to its end or to the result: that result, the last event's id, and the seconds
        after which the server wants to be asked for the rest.
        """
        last: str | None = None
        delay = 1.0
        async for event in reply.events():
            if event.id is not None:
                last = event.id
            if event.retry is not None:
                delay = min(event.retry / 1000, 30.0)
            if not event.data.strip():
                continue
            try:
                message = json_text.decode(event.data)
            except ValueError:
                raise UpstreamError("an event of its answer is not JSON", sent=True, status=reply.status) from None
            found = await self._message(message)
            if found is not None:
                return found, last, delay
        return None, last, delay

    async def _streamed(self, reply: Reply) -> dict[str, Json]:
        found, last, delay = await self.follow(reply)
        resumes = 0
        # A server may close the stream before the result, to be asked for the rest (2025-11-25, SEP-1699).
        while found is None and last is not None and self._session is not None and resumes < _RESUMES:
            resumes += 1
            await asyncio.sleep(delay)
            rest = await self._remote.listen(self._session, self._caller, last)
            try:
                found, newer, delay = await self.follow(rest)
            finally:
                await rest.aclose()
            last = newer or last
        if found is None:
            raise UpstreamError("its stream ended before the result", sent=True)
        return found

    async def _message(self, message: Json) -> dict[str, Json] | None:
        self._alive(None)
        if not isinstance(message, dict):
            return None
        method = message.get("method")
        if not isinstance(method, str):
            return self._result(message)
        known = as_object(message.get("params"))
        number = message.get("id")
        if isinstance(number, (str, int)):
            self._asked(number, method, known)
        elif method == "notifications/cancelled":
            task = self._questions.pop(known.get("requestId"), None)  # type: ignore[arg-type]
            if task is not None:
                task.cancel()
        elif self._relay is not None:
            await self._relay.notify(method, without_own_meta(known))
        return None

    def _result(self, message: dict[str, Json]) -> dict[str, Json] | None:
        if self._number is None or message.get("id") != self._number:
            return None
        if "error" in message:
            raise _problem(message["error"])
        result = message.get("result")
        if not isinstance(result, dict):
            raise UpstreamError("its result is not an object", sent=True)
        return result

    def _asked(self, number: str | int, method: str, params: Mapping[str, Json]) -> None:
        """The server asks the client, while the answer is still to come."""
        if self._session is None or len(self._questions) >= _QUESTIONS:
            return
        task = asyncio.ensure_future(self._respond(self._session, number, method, params))
        self._questions[number] = task
        task.add_done_callback(lambda _: self._questions.pop(number, None))

    async def _respond(self, session: Session, number: str | int, method: str, params: Mapping[str, Json]) -> None:
        self._alive(PATIENCE)
        response: dict[str, Any] = {"jsonrpc": "2.0", "id": number}
        try:
            if method == "ping":
                response["result"] = {}
            elif self._relay is None:
                response["error"] = {"code": -32601, "message": "Method not found"}
            else:
                response["result"] = dict(await self._relay.ask(method, without_own_meta(params)))
        except RpcError as error:
            response["error"] = {"code": error.code, "message": error.message}
        except asyncio.CancelledError:
            raise
        except Exception:
            response["error"] = {"code": -32603, "message": "Internal error"}
        self._alive(None)
        await self._remote.post(session, self._caller, response)

    def close(self) -> None:
        """Nobody waits any more: questions under way are dropped."""
        for task in list(self._questions.values()):
            task.cancel()


async def _refused(reply: Reply) -> Exception:
    """What an HTTP error stands for: the JSON-RPC error in its body, or a failure of its own."""
    status = reply.status
    if status in (401, 403):
        # Its challenge is for the proxy, and must not send the caller to another authorization server.
        return UpstreamError("it does not accept the proxy's credentials", sent=False, status=status)
    if status < 400:
        return UpstreamError("it redirects, which is not followed", sent=False, status=status)
    try:
        body = json_text.decode(await reply.body()) if reply.kind == "application/json" else None
    except (ValueError, UpstreamError):
        body = None
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        # A session that is not known any more is told by the status alone; the error says the same again.
        if status == 404 and body["error"].get("code") != -32601:
            return UpstreamError("it does not know the session", sent=False, status=status)
        return _problem(body["error"])
    wait = seconds([reply.header("retry-after")])
    if status == 429:
        return UpstreamError("it is called too often", sent=False, status=status, retry_after=wait)
    return UpstreamError(f"it answers {status}", sent=status >= 500, status=status, retry_after=wait)


def _problem(error: Json) -> RpcError:
    """The exception for the ``error`` of a response: of another server, so its text is bounded."""
    if not isinstance(error, dict):
        return RpcError(-32603, "Internal error")
    code, text = error.get("code"), error.get("message")
    return RpcError(
        code if isinstance(code, int) else -32603, text[:2000] if isinstance(text, str) else "", error.get("data")
    )
