"""The function that Lambda calls: one event loop and one handler for all invocations of a process."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gc
import importlib
import json
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import orjson

from adaptgen.collector import gc_paused
from adaptgen.govern.pipeline.factory import ServingContext
from adaptgen.mcp import jsonrpc as message
from adaptgen.mcp.http_messages import HttpAnswer, json_answer
from adaptgen.runtime.core.call_context import until
from adaptgen.tool_search import over
from adaptgen.transports import settle
from adaptgen.transports.aws_lambda import event as events
from adaptgen.transports.streamable_http.header_checks import Guard
from adaptgen.transports.streamable_http.http import refused
from adaptgen.transports.streamable_http.request_context import report
from adaptgen.transports.streamable_http.server import StreamableHttpServer
from adaptgen.transports.streamable_http.shared_sessions import shared_sessions
from adaptgen.web import web_of

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.assemble import GovernedServer
    from adaptgen.runtime.aws.credentials import Credentials

LIMIT = 6 * 1024 * 1024 - 16 * 1024
"""Bytes of a body, written as a JSON string; Lambda fails an invocation whose response exceeds 6 MB, heads included."""
LOOK = 1.0
"""Seconds after which an invocation looks whether the settings have changed."""
PATIENCE = 2.0
"""Seconds that a call waits for that look; a slower one goes on in the background."""
FLUSH = 2.0
"""Seconds that a call waits until what was traced and counted is out."""
_DEEP = 16
_KILLED = 900.0
"""Seconds that a function can have at most: where the context does not say."""


class Context(Protocol):
    """What this needs of Lambda's context object."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is killed."""


class Handler:
    """Callable with an event and a context; whatever happens, the process is there for the next event."""

    def __init__(
        self,
        make: Callable[[ServingContext], Awaitable[GovernedServer]],
        environ: Mapping[str, str] = os.environ,
        begun: Credentials | None = None,
    ) -> None:
        """``make``: puts the governed handler together; it is called now, with its errors, and again after a snapshot
        was restored. ``begun``: secrets that are being read; a snapshot does not keep them."""
        settle()
        self._make = make
        self._place = ServingContext(http=True, loopback=False, environ=environ, frozen=True, credentials=begun)
        self._loop = asyncio.new_event_loop()
        self._looking: asyncio.Task[None] | None = None
        self._governed: GovernedServer | None = None
        try:
            self._open()
        except BaseException:
            self._loop.close()
            raise
        if environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
            self._register()

    def __call__(self, event: object, context: Context | None = None) -> dict[str, Any]:
        task = self._loop.create_task(self._answer(event, context))
        try:
            return self._loop.run_until_complete(task)
        # Everything: a tool may even try to end the process, and the next caller must find it.
        except BaseException as problem:
            self._abandon(task)
            report(problem)
            return response(refused(500, "Internal error", code=message.INTERNAL_ERROR))

    def close(self) -> None:
        """Close connections and end the audit trail; no event is answered after it."""
        self._forget()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    # -------------------------------------------------------------------------------------------------------- inside

    def _open(self) -> None:
        with gc_paused():
            self._governed = governed = self._loop.run_until_complete(self._make(self._place))
        self._place = replace(self._place, credentials=None)
        listen = governed.settings.listen
        # The name under which the platform received a request is checked here, with the event at hand.
        public = urlsplit(listen.resource).netloc
        self._guard = Guard((*listen.hosts, *((public,) if public else ())))
        self._server = StreamableHttpServer(
            over(governed),
            hosts=("*",),
            origins=listen.origins,
            shared=shared_sessions(governed),
            web=web_of(governed),
        )
        self._prefixes = [one for one in (events.prefix(listen.resource),) if one]
        self._due = time.monotonic() + LOOK
        for notice in governed.notices:
            print(f"adaptgen: {notice}", file=sys.stderr)
        gc.freeze()

    def _abandon(self, task: asyncio.Task[Any]) -> None:
        """End a task that has not answered. What tries to end the process passes the loop once for each task that
        waits for another."""
        for _ in range(_DEEP):
            task.cancel()
            with contextlib.suppress(BaseException):
                self._loop.run_until_complete(asyncio.wait([task], timeout=1.0))
                return

    def _forget(self) -> None:
        """Close connections, end the audit trail, let go of every key and credential."""
        governed, self._governed = self._governed, None
        if governed is not None:
            self._loop.run_until_complete(self._closed(governed))

    async def _closed(self, governed: GovernedServer) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        await self._server.aclose()
        await governed.aclose()

    async def _answer(self, event: object, context: Context | None) -> dict[str, Any]:
        governed = self._governed
        assert governed is not None
        left = context.get_remaining_time_in_millis() / 1000 if context is not None else _KILLED
        try:
            asked = events.read(event, left, self._prefixes)
        except events.NoRequest:
            return response(refused(400, "this function answers HTTP requests"))
        await self._look(governed)
        deadline = asked.http.deadline
        assert deadline is not None
        until.set(deadline)
        host = asked.http.headers.get("host")
        if host is not None and host != asked.host and not self._guard.host(host):
            answer: HttpAnswer = refused(421, "this host is not served here")
        else:
            answer = await self._server.handle(asked.http)
        made = response(answer, asked)
        await governed.handler.flush(max(min(FLUSH, deadline + events.MARGIN / 2 - time.monotonic()), 0.05))
        return made

    async def _look(self, governed: GovernedServer) -> None:
        """What a running server does every second: no timer runs between invocations."""
        now = time.monotonic()
        if now < self._due or (self._looking is not None and not self._looking.done()):
            return
        self._due = now + LOOK
        self._looking = self._loop.create_task(governed.watch.look_quietly())
        await asyncio.wait([self._looking], timeout=PATIENCE)

    def _register(self) -> None:
        """SnapStart: the snapshot holds no connection, key, secret or session; each copy of it makes its own.

        The order matters: the audit chain ends before the snapshot, so that no two processes go on with one.
        """
        # A part of Lambda's Python runtime.
        from snapshot_restore_py import (  # type: ignore[import-untyped]
            register_after_restore,
            register_before_snapshot,
        )

        register_before_snapshot(self._before_snapshot)
        register_after_restore(self._after_restore)

    def _before_snapshot(self) -> None:
        # What the first call of a tool would load is in the snapshot.
        importlib.import_module("adaptgen.runtime.calls")
        self._forget()
        forget_aws()
        gc.unfreeze()
        gc.collect()

    def _after_restore(self) -> None:
        # Every copy of the snapshot has the same state of every generator.
        random.seed()
        if "ssl" in sys.modules:
            sys.modules["ssl"].RAND_add(os.urandom(64), 64.0)
        self._open()


def response(answer: HttpAnswer, event: events.Event | None = None) -> dict[str, Any]:
    """The value to return. A body that Lambda would refuse becomes an error that says so."""
    body = answer.body
    if not isinstance(body, bytes):
        raise TypeError("an answer of events cannot be returned in one piece")
    text, encoded = _text(body, event)
    if text is None:
        return response(_too_large(len(body), event))
    if event is not None and event.http.method == "HEAD":
        text, encoded = "", False
    made = {"statusCode": answer.status, "headers": answer.headers, "body": text, "isBase64Encoded": encoded}
    if answer.cookies and (event is None or event.version == "2.0"):
        made["cookies"] = list(answer.cookies)
    elif answer.cookies:
        made["multiValueHeaders"] = {"set-cookie": list(answer.cookies)}
    return made


def _text(body: bytes, event: events.Event | None) -> tuple[str | None, bool]:
    """The body as text or as base64, whichever fits; None where neither does."""
    try:
        text = body.decode()
        # At most three bytes of JSON for each byte: most bodies need no second look.
        if len(body) * 3 <= LIMIT or len(json.dumps(text)) <= LIMIT:
            return text, False
    except UnicodeDecodeError:
        pass
    # REST APIs decode base64 only for media types that they are told of.
    if (event is None or event.version == "2.0") and len(body) * 4 // 3 + 4 <= LIMIT:
        return base64.b64encode(body).decode("ascii"), True
    return None, False


def _too_large(size: int, event: events.Event | None) -> HttpAnswer:
    text = (
        f"The answer has {size / 1024 / 1024:.1f} MB, and AWS Lambda returns 6 MB at most. What was asked for was "
        "carried out; to read it ask for less at a time: a smaller limit, or fewer fields."
    )
    return json_answer(message.failed(_rpc(event), message.REFUSED, text))


def _rpc(event: events.Event | None) -> message.MessageId | None:
    """The id of the request in the body."""
    try:
        asked = orjson.loads(event.body) if event is not None else None
    except ValueError:
        return None
    found = asked.get("id") if isinstance(asked, dict) else None
    return found if isinstance(found, int | str) else None


def forget_aws() -> None:
    """Let go of the connections to AWS, and of the keys of the machine that makes a snapshot."""
    background = sys.modules.get("adaptgen.runtime.aws.background")
    if background is not None:
        background.stop()
    api = sys.modules.get("adaptgen.runtime.aws.api")
    if api is not None:
        api.OWN_KEYS.forget()
