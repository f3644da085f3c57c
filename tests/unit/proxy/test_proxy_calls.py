"""One call through the proxy: what is said on the way, in which revision, and what a failure means."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from support.fake_mcp import Exchange, FakeServer, aggregated, tool, until

from adaptgen.govern.settings.model import ToolRule
from adaptgen.mcp.protocol import META_UNKNOWN, META_UNREACHABLE, Context, RpcError
from adaptgen.model.tables import Caller
from adaptgen.proxy.http_client import address
from adaptgen.proxy.proxy_target import UpstreamAggregator

pytestmark = pytest.mark.asyncio

ALICE, BOB = Caller("alice"), Caller("bob")
CAPABLE = {"sampling": {}, "elicitation": {}, "experimental": {"x": {}}}


class Client(Context):
    """A client that keeps what it is told, and answers questions with the answers it was given."""

    def __init__(self, version: str = "2026-07-28", session: str | None = None, **more: Any) -> None:
        super().__init__(request_id="1", version=version, session=session, capabilities=CAPABLE, **more)
        self.told: list[tuple[str, Mapping[str, Any]]] = []
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.answers: list[Mapping[str, Any]] = []

    async def notify(self, method: str, params: Mapping[str, Any]) -> None:
        self.told.append((method, params))

    async def ask(self, method: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append((method, params))
        return self.answers.pop(0)


def old(session: str | None = "s1", **more: Any) -> Client:
    """A client of a handshake revision."""
    return Client("2025-11-25", session, **more)


async def call(
    aggregator: UpstreamAggregator, context: Context, caller: Caller = ALICE, name: str = "a__x", **arguments: Any
) -> Any:
    return await aggregator.call(caller, aggregator.tools()[name], arguments, context)


def text(result: Mapping[str, Any]) -> str:
    shown: str = result["content"][0]["text"]
    return shown


# What is said on the way


async def test_progress_comes_as_it_is_said_with_the_clients_own_token() -> None:
    client, go = Client(meta={"progressToken": "mine"}), asyncio.Event()

    async def slow(exchange: Exchange) -> None:
        exchange.stream()
        token = exchange.params["_meta"]["progressToken"]
        said = {"progressToken": token, "progress": 1, "message": "half", "_meta": {"dev.adaptgen/found": 1, "v": 2}}
        await exchange.event({"jsonrpc": "2.0", "method": "notifications/progress", "params": said})
        await go.wait()
        await exchange.final({"content": []})

    async with aggregated(FakeServer(tools=[tool("x")], on={"tools/call": slow})) as aggregator:
        task = asyncio.ensure_future(call(aggregator, client))
        await until(lambda: client.told != [])
        assert client.told == [
            ("notifications/progress", {"progressToken": "mine", "progress": 1, "message": "half", "_meta": {"v": 2}})
        ]
        assert not task.done()
        go.set()
        assert (await task)["content"] == []


async def test_a_question_of_the_server_reaches_the_client_and_the_answer_the_server() -> None:
    client, answered = old(), asyncio.Event()
    client.answers = [{"action": "accept", "content": {"n": 1}}]

    async def asking(exchange: Exchange) -> None:
        exchange.stream()
        await exchange.event({"jsonrpc": "2.0", "id": "q1", "method": "elicitation/create", "params": {"message": "?"}})
        await answered.wait()
        await exchange.final({"content": []})

    async def response(exchange: Exchange) -> None:
        exchange.raw("202 Accepted")
        answered.set()

    server = FakeServer(modern=False, session="up1", tools=[tool("x")], on={"tools/call": asking, "response": response})
    async with aggregated(server) as aggregator:
        await call(aggregator, client)
    assert client.asked == [("elicitation/create", {"message": "?"})]
    answer = server.of("response")[0]
    assert answer.message == {"jsonrpc": "2.0", "id": "q1", "result": {"action": "accept", "content": {"n": 1}}}
    assert answer.headers["mcp-session-id"] == "up1"


# Revisions


async def test_a_session_that_the_server_forgot_is_opened_again_and_the_call_made_once() -> None:
    server = FakeServer(modern=False, session="up", tools=[tool("x")])

    async def forgetful(exchange: Exchange) -> None:
        if len(server.of("tools/call")) == 1:
            exchange.error(-32001, "Session not found", "404 Not Found")
        else:
            exchange.result({"content": []})

    server.on["tools/call"] = forgetful
    async with aggregated(server) as aggregator:
        assert (await call(aggregator, old()))["content"] == []
        assert len(server.of("initialize")) == 3


async def test_an_old_client_before_a_modern_server_is_asked_what_the_result_asks_for() -> None:
    client = old(meta={"vendor/x": 1})
    client.answers = [{"action": "accept", "content": {"name": "Ada"}}]

    async def asking(exchange: Exchange) -> None:
        if "inputResponses" in exchange.params:
            exchange.result({"content": [exchange.params]})
        else:
            question = {"method": "elicitation/create", "params": {"message": "Name?"}}
            exchange.result({"resultType": "input_required", "inputRequests": {"n": question}, "requestState": "z"})

    server = FakeServer(tools=[tool("x")], on={"tools/call": asking})
    async with aggregated(server) as aggregator:
        sent = (await call(aggregator, client))["content"][0]
    assert client.asked == [("elicitation/create", {"message": "Name?"})]
    assert sent["inputResponses"] == {"n": {"action": "accept", "content": {"name": "Ada"}}}
    assert sent["requestState"] == "z"
    assert sent["_meta"]["io.modelcontextprotocol/clientCapabilities"] == {"sampling": {}, "elicitation": {}}
    assert sent["_meta"]["vendor/x"] == 1


@pytest.mark.parametrize(("modern", "told", "code"), [(True, -32602, -32002), (False, -32002, -32602)])
async def test_what_is_not_found_is_said_in_the_code_of_the_clients_revision(
    modern: bool, told: int, code: int
) -> None:
    async def missing(exchange: Exchange) -> None:
        exchange.error(told, "Resource not found")

    server = FakeServer(
        modern=modern,
        session=None if modern else "up",
        capabilities={"resources": {}},
        lists={"resources/list": {"resources": []}},
        on={"resources/read": missing},
    )
    async with aggregated(server) as aggregator:
        with pytest.raises(RpcError) as raised:
            await aggregator.request(ALICE, "resources/read", {"uri": "x://y"}, old() if modern else Client())
    assert raised.value.code == code


async def test_a_log_level_set_in_a_session_is_asked_for_with_each_request() -> None:
    server = FakeServer(tools=[tool("x")], capabilities={"tools": {}, "logging": {}})
    async with aggregated(server) as aggregator:
        await call(aggregator, old())
        await aggregator.request(ALICE, "logging/setLevel", {"level": "info"}, old())
        await call(aggregator, old())
        await call(aggregator, old("s2"))
    levels = [one.params["_meta"].get("io.modelcontextprotocol/logLevel") for one in server.of("tools/call")]
    assert levels == [None, "info", None]


# Failures


@pytest.mark.parametrize("effect", ["write", "read"])
async def test_a_connection_that_breaks_leaves_the_outcome_unknown_and_is_not_tried_again(effect: Any) -> None:
    async def broken(exchange: Exchange) -> None:
        exchange.close()

    server = FakeServer(tools=[tool("x")], on={"tools/call": broken})
    async with aggregated(server, rules={"*": ToolRule(effect=effect)}) as aggregator:
        result = await call(aggregator, Client())
    assert len(server.of("tools/call")) == 1
    assert result["isError"] is True
    assert result["_meta"] == {META_UNREACHABLE: True, **({META_UNKNOWN: True} if effect == "write" else {})}
    assert ("unknown whether the change" in text(result)) is (effect == "write")


async def test_a_server_that_cannot_be_reached_executed_nothing() -> None:
    async with aggregated(FakeServer(tools=[tool("x")])) as aggregator:
        aggregator._syncs["a"].remote.url = address("http://127.0.0.1:9/mcp")
        result = await call(aggregator, Client())
    assert "Nothing was executed. Trying again later may help." in text(result)
    assert result["_meta"] == {META_UNREACHABLE: True}
    assert "127.0.0.1" not in text(result)


@pytest.mark.parametrize(
    ("status", "more", "said", "unknown"),
    [
        ("429 Too Many", "\r\nretry-after: 7", "Try again in 7 s", False),
        ("503 Unavailable", "", "unknown whether", True),
        ("401 Unauthorized", "\r\nwww-authenticate: Bearer secret", "does not accept the proxy's credentials", False),
        ("302 Found", "\r\nlocation: http://169.254.169.254/", "redirects", False),
        ("400 Bad Request", "", "Nothing was executed", False),
    ],
)
async def test_http_errors_say_what_became_of_the_call(status: str, more: str, said: str, unknown: bool) -> None:
    async def refuse(exchange: Exchange) -> None:
        exchange.raw(f"{status}\r\ncontent-type: text/html{more}", b"<h1>secret page</h1>")

    async with aggregated(FakeServer(tools=[tool("x")], on={"tools/call": refuse})) as aggregator:
        result = await call(aggregator, Client())
    assert said in text(result)
    assert (META_UNKNOWN in result["_meta"]) is unknown
    assert "secret" not in str(result)


async def test_a_call_that_takes_too_long_is_cancelled_at_the_server() -> None:
    async def never(exchange: Exchange) -> None:
        exchange.stream()

    server = FakeServer(modern=False, session="up", tools=[tool("x")], on={"tools/call": never})
    async with aggregated(server, settings={"timeout": 0.2}) as aggregator:
        result = await call(aggregator, old())
        await until(lambda: server.of("notifications/cancelled") != [])
    assert "unknown whether" in text(result)
    assert server.of("notifications/cancelled")[0].params["requestId"] == server.of("tools/call")[0].message["id"]


async def test_a_client_that_cancels_cancels_at_the_server() -> None:
    async def never(exchange: Exchange) -> None:
        exchange.stream()

    server = FakeServer(modern=False, session="up", tools=[tool("x")], on={"tools/call": never})
    async with aggregated(server) as aggregator:
        task = asyncio.ensure_future(call(aggregator, old()))
        await until(lambda: server.of("tools/call") != [])
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: server.of("notifications/cancelled") != [])


async def test_a_stream_that_the_server_closes_early_is_resumed_where_it_ended() -> None:
    async def interrupted(exchange: Exchange) -> None:
        exchange.stream()
        exchange.writer.write(b"id: 41\nretry: 1\ndata:\n\n")
        exchange.close()

    server = FakeServer(modern=False, session="up", tools=[tool("x")], on={"tools/call": interrupted})

    async def rest(exchange: Exchange) -> None:
        if "last-event-id" not in exchange.headers:
            exchange.raw("405 Method Not Allowed")
            return
        exchange.stream()
        number = server.of("tools/call")[0].message["id"]
        await exchange.event({"jsonrpc": "2.0", "id": number, "result": {"content": ["late"]}})

    server.on["GET"] = rest
    async with aggregated(server) as aggregator:
        assert (await call(aggregator, old()))["content"] == ["late"]
    assert [one.headers["last-event-id"] for one in server.of("GET") if "last-event-id" in one.headers] == ["41"]


# Changes


async def test_clients_are_told_of_a_change_when_the_new_list_is_there() -> None:
    server = FakeServer(tools=[tool("x")], capabilities={"tools": {"listChanged": True}})
    listening: list[Exchange] = []

    async def listen(exchange: Exchange) -> None:
        exchange.stream()
        listening.append(exchange)

    server.on["subscriptions/listen"] = listen
    async with aggregated(server, settings={"changed": "accept"}) as aggregator:
        client = Client()
        wanted = {"notifications": {"toolsListChanged": True, "promptsListChanged": True}}
        task = asyncio.ensure_future(aggregator.request(ALICE, "subscriptions/listen", wanted, client))
        await until(lambda: listening != [] and client.told != [])
        assert client.told == [
            ("notifications/subscriptions/acknowledged", {"notifications": {"toolsListChanged": True}})
        ]
        server.tools = [tool("x"), tool("y")]
        await listening[0].event({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
        await until(lambda: len(client.told) == 2)
        assert client.told[1][0] == "notifications/tools/list_changed"
        assert list(aggregator.tools()) == ["a__x", "a__y"]
        task.cancel()


async def test_updates_of_a_resource_reach_who_subscribed() -> None:
    resources = {"resources/list": {"resources": [{"uri": "x://y", "name": "Y"}]}}
    updated = {"jsonrpc": "2.0", "method": "notifications/resources/updated"}

    async def listen(exchange: Exchange) -> None:
        exchange.stream()
        if "resourceSubscriptions" in exchange.params["notifications"]:
            meta = {"io.modelcontextprotocol/subscriptionId": 7}
            await exchange.event({**updated, "params": {"uri": "x://y", "_meta": meta}})

    async def get(exchange: Exchange) -> None:
        exchange.stream()
        await exchange.event({**updated, "params": {"uri": "x://y"}})

    capabilities = {"resources": {"subscribe": True}}
    modern = FakeServer(capabilities=capabilities, lists=resources, on={"subscriptions/listen": listen})
    ancient = FakeServer(
        modern=False,
        session="up",
        capabilities=capabilities,
        lists=resources,
        on={"GET": get, "resources/subscribe": lambda exchange: _empty(exchange)},
    )
    for server in (modern, ancient):
        for client in (Client(), old()):
            async with aggregated(server) as aggregator:
                if not client.modern:
                    await aggregator.request(ALICE, "resources/subscribe", {"uri": "x://y"}, client)
                wanted: Any = {"notifications": {"resourceSubscriptions": ["x://y"] if client.modern else []}}
                task = asyncio.ensure_future(aggregator.request(ALICE, "subscriptions/listen", wanted, client))
                await until(lambda client=client: len(client.told) == 2)  # type: ignore[misc]
                method, params = client.told[1]
                assert (method, params["uri"]) == ("notifications/resources/updated", "x://y")
                assert "subscriptionId" not in str(params)
                task.cancel()


async def _empty(exchange: Exchange) -> None:
    exchange.result({})
