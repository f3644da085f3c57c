"""Two replicas of one server: sessions that both serve, end together, and in which both can ask the client."""

from __future__ import annotations

import asyncio
import string
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from support.wire import Client, FakeDesk, parsed, stream

from adaptgen.mcp.jsonrpc import Response
from adaptgen.model.tables import Caller
from adaptgen.runtime.store.protocol import MemoryStore, StoreError
from adaptgen.transports.streamable_http import StreamableHttpServer, shared_sessions
from adaptgen.transports.streamable_http.request_context import RequestContext
from adaptgen.transports.streamable_http.shared_sessions import SharedSessions, TooLargeToShare

OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32
ANNA, ANNA_ELSEWHERE, BERT = Caller("anna", "a"), Caller("anna", "b"), Caller("bert", "a")
EVERYTHING: dict[str, Any] = {
    "sampling": {"tools": {}, "context": {}},
    "elicitation": {"form": {}, "url": {}},
    "roots": {"listChanged": True},
}


class Clock:
    """Seconds since the epoch, as a test wants them."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def sharing(store: MemoryStore | None = None, *keys: bytes, **more: Any) -> SharedSessions:
    given = keys or (NEW,)
    return SharedSessions(lambda: given, store or MemoryStore(), **more)


class Replicas:
    """Two servers of one state, and a client that goes to either."""

    def __init__(self, **options: Any) -> None:
        self.store = MemoryStore()
        call = options.pop("call", None)
        handlers = {"tools_call": call} if call else {}
        self.desks = [FakeDesk(stateful=True, **handlers) for _ in range(2)]
        self.kernels = [
            StreamableHttpServer(desk, shared=sharing(self.store, scope="https://mcp.example/mcp"), **options)
            for desk in self.desks
        ]
        self.client = Client(self.kernels[0], "2025-11-25")

    def to(self, replica: int) -> Client:
        self.client.kernel = self.kernels[replica]
        return self.client


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    return asyncio.run(work())  # type: ignore[arg-type]


# --------------------------------------------------------------------------------------------------------------- ids


def test_an_id_holds_what_a_replica_must_know() -> None:
    clock = Clock()
    text, opened = sharing(clock=clock).new(ANNA, "2025-06-18", EVERYTHING)
    assert sharing(clock=clock).open(text, ANNA) == opened
    assert (opened.version, opened.capabilities, opened.began) == ("2025-06-18", EVERYTHING, clock.now)


@pytest.mark.parametrize(
    "given",
    [{}, {"roots": {}}, {"sampling": {}}, {"elicitation": {"form": {}}}, {"roots": {"listChanged": False}}, EVERYTHING],
)
def test_ids_are_52_letters_whatever_a_client_declares(given: dict[str, Any]) -> None:
    text, opened = sharing().new(ANNA, "2025-11-25", {**given, "experimental": {"x": "y" * 10_000}, "tasks": {}})
    assert len(text) == 52
    assert set(text) <= {*string.ascii_letters, *string.digits, "-", "_"}
    wanted = {name: {part: one for part, one in parts.items() if one is not False} for name, parts in given.items()}
    assert opened.capabilities == wanted


def test_after_a_rotation_the_earlier_key_still_opens() -> None:
    store = MemoryStore()
    text, _ = sharing(store, OLD).new(ANNA, "2025-11-25", {})
    assert sharing(store, NEW, OLD).open(text, ANNA) is not None
    assert sharing(store, NEW).open(text, ANNA) is None


def test_every_change_of_an_id_makes_it_unknown() -> None:
    shared = sharing()
    text, _ = shared.new(ANNA, "2025-11-25", {})
    for at in range(len(text)):
        for letter in "A_":
            if text[at] != letter:
                assert shared.open(text[:at] + letter + text[at + 1 :], ANNA) is None
    for other in ("", text[:-1], text + "A", text + "=", " " + text, "é" * 52, "/" * 52, "A" * 10_000):
        assert shared.open(other, ANNA) is None


@pytest.mark.parametrize(("after", "known"), [(86_399, True), (86_400, False), (-59, True), (-61, False)])
def test_an_id_ends_a_day_after_it_was_made(after: float, known: bool) -> None:
    clock = Clock()
    shared = sharing(clock=clock)
    text, _ = shared.new(ANNA, "2025-11-25", {})
    clock.now += after
    assert (shared.open(text, ANNA) is not None) is known


# --------------------------------------------------------------------------------------------------------- replicas


def test_a_session_that_was_ended_is_unknown_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        monkeypatch.setattr(shared_sessions, "FRESH", 0.0)
        monkeypatch.setattr("adaptgen.transports.streamable_http.sessions.FRESH", 0.0)
        both = Replicas()
        await both.client.open()
        assert (await both.to(1).call()).status == 200
        assert (await both.to(0).delete()).status == 200
        assert (await both.to(0).call()).status == 404
        assert (await both.to(1).call()).status == 404
        assert (await both.to(1).delete()).status == 404
        assert [len({*desk.gone}) for desk in both.desks] == [1, 1]

    run(work)


def test_without_the_state_a_session_is_neither_served_nor_unknown() -> None:
    async def work() -> None:
        both = Replicas()
        await both.client.open()

        async def away(key: str) -> bytes | None:
            raise StoreError("away")

        both.store.get = away  # type: ignore[method-assign]
        assert (await both.to(1).call()).status == 503

    run(work)


def test_a_caller_that_ends_sessions_without_end_has_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        monkeypatch.setattr(shared_sessions, "ENDS", (0.1, 1.0))
        both = Replicas()
        statuses = []
        for _ in range(2):
            await both.client.open()
            answer = await both.client.delete()
            statuses.append(answer.status)
        assert statuses == [200, 503]
        assert answer.headers["retry-after"] == "10"

    run(work)


# --------------------------------------------------------------------------------------------------------- questions


def asking(answers: list[Any]) -> Any:
    async def call(params: Mapping[str, Any], context: RequestContext) -> dict[str, Any]:
        answers.append(await context.ask("sampling/createMessage", {"n": params["arguments"]["n"]}))
        return {"content": []}

    return call


def test_an_answer_reaches_the_replica_that_asked() -> None:
    async def work() -> None:
        answers: list[Any] = []
        both = Replicas(call=asking(answers))
        await both.client.open(sampling={})
        events = stream(await both.to(0).call(arguments={"n": 1}))
        question = parsed(await anext(events))
        answer = {"jsonrpc": "2.0", "id": question["id"], "result": {"text": "secret of Anna"}}
        assert (await both.to(1).send(answer)).status == 202
        assert b"secret of Anna" not in b"".join(value for value, _ in both.store._values.values())
        assert parsed(await anext(events))["result"] == {"content": []}
        assert answers == [{"text": "secret of Anna"}]
        assert [key for key in both.store._values if "question" in key] == []

    run(work)


def test_an_error_of_the_client_arrives_as_one() -> None:
    async def work() -> None:
        answers: list[Any] = []
        both = Replicas(call=asking(answers))
        await both.client.open(sampling={})
        answer = await both.to(0).call(arguments={"n": 1})
        events = stream(answer)
        question = parsed(await anext(events))
        await both.to(1).send({"jsonrpc": "2.0", "id": question["id"], "error": {"code": -1, "message": "no"}})
        assert parsed(await anext(events))["error"] == {"code": -1, "message": "no"}

    run(work)


def test_an_answer_that_the_state_cannot_hold_is_refused() -> None:
    async def work() -> None:
        shared = sharing()
        await shared.expect("session", "asked")
        with pytest.raises(TooLargeToShare):
            await shared.deliver("session", Response("asked", {"x": "y" * 300_000}))

    run(work)


# --------------------------------------------------------------------------------------------------------- platforms


def test_an_id_that_agentcore_made_up_is_not_refused() -> None:
    async def work() -> None:
        both = Replicas()
        both.client.headers["mcp_session_id"] = "0f8b2c6e-platform-made-this-id-up-000000"
        assert (await both.client.call()).status == 404
        answer = await both.client.call(x_amzn_bedrock_agentcore_runtime_session_id="0f8b2c6e")
        assert answer.status == 200
        assert both.desks[0].seen[0][3].session is None
        await both.client.open()
        await both.client.delete()
        assert (await both.client.call(x_amzn_bedrock_agentcore_runtime_session_id="0f8b2c6e")).status == 404

    run(work)
