"""2026-07-28 on the wire: every request stands alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import pytest
from support.wire import MODERN, Client, FakeDesk, Handler, messages, parsed, said, settle, stream

from adaptgen.transports.streamable_http import StreamableHttpServer
from adaptgen.transports.streamable_http.request_context import RequestContext

SERVER = {"io.modelcontextprotocol/serverInfo": {"name": "fake", "version": "1.2", "title": "Fake"}}


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        return await work()

    return asyncio.run(whole())


def client(call: Handler | None = None, **options: Any) -> tuple[Client, FakeDesk]:
    desk = FakeDesk(**({"tools_call": call} if call else {}))
    return Client(StreamableHttpServer(desk, **options)), desk


def failing(problem: Exception) -> Handler:
    async def call(params: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
        raise problem

    return call


def test_discover_says_what_is_served() -> None:
    async def work() -> None:
        one, desk = client()
        answer = await one.ask("server/discover")
        assert said(answer) == {
            "jsonrpc": "2.0",
            "id": 1,
            "result": {
                "supportedVersions": ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"],
                "capabilities": {"tools": {}},
                "instructions": "Ask.",
                "resultType": "complete",
                "ttlMs": 0,
                "cacheScope": "private",
                "_meta": SERVER,
            },
        }
        assert desk.seen == []

    run(work)


def test_a_call_reaches_the_desk_and_its_answer_the_client() -> None:
    async def work() -> None:
        one, desk = client()
        headers = {"authorization": "Bearer acme/bert", "cookie": "a=b", "traceparent": "00-1-2-01"}
        answer = await one.call("echo", {"x": 2**70}, id="seven", **headers)
        assert (answer.status, answer.headers) == (200, {"content-type": "application/json"})
        result = {"content": [{"type": "text", "text": "done"}], "resultType": "complete", "_meta": SERVER}
        assert said(answer) == {"jsonrpc": "2.0", "id": "seven", "result": result}
        ((caller, method, params, context),) = desk.seen
        assert (caller.tenant, caller.sub, method, params["arguments"]) == ("acme", "bert", "tools/call", {"x": 2**70})
        assert context.headers["traceparent"] == "00-1-2-01"
        assert not {"authorization", "cookie"} & set(context.headers)
        assert (context.version, context.session, len(context.request_id)) == (MODERN, None, 32)
        assert context.meta is params["_meta"]
        assert context.params is params

    run(work)


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream", "*/*", "application/json;q=0.5, text/*"])
def test_the_client_gets_what_it_takes(accept: str) -> None:
    async def call(params: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
        await context.notify("notifications/progress", {"progress": 1})
        return {"content": []}

    async def work() -> None:
        one, _ = client(call)
        answer = await one.call(meta={"progressToken": 1}, accept=accept)
        if accept == "application/json":
            assert said(answer)["result"]["content"] == []
        else:
            assert len(await messages(answer)) == 2
        plain = await client()[0].call(accept=accept)
        kind = "text/event-stream" if accept == "text/event-stream" else "application/json"
        assert plain.headers["content-type"] == kind
        if kind == "text/event-stream":
            assert (await messages(plain))[0]["result"]

    run(work)


def test_nobody_is_asked() -> None:
    async def call(params: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
        await context.ask("roots/list", {})
        return {}

    assert said(run(client(call)[0].call))["error"]["code"] == -32601


@pytest.mark.parametrize("level", [logging.DEBUG, logging.ERROR])
def test_the_log_of_a_failure_holds_no_value(caplog: pytest.LogCaptureFixture, level: int) -> None:
    with caplog.at_level(level, "adaptgen.wire"):
        run(client(failing(ValueError("ada@example.com")))[0].call)
    assert "ValueError at test_stateless.py:" in caplog.text
    assert "ada@example.com" not in caplog.text


def test_a_result_that_is_no_json_is_an_error() -> None:
    async def call(params: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
        return {"content": object()}

    assert said(run(client(call)[0].call))["error"] == {"code": -32603, "message": "Internal error"}


@pytest.mark.parametrize(
    "method", ["ping", "initialize", "logging/setLevel", "resources/subscribe", "Tools/list", "ｔools/list"]
)
def test_methods_that_there_are_not(method: str) -> None:
    async def work() -> None:
        one, _ = client()
        headers = {"mcp_method": method if method.isascii() else "tools/list"}
        answer = await one.ask(method, **headers)
        assert (answer.status, said(answer)["error"]["code"]) == ((404, -32601) if method.isascii() else (400, -32020))

    run(work)


def test_notifications_are_taken_and_responses_are_not() -> None:
    async def work() -> None:
        one, desk = client()
        answer = await one.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})
        assert (answer.status, answer.body, desk.notices) == (202, b"", [])
        for body in ({"jsonrpc": "2.0", "id": 1, "result": {}}, [], 5):
            answer = await one.send(body)
            assert (answer.status, said(answer)["error"]["code"]) == (400, -32600)

    run(work)


class Waiting:
    """A tool that runs until it is cancelled."""

    def __init__(self, *first: str) -> None:
        self.begun = asyncio.Event()
        self.cancelled = False
        self.first = first

    async def __call__(self, params: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
        self.begun.set()
        for method in self.first:
            await context.notify(method, {"progress": 1})
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return {}


def test_a_request_may_not_take_longer_than_is_allowed() -> None:
    async def work() -> None:
        tool = Waiting()
        one, desk = client(tool, timeout=0.02)
        assert said(await one.call())["error"] == {"code": -32001, "message": "the request took too long"}
        assert tool.cancelled
        assert desk.seen[0][3].deadline is not None

    run(work)


def test_there_is_a_limit_to_what_runs_at_once() -> None:
    async def work() -> None:
        tool = Waiting()
        one, _ = client(tool, max_requests=1)
        running = asyncio.ensure_future(one.call())
        await tool.begun.wait()
        refused = await one.call()
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        running.cancel()
        await settle()
        assert (await one.ask("tools/list")).status == 200

    run(work)


# --------------------------------------------------------------------------------------------- subscriptions/listen


async def listening(params: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
    await context.notify("notifications/subscriptions/acknowledged", {"notifications": params["notifications"]})
    await context.notify("notifications/tools/list_changed", {"_meta": {"a": 1}})
    await asyncio.Event().wait()
    return {}


async def subscribed(kernel: StreamableHttpServer, id: int | str = "sub", **headers: str) -> AsyncIterator[bytes]:
    asked = {"notifications": {"toolsListChanged": True}}
    return stream(await Client(kernel).ask("subscriptions/listen", asked, id=id, **headers))


def test_every_message_of_a_subscription_names_it_and_its_end_is_told() -> None:
    async def work() -> None:
        kernel = StreamableHttpServer(FakeDesk(subscriptions_listen=listening), timeout=0.01)
        events = await subscribed(kernel)
        acknowledged, changed = parsed(await anext(events)), parsed(await anext(events))
        mark = {"io.modelcontextprotocol/subscriptionId": "sub"}
        assert acknowledged["params"] == {"notifications": {"toolsListChanged": True}, "_meta": mark}
        assert changed["params"]["_meta"] == {"a": 1, **mark}
        kernel.drain()
        (last,) = [parsed(one) async for one in events]
        assert last["id"] == "sub"
        assert last["result"]["_meta"] == {**mark, **SERVER}
        assert last["result"]["resultType"] == "complete"
        assert len(kernel.streams) == 0

    run(work)


def test_one_subscription_too_many_ends_the_callers_oldest() -> None:
    async def work() -> None:
        kernel = StreamableHttpServer(FakeDesk(subscriptions_listen=listening), max_streams=16)
        bert = await subscribed(kernel, authorization="Bearer bert")
        first = await subscribed(kernel, 1)
        await subscribed(kernel, 2)
        await subscribed(kernel, 3)
        assert [parsed(one).get("id") async for one in first] == [None, None, 1]
        assert len(kernel.streams) == 3
        assert "acknowledged" in (await anext(bert)).decode()

    run(work)


def test_a_subscription_needs_events_and_a_desk_that_has_them() -> None:
    async def work() -> None:
        kernel = StreamableHttpServer(FakeDesk(subscriptions_listen=listening))
        asked = {"notifications": {}}
        assert (await Client(kernel).ask("subscriptions/listen", asked, accept="application/json")).status == 406
        answer = await Client(StreamableHttpServer(FakeDesk())).ask("subscriptions/listen", asked)
        assert (answer.status, said(answer)["error"]["code"]) == (404, -32601)

    run(work)


def test_changes_travel_on_subscriptions_alone() -> None:
    async def call(params: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
        await context.notify("notifications/tools/list_changed", {})
        return {"content": []}

    assert said(run(client(call)[0].call))["result"]["content"] == []
