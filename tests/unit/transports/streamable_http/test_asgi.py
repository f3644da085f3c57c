"""The ASGI application: bodies in parts, clients that leave, the lifespan."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from support.wire import FakeDesk

from adaptgen.transports.streamable_http import app, asgi
from adaptgen.transports.streamable_http.request_context import RequestContext

CALL = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","_meta":{"progressToken":1}}}'


class Connection:
    """What a server gives an application: ``parts`` of the body, then, when told, the end."""

    def __init__(self, *parts: bytes, method: str = "POST", **headers: str) -> None:
        self.sent: list[dict[str, Any]] = []
        self.left = asyncio.Event()
        self.streaming = asyncio.Event()
        self._parts = list(parts)
        given = {"host": "127.0.0.1", "content-type": "application/json", "accept": "*/*", **headers}
        lines = [(name.encode(), value.encode()) for name, value in given.items()]
        self.scope: dict[str, Any] = {"type": "http", "method": method, "path": "/mcp", "headers": lines}

    async def receive(self) -> dict[str, Any]:
        if self._parts:
            part = self._parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self._parts)}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, event: Any) -> None:
        self.sent.append(dict(event))
        if event.get("more_body"):
            self.streaming.set()

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(event.get("body", b"") for event in self.sent)


def serve(
    desk: FakeDesk, *parts: bytes, method: str = "POST", headers: Mapping[str, str] | None = None, **options: Any
) -> Connection:
    async def work() -> Connection:
        connection = Connection(*parts, method=method, **(headers or {}))
        await app(desk, **options)(connection.scope, connection.receive, connection.send)
        return connection

    return asyncio.run(work())


@pytest.mark.parametrize(
    ("parts", "headers"), [((b"x" * 11,), {}), ((b"x" * 6, b"x" * 6), {}), ((b"",), {"content-length": "11"})]
)
def test_a_body_may_be_too_large(parts: tuple[bytes, ...], headers: dict[str, str]) -> None:
    assert serve(FakeDesk(), *parts, headers=headers, max_body=10).status == 413


def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "UPLOAD", 0.01)
    assert serve(FakeDesk()).status == 408


class Waiting:
    """A tool that says something, where it is told to, and runs until it is cancelled."""

    def __init__(self, speaks: bool) -> None:
        self.begun = asyncio.Event()
        self.over = asyncio.Event()
        self.speaks = speaks

    async def __call__(self, params: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
        if self.speaks:
            await context.notify("notifications/progress", {"progress": 1})
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.over.set()
        return {}


@pytest.mark.parametrize("speaks", [False, True])
def test_a_client_that_leaves_cancels_its_call(speaks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "WATCH", 0)

    async def work() -> Connection:
        tool = Waiting(speaks)
        connection = Connection(CALL)
        served = asyncio.ensure_future(
            app(FakeDesk(tools_call=tool))(connection.scope, connection.receive, connection.send)
        )
        await tool.begun.wait()
        if speaks:
            await connection.streaming.wait()
        connection.left.set()
        _, unfinished = await asyncio.wait([served, asyncio.ensure_future(tool.over.wait())], timeout=5)
        assert not unfinished
        return connection

    sent = asyncio.run(work()).sent
    assert len(sent) == (2 if speaks else 0)


def test_a_client_that_leaves_while_it_is_sent_to_cancels_its_call() -> None:
    async def work() -> None:
        tool = Waiting(True)
        connection = Connection(CALL)
        stuck = asyncio.Event()

        async def send(event: Any) -> None:
            if event.get("more_body"):
                stuck.set()
                await asyncio.Event().wait()

        served = asyncio.ensure_future(app(FakeDesk(tools_call=tool))(connection.scope, connection.receive, send))
        await stuck.wait()
        connection.left.set()
        await asyncio.wait([served], timeout=5)
        await asyncio.sleep(0)
        assert tool.over.is_set()

    asyncio.run(work())


def test_a_stream_ends_where_its_answer_does() -> None:
    async def call(params: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
        await context.notify("notifications/progress", {"progress": 1})
        return {"content": []}

    connection = serve(FakeDesk(tools_call=call), CALL)
    assert (b"content-type", b"text/event-stream") in connection.sent[0]["headers"]
    assert connection.body.count(b"event: message\ndata: ") == 2
    assert connection.sent[-1] == {"type": "http.response.body", "body": b""}


def test_the_end_of_the_lifespan_ends_the_sessions() -> None:
    async def work() -> None:
        desk = FakeDesk(stateful=True)
        application = app(desk)
        session, _ = application.kernel.sessions.open(await desk.authenticate({}, None), "2025-11-25", {})  # type: ignore[arg-type]
        assert session is not None
        events = iter(["lifespan.startup", "lifespan.shutdown"])
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": next(events)}

        async def send(event: Any) -> None:
            sent.append(event["type"])

        await application({"type": "lifespan"}, receive, send)
        assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
        assert desk.gone == [session.id]

    asyncio.run(work())


def test_a_websocket_is_closed() -> None:
    connection = Connection()
    asyncio.run(app(FakeDesk())({"type": "websocket"}, connection.receive, connection.send))
    assert connection.sent == [{"type": "websocket.close", "code": 1003}]
