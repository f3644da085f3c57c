"""The handshake revisions on the wire: sessions, questions to the client, cancellation, batches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from support.wire import Client, FakeDesk, Handler, messages, parsed, said, settle, stream

from adaptgen.model.tables import Caller
from adaptgen.transports.streamable_http import StreamableHttpServer
from adaptgen.transports.streamable_http.request_context import RequestContext


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        return await work()

    return asyncio.run(whole())


def client(call: Handler | None = None, *, stateful: bool = True, **options: Any) -> tuple[Client, FakeDesk]:
    desk = FakeDesk(stateful=stateful, **({"tools_call": call} if call else {}))
    return Client(StreamableHttpServer(desk, **options), "2025-11-25"), desk


def notice(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": method, "params": params}


def test_initialize_without_a_revision_is_refused() -> None:
    assert said(run(lambda: client()[0].ask("initialize", {"capabilities": {}})))["error"]["code"] == -32602


def test_a_session_is_needed_and_belongs_to_who_opened_it() -> None:
    async def work() -> None:
        one, desk = client()
        assert (await one.call()).status == 400
        assert (await one.call(mcp_session_id="unknown")).status == 404
        await one.open("2025-06-18", roots={})
        assert said(await one.call(mcp_protocol_version="2025-06-18"))["result"]["content"]
        *_, context = desk.seen[-1]
        assert context.session == one.headers["mcp_session_id"]
        assert (context.version, context.capabilities) == ("2025-06-18", {"roots": {}})
        foreign = await one.call(authorization="Bearer acme/anna")
        assert (foreign.status, len(desk.seen)) == (404, 1)
        for method in ("get", "delete"):
            assert (await getattr(one, method)(authorization="Bearer acme/anna")).status == 404

    run(work)


def test_ping_and_what_this_era_does_not_have() -> None:
    async def work() -> None:
        one, desk = client(stateful=False)
        assert said(await one.ask("ping")) == {"jsonrpc": "2.0", "id": 1, "result": {}}
        for method in ("server/discover", "subscriptions/listen"):
            answer = await one.ask(method)
            assert (answer.status, said(answer)["error"]["code"]) == (200, -32601)
        assert desk.seen == []
        unknown = await one.ask("vendor/unknown")
        assert (unknown.status, said(unknown)["error"]["code"]) == (200, -32601)

    run(work)


def test_progress_and_logs_come_before_the_answer() -> None:
    async def call(params: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
        await context.notify("notifications/message", {"level": "info", "data": "a"})
        await context.notify("notifications/progress", {"progress": 1})
        await context.notify("notifications/subscriptions/acknowledged", {})
        return {"content": []}

    async def work() -> None:
        one, _ = client(call, stateful=False)
        found = await messages(await one.call(meta={"progressToken": 5}))
        assert [one.get("method") for one in found] == ["notifications/message", "notifications/progress", None]
        assert found[1]["params"]["progressToken"] == 5
        assert said(await one.call(accept="application/json"))["result"] == {"content": []}

    run(work)


# --------------------------------------------------------------------------------------- questions to the client


async def asking(params: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
    answer = await context.ask("elicitation/create", {"message": "Who?"})
    return {"content": [{"type": "text", "text": str(answer["content"]["name"])}]}


def test_a_client_may_refuse_to_answer() -> None:
    async def work() -> None:
        one, _ = client(asking)
        await one.open(elicitation={})
        events = stream(await one.call())
        id = parsed(await anext(events))["id"]
        await one.send({"jsonrpc": "2.0", "id": id, "error": {"code": -1, "message": "rejected"}})
        (last,) = [parsed(one) async for one in events]
        assert last["error"] == {"code": -1, "message": "rejected"}

    run(work)


def test_nobody_is_asked_who_cannot_answer() -> None:
    async def work() -> None:
        one, _ = client(asking)
        await one.open(sampling={})
        assert said(await one.call())["error"]["message"] == "this client does not support elicitation"
        await one.open(elicitation={})
        assert said(await one.call(accept="application/json"))["error"]["code"] == -32601
        stateless, _ = client(asking, stateful=False)
        assert said(await stateless.call())["error"]["code"] == -32601

    run(work)


def test_the_end_of_the_session_ends_the_question() -> None:
    async def work() -> None:
        one, _ = client(asking)
        await one.open(elicitation={})
        events = stream(await one.call())
        await anext(events)
        await one.delete()
        (last,) = [parsed(one) async for one in events]
        assert "error" in last

    run(work)


def test_a_result_that_needs_input_asks_a_client_of_an_older_revision() -> None:
    async def call(params: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
        assert context.params is params
        given = params.get("inputResponses")
        if given is None:
            asked = {"who": {"method": "elicitation/create", "params": {"message": "Who?"}}}
            return {"resultType": "input_required", "requestState": "s1", "inputRequests": asked}
        text = f"{given['who']['content']['name']} {params['requestState']} {params['name']}"
        return {"content": [{"type": "text", "text": text}], "resultType": "complete"}

    async def work() -> None:
        one, _ = client(call)
        await one.open(elicitation={})
        events = stream(await one.call("tool"))
        id = parsed(await anext(events))["id"]
        await one.send({"jsonrpc": "2.0", "id": id, "result": {"action": "accept", "content": {"name": "Ada"}}})
        (last,) = [parsed(one) async for one in events]
        assert last["result"] == {"content": [{"type": "text", "text": "Ada s1 tool"}]}

    run(work)


def test_questions_without_end_have_one() -> None:
    async def call(params: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
        return {"resultType": "input_required", "requestState": "again"}

    answer = said(run(client(call, stateful=False)[0].call))
    assert "16 rounds" in answer["error"]["message"]


# ------------------------------------------------------------------------------------------------- cancellation


class Waiting:
    """A tool that runs until it is cancelled."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.cancelled = False

    async def __call__(self, params: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return {}


def test_a_request_is_cancelled_by_its_id_in_its_session() -> None:
    async def work() -> None:
        tool = Waiting()
        one, _ = client(tool)
        await one.open()
        other = Client(one.kernel)
        await other.open()
        running = asyncio.ensure_future(one.call(id=7))
        await tool.begun.wait()
        await other.send(notice("notifications/cancelled", requestId=7))
        await one.send(notice("notifications/cancelled", requestId=[7]))
        await settle()
        assert not tool.cancelled
        assert said(await one.call(id=7))["error"]["message"] == "a request of this id is under way"
        await one.send(notice("notifications/cancelled", requestId=7))
        assert said(await running)["error"] == {"code": -32800, "message": "Request cancelled"}
        assert tool.cancelled
        tool.begun.clear()
        again = asyncio.ensure_future(one.call(id=7))
        await tool.begun.wait()
        again.cancel()

    run(work)


# --------------------------------------------------------------------------------------------------- GET stream


def test_what_the_desk_says_unasked_is_on_the_get_stream() -> None:
    heard: list[Mapping[str, Any]] = []

    async def listen(params: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
        heard.append(params["notifications"])
        await context.notify("notifications/subscriptions/acknowledged", {"notifications": {}})
        await context.notify("notifications/tools/list_changed", {})
        await asyncio.Event().wait()
        return {}

    async def work() -> None:
        one, desk = client()
        desk.handlers["subscriptions/listen"] = listen
        await one.open()
        assert (await one.get(accept="application/json")).status == 406
        events = stream(await one.get())
        assert parsed(await anext(events)) == notice("notifications/tools/list_changed")
        assert heard == [{"toolsListChanged": True, "promptsListChanged": True, "resourcesListChanged": True}]
        assert desk.seen[-1][3].session == one.headers["mcp_session_id"]
        assert (await one.get()).status == 409
        await events.aclose()  # type: ignore[attr-defined]
        await settle()
        again = stream(await one.get())
        await anext(again)
        one.kernel.drain()
        assert [one async for one in again] == []

    run(work)


def test_a_desk_without_news_leaves_the_stream_silent() -> None:
    async def work() -> None:
        one, _ = client(ping=0.01)
        await one.open()
        events = stream(await one.get())
        assert [await anext(events), await anext(events)] == [b": ping\n\n", b": ping\n\n"]
        await one.delete()
        assert b"data" not in b"".join([one async for one in events])

    run(work)


# ------------------------------------------------------------------------------------------------------- batches


def test_a_batch_where_there_are_batches() -> None:
    async def work() -> None:
        one, desk = client(stateful=False)
        call = {"method": "tools/call", "params": {"name": "echo"}}
        batch = [
            {"jsonrpc": "2.0", "id": 1, **call},
            notice("notifications/roots/list_changed"),
            {"jsonrpc": "2.0", "id": 2, "method": "ping"},
            {"jsonrpc": "2.0", "id": None, "method": "ping"},
            {"jsonrpc": "2.0", "id": 3, **call},
            {"jsonrpc": "2.0", "id": 4, "method": "initialize"},
        ]
        answer = await one.send(batch, mcp_protocol_version="2025-03-26")
        by_id = {str(one["id"]): one["result"] if "result" in one else one["error"]["code"] for one in said(answer)}
        done = {"content": [{"type": "text", "text": "done"}]}
        assert by_id == {"1": done, "2": {}, "3": done, "4": -32600, "None": -32600}
        assert len(desk.notices) == 1
        one.headers.pop("mcp_protocol_version")
        assert len(said(await one.send(batch[:1]))) == 1, "the revision of a request that names none"
        assert (await one.send([notice("notifications/progress")])).status == 202

    run(work)


@pytest.mark.parametrize("version", ["2024-11-05", "2025-06-18", "2025-11-25"])
def test_no_batch_elsewhere(version: str) -> None:
    async def work() -> None:
        one, desk = client(stateful=False)
        answer = await one.send([{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}], mcp_protocol_version=version)
        assert (answer.status, said(answer)["error"]["code"]) == (400, -32600)
        assert desk.seen == []

    run(work)


@pytest.mark.parametrize("batch", [[], [{"jsonrpc": "2.0", "method": "x"}] * 101])
def test_batches_have_a_size(batch: list[Any]) -> None:
    answer = run(lambda: client(stateful=False)[0].send(batch, mcp_protocol_version="2025-03-26"))
    assert answer.status == 400


def test_closing_ends_every_session_and_request_whatever_the_desk_makes_of_it() -> None:
    async def work() -> None:
        tool = Waiting()
        one, desk = client(tool)
        left: list[str] = []

        async def close_session(session: str, caller: Caller | None = None) -> None:
            left.append(session)
            raise ValueError

        desk.close_session = close_session  # type: ignore[method-assign]
        await one.open()
        await one.open()
        running = asyncio.ensure_future(one.call())
        await tool.begun.wait()
        await one.kernel.aclose()
        assert tool.cancelled
        assert len(left) == 2
        assert (await running).status == 503

    run(work)
