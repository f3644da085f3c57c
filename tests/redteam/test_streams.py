"""Streams and lists under governance: counted, on record, and closed as soon as their caller is cut off."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from support.governing import FakeTarget, ask, fact, governed, settings
from support.idp import Idp
from support.wire import Client, messages, said

from adaptgen.govern.pipeline import stream_guard
from adaptgen.govern.pipeline.assemble import GovernedServer
from adaptgen.mcp.protocol import Context, RpcError, ServerInfo
from adaptgen.model.tables import Caller
from adaptgen.tool_search import over
from adaptgen.transports.streamable_http import StreamableHttpServer

ADA = Caller("ada", "bank", ("staff",))
EVE = Caller("eve", "bank", ("guests",))
POLICIES = """
@id("staff") permit (principal in Group::"bank/staff", action, resource);
@id("guests") permit (principal in Group::"bank/guests", action == Action::"fake__read_note", resource);
"""
URI = "crm://contacts/7"
WANTED = {"notifications": {"toolsListChanged": True, "resourceSubscriptions": [URI]}}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_guard, "EVERY", 0.03)


class Streaming(FakeTarget):
    """A target with streams: ``open`` holds the params of each, ``told`` is awaited with their contexts."""

    def __init__(self, *tools: Any, **more: Any) -> None:
        super().__init__(*tools, **more)
        self.open: list[Mapping[str, Any]] = []
        self.listening: list[Context] = []

    def about(self) -> ServerInfo:
        return ServerInfo("fake", "1", stateful=False, capabilities={"tools": {"listChanged": True}})

    async def request(self, caller: Caller, method: str, params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        if method != "subscriptions/listen":
            return await super().request(caller, method, params, context)
        self.open.append(params)
        self.listening.append(context)
        try:
            await asyncio.Event().wait()
        finally:
            self.open.remove(params)
        return {}


class Listening(Context):
    """A client that listens; ``heard`` is what it was told."""

    def __init__(self, recheck: Callable[[], Any] | None = None) -> None:
        super().__init__(request_id="r1")
        self.recheck = recheck
        self.heard: list[tuple[str, Mapping[str, Any]]] = []

    async def notify(self, method: str, params: Mapping[str, Any]) -> None:
        self.heard.append((method, params))


@asynccontextmanager
async def pipeline(
    folder: Path, policies: str = POLICIES, **given: Any
) -> AsyncIterator[tuple[GovernedServer, Streaming]]:
    target = Streaming(fact("read_note"), fact("write_note", effect="write"))
    async with governed(settings(folder, policies, **given), target, http=True) as made:
        yield made, target


async def listening(
    made: GovernedServer, target: Streaming, caller: Caller = ADA, client: Context | None = None
) -> Any:
    """An open stream, as the task of its request."""
    before = len(target.listening)
    task = asyncio.ensure_future(made.handler.request(caller, "subscriptions/listen", WANTED, client or Listening()))
    for _ in range(200):
        if task.done() or len(target.listening) > before:
            break
        await asyncio.sleep(0.005)
    return task


async def ended(task: Any, target: Streaming) -> BaseException:
    done, _ = await asyncio.wait({task}, timeout=3)
    assert done, "the stream is still open"
    assert target.open == []
    failure = task.exception()
    assert failure is not None
    return failure  # type: ignore[no-any-return]


def written(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]


# ------------------------------------------------------------------------------------------------------- an open stream


@pytest.mark.parametrize("why", ["caller", "tenant", "everybody", "server"])
@pytest.mark.asyncio
async def test_the_kill_switch_ends_a_stream(tmp_path: Path, why: str) -> None:
    rules = {
        "caller": {"callers": ["ada"]},
        "tenant": {"callers": ["bank/*"]},
        "everybody": {"callers": ["*"]},
        "server": {"servers": ["fake"]},
    }[why]
    async with pipeline(tmp_path) as (made, target):
        task = await listening(made, target)
        await asyncio.sleep(0.1)
        assert not task.done()
        settings(tmp_path, POLICIES, switch=rules)
        assert await made.watch.look()
        failure = await ended(task, target)
        assert isinstance(failure, RpcError)
        assert "Switched off" in failure.message


@pytest.mark.parametrize(
    ("rules", "opens"),
    [
        ({"servers": ["fake"]}, False),
        ({"servers": ["fa*"]}, False),
        ({"servers": ["*"]}, False),
        ({"callers": ["bank/ada"]}, False),
        ({"servers": ["other"]}, True),
        ({"tools": ["fake/write_*"], "read_only": True}, True),
    ],
)
@pytest.mark.asyncio
async def test_the_kill_switch_is_asked_before_a_stream_begins(
    tmp_path: Path, rules: dict[str, Any], opens: bool
) -> None:
    async with pipeline(tmp_path, switch=rules) as (made, target):
        task = await listening(made, target)
        if opens:
            assert len(target.open) == 1
            task.cancel()
            return
        failure = await ended(task, target)
        assert isinstance(failure, RpcError)
        assert "Switched off" in failure.message
        assert target.listening == []
    assert [line["reason"] for line in written(tmp_path) if line["event"] == "decision"] == ["switch"]


@pytest.mark.parametrize(
    "policies",
    [
        "forbid (principal, action, resource);",
        POLICIES.replace("bank/staff", "bank/others"),
        POLICIES + 'forbid (principal == Caller::"bank/ada", action, resource);',
        '@id("tools") permit (principal, action == Action::"fake__read_note", resource);',
    ],
)
@pytest.mark.asyncio
async def test_a_policy_that_takes_the_right_away_ends_a_stream(tmp_path: Path, policies: str) -> None:
    async with pipeline(tmp_path) as (made, target):
        client = Listening()
        task = await listening(made, target, client=client)
        await target.listening[0].notify("notifications/resources/updated", {"uri": URI})
        assert len(client.heard) == 1
        (tmp_path / "all.cedar").write_text(policies)
        assert await made.watch.look()
        await target.listening[0].notify("notifications/resources/updated", {"uri": URI})
        assert len(client.heard) == 1, "nothing is heard after the policy holds"
        assert isinstance(await ended(task, target), RpcError)


@pytest.mark.asyncio
async def test_a_policy_that_leaves_the_right_leaves_the_stream(tmp_path: Path) -> None:
    async with pipeline(tmp_path) as (made, target):
        client = Listening()
        task = await listening(made, target, client=client)
        (tmp_path / "all.cedar").write_text(POLICIES + 'forbid (principal, action in Action::"write", resource);')
        assert await made.watch.look()
        await asyncio.sleep(0.2)
        assert not task.done()
        await target.listening[0].notify("notifications/resources/updated", {"uri": URI})
        await target.listening[0].notify("notifications/tools/list_changed", {})
        assert [method.rpartition("/")[2] for method, _ in client.heard] == ["updated", "list_changed"]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert target.open == []


@pytest.mark.asyncio
async def test_a_stream_has_only_what_its_caller_may_read(tmp_path: Path) -> None:
    async with pipeline(tmp_path) as (made, target):
        client = Listening()
        task = await listening(made, target, EVE, client)
        assert target.open[0]["notifications"]["resourceSubscriptions"] == []
        await target.listening[0].notify("notifications/resources/updated", {"uri": URI})
        assert client.heard == []
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


# ------------------------------------------------------------------------------------------------- tokens, on the wire


RESOURCE = "https://mcp.bank.example/mcp"


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[Idp, StreamableHttpServer, Streaming]]:
    """A governed server on the wire, whose callers come from an issuer."""
    idp = Idp()
    await idp.start()
    try:
        rules = {
            "issuer": idp.url, "audience": RESOURCE, "leeway": 0, "caller": {"tenant": "org", "groups": "groups"}
        }  # fmt: skip
        async with pipeline(folder, authenticate=rules) as (made, target):
            kernel = StreamableHttpServer(over(made), ping=0.1)
            yield idp, kernel, target
            await kernel.aclose()
    finally:
        await idp.stop()


@pytest.mark.parametrize("how", ["expired", "revoked key", "issuer gone"])
@pytest.mark.asyncio
async def test_a_token_that_counts_no_more_ends_its_stream(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(tmp_path) as (idp, kernel, target):
        life = 3000 if how == "expired" else 90_000
        now = int(time.time())
        token = idp.issue(sub="ada", org="bank", groups=["staff"], iat=now, exp=now + life)
        client = Client(kernel, authorization=f"Bearer {token}")
        answer = await client.ask("subscriptions/listen", WANTED)
        assert answer.status == 200
        for _ in range(100):
            if target.open:
                break
            await asyncio.sleep(0.01)
        assert target.open
        reading = asyncio.ensure_future(messages(answer))
        await asyncio.sleep(0.2)
        assert not reading.done()
        if how == "revoked key":
            idp.rotate("k2")
            del idp.keys["k1"]
        if how == "issuer gone":
            await idp.stop()
        desk: Any = kernel.handler
        authenticator = desk._handler.parts.authenticator
        later = now + 4000
        monkeypatch.setattr(authenticator, "_clock", lambda: later)
        monkeypatch.setattr(authenticator._source, "_clock", lambda: later)
        heard = await asyncio.wait_for(reading, 5)
        assert "error" in heard[-1]
        assert target.open == []
        assert (await client.ask("subscriptions/listen", WANTED)).status == 401


@pytest.mark.asyncio
async def test_a_stream_stays_open_as_long_as_its_token(tmp_path: Path) -> None:
    async with served(tmp_path) as (idp, kernel, target):
        client = Client(kernel, authorization=f"Bearer {idp.issue(sub='ada', org='bank', groups=['staff'])}")
        answer = await client.ask("subscriptions/listen", WANTED)
        await asyncio.sleep(0.5)
        assert len(target.open) == 1
        assert said(await client.ask("tools/list"))["result"]["tools"]
        assert not isinstance(answer.body, bytes)


# ------------------------------------------------------------------------------------------------- lists and searches


@pytest.mark.parametrize("method", ["tools/list", "prompts/list", "resources/list", "subscriptions/listen"])
@pytest.mark.asyncio
async def test_what_is_no_call_is_limited_and_on_record(tmp_path: Path, method: str) -> None:
    answers = {"prompts/list": {"prompts": []}, "resources/list": {"resources": []}}
    target = FakeTarget(fact("read_note"), answers={**answers, "subscriptions/listen": {}})
    path = settings(tmp_path, POLICIES, limits=[{"per": ["sub"], "rate": "3/h"}])
    async with governed(path, target, http=True) as made:
        for _ in range(3):
            await ask(made, ADA, method, {})
        with pytest.raises(RpcError, match="limit of calls"):
            await ask(made, ADA, method, {})
        await ask(made, EVE, method, {})
    lines = [line for line in written(tmp_path) if line["event"] == "decision"]
    assert [line["decision"] for line in lines] == ["permit", "permit", "permit", "refuse", "permit"]
    assert {line["request"] for line in lines} == {method}
    assert lines[3]["reason"] == "limit"


@pytest.mark.parametrize("method", ["tools/list", "prompts/list", "resources/list", "subscriptions/listen"])
@pytest.mark.asyncio
async def test_who_is_cut_off_is_on_record(tmp_path: Path, method: str) -> None:
    target = FakeTarget(fact("read_note"), answers={"prompts/list": {"prompts": [{"name": "x"}]}})
    async with governed(settings(tmp_path, switch={"callers": ["*"]}), target, http=True) as made:
        if method == "subscriptions/listen":
            with pytest.raises(RpcError, match="Switched off"):
                await ask(made, ADA, method, {})
        else:
            answer = await ask(made, ADA, method, {})
            assert not any(answer.get(key) for key in ("tools", "prompts", "resources"))
    assert [line["reason"] for line in written(tmp_path) if line["event"] == "decision"] == ["switch"]


@pytest.mark.parametrize("tool", ["search_tools", "describe_tool"])
@pytest.mark.asyncio
async def test_searches_count_and_are_on_record(tmp_path: Path, tool: str) -> None:
    target = FakeTarget(*(fact(f"read_{name}") for name in ("note", "memo", "text")))
    path = settings(tmp_path, limits=[{"per": ["sub"], "rate": "2/h"}], surface={"mode": "search"})
    async with governed(path, target, http=True) as made:
        desk = over(made)
        arguments = {"query": "read a note", "name": "read_note"}

        async def asked() -> Any:
            params = {"name": tool, "arguments": arguments}
            return await desk.request(ADA, "tools/call", params, Context(request_id="r"))

        for _ in range(2):
            assert "read_note" in json.dumps(await asked())
        third = await asked()
        assert third["isError"]
        assert "limit of calls" in json.dumps(third)
    decisions = [line for line in written(tmp_path) if line["event"] == "decision"]
    assert [(line["request"], line["decision"]) for line in decisions] == [
        (tool, "permit"), (tool, "permit"), (tool, "refuse")
    ]  # fmt: skip


@pytest.mark.asyncio
async def test_a_call_through_the_menu_counts_once(tmp_path: Path) -> None:
    target = FakeTarget(fact("read_note"), fact("read_memo"))
    path = settings(tmp_path, limits=[{"per": ["sub"], "rate": "2/h"}], surface={"mode": "search"})
    async with governed(path, target, http=True) as made:
        params = {"name": "call_read_tool", "arguments": {"name": "read_note", "arguments": {}}}
        desk = over(made)
        for _ in range(2):
            result: Any = await desk.request(ADA, "tools/call", params, Context(request_id="r"))
            assert not result.get("isError")
    assert len(target.calls) == 2


@pytest.mark.asyncio
async def test_without_policies_prompts_are_limited_and_on_record_too(tmp_path: Path) -> None:
    target = FakeTarget(fact("read_note"), answers={"prompts/get": {"messages": []}})
    path = settings(tmp_path, authorize=None, limits=[{"per": ["sub"], "rate": "1/h"}])
    async with governed(path, target) as made:
        await ask(made, ADA, "prompts/get", {"name": "greet"})
        with pytest.raises(RpcError):
            await ask(made, ADA, "prompts/get", {"name": "greet"})
    assert [line.get("decision") for line in written(tmp_path) if line["event"] == "decision"][-1] == "refuse"
